"""Where what is taken back counts, and when nothing can be taken back any more (D24)."""

from dataclasses import replace
from datetime import datetime

import pytest

from billing.commitment import Meter
from billing.errors import AccountEndedError, BadInputError
from billing.instant import TICK
from billing.reversal import (
    REASON_MAX,
    NetChange,
    check_open,
    check_reason,
    counting_number,
)
from tests.billing.build import account, terms, utc

ACME = account(terms("2026-01-31", starts_at="2026-01-31"))
"""Cycle 0: 01-31 to 02-28, 1: to 03-31, 2: to 04-30."""


@pytest.mark.parametrize(
    ("number", "at", "counting"),
    [
        pytest.param(0, utc("2026-02-10"), 0, id="current"),
        pytest.param(1, utc("2026-02-10"), 1, id="to_come"),
        pytest.param(0, utc("2026-03-03") - TICK, 0, id="provisional"),
        pytest.param(0, utc("2026-03-03"), 1, id="closed"),
        pytest.param(0, utc("2026-04-02"), 2, id="closed_long_ago"),
        pytest.param(1, utc("2026-04-02"), 1, id="the_one_before_is_provisional"),
    ],
)
def test_what_counts_in_a_closed_cycle_is_taken_back_in_the_current_one(
    number: int, at: datetime, counting: int
) -> None:
    assert counting_number(ACME, number, at) == counting


def test_no_cycle_is_closed_while_the_past_is_filled_in() -> None:
    filling = replace(ACME, backfill_until=utc("2026-06-01"))
    assert counting_number(filling, 0, utc("2026-06-01") - TICK) == 0
    assert counting_number(filling, 0, utc("2026-06-01")) == 4


def test_after_the_end_the_last_cycle_takes_what_is_taken_back() -> None:
    ended = account(terms("2026-01-31", starts_at="2026-01-31"), ended_at="2026-03-10")
    assert counting_number(ended, 0, utc("2026-03-12")) == 1
    assert counting_number(ended, 1, utc("2026-03-12")) == 1
    assert counting_number(ended, 2, utc("2026-03-12")) == 2  # which there will not be


def test_an_account_is_open_until_its_last_cycle_is_closed() -> None:
    ended = account(terms("2026-01-31", starts_at="2026-01-31"), ended_at="2026-03-10")
    check_open(ACME, utc("2099-01-01"))
    check_open(ended, utc("2026-03-13") - TICK)
    with pytest.raises(AccountEndedError, match="its last cycle is closed"):
        check_open(ended, utc("2026-03-13"))
    filling = replace(ended, backfill_until=utc("2026-06-01"))
    check_open(filling, utc("2026-06-01") - TICK)
    with pytest.raises(AccountEndedError):
        check_open(filling, utc("2026-06-01"))


@pytest.mark.parametrize("reason", ["x", "é" * REASON_MAX, "Sent twice: refunded."])
def test_a_reason(reason: str) -> None:
    check_reason(reason)


@pytest.mark.parametrize("reason", ["", "x" * (REASON_MAX + 1), "a\nb", "\x00", "\ud800"])
def test_no_reason(reason: str) -> None:
    with pytest.raises(BadInputError, match="1 to 500 printable characters") as refused:
        check_reason(reason)
    assert refused.value.field == "reason"


def test_a_net_change_is_of_its_meter() -> None:
    change = NetChange(
        meter=Meter.CONVERSATIONS, label="CHAT", change=-2, cycle_number=0, booked_in_cycle=1
    )
    assert (change.conversations, change.amount_micros) == (-2, None)
    cost = replace(change, meter=Meter.CARRIER)
    assert (cost.conversations, cost.amount_micros) == (None, -2)
