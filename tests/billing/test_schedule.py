"""Cycles tile, whatever the anchor, the zone and the changes of terms (D3, D5)."""

from bisect import bisect_right
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.instant import DAY, TICK
from billing.period import Period
from billing.plan import Interval
from billing.schedule import Schedule
from tests.billing.build import PURE, schedule, terms, utc
from tests.billing.histories import FRACTIONS, History, histories
from tests.billing.oracle import first_instant, wall

AMSTERDAM = schedule(terms("2026-10-25", "Europe/Amsterdam", starts_at="2026-10-24T22:00"))


def starts(found: Schedule, count: int) -> list[datetime]:
    return [found.start(number) for number in range(count)]


@pytest.mark.parametrize(
    ("cycles", "expected"),
    [
        pytest.param(
            schedule(terms("2024-01-31", starts_at="2024-01-31")),
            [
                "2024-01-31",
                "2024-02-29",
                "2024-03-31",
                "2024-04-30",
                "2024-05-31",
                "2024-06-30",
                "2024-07-31",
                "2024-08-31",
                "2024-09-30",
                "2024-10-31",
                "2024-11-30",
                "2024-12-31",
                "2025-01-31",
                "2025-02-28",
                "2025-03-31",
            ],
            id="monthly_from_the_31st",
        ),
        pytest.param(
            schedule(terms("2024-01-29", starts_at="2024-01-29")),
            ["2024-01-29", "2024-02-29", "2024-03-29"],
            id="monthly_from_the_29th_of_a_leap_year",
        ),
        pytest.param(
            schedule(terms("2024-02-29", interval=Interval.YEARLY, starts_at="2024-02-29")),
            ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"],
            id="yearly_from_a_leap_day",
        ),
        pytest.param(
            AMSTERDAM,
            ["2026-10-24T22:00", "2026-11-24T23:00", "2026-12-24T23:00"],
            id="amsterdam_from_the_end_of_summer_time",
        ),
        pytest.param(
            schedule(terms("2026-03-24", "Africa/Cairo", starts_at="2026-03-23T22:00")),
            ["2026-03-23T22:00", "2026-04-23T22:00", "2026-05-23T21:00"],
            id="cairo_has_no_midnight_on_2026_04_24",
        ),
        pytest.param(
            schedule(terms("2011-11-30", "Pacific/Apia", starts_at="2011-11-30T10:00")),
            ["2011-11-30T10:00", "2011-12-30T10:00", "2012-01-29T10:00"],
            id="apia_has_no_2011_12_30",
        ),
        pytest.param(
            schedule(terms("2025-10-02", "America/Havana", starts_at="2025-10-02T04:00")),
            ["2025-10-02T04:00", "2025-11-02T04:00", "2025-12-02T05:00"],
            id="havana_has_two_midnights_on_2025_11_02",
        ),
        pytest.param(
            schedule(terms("2010-10-07", "America/St_Johns", starts_at="2010-10-07T02:30")),
            ["2010-10-07T02:30", "2010-11-07T02:30", "2010-12-07T03:30"],
            id="st_johns_goes_back_across_midnight",
        ),
        pytest.param(
            schedule(terms("2026-01-31", "Asia/Kathmandu", starts_at="2026-01-30T18:15")),
            ["2026-01-30T18:15", "2026-02-27T18:15", "2026-03-30T18:15"],
            id="kathmandu",
        ),
        pytest.param(
            schedule(terms("2026-01-31", "Pacific/Kiritimati", starts_at="2026-01-30T10:00")),
            ["2026-01-30T10:00", "2026-02-27T10:00", "2026-03-30T10:00"],
            id="kiritimati",
        ),
    ],
)
def test_cycles_start(cycles: Schedule, expected: list[str]) -> None:
    assert starts(cycles, len(expected)) == [utc(text) for text in expected]


def test_march_in_berlin_has_743_hours() -> None:
    march = schedule(terms("2026-03-01", "Europe/Berlin", starts_at="2026-02-28T23:00")).period(0)
    assert march == Period(utc("2026-02-28T23:00"), utc("2026-03-31T22:00"))
    assert march.end - march.start == timedelta(hours=743)


def test_a_far_cycle_is_computed_directly() -> None:
    cycles = schedule(terms("2000-01-31", starts_at="2000-01-31"))
    assert cycles.start(12_000) == utc("3000-01-31")
    assert cycles.number_at(utc("3000-02-27T23:59:59.999999")) == 12_000
    assert cycles.number_at(utc("3000-02-28")) == 12_001


