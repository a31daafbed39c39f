"""Cycles."""

from datetime import date, datetime

import strawberry

from billing.cycle import CycleState
from resolvers import carrier, conversation
from schema.carrier import CarrierBalance
from schema.columns.batch import batched
from schema.conversation import ConversationUsage


@strawberry.type(
    description="A billing period: usage starts at nothing with each. Cycles follow one another "
    "without gap, from local midnight to local midnight."
)
class Cycle:
    id: strawberry.ID = strawberry.field(description="Opaque identifier.")
    number: int = strawberry.field(description="Counted from 0.")
    state: CycleState = strawberry.field(description="Where the cycle stands now.")
    starts_at: datetime = strawberry.field(description="The first instant inside.")
    ends_at: datetime = strawberry.field(description="The first instant after.")
    starts_on: date = strawberry.field(description="The first local day.")
    ends_on: date = strawberry.field(description="The last local day inside.")
    time_zone: str = strawberry.field(description="The IANA zone of these days.")
    computed_at: datetime = strawberry.field(description="The instant of which all numbers are.")
    conversation_usage: ConversationUsage = batched(
        conversation.usage_of_cycles, description="Standard conversations used and left."
    )
    carrier_balance: CarrierBalance | None = batched(
        carrier.balances_of_cycles,
        description="Carrier costs and what is left; null for the future cycle.",
    )
