"""A cycle in steps: they tile it, and add up to its numbers (D3, D11)."""

from collections import Counter
from datetime import datetime
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from billing.commitment import Meter
from billing.cycle import Cycle
from billing.instant import TICK
from billing.plan import Interval
from billing.series import POINTS_MAX, SeriesFigures, SeriesStep, steps_of, usage_series
from billing.terms import Terms
from tests.billing.build import PURE, account, day, terms, utc
from tests.billing.histories import FRACTIONS, History, histories

AMSTERDAM = "Europe/Amsterdam"
CONVERSATIONS, CARRIER = Meter
MONTHLY = terms("2026-10-25", AMSTERDAM, starts_at="2026-10-24T22:00")
CUT = terms(
    "2026-11-10",
    AMSTERDAM,
    Interval.YEARLY,
    starts_at="2026-11-10T12:00",
    first_cycle=1,
    seq=1,
)
"""A year from the noon at which a monthly cycle is cut."""


def cycle(number: int, *rows: Terms, ended_at: str | None = None) -> Cycle:
    return Cycle.of(account(*rows, ended_at=ended_at), number, utc("2026-11-22T12:00"))


def bounds(found: Cycle, by: SeriesStep) -> list[datetime]:
    steps = steps_of(found, by)
    assert [step.end for step in steps[:-1]] == [step.start for step in steps[1:]]
    return [*(step.start for step in steps), steps[-1].end]


def test_the_days_of_a_month_one_of_which_has_25_hours() -> None:
    found = bounds(cycle(0, MONTHLY), SeriesStep.DAY)
    assert len(found) - 1 == 31
    assert found[:3] == [utc("2026-10-24T22:00"), utc("2026-10-25T23:00"), utc("2026-10-26T23:00")]
    assert found[-1] == utc("2026-11-24T23:00")


def test_a_monthly_cycle_is_one_month() -> None:
    found = cycle(0, MONTHLY)
    assert steps_of(found, SeriesStep.MONTH) == [found.period]


def test_the_months_of_a_year_count_from_the_anchor() -> None:
    year = cycle(1, terms("2024-02-29", interval=Interval.YEARLY, starts_at="2024-02-29"))
    assert bounds(year, SeriesStep.MONTH) == [
        utc(f"{month}")
        for month in (
            "2025-02-28",
            "2025-03-29",
            "2025-04-29",
            "2025-05-29",
            "2025-06-29",
            "2025-07-29",
            "2025-08-29",
            "2025-09-29",
            "2025-10-29",
            "2025-11-29",
            "2025-12-29",
            "2026-01-29",
            "2026-02-28",
        )
    ]


def test_a_cycle_that_is_cut_at_noon_shares_the_day_with_the_next_one() -> None:
    first, year = cycle(0, MONTHLY, CUT), cycle(1, MONTHLY, CUT)
    noon, midnight = utc("2026-11-10T12:00"), utc("2026-11-10T23:00")
    assert bounds(first, SeriesStep.DAY)[-2:] == [utc("2026-11-09T23:00"), noon]
    assert bounds(first, SeriesStep.MONTH) == [MONTHLY.starts_at, noon]
    assert bounds(year, SeriesStep.DAY)[:2] == [noon, midnight]
    months = bounds(year, SeriesStep.MONTH)
    assert (len(months) - 1, months[:2], months[-1]) == (
        12,
        [noon, utc("2026-12-09T23:00")],
        utc("2027-11-09T23:00"),
    )


def test_a_cycle_ends_with_the_account() -> None:
    ended = cycle(1, MONTHLY, CUT, ended_at="2026-12-10T10:00")
    for by in SeriesStep:
        assert bounds(ended, by)[-2:] == [utc("2026-12-09T23:00"), utc("2026-12-10T10:00")]