@pytest.mark.parametrize(
    ("at", "number"),
    [
        pytest.param("2026-10-24T21:59:59.999999", None, id="before_cycle_0"),
        pytest.param("2026-10-24T22:00", 0, id="start"),
        pytest.param("2026-11-24T22:59:59.999999", 0, id="last_tick"),
        pytest.param("2026-11-24T23:00", 1, id="end"),
    ],
)
def test_a_cycle_is_half_open(at: str, number: int | None) -> None:
    assert AMSTERDAM.number_at(utc(at)) == number


def test_an_hour_that_is_lived_twice_stays_in_one_cycle() -> None:
    cycles = schedule(terms("2010-10-07", "America/St_Johns", starts_at="2010-10-07T02:30"))
    # 00:00 on the 7th, then from 23:01 on the 6th once more.
    assert cycles.number_at(utc("2010-11-07T02:29:59.999999")) == 0
    assert cycles.number_at(utc("2010-11-07T02:30")) == 1
    assert cycles.number_at(utc("2010-11-07T02:31")) == 1
    assert cycles.day_start(utc("2010-11-07T02:31")) == utc("2010-11-07T02:30")


def test_so_does_one_that_is_lived_again_in_the_month_before() -> None:
    cycles = schedule(terms("2009-10-01", "America/St_Johns", starts_at="2009-10-01T02:30"))
    # 00:00 on the 1st of November, then from 23:01 on the 31st of October once more.
    assert cycles.period(1).start == utc("2009-11-01T02:30")
    assert cycles.number_at(utc("2009-11-01T02:29:59.999999")) == 0
    assert cycles.number_at(utc("2009-11-01T02:31")) == 1


def test_the_end_of_the_account_cuts_its_last_cycle() -> None:
    cycles = replace(AMSTERDAM, ended_at=utc("2026-12-10T12:00"))
    assert cycles.last_number == 1
    assert cycles.period(1) == Period(utc("2026-11-24T23:00"), utc("2026-12-10T12:00"))
    assert cycles.number_at(utc("2026-12-10T11:59:59.999999")) == 1
    assert cycles.number_at(utc("2026-12-10T12:00")) is None


@pytest.mark.parametrize(
    ("ended_at", "last"),
    [
        pytest.param("2026-10-01", -1, id="before_cycle_0"),
        pytest.param("2026-10-24T22:00", -1, id="when_it_would_start"),
        pytest.param("2026-10-24T22:00:00.000001", 0, id="a_microsecond_later"),
        pytest.param("2026-11-24T23:00", 0, id="at_its_end"),
        pytest.param("2026-11-24T23:00:00.000001", 1, id="a_microsecond_after_that"),
    ],
)
def test_the_last_cycle_is_the_one_that_has_an_instant_before_the_end(
    ended_at: str, last: int
) -> None:
    assert replace(AMSTERDAM, ended_at=utc(ended_at)).last_number == last
    assert AMSTERDAM.last_number is None


CUT = schedule(
    terms("2026-10-25", "Europe/Amsterdam", starts_at="2026-10-24T22:00"),
    terms(
        "2026-11-10",
        "Europe/Amsterdam",
        Interval.YEARLY,
        starts_at="2026-11-10T15:30",
        first_cycle=1,
        seq=1,
    ),
    ended_at="2026-12-10T12:00",
)


@pytest.mark.parametrize(
    ("at", "start"),
    [
        pytest.param("2026-10-24T22:00", "2026-10-24T22:00", id="start_of_cycle_0"),
        pytest.param("2026-10-25T22:59:59.999999", "2026-10-24T22:00", id="a_day_of_25_hours"),
        pytest.param("2026-11-10T15:29:59.999999", "2026-11-09T23:00", id="before_the_cut"),
        pytest.param("2026-11-10T15:30", "2026-11-10T15:30", id="at_the_cut"),
        pytest.param("2026-11-10T22:59:59.999999", "2026-11-10T15:30", id="the_rest_of_that_day"),
        pytest.param("2026-11-10T23:00", "2026-11-10T23:00", id="the_day_after"),
        pytest.param("2026-12-10T11:59:59.999999", "2026-12-09T23:00", id="before_the_end"),
        pytest.param("2026-12-10T12:00", "2026-12-10T12:00", id="at_the_end"),
        pytest.param("2026-12-10T22:59:59.999999", "2026-12-10T12:00", id="the_rest_of_the_day"),
        pytest.param("2026-12-10T23:00", "2026-12-10T23:00", id="the_day_after_the_end"),
    ],
)
def test_a_bucket_is_a_local_day_cut_where_terms_or_the_account_end(at: str, start: str) -> None:
    assert CUT.day_start(utc(at)) == utc(start)


