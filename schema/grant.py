"""The parts of a cycle's quota and balance."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

import billing.grant
from billing.grant import GrantReason
from schema.scalars import Money


@strawberry.type(description="What all parts of a cycle's quota and balance say.")
class _CycleGrant:
    id: strawberry.ID = strawberry.field(description="Names it among the account's grants.")
    price_micros: Money = strawberry.field(
        name="price", description="What it costs; negative for a reversal."
    )
    reason: GrantReason = strawberry.field(description="Why the cycle has it.")
    reverses: strawberry.ID | None = strawberry.field(
        description="The id of the grant that it takes back; null for all but reversals."
    )
    note: str = strawberry.field(
        description="What it came from: a plan, a mutation, or a sentence for people."
    )
    granted_at: datetime | None = strawberry.field(
        description="When it was granted; null for what comes with the cycle."
    )
    expires_at: datetime = strawberry.field(
        description="Until when it is there: the end of the cycle."
    )


@strawberry.type(description="A part of a cycle's quota of conversations.")
class BlockGrant(_CycleGrant):
    conversations: int = strawberry.field(description="How many it holds; negative for a reversal.")
    filled: int = strawberry.field(description="How many of them are used; 0 in the future cycle.")

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return isinstance(value, billing.grant.BlockGrant)


@strawberry.type(description="A part of a cycle's balance for carrier costs.")
class BalanceGrant(_CycleGrant):
    amount_micros: Money = strawberry.field(
        name="amount", description="How much it holds; negative for a reversal."
    )
    filled_micros: Money = strawberry.field(name="filled", description="How much of it is spent.")

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return isinstance(value, billing.grant.BalanceGrant)


Grant = Annotated[
    BlockGrant | BalanceGrant,
    strawberry.union("Grant", description="A part of what a cycle may use."),
]
