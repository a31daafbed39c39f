"""What is summed for a stretch of time: whole buckets, and pieces of days (D10)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import span
from billing.cycle import Cycle
from billing.instant import TICK
from billing.period import Period
from billing.schedule import Schedule
from billing.span import Span
from billing.window import WINDOW
from tests.billing.build import PURE, account, schedule, terms, utc
from tests.billing.histories import FRACTIONS, History, histories

AMSTERDAM = "Europe/Amsterdam"
CYCLES = schedule(terms("2026-10-25", AMSTERDAM, starts_at="2026-10-24T22:00"))
"""Its days start at 22:00 UTC before the clocks go back on 10-25, at 23:00 after."""


def period(start: str, end: str) -> Period:
    return Period(utc(start), utc(end))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param("2026-11-01", "2026-11-01", Span(), id="nothing"),
        pytest.param("2026-11-02", "2026-11-01", Span(), id="backwards"),
        pytest.param(
            "2026-11-01T23:00",
            "2026-11-03T23:00",
            Span(period("2026-11-01T23:00", "2026-11-03T23:00")),
            id="whole_days",
        ),
        pytest.param(
            "2026-11-01T23:00",
            "2026-11-03T12:00",
            Span(
                period("2026-11-01T23:00", "2026-11-02T23:00"),
                (period("2026-11-02T23:00", "2026-11-03T12:00"),),
            ),
            id="a_piece_at_the_end",
        ),
        pytest.param(
            "2026-11-01T12:00",
            "2026-11-03T23:00",
            Span(
                period("2026-11-01T23:00", "2026-11-03T23:00"),
                (period("2026-11-01T12:00", "2026-11-01T23:00"),),
            ),
            id="a_piece_at_the_start",
        ),
        pytest.param(
            "2026-11-01T12:00",
            "2026-11-02T12:00",
            Span(
                None,
                (
                    period("2026-11-01T12:00", "2026-11-01T23:00"),
                    period("2026-11-01T23:00", "2026-11-02T12:00"),
                ),
            ),
            id="pieces_of_two_days",
        ),
        pytest.param(
            "2026-11-01T12:00",
            "2026-11-01T13:00",
            Span(None, (period("2026-11-01T12:00", "2026-11-01T13:00"),)),
            id="a_piece_of_one_day",
        ),
        pytest.param(
            "2026-10-24T22:00",
            "2026-10-25T23:00",
            Span(period("2026-10-24T22:00", "2026-10-25T23:00")),
            id="a_day_of_25_hours",
        ),
    ],
)
def test_charges_are_summed_by_whole_days_and_pieces(start: str, end: str, expected: Span) -> None:
    assert span.charges_between(CYCLES, utc(start), utc(end)) == expected


def test_pieces_leave_out_what_can_only_have_opened_before_cycle_0() -> None:
    # The first conversation that counts can close 168 hours after 10-24 22:00 UTC.
    first = "2026-10-31T22:00"
    found = span.conversations_between(CYCLES, utc("2026-10-31T12:00"), utc("2026-10-31T22:30"))
    assert found == Span(None, (period(first, "2026-10-31T22:30"),))
    found = span.conversations_between(CYCLES, utc("2026-10-31T12:00"), utc(first))
    assert found == Span(None, ())


def test_a_cycle_that_is_over_is_whole_days() -> None:
    over = Cycle.of(
        account(terms("2026-10-25", AMSTERDAM, starts_at="2026-10-24T22:00")),
        0,
        utc("2026-12-01T12:34"),
    )
    whole = Span(period("2026-10-24T22:00", "2026-11-24T23:00"))
    assert span.landed(over) == span.completed(over) == span.charged(over) == whole
    assert span.landing(over) == period("2026-10-31T22:00", "2026-11-24T23:00")


def test_a_current_cycle_has_landed_completed_and_charged_ones() -> None:
    now = Cycle.of(
        account(terms("2026-10-25", AMSTERDAM, starts_at="2026-10-24T22:00")),
        0,
        utc("2026-11-10T12:00"),
    )
    # Opened before now: closing before 168 hours from now.
    assert span.landed(now) == Span(
        period("2026-10-24T22:00", "2026-11-16T23:00"),
        (period("2026-11-16T23:00", "2026-11-17T12:00"),),
    )
    # Closing now is closed.
    assert span.completed(now) == Span(
        period("2026-10-24T22:00", "2026-11-09T23:00"),
        (period("2026-11-09T23:00", "2026-11-10T12:00:00.000001"),),
    )
    # Dated before now.
    assert span.charged(now) == Span(
        period("2026-10-24T22:00", "2026-11-09T23:00"),
        (period("2026-11-09T23:00", "2026-11-10T12:00"),),
    )


def test_a_cycle_too_far_ahead_for_any_window_has_nothing() -> None:
    later = Cycle.of(
        account(terms("2026-10-25", AMSTERDAM, starts_at="2026-10-24T22:00")),
        1,
        utc("2026-11-10T12:00"),
    )
    assert span.landed(later) == span.completed(later) == span.charged(later) == Span()
    assert span.landing(later) is None


OFFSETS = st.lists(FRACTIONS, max_size=12)


def _days(cycles: Schedule, instants: Iterable[datetime]) -> Counter[datetime]:
    """Roll instants up as they are stored: by the bucket that holds them."""
    return Counter(cycles.day_start(instant) for instant in instants)


def _summed(found: Span, days: Counter[datetime], instants: Sequence[datetime]) -> int:
    """Sum as the query does: buckets that start in the days, instants in the pieces."""
    whole = sum(n for day, n in days.items() if found.days is not None and day in found.days)
    return whole + sum(instant in piece for instant in instants for piece in found.pieces)


@PURE
@given(histories(), OFFSETS, FRACTIONS, FRACTIONS)
def test_days_and_pieces_sum_to_what_lies_between(
    history: History, offsets: list[int], low: int, high: int
) -> None:
    cycles = history.schedule
    start, end = sorted((history.instant(low), history.instant(high)))
    instants = [
        near
        for instant in (*map(history.instant, offsets), start, end)
        for near in (instant - TICK, instant, instant + TICK)
        if near >= cycles.starts_at
    ]
    found = span.charges_between(cycles, start, end)
    between = sum(start <= instant < end for instant in instants)
    assert _summed(found, _days(cycles, instants), instants) == between


@PURE
@given(histories(), OFFSETS, FRACTIONS, FRACTIONS)
def test_conversations_that_opened_before_cycle_0_are_in_no_sum(
    history: History, offsets: list[int], low: int, high: int
) -> None:
    cycles = history.schedule
    start, end = sorted((history.instant(low), history.instant(high)))
    week = timedelta(days=7)
    openings = [
        opening
        for instant in (*map(history.instant, offsets), cycles.starts_at, start, end - WINDOW)
        for opening in (instant - week, instant - TICK, instant, instant + TICK)
    ]
    closings = [opening + WINDOW for opening in openings]
    stored = [closing for closing in closings if closing - WINDOW >= cycles.starts_at]
    found = span.conversations_between(cycles, start, end)
    # Rollups hold what counts; pieces are looked up among all conversations.
    counted = _summed(found, _days(cycles, stored), closings)
    assert counted == sum(start <= closing < end for closing in stored)


@PURE
@given(histories(), st.integers(0, 3), FRACTIONS)
def test_a_cycles_parts_fall_into_place(history: History, number: int, at: int) -> None:
    anyone = account(*history.schedule.terms)
    found = Cycle.of(anyone, number, history.instant(at))
    landed, landing = span.landed(found), span.landing(found)
    if landing is None:
        assert landed.pieces == ()
    else:
        assert all(
            landing.start <= piece.start < piece.end <= landing.end for piece in landed.pieces
        )
        assert found.period.start <= landing.start < landing.end <= found.period.end
