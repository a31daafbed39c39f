"""A cycle as it stands at an instant, and which ones can be viewed (R3, R4, D6, D7)."""

from datetime import date

import pytest

from billing.cycle import (
    CLOSING,
    Cycle,
    CycleState,
    booking_number,
    closed_at,
    closed_until,
    current_cycle,
    cycle_containing,
    cycle_numbered,
    next_cycle,
)
from billing.errors import BadInputError, CycleOutOfRangeError
from billing.instant import DAY
from billing.plan import Interval
from tests.billing.build import account, terms, utc

# Monthly from 2026-10-25 in Amsterdam; summer time ends that night.
ROW = terms("2026-10-25", "Europe/Amsterdam", starts_at="2026-10-24T22:00")
ACME = account(ROW, signed_up_at="2026-10-25T10:00", backfill_until="2026-10-28T10:00")
ENDING = account(ROW, signed_up_at="2026-10-25T10:00", ended_at="2026-12-10T12:00")
IN_TRIAL = account(signed_up_at="2026-10-11", trial_ends_at="2026-10-25")
NOW = "2026-11-22T12:00"


def test_the_cycle_of_the_example() -> None:
    cycle = current_cycle(ACME, utc(NOW))
    assert cycle is not None
    assert cycle.id == "00000000-0000-0000-0000-0000000000a1:0"
    assert (cycle.number, cycle.computed_at) == (0, utc(NOW))
    assert (cycle.starts_at, cycle.ends_at) == (utc("2026-10-24T22:00"), utc("2026-11-24T23:00"))
    assert (cycle.starts_on, cycle.ends_on) == (date(2026, 10, 25), date(2026, 11, 24))
    assert cycle.time_zone == "Europe/Amsterdam"
    assert cycle.state is CycleState.CURRENT
    assert cycle.price_list.included == 500


def test_cycles_are_equal_by_id_and_instant() -> None:
    cycle = Cycle.of(ACME, 0, utc(NOW))
    assert cycle == Cycle.of(ACME, 0, utc(NOW))
    assert hash(cycle) == hash(Cycle.of(ACME, 0, utc(NOW)))
    assert cycle != Cycle.of(ACME, 1, utc(NOW))
    assert cycle != Cycle.of(ACME, 0, utc("2026-11-22T12:00:01"))


def test_a_cycle_takes_late_events_for_72_hours() -> None:
    assert CLOSING == 3 * DAY


@pytest.mark.parametrize(
    ("backfill_until", "closed"),
    [
        pytest.param("2026-10-28T10:00", "2026-11-27T23:00", id="72_hours_after_its_end"),
        pytest.param("2026-11-27T23:00", "2026-11-27T23:00", id="backfill_ends_then"),
        pytest.param("2026-12-31T00:00", "2026-12-31T00:00", id="backfill_goes_on_longer"),
    ],
)
def test_a_cycle_is_closed_after_72_hours_or_the_backfill(backfill_until: str, closed: str) -> None:
    found = account(ROW, backfill_until=backfill_until)
    cycle = Cycle.of(found, 0, utc(NOW))
    assert closed_at(found, cycle.period) == utc(closed)


def test_the_last_cycle_is_closed_72_hours_after_the_end_of_the_account() -> None:
    cycle = Cycle.of(ENDING, 1, utc(NOW))
    assert cycle.ends_at == utc("2026-12-10T12:00")
    assert cycle.ends_on == date(2026, 12, 10)
    assert closed_at(ENDING, cycle.period) == utc("2026-12-13T12:00")


@pytest.mark.parametrize(
    ("at", "state", "closed"),
    [
        pytest.param("2026-10-24T21:59:59.999999", CycleState.FUTURE, False, id="before"),
        pytest.param("2026-10-24T22:00", CycleState.CURRENT, False, id="start"),
        pytest.param("2026-11-24T22:59:59.999999", CycleState.CURRENT, False, id="last_tick"),
        pytest.param("2026-11-24T23:00", CycleState.PROVISIONAL, False, id="end"),
        pytest.param("2026-11-27T22:59:59.999999", CycleState.PROVISIONAL, False, id="72_hours"),
        pytest.param("2026-11-27T23:00", CycleState.CLOSED, True, id="closed"),
    ],
)
def test_states(at: str, state: CycleState, closed: bool) -> None:  # noqa: FBT001
    cycle = Cycle.of(ACME, 0, utc(at))
    assert (cycle.state, cycle.closed) == (state, closed)