def test_terms_hold_from_their_start_and_the_first_ones_before_it() -> None:
    first, second = CUT.terms
    assert CUT.terms_at(utc("2026-01-01")) == first
    assert CUT.terms_at(utc("2026-11-10T15:29:59.999999")) == first
    assert CUT.terms_at(utc("2026-11-10T15:30")) == second
    assert [CUT.terms_of(number) for number in range(3)] == [first, second, second]


@PURE
@given(histories())
def test_cycles_are_those_that_are_walked_one_by_one(history: History) -> None:
    assert starts(history.schedule, len(history.bounds)) == history.bounds


@PURE
@given(histories())
def test_cycles_tile(history: History) -> None:
    cycles = history.schedule
    for number in range(len(history.bounds) - 1):
        period = cycles.period(number)
        assert period.end == cycles.period(number + 1).start
        assert cycles.number_at(period.start) == number
        assert cycles.number_at(period.end - TICK) == number
        assert cycles.number_at(period.end) == number + 1


@PURE
@given(histories(), st.lists(FRACTIONS, min_size=1, max_size=20))
def test_every_instant_is_in_exactly_one_cycle(history: History, thousandths: list[int]) -> None:
    for at in map(history.instant, thousandths):
        number = history.schedule.number_at(at)
        assert number == bisect_right(history.bounds, at) - 1
        assert [n for n in range(len(history.bounds)) if at in history.schedule.period(n)] == [
            number
        ]


@PURE
@given(histories())
def test_a_cycle_has_at_least_14_local_days_unless_it_is_cut(history: History) -> None:
    cut = {stretch.first_cycle - 1 for stretch in history.stretches if stretch.cut_at}
    for number in set(range(len(history.bounds) - 1)) - cut:
        period, zone = history.schedule.period(number), history.stretch(number).zone
        assert wall(zone, period.end) - wall(zone, period.start) >= 14 * DAY


@PURE
@given(histories(), FRACTIONS)
def test_the_end_of_the_account_leaves_the_cycles_before_it_alone(
    history: History, thousandths: int
) -> None:
    ended_at = max(history.instant(thousandths), history.bounds[0] + TICK)
    cycles = replace(history.schedule, ended_at=ended_at)
    last = cycles.last_number
    assert last == bisect_right(history.bounds, ended_at - TICK) - 1
    assert [cycles.period(number) for number in range(last + 1)] == [
        Period(start, min(end, ended_at))
        for start, end in zip(history.bounds, history.bounds[1 : last + 2], strict=False)
    ]
    assert cycles.number_at(ended_at - TICK) == last
    assert cycles.number_at(ended_at) is None


@PURE
@given(histories(), st.lists(FRACTIONS, min_size=2, max_size=20), st.none() | FRACTIONS)
def test_buckets_are_local_days_that_no_cycle_terms_or_end_cut(
    history: History, thousandths: list[int], end: int | None
) -> None:
    ended_at = None if end is None else history.instant(end)
    cycles = replace(history.schedule, ended_at=ended_at)
    cuts = [*history.bounds, *(() if ended_at is None else (ended_at,))]
    instants = sorted({*cuts, *map(history.instant, thousandths)} - {history.bounds[-1]})
    buckets = [cycles.day_start(at) for at in instants]
    assert buckets == sorted(buckets)
    for at, bucket in zip(instants, buckets, strict=True):
        assert bucket <= at
        assert bucket == at or at not in cuts
        assert bucket >= max(cut for cut in cuts if cut <= at)
        assert cycles.day_start(bucket) == bucket
        zone = history.stretch(bisect_right(history.bounds, at) - 1).zone
        today = wall(zone, at).date()
        days = [first_instant(zone, today + offset * DAY) for offset in (-1, 0, 1, 2)]
        assert bucket == max(start for start in [*days, *cuts] if start <= at)
