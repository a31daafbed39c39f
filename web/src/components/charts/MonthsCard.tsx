import { useMemo } from "preact/hooks";
import { courseOf } from "../../course";
import { shortMonth, period } from "../../format";
import { i18n, language } from "../../i18n";
import type { Series } from "../../overtime";
import type { Usage } from "../../usage";
import { BarChart } from "./BarChart";
import { ChartCard } from "./ChartCard";
import { footOf } from "./DaysCard";
import type { Scale } from "./scale";

interface Props {
  cycle: Usage;
  months: Series;
  scale: Scale;
}

/** A year's cycle, month by month. */
export function MonthsCard({ cycle, months, scale }: Props) {
  const { meter, write, writeShort, whole } = scale;
  const course = useMemo(() => courseOf(months, meter, cycle), [months, meter]);
  const bars = useMemo(
    () =>
      course.steps.map((step) => ({
        text: shortMonth(step.startsOn),
        title: period(step.startsOn, step.endsOn),
        used: step.own,
        lasting: step.lasting,
        commitment: 0,
        shown: true,
      })),
    [course, language.value],
  );
  const total = course.steps.at(-1)?.total ?? 0;
  const name = meter === "CONVERSATIONS" ? i18n._("Used") : i18n._("Balance spent");
  const days = period(cycle.startsOn, cycle.endsOn);
  return (
    <ChartCard
      title={i18n._("Month by month")}
      note={days}
      keys={[
        { mark: "done", name, value: write(total) },
        ...(course.done < total ? [{ mark: "lasting", name: i18n._("In progress") }] : []),
      ]}
      table={{
        head: [i18n._("Month"), i18n._("In this month"), i18n._("In all")],
        rows: bars.map(({ title, used }, place) => [
          title,
          write(used),
          write(course.steps[place]?.total ?? 0),
        ]),
        foot: footOf(course.carriedOver, total, write),
      }}
      file={{ chart: "usage", cycle: String(cycle.number), by: "MONTH" }}
    >
      <BarChart label={`${days}: ${name} ${write(total)}`} {...{ bars, write, writeShort, whole }} />
    </ChartCard>
  );
}
