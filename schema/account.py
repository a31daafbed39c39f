"""Accounts."""

from datetime import date, datetime

import strawberry

import resolvers.cycle
from billing.account import AccountStatus
from billing.plan import Interval
from resolvers import meter
from schema.columns.batch import batched
from schema.cycle import Cycle
from schema.ledger import CommitmentChange
from schema.page import Connection


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
    commitment_changes: Connection[CommitmentChange] | None = batched(
        meter.ledgers_of_accounts,
        description="All changes that were made to the account's meters, newest first.",
        arguments={
            "first": "How many: 1 to 100.",
            "after": "The cursor after which to go on.",
            "meter": "Only those of this meter.",
        },
    )
    scheduled_change: ScheduledTerms | None = strawberry.field(
        description="The terms that come next, if they are others; in trial, those that end it."
    )