def test_the_longest_cycle_has_380_days() -> None:
    late = terms(
        "2028-01-15", interval=Interval.YEARLY, starts_at="2028-01-01T12:00", first_cycle=1, seq=1
    )
    year = cycle(1, terms("2027-12-15", starts_at="2027-12-15"), late)
    assert year.period.end == utc("2029-01-15")
    assert len(steps_of(year, SeriesStep.DAY)) == POINTS_MAX == 380
    assert bounds(year, SeriesStep.MONTH)[:3] == [
        utc("2028-01-01T12:00"),
        utc("2028-01-15"),
        utc("2028-02-15"),
    ]


@PURE
@given(histories(), st.data())
def test_steps_tile_a_cycle_and_are_no_more_than_the_most(
    history: History, data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(history.bounds) - 2))
    found = Cycle.of(account(*history.schedule.terms), number, history.bounds[-1])
    days, months = (bounds(found, by) for by in SeriesStep)
    for cuts in (days, months):
        assert (cuts[0], cuts[-1]) == (found.period.start, found.period.end)
        assert cuts == sorted(set(cuts))
    assert set(months) <= set(days)
    assert len(days) - 1 <= POINTS_MAX
    assert len(months) - 1 <= 14


AMOUNTS = st.lists(st.tuples(FRACTIONS, st.integers(-3, 9)), max_size=12)


@PURE
@given(histories(), st.data(), AMOUNTS, AMOUNTS)
def test_points_add_up_in_whatever_steps(
    history: History,
    data: st.DataObject,
    conversations: list[tuple[int, int]],
    charges: list[tuple[int, int]],
) -> None:
    number = data.draw(st.integers(0, len(history.bounds) - 2))
    found = Cycle.of(account(*history.schedule.terms), number, history.bounds[-1])
    figures = SeriesFigures()
    for meter, amounts in ((CONVERSATIONS, conversations), (CARRIER, charges)):
        for thousandths, amount in amounts:
            span = found.period.end - found.period.start
            at = found.period.start + span * thousandths / 1_001
            figures.days[meter][min(at, found.period.end - TICK)] += amount  # it may be rounded up
    for by in SeriesStep:
        points = usage_series(found, by, figures).points
        for point in points:
            assert point.conversations == sum(
                n for at, n in figures.days[CONVERSATIONS].items() if at in point.period
            )
            assert point.spent_micros == sum(
                n for at, n in figures.days[CARRIER].items() if at in point.period
            )
        assert [point.conversations_total for point in points] == list(
            accumulate(point.conversations for point in points)
        )
        assert points[-1].conversations_total == figures.days[CONVERSATIONS].total()
        assert points[-1].spent_total_micros == figures.days[CARRIER].total()


def test_points_know_their_local_days() -> None:
    points = usage_series(cycle(0, MONTHLY, CUT), SeriesStep.DAY, SeriesFigures()).points
    assert [(point.starts_on, point.ends_on) for point in (points[0], points[-1])] == [
        (day("2026-10-25"), day("2026-10-25")),
        (day("2026-11-10"), day("2026-11-10")),
    ]
    [month] = usage_series(cycle(0, MONTHLY), SeriesStep.MONTH, SeriesFigures()).points
    assert (month.starts_on, month.ends_on) == (day("2026-10-25"), day("2026-11-24"))


def test_what_no_day_has_is_what_adjustments_add_or_the_statement_lacks() -> None:
    found, at = cycle(0, MONTHLY), utc("2026-11-01")
    figures = SeriesFigures(adjusted=Counter({CONVERSATIONS: -2, CARRIER: 7}))
    figures.days[CONVERSATIONS][at] = 5
    series = usage_series(found, SeriesStep.DAY, figures)
    assert (series.adjusted_conversations, series.adjusted_spent_micros) == (-2, 7)
    figures.stated = {CONVERSATIONS: 3, CARRIER: 7}
    assert usage_series(found, SeriesStep.DAY, figures) == series
    figures.days[CARRIER][at] = 9
    assert usage_series(found, SeriesStep.DAY, figures).adjusted_spent_micros == -2
