"""An account in trial, active or ended, and the cycles that can be viewed (R2, R4, D6)."""

from uuid import UUID

import pytest

from billing.account import EXTERNAL_ID, TRIAL, Account, AccountAt, AccountStatus, account_id_of
from billing.errors import PlanNotOfferedError
from billing.instant import DAY
from billing.plan import Interval
from tests.billing.build import account, price_list, terms, utc

# Monthly from 2026-10-25 in Amsterdam: cycle 0 is 2026-10-24T22:00Z to 2026-11-24T23:00Z.
ROW = terms("2026-10-25", "Europe/Amsterdam", starts_at="2026-10-24T22:00")
PAYING = account(ROW, signed_up_at="2026-10-25T10:00")
IN_TRIAL = account(signed_up_at="2026-10-11T10:00", trial_ends_at="2026-10-25T10:00")
CONVERTED = account(ROW, signed_up_at="2026-10-11T10:00", trial_ends_at="2026-10-25T10:00")


def test_a_trial_lasts_14_days() -> None:
    assert TRIAL == 14 * DAY


def test_an_id_follows_from_the_external_id() -> None:
    assert account_id_of("acme") == UUID("b7cf94f1-eccb-50b6-9b0a-cec36edbe2cc")
    assert account_id_of("acme") != account_id_of("Acme")


@pytest.mark.parametrize("external_id", ["a", "!", "~", "acme-1", "x" * 64])
def test_an_external_id_is_visible_ascii(external_id: str) -> None:
    assert EXTERNAL_ID.fullmatch(external_id)


@pytest.mark.parametrize("external_id", ["", "a b", "x" * 65, "é", "a\n", "\x7f", "\x00"])
def test_anything_else_is_no_external_id(external_id: str) -> None:
    assert not EXTERNAL_ID.fullmatch(external_id)


@pytest.mark.parametrize(
    ("found", "at", "status"),
    [
        pytest.param(IN_TRIAL, "2026-10-11T10:00", AccountStatus.TRIAL, id="trial"),
        pytest.param(IN_TRIAL, "2027-01-01", AccountStatus.TRIAL, id="trial_that_has_run_out"),
        pytest.param(
            CONVERTED, "2026-10-24T21:59:59.999999", AccountStatus.TRIAL, id="paid_terms_to_come"
        ),
        pytest.param(CONVERTED, "2026-10-24T22:00", AccountStatus.ACTIVE, id="paid_terms_in_force"),
        pytest.param(PAYING, "2026-10-01", AccountStatus.ACTIVE, id="no_trial_before_cycle_0"),
        pytest.param(PAYING, "2026-10-25", AccountStatus.ACTIVE, id="no_trial"),
        pytest.param(
            account(ROW, ended_at="2026-11-10"),
            "2026-11-09T23:59:59.999999",
            AccountStatus.ACTIVE,
            id="end_to_come",
        ),
        pytest.param(
            account(ROW, ended_at="2026-11-10"), "2026-11-10", AccountStatus.ENDED, id="ended"
        ),
        pytest.param(
            account(trial_ends_at="2026-10-25", ended_at="2026-10-20"),
            "2026-10-20",
            AccountStatus.ENDED,
            id="ended_in_trial",
        ),
    ],
)
def test_an_account_is_in_trial_active_or_ended(
    found: Account, at: str, status: AccountStatus
) -> None:
    assert found.status(utc(at)) is status
    assert AccountAt(found, utc(at)).status is status


@pytest.mark.parametrize(
    ("found", "first"),
    [
        pytest.param(IN_TRIAL, "2026-10-11T10:00", id="trial_takes_events_from_sign_up"),
        pytest.param(CONVERTED, "2026-10-11T10:00", id="and_still_does_once_converted"),
        pytest.param(PAYING, "2026-10-24T22:00", id="cycle_0_starts_at_midnight_of_sign_up"),
    ],
)
def test_events_are_taken_from_sign_up_or_cycle_0(found: Account, first: str) -> None:
    assert found.first_instant == utc(first)


@pytest.mark.parametrize(
    ("found", "at", "numbers"),
    [
        pytest.param(IN_TRIAL, "2026-10-12", [], id="trial"),
        pytest.param(PAYING, "2026-10-24T21:59:59.999999", [0], id="before_cycle_0"),
        pytest.param(PAYING, "2026-10-24T22:00", [0, 1], id="start_of_cycle_0"),
        pytest.param(PAYING, "2026-11-24T22:59:59.999999", [0, 1], id="end_of_cycle_0"),
        pytest.param(PAYING, "2026-11-24T23:00", [0, 1, 2], id="start_of_cycle_1"),
    ],
)
def test_all_cycles_to_the_one_future_cycle_can_be_viewed(
    found: Account, at: str, numbers: list[int]
) -> None:
    assert list(found.cycle_numbers(utc(at))) == numbers


