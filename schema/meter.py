"""The mutations with which admins change what their account has committed to."""

from datetime import date, datetime
from typing import Annotated, cast

import strawberry

from billing.commitment import ChangeKind, Meter
from billing.cycle import CycleState
from billing.meter import WhichCycle
from resolvers import access, meter
from resolvers.meter import MeterOutcome
from schema.carrier import CarrierNumbers
from schema.change import ChangeInput
from schema.columns.batch import guarded
from schema.conversation import ConversationNumbers
from schema.failures import (
    AccountEnded,
    CommitmentNeeded,
    IdempotencyConflict,
    LimitExceeded,
    NoCurrentCycle,
    NothingToChange,
    StaleVersion,
)
from schema.info import Info
from schema.scalars import Money


@strawberry.type(description="A cycle with both meters, as they were right after a change.")
class CycleSnapshot:
    id: strawberry.ID = strawberry.field(description="The cycle's id.")
    number: int = strawberry.field(description="Counted from 0.")
    state: CycleState = strawberry.field(description="Where the cycle stood.")
    starts_at: datetime = strawberry.field(description="The first instant inside.")
    ends_at: datetime = strawberry.field(description="The first instant after.")
    starts_on: date = strawberry.field(description="The first local day.")
    ends_on: date = strawberry.field(description="The last local day inside.")
    time_zone: str = strawberry.field(description="The IANA zone of these days.")
    computed_at: datetime = strawberry.field(description="The instant of the change.")
    conversation_usage: ConversationNumbers = strawberry.field(
        description="Standard conversations used and left."
    )
    carrier_balance: CarrierNumbers | None = strawberry.field(
        description="Carrier costs and what is left; null before the first cycle."
    )


@strawberry.type(
    description="The change was recorded, now or when its idempotency key was first sent: the same "
    "key gives the same answer."
)
class MeterChanged:
    kind: ChangeKind = strawberry.field(description="What the change does.")
    version: int = strawberry.field(description="The meter's version after the change.")
    cycle_number: int = strawberry.field(
        description="The cycle from which a commitment holds, or for which was bought."
    )
    price: Money = strawberry.field(
        description="What it costs: per cycle for a commitment, else once."
    )
    effective_at: datetime = strawberry.field(description="When it takes effect.")
    effective_on: date = strawberry.field(description="That day in the account's time zone.")
    computed_at: datetime = strawberry.field(description="The instant of the change.")
    conversation_usage: ConversationNumbers = strawberry.field(
        description="The meter of conversations in the cycle."
    )
    carrier_balance: CarrierNumbers | None = strawberry.field(
        description="The meter of carrier costs in the cycle."
    )
    cycle: CycleSnapshot = strawberry.field(
        description="The current cycle, or the first one where it has not started."
    )

    @classmethod
    def of(cls, outcome: MeterOutcome) -> "MeterChanged":
        return cls(
            kind=outcome.change.kind,
            version=outcome.change.version,
            cycle_number=outcome.change.cycle,
            price=Money(outcome.change.price_micros),
            effective_at=outcome.change.effective_at,
            effective_on=outcome.effective_on,
            computed_at=outcome.computed_at,
            conversation_usage=cast(ConversationNumbers, outcome.cycle.conversation_usage),
            carrier_balance=cast(CarrierNumbers | None, outcome.cycle.carrier_balance),
            cycle=cast(CycleSnapshot, outcome.cycle),
        )


@strawberry.input(description="A commitment to blocks of 100 conversations a cycle.")
class ChangeConversationCommitmentInput(ChangeInput):
    blocks: int = strawberry.field(
        description="0 ends it; customers may go up to the plan's limit, 100 unless it says "
        "otherwise, operators to a million."
    )


ChangeConversationCommitmentResult = Annotated[
    MeterChanged
    | NothingToChange
    | LimitExceeded
    | StaleVersion
    | IdempotencyConflict
    | AccountEnded,
    strawberry.union(
        "ChangeConversationCommitmentResult", description="The change, or why there is none."
    ),
]


@guarded(
    access.admin_or_operator,
    description="Commit to blocks of conversations: from nothing at once, otherwise from the next "
    "cycle on. One change is scheduled at a time: a new one replaces it, the current value "
    "cancels it.",
)
async def change_conversation_commitment(
    info: Info,
    input: Annotated[
        ChangeConversationCommitmentInput, strawberry.argument(description="The commitment.")
    ],
) -> ChangeConversationCommitmentResult:
    """Change the commitment to conversations."""
    return MeterChanged.of(
        await meter.change_conversation_commitment(
            info.context, input.request(), blocks=input.blocks
        )
    )


