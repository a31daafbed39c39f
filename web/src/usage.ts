import { batch, effect, signal } from "@preact/signals";
import { picked, settle } from "./address";
import { AwayError, ExpiredError, execute } from "./api";
import { close } from "./dialog";
import { period } from "./format";
import {
  OlderCyclesDocument,
  UsagePageDocument,
  type CyclesToPickFragment,
  type UsageOfCycleFragment,
  type UsagePageQuery,
} from "./generated/graphql/graphql";
import { i18n } from "./i18n";
import { expire, session } from "./session";

export type Usage = UsageOfCycleFragment;
export type Account = NonNullable<UsagePageQuery["account"]>;
export type CycleToPick = CyclesToPickFragment["nodes"][number];

/** Why there is nothing to show. */
export type Trouble = "member" | "trial" | "no-account" | "no-cycle" | "empty" | "away";

const CYCLES_FIRST = 36;
const CYCLES_OLDER = 100;
const SLOW_MS = 4_000;
const RETRY_MS = [5_000, 10_000, 20_000, 30_000];

export const account = signal<Account | null>(null);
export const usage = signal<Usage | null>(null);
export const cycles = signal<CycleToPick[]>([]);
export const trouble = signal<Trouble | null>(null);

/** A request is under way. */
export const busy = signal(false);

/** It has been for long. */
export const slow = signal(false);

/** The last request failed: what is shown is of before. */
export const stale = signal(false);

/** Instants by the server's clock: `now.value` is one of them, moved on every half minute. */
export const now = signal(0);

/** Call a cycle by its days, where they are known. */
export function cycleName(number: number): string {
  const found = cycles.value.find((cycle) => cycle.number === number);
  return found ? period(found.startsOn, found.endsOn) : i18n._("cycle {number}", { number });
}

/** How the address names a cycle: the current one goes without a number. */
export function addressed(number: number): number | null {
  const current = cycles.peek().find((cycle) => cycle.state === "CURRENT");
  return current?.number === number ? null : number;
}

/**
 * What has been shown, by cycle; null is the current one. It is there at once when the browser goes
 * back, and asked for anew.
 */
const seen = new Map<number | null, Usage>();

let newest: AbortController | null = null;
let older: string | null = null;
let failures = 0;
let retry: ReturnType<typeof setTimeout> | undefined;
let clockAhead = 0;

/** Show what the address names, and again whenever address or token change. */
export function startUsage(): void {
  effect(() => {
    if (session.value.kind === "open") show(picked.value);
  });
  setInterval(tick, 30_000);
  addEventListener("online", refresh);
}

/** Ask for the numbers again. */
export function refresh(): void {
  if (session.peek().kind === "open") void load(picked.peek());
}

/** Whether there are cycles older than those listed. */
export const hasOlder = signal(false);

export async function listOlder(): Promise<void> {
  if (older === null) return;
  try {
    const variables = { after: older, first: CYCLES_OLDER };
    const { data } = await execute(OlderCyclesDocument, variables, new AbortController().signal);
    if (data?.account?.cycles) append(data.account.cycles);
  } catch (error) {
    if (error instanceof ExpiredError) expire();
  }
}

function show(cycle: number | null): void {
  batch(() => {
    usage.value = seen.get(cycle) ?? null;
    trouble.value = null;
    stale.value = false;
  });
  failures = 0;
  void load(cycle);
}

async function load(cycle: number | null): Promise<void> {
  newest?.abort();
  clearTimeout(retry);
  const mine = (newest = new AbortController());
  busy.value = true;
  const slowly = setTimeout(() => (slow.value = true), SLOW_MS);
  try {
    const variables = { cycle, cycles: CYCLES_FIRST };
    const answer = await execute(UsagePageDocument, variables, mine.signal);
    if (mine === newest) batch(() => take(cycle, answer.data?.account ?? null, answer.codes));
  } catch (error) {
    if (mine !== newest) return;
    if (error instanceof ExpiredError) expire();
    else if (error instanceof AwayError) fail();
    else throw error;
  } finally {
    clearTimeout(slowly);
    if (mine === newest) batch(() => (busy.value = slow.value = false));
  }
}

function take(cycle: number | null, found: Account | null, codes: ReadonlySet<string>): void {
  failures = 0;
  stale.value = false;
  if (found?.id !== account.peek()?.id) forget();
  account.value = found;
  if (found?.cycles) list(found.cycles);
  const shown = found?.cycle ?? null;
  if (shown === null) {
    close();
    usage.value = null;
  } else {
    put(shown);
  }
  trouble.value = shown === null ? troubleOf(codes) : null;
  const last = found?.cycles?.nodes[0];
  if (trouble.value === "empty" && cycle === null && last) settle(last.number);
}

/** Put numbers of a cycle in the place of older ones, whoever brings them. */
export function put(fresh: Usage): void {
  const before = seen.get(fresh.number);
  if (before && Date.parse(before.computedAt) > Date.parse(fresh.computedAt)) return;
  seen.set(fresh.number, fresh);
  if (fresh.state === "CURRENT") seen.set(null, fresh);
  clockAhead = Date.parse(fresh.computedAt) - Date.now();
  tick();
  usage.value = seen.get(picked.peek()) ?? null;
}

function troubleOf(codes: ReadonlySet<string>): Trouble {
  if (codes.has("ADMIN_ONLY")) return "member";
  if (codes.has("TRIAL_NO_ACCESS")) return "trial";
  if (codes.has("CYCLE_OUT_OF_RANGE")) return "no-cycle";
  return account.peek() === null ? "no-account" : "empty";
}

function fail(): void {
  const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
  failures += 1;
  batch(() => {
    stale.value = usage.peek() !== null;
    trouble.value = stale.value ? null : "away";
  });
  retry = setTimeout(refresh, wait);
}

/** List the newest cycles, and keep the older ones that were asked for before. */
function list(page: CyclesToPickFragment): void {
  const oldest = page.nodes.at(-1)?.number ?? 0;
  const before = cycles.peek().filter((cycle) => cycle.number < oldest);
  cycles.value = page.nodes;
  if (before.length > 0) cycles.value = [...page.nodes, ...before];
  else goOnAfter(page);
}

function append(page: CyclesToPickFragment): void {
  cycles.value = [...cycles.peek(), ...page.nodes];
  goOnAfter(page);
}

function goOnAfter({ pageInfo }: CyclesToPickFragment): void {
  older = pageInfo.endCursor;
  hasOlder.value = pageInfo.hasNextPage;
}

/** The token is of another account: nothing of the one before may be seen. */
function forget(): void {
  close();
  seen.clear();
  cycles.value = [];
}

function tick(): void {
  now.value = Date.now() + clockAhead;
}
