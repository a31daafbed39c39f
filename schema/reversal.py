"""The mutation with which operators take back messages, charges and grants."""

from datetime import datetime
from typing import Annotated, cast

import strawberry

from billing.commitment import GrantKind, Meter
from resolvers import access, reversal
from resolvers.reversal import EventName, GrantName, Request, ReversalOutcome
from schema.columns.batch import guarded
from schema.failures import AccountEnded, AlreadyReversed, IdempotencyConflict
from schema.info import Info
from schema.meter import CycleSnapshot
from schema.scalars import Money


@strawberry.type(
    description="The net change to a closed cycle, which keeps its numbers: another one carries "
    "it. Of conversations and amount, that of its meter has a value."
)
class ReversalAdjustment:
    meter: Meter = strawberry.field(description="Of which meter.")
    label: str = strawberry.field(description="The channel, or the sub-feature.")
    conversations: int | None = strawberry.field(
        description="Conversations more, or fewer where negative."
    )
    amount_micros: Money | None = strawberry.field(
        name="amount", description="Carrier cost more, or less where negative."
    )
    cycle_number: int = strawberry.field(description="The closed cycle.")
    booked_in_cycle: int = strawberry.field(description="The cycle that carries the change.")


@strawberry.type(
    description="The original was reversed, now or when its idempotency key was first sent: the "
    "same key gives the same answer."
)
class Reversed:
    meter: Meter = strawberry.field(description="The meter of the original.")
    label: str | None = strawberry.field(
        description="A message's channel or a charge's sub-feature; null for a grant."
    )
    grant_kind: GrantKind | None = strawberry.field(
        description="What kind of grant it was; null for an event."
    )
    cycle_number: int | None = strawberry.field(
        description="The cycle in which the reversal counts: the one in which the original did, "
        "or, where that is closed, the current one. Null where it did not count: before cycle 0, "
        "in trial, or a message that opened no conversation."
    )
    adjustments: list[ReversalAdjustment] = strawberry.field(
        description="The net changes to closed cycles, by cycle: empty where there are none."
    )
    computed_at: datetime = strawberry.field(description="The instant of the reversal.")
    cycle: CycleSnapshot | None = strawberry.field(
        description="The current cycle right after it; the first one where it has not started, the "
        "last one where the account has ended, null in trial."
    )

    @classmethod
    def of(cls, outcome: ReversalOutcome) -> "Reversed":
        return cls(
            meter=outcome.reversal.meter,
            label=outcome.reversal.label,
            grant_kind=outcome.reversal.grant_kind,
            cycle_number=outcome.reversal.cycle_number,
            adjustments=cast(list[ReversalAdjustment], outcome.reversal.adjustments),
            computed_at=outcome.computed_at,
            cycle=cast(CycleSnapshot | None, outcome.cycle),
        )


@strawberry.input(description="A message or a charge, by the names under which it was sent.")
class ReverseEventInput:
    source: str = strawberry.field(description="The source of the event.")
    id: strawberry.ID = strawberry.field(description="The event's id in its source.")


@strawberry.input(one_of=True, description="What to reverse: exactly one thing.")
class ReverseOriginalInput:
    event: ReverseEventInput | None = strawberry.field(
        default=strawberry.UNSET, description="A message or a charge."
    )
    grant: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="A purchase or an automatic grant, by the id that cycles show; a commitment is "
        "none.",
    )

    def name(self) -> EventName | GrantName:
        if isinstance(self.event, ReverseEventInput):
            return EventName(self.event.source, self.event.id)
        return GrantName(cast(str, self.grant))


@strawberry.input(description="What to reverse, and why.")
class ReverseInput:
    account_id: strawberry.ID = strawberry.field(description="The account's id.")
    original: ReverseOriginalInput = strawberry.field(description="What to reverse.")
    reason: str = strawberry.field(description="For people: 1 to 500 printable characters.")
    idempotency_key: str = strawberry.field(
        description="Names this reversal, 1 to 128 visible ASCII characters, unique in the "
        "account: however often it is sent, it is done once."
    )

    def request(self) -> Request:
        return Request(
            account_id=self.account_id,
            original=self.original.name(),
            reason=self.reason,
            idempotency_key=self.idempotency_key,
        )


ReverseResult = Annotated[
    Reversed | AlreadyReversed | IdempotencyConflict | AccountEnded,
    strawberry.union("ReverseResult", description="The reversal, or why there is none."),
]


@guarded(
    access.operator,
    description="Reverse a message, a charge or a grant, each at most once. Conversations are "
    "counted as if the message had not come; a charge or a grant counts negatively. A closed cycle "
    "keeps its numbers: the current one carries the change. No version counts it, and the same "
    "event, sent again, stays a duplicate.",
)
async def reverse(
    info: Info, input: Annotated[ReverseInput, strawberry.argument(description="What and why.")]
) -> ReverseResult:
    """Reverse something."""
    return Reversed.of(await reversal.reverse(info.context, input.request()))
