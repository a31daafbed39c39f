"""Usage over time."""

from datetime import date, datetime

import strawberry

from billing.series import POINTS_MAX, SeriesStep
from schema.columns.batch import reckoned
from schema.cycle import Cycle
from schema.scalars import Money


@strawberry.type(description="What one step of a cycle adds, and what the steps up to it come to.")
class UsagePoint:
    starts_at: datetime = strawberry.field(description="The first instant inside.")
    ends_at: datetime = strawberry.field(description="The first instant after.")
    starts_on: date = strawberry.field(description="The first local day.")
    ends_on: date = strawberry.field(description="The last local day inside.")
    conversations: int = strawberry.field(
        description="Conversations that close in the step and were opened by now: in steps to "
        "come, those in progress."
    )
    conversations_total: int = strawberry.field(
        description="Those of all steps up to this one's end."
    )
    spent_micros: Money = strawberry.field(
        name="spent", description="Carrier costs dated in the step."
    )
    spent_total_micros: Money = strawberry.field(
        name="spentTotal", description="Those of all steps up to this one's end."
    )


@strawberry.type(
    description="A cycle's usage over time. Its points and what is adjusted add up to the cycle's "
    "used (in the future cycle: pending) and spent, all as at the same moment."
)
class UsageSeries:
    cycle: Cycle = strawberry.field(description="The cycle.")
    by: SeriesStep = strawberry.field(description="What it is divided into.")
    computed_at: datetime = strawberry.field(description="The instant of which all numbers are.")
    points: list[UsagePoint] = strawberry.field(
        description="The steps, which follow one another without gap from the cycle's start to "
        "its end: at most 380. The first and the last are short where the cycle begins or ends "
        "inside one.",
        metadata=reckoned(POINTS_MAX),
    )
    adjusted_conversations: int = strawberry.field(
        description="What no step has: changes of closed cycles that this one carries; of a "
        "closed one, negatively, those that came after it was closed."
    )
    adjusted_spent_micros: Money = strawberry.field(
        name="adjustedSpent", description="The same of carrier costs."
    )
