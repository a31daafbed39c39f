"""Cycles walked one by one from the first: naive, slow, and sharing nothing with `billing`.

Its own calendar (`calendar.monthrange`) and its own zones: it only ever asks which wall
time an instant has, never which instant a wall time is.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Stretch:
    """What holds from cycle `first_cycle` on; `cut_at` is where it ended the cycle before."""

    first_cycle: int
    months: int
    anchor: date
    zone: str
    cut_at: datetime | None = None


def wall(zone: str, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@cache
def first_instant(zone: str, day: date) -> datetime:
    """Find the first instant, to the second, at which the local date is `day` or later."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (wall time)
    at = midnight.replace(tzinfo=UTC) - 26 * HOUR
    assert wall(zone, at) < midnight
    while wall(zone, at) < midnight:
        offset = wall(zone, at) - at.replace(tzinfo=None)
        following = at + HOUR
        if wall(zone, following) - following.replace(tzinfo=None) == offset:
            if wall(zone, following) >= midnight:
                return (midnight - offset).replace(tzinfo=UTC)
        else:
            for second in range(3_600):
                if wall(zone, at + timedelta(seconds=second)) >= midnight:
                    return at + timedelta(seconds=second)
        at = following
    return at


def walk(stretches: Sequence[Stretch], count: int) -> list[datetime]:
    """Return the starts of cycles 0 to `count`."""
    bounds = [first_instant(stretches[0].zone, stretches[0].anchor)]
    for number in range(count):
        stretch = [s for s in stretches if s.first_cycle <= number][-1]
        cuts = [s.cut_at for s in stretches if s.first_cycle == number + 1 and s.cut_at]
        start = bounds[-1]
        days = 14 if number == stretch.first_cycle else 1
        earliest = wall(stretch.zone, start) + timedelta(days=days)
        bounds.append(
            cuts[0]
            if cuts
            else next(
                bound
                for bound in _grid(stretch, start.year - 1)
                if bound > start and wall(stretch.zone, bound) >= earliest
            )
        )
    return bounds


def _grid(stretch: Stretch, year: int) -> Iterator[datetime]:
    """Walk the months from `year` on; those whole intervals from the anchor have a bound."""
    anchor = stretch.anchor
    while True:
        for month in range(1, 13):
            months = (year * 12 + month) - (anchor.year * 12 + anchor.month)
            if months % stretch.months == 0:
                last_day = monthrange(year, month)[1]
                yield first_instant(stretch.zone, date(year, month, min(anchor.day, last_day)))
        year += 1
