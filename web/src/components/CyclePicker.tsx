import { go, hrefOf } from "../address";
import { period } from "../format";
import { i18n } from "../i18n";
import { addressed, cycles, hasOlder, listOlder, usage, type CycleToPick } from "../usage";
import { Icon, type IconName } from "./Icon";

const OLDER = "older";

/** Steps through the cycles, or goes to one: past ones, the current one, the one to come. */
export function CyclePicker({ shown }: { shown: number | null }) {
  const listed = withShown(cycles.value, usage.value);
  const number = shown ?? listed.find((cycle) => cycle.state === "CURRENT")?.number ?? null;
  const known = listed.some((cycle) => cycle.number === number);
  const groups: [string, CycleToPick[]][] = [
    [i18n._("To come"), listed.filter((cycle) => cycle.state === "FUTURE")],
    [i18n._("Current"), listed.filter((cycle) => cycle.state === "CURRENT")],
    [i18n._("Past"), listed.filter((cycle) => cycle.state !== "FUTURE" && cycle.state !== "CURRENT")],
  ];
  const pick = async (value: string) => {
    if (value === OLDER) await listOlder();
    else go(addressed(Number(value)));
  };
  return (
    <nav class="picker" aria-label={i18n._("Billing cycle")}>
      <Step to={number === null ? null : number - 1} listed={listed} icon="back">
        {i18n._("Previous cycle")}
      </Step>
      <span class="select">
        <Icon name="calendar" />
        <select
          aria-label={i18n._("Billing cycle")}
          value={number === null ? "" : String(number)}
          onChange={(event) => void pick(event.currentTarget.value)}
        >
          {!known && <option value={number ?? ""}>{i18n._("Choose a cycle")}</option>}
          {groups
            .filter(([, members]) => members.length > 0)
            .map(([name, members]) => (
              <optgroup key={name} label={name}>
                {members.map((cycle) => (
                  <option key={cycle.number} value={cycle.number}>
                    {period(cycle.startsOn, cycle.endsOn)}
                  </option>
                ))}
              </optgroup>
            ))}
          {hasOlder.value && <option value={OLDER}>{i18n._("Older cycles …")}</option>}
        </select>
      </span>
      <Step to={number === null ? null : number + 1} listed={listed} icon="forward">
        {i18n._("Next cycle")}
      </Step>
    </nav>
  );
}

interface StepProps {
  to: number | null;
  listed: CycleToPick[];
  icon: IconName;
  children: string;
}

function Step({ to, listed, icon, children }: StepProps) {
  const newest = listed[0]?.number ?? -1;
  if (to === null || to < 0 || to > newest) {
    // Still the same element, so that the focus stays on it at the end of the way.
    return (
      <a class="step" role="link" aria-disabled="true" aria-label={children} tabIndex={-1}>
        <Icon name={icon} />
      </a>
    );
  }
  const target = addressed(to);
  return (
    <a
      class="step"
      href={hrefOf(target)}
      aria-label={children}
      title={children}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go(target);
      }}
    >
      <Icon name={icon} />
    </a>
  );
}

/** The list with the shown cycle in it, which may be older than all that are listed. */
function withShown(listed: CycleToPick[], shown: CycleToPick | null): CycleToPick[] {
  if (shown === null || listed.some((cycle) => cycle.number === shown.number)) return listed;
  return [...listed, shown].sort((a, b) => b.number - a.number);
}
