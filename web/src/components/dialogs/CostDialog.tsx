import { useSignal } from "@preact/signals";
import { execute } from "../../api";
import { dayAt, micros, money, number, period } from "../../format";
import { CostOfCycleDocument, type CostOfCycleQuery } from "../../generated/graphql/graphql";
import { i18n } from "../../i18n";
import { useList } from "../../list";
import type { Usage } from "../../usage";
import { Dialog } from "./Dialog";
import { ListFoot } from "./ListFoot";

type Cycle = NonNullable<NonNullable<CostOfCycleQuery["account"]>["cycle"]>;
type Grant = Cycle["grants"]["nodes"][number];

const PAGE_SIZE = 20;

/** What a cycle costs beyond the plan, and what its quota and its balance are made of. */
export function CostDialog({ cycle, currency }: { cycle: Usage; currency: string }) {
  const cost = useSignal<Cycle["cost"] | null>(null);
  const list = useList(async (after, abort) => {
    const variables = { cycle: cycle.number, first: PAGE_SIZE, after };
    const { data } = await execute(CostOfCycleDocument, variables, abort);
    const found = data?.account?.cycle;
    if (found && !abort.aborted) cost.value = found.cost;
    return found?.grants;
  });
  return (
    <Dialog
      title={i18n._("Cost of this cycle")}
      note={period(cycle.startsOn, cycle.endsOn)}
      wide
    >
      <div class="dialog-body">
        <p class="words">
          {i18n._("Beyond the plan itself, as far as it is known now. The same parts make quota and balance, and are used in this order.")}
        </p>
        {cost.value && <Sums cost={cost.value} currency={currency} />}
        {list.rows.length > 0 && (
          <Parts grants={list.rows} zone={cycle.timeZone} currency={currency} />
        )}
        <ListFoot list={list} nothing={i18n._("There are no parts yet.")} />
      </div>
    </Dialog>
  );
}

function Sums({ cost, currency }: { cost: Cycle["cost"]; currency: string }) {
  const rows: [string, string][] = [
    [i18n._("Blocks committed to"), cost.commitment],
    [i18n._("Blocks added once"), cost.blocks],
    [i18n._("Blocks added automatically, at 120% of the price"), cost.automatic],
    [i18n._("Carrier commitment and added balance"), cost.carrier],
  ];
  return (
    <table class="rows">
      <caption>{i18n._("Cost")}</caption>
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name} class={micros(value) === 0 ? "nothing" : ""}>
            <th scope="row">{name}</th>
            <td>{money(value, currency)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{i18n._("Total")}</th>
          <td>{money(cost.total, currency)}</td>
        </tr>
      </tfoot>
    </table>
  );
}

interface PartsProps {
  grants: readonly Grant[];
  zone: string;
  currency: string;
}

function Parts({ grants, zone, currency }: PartsProps) {
  return (
    <table class="rows parts">
      <caption>{i18n._("What quota and balance are made of")}</caption>
      <thead>
        <tr>
          <td />
          <th scope="col">{i18n._("Holds")}</th>
          <th scope="col">{i18n._("Used")}</th>
          <th scope="col">{i18n._("Price")}</th>
        </tr>
      </thead>
      <tbody>
        {grants.map((one) => (
          <tr key={one.id}>
            <th scope="row">
              {reasonOf(one.reason)}
              {one.grantedAt && <span class="note source">{dayAt(one.grantedAt, zone)}</span>}
            </th>
            {one.__typename === "BlockGrant" ? (
              <>
                <td>
                  {i18n._("{count, plural, one {# conversation} other {# conversations}}", {
                    count: one.conversations,
                  })}
                </td>
                <td>{number(one.used)}</td>
              </>
            ) : (
              <>
                <td>{money(one.amount, currency)}</td>
                <td>{money(one.spent, currency)}</td>
              </>
            )}
            <td>{money(one.price, currency)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function reasonOf(reason: Grant["reason"]): string {
  switch (reason) {
    case "INCLUDED":
      return i18n._("Included in the plan");
    case "COMMITMENT":
      return i18n._("Committed to");
    case "PURCHASE":
      return i18n._("Added once");
    case "AUTOMATIC":
      return i18n._("Added automatically");
    case "REVERSAL":
      return i18n._("Reversed");
  }
}
