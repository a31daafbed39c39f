"""Plans are data: published price lists, each in force from an instant on (R8)."""

import pytest

from billing.errors import PlanNotOfferedError
from billing.plan import BLOCK_SIZE, REMINDER_PERCENTS, Interval, Limits, PriceList, price_list_at
from tests.billing.build import BOOST, PRO, price_list, utc

FIRST = price_list(effective_from="2026-01-01", included=500)
SECOND = price_list(effective_from="2026-07-01", included=600)


def test_a_block_is_100_conversations() -> None:
    assert BLOCK_SIZE == 100


@pytest.mark.parametrize(("interval", "months"), [(Interval.MONTHLY, 1), (Interval.YEARLY, 12)])
def test_an_interval_is_a_whole_number_of_months(interval: Interval, months: int) -> None:
    assert interval.months == months


def test_the_published_reminder_thresholds() -> None:
    assert REMINDER_PERCENTS == {
        Interval.MONTHLY: (75, 90, 100),
        Interval.YEARLY: (50, 75, 90, 100),
    }


def test_the_published_limits_of_a_monthly_account() -> None:
    assert Limits.default(Interval.MONTHLY) == Limits(
        commitment_blocks_max=100,
        purchase_blocks_max=100,
        carrier_commitment_micros_min=25_000_000,
        carrier_commitment_micros_max=1_000_000_000,
        top_up_micros_min=1_000_000,
        top_up_micros_max=1_000_000_000,
    )


def test_a_yearly_account_may_commit_to_twelve_times_the_carrier_cost() -> None:
    assert Limits.default(Interval.YEARLY) == Limits(
        commitment_blocks_max=100,
        purchase_blocks_max=100,
        carrier_commitment_micros_min=25_000_000,
        carrier_commitment_micros_max=12_000_000_000,
        top_up_micros_min=1_000_000,
        top_up_micros_max=1_000_000_000,
    )


@pytest.mark.parametrize(
    ("at", "included"),
    [
        pytest.param("2026-01-01", 500, id="the_instant_it_comes_into_force"),
        pytest.param("2026-06-30T23:59:59.999999", 500, id="the_last_instant_before_the_next"),
        pytest.param("2026-07-01", 600, id="the_instant_the_next_does"),
        pytest.param("2036-07-01", 600, id="the_last_one_holds_on"),
    ],
)
@pytest.mark.parametrize("price_lists", [(FIRST, SECOND), (SECOND, FIRST)])
def test_the_latest_price_list_that_has_come_into_force_holds(
    price_lists: tuple[PriceList, ...], at: str, included: int
) -> None:
    found = price_list_at(price_lists, "Boost", Interval.MONTHLY, utc(at))
    assert found.included == included


@pytest.mark.parametrize(
    ("plan", "interval", "at"),
    [
        pytest.param("Boost", Interval.MONTHLY, "2025-12-31T23:59:59.999999", id="not_yet"),
        pytest.param("Boost", Interval.YEARLY, "2026-01-01", id="not_for_this_interval"),
        pytest.param("Pro", Interval.MONTHLY, "2026-01-01", id="not_this_plan"),
    ],
)
def test_a_plan_without_a_price_list_in_force_is_not_offered(
    plan: str, interval: Interval, at: str
) -> None:
    with pytest.raises(PlanNotOfferedError) as refused:
        price_list_at((FIRST, SECOND), plan, interval, utc(at))
    assert (refused.value.code, refused.value.field) == ("PLAN_NOT_OFFERED", None)


def test_the_price_list_is_that_of_plan_and_interval() -> None:
    found = price_list_at((*BOOST, *PRO), "Pro", Interval.YEARLY, utc("2026-01-01"))
    assert (found.plan, found.interval, found.included) == ("Pro", Interval.YEARLY, 18_000)
