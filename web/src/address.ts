import { signal } from "@preact/signals";

const PARAMETER = "cycle";

/** The cycle that the address names; null means the current one. */
export const picked = signal<number | null>(read());

/** The address of a cycle. */
export function hrefOf(cycle: number | null): string {
  return cycle === null ? location.pathname : `${location.pathname}?${PARAMETER}=${cycle}`;
}

/** Go to a cycle: a step that the browser's back button takes back. */
export function go(cycle: number | null): void {
  history.pushState(null, "", hrefOf(cycle));
  picked.value = cycle;
}

/** Name a cycle in the address without a step. */
export function settle(cycle: number | null): void {
  history.replaceState(null, "", hrefOf(cycle));
  picked.value = cycle;
}

addEventListener("popstate", () => {
  picked.value = read();
});

function read(): number | null {
  const text = new URLSearchParams(location.search).get(PARAMETER) ?? "";
  return /^\d{1,6}$/.test(text) ? Number(text) : null;
}
