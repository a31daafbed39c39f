"""Carrier cost."""

from datetime import date, datetime

import strawberry

from resolvers import carrier
from schema.columns.batch import batched
from schema.page import Connection
from schema.scalars import Money, Quantity


@strawberry.type(description="What one third-party sub-feature cost in a cycle.")
class FeatureCost:
    feature: str = strawberry.field(description="The sub-feature, such as VOICE.")
    amount_micros: Money = strawberry.field(name="amount", description="The exact cost.")
    display_micros: Money = strawberry.field(
        name="display", description="In whole cents that add up to the balance's spentDisplay."
    )
    percent: int = strawberry.field(description="Its share of what was spent: adds up to 100.")
    charges: int = strawberry.field(description="In how many charges.")


@strawberry.type(description="One cost of a third-party sub-feature.")
class CarrierCharge:
    source: str = strawberry.field(description="The source of the event.")
    id: strawberry.ID = strawberry.field(description="The event's id in its source.")
    feature: str = strawberry.field(description="The sub-feature.")
    occurred_at: datetime = strawberry.field(description="When the cost arose.")
    amount_micros: Money = strawberry.field(name="amount", description="The exact cost.")
    quantity_micros: Quantity | None = strawberry.field(
        name="quantity", description="How many units, where the source says."
    )
    unit: str | None = strawberry.field(description="Of what, where the source says.")
    booked_in_cycle: int = strawberry.field(
        description="The cycle in which it counts: where its own was closed when it arrived, the "
        "one that was current then."
    )
    reversed: bool = strawberry.field(
        description="Whether an operator reversed it: it does not count any more."
    )


@strawberry.type(description="A balance that another cycle brings.")
class ScheduledBalance:
    amount: Money = strawberry.field(description="Committed to from then on, per cycle.")
    effective_at: datetime = strawberry.field(description="The start of that cycle.")
    effective_on: date = strawberry.field(description="The local day on which it starts.")


@strawberry.type(description="A cycle's carrier costs against its balance, as at a change.")
class CarrierNumbers:
    currency: str = strawberry.field(description="ISO 4217 code of all amounts.")
    version: int = strawberry.field(
        description="Counts the changes that admins made to this meter: what a change expects."
    )
    commitment_micros: Money = strawberry.field(
        name="commitment", description="Committed to, per cycle."
    )
    topped_up_micros: Money = strawberry.field(
        name="toppedUp", description="Added once, for this cycle."
    )
    limit_micros: Money = strawberry.field(name="limit", description="commitment + toppedUp.")
    spent_micros: Money = strawberry.field(
        name="spent", description="The exact sum of the charges: adds up from byFeature."
    )
    spent_display_micros: Money = strawberry.field(
        name="spentDisplay", description="spent in whole cents: adds up from byFeature's display."
    )
    left_micros: Money = strawberry.field(name="left", description="What is left, at least 0.")
    overspent_micros: Money = strawberry.field(
        name="overspent", description="What was spent beyond the limit."
    )
    percent: int | None = strawberry.field(
        description="spent of limit, rounded down, not capped at 100; null where limit is 0."
    )
    send_allowed: bool = strawberry.field(
        description="Whether new paid sends should start: only in the current cycle, while "
        "anything is left."
    )
    scheduled_change: ScheduledBalance | None = strawberry.field(
        description="What the next cycle brings, in the current one, if it is another commitment."
    )
    by_feature: list[FeatureCost] = strawberry.field(
        description="By sub-feature, the most costly first: at most 20."
    )


@strawberry.type(
    description="A cycle's carrier costs against the balance that commitment and top-ups give."
)
class CarrierBalance(CarrierNumbers):
    charges: Connection[CarrierCharge] = batched(
        carrier.pages_of_balances,
        description="The charges dated in the cycle, newest first. An operation can list those "
        "of one cycle only.",
        arguments={
            "first": "How many: 1 to 100.",
            "after": "The cursor after which to go on.",
        },
    )
