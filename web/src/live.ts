import { computed, effect, signal } from "@preact/signals";
import { named } from "./address";
import { UsageChangedDocument, type UsageChangedSubscription } from "./generated/graphql/graphql";
import { askAgain, session } from "./session";
import { account, put, refresh, usage } from "./usage";

/** How long a tab that nobody sees goes on being told of changes. */
const HIDDEN_MS = 60_000;

const RETRY_MS_MAX = 60_000;

/** How the server closes what comes without a token that is good. */
const FORBIDDEN = 4403;

const hidden = signal(false);

/** The token to watch with, as long as somebody looks at the current cycle. */
const token = computed(() => {
  const looked = usage.value?.state === "CURRENT" && !hidden.value;
  return looked && session.value.kind === "open" ? session.value.token : null;
});

/** Show changes of the current cycle as they happen. Where that fails, all else goes on. */
export function startLive(): void {
  addEventListener("visibilitychange", hideLater);
  effect(() => (token.value === null ? undefined : watch(token.value)));
}

let hiding: ReturnType<typeof setTimeout> | undefined;

function hideLater(): void {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(() => (hidden.value = true), HIDDEN_MS);
  else hidden.value = false;
}

/** Open a socket, and again whenever it is lost; returns what closes it for good. */
function watch(bearer: string): () => void {
  let close = () => {};
  let closed = false;
  void import("graphql-ws").then(({ createClient }) => {
    if (closed) return;
    const client = createClient({
      url: `${location.origin.replace("http", "ws")}/graphql`,
      connectionParams: { authorization: `Bearer ${bearer}` },
      retryAttempts: Infinity,
      shouldRetry: (why) => !(why instanceof CloseEvent && why.code === FORBIDDEN),
      retryWait: (retries) => pause(Math.min(2 ** retries * 1_000, RETRY_MS_MAX)),
      on: { closed: (why) => why instanceof CloseEvent && why.code === FORBIDDEN && askAgain() },
    });
    const variables = { account: named };
    const operation = { query: UsageChangedDocument.toString(), variables };
    // Without a subscription the client closes its socket; dispose() may do so amid a message.
    close = client.subscribe<UsageChangedSubscription>(operation, {
      next: ({ data }) => take(data?.usageChanged ?? null),
      error: () => {},
      complete: () => {},
    });
  });
  return () => {
    closed = true;
    close();
  };
}

function take(fresh: UsageChangedSubscription["usageChanged"]): void {
  const before = account.peek();
  if (!fresh?.cycle || before === null) return;
  if (fresh.cycle.number !== usage.peek()?.number) {
    refresh(); // another cycle has begun: the list of cycles is another one, too
    return;
  }
  account.value = { ...before, nextCycle: fresh.nextCycle };
  put(fresh.cycle);
}

/** Wait, not all at the same time. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms * (0.5 + Math.random())));
}
