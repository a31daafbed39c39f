import { micros } from "./format";
import type { Meter } from "./generated/graphql/graphql";
import type { PastCycle, Series } from "./overtime";
import type { Usage } from "./usage";

/** What a step or a cycle has of a meter: conversations, or millionths. */
export interface Step {
  startsOn: string;
  endsOn: string;
  /** Its bounds, in seconds. */
  from: number;
  to: number;
  own: number;
  /** What the cycle has come to by the step's end. */
  total: number;
  /** What of `own` is to close after now. */
  lasting: number;
}

const LONG_MS = 62 * 86_400_000;

/** Whether a cycle is a year, or most of one, and not a month. */
export function isLong({ startsOn, endsOn }: { startsOn: string; endsOn: string }): boolean {
  return Date.parse(endsOn) - Date.parse(startsOn) > LONG_MS;
}

/** A cycle step by step: all but what was carried over into it, which has no day. */
export interface Course {
  steps: Step[];
  carriedOver: number;
  /** The instant of the numbers, in seconds, where it is inside the cycle. */
  now: number | null;
  /** What the cycle has come to by then. */
  done: number;
}

/** What a cycle used of a meter, and what it had of it. */
export interface Filled {
  number: number;
  startsOn: string;
  endsOn: string;
  used: number;
  lasting: number;
  commitment: number;
  limit: number;
}

export function courseOf(series: Series, meter: Meter, cycle: Usage): Course {
  const ofConversations = meter === "CONVERSATIONS";
  const current = cycle.state === "CURRENT";
  const carried = ofConversations ? series.adjustedConversations : micros(series.adjustedSpent);
  const points = series.points.map((point) => ({
    startsOn: point.startsOn,
    endsOn: point.endsOn,
    from: Date.parse(point.startsAt) / 1000,
    to: Date.parse(point.endsAt) / 1000,
    own: ofConversations ? point.conversations : micros(point.spent),
    total: ofConversations ? point.conversationsTotal : micros(point.spentTotal),
  }));
  const lasting = ofConversations ? (cycle.conversationUsage.inProgress ?? 0) : 0;
  const done = (points.at(-1)?.total ?? 0) - lasting;
  const steps = points.map((point) => ({
    ...point,
    lasting: current ? Math.max(0, Math.min(point.own, point.total - done)) : 0,
  }));
  const now = current ? Date.parse(cycle.computedAt) / 1000 : null;
  return { steps, carriedOver: carried, now, done };
}

export function filledOf(cycles: readonly PastCycle[], meter: Meter): Filled[] {
  return cycles.map(({ number, startsOn, endsOn, conversationUsage, carrierBalance }) => ({
    number,
    startsOn,
    endsOn,
    ...(meter === "CONVERSATIONS"
      ? {
          used: conversationUsage.used ?? 0,
          lasting: conversationUsage.inProgress ?? 0,
          commitment: conversationUsage.commitment ?? 0,
          limit: conversationUsage.quota ?? 0,
        }
      : {
          used: micros(carrierBalance?.spent ?? "0"),
          lasting: 0,
          commitment: micros(carrierBalance?.commitment ?? "0"),
          limit: micros(carrierBalance?.limit ?? "0"),
        }),
  }));
}
