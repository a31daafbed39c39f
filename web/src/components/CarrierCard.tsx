import { beyond, day, micros, money, moneyOf, number, percent } from "../format";
import { i18n } from "../i18n";
import { nameOf } from "../names";
import { account, type Usage } from "../usage";
import { Alert } from "./Alert";
import { Icon } from "./Icon";
import { OpenButton } from "./OpenButton";
import { Scheduled } from "./Scheduled";
import { UsageBar } from "./UsageBar";

type Balance = NonNullable<Usage["carrierBalance"]>;

const LOW = 90;

/** Carrier costs of a cycle against the balance. */
export function CarrierCard({ cycle, balance }: { cycle: Usage; balance: Balance }) {
  const { currency, limit, percent: share, spentDisplay } = balance;
  const over = micros(balance.overspent) > 0;
  const low = isLow(balance) && !over;
  const tone = over ? "over" : low ? "nearly low" : "";
  const has = micros(limit) > 0;
  return (
    <section class="card" aria-labelledby="carrier">
      <header class="card-head">
        <h2 id="carrier">{i18n._("Carrier cost balance")}</h2>
        {share !== null && (
          <p class={`share ${tone}`}>
            <strong>{percent(share)}</strong> {i18n._("spent")}
          </p>
        )}
      </header>
      <p class="figure">
        <strong>{money(spentDisplay, currency)}</strong>{" "}
        <span>
          {has
            ? i18n._("of {limit} spent", { limit: money(limit, currency) })
            : i18n._("spent, without a balance")}
        </span>
      </p>
      {has && (
        <>
          <UsageBar
            done={micros(spentDisplay)}
            base={micros(limit)}
            limit={micros(limit)}
            tone={tone}
            words={i18n._("Balance spent")}
            write={(value) => moneyOf(value, currency)}
          />
          <Legend balance={balance} current={cycle.state === "CURRENT"} low={low} />
        </>
      )}
      {cycle.state === "CURRENT" && <Warning balance={balance} />}
      {balance.scheduledChange && (
        <Scheduled meter="CARRIER">
          {i18n._("From {date} on, {amount} per cycle is committed to.", {
            date: day(balance.scheduledChange.effectiveOn),
            amount: money(balance.scheduledChange.amount, currency),
          })}
        </Scheduled>
      )}
      {cycle.state === "CURRENT" && account.value?.status === "ACTIVE" && <Actions />}
      <Parts balance={balance} />
      <Features balance={balance} />
      <OpenButton opens={{ kind: "charges" }} look="link">
        {i18n._("See each charge")}
      </OpenButton>
    </section>
  );
}

/** Whether little is left: by the account's own alert, else by what is usual. */
function isLow({ limit, spentDisplay, percent: share }: Balance): boolean {
  const threshold = account.value?.settings?.lowBalanceAlert?.threshold;
  if (threshold === undefined) return share !== null && share >= LOW;
  return micros(limit) - micros(spentDisplay) <= micros(threshold);
}

function Actions() {
  return (
    <div class="actions">
      <OpenButton opens={{ kind: "balance", meter: "CARRIER" }}>
        <Icon name="plus" />
        {i18n._("Add balance")}
      </OpenButton>
      <OpenButton opens={{ kind: "commitment", meter: "CARRIER" }}>
        {i18n._("Change commitment")}
      </OpenButton>
    </div>
  );
}

function Legend({ balance, current, low }: { balance: Balance; current: boolean; low: boolean }) {
  const { currency, limit, overspent, spentDisplay } = balance;
  return (
    <dl class="legend">
      <div>
        <dt>
          <i class={low ? "swatch beyond" : "swatch done"} />
          {i18n._("Balance spent")}
        </dt>
        <dd>{money(spentDisplay, currency)}</dd>
      </div>
      {micros(overspent) > 0 ? (
        <div>
          <dt>
            <i class="swatch over" />
            {i18n._("Overspent")}
          </dt>
          <dd>{money(beyond(spentDisplay, limit), currency)}</dd>
        </div>
      ) : (
        <div>
          <dt>
            <i class="swatch left" />
            {current ? i18n._("Left") : i18n._("Not used")}
          </dt>
          <dd>{money(beyond(limit, spentDisplay), currency)}</dd>
        </div>
      )}
    </dl>
  );
}

function Warning({ balance }: { balance: Balance }) {
  if (micros(balance.limit) === 0) {
    return (
      <Alert tone={micros(balance.overspent) > 0 ? "critical" : "info"}>
        {i18n._(
          "There is no balance: voice calls, SMS, WhatsApp templates and broadcasts cannot be sent.",
        )}
      </Alert>
    );
  }
  if (!balance.sendAllowed) {
    return (
      <Alert tone="critical">
        {i18n._(
          "The balance is used up: voice calls, SMS, WhatsApp templates and broadcasts stop until balance is added or the next cycle starts.",
        )}
      </Alert>
    );
  }
  if (isLow(balance)) {
    return (
      <Alert tone="warning">
        {i18n._(
          "The balance is running low. Once it is used up, voice calls, SMS, WhatsApp templates and broadcasts stop.",
        )}
      </Alert>
    );
  }
  return null;
}

function Parts({ balance }: { balance: Balance }) {
  const { currency, commitment, toppedUp, limit } = balance;
  const rows: [string, string][] = [
    [i18n._("Committed to"), commitment],
    [i18n._("Added once"), toppedUp],
  ];
  return (
    <table class="rows">
      <caption>{i18n._("Balance")}</caption>
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name} class={micros(value) > 0 ? "" : "nothing"}>
            <th scope="row">{name}</th>
            <td>{money(value, currency)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{i18n._("Total")}</th>
          <td>{money(limit, currency)}</td>
        </tr>
      </tfoot>
    </table>
  );
}

function Features({ balance }: { balance: Balance }) {
  const { byFeature, currency, spentDisplay } = balance;
  return (
    <table class="rows">
      <caption>{i18n._("By sub-feature")}</caption>
      <thead class="hidden">
        <tr>
          <th scope="col">{i18n._("Sub-feature")}</th>
          <th scope="col">{i18n._("Charges")}</th>
          <th scope="col">{i18n._("Share")}</th>
          <th scope="col">{i18n._("Amount")}</th>
        </tr>
      </thead>
      <tbody>
        {byFeature.map(({ feature, charges, percent: share, display }) => (
          <tr key={feature}>
            <th scope="row">{nameOf(feature)}</th>
            <td class="note">
              {i18n._("{charges, plural, one {# charge} other {# charges}}", { charges })}
            </td>
            <td class="note">{percent(share)}</td>
            <td>{money(display, currency)}</td>
          </tr>
        ))}
        {byFeature.length === 0 && (
          <tr class="nothing">
            <th scope="row">{i18n._("No costs yet")}</th>
            <td class="note" />
            <td class="note" />
            <td>{money(0, currency)}</td>
          </tr>
        )}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{i18n._("Total")}</th>
          <td class="note">
            {number(byFeature.reduce((sum, one) => sum + one.charges, 0))}
          </td>
          <td class="note" />
          <td>{money(spentDisplay, currency)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
