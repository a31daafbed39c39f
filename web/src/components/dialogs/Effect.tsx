import type { Changing } from "../../changing";
import { dayOfYear, money, number, percent, period } from "../../format";
import { i18n } from "../../i18n";
import type { Preview } from "../../meter";
import { Alert } from "../Alert";

/** What a change would do: the cycle before and after, when, for how much, and what lapses. */
export function Effect({ changing }: { changing: Changing }) {
  const { asking, away, preview } = changing;
  const found = preview.value;
  return (
    <div class="effect" aria-busy={asking.value}>
      <p class="hidden" role="status">
        {found && !asking.value && `${whenOf(changing, found)}, ${priceOf(changing, found)}`}
      </p>
      {found && <Numbers changing={changing} found={found} />}
      {asking.value && !found && <div class="skeleton lines" aria-hidden="true" />}
      {away.value && (
        <p class="away">
          {i18n._("What it would do cannot be loaded right now.")}{" "}
          <button type="button" class="button" onClick={() => changing.again()}>
            {i18n._("Try again")}
          </button>
        </p>
      )}
    </div>
  );
}

function Numbers({ changing, found }: { changing: Changing; found: Preview }) {
  return (
    <>
      <table class="rows compared">
        <caption>{period(found.before.startsOn, found.before.endsOn)}</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">{i18n._("Before")}</th>
            <th scope="col">{i18n._("After")}</th>
          </tr>
        </thead>
        <tbody>
          {rowsOf(changing, found).map(([name, before, after]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{before}</td>
              <td>{after}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <table class="rows terms">
        <tbody>
          <tr>
            <th scope="row">{i18n._("Takes effect")}</th>
            <td>{whenOf(changing, found)}</td>
          </tr>
          <tr>
            <th scope="row">{i18n._("Price")}</th>
            <td>{priceOf(changing, found)}</td>
          </tr>
          {found.lost.scheduledCommitments.map((lapsed) => (
            <tr key={lapsed.effectiveOn}>
              <th scope="row">{i18n._("Does not come")}</th>
              <td>
                {i18n._("{commitment} from {date} on", {
                  commitment: commitmentOf(lapsed, changing.currency),
                  date: dayOfYear(lapsed.effectiveOn),
                })}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Cover changing={changing} found={found} />
    </>
  );
}

/** What the next cycle's quota does not hold of what lands there already. */
function Cover({ changing, found }: { changing: Changing; found: Preview }) {
  const { pending } = found;
  const ofNext = changing.change.meter === "CONVERSATIONS" && !isNow(changing, found);
  if (!ofNext || !pending || pending.covered) return null;
  const { conversations, quota, automaticBlocks, automaticPrice } = pending;
  return (
    <Alert tone="warning">
      {i18n._(
        "{conversations, plural, one {# open conversation lands} other {# open conversations land}} in that cycle already, more than its quota of {quota}.",
        { conversations, quota: number(quota) },
      )}{" "}
      {automaticBlocks > 0 &&
        i18n._(
          "{blocks, plural, one {# block is added} other {# blocks are added}} automatically, for {price}.",
          { blocks: automaticBlocks, price: money(automaticPrice, changing.currency) },
        )}
    </Alert>
  );
}

function rowsOf({ change, currency }: Changing, { before, after }: Preview): [string, string, string][] {
  const sides = [before, after] as const;
  if (change.meter === "CONVERSATIONS") {
    const all = sides.map((side) => side.conversationUsage);
    return [
      row(i18n._("Quota"), all.map((one) => number(one.quota ?? 0))),
      row(i18n._("Used"), all.map((one) => share(number(one.used ?? 0), one.percentOfQuota))),
    ];
  }
  const all = sides.map((side) => side.carrierBalance);
  return [
    row(i18n._("Balance"), all.map((one) => money(one?.limit ?? 0, currency))),
    row(
      i18n._("Balance spent"),
      all.map((one) => share(money(one?.spentDisplay ?? 0, currency), one?.percent ?? null)),
    ),
  ];
}

function row(name: string, [before = "", after = ""]: string[]): [string, string, string] {
  return [name, before, after];
}

function share(used: string, per: number | null): string {
  return per === null ? used : `${used} (${percent(per)})`;
}

function whenOf(changing: Changing, found: Preview): string {
  if (isNow(changing, found)) return i18n._("At once");
  return i18n._("{date} ({zone})", {
    date: dayOfYear(found.effectiveOn),
    zone: changing.usage.timeZone,
  });
}

/** Whether it is about the cycle of now, not about one to come. */
function isNow({ usage }: Changing, { before }: Preview): boolean {
  return before.startsOn === usage.startsOn;
}

function priceOf({ change, currency }: Changing, { price }: Preview): string {
  const amount = money(price, currency);
  return change.kind === "blocks" || change.kind === "balance"
    ? i18n._("{price} once", { price: amount })
    : i18n._("{price} per cycle", { price: amount });
}

function commitmentOf(
  { blocks, amount }: { blocks: number | null; amount: string | null },
  currency: string,
): string {
  if (amount !== null) return money(amount, currency);
  return i18n._("{blocks, plural, one {# block} other {# blocks}}", { blocks: blocks ?? 0 });
}
