import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Meter } from "../../generated/graphql/graphql";
import { i18n } from "../../i18n";
import { useOverTime } from "../../overtime";
import { account, type Usage } from "../../usage";
import { CyclesCard } from "./CyclesCard";
import { DaysCard } from "./DaysCard";
import { MonthsCard } from "./MonthsCard";
import { scaleOf } from "./scale";
import "uplot/dist/uPlot.min.css";
import "../../styles/chart.css";

/** A cycle over time, of one meter or the other, and beside the cycles before it. */
export function Charts({ cycle }: { cycle: Usage }) {
  const meter = useSignal<Meter>("CONVERSATIONS");
  const { found, failed, retry } = useOverTime(cycle);
  const currency = account.value?.currency ?? "";
  const scale = useMemo(() => scaleOf(meter.value, currency), [meter.value, currency]);
  const mine = found?.number === cycle.number ? found : null;
  return (
    <section class="over-time" aria-labelledby="over-time">
      <header>
        <h2 id="over-time">{i18n._("Over time")}</h2>
        <Switch meter={meter.value} choose={(next) => (meter.value = next)} />
      </header>
      {failed && (
        <p class="failed" role="status">
          {i18n._("The charts cannot be loaded right now.")}{" "}
          <button type="button" class="button" onClick={retry}>
            {i18n._("Try again")}
          </button>
        </p>
      )}
      <div class={mine?.months ? "charts three" : "charts"} aria-busy={mine === null && !failed}>
        {mine === null && !failed && <div class="card chart waiting" aria-hidden="true" />}
        {mine && <DaysCard cycle={cycle} over={mine} scale={scale} />}
        {mine?.months && <MonthsCard cycle={cycle} months={mine.months} scale={scale} />}
        {found && found.cycles.length > 1 && (
          <CyclesCard shown={cycle.number} cycles={found.cycles} scale={scale} />
        )}
      </div>
    </section>
  );
}

function Switch({ meter, choose }: { meter: Meter; choose: (meter: Meter) => void }) {
  const names: [Meter, string][] = [
    ["CONVERSATIONS", i18n._("Conversations")],
    ["CARRIER", i18n._("Carrier costs")],
  ];
  return (
    <fieldset class="switch">
      <legend class="hidden">{i18n._("What the charts show")}</legend>
      {names.map(([value, name]) => (
        <label key={value}>
          <input
            type="radio"
            name="meter"
            checked={meter === value}
            onChange={() => choose(value)}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
