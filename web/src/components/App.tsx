import { useEffect } from "preact/hooks";
import { told } from "../dialog";
import { day, dayOfYear } from "../format";
import { i18n } from "../i18n";
import { askAgain, canAskAgain, isDemo, session } from "../session";
import { account, now, refresh, slow, trouble, usage, type Trouble, type Usage } from "../usage";
import { CarrierCard } from "./CarrierCard";
import { ConversationCard } from "./ConversationCard";
import { CycleLink } from "./CycleLink";
import { Dialogs } from "./Dialogs";
import { Notice } from "./Notice";
import { OpenButton } from "./OpenButton";
import { OverTime } from "./OverTime";
import { PendingCards } from "./PendingCard";
import { Skeleton } from "./Skeleton";
import { Toolbar } from "./Toolbar";
import { Top } from "./Top";

/** The page. */
export function App() {
  const title = i18n._("Your usage");
  const name = account.value?.name;
  useEffect(() => {
    document.title = name ? `${title} – ${name}` : title;
  }, [title, name]);
  return (
    <div class="page">
      <Top />
      <main>
        <div class="title">
          <h1 tabIndex={-1}>{title}</h1>
          {name && <p>{name}</p>}
          <Readings />
        </div>
        <Dialogs />
        <Body />
      </main>
    </div>
  );
}

/** What can be read of the shown cycle beside its numbers. */
function Readings() {
  if (session.value.kind !== "open" || usage.value === null) return null;
  return (
    <div class="actions">
      <OpenButton opens={{ kind: "cost" }}>{i18n._("Cost of this cycle")}</OpenButton>
      <OpenButton opens={{ kind: "ledger" }}>{i18n._("Changes")}</OpenButton>
      {account.value?.status === "ACTIVE" && (
        <OpenButton opens={{ kind: "settings" }}>{i18n._("Alerts")}</OpenButton>
      )}
    </div>
  );
}

function Body() {
  const { kind } = session.value;
  if (kind === "none") return <NoSession />;
  if (kind === "expired") return <Expired />;
  const why = trouble.value;
  if (why !== null && why !== "no-cycle" && why !== "away") return <Refused why={why} />;
  const shown = usage.value;
  return (
    <>
      <Toolbar />
      <p class="told" role="status">
        {told.value?.()}
      </p>
      {slow.value && (
        <p class="slow" role="status">
          {i18n._("This takes longer than usual …")}
        </p>
      )}
      {why !== null ? <Refused why={why} /> : shown ? <Numbers cycle={shown} /> : <Skeleton />}
    </>
  );
}

function Numbers({ cycle }: { cycle: Usage }) {
  if (cycle.state === "FUTURE") return <PendingCards cycle={cycle} />;
  return (
    <>
      <div class="cards">
        <ConversationCard cycle={cycle} />
        <div class="column">
          {cycle.carrierBalance && <CarrierCard cycle={cycle} balance={cycle.carrierBalance} />}
          {cycle.state === "CURRENT" && <NextCycle />}
        </div>
      </div>
      <OverTime cycle={cycle} />
    </>
  );
}

/** What the next cycle starts with. */
function NextCycle() {
  const next = account.value?.nextCycle;
  if (!next || next.conversationUsage.pending === 0) return null;
  const { pending } = next.conversationUsage;
  return (
    <section class="card next" aria-labelledby="next">
      <header class="card-head">
        <h2 id="next">{i18n._("Next cycle")}</h2>
        <p class="note">{i18n._("Starts on {date}", { date: day(next.startsOn) })}</p>
      </header>
      <p class="words">
        {i18n._(
          "{pending, plural, one {# open conversation closes in the next cycle and counts there.} other {# open conversations close in the next cycle and count there.}}",
          { pending },
        )}
      </p>
      <p>
        <CycleLink cycle={next.number}>{i18n._("See what is pending")}</CycleLink>
      </p>
    </section>
  );
}

function NoSession() {
  return (
    <Notice
      icon="lock"
      title={i18n._("Please sign in")}
      action={isDemo && <DemoLink>{i18n._("Choose a demo user")}</DemoLink>}
    >
      {isDemo
        ? i18n._("This is the demo: choose whose usage you would like to see.")
        : i18n._("This page opens from your account's settings, where you are signed in.")}
    </Notice>
  );
}

function Expired() {
  return (
    <Notice
      icon="hourglass"
      title={i18n._("Your session has expired")}
      action={
        isDemo ? (
          <DemoLink>{i18n._("Choose a demo user")}</DemoLink>
        ) : (
          canAskAgain && (
            <button type="button" class="button primary" onClick={askAgain}>
              {i18n._("Sign in again")}
            </button>
          )
        )
      }
    >
      {i18n._("Nothing is lost. Sign in again to see the numbers of now.")}
    </Notice>
  );
}

function DemoLink({ children }: { children: string }) {
  return (
    <a class="button primary" href="/">
      {children}
    </a>
  );
}

function Refused({ why }: { why: Trouble }) {
  switch (why) {
    case "member":
      return (
        <Notice icon="lock" title={i18n._("Only admins see this page")}>
          {i18n._("Usage and commitments are shown to admins of the account. Ask one of them.")}
        </Notice>
      );
    case "trial":
      return (
        <Notice icon="hourglass" title={i18n._("No usage overview in the free trial")}>
          <TrialEnd />
        </Notice>
      );
    case "no-cycle":
      return (
        <Notice
          icon="calendar"
          title={i18n._("There is no such cycle")}
          action={
            <CycleLink cycle={null} look="button primary">
              {i18n._("Go to the current cycle")}
            </CycleLink>
          }
        >
          {i18n._("Past cycles can be seen, the current one, and the one that comes next.")}
        </Notice>
      );
    case "no-account":
      return (
        <Notice icon="lock" title={i18n._("There is no such account")}>
          {i18n._("The address names no account, or none that you may see.")}
        </Notice>
      );
    case "empty":
      return (
        <Notice icon="info" title={i18n._("There is nothing to show yet")}>
          {i18n._("The account has no billing cycle so far.")}
        </Notice>
      );
    case "away":
      return (
        <Notice
          icon="cloud"
          title={i18n._("The numbers cannot be reached right now")}
          action={
            <button type="button" class="button primary" onClick={refresh}>
              {i18n._("Try again")}
            </button>
          }
        >
          {i18n._("Your messages are still counted. The page tries again by itself.")}
        </Notice>
      );
  }
}

function TrialEnd() {
  const end = account.value?.trialEndsAt;
  if (!end) return null;
  const date = dayOfYear(localDay(end, account.value?.timeZone ?? "UTC"));
  return (
    <>
      {Date.parse(end) > Math.max(now.value, Date.now())
        ? i18n._("Your trial ends on {date}. The overview starts with your subscription.", { date })
        : i18n._("Your trial ended on {date}. The overview starts with your subscription.", { date })}
    </>
  );
}

function localDay(iso: string, zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(new Date(iso));
}
