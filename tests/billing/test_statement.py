"""Which cycles are due for their statement, and what it says (D7, D11)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.account import Account
from billing.commitment import Adjustment, AdjustmentReason, Meter
from billing.cycle import closed_at
from billing.figures import ChargeSum, Figures
from billing.instant import TICK
from billing.plan import Interval
from billing.statement import SETTLING, Line, due_numbers, lines_of
from tests.billing.build import PURE, account, terms, utc

MONTHLY = terms("2026-01-31", starts_at="2026-01-31")
YEARLY_NOW = terms(
    "2026-04-10",
    interval=Interval.YEARLY,
    starts_at="2026-04-10T09:00",
    first_cycle=3,
    seq=1,
)
FIRST = utc("2026-02-28") + timedelta(hours=72) + SETTLING
"""When cycle 0 is due."""


@pytest.mark.parametrize(
    ("due", "latest", "at"),
    [
        pytest.param([], None, FIRST - TICK, id="settling"),
        pytest.param([0], None, FIRST, id="settled"),
        pytest.param([], 0, FIRST, id="stated"),
        pytest.param([0, 1, 2], None, utc("2026-05-10"), id="several"),
        pytest.param([2], 1, utc("2026-05-10"), id="since_the_latest"),
        pytest.param([], 5, utc("2026-05-10"), id="latest_beyond"),
        pytest.param([], None, utc("2026-01-01"), id="before_cycle_0"),
    ],
)
def test_closed_cycles_that_have_none_are_due(
    due: list[int], latest: int | None, at: datetime
) -> None:
    assert list(due_numbers(account(MONTHLY), latest, at)) == due


def test_nothing_is_due_without_paid_terms() -> None:
    assert not due_numbers(account(trial_ends_at="2000-01-15"), None, utc("2026-05-10"))


def test_nothing_is_due_as_long_as_the_past_is_filled_in() -> None:
    filling = account(MONTHLY, backfill_until="2026-05-10")
    assert not due_numbers(filling, None, utc("2026-05-10") + SETTLING - TICK)
    assert list(due_numbers(filling, None, utc("2026-05-10") + SETTLING)) == [0, 1, 2]


def test_the_last_cycle_of_an_account_is_due_after_its_end() -> None:
    ended = account(MONTHLY, ended_at="2026-03-10T15:30")
    last = utc("2026-03-13T15:30") + SETTLING
    assert list(due_numbers(ended, None, last - TICK)) == [0]
    assert list(due_numbers(ended, None, last)) == [0, 1]
    assert list(due_numbers(ended, 1, utc("2030-01-01"))) == []
    assert not due_numbers(account(MONTHLY, ended_at="2026-01-20"), None, utc("2030-01-01"))


ACCOUNTS = [
    account(MONTHLY),
    account(MONTHLY, YEARLY_NOW),
    account(MONTHLY, YEARLY_NOW, ended_at="2027-09-01T12:00", backfill_until="2026-06-01"),
    account(MONTHLY, ended_at="2026-06-30"),
]


@PURE
@given(st.sampled_from(ACCOUNTS), st.integers(0, 3), st.integers(-1, 1), st.integers(0, 1_200))
def test_due_are_those_that_closed_a_while_ago(
    acme: Account, number: int, ticks: int, days: int
) -> None:
    """Computed at once, as when every cycle is asked; at any instant and on the bounds."""
    schedule = acme.schedule
    assert schedule is not None
    numbers = range(60 if schedule.last_number is None else schedule.last_number + 1)
    on_bound = closed_at(acme, schedule.period(min(number, numbers[-1]))) + SETTLING + ticks * TICK
    for at in (on_bound, utc("2025-12-25") + timedelta(days=days)):
        closed = [n for n in numbers if at - SETTLING >= closed_at(acme, schedule.period(n))]
        assert list(due_numbers(acme, None, at)) == closed


def test_a_statement_says_what_the_cycle_shows() -> None:
    figures = Figures(
        booked=[
            Adjustment(Meter.CONVERSATIONS, "SMS", -1, 1, AdjustmentReason.LATE, 0),
            Adjustment(Meter.CARRIER, "VOICE", 5, 1, AdjustmentReason.LATE, 0),
        ],
        moved=[Adjustment(Meter.CONVERSATIONS, "CHAT", 2, 1, AdjustmentReason.LATE, 1)],
    )
    figures.conversations.update(CHAT=2, EMAIL=7)
    figures.charges.update(VOICE=ChargeSum(10, 2), FREE=ChargeSum(0, 1), NONE=ChargeSum())
    assert sorted(lines_of(figures), key=str) == sorted(
        [
            Line(Meter.CONVERSATIONS, "EMAIL", 7, 7),
            Line(Meter.CONVERSATIONS, "SMS", -1, -1),
            Line(Meter.CARRIER, "VOICE", 15, 3),
            Line(Meter.CARRIER, "FREE", 0, 1),
        ],
        key=str,
    )


def test_nothing_used_makes_no_lines() -> None:
    assert lines_of(Figures()) == []
