import { useMemo } from "preact/hooks";
import { filledOf, isLong, type Filled } from "../../course";
import { shortMonth, period, yearOf } from "../../format";
import { i18n, language } from "../../i18n";
import type { PastCycle } from "../../overtime";
import { addressed } from "../../usage";
import { CycleLink, leaveFor } from "../CycleLink";
import { BarChart } from "./BarChart";
import { ChartCard, type Key } from "./ChartCard";
import type { Scale } from "./scale";

interface Props {
  /** The number of the cycle that the page is about. */
  shown: number;
  cycles: readonly PastCycle[];
  scale: Scale;
}

/** The last cycles, each against its own commitment. */
export function CyclesCard({ shown, cycles, scale }: Props) {
  const { meter, write, writeShort, whole } = scale;
  const filled = useMemo(() => filledOf(cycles, meter), [cycles, meter]);
  const bars = useMemo(
    () =>
      filled.map((one) => ({
        ...one,
        text: isLong(one) ? yearOf(one.startsOn) : shortMonth(one.startsOn),
        title: period(one.startsOn, one.endsOn),
        shown: one.number === shown,
      })),
    [filled, shown, language.value],
  );
  const limit = meter === "CONVERSATIONS" ? i18n._("Quota") : i18n._("Balance");
  const days = period(filled[0]?.startsOn ?? "", filled.at(-1)?.endsOn ?? "");
  return (
    <ChartCard
      title={i18n._("Cycle by cycle")}
      note={days}
      keys={keysOf(filled)}
      table={{
        head: [i18n._("Cycle"), i18n._("Used"), i18n._("Commitment"), limit],
        rows: [...filled].reverse().map((one) => [
          <CycleLink key={one.number} cycle={addressed(one.number)}>
            {period(one.startsOn, one.endsOn)}
          </CycleLink>,
          write(one.used),
          write(one.commitment),
          write(one.limit),
        ]),
      }}
      file={{ chart: "cycles" }}
    >
      <BarChart
        label={i18n._("{cycles, plural, one {# cycle} other {# cycles}}, {period}", {
          cycles: filled.length,
          period: days,
        })}
        {...{ bars, write, writeShort, whole }}
        onPick={(place) => {
          const one = filled[place];
          if (one) leaveFor(addressed(one.number));
        }}
      />
    </ChartCard>
  );
}

function keysOf(filled: Filled[]): Key[] {
  const beyond = filled.some((one) => one.commitment > 0 && one.used > one.commitment);
  return [
    { mark: "done", name: i18n._("Used") },
    ...(filled.some((one) => one.lasting > 0) ? [{ mark: "lasting", name: i18n._("In progress") }] : []),
    ...(beyond ? [{ mark: "beyond", name: i18n._("Beyond the commitment") }] : []),
    ...(filled.some((one) => one.commitment > 0)
      ? [{ mark: "line commitment", name: i18n._("Commitment") }]
      : []),
  ];
}
