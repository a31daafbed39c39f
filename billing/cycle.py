"""One billing period of an account, as it stands at an instant (R3, R4, D7)."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum

from billing.account import Account
from billing.errors import BadInputError, CycleOutOfRangeError
from billing.instant import last_day_before, local_day
from billing.period import Period
from billing.plan import PriceList
from billing.schedule import Schedule

CLOSING = timedelta(hours=72)
"""How long after its end a cycle still takes late events."""


class CycleState(Enum):
    """Where a cycle stands: PROVISIONAL from its end until it takes no more late events."""

    FUTURE = "FUTURE"
    CURRENT = "CURRENT"
    PROVISIONAL = "PROVISIONAL"
    CLOSED = "CLOSED"


@dataclass(slots=True, unsafe_hash=True)
class Cycle:
    """Cycle `number` of an account, seen at `computed_at`; equal by `id` and that instant.

    Nobody changes one. It is not frozen because many are made, and that takes twice the time.
    `state` is where it stands at `computed_at`.
    """

    id: str
    computed_at: datetime
    account: Account = field(compare=False, repr=False)
    number: int = field(compare=False)
    period: Period = field(compare=False)
    state: CycleState = field(init=False, compare=False)

    def __post_init__(self) -> None:
        at, period = self.computed_at, self.period
        if at < period.start:
            self.state = CycleState.FUTURE
        elif at < period.end:
            self.state = CycleState.CURRENT
        elif at < closed_at(self.account, period):
            self.state = CycleState.PROVISIONAL
        else:
            self.state = CycleState.CLOSED

    @classmethod
    def of(cls, account: Account, number: int, at: datetime) -> "Cycle":
        """Return cycle `number` of an account that has paid terms."""
        assert account.schedule is not None
        return cls(f"{account.id}:{number}", at, account, number, account.schedule.period(number))

    @property
    def starts_at(self) -> datetime:
        """The first instant inside."""
        return self.period.start

    @property
    def ends_at(self) -> datetime:
        """The first instant after."""
        return self.period.end

    @property
    def starts_on(self) -> date:
        """The local day of the first instant inside."""
        return local_day(self.time_zone, self.period.start)

    @property
    def ends_on(self) -> date:
        """The last local day inside."""
        return last_day_before(self.time_zone, self.period.end)

    @property
    def time_zone(self) -> str:
        """The zone of the terms under which the cycle runs."""
        return self.schedule.terms_of(self.number).time_zone

    @property
    def closed(self) -> bool:
        """Whether the cycle's numbers are final: late events are booked elsewhere (D11)."""
        return self.state is CycleState.CLOSED

    @property
    def price_list(self) -> PriceList:
        """The price list in force when the cycle starts."""
        return self.account.price_list(self.number)

    @property
    def schedule(self) -> Schedule:
        """The cycles that this one is of."""
        assert self.account.schedule is not None
        return self.account.schedule


def closed_at(account: Account, period: Period) -> datetime:
    """Return the instant from which a cycle takes no more late events (D7)."""
    return max(period.end + CLOSING, account.backfill_until)


def closed_until(account: Account, at: datetime) -> datetime | None:
    """Return the end of the closed cycles whose changes another one takes; None if there are none.

    The last cycle of an account that ended has none after it: what was checked before it
    closed is still its own.
    """
    schedule, settled = account.schedule, at - CLOSING
    if schedule is None or at < account.backfill_until or settled < schedule.starts_at:
        return None
    number = schedule.number_at(settled)  # the first one that is not closed
    if number is None:
        number = schedule.last_number
    return schedule.start(number) if number is not None and number > 0 else None


def booking_number(account: Account, at: datetime) -> int:
    """Return the number of the cycle that takes, at `at`, what closed cycles no longer do.

    That is the current one, and after the account's end the last one. Call it only where
    there is a closed cycle.
    """
    assert account.schedule is not None
    number = account.schedule.number_at(at)
    if number is None:
        number = account.schedule.last_number
    assert number is not None
    return number


def landing_number(account: Account, since: datetime, instant: datetime) -> int | None:
    """Return the cycle that contains `instant`; None for what began before cycle 0 (D6, D9)."""
    schedule = account.schedule
    if schedule is None or since < schedule.starts_at:
        return None
    return schedule.number_at(instant)


def all_closed(account: Account, at: datetime) -> bool:
    """Tell whether an account has ended and no cycle is left in which anything could count."""
    ended_at = account.ended_at
    return ended_at is not None and at >= max(ended_at + CLOSING, account.backfill_until)


def current_cycle(account: Account, at: datetime) -> Cycle | None:
    """Return the cycle that contains `at`; None before cycle 0 and after the account's end."""
    number = None if account.schedule is None else account.schedule.number_at(at)
    return None if number is None else Cycle.of(account, number, at)


def next_cycle(account: Account, at: datetime) -> Cycle | None:
    """Return the one future cycle; None where the account ends before it (R4)."""
    numbers = account.cycle_numbers(at)
    if not numbers:
        return None
    last = Cycle.of(account, numbers[-1], at)
    return last if last.state is CycleState.FUTURE else None


def cycle_numbered(account: Account, number: int, at: datetime, *, field: str = "number") -> Cycle:
    """Return cycle `number`; `field` is what the input calls it.

    Raises:
        BadInputError: `number` is negative.
        CycleOutOfRangeError: it is beyond the one future cycle or the account's end.
    """
    if number < 0:
        raise BadInputError("Cycles are numbered from 0.", field=field)
    numbers = account.cycle_numbers(at)
    if number not in numbers:
        raise CycleOutOfRangeError(_range_message(numbers), field=field)
    return Cycle.of(account, number, at)


def cycle_containing(account: Account, instant: datetime, at: datetime) -> Cycle:
    """Return the cycle that contains `instant`.

    Raises:
        CycleOutOfRangeError: it is before cycle 0, or beyond the one future cycle or the
            account's end.
    """
    schedule, numbers = account.schedule, account.cycle_numbers(at)
    number = None
    # Beyond the last one nothing is computed: the calendar itself ends with the year 9999.
    if schedule and numbers and instant < schedule.period(numbers[-1]).end:
        number = schedule.number_at(instant)
    if number is None:
        raise CycleOutOfRangeError(_range_message(numbers), field="at")
    return Cycle.of(account, number, at)


def _range_message(numbers: range) -> str:
    if not numbers:
        return "The account has no cycles."
    return f"The cycles that can be viewed are 0 to {numbers[-1]}."
