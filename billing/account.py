"""An account: in trial, active (monthly or yearly) or ended (D6)."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from uuid import NAMESPACE_URL, UUID, uuid5

from billing.plan import Interval, PriceList, price_list_at
from billing.schedule import Schedule
from billing.terms import Terms

TRIAL = timedelta(days=14)
"""How long a free trial lasts (R2)."""

EXTERNAL_ID = re.compile(r"[!-~]{1,64}")
"""What an external id may be: 1 to 64 visible ASCII characters."""

_IDS = uuid5(NAMESPACE_URL, "kontingent:account")


@lru_cache(maxsize=65_536)
def account_id_of(external_id: str) -> UUID:
    """Return the id of the account that the platform calls `external_id`.

    Derived, so that an external id belongs to one account without a unique index
    across tenants, and so that resolving one costs no query.
    """
    return uuid5(_IDS, external_id)


class AccountStatus(Enum):
    """Where an account stands."""

    TRIAL = "TRIAL"
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account's stored facts, with the terms that hold and their price lists.

    `time_zone` is the one given at its recording; terms carry their own. `version`
    counts the changes to terms and end. `schedule` is None before any paid terms. There were
    statements of cycles until `latest_statement` when the account was read; there may be more.
    """

    id: UUID
    external_id: str
    name: str
    currency: str
    time_zone: str
    signed_up_at: datetime
    trial_ends_at: datetime | None
    recorded_at: datetime
    backfill_until: datetime
    ended_at: datetime | None
    version: int
    schedule: Schedule | None
    price_lists: tuple[PriceList, ...]
    latest_statement: int | None = field(default=None, compare=False)
    _price_lists: dict[int, PriceList] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @property
    def first_instant(self) -> datetime:
        """The earliest instant of which events are taken (D12)."""
        if self.schedule is None:
            return self.signed_up_at
        return min(self.signed_up_at, self.schedule.starts_at)

    def status(self, at: datetime) -> AccountStatus:
        """Return where the account stands at `at`."""
        if self.ended_at is not None and at >= self.ended_at:
            return AccountStatus.ENDED
        return AccountStatus.TRIAL if self.in_trial(at) else AccountStatus.ACTIVE

    def in_trial(self, at: datetime) -> bool:
        """Tell whether the account started with a trial and has no paid terms in force (R2)."""
        if self.trial_ends_at is None:
            return False
        return self.schedule is None or at < self.schedule.starts_at

    def cycle_numbers(self, at: datetime) -> range:
        """Return the numbers of the cycles that can be viewed at `at`, the future one last (R4)."""
        schedule = self.schedule
        if schedule is None:
            return range(0)
        current = -1 if at < schedule.starts_at else schedule.number_at(at)
        last = schedule.last_number
        if current is None:
            assert last is not None
            return range(last + 1)
        return range(1 + (current + 1 if last is None else min(current + 1, last)))

    def price_list(self, number: int) -> PriceList:
        """Return the price list in force when cycle `number` starts, looked for once.

        Raises:
            PlanNotOfferedError: there is none.
        """
        found = self._price_lists.get(number)
        if found is None:
            assert self.schedule is not None
            terms, at = self.schedule.terms_of(number), self.schedule.start(number)
            found = price_list_at(self.price_lists, terms.plan, terms.interval, at)
            self._price_lists[number] = found
        return found


@dataclass(frozen=True, slots=True)
class AccountAt:
    """An account as it stands at an instant."""

    account: Account
    at: datetime

    @property
    def id(self) -> UUID:
        """The account's id."""
        return self.account.id

    @property
    def external_id(self) -> str:
        """What the platform calls the account."""
        return self.account.external_id

    @property
    def name(self) -> str:
        """The account's name, for people."""
        return self.account.name

    @property
    def status(self) -> AccountStatus:
        """In trial, active or ended."""
        return self.account.status(self.at)

    @property
    def plan(self) -> str | None:
        """The plan in force; before cycle 0, the one it starts with."""
        return None if self._terms is None else self._terms.plan

    @property
    def interval(self) -> Interval | None:
        """How long the account's cycles last."""
        return None if self._terms is None else self._terms.interval

    @property
    def time_zone(self) -> str:
        """The IANA zone whose days the account's cycles are made of."""
        return self.account.time_zone if self._terms is None else self._terms.time_zone

    @property
    def currency(self) -> str:
        """The currency of all of the account's money."""
        return self.account.currency

    @property
    def signed_up_at(self) -> datetime:
        """When the account signed up."""
        return self.account.signed_up_at

    @property
    def trial_ends_at(self) -> datetime | None:
        """When the free trial runs out; None for an account that started without one."""
        return self.account.trial_ends_at

    @property
    def scheduled_change(self) -> Terms | None:
        """The terms that come next; None where none do, or they say what holds already.

        In a trial, those that end it.
        """
        schedule = self.account.schedule
        if schedule is None:
            return None
        coming = next((terms for terms in schedule.terms if terms.starts_at > self.at), None)
        holding = None if self.account.in_trial(self.at) else schedule.terms_at(self.at)
        return None if coming is None or coming.continues(holding) else coming

    @property
    def _terms(self) -> Terms | None:
        schedule = self.account.schedule
        return None if schedule is None else schedule.terms_at(self.at)
