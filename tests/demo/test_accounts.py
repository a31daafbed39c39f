"""The accounts are laid out around now so that their pages are worth looking at."""

import re
from datetime import timedelta

import pytest
from dateutil.relativedelta import relativedelta

from billing.account import TRIAL
from billing.instant import is_zone, local
from billing.plan import Interval, price_list_at
from demo.plans import PLANS
from demo.sequences import by_company
from tests.demo.made import Made, page, schedule_of, windows


def test_there_are_eight_with_every_plan(either: Made) -> None:
    assert len(either.accounts) == 8
    assert {account.plan for account in either.accounts.values()} == {
        "Boost",
        "Pro",
        "Starter",
        None,
    }


def test_ids_are_slugs_and_zones_exist(either: Made) -> None:
    for account in either.accounts.values():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", account.external_id)
        assert is_zone(account.time_zone)
    assert len({account.time_zone for account in either.accounts.values()}) == 8


def test_all_companies_are_used(either: Made) -> None:
    used = {company for account in either.accounts.values() for company in account.companies}
    assert used == set(by_company())


def test_no_two_streams_of_an_account_repeat_the_same_weeks(either: Made) -> None:
    for account in either.accounts.values():
        for stream in account.streams:
            for other in account.streams:
                if stream is not other and stream.company == other.company:
                    apart = stream.lag_weeks - other.lag_weeks
                    assert apart % min(stream.every_weeks, other.every_weeks) != 0


def test_the_trial_runs_and_has_no_terms(either: Made) -> None:
    trial = either.accounts["marram-savings"]
    assert (trial.plan, trial.interval, trial.anchor_date) == (None, None, None)
    assert timedelta(days=4) < either.now - trial.signed_up_at < TRIAL


def test_the_others_signed_up_at_least_14_months_ago_under_a_price_list(either: Made) -> None:
    for account in either.accounts.values():
        if account.plan is not None:
            assert account.interval is not None
            assert account.signed_up_at < either.now - relativedelta(months=14)
            price_list_at(PLANS, account.plan, account.interval, account.signed_up_at)


@pytest.mark.parametrize(
    ("external_id", "day"), [("kauri-lane", 29), ("saffron-row", 30), ("lanternfish-games", 31)]
)
def test_anchors_on_the_last_days_of_a_month(either: Made, external_id: str, day: int) -> None:
    anchor = either.accounts[external_id].anchor_date
    assert anchor is not None
    assert anchor.day == day


def test_the_yearly_one_is_in_its_second_year(either: Made) -> None:
    yearly = either.accounts["ternwood-studio"]
    assert yearly.interval is Interval.YEARLY
    assert schedule_of(yearly).number_at(either.now) == 1
    percent = page(either, "ternwood-studio").percent_of_commitment
    assert percent is not None
    assert 50 <= percent < 60


def test_most_monthly_cycles_end_within_a_week(either: Made) -> None:
    for external_id in ("acme-support", "blue-heron", "quillon-mobile"):
        schedule = schedule_of(either.accounts[external_id])
        current = schedule.number_at(either.now)
        assert current is not None
        assert schedule.period(current).end - either.now < timedelta(days=7)
        assert page(either, external_id).pending > 0


def test_the_ordinary_one_is_at_about_60_percent(either: Made) -> None:
    shown = page(either, "acme-support")
    assert shown.percent_of_commitment is not None
    assert shown.percent_spent is not None
    assert 55 <= shown.percent_of_commitment < 70
    assert 60 <= shown.percent_spent < 80


def test_one_is_far_over_its_quota(either: Made) -> None:
    percent = page(either, "blue-heron").percent_of_commitment
    assert percent is not None
    assert percent > 150


def test_one_is_low_on_balance(either: Made) -> None:
    percent = page(either, "quillon-mobile").percent_spent
    assert percent is not None
    assert 90 <= percent < 100


def test_one_has_no_commitment(either: Made) -> None:
    account = either.accounts["saffron-row"]
    assert (account.conversation_blocks, account.carrier_micros) == (0, 0)
    assert page(either, "saffron-row").percent_spent is None


def test_every_account_has_open_conversations(either: Made) -> None:
    for events in either.events.values():
        assert any(start > either.now - timedelta(days=7) for start in windows(events))


def test_sign_up_is_at_nine_local_time(either: Made) -> None:
    account = either.accounts["kauri-lane"]
    signed_up = local(account.time_zone, account.signed_up_at)
    assert (signed_up.date(), signed_up.hour) == (account.signed_up_on, 9)
