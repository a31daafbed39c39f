"""The mutations with which operators manage accounts."""

from datetime import date, datetime
from typing import Annotated, cast

import strawberry

from billing.plan import Interval
from billing.terms_change import TermsRequest
from resolvers import access, account, terms
from resolvers.account import NewAccount
from resolvers.terms import Commitments
from schema.account import Account
from schema.columns.batch import guarded
from schema.failures import (
    AccountEnded,
    AccountExists,
    NothingToChange,
    PlanNotOffered,
    TermsNotAllowed,
)
from schema.info import Info
from schema.scalars import Money


@strawberry.input(
    description="An account to record: in trial, or with a plan and an interval from the start."
)
class CreateAccountInput:
    external_id: str = strawberry.field(
        description="What the platform calls it: 1 to 64 visible ASCII characters, unique."
    )
    name: str = strawberry.field(description="For people: 1 to 200 printable characters.")
    time_zone: str = strawberry.field(description="An IANA zone, such as Europe/Amsterdam.")
    signed_up_at: datetime | None = strawberry.field(
        default=None,
        description="When it signed up: from 2000 on, not in the future; now unless given.",
    )
    backfill_until: datetime | None = strawberry.field(
        default=None,
        description="Until when its past may be filled in: no cycle closes before. 72 hours from "
        "now unless given.",
    )
    trial: bool = strawberry.field(
        default=False,
        description="Whether it starts with a free trial of 14 days, without terms.",
    )
    plan: str | None = strawberry.field(default=None, description="Needed unless in trial.")
    interval: Interval | None = strawberry.field(
        default=None, description="Needed unless in trial."
    )
    anchor_date: date | None = strawberry.field(
        default=None,
        description="The local day on which cycle 0 starts, 2000 to 2100; that of the sign-up "
        "unless given.",
    )
    conversation_blocks: int | None = strawberry.field(
        default=None,
        description="Blocks of 100 committed to from cycle 0 on, 0 to a million; 0 unless given.",
    )
    carrier_commitment: Money | None = strawberry.field(
        default=None, description="Carrier cost committed to per cycle, at least 0; 0 unless given."
    )


@strawberry.type(description="The account was recorded.")
class CreateAccountSuccess:
    account: Account = strawberry.field(description="As recorded.")


CreateAccountResult = Annotated[
    CreateAccountSuccess | AccountExists | PlanNotOffered,
    strawberry.union("CreateAccountResult", description="The account, or why there is none."),
]


@guarded(access.operator, description="Record an account.")
async def create_account(
    info: Info,
    input: Annotated[CreateAccountInput, strawberry.argument(description="The account.")],
) -> CreateAccountResult:
    """Record an account."""
    created = await account.create(
        info.context,
        NewAccount(
            external_id=input.external_id,
            name=input.name,
            time_zone=input.time_zone,
            signed_up_at=input.signed_up_at,
            backfill_until=input.backfill_until,
            trial=input.trial,
            terms=TermsRequest(
                plan=input.plan, interval=input.interval, anchor_date=input.anchor_date
            ),
            commitments=Commitments(
                blocks=input.conversation_blocks, carrier_micros=input.carrier_commitment
            ),
        ),
    )
    return CreateAccountSuccess(account=cast(Account, created))


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
        description="Blocks of 100 committed to with a new interval or first terms: 0 to a million.",
    )
    carrier_commitment: Money | None = strawberry.field(
        default=None,
        description="Carrier cost committed to with a new interval or first terms, at least 0.",
    )


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
        info.context,
        input.account_id,
        TermsRequest(
            plan=input.plan,
            interval=input.interval,
            anchor_date=input.anchor_date,
            time_zone=input.time_zone,
            now=input.now,
        ),
        Commitments(blocks=input.conversation_blocks, carrier_micros=input.carrier_commitment),
    )
    return ChangeTermsSuccess(
        account=cast(Account, changed.account),
        effective_at=changed.effective_at,
        cancelled_scheduled=changed.cancelled_scheduled,
    )


@strawberry.input(description="Which account ends, and when.")
class EndAccountInput:
    account_id: strawberry.ID = strawberry.field(description="The account's id.")
    at: datetime | None = strawberry.field(
        default=None, description="Not in the past, until the year 2200; now unless given."
    )


@strawberry.type(description="The account's end was recorded.")
class EndAccountSuccess:
    account: Account = strawberry.field(description="The account with its end.")
    ends_at: datetime = strawberry.field(description="Where its last cycle ends.")


EndAccountResult = Annotated[
    EndAccountSuccess | AccountEnded,
    strawberry.union("EndAccountResult", description="The end, or why there is none."),
]


@guarded(
    access.operator,
    description="Let an account end: its last cycle ends there, later events are rejected, its "
    "past stays readable.",
)
async def end_account(
    info: Info, input: Annotated[EndAccountInput, strawberry.argument(description="The end.")]
) -> EndAccountResult:
    """End an account."""
    ended = await account.end(info.context, input.account_id, input.at)
    assert ended.account.ended_at is not None
    return EndAccountSuccess(account=cast(Account, ended), ends_at=ended.account.ended_at)
