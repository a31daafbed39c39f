import { picked } from "../address";
import { dayOfYear, moment } from "../format";
import { i18n } from "../i18n";
import { account, busy, now, refresh, stale, usage, type Usage } from "../usage";
import { CyclePicker } from "./CyclePicker";
import { Icon } from "./Icon";

const DAY_MS = 86_400_000;

/** Which cycle is shown, where it stands, and of which instant the numbers are. */
export function Toolbar() {
  const shown = usage.value;
  return (
    <div class="toolbar">
      <CyclePicker shown={picked.value ?? shown?.number ?? null} />
      <Stamp shown={shown} />
      {shown ? <Standing cycle={shown} /> : <p class="standing">&nbsp;</p>}
    </div>
  );
}

function Stamp({ shown }: { shown: Usage | null }) {
  return (
    <div class="stamp">
      <p role="status" class={stale.value ? "stale" : ""}>
        {shown &&
          (stale.value
            ? i18n._("No connection. As of {time}", { time: moment(shown.computedAt, shown.timeZone) })
            : i18n._("As of {time}", { time: moment(shown.computedAt, shown.timeZone) }))}
      </p>
      <button type="button" class="button" onClick={refresh} aria-busy={busy.value}>
        <Icon name="refresh" />
        {i18n._("Refresh")}
      </button>
    </div>
  );
}

function Standing({ cycle }: { cycle: Usage }) {
  return (
    <p class="standing">
      <span class={`pill ${cycle.state.toLowerCase()}`}>{stateOf(cycle)}</span>
      <span>{whenOf(cycle)}</span>
      <span>{i18n._("Time zone: {zone}", { zone: cycle.timeZone })}</span>
      {account.value?.status === "ENDED" && <span>{i18n._("This account has ended.")}</span>}
    </p>
  );
}

function stateOf(cycle: Usage): string {
  switch (cycle.state) {
    case "FUTURE":
      return i18n._("To come");
    case "CURRENT":
      return i18n._("Current");
    case "PROVISIONAL":
      return i18n._("Provisional");
    case "CLOSED":
      return i18n._("Closed");
  }
}

function whenOf(cycle: Usage): string {
  switch (cycle.state) {
    case "FUTURE":
      return i18n._("Starts on {date}", { date: dayOfYear(cycle.startsOn) });
    case "CURRENT":
      return i18n._(
        "{days, plural, =1 {Ends today} other {# days left, ends on {date}}}",
        { days: daysLeft(cycle), date: dayOfYear(cycle.endsOn) },
      );
    case "PROVISIONAL":
      return i18n._("Ended on {date}, still takes late events", { date: dayOfYear(cycle.endsOn) });
    case "CLOSED":
      return i18n._("Ended on {date}", { date: dayOfYear(cycle.endsOn) });
  }
}

/** How many days the cycle lasts from now on, today included. */
function daysLeft(cycle: Usage): number {
  return Math.max(1, Math.ceil((Date.parse(cycle.endsAt) - now.value) / DAY_MS));
}
