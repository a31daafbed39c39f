"""The cycles of an account: its terms laid end to end, cut where the account ends."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from billing.instant import TICK, last_midnight, next_midnight
from billing.period import Period
from billing.terms import Terms


@dataclass(frozen=True, slots=True)
class Schedule:
    """Cycles 0, 1, 2 … that tile the time from cycle 0's start to the account's end.

    `terms` hold one after the other (`billing.terms.in_force`) and are at least one.
    """

    terms: tuple[Terms, ...]
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        assert self.terms
        assert self.terms[0].first_cycle == 0

    @property
    def starts_at(self) -> datetime:
        """The start of cycle 0."""
        return self.terms[0].starts_at

    @property
    def last_number(self) -> int | None:
        """The last cycle's number; None while no end is set, -1 where it precedes cycle 0."""
        if self.ended_at is None:
            return None
        last_instant = self.ended_at - TICK
        return -1 if last_instant < self.starts_at else self._number_at(last_instant)

    def number_at(self, at: datetime) -> int | None:
        """Return the number of the cycle that contains `at`; None outside all cycles."""
        if at < self.starts_at or (self.ended_at is not None and at >= self.ended_at):
            return None
        return self._number_at(at)

    def period(self, number: int) -> Period:
        """Return the time that cycle `number` covers, computed directly."""
        terms = self.terms_of(number)
        found = terms.cycle(number - terms.first_cycle)
        if terms is self.terms[-1] and self.ended_at is None:
            return found
        end = self.start(number + 1)
        return Period(found.start, end if self.ended_at is None else min(end, self.ended_at))

    def start(self, number: int) -> datetime:
        """Return the start of cycle `number`, whether or not the account ends before it."""
        terms = self.terms_of(number)
        return terms.cycle_start(number - terms.first_cycle)

    def terms_of(self, number: int) -> Terms:
        """Return the terms under which cycle `number` runs."""
        assert number >= 0
        if len(self.terms) == 1:  # as most accounts have it
            return self.terms[0]
        return self.terms[bisect_right(self.terms, number, key=attrgetter("first_cycle")) - 1]

    def terms_at(self, at: datetime) -> Terms:
        """Return the terms in force at `at`; the first ones before cycle 0."""
        if len(self.terms) == 1:
            return self.terms[0]
        found = bisect_right(self.terms, at, key=attrgetter("starts_at")) - 1
        return self.terms[max(0, found)]

    def day_start(self, at: datetime) -> datetime:
        """Return the start of the rollup's bucket that holds `at`.

        A bucket is a local day of the terms in force, cut where terms or the account
        end, so that every cycle is a whole number of buckets.
        """
        assert at >= self.starts_at
        terms = self.terms_at(at)
        start = max(last_midnight(terms.time_zone, at), terms.starts_at)
        if self.ended_at is not None and at >= self.ended_at:
            return max(start, self.ended_at)
        return start

    def day_end(self, at: datetime) -> datetime:
        """Return the end of the rollup's bucket that holds `at`: the next one's start."""
        assert at >= self.starts_at
        end = next_midnight(self.terms_at(at).time_zone, at)
        cuts = [terms.starts_at for terms in self.terms]
        if self.ended_at is not None:
            cuts.append(self.ended_at)
        return min([end, *(cut for cut in cuts if cut > at)])

    def days(self, start: datetime, end: datetime) -> list[Period]:
        """Return the buckets from the one that holds `start` to the one before `end`."""
        days: list[Period] = []
        day = self.day_start(start)
        while day < end:
            days.append(Period(day, self.day_end(day)))
            day = days[-1].end
        return days

    def _number_at(self, at: datetime) -> int:
        terms = self.terms_at(at)
        return terms.first_cycle + terms.cycle_index(at)
