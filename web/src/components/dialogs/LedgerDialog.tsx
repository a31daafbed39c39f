import { execute } from "../../api";
import { dayAt, money, momentOfYear } from "../../format";
import { LedgerDocument } from "../../generated/graphql/graphql";
import { i18n } from "../../i18n";
import { meterName, sentenceOf } from "../../ledger";
import { useList } from "../../list";
import { Dialog } from "./Dialog";
import { ListFoot } from "./ListFoot";

const PAGE_SIZE = 20;

/** All changes to both meters: who made them, when, and what they did. */
export function LedgerDialog({ zone, currency }: { zone: string; currency: string }) {
  const list = useList(async (after, abort) => {
    const { data } = await execute(LedgerDocument, { first: PAGE_SIZE, after }, abort);
    return data?.account?.commitmentChanges;
  });
  return (
    <Dialog title={i18n._("Changes")} note={i18n._("Time zone: {zone}", { zone })} wide>
      <div class="dialog-body">
        <p class="words">
          {i18n._("All that was ever committed to and bought. Nothing is taken out of this list.")}
        </p>
        {list.rows.length > 0 && (
          <table class="rows reasons changes">
            <caption class="hidden">{i18n._("Changes, the newest first")}</caption>
            <thead class="hidden">
              <tr>
                <th scope="col">{i18n._("Change")}</th>
                <th scope="col">{i18n._("Takes effect")}</th>
                <th scope="col">{i18n._("Price")}</th>
              </tr>
            </thead>
            <tbody>
              {list.rows.map((one) => (
                <tr key={`${one.meter} ${one.version}`}>
                  <th scope="row">
                    {sentenceOf(one, currency)}{" "}
                    {one.replacedByVersion !== null && (
                      <span class="pill">{i18n._("Replaced")}</span>
                    )}
                    <span class="note source">
                      {meterName(one.meter)} ·{" "}
                      {i18n._("{who}, {when}", {
                        who: one.recordedBy,
                        when: momentOfYear(one.recordedAt, zone),
                      })}
                    </span>
                  </th>
                  <td>
                    {i18n._("from {date} on", { date: dayAt(one.effectiveAt, zone) })}
                  </td>
                  <td>{money(one.price, currency)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <ListFoot list={list} nothing={i18n._("Nothing was ever changed.")} />
      </div>
    </Dialog>
  );
}