@strawberry.input(description="A commitment to carrier costs per cycle.")
class ChangeCarrierCommitmentInput(ChangeInput):
    amount: Money = strawberry.field(
        description="0 ends it; for customers from 25 to 1,000, in yearly cycles to 12,000, "
        "unless the plan says otherwise."
    )


ChangeCarrierCommitmentResult = Annotated[
    MeterChanged
    | NothingToChange
    | LimitExceeded
    | StaleVersion
    | IdempotencyConflict
    | AccountEnded,
    strawberry.union(
        "ChangeCarrierCommitmentResult", description="The change, or why there is none."
    ),
]


@guarded(
    access.admin_or_operator,
    description="Commit to carrier costs: from nothing at once, otherwise from the next cycle on. "
    "One change is scheduled at a time: a new one replaces it, the current value cancels it.",
)
async def change_carrier_commitment(
    info: Info,
    input: Annotated[
        ChangeCarrierCommitmentInput, strawberry.argument(description="The commitment.")
    ],
) -> ChangeCarrierCommitmentResult:
    """Change the commitment to carrier costs."""
    return MeterChanged.of(
        await meter.change_carrier_commitment(
            info.context, input.request(), amount_micros=input.amount
        )
    )


@strawberry.input(description="Blocks of 100 conversations, bought for one cycle.")
class AddConversationBlocksInput(ChangeInput):
    blocks: int = strawberry.field(
        description="At least 1; customers up to the plan's limit at once, 100 unless it says "
        "otherwise, operators up to a million, which is also the most for a cycle."
    )
    cycle: WhichCycle = strawberry.field(
        default=WhichCycle.CURRENT,
        description="For which cycle: conversations that open in a cycle's last 7 days count in "
        "the next.",
    )


AddConversationBlocksResult = Annotated[
    MeterChanged
    | LimitExceeded
    | NoCurrentCycle
    | StaleVersion
    | IdempotencyConflict
    | AccountEnded,
    strawberry.union(
        "AddConversationBlocksResult", description="The change, or why there is none."
    ),
]


@guarded(access.admin_or_operator, description="Buy blocks of conversations for one cycle.")
async def add_conversation_blocks(
    info: Info,
    input: Annotated[AddConversationBlocksInput, strawberry.argument(description="What to buy.")],
) -> AddConversationBlocksResult:
    """Buy blocks."""
    return MeterChanged.of(
        await meter.add_conversation_blocks(
            info.context, input.request(), blocks=input.blocks, cycle=input.cycle
        )
    )


@strawberry.input(description="Balance for carrier costs, added to the current cycle.")
class TopUpCarrierBalanceInput(ChangeInput):
    amount: Money = strawberry.field(
        description="More than 0; for customers from 1 to 1,000, unless the plan says otherwise."
    )


TopUpCarrierBalanceResult = Annotated[
    MeterChanged
    | LimitExceeded
    | CommitmentNeeded
    | NoCurrentCycle
    | StaleVersion
    | IdempotencyConflict
    | AccountEnded,
    strawberry.union("TopUpCarrierBalanceResult", description="The change, or why there is none."),
]


@guarded(
    access.admin_or_operator,
    description="Add balance to the current cycle. Needs a commitment of at least 25, unless the "
    "plan says otherwise.",
)
async def top_up_carrier_balance(
    info: Info,
    input: Annotated[TopUpCarrierBalanceInput, strawberry.argument(description="What to add.")],
) -> TopUpCarrierBalanceResult:
    """Add balance."""
    return MeterChanged.of(
        await meter.top_up_carrier_balance(
            info.context, input.request(), amount_micros=input.amount
        )
    )


@strawberry.input(description="A scheduled change that shall not come.")
class CancelScheduledChangeInput(ChangeInput):
    meter: Meter = strawberry.field(description="Of which meter.")


CancelScheduledChangeResult = Annotated[
    MeterChanged | NothingToChange | StaleVersion | IdempotencyConflict | AccountEnded,
    strawberry.union(
        "CancelScheduledChangeResult", description="The change, or why there is none."
    ),
]


@guarded(
    access.admin_or_operator,
    description="Cancel a meter's scheduled change: the same as committing to the current value.",
)
async def cancel_scheduled_change(
    info: Info,
    input: Annotated[
        CancelScheduledChangeInput, strawberry.argument(description="What to cancel.")
    ],
) -> CancelScheduledChangeResult:
    """Cancel what is scheduled."""
    return MeterChanged.of(
        await meter.cancel_scheduled_change(info.context, input.request(), meter=input.meter)
    )
