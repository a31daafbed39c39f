"""Where the local days of a zone start (D3, D4)."""

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.instant import TICK, is_zone, last_midnight, local, midnight
from tests.billing.build import PURE, day, utc
from tests.billing.histories import INSTANTS, ZONES
from tests.billing.oracle import first_instant, wall

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "date_", "at"),
    [
        pytest.param("UTC", "2026-01-31", "2026-01-31", id="utc"),
        pytest.param("Asia/Kathmandu", "2026-01-31", "2026-01-30T18:15", id="three_quarters"),
        pytest.param("Pacific/Kiritimati", "2026-01-31", "2026-01-30T10:00", id="14_hours_ahead"),
        pytest.param("Pacific/Pago_Pago", "2026-01-31", "2026-01-31T11:00", id="11_hours_behind"),
        pytest.param("Europe/Amsterdam", "2026-10-25", "2026-10-24T22:00", id="fall_back_at_three"),
        pytest.param("Europe/Amsterdam", "2026-10-26", "2026-10-25T23:00", id="the_day_after"),
        pytest.param("America/Havana", "2025-11-02", "2025-11-02T04:00", id="the_first_of_two"),
        pytest.param("Africa/Cairo", "2026-04-24", "2026-04-23T22:00", id="skipped"),
        pytest.param("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", id="day_left_out"),
        pytest.param("Pacific/Apia", "2011-12-31", "2011-12-30T10:00", id="day_after_that"),
        pytest.param("America/St_Johns", "2010-11-07", "2010-11-07T02:30", id="lived_twice"),
    ],
)
def test_a_local_day_starts(zone: str, date_: str, at: str) -> None:
    assert midnight(zone, day(date_)) == utc(at)


@pytest.mark.parametrize(
    ("zone", "at", "start"),
    [
        pytest.param("Europe/Amsterdam", "2026-10-25T22:59", "2026-10-24T22:00", id="25_hours"),
        pytest.param("Europe/Amsterdam", "2026-10-25T23:00", "2026-10-25T23:00", id="next_day"),
        pytest.param("America/Havana", "2025-11-02T05:30", "2025-11-02T04:00", id="second_hour"),
        pytest.param("Africa/Cairo", "2026-04-23T22:00", "2026-04-23T22:00", id="skip"),
        pytest.param("Pacific/Apia", "2011-12-30T09:59", "2011-12-29T10:00", id="before_the_skip"),
        pytest.param("Pacific/Apia", "2011-12-30T10:00", "2011-12-30T10:00", id="after_the_skip"),
        pytest.param(
            "America/St_Johns", "2010-11-07T02:29:59.999999", "2010-11-06T02:30", id="day_before"
        ),
        pytest.param("America/St_Johns", "2010-11-07T02:30", "2010-11-07T02:30", id="first_00_00"),
        pytest.param("America/St_Johns", "2010-11-07T02:31", "2010-11-07T02:30", id="23_01_again"),
        pytest.param("America/St_Johns", "2010-11-07T03:30", "2010-11-07T02:30", id="second_00_00"),
    ],
)
def test_the_last_start_of_a_local_day(zone: str, at: str, start: str) -> None:
    assert last_midnight(zone, utc(at)) == utc(start)


def test_an_instant_is_counted_in_microseconds() -> None:
    assert timedelta(microseconds=1) == TICK


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+5"])
def test_zones_of_the_iana_database_are_known(name: str) -> None:
    assert is_zone(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Europe/Atlantis",
        "europe/berlin",
        "Europe",
        "+01:00",
        "CEST",
        "../UTC",
        "/etc/localtime",
        "UTC\x00",
        pytest.param("localtime", id="zone_of_this_machine"),
        pytest.param("Factory", id="zone_that_says_none_was_chosen"),
    ],
)
def test_nothing_else_is_a_zone(name: str) -> None:
    assert not is_zone(name)


@PURE
@given(ZONES, st.dates(date(2000, 1, 1), date(2101, 12, 31)))
def test_a_day_starts_at_the_first_instant_that_has_its_date(zone: str, today: date) -> None:
    assert midnight(zone, today) == first_instant(zone, today)
    assert midnight(zone, today).tzinfo is UTC


@PURE
@given(ZONES, INSTANTS)
def test_the_last_midnight_is_the_latest_start_of_a_day_so_far(zone: str, hours: int) -> None:
    at = utc("2000-01-03") + hours * HOUR
    today = at.astimezone(ZoneInfo(zone)).date()
    starts = [first_instant(zone, today + timedelta(days=offset)) for offset in (-1, 0, 1, 2)]
    assert last_midnight(zone, at) == max(start for start in starts if start <= at)
    assert local(zone, at) == wall(zone, at)
