"""What to sum for a stretch of an account's time: whole rollup days and pieces of days."""

from dataclasses import dataclass
from datetime import datetime

from billing.cycle import Cycle
from billing.instant import TICK
from billing.period import Period
from billing.schedule import Schedule
from billing.window import WINDOW


@dataclass(frozen=True, slots=True)
class Span:
    """Rollup buckets that start in `days`, and facts within `pieces`."""

    days: Period | None = None
    pieces: tuple[Period, ...] = ()


def charges_between(schedule: Schedule, start: datetime, end: datetime) -> Span:
    """Say how to sum the charges of ``[start, end)``, empty where `end` is not after `start`.

    `start` is at or after cycle 0's start: what is earlier belongs to no cycle (D6).
    """
    if end <= start:
        return Span()
    first_day = start if schedule.day_start(start) == start else schedule.day_end(start)
    last_day = schedule.day_start(end)
    if last_day < first_day:
        return Span(None, (Period(start, end),))
    pieces = ((start, first_day), (last_day, end))
    return Span(
        Period(first_day, last_day) if first_day < last_day else None,
        tuple(Period(*piece) for piece in pieces if piece[0] < piece[1]),
    )


def conversations_between(schedule: Schedule, start: datetime, end: datetime) -> Span:
    """Say how to sum the conversations that close in ``[start, end)``.

    One that opened before cycle 0 belongs to no cycle (D6): rollups leave it out, and
    pieces are cut to the instants at which the first one inside can close.
    """
    span = charges_between(schedule, start, end)
    first_close = schedule.starts_at + WINDOW
    cut = [(max(piece.start, first_close), piece.end) for piece in span.pieces]
    return Span(span.days, tuple(Period(*piece) for piece in cut if piece[0] < piece[1]))


def landed(cycle: Cycle) -> Span:
    """Say how to sum the conversations of a cycle: closing in it, opened before now (D10)."""
    end = min(cycle.period.end, cycle.computed_at + WINDOW)
    return conversations_between(cycle.schedule, cycle.period.start, end)


def landing(cycle: Cycle) -> Period | None:
    """Return when those conversations close; None where none of them can."""
    start = max(cycle.period.start, cycle.schedule.starts_at + WINDOW)
    end = min(cycle.period.end, cycle.computed_at + WINDOW)
    return Period(start, end) if start < end else None


def completed(cycle: Cycle) -> Span:
    """Say how to sum those of them that are closed by now (D10)."""
    end = min(cycle.period.end, cycle.computed_at + TICK)
    return conversations_between(cycle.schedule, cycle.period.start, end)


def charged(cycle: Cycle) -> Span:
    """Say how to sum the charges of a cycle that are dated before now."""
    end = min(cycle.period.end, cycle.computed_at)
    return charges_between(cycle.schedule, cycle.period.start, end)