@pytest.mark.parametrize(
    ("ended_at", "at", "numbers"),
    [
        pytest.param("2026-10-24T22:00", "2026-10-01", [], id="ends_before_cycle_0_to_come"),
        pytest.param("2026-10-24T22:00", "2026-10-26", [], id="ended_before_cycle_0"),
        pytest.param("2026-10-24T22:00:00.000001", "2026-10-01", [0], id="ends_in_cycle_0_to_come"),
        pytest.param("2026-11-10", "2026-10-26", [0], id="ends_in_the_current_cycle"),
        pytest.param("2026-11-10", "2026-11-10", [0], id="ended_in_the_cycle"),
        pytest.param("2026-11-10", "2030-01-01", [0], id="ended_long_ago"),
        pytest.param("2026-11-24T23:00", "2026-10-26", [0], id="ends_with_the_current_cycle"),
        pytest.param("2026-11-24T23:00", "2026-11-24T23:00", [0], id="ended_with_the_cycle"),
        pytest.param("2026-11-24T23:00:00.000001", "2026-10-26", [0, 1], id="ends_in_the_next"),
        pytest.param("2027-06-01", "2026-10-26", [0, 1], id="ends_far_off"),
    ],
)
def test_no_cycle_after_the_end_can_be_viewed(ended_at: str, at: str, numbers: list[int]) -> None:
    assert list(account(ROW, ended_at=ended_at).cycle_numbers(utc(at))) == numbers


def test_a_cycle_has_the_price_list_in_force_when_it_starts() -> None:
    prices = (
        price_list(effective_from="2026-10-01", included=500),
        price_list(effective_from="2026-11-24T23:00", included=600),
        price_list(effective_from="2026-12-24T23:00:00.000001", included=700),
    )
    found = account(ROW, price_lists=prices)
    assert [found.price_list(number).included for number in range(4)] == [500, 600, 600, 700]


def test_a_cycle_has_the_price_list_of_its_own_terms() -> None:
    yearly = terms(
        "2026-11-25",
        "Europe/Amsterdam",
        Interval.YEARLY,
        starts_at="2026-11-24T23:00",
        first_cycle=1,
        seq=1,
        plan="Pro",
    )
    found = account(ROW, yearly)
    assert [found.price_list(number).included for number in range(2)] == [500, 18_000]


def test_a_cycle_without_a_price_list_is_not_offered() -> None:
    with pytest.raises(PlanNotOfferedError):
        account(ROW, price_lists=()).price_list(0)


@pytest.mark.parametrize(
    ("found", "at", "shown"),
    [
        pytest.param(IN_TRIAL, "2026-10-12", (None, None, "UTC"), id="trial"),
        pytest.param(
            CONVERTED,
            "2026-10-12",
            ("Boost", Interval.MONTHLY, "Europe/Amsterdam"),
            id="before_cycle_0",
        ),
        pytest.param(
            account(
                ROW,
                terms(
                    "2026-10-25",
                    "Asia/Tokyo",
                    Interval.YEARLY,
                    starts_at="2026-11-24T23:00",
                    first_cycle=1,
                    seq=1,
                    plan="Pro",
                ),
            ),
            "2026-11-24T22:59:59.999999",
            ("Boost", Interval.MONTHLY, "Europe/Amsterdam"),
            id="before_a_scheduled_change",
        ),
        pytest.param(
            account(
                ROW,
                terms(
                    "2026-10-25",
                    "Asia/Tokyo",
                    Interval.YEARLY,
                    starts_at="2026-11-24T23:00",
                    first_cycle=1,
                    seq=1,
                    plan="Pro",
                ),
            ),
            "2026-11-24T23:00",
            ("Pro", Interval.YEARLY, "Asia/Tokyo"),
            id="after_it",
        ),
    ],
)
def test_an_account_shows_the_terms_in_force(
    found: Account, at: str, shown: tuple[str | None, Interval | None, str]
) -> None:
    seen = AccountAt(found, utc(at))
    assert (seen.plan, seen.interval, seen.time_zone) == shown


def test_an_account_shows_its_own_facts() -> None:
    seen = AccountAt(IN_TRIAL, utc("2026-10-12"))
    assert (seen.id, seen.external_id, seen.name, seen.currency) == (
        IN_TRIAL.id,
        "acme",
        "Acme",
        "EUR",
    )
    assert (seen.signed_up_at, seen.trial_ends_at) == (
        utc("2026-10-11T10:00"),
        utc("2026-10-25T10:00"),
    )
