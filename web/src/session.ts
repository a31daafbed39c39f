import { signal } from "@preact/signals";

/**
 * Who is looking. The token is kept in memory; it comes from the platform's page around this one,
 * by message, or in the demo from the page that offers its users.
 */
export type Session =
  | { kind: "waiting" }
  | { kind: "none" }
  | { kind: "expired" }
  | { kind: "open"; token: string };

export const session = signal<Session>({ kind: "waiting" });

/** The demo's user, as its first page left it. */
export interface DemoUser {
  token: string;
  name: string;
  role: "admin" | "member";
}

export const DEMO_USER = "kontingent-demo-user";

const PATIENCE_MS = 10_000;

/** The origin of the platform's page around this one, if one is set. */
const platform = meta("kontingent-origin");

/** Whether there is a platform around this page to ask. */
export const canAskAgain = platform !== null && window.parent !== window;

export const isDemo = meta("kontingent-demo") !== null;

export const demoUser: DemoUser | null = isDemo ? readDemoUser() : null;

/** Find the token, or begin to wait for it. */
export function startSession(): void {
  if (demoUser !== null) {
    session.value = { kind: "open", token: demoUser.token };
  } else if (!canAskAgain) {
    session.value = { kind: "none" };
  } else {
    addEventListener("message", listen);
    ask("kontingent:ready");
    setTimeout(() => {
      if (session.value.kind === "waiting") session.value = { kind: "none" };
    }, PATIENCE_MS);
  }
}

/** Say that the token is not taken any more, and ask for another. */
export function expire(): void {
  session.value = { kind: "expired" };
  ask("kontingent:expired");
}

/** Ask the platform for a token once more. */
export function askAgain(): void {
  ask("kontingent:expired");
}

function listen({ origin, source, data }: MessageEvent<unknown>): void {
  if (origin !== platform || source !== window.parent) return;
  if (typeof data !== "object" || data === null) return;
  const { type, token } = data as { type?: unknown; token?: unknown };
  if (type === "kontingent:token" && typeof token === "string") {
    session.value = { kind: "open", token };
  }
}

function ask(type: string): void {
  if (canAskAgain) window.parent.postMessage({ type }, platform ?? "");
}

function meta(name: string): string | null {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? null;
}

function readDemoUser(): DemoUser | null {
  const text = sessionStorage.getItem(DEMO_USER);
  return text === null ? null : (JSON.parse(text) as DemoUser);
}
