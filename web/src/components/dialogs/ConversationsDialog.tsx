import { useSignal } from "@preact/signals";
import { execute } from "../../api";
import { momentOfYear, period } from "../../format";
import {
  WhyConversationsDocument,
  type WhyConversationsQuery,
} from "../../generated/graphql/graphql";
import { i18n } from "../../i18n";
import { useList } from "../../list";
import { nameOf } from "../../names";
import { cycleName, type Usage } from "../../usage";
import { Dialog } from "./Dialog";
import { ListFoot } from "./ListFoot";

type Cycle = NonNullable<NonNullable<WhyConversationsQuery["account"]>["cycle"]>;
type Conversation = Cycle["conversationUsage"]["conversations"]["nodes"][number];

const PAGE_SIZE = 20;
const CONTACT_MAX = 256;

interface Props {
  cycle: Usage;
  /** Only those of this channel. */
  channel: string | undefined;
}

/** The conversations behind a cycle's number, each with why it counts there. */
export function ConversationsDialog({ cycle, channel }: Props) {
  const typed = useSignal("");
  const contact = useSignal("");
  const list = useList(
    async (after, abort) => {
      const wanted = { contact: contact.peek() || null, channel: channel ?? null };
      const variables = { cycle: cycle.number, first: PAGE_SIZE, after, ...wanted };
      const { data } = await execute(WhyConversationsDocument, variables, abort);
      return data?.account?.cycle?.conversationUsage.conversations;
    },
    contact.value,
  );
  return (
    <Dialog
      title={i18n._("Why these conversations count")}
      note={[period(cycle.startsOn, cycle.endsOn), channel && nameOf(channel)]
        .filter(Boolean)
        .join(" · ")}
      wide
    >
      <div class="dialog-body">
        <p class="words">
          {i18n._(
            "A conversation lasts 7 days from its first outbound message, and counts in the cycle in which it closes. Automatic replies and notes open none.",
          )}
        </p>
        <form
          class="search"
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            contact.value = typed.value.trim();
          }}
        >
          <label class="input">
            <span class="hidden">{i18n._("Contact, exactly as it is recorded")}</span>
            <input
              type="text"
              enterKeyHint="search"
              maxLength={CONTACT_MAX}
              autoComplete="off"
              placeholder={i18n._("Contact, exactly as it is recorded")}
              value={typed.value}
              onInput={(event) => {
                typed.value = event.currentTarget.value;
                if (typed.value === "") contact.value = "";
              }}
            />
          </label>
          <button type="submit" class="button">
            {i18n._("Search")}
          </button>
        </form>
        {list.rows.length > 0 && (
          <table class="rows reasons">
            <caption class="hidden">{i18n._("Conversations, the last one to close first")}</caption>
            <thead class="hidden">
              <tr>
                <th scope="col">{i18n._("Contact")}</th>
                <th scope="col">{i18n._("Why it counts here")}</th>
              </tr>
            </thead>
            <tbody>
              {list.rows.map((one) => (
                <tr key={`${one.contact} ${one.channel} ${one.openedAt}`}>
                  <th scope="row">
                    <span class="contact">{one.contact}</span>
                    <span class="note">{nameOf(one.channel)}</span>
                  </th>
                  <td>
                    <Why one={one} zone={cycle.timeZone} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <ListFoot
          list={list}
          nothing={
            contact.value
              ? i18n._("This cycle has no conversation with {contact}.", { contact: contact.value })
              : i18n._("No conversations yet")
          }
        />
      </div>
    </Dialog>
  );
}

function Why({ one, zone }: { one: Conversation; zone: string }) {
  const closes = momentOfYear(one.closesAt, zone);
  return (
    <>
      {one.late && <span class="pill provisional">{i18n._("Late")}</span>}{" "}
      {i18n._("Opened on {opened}.", { opened: momentOfYear(one.openedAt, zone) })}{" "}
      {one.state === "OPEN"
        ? i18n._("Its 7 days end on {closes}, in this cycle.", { closes })
        : i18n._("Its 7 days ended on {closes}, in this cycle.", { closes })}{" "}
      {one.late &&
        i18n._("Its message came when this cycle was closed, so it counts in {cycle}.", {
          cycle: cycleName(one.countsInCycle),
        })}
      <span class="note source">
        {i18n._("Message {id} from {source}", { id: one.openedId, source: one.openedSource })}
      </span>
    </>
  );
}
