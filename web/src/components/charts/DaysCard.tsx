import { useMemo } from "preact/hooks";
import { courseOf } from "../../course";
import { day, micros, shortMonth, period, shortDay } from "../../format";
import { i18n, language } from "../../i18n";
import type { OverTime } from "../../overtime";
import type { Usage } from "../../usage";
import { ChartCard, type Key } from "./ChartCard";
import { CourseChart } from "./CourseChart";
import type { Scale } from "./scale";

interface Props {
  cycle: Usage;
  over: OverTime;
  scale: Scale;
}

/** What the cycle has come to, day by day. */
export function DaysCard({ cycle, over, scale }: Props) {
  const { meter, write, writeShort, whole } = scale;
  const course = useMemo(() => courseOf(over.days, meter, cycle), [over, meter]);
  const [commitment, limit] = levelsOf(cycle, scale);
  const ticks = useMemo(
    () =>
      over.months
        ? over.months.points.map(({ startsAt, startsOn }) => tick(startsAt, shortMonth(startsOn)))
        : over.days.points.map(({ startsAt, startsOn }) => tick(startsAt, shortDay(startsOn))),
    [over, language.value],
  );
  const total = course.steps.at(-1)?.total ?? 0;
  const { carriedOver, done } = course;
  const keys = keysOf(cycle, scale, { total, done, commitment, limit, carriedOver });
  const days = period(cycle.startsOn, cycle.endsOn);
  return (
    <ChartCard
      title={i18n._("Day by day")}
      note={days}
      look="wide"
      keys={keys}
      table={{
        head: [i18n._("Day"), i18n._("On this day"), i18n._("In all")],
        rows: course.steps.map((step) => [day(step.startsOn), write(step.own), write(step.total)]),
        foot: footOf(carriedOver, total, write),
      }}
      file={{ chart: "usage", cycle: String(cycle.number), by: "DAY" }}
    >
      <CourseChart
        label={`${days}: ${keys.map(({ name, value }) => `${name} ${value}`).join(", ")}`}
        {...{ course, commitment, limit, ticks, write, writeShort, whole }}
      />
    </ChartCard>
  );
}

/** What there is besides the days, where there is something. */
export function footOf(carriedOver: number, total: number, write: (value: number) => string) {
  if (carriedOver === 0) return [];
  return [
    [i18n._("Carried over from closed cycles"), write(carriedOver), write(total + carriedOver)],
  ];
}

function tick(startsAt: string, text: string) {
  return { at: Date.parse(startsAt) / 1000, text };
}

function levelsOf({ conversationUsage, carrierBalance }: Usage, { meter }: Scale): [number, number] {
  return meter === "CONVERSATIONS"
    ? [conversationUsage.commitment ?? 0, conversationUsage.quota ?? 0]
    : [micros(carrierBalance?.commitment ?? "0"), micros(carrierBalance?.limit ?? "0")];
}

interface Figures {
  total: number;
  done: number;
  commitment: number;
  limit: number;
  carriedOver: number;
}

function keysOf(cycle: Usage, { meter, write }: Scale, of: Figures): Key[] {
  const ofConversations = meter === "CONVERSATIONS";
  const keys: Key[] = [
    {
      mark: "line done",
      name: ofConversations ? i18n._("Completed") : i18n._("Balance spent"),
      value: write(of.done),
    },
  ];
  if (ofConversations && cycle.state === "CURRENT") {
    keys.push({ mark: "line lasting", name: i18n._("In progress"), value: write(of.total - of.done) });
  }
  if (of.commitment > 0) {
    keys.push({ mark: "line commitment", name: i18n._("Commitment"), value: write(of.commitment) });
  }
  if (of.limit > 0 && of.limit !== of.commitment) {
    const name = ofConversations ? i18n._("Quota") : i18n._("Balance");
    keys.push({ mark: "line limit", name, value: write(of.limit) });
  }
  if (of.carriedOver !== 0) {
    const name = i18n._("Carried over from closed cycles");
    keys.push({ mark: "none", name, value: write(of.carriedOver) });
  }
  return keys;
}
