import type { Changing } from "../../changing";
import { momentOfYear } from "../../format";
import { i18n } from "../../i18n";
import { sentenceOf } from "../../ledger";
import { Alert } from "../Alert";

/** What others changed after the dialog was opened. */
export function Meanwhile({ changing }: { changing: Changing }) {
  const { currency, meanwhile, usage } = changing;
  return (
    <div role="alert">
      <Alert tone="warning">
        <p>{i18n._("This was changed meanwhile. Nothing of yours was done: look at the numbers of now, and decide again.")}</p>
        <ul>
          {meanwhile.value.map((one) => (
            <li key={one.version}>
              {i18n._("{what}, by {who}, {when}", {
                what: sentenceOf(one, currency),
                who: one.recordedBy,
                when: momentOfYear(one.recordedAt, usage.timeZone),
              })}
            </li>
          ))}
        </ul>
      </Alert>
    </div>
  );
}
