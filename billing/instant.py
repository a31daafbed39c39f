"""Instants in UTC, and the local days of an account's time zone (D3, D4).

This module is the only place where a local date becomes an instant. PostgreSQL
disagrees with Python on ambiguous midnights, so SQL only ever gets instants.
"""

import re
from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

TICK = timedelta(microseconds=1)
"""The resolution of every stored instant: ``closes_at <= t`` is ``closes_at < t + TICK``."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

DAY = timedelta(days=1)


_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


def parse_instant(text: str) -> datetime:
    """Read an RFC 3339 instant such as ``2026-11-22T20:00:00+01:00``, to the microsecond.

    Raises:
        ValueError: it is none, or has no offset; the message says which.
    """
    form = _RFC_3339.fullmatch(text)
    if form is None:
        raise ValueError("is not an RFC 3339 instant such as 2026-11-22T20:00:00Z")
    if form["offset"] is None:
        raise ValueError("has no offset: write Z or one like +01:00")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("names a day or time that does not exist") from None


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    # Files beside the zones: the one of this machine, and the one for "none was chosen".
    return frozenset(available_timezones() - {"localtime", "Factory"})


def is_zone(name: str) -> bool:
    """Tell whether `name` is a time zone of the IANA database."""
    return name in _zones()


@lru_cache(maxsize=65_536)
def midnight(zone: str, day: date) -> datetime:
    """Return the UTC instant at which `day` starts in `zone`.

    An ambiguous midnight is its first occurrence; one that the clocks skip is the
    instant of the skip. A day that the zone leaves out starts where the next one does.
    """
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def local(zone: str, at: datetime) -> datetime:
    """Return the wall time, without offset, that `at` has in `zone`."""
    assert at.tzinfo is UTC
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@lru_cache(maxsize=65_536)
def local_day(zone: str, at: datetime) -> date:
    """Return the local day that holds `at`: quickly for instants at which many things begin."""
    return local(zone, at).date()


@lru_cache(maxsize=65_536)
def last_day_before(zone: str, end: datetime) -> date:
    """Return the last local day of what ends at `end`."""
    return local(zone, end - TICK).date()


def last_midnight(zone: str, at: datetime) -> datetime:
    """Return the latest start of a local day that is not after `at`.

    Not always that of the local date of `at`: where clocks fall back across
    midnight (St. John's, 2010-11-07 00:01), the hour before is lived twice.
    """
    assert at.tzinfo is UTC
    near = _midnights(zone, at.date())
    return near[bisect_right(near, at) - 1]


def next_midnight(zone: str, at: datetime) -> datetime:
    """Return the earliest start of a local day that is after `at`."""
    assert at.tzinfo is UTC
    near = _midnights(zone, at.date())
    return near[bisect_right(near, at)]


@lru_cache(maxsize=4_096)
def _midnights(zone: str, today: date) -> tuple[datetime, ...]:
    """Return the starts of local days around a day in UTC: the last and the next of its instants.

    A local date is at most a day off that in UTC, and where clocks fall back across midnight the
    start that comes next may be that of the day after the next.
    """
    return tuple(midnight(zone, today + n * DAY) for n in range(-1, 4))
