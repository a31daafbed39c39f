"""Accounts, and the mutations with which operators record and end them."""

from datetime import date, datetime
from typing import Annotated, cast

import strawberry

import resolvers.cycle
import resolvers.series
from billing.account import AccountStatus
from billing.plan import Interval
from billing.terms_change import TermsRequest
from resolvers import access, account, ledger, setting
from resolvers.account import NewAccount
from resolvers.terms import Commitments
from schema.columns.batch import batched, guarded
from schema.cycle import Cycle
from schema.failures import AccountEnded, AccountExists, PlanNotOffered
from schema.info import Info
from schema.ledger import CommitmentChange
from schema.page import Connection
from schema.scalars import Money
from schema.series import UsageSeries
from schema.setting import AccountSettings


@strawberry.type(description="Terms that take effect with another cycle.")
class ScheduledTerms:
    plan: str = strawberry.field(description="The plan from then on.")
    interval: Interval = strawberry.field(description="How long cycles last from then on.")
    anchor_date: date = strawberry.field(description="The day from which they are counted.")
    time_zone: str = strawberry.field(description="The IANA zone of their days.")
    starts_at: datetime = strawberry.field(
        name="effectiveAt", description="The start of the first cycle that has them."
    )
    starts_on: date = strawberry.field(name="effectiveOn", description="Its first local day.")


@strawberry.type(
    description="One customer of the platform. Its cycles are refused while it is in the free "
    "trial (TRIAL_NO_ACCESS)."
)
class Account:
    id: strawberry.ID = strawberry.field(description="Opaque identifier.")
    external_id: str = strawberry.field(description="What the platform calls the account.")
    name: str = strawberry.field(description="The account's name, for people.")
    status: AccountStatus = strawberry.field(description="Where the account stands.")
    plan: str | None = strawberry.field(description="The plan in force; null in trial.")
    interval: Interval | None = strawberry.field(
        description="How long its cycles last; null in trial."
    )
    time_zone: str = strawberry.field(description="The IANA zone whose days cycles are made of.")
    currency: str = strawberry.field(description="ISO 4217 code of all of its money.")
    signed_up_at: datetime = strawberry.field(description="When it signed up.")
    trial_ends_at: datetime | None = strawberry.field(
        description="When its free trial runs out, 14 days after the sign-up; null without one."
    )
    cycle: Cycle | None = batched(
        resolvers.cycle.of_accounts,
        description="One cycle: the current one unless number or at says otherwise, of which "
        "only one can be given. Null where there is no current one. CYCLE_OUT_OF_RANGE before "
        "cycle 0, and beyond the one future cycle.",
        arguments={
            "number": "The cycle's number, from 0.",
            "at": "An instant in the cycle.",
        },
    )
    next_cycle: Cycle | None = batched(
        resolvers.cycle.next_of_accounts,
        description="The one future cycle; null where the account ends before it.",
    )
    cycles: Connection[Cycle] | None = batched(
        resolvers.cycle.pages_of_accounts,
        description="All cycles, newest first: the future one, the current one, past ones.",
        arguments={
            "first": "How many of the newest: 1 to 100, 20 unless last is given.",
            "after": "Only cycles older than that of this cursor.",
            "last": "How many of the oldest: 1 to 100.",
            "before": "Only cycles newer than that of this cursor.",
        },
    )
    usage_series: UsageSeries | None = batched(
        resolvers.series.of_accounts,
        description="A cycle's usage over time. Null where no cycle is asked for and there is no "
        "current one. CYCLE_OUT_OF_RANGE beyond the one future cycle.",
        arguments={
            "cycle": "The cycle's number, from 0; the current one unless given.",
            "by": "What it is divided into.",
        },
    )
    commitment_changes: Connection[CommitmentChange] | None = batched(
        ledger.of_accounts,
        description="All changes that were made to the account's meters, newest first.",
        arguments={
            "first": "How many: 1 to 100.",
            "after": "The cursor after which to go on.",
            "meter": "Only those of this meter.",
        },
    )
    settings: AccountSettings | None = batched(
        setting.settings_of_accounts,
        description="What an admin has set: alert, recharge, recipients, webhook.",
    )
    scheduled_change: ScheduledTerms | None = strawberry.field(
        description="The terms that come next, if they are others; in trial, those that end it."
    )


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