@pytest.mark.parametrize(
    ("at", "current", "following"),
    [
        pytest.param("2026-10-24T21:59:59.999999", None, 0, id="before_cycle_0"),
        pytest.param("2026-10-24T22:00", 0, 1, id="start_of_cycle_0"),
        pytest.param("2026-11-24T22:59:59.999999", 0, 1, id="last_tick_of_cycle_0"),
        pytest.param("2026-11-24T23:00", 1, None, id="the_last_cycle"),
        pytest.param("2026-12-10T11:59:59.999999", 1, None, id="last_tick_of_the_account"),
        pytest.param("2026-12-10T12:00", None, None, id="end_of_the_account"),
        pytest.param("2027-12-10", None, None, id="after_it"),
    ],
)
def test_the_current_and_the_one_future_cycle(
    at: str, current: int | None, following: int | None
) -> None:
    now, then = current_cycle(ENDING, utc(at)), next_cycle(ENDING, utc(at))
    assert (None if now is None else now.number) == current
    assert (None if then is None else then.number) == following
    assert now is None or now.state is CycleState.CURRENT
    assert then is None or then.state is CycleState.FUTURE


def test_an_account_in_trial_has_no_cycles() -> None:
    at = utc("2026-10-12")
    assert current_cycle(IN_TRIAL, at) is None
    assert next_cycle(IN_TRIAL, at) is None
    with pytest.raises(CycleOutOfRangeError, match=r"^The account has no cycles\.$"):
        cycle_numbered(IN_TRIAL, 0, at)
    with pytest.raises(CycleOutOfRangeError, match=r"^The account has no cycles\.$"):
        cycle_containing(IN_TRIAL, at, at)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_past_current_and_future_cycles_are_found_by_number(number: int) -> None:
    cycle = cycle_numbered(ACME, number, utc("2026-12-01"))
    assert cycle.number == number
    assert cycle.state is [CycleState.CLOSED, CycleState.CURRENT, CycleState.FUTURE][number]


@pytest.mark.parametrize(
    ("at", "number", "last"),
    [
        pytest.param("2026-10-24T21:59:59.999999", 1, 0, id="before_cycle_0"),
        pytest.param("2026-11-24T22:59:59.999999", 2, 1, id="beyond_the_future_cycle"),
        pytest.param("2026-11-24T23:00", 2, 1, id="beyond_the_end"),
        pytest.param("2027-11-24", 2, 1, id="long_after_the_end"),
        pytest.param(NOW, 2**31 - 1, 1, id="largest_number"),
    ],
)
def test_later_cycles_are_out_of_range(at: str, number: int, last: int) -> None:
    with pytest.raises(CycleOutOfRangeError) as refused:
        cycle_numbered(ENDING, number, utc(at))
    assert (refused.value.code, refused.value.field) == ("CYCLE_OUT_OF_RANGE", "number")
    assert refused.value.message == f"The cycles that can be viewed are 0 to {last}."
    assert cycle_numbered(ENDING, last, utc(at)).number == last


@pytest.mark.parametrize("number", [-1, -(2**31)])
def test_a_negative_number_is_no_number(number: int) -> None:
    with pytest.raises(BadInputError) as refused:
        cycle_numbered(ACME, number, utc(NOW))
    assert (refused.value.code, refused.value.field) == ("BAD_USER_INPUT", "number")


@pytest.mark.parametrize(
    ("instant", "number"),
    [
        ("2026-10-24T22:00", 0),
        ("2026-11-24T22:59:59.999999", 0),
        ("2026-11-24T23:00", 1),
        ("2026-12-10T11:59:59.999999", 1),
    ],
)
def test_cycles_are_found_by_an_instant_inside(instant: str, number: int) -> None:
    assert cycle_containing(ENDING, utc(instant), utc(NOW)).number == number


@pytest.mark.parametrize(
    ("instant", "at"),
    [
        pytest.param("2026-10-24T21:59:59.999999", NOW, id="before_cycle_0"),
        pytest.param("0001-01-01", NOW, id="the_first_instant_there_is"),
        pytest.param("2026-12-10T12:00", NOW, id="end_of_the_account"),
        pytest.param("2026-12-10T12:00", "2027-12-10", id="end_of_the_account_long_ago"),
        pytest.param("2026-11-24T23:00", "2026-10-24T21:59:59.999999", id="beyond_cycle_0"),
        pytest.param("9999-12-31T23:59:59.999999", NOW, id="the_last_instant_there_is"),
    ],
)
def test_instants_outside_all_cycles_are_out_of_range(instant: str, at: str) -> None:
    with pytest.raises(CycleOutOfRangeError) as refused:
        cycle_containing(ENDING, utc(instant), utc(at))
    assert (refused.value.code, refused.value.field) == ("CYCLE_OUT_OF_RANGE", "at")
    assert refused.value.message.startswith("The cycles that can be viewed are 0 to ")


