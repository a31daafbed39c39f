import { change, day, number, percent } from "../format";
import { i18n } from "../i18n";
import { nameOf } from "../names";
import { account, type Usage } from "../usage";
import { Alert } from "./Alert";
import { Channels } from "./Channels";
import { Icon } from "./Icon";
import { OpenButton } from "./OpenButton";
import { Scheduled } from "./Scheduled";
import { UsageBar } from "./UsageBar";

type Numbers = Usage["conversationUsage"];

const NEARLY = 90;

/** Standard conversations of a cycle that is not to come. */
export function ConversationCard({ cycle }: { cycle: Usage }) {
  const all = cycle.conversationUsage;
  const { used, quota, completed, inProgress, automatic, commitment, purchased } = counts(all);
  const share = automatic > 0 ? all.percentOfCommitment : all.percentOfQuota;
  const tone = toneOf(all, share);
  return (
    <section class="card" aria-labelledby="conversations">
      <header class="card-head">
        <h2 id="conversations">{i18n._("Standard conversations")}</h2>
        {share !== null && (
          <p class={`share ${tone}`}>
            <strong>{percent(share)}</strong>{" "}
            {automatic > 0 ? i18n._("of the commitment") : i18n._("of the quota")}
          </p>
        )}
      </header>
      <p class="figure">
        <strong>{number(used)}</strong>{" "}
        <span>
          {quota > 0
            ? i18n._("of {quota} used", { quota: number(quota) })
            : i18n._("used, without a quota")}
        </span>
      </p>
      {quota > 0 && (
        <UsageBar
          done={completed}
          lasting={inProgress}
          base={commitment + purchased}
          limit={quota}
          tone={tone}
          words={i18n._("{used} of {quota} used", { used: number(used), quota: number(quota) })}
          write={number}
        />
      )}
      <Legend cycle={cycle} />
      <Alerts cycle={cycle} />
      {cycle.state === "CURRENT" && account.value?.status === "ACTIVE" && <Actions />}
      <Quota numbers={all} />
      <Channels numbers={all} />
      <OpenButton opens={{ kind: "conversations" }} look="link">
        {i18n._("Why they count here")}
      </OpenButton>
    </section>
  );
}

function Actions() {
  return (
    <div class="actions">
      <OpenButton opens={{ kind: "blocks", meter: "CONVERSATIONS" }}>
        <Icon name="plus" />
        {i18n._("Add blocks")}
      </OpenButton>
      <OpenButton opens={{ kind: "commitment", meter: "CONVERSATIONS" }}>
        {i18n._("Change commitment")}
      </OpenButton>
    </div>
  );
}

/** Beyond the quota is worse than beyond what was bought, which automatic blocks cover. */
function toneOf(all: Numbers, share: number | null): string {
  if ((all.over ?? 0) > 0) return "over";
  return (all.automatic ?? 0) > 0 || (share !== null && share >= NEARLY) ? "nearly" : "";
}

function counts(all: Numbers) {
  return {
    used: all.used ?? 0,
    quota: all.quota ?? 0,
    completed: all.completed ?? 0,
    inProgress: all.inProgress ?? 0,
    automatic: all.automatic ?? 0,
    commitment: all.commitment ?? 0,
    purchased: all.purchased ?? 0,
  };
}

function Legend({ cycle }: { cycle: Usage }) {
  const { left, over } = cycle.conversationUsage;
  const { completed, inProgress, used, quota, commitment, purchased } = counts(
    cycle.conversationUsage,
  );
  const base = commitment + purchased;
  const current = cycle.state === "CURRENT";
  return (
    <dl class="legend">
      <div>
        <dt>
          <i class="swatch done" />
          {i18n._("Completed")}
        </dt>
        <dd>{number(completed)}</dd>
      </div>
      {current && (
        <div>
          <dt>
            <i class="swatch lasting" />
            {i18n._("In progress")}
          </dt>
          <dd>{number(inProgress)}</dd>
        </div>
      )}
      {used > base && quota > 0 && (
        <div>
          <dt>
            <i class={`swatch ${(over ?? 0) > 0 ? "over" : "beyond"}`} />
            {i18n._("Beyond the commitment")}
          </dt>
          <dd>{number(used - base)}</dd>
        </div>
      )}
      {(over ?? 0) === 0 && quota > 0 && (
        <div>
          <dt>
            <i class="swatch left" />
            {current ? i18n._("Left") : i18n._("Not used")}
          </dt>
          <dd>{number(left ?? 0)}</dd>
        </div>
      )}
    </dl>
  );
}

function Alerts({ cycle }: { cycle: Usage }) {
  const all = cycle.conversationUsage;
  const { automatic, commitment, purchased, used, quota } = counts(all);
  return (
    <>
      {automatic > 0 && (
        <Alert tone="warning">
          {i18n._(
            "The {base} conversations committed to and bought are used up: {automatic} more were added automatically, at a surcharge, so that messages are still sent.",
            { base: number(commitment + purchased), automatic: number(automatic) },
          )}
        </Alert>
      )}
      {automatic === 0 && used > quota && quota > 0 && (
        <Alert tone="warning">{i18n._("The quota is used up. Messages are still sent.")}</Alert>
      )}
      {all.scheduledChange && (
        <Scheduled meter="CONVERSATIONS">
          {i18n._(
            "From {date} on: {blocks, plural, =0 {no blocks are committed to} one {# block of 100 is committed to} other {# blocks of 100 are committed to}}.",
            { date: day(all.scheduledChange.effectiveOn), blocks: all.scheduledChange.blocks },
          )}
        </Scheduled>
      )}
      {all.adjustments.length > 0 && (
        <Alert tone="info">
          {i18n._("Carried over from closed cycles:")}{" "}
          {all.adjustments
            .map((one) => `${change(one.change)} ${nameOf(one.channel)} (${reason(one.reason)})`)
            .join(", ")}
        </Alert>
      )}
    </>
  );
}

function reason(code: Numbers["adjustments"][number]["reason"]): string {
  return code === "LATE" ? i18n._("late events") : i18n._("reversed events");
}

function Quota({ numbers }: { numbers: Numbers }) {
  const rows: [string, number | null][] = [
    [i18n._("Included in the plan"), numbers.included],
    [i18n._("Committed to"), numbers.committed],
    [i18n._("Added once"), numbers.purchased],
    [i18n._("Added automatically"), numbers.automatic],
  ];
  return (
    <table class="rows">
      <caption>{i18n._("Quota")}</caption>
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name} class={value ? "" : "nothing"}>
            <th scope="row">{name}</th>
            <td>{number(value ?? 0)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{i18n._("Total")}</th>
          <td>{number(numbers.quota ?? 0)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
