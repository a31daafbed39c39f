"""Automatic recharge: how much is added, and why not more (R16)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.recharge import Recharge, recharge
from billing.reminder import Standing
from billing.setting import AutoRecharge
from tests.billing.build import MICROS, PURE

LEAST = 25 * MICROS
NO_COMMITMENT = "It needs a commitment of at least 25.00."
CAPPED = "At most 60.00 may be added automatically in a cycle."
SETTING = AutoRecharge(
    threshold_micros=10 * MICROS, amount_micros=20 * MICROS, cycle_micros_max=60 * MICROS
)


def of(
    left: int,
    *,
    added: int = 0,
    committed: int = 100,
    topped_up: int = 0,
    setting: AutoRecharge = SETTING,
) -> Recharge:
    """Recharge a balance of which so many micro-euros are left, overspent where negative."""
    base = (committed + topped_up) * MICROS
    limit = base + added * MICROS
    return recharge(
        setting,
        Standing(limit - left, base, limit),
        committed_micros=committed * MICROS,
        commitment_micros_min=LEAST,
    )


def amounts(count: int) -> Recharge:
    return Recharge((20 * MICROS,) * count)


@pytest.mark.parametrize(
    ("left", "count"),
    [
        pytest.param(100 * MICROS, 0, id="plenty"),
        pytest.param(10 * MICROS + 1, 0, id="a_unit_above"),
        pytest.param(10 * MICROS, 0, id="at_the_threshold"),
        pytest.param(10 * MICROS - 1, 1, id="a_unit_below"),
        pytest.param(0, 1, id="nothing_left"),
        pytest.param(-10 * MICROS, 1, id="one_makes_the_threshold"),
        pytest.param(-10 * MICROS - 1, 2, id="one_is_a_unit_short"),
        pytest.param(-50 * MICROS, 3, id="three"),
    ],
)
def test_amounts_are_added_until_the_threshold_is_left(left: int, count: int) -> None:
    assert of(left) == amounts(count)


@pytest.mark.parametrize(
    ("left", "added", "count"),
    [
        pytest.param(-50 * MICROS - 1, 0, 3, id="four_are_wanted"),
        pytest.param(0, 60, 0, id="nothing_may_be_added_any_more"),
        pytest.param(0, 41, 0, id="not_a_whole_amount"),
        pytest.param(-20 * MICROS, 20, 2, id="exactly_what_is_left_of_it"),
        pytest.param(-31 * MICROS, 20, 2, id="one_less_than_wanted"),
        pytest.param(0, 80, 0, id="a_lower_one_was_set_since"),
    ],
)
def test_no_more_than_the_cap_is_added_in_a_cycle(left: int, added: int, count: int) -> None:
    found = of(left, added=added)
    wanted = -(-(10 * MICROS - left) // (20 * MICROS))
    assert found == Recharge((20 * MICROS,) * count, CAPPED if wanted > count else None)


def test_top_ups_do_not_count_against_the_cap() -> None:
    assert of(-50 * MICROS, topped_up=500) == amounts(3)


@pytest.mark.parametrize("committed", [0, 24])
def test_it_needs_a_commitment_as_a_top_up_does(committed: int) -> None:
    assert of(10 * MICROS, committed=committed) == Recharge()
    assert of(0, committed=committed) == Recharge(failure=NO_COMMITMENT)
    assert of(0, committed=25) == amounts(1)


def test_where_no_least_commitment_is_set_there_must_be_one() -> None:
    stands = Standing(0, 0, 0)
    none = recharge(SETTING, stands, committed_micros=0, commitment_micros_min=0)
    assert none == Recharge(failure="It needs a commitment of at least 0.00.")
    one = recharge(SETTING, Standing(1, 1, 1), committed_micros=1, commitment_micros_min=0)
    assert one == amounts(1)


@PURE
@given(
    threshold=st.integers(0, 10**9),
    amount=st.integers(1, 10**9),
    cap=st.integers(1, 1_000),
    used=st.integers(0, 10**10),
    base=st.integers(1, 10**10),
    added=st.integers(0, 10**9),
)
def test_after_it_the_threshold_is_left_or_there_is_a_reason(  # noqa: PLR0913, PLR0917 (drawn)
    threshold: int, amount: int, cap: int, used: int, base: int, added: int
) -> None:
    setting = AutoRecharge(
        threshold_micros=threshold, amount_micros=amount, cycle_micros_max=cap * amount
    )
    found = recharge(
        setting, Standing(used, base, base + added), committed_micros=1, commitment_micros_min=1
    )
    total = sum(found.amounts_micros)
    left = base + added + total - used
    assert set(found.amounts_micros) <= {amount}
    assert total == 0 or added + total <= cap * amount
    assert (left < threshold) == (found.failure is not None)
    assert total == 0 or left - amount < threshold  # the last one was wanted
    if found.failure is not None:
        assert added + total + amount > cap * amount  # no other one fits
