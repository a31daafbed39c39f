"""The mutation with which operators change an account's terms."""

from datetime import date, datetime
from typing import Annotated, cast

import strawberry

from billing.plan import Interval
from billing.terms_change import TermsRequest
from resolvers import access, terms
from resolvers.terms import Commitments
from schema.account import Account
from schema.columns.batch import guarded
from schema.failures import (
    AccountEnded,
    NothingToChange,
    PlanNotOffered,
    TermsNotAllowed,
)
from schema.info import Info
from schema.scalars import Money


@strawberry.input(description="What of an account's terms changes; what is not given stays.")
class ChangeTermsInput:
    account_id: strawberry.ID = strawberry.field(description="The account's id.")
    plan: str | None = strawberry.field(default=None, description="The new plan.")
    interval: Interval | None = strawberry.field(
        default=None, description="The new length of cycles; names both new commitments."
    )
    anchor_date: date | None = strawberry.field(
        default=None, description="The local day from which cycles are counted, 2000 to 2100."
    )
    time_zone: str | None = strawberry.field(default=None, description="The new IANA zone.")
    now: bool = strawberry.field(
        default=False,
        description="End the current cycle at once, without proration: only from monthly to "
        "yearly. What expires with it expires then.",
    )
    conversation_blocks: int | None = strawberry.field(
        default=None,
        description="Blocks of 100 committed to with a new interval or first terms: to a million.",
    )
    carrier_commitment: Money | None = strawberry.field(
        default=None,
        description="Carrier cost committed to with a new interval or first terms, at least 0.",
    )

    def request(self) -> TermsRequest:
        return TermsRequest(
            plan=self.plan,
            interval=self.interval,
            anchor_date=self.anchor_date,
            time_zone=self.time_zone,
            now=self.now,
        )

    def commitments(self) -> Commitments:
        return Commitments(blocks=self.conversation_blocks, carrier_micros=self.carrier_commitment)


@strawberry.type(description="The change was recorded.")
class ChangeTermsSuccess:
    account: Account = strawberry.field(description="The account after the change.")
    effective_at: datetime = strawberry.field(description="When the terms take effect.")
    cancelled_scheduled: bool = strawberry.field(
        description="Whether the terms in force were named, so that what was scheduled is off."
    )


ChangeTermsResult = Annotated[
    ChangeTermsSuccess | PlanNotOffered | NothingToChange | TermsNotAllowed | AccountEnded,
    strawberry.union("ChangeTermsResult", description="The change, or why there is none."),
]


@guarded(
    access.operator,
    description="Change an account's terms from its next cycle on. At most one change is "
    "scheduled: a new one replaces it, and naming the terms in force cancels it. An account in "
    "trial gets its first terms: plan and interval are needed.",
)
async def change_terms(
    info: Info, input: Annotated[ChangeTermsInput, strawberry.argument(description="The change.")]
) -> ChangeTermsResult:
    """Change terms."""
    changed = await terms.change(
        info.context, input.account_id, input.request(), input.commitments()
    )
    return ChangeTermsSuccess(
        account=cast(Account, changed.account),
        effective_at=changed.effective_at,
        cancelled_scheduled=changed.cancelled_scheduled,
    )
