"""Where instants land: looked up once a day, and as if each had been computed (D6, D9, D11)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.cycle import CLOSING, Cycle, booking_number
from billing.instant import TICK
from billing.landing import Landing, Landings
from tests.billing.build import PURE, account, terms, utc
from tests.billing.histories import FRACTIONS, History, histories

# Monthly from 2026-10-25 in Amsterdam; summer time ends that night.
ROW = terms("2026-10-25", "Europe/Amsterdam", starts_at="2026-10-24T22:00")
ACME = account(ROW)
ENDED = account(ROW, ended_at="2026-12-10T12:00")
AT = utc("2026-12-01")


@pytest.mark.parametrize(
    ("instant", "landing"),
    [
        pytest.param(
            "2026-10-24T22:00",
            Landing(utc("2026-10-24T22:00"), utc("2026-10-25T23:00"), 0, moved=True),
            id="first_tick_of_a_day_of_25_hours",
        ),
        pytest.param(
            "2026-11-24T22:59:59.999999",
            Landing(utc("2026-11-23T23:00"), utc("2026-11-24T23:00"), 0, moved=True),
            id="last_tick_of_the_closed_cycle",
        ),
        pytest.param(
            "2026-11-24T23:00",
            Landing(utc("2026-11-24T23:00"), utc("2026-11-25T23:00"), 1, moved=False),
            id="first_tick_of_the_current_one",
        ),
    ],
)
def test_a_day_lands_in_one_cycle(instant: str, landing: Landing) -> None:
    assert Landings(ACME, AT).of(utc(instant), utc(instant)) == landing


def test_what_began_before_cycle_0_lands_nowhere() -> None:
    start, landings = utc("2026-10-24T22:00"), Landings(ACME, AT)
    assert landings.of(start - TICK, AT) is None
    assert landings.of(start, AT) is not None
    assert Landings(account(), AT).of(start, AT) is None


def test_from_the_end_of_the_account_on_days_are_of_no_cycle() -> None:
    landings, end = Landings(ENDED, utc("2026-12-31")), utc("2026-12-10T12:00")
    last, after = landings.of(end - TICK, end - TICK), landings.of(end, end)
    assert last == Landing(utc("2026-12-09T23:00"), end, 1, moved=False)
    assert after == Landing(end, utc("2026-12-10T23:00"), None, moved=False)


@PURE
@given(histories(), st.lists(FRACTIONS, min_size=2, max_size=20), FRACTIONS, st.none() | FRACTIONS)
def test_a_day_looked_up_is_the_day_computed(
    history: History, thousandths: list[int], seen: int, end: int | None
) -> None:
    ended_at = None if end is None else history.instant(end)
    cycles = replace(history.schedule, ended_at=ended_at)
    found = replace(account(), schedule=cycles, ended_at=ended_at)
    at = history.instant(seen) + CLOSING
    landings = Landings(found, at)
    for instant in [history.instant(each) for each in (*thousandths, *thousandths)]:
        number = cycles.number_at(instant)
        closed = number is not None and Cycle.of(found, number, at).closed
        assert landings.of(instant, instant) == Landing(
            day=cycles.day_start(instant),
            day_end=cycles.day_end(instant),
            cycle=number,
            moved=closed and number != booking_number(found, at),
        )
