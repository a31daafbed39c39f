import { signal } from "@preact/signals";

const ACCOUNT = "account";
const CYCLE = "cycle";

/** The account that the address names: operators must, others see none but their own. */
export const named = new URLSearchParams(location.search).get(ACCOUNT) || null;

/** The cycle that the address names; null means the current one. */
export const picked = signal<number | null>(read());

/** The address of a cycle. */
export function hrefOf(cycle: number | null): string {
  const wanted = new URLSearchParams();
  if (named !== null) wanted.set(ACCOUNT, named);
  if (cycle !== null) wanted.set(CYCLE, String(cycle));
  const query = String(wanted);
  return query === "" ? location.pathname : `${location.pathname}?${query}`;
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
  const text = new URLSearchParams(location.search).get(CYCLE) ?? "";
  return /^\d{1,6}$/.test(text) ? Number(text) : null;
}
