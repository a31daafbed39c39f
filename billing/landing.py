"""Where what happens in an account lands: in a day of its sums, and in a cycle (D6, D9, D11)."""

from bisect import bisect_right
from datetime import datetime
from typing import NamedTuple

from billing.account import Account
from billing.cycle import closed_until


class Landing(NamedTuple):
    """A bucket of the sums by day: half-open, and whole within `cycle`, or outside of all.

    `moved` says that the cycle is closed, so that another one takes its changes.
    """

    day: datetime
    day_end: datetime
    cycle: int | None
    moved: bool


class Landings:
    """Where the instants of an account land, as it is at an instant.

    What arrives together lands on few days: each is computed once.
    """

    def __init__(self, account: Account, at: datetime) -> None:
        """Begin without any day."""
        self.account = account
        self.at = at
        self._closed_until = closed_until(account, at)
        self._starts_at = None if account.schedule is None else account.schedule.starts_at
        self._days: list[datetime] = []
        self._landings: list[Landing] = []

    def of(self, since: datetime, instant: datetime) -> Landing | None:
        """Return where `instant` lands; None for what began, at `since`, before cycle 0."""
        if self._starts_at is None or since < self._starts_at:
            return None
        following = bisect_right(self._days, instant)
        if following and instant < self._landings[following - 1].day_end:
            return self._landings[following - 1]
        landing = self._compute(instant)
        self._days.insert(following, landing.day)
        self._landings.insert(following, landing)
        return landing

    def _compute(self, instant: datetime) -> Landing:
        schedule = self.account.schedule
        assert schedule is not None
        number = schedule.number_at(instant)
        moved = number is not None and self.closed(instant)
        return Landing(schedule.day_start(instant), schedule.day_end(instant), number, moved)

    def closed(self, instant: datetime) -> bool:
        """Tell whether what lands at `instant` lands in no cycle that takes its own changes."""
        return self._closed_until is not None and instant < self._closed_until
