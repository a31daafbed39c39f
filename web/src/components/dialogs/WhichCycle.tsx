import type { Changing } from "../../changing";
import { moment, period } from "../../format";
import { i18n } from "../../i18n";
import { account } from "../../usage";
import { Alert } from "../Alert";

/** For which cycle blocks are bought, and what those for the current one do not cover any more. */
export function WhichCycle({ changing }: { changing: Changing }) {
  const { cycle, preview, usage } = changing;
  const next = account.value?.nextCycle;
  const found = preview.value;
  const late = cycle.value === "CURRENT" && found?.coversNewConversations === false;
  return (
    <>
      {next && (
        <fieldset class="choices">
          <legend>{i18n._("For which cycle")}</legend>
          <label>
            <input
              type="radio"
              name="cycle"
              checked={cycle.value === "CURRENT"}
              onChange={() => (cycle.value = "CURRENT")}
            />
            <span>
              {i18n._("The current one")}
              <span class="note">{period(usage.startsOn, usage.endsOn)}</span>
            </span>
          </label>
          <label>
            <input
              type="radio"
              name="cycle"
              checked={cycle.value === "NEXT"}
              onChange={() => (cycle.value = "NEXT")}
            />
            <span>
              {i18n._("The next one")}
              <span class="note">{period(next.startsOn, next.endsOn)}</span>
            </span>
          </label>
        </fieldset>
      )}
      {late && (
        <Alert
          tone="warning"
          action={
            next && (
              <button type="button" class="button" onClick={() => (cycle.value = "NEXT")}>
                {i18n._("Take the next cycle")}
              </button>
            )
          }
        >
          {i18n._(
            "These blocks cover no conversation that opens now: since {date} new ones close in the next cycle, and count there.",
            { date: moment(found.coversUntil ?? "", usage.timeZone) },
          )}
        </Alert>
      )}
    </>
  );
}
