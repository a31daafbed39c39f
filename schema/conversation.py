"""Standard conversations."""

from datetime import date, datetime

import strawberry

from billing.commitment import AdjustmentReason
from billing.conversation import ConversationState
from resolvers import conversation
from schema.columns.batch import batched
from schema.page import Connection


@strawberry.type(description="One channel's conversations in a cycle.")
class ChannelUsage:
    channel: str = strawberry.field(description="The channel, such as WHATSAPP.")
    used: int | None = strawberry.field(description="Counted in the cycle; null in the future.")
    pending: int | None = strawberry.field(
        description="Open now and closing in the future cycle; null in past and current ones."
    )


@strawberry.type(description="A commitment that another cycle brings.")
class ScheduledCommitment:
    amount: int = strawberry.field(name="blocks", description="In blocks of 100 conversations.")
    effective_at: datetime = strawberry.field(description="The start of that cycle.")
    effective_on: date = strawberry.field(description="The local day on which it starts.")


@strawberry.type(
    description="The net change that came to a closed cycle after it was closed, by channel: "
    "that cycle keeps its number, and this one carries the change."
)
class Adjustment:
    label: str = strawberry.field(name="channel", description="The channel.")
    change: int = strawberry.field(description="Conversations more, or fewer where negative.")
    reason: AdjustmentReason = strawberry.field(description="Why it is booked here.")
    cycle_number: int = strawberry.field(description="The closed cycle.")


@strawberry.type(
    description="A conversation: the 168 hours from an outbound message that is no automatic "
    "reply and no note. Further messages inside neither extend it nor add to it."
)
class Conversation:
    contact: str = strawberry.field(description="The contact's identifier.")
    channel: str = strawberry.field(description="The channel.")
    opened_at: datetime = strawberry.field(description="When its first message was sent.")
    closes_at: datetime = strawberry.field(description="168 hours later.")
    state: ConversationState = strawberry.field(description="Whether it still lasts.")
    opened_source: str = strawberry.field(description="The source of the message that opened it.")
    opened_id: str = strawberry.field(description="That message's id in its source.")
    late: bool = strawberry.field(
        description="Whether that message arrived only when the cycle was closed."
    )
    counts_in_cycle: int = strawberry.field(
        description="The cycle whose usage has it: the one in which it closes, or, where it "
        "came late, the one that was current then."
    )
    why: str = strawberry.field(description="Why it counts there, for people, in English.")


@strawberry.type(description="A cycle's conversations against its quota, as they were at a change.")
class ConversationNumbers:
    included: int | None = strawberry.field(description="Included in the plan.")
    version: int = strawberry.field(
        description="Counts the changes that admins made to this meter: what a change expects."
    )
    committed: int | None = strawberry.field(description="Committed to beyond, in blocks of 100.")
    commitment: int | None = strawberry.field(description="included + committed.")
    purchased: int | None = strawberry.field(description="Bought once, for this cycle.")
    automatic: int | None = strawberry.field(description="Added automatically, at a surcharge.")
    quota: int | None = strawberry.field(description="commitment + purchased + automatic.")
    used: int | None = strawberry.field(
        description="Conversations that close in the cycle and were opened by now, with "
        "adjustments: completed + inProgress, and the sum of byChannel."
    )
    completed: int | None = strawberry.field(description="Those of them that are closed.")
    in_progress: int | None = strawberry.field(description="Those of them that still last.")
    pending: int = strawberry.field(
        description="Open now and closing in the future cycle; 0 in past and current ones."
    )
    left: int | None = strawberry.field(description="What the quota still holds, at least 0.")
    over: int | None = strawberry.field(description="What was used beyond the quota.")
    percent_of_commitment: int | None = strawberry.field(
        description="used of commitment, rounded down, not capped at 100; null of nothing."
    )
    percent_of_quota: int | None = strawberry.field(
        description="used of quota, rounded down, not capped at 100; null of nothing."
    )
    by_channel: list[ChannelUsage] = strawberry.field(
        description="By channel, in alphabetical order: at most 20."
    )
    scheduled_change: ScheduledCommitment | None = strawberry.field(
        description="What the next cycle brings, in the current one, if it is another commitment."
    )
    adjustments: list[Adjustment] = strawberry.field(
        description="What this cycle carries for closed ones."
    )


@strawberry.type(
    description="A cycle's conversations against its quota. In the future cycle only pending "
    "and byChannel have values."
)
class ConversationUsage(ConversationNumbers):
    conversations: Connection[Conversation] = batched(
        conversation.pages_of_usages,
        description="The conversations that close in the cycle and were opened by now, newest "
        "first. An operation can list those of one cycle only.",
        arguments={
            "first": "How many: 1 to 100.",
            "after": "The cursor after which to go on.",
            "contact": "Only those with this contact.",
            "channel": "Only those on this channel: 1 to 32 of A to Z, 0 to 9 and _.",
        },
    )
