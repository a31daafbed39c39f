import { execute } from "../api";
import { day, moment, number, period, until } from "../format";
import { PendingConversationsDocument } from "../generated/graphql/graphql";
import { i18n } from "../i18n";
import { useList } from "../list";
import { nameOf } from "../names";
import { now, type Usage } from "../usage";
import { Channels } from "./Channels";

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
      <Countdown cycle={cycle} />
    </div>
  );
}

/** When each of them closes, and where it lands. */
function Countdown({ cycle }: { cycle: Usage }) {
  const { rows, waiting, failed, more, load } = useList(async (after, abort) => {
    const variables = { cycle: cycle.number, first: PAGE_SIZE, after };
    const { data } = await execute(PendingConversationsDocument, variables, abort);
    return data?.account?.cycle?.conversationUsage.conversations;
  }, `${cycle.number} ${cycle.computedAt}`);
  const none = cycle.conversationUsage.pending === 0;
  return (
    <section class="card" aria-labelledby="countdown" aria-busy={waiting}>
      <header class="card-head">
        <h2 id="countdown">{i18n._("Countdown")}</h2>
        <p class="note">{i18n._("Lands in {cycle}", { cycle: period(cycle.startsOn, cycle.endsOn) })}</p>
      </header>
      {waiting && !none && rows.length === 0 && <div class="skeleton lines" aria-hidden="true" />}
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
      {none && (
        <p class="words">{i18n._("No conversation that is open now lasts into this cycle.")}</p>
      )}
      {failed && <p class="words">{i18n._("The list cannot be loaded right now.")}</p>}
      {(more || failed) && (
        <button type="button" class="button" onClick={load}>
          {failed ? i18n._("Try again") : i18n._("Show more")}
        </button>
      )}
    </section>
  );
}
