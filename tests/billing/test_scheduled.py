"""What the next cycle brings to a meter, as seen from the current one (D20)."""

from datetime import date

import pytest

from billing.commitment import Commitment, Meter
from billing.cycle import Cycle
from billing.figures import Figures
from billing.scheduled import ScheduledAmount, scheduled_amount
from tests.billing.build import account, terms, utc

AMSTERDAM = "Europe/Amsterdam"
MONTHLY = terms("2026-10-25", AMSTERDAM, starts_at="2026-10-24T22:00")
ACME = account(MONTHLY)
NOW = utc("2026-11-22T12:00")
FIGURES = Figures(
    commitments=[
        Commitment(Meter.CONVERSATIONS, 1, 0, 3),
        Commitment(Meter.CONVERSATIONS, 2, 1, 5),
        Commitment(Meter.CARRIER, 1, 0, 25_000_000),
    ]
)


def test_it_has_the_instant_and_the_local_day() -> None:
    assert scheduled_amount(Cycle.of(ACME, 0, NOW), FIGURES, Meter.CONVERSATIONS) == (
        ScheduledAmount(5, utc("2026-11-24T23:00"), date(2026, 11, 25))
    )


def test_what_stays_as_it_is_is_not_scheduled() -> None:
    assert scheduled_amount(Cycle.of(ACME, 0, NOW), FIGURES, Meter.CARRIER) is None


def test_an_end_is_scheduled_too() -> None:
    ending = Figures(
        commitments=[Commitment(Meter.CARRIER, 1, 0, 3), Commitment(Meter.CARRIER, 2, 1, 0)]
    )
    found = scheduled_amount(Cycle.of(ACME, 0, NOW), ending, Meter.CARRIER)
    assert found == ScheduledAmount(0, utc("2026-11-24T23:00"), date(2026, 11, 25))


@pytest.mark.parametrize(
    ("number", "at"),
    [
        pytest.param(1, "2026-11-22T12:00", id="future"),
        pytest.param(0, "2026-11-24T23:00", id="provisional"),
        pytest.param(1, "2026-11-24T23:00", id="in_force_since_a_moment"),
    ],
)
def test_it_is_seen_from_the_current_cycle_only(number: int, at: str) -> None:
    assert scheduled_amount(Cycle.of(ACME, number, utc(at)), FIGURES, Meter.CONVERSATIONS) is None


def test_nothing_comes_after_the_last_cycle() -> None:
    ending = account(MONTHLY, ended_at="2026-11-24T23:00")
    assert scheduled_amount(Cycle.of(ending, 0, NOW), FIGURES, Meter.CONVERSATIONS) is None


def test_the_day_is_that_of_the_zone_that_the_next_cycle_has() -> None:
    moving = account(
        MONTHLY,
        terms("2026-10-25", "America/New_York", starts_at="2026-11-24T23:00", first_cycle=1, seq=1),
    )
    found = scheduled_amount(Cycle.of(moving, 0, NOW), FIGURES, Meter.CONVERSATIONS)
    assert found == ScheduledAmount(5, utc("2026-11-24T23:00"), date(2026, 11, 24))
