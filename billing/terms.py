"""Terms: what holds for an account from a cycle on (D5).

A row is never edited. A later row takes the place of every earlier one that starts
at its cycle or after, which is how a scheduled change is replaced and cancelled.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from dateutil.relativedelta import relativedelta

from billing.instant import local, local_day, midnight
from billing.period import Period
from billing.plan import Interval

CYCLE_DAYS_MIN = 14
"""The shortest cycle, in local days: two windows, so that one future cycle is enough (R4)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """One row: plan, interval, anchor and zone from `first_cycle` on.

    `seq` counts the account's rows from 0; `starts_at` is the start of `first_cycle`.
    """

    seq: int
    first_cycle: int
    starts_at: datetime
    plan: str
    interval: Interval
    anchor_date: date
    time_zone: str

    @property
    def starts_on(self) -> date:
        """The local day on which the first cycle starts."""
        return local_day(self.time_zone, self.starts_at)

    def continues(self, other: "Terms | None") -> bool:
        """Tell whether these say what `other`, in force before them, says already."""
        return other is not None and self == replace(
            other, seq=self.seq, first_cycle=self.first_cycle, starts_at=self.starts_at
        )

    def cycle_start(self, index: int) -> datetime:
        """Return the start of the `index`-th cycle of these terms, as if they never ended.

        The first starts where the terms do; every other at anchor + k intervals, always
        computed from the anchor.
        """
        return self.cycle(index).start

    def cycle(self, index: int) -> Period:
        """Return the time that the `index`-th cycle of these terms covers, as if they never ended.

        It is computed once for all accounts that have such terms.
        """
        return _cycle(self.time_zone, self.anchor_date, self.interval.months, self.starts_at, index)

    def cycle_index(self, at: datetime) -> int:
        """Return the index of the cycle of these terms that contains `at`."""
        assert at >= self.starts_at
        anchor, today = self.anchor_date, local(self.time_zone, at).date()
        months = (today.year - anchor.year) * 12 + today.month - anchor.month
        k = months // self.interval.months
        if self._boundary(k) > at:
            k -= 1
        elif self._boundary(k + 1) <= at:
            k += 1
        return max(0, k - self._first_boundary() + 1)

    def months(self, period: Period) -> list[datetime]:
        """Return the starts, within `period`, of months counted from the anchor, as cycles are."""
        anchor, first = self.anchor_date, local(self.time_zone, period.start)
        month = (first.year - anchor.year) * 12 + first.month - anchor.month
        found: list[datetime] = []
        while (start := _boundary(self.time_zone, anchor, month)) < period.end:
            if start > period.start:
                found.append(start)
            month += 1
        return found

    def _boundary(self, k: int) -> datetime:
        return _boundary(self.time_zone, self.anchor_date, k * self.interval.months)

    def _first_boundary(self) -> int:
        """Return the k of the first boundary that leaves the first cycle 14 days."""
        return _first_boundary(
            self.time_zone, self.anchor_date, self.interval.months, self.starts_at
        )


def in_force(rows: Iterable[Terms]) -> tuple[Terms, ...]:
    """Return the rows that hold, by first cycle: what is replaced is left out."""
    kept: list[Terms] = []
    for row in sorted(rows, key=lambda row: row.seq):
        while kept and kept[-1].first_cycle >= row.first_cycle:
            kept.pop()
        kept.append(row)
    return tuple(kept)


@lru_cache(maxsize=65_536)
def _cycle(zone: str, anchor: date, months: int, starts_at: datetime, index: int) -> Period:
    assert index >= 0
    following = _first_boundary(zone, anchor, months, starts_at) + index
    end = _boundary(zone, anchor, following * months)
    start = _boundary(zone, anchor, (following - 1) * months) if index else starts_at
    return Period(start, end)


@lru_cache(maxsize=65_536)
def _boundary(zone: str, anchor: date, months: int) -> datetime:
    """Return local midnight of anchor + months, clamped to the month's last day (D3)."""
    return midnight(zone, anchor + relativedelta(months=months))


@lru_cache(maxsize=65_536)
def _first_boundary(zone: str, anchor: date, months: int, starts_at: datetime) -> int:
    earliest = local(zone, starts_at) + timedelta(days=CYCLE_DAYS_MIN)
    k = ((earliest.year - anchor.year) * 12 + earliest.month - anchor.month) // months
    while local(zone, _boundary(zone, anchor, k * months)) < earliest:
        k += 1
    return k
