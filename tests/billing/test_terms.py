"""Terms rows: what replaces what, and where the cycles of one row lie (D3, D5)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.instant import TICK
from billing.plan import Interval
from billing.terms import CYCLE_DAYS_MIN, Terms, in_force
from tests.billing.build import PURE, terms, utc


def row(seq: int, first_cycle: int) -> Terms:
    return terms("2026-01-01", starts_at="2026-01-01", first_cycle=first_cycle, seq=seq)


@pytest.mark.parametrize(
    ("recorded", "holding"),
    [
        pytest.param([(0, 0)], [0], id="one"),
        pytest.param([(0, 0), (1, 3), (2, 7)], [0, 1, 2], id="one_after_the_other"),
        pytest.param([(0, 0), (1, 3), (2, 3)], [0, 2], id="same_cycle_is_replaced"),
        pytest.param([(0, 0), (1, 3), (2, 2)], [0, 2], id="later_cycle_is_replaced"),
        pytest.param([(0, 0), (1, 3), (2, 7), (3, 3)], [0, 3], id="several_are_replaced"),
        pytest.param([(0, 0), (1, 0)], [1], id="the_first_terms_are_replaced"),
        pytest.param([(0, 0), (1, 3), (2, 3), (3, 7)], [0, 2, 3], id="what_follows_stays"),
    ],
)
def test_a_later_row_takes_the_place_of_those_from_its_cycle_on(
    recorded: list[tuple[int, int]], holding: list[int]
) -> None:
    rows = [row(seq, first_cycle) for seq, first_cycle in recorded]
    assert [kept.seq for kept in in_force(rows)] == holding
    assert [kept.seq for kept in in_force(reversed(rows))] == holding


@PURE
@given(st.lists(st.integers(0, 12), max_size=12))
def test_in_every_cycle_the_latest_row_that_reaches_it_holds(first_cycles: list[int]) -> None:
    rows = [row(seq, first_cycle) for seq, first_cycle in enumerate(first_cycles)]
    kept = in_force(rows)
    for number in range(14):
        reaching = [r for r in rows if r.first_cycle <= number]
        holding = [r for r in kept if r.first_cycle <= number]
        assert holding[-1:] == reaching[-1:]


def test_the_shortest_cycle_has_14_days() -> None:
    assert CYCLE_DAYS_MIN == 14


@pytest.mark.parametrize(
    ("anchor", "interval", "starts_at", "following"),
    [
        pytest.param(
            "2026-01-15",
            Interval.MONTHLY,
            "2026-02-01",
            ["2026-02-15", "2026-03-15"],
            id="14_days_are_enough",
        ),
        pytest.param(
            "2026-01-14",
            Interval.MONTHLY,
            "2026-02-01",
            ["2026-03-14", "2026-04-14"],
            id="13_days_are_not",
        ),
        pytest.param(
            "2026-01-15",
            Interval.MONTHLY,
            "2026-02-01T00:00:00.000001",
            ["2026-03-15", "2026-04-15"],
            id="nor_a_microsecond_less_than_14",
        ),
        pytest.param(
            "2026-01-31",
            Interval.MONTHLY,
            "2026-02-01",
            ["2026-02-28", "2026-03-31"],
            id="clamped",
        ),
        pytest.param(
            "2024-02-15",
            Interval.YEARLY,
            "2026-02-01",
            ["2026-02-15", "2027-02-15"],
            id="a_first_year_of_14_days",
        ),
        pytest.param(
            "2024-02-14",
            Interval.YEARLY,
            "2026-02-01",
            ["2027-02-14", "2028-02-14"],
            id="a_first_year_of_378_days",
        ),
        pytest.param(
            "2031-06-30",
            Interval.MONTHLY,
            "2026-02-01",
            ["2026-02-28", "2026-03-30"],
            id="an_anchor_to_come",
        ),
        pytest.param(
            "2031-06-30",
            Interval.YEARLY,
            "2026-02-01",
            ["2026-06-30", "2027-06-30"],
            id="a_yearly_anchor_to_come",
        ),
    ],
)
def test_after_a_change_the_first_bound_is_at_least_14_days_after_the_start(
    anchor: str, interval: Interval, starts_at: str, following: list[str]
) -> None:
    found = terms(anchor, "UTC", interval, starts_at=starts_at, first_cycle=5)
    assert found.cycle_start(0) == utc(starts_at)
    assert [found.cycle_start(1), found.cycle_start(2)] == [utc(text) for text in following]


def test_the_14_days_are_local_ones() -> None:
    # From 2026-03-20 to 2026-04-03 in Berlin: 14 days of which one has 23 hours.
    found = terms("2026-01-03", "Europe/Berlin", starts_at="2026-03-19T23:00", first_cycle=5)
    assert found.cycle_start(1) == utc("2026-04-02T22:00")
    assert found.cycle_start(1) - found.cycle_start(0) == timedelta(days=14, hours=-1)


@pytest.mark.parametrize("index", [0, 1, 2, 11, 12, 1_000])
@pytest.mark.parametrize("interval", Interval)
def test_an_index_is_found_at_both_ends_of_its_cycle(interval: Interval, index: int) -> None:
    found = terms("2024-01-31", "Europe/Berlin", interval, starts_at="2026-03-20T12:34:56.789")
    start, end = found.cycle_start(index), found.cycle_start(index + 1)
    assert found.cycle_index(start) == index
    assert found.cycle_index(end - TICK) == index
    assert found.cycle_index(end) == index + 1
