import { execute } from "../../api";
import { exactMoney, momentOfYear, period, quantity } from "../../format";
import { WhyChargesDocument, type WhyChargesQuery } from "../../generated/graphql/graphql";
import { i18n } from "../../i18n";
import { useList } from "../../list";
import { nameOf } from "../../names";
import { cycleName, type Usage } from "../../usage";
import { Dialog } from "./Dialog";
import { ListFoot } from "./ListFoot";

type Cycle = NonNullable<NonNullable<WhyChargesQuery["account"]>["cycle"]>;
type Charge = NonNullable<Cycle["carrierBalance"]>["charges"]["nodes"][number];

const PAGE_SIZE = 20;

/** The charges behind a cycle's carrier costs. */
export function ChargesDialog({ cycle, currency }: { cycle: Usage; currency: string }) {
  const list = useList(async (after, abort) => {
    const variables = { cycle: cycle.number, first: PAGE_SIZE, after };
    const { data } = await execute(WhyChargesDocument, variables, abort);
    return data?.account?.cycle?.carrierBalance?.charges;
  });
  return (
    <Dialog
      title={i18n._("Charges of this cycle")}
      note={period(cycle.startsOn, cycle.endsOn)}
      wide
    >
      <div class="dialog-body">
        <p class="words">
          {i18n._("A charge counts in the cycle in which its cost arose. Amounts are exact; cents are rounded in the totals only.")}
        </p>
        {list.rows.length > 0 && (
          <table class="rows reasons">
            <caption class="hidden">{i18n._("Charges, the newest first")}</caption>
            <thead class="hidden">
              <tr>
                <th scope="col">{i18n._("Sub-feature")}</th>
                <th scope="col">{i18n._("Why it counts here")}</th>
                <th scope="col">{i18n._("Amount")}</th>
              </tr>
            </thead>
            <tbody>
              {list.rows.map((one) => (
                <tr key={`${one.source} ${one.id}`}>
                  <th scope="row">{nameOf(one.feature)}</th>
                  <td>
                    <Why one={one} cycle={cycle} />
                  </td>
                  <td>
                    {one.reversed ? (
                      <s>{exactMoney(one.amount, currency)}</s>
                    ) : (
                      exactMoney(one.amount, currency)
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <ListFoot list={list} nothing={i18n._("No costs yet")} />
      </div>
    </Dialog>
  );
}

function Why({ one, cycle }: { one: Charge; cycle: Usage }) {
  const late = one.bookedInCycle !== cycle.number;
  return (
    <>
      {late && <span class="pill provisional">{i18n._("Late")}</span>}{" "}
      {one.reversed && <span class="pill reversed">{i18n._("Reversed")}</span>}{" "}
      {i18n._("Arose on {date}.", { date: momentOfYear(one.occurredAt, cycle.timeZone) })}{" "}
      {late &&
        i18n._("It came when this cycle was closed, so it counts in {cycle}.", {
          cycle: cycleName(one.bookedInCycle),
        })}{" "}
      {one.reversed && i18n._("It was taken back and does not count any more.")}
      <span class="note source">
        {one.quantity !== null && `${quantity(one.quantity)} ${one.unit ?? ""} · `}
        {i18n._("Charge {id} from {source}", { id: one.id, source: one.source })}
      </span>
    </>
  );
}
