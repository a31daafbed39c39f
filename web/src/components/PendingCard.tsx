import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { AwayError, ExpiredError, execute } from "../api";
import { day, moment, number, period, until } from "../format";
import {
  PendingConversationsDocument,
  type PendingConversationsQuery,
} from "../generated/graphql/graphql";
import { i18n } from "../i18n";
import { nameOf } from "../names";
import { expire } from "../session";
import { now, type Usage } from "../usage";
import { Channels } from "./Channels";

type Found = NonNullable<NonNullable<PendingConversationsQuery["account"]>["cycle"]>;
type Page = Found["conversationUsage"]["conversations"];

const PAGE_SIZE = 20;

/** The future cycle: what is open now and closes in it, and nothing else. */
export function PendingCards({ cycle }: { cycle: Usage }) {
  const { pending } = cycle.conversationUsage;
  return (
    <div class="cards uneven">
      <section class="card" aria-labelledby="pending">
        <header class="card-head">
          <h2 id="pending">{i18n._("Pending conversations")}</h2>
        </header>
        <p class="figure">
          <strong>{number(pending)}</strong>{" "}
          <span>
            {i18n._(
              "{pending, plural, one {conversation is carried over} other {conversations are carried over}}",
              { pending },
            )}
          </span>
        </p>
        <p class="words">
          {i18n._(
            "They are open now and last beyond {end}: each counts in the cycle in which it closes. Nothing else of this cycle is known before it starts.",
            { end: day(cycle.startsOn) },
          )}
        </p>
        <Channels numbers={cycle.conversationUsage} />
      </section>
      <Countdown key={`${cycle.number} ${cycle.computedAt}`} cycle={cycle} />
    </div>
  );
}

/** When each of them closes, and where it lands. */
function Countdown({ cycle }: { cycle: Usage }) {
  const pages = useSignal<Page[]>([]);
  const failed = useSignal(false);
  const abort = useSignal(new AbortController());
  const load = async () => {
    failed.value = false;
    const after = pages.peek().at(-1)?.pageInfo.endCursor ?? null;
    try {
      const variables = { cycle: cycle.number, first: PAGE_SIZE, after };
      const { data } = await execute(
        PendingConversationsDocument,
        variables,
        abort.peek().signal,
      );
      const page = data?.account?.cycle?.conversationUsage.conversations;
      if (page) pages.value = [...pages.peek(), page];
    } catch (error) {
      if (abort.peek().signal.aborted) return;
      if (error instanceof ExpiredError) expire();
      else if (error instanceof AwayError) failed.value = true;
      else throw error;
    }
  };
  useEffect(() => {
    if (cycle.conversationUsage.pending > 0) void load();
    return () => abort.peek().abort();
  }, []);
  const rows = pages.value.flatMap((page) => page.nodes);
  const more = pages.value.at(-1)?.pageInfo.hasNextPage ?? false;
  const waiting = cycle.conversationUsage.pending > 0 && rows.length === 0 && !failed.value;
  return (
    <section class="card" aria-labelledby="countdown" aria-busy={waiting}>
      <header class="card-head">
        <h2 id="countdown">{i18n._("Countdown")}</h2>
        <p class="note">{i18n._("Lands in {cycle}", { cycle: period(cycle.startsOn, cycle.endsOn) })}</p>
      </header>
      {waiting && <div class="skeleton lines" aria-hidden="true" />}
      {rows.length > 0 && (
        <table class="rows countdown">
          <caption class="hidden">
            {i18n._("When each pending conversation closes, the last one first")}
          </caption>
          <thead>
            <tr>
              <th scope="col">{i18n._("Contact")}</th>
              <th scope="col">{i18n._("Closes")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ contact, channel, closesAt }) => (
              <tr key={`${contact} ${channel} ${closesAt}`}>
                <th scope="row">
                  <span class="contact">{contact}</span>
                  <span class="note">{nameOf(channel)}</span>
                </th>
                <td>
                  <time dateTime={closesAt}>{moment(closesAt, cycle.timeZone)}</time>
                  <span class="note">
                    {i18n._("in {time}", { time: until(closesAt, now.value) })}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {cycle.conversationUsage.pending === 0 && (
        <p class="words">{i18n._("No conversation that is open now lasts into this cycle.")}</p>
      )}
      {failed.value && <p class="words">{i18n._("The list cannot be loaded right now.")}</p>}
      {(more || failed.value) && (
        <button type="button" class="button" onClick={() => void load()}>
          {failed.value ? i18n._("Try again") : i18n._("Show more")}
        </button>
      )}
    </section>
  );
}
