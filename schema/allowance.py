"""Whether paid messages may be sent."""

from datetime import datetime

import strawberry

from billing.allowance import AllowanceReason
from schema.scalars import Money


@strawberry.type(
    description="Whether a new paid message may be sent. It is advice: nothing is reserved, and a "
    "charge is recorded whatever was answered."
)
class SendAllowance:
    allowed: bool = strawberry.field(description="Whether to send: only if reason is ALLOWED.")
    reason: AllowanceReason = strawberry.field(description="Why, or why not.")
    limit_micros: Money | None = strawberry.field(
        name="limit",
        description="What can be spent in the current cycle: commitment and top-ups; null where "
        "there is no current cycle.",
    )
    spent_micros: Money | None = strawberry.field(
        name="spent", description="What has been spent in it; null where there is none."
    )
    left_micros: Money | None = strawberry.field(
        name="left", description="What is left of it, at least 0; null where there is none."
    )
    computed_at: datetime = strawberry.field(description="The instant of which all of this is.")
