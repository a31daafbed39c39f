import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { AwayError, ExpiredError, execute } from "./api";
import { isLong } from "./course";
import {
  OverTimeDocument,
  type CycleOverTimeFragment,
  type SeriesOfCycleFragment,
} from "./generated/graphql/graphql";
import { expire } from "./session";
import { account, type Usage } from "./usage";

export type Series = SeriesOfCycleFragment;
export type PastCycle = CycleOverTimeFragment;

/** What charts draw of a cycle. */
export interface OverTime {
  /** The cycle's number. */
  number: number;
  days: Series;
  /** Of a cycle of a year only. */
  months: Series | null;
  /** The last cycles up to the current one, oldest first. */
  cycles: PastCycle[];
}

const CYCLES_WITH_NEXT = 13;

/**
 * Ask for what charts draw, and anew whenever the numbers of the cycle are others. Until it is
 * there, what was drawn before stays.
 */
export function useOverTime(cycle: Usage) {
  const found = useSignal<OverTime | null>(null);
  const failed = useSignal(false);
  const tries = useSignal(0);
  const load = async (abort: AbortSignal) => {
    failed.value = false;
    try {
      const next = await ask(cycle, abort);
      if (abort.aborted) return;
      if (next) found.value = next;
      else failed.value = true;
    } catch (error) {
      if (abort.aborted) return;
      if (error instanceof ExpiredError) expire();
      else if (error instanceof AwayError) failed.value = true;
      else throw error;
    }
  };
  useEffect(() => {
    const abort = new AbortController();
    void load(abort.signal);
    return () => abort.abort();
  }, [account.value?.id, numbersOf(cycle), tries.value]);
  return { found: found.value, failed: failed.value, retry: () => (tries.value += 1) };
}

async function ask(cycle: Usage, abort: AbortSignal): Promise<OverTime | null> {
  const variables = { cycle: cycle.number, months: isLong(cycle), cycles: CYCLES_WITH_NEXT };
  const { data } = await execute(OverTimeDocument, variables, abort);
  const of = data?.account;
  if (!of?.days || !of.cycles) return null;
  const cycles = of.cycles.nodes.filter((one) => one.state !== "FUTURE").reverse();
  return { number: cycle.number, days: of.days, months: of.months ?? null, cycles };
}

/** All numbers of a cycle that charts depend on, as one text. */
function numbersOf({ number, conversationUsage, carrierBalance }: Usage): string {
  const { used, completed, commitment, quota } = conversationUsage;
  return [number, used, completed, commitment, quota, carrierBalance?.spent, carrierBalance?.limit].join();
}
