"""Cycles."""

from datetime import date, datetime

import strawberry

import resolvers.cost
import resolvers.grant
from billing.cycle import CycleState
from resolvers import carrier, conversation
from schema.carrier import CarrierBalance
from schema.columns.batch import batched
from schema.conversation import ConversationUsage
from schema.grant import Grant
from schema.page import Connection
from schema.scalars import Money


@strawberry.type(
    description="What a cycle costs beyond the plan itself, as far as it is known now. The same "
    "rows make its quota and its balance."
)
class CycleCost:
    commitment_micros: Money = strawberry.field(
        name="commitment", description="Blocks of conversations committed to."
    )
    blocks_micros: Money = strawberry.field(name="blocks", description="Blocks bought once.")
    automatic_micros: Money = strawberry.field(
        name="automatic", description="Blocks added automatically, at 120 % of the price."
    )
    carrier_micros: Money = strawberry.field(
        name="carrier", description="The carrier commitment and what was added to it."
    )
    total_micros: Money = strawberry.field(name="total", description="All of it.")


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
    grants: Connection[Grant] = batched(
        resolvers.grant.pages_of_cycles,
        description="What quota and balance are made of, in the order in which it is used: "
        "conversations first. All of it expires with the cycle.",
        arguments={
            "first": "How many: 1 to 100.",
            "after": "The cursor after which to go on.",
        },
    )
    cost: CycleCost = batched(
        resolvers.cost.of_cycles, description="What the cycle costs beyond the plan itself."
    )