@pytest.mark.parametrize(
    "instant", ["2026-12-24T23:00", "2027-06-01", "9999-11-30", "9999-12-31T23:59:59.999999"]
)
def test_instants_beyond_the_future_cycle_are_out_of_range(instant: str) -> None:
    last_tick = cycle_containing(ACME, utc("2026-12-24T22:59:59.999999"), utc(NOW))
    assert (last_tick.number, last_tick.state) == (1, CycleState.FUTURE)
    with pytest.raises(CycleOutOfRangeError) as refused:
        cycle_containing(ACME, utc(instant), utc(NOW))
    assert (refused.value.code, refused.value.field) == ("CYCLE_OUT_OF_RANGE", "at")
    assert refused.value.message == "The cycles that can be viewed are 0 to 1."


def test_a_cycle_that_is_cut_shares_its_last_day_with_the_next() -> None:
    yearly = terms(
        "2026-11-10",
        "Europe/Amsterdam",
        Interval.YEARLY,
        starts_at="2026-11-10T15:30",
        first_cycle=1,
        seq=1,
    )
    first, second = (Cycle.of(account(ROW, yearly), n, utc(NOW)) for n in (0, 1))
    assert first.ends_at == second.starts_at == utc("2026-11-10T15:30")
    assert first.ends_on == second.starts_on == date(2026, 11, 10)
    assert second.ends_on == date(2027, 11, 9)


def test_local_days_are_those_of_the_cycle_s_own_zone() -> None:
    moved = terms(
        "2026-11-25", "America/New_York", starts_at="2026-11-24T23:00", first_cycle=1, seq=1
    )
    first, second = (Cycle.of(account(ROW, moved), n, utc(NOW)) for n in (0, 1))
    assert (first.time_zone, first.ends_on) == ("Europe/Amsterdam", date(2026, 11, 24))
    assert (second.time_zone, second.starts_on) == ("America/New_York", date(2026, 11, 24))
    assert second.ends_on == date(2026, 12, 24)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        pytest.param("2026-10-01", None, id="before_cycle_0"),
        pytest.param("2026-11-27T22:59:59.999999", None, id="provisional"),
        pytest.param("2026-11-27T23:00", "2026-11-24T23:00", id="closed"),
        pytest.param("2026-12-13T11:59:59.999999", "2026-11-24T23:00", id="ended_lately"),
        pytest.param("2026-12-13T12:00", "2026-11-24T23:00", id="the_last_one_has_none_after_it"),
        pytest.param("2028-01-01", "2026-11-24T23:00", id="ended_long_ago"),
    ],
)
def test_until_when_another_cycle_takes_what_changes(at: str, until: str | None) -> None:
    assert closed_until(ENDING, utc(at)) == (None if until is None else utc(until))


def test_no_cycle_is_closed_in_trial_during_the_backfill_or_where_none_was() -> None:
    backfilling = account(ROW, backfill_until="2027-01-01")
    assert closed_until(IN_TRIAL, utc("2027-01-01")) is None
    assert closed_until(backfilling, utc("2026-12-31T23:59:59.999999")) is None
    assert closed_until(backfilling, utc("2027-01-01")) == utc("2026-12-24T23:00")
    never_begun = account(ROW, signed_up_at="2026-10-01", ended_at="2026-10-20")
    assert closed_until(never_begun, utc("2027-01-01")) is None


@pytest.mark.parametrize("ended_at", [None, "2026-12-10T12:00"])
@pytest.mark.parametrize("days", range(0, 120, 7))
def test_it_is_the_end_of_the_last_closed_cycle_but_one_that_nothing_follows(
    days: int, ended_at: str | None
) -> None:
    seen, at = account(ROW, ended_at=ended_at), utc("2026-10-20") + days * DAY
    closed = [
        cycle.ends_at
        for number in seen.cycle_numbers(at)
        if (cycle := Cycle.of(seen, number, at)).closed and number != booking_number(seen, at)
    ]
    assert closed_until(seen, at) == max(closed, default=None)


@pytest.mark.parametrize(
    ("at", "number"),
    [
        pytest.param("2026-11-27T23:00", 1, id="the_current_cycle"),
        pytest.param("2026-12-10T11:59:59.999999", 1, id="last_tick_of_the_account"),
        pytest.param("2026-12-10T12:00", 1, id="after_the_end_the_last_one"),
    ],
)
def test_what_closed_cycles_no_longer_take_is_booked_in_the_current_one(
    at: str, number: int
) -> None:
    assert booking_number(ENDING, utc(at)) == number
