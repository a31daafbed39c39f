"""Whether a paid message may be sent, judged by account, cycle and balance (R16, D18)."""

import pytest

from billing.account import Account
from billing.allowance import (
    AllowanceReason,
    Balance,
    SendAllowance,
    check_estimate,
    send_allowance,
)
from billing.cycle import current_cycle
from billing.errors import BadInputError
from billing.event import CHARGE_MICROS_MAX
from tests.billing.build import MICROS, account, terms, utc

TERMS = terms("2026-01-31", starts_at="2026-01-31")
ACME = account(TERMS)
AT = utc("2026-03-10T12:00")
BALANCE = Balance(spent_micros=10 * MICROS, commitment_micros=25 * MICROS, topped_up_micros=5)


def asked(
    of: Account = ACME, balance: Balance = BALANCE, estimated_micros: int = 0, at: str = ""
) -> SendAllowance:
    now = utc(at) if at else AT
    cycle = current_cycle(of, now)
    return send_allowance(of, cycle, balance, estimated_micros=estimated_micros, at=now)


def test_an_answer_says_of_what_balance_it_is() -> None:
    found = asked()
    assert found == SendAllowance(AllowanceReason.ALLOWED, BALANCE, AT)
    assert found.allowed is True
    assert (found.limit_micros, found.spent_micros, found.left_micros) == (
        25_000_005,
        10_000_000,
        15_000_005,
    )


@pytest.mark.parametrize(
    ("spent", "estimated", "reason", "left"),
    [
        (0, 0, AllowanceReason.ALLOWED, 100),
        (99, 0, AllowanceReason.ALLOWED, 1),
        (99, 1, AllowanceReason.ALLOWED, 1),
        (99, 2, AllowanceReason.NOT_ENOUGH, 1),
        (0, 100, AllowanceReason.ALLOWED, 100),
        (0, 101, AllowanceReason.NOT_ENOUGH, 100),
        (100, 0, AllowanceReason.NO_BALANCE, 0),
        (101, 0, AllowanceReason.NO_BALANCE, 0),
        (101, 1, AllowanceReason.NO_BALANCE, 0),
        (-5, 105, AllowanceReason.ALLOWED, 105),
    ],
)
def test_what_is_left_must_be_something_and_enough(
    spent: int, estimated: int, reason: AllowanceReason, left: int
) -> None:
    found = asked(balance=Balance(spent, 60, 40), estimated_micros=estimated)
    assert (found.reason, found.left_micros) == (reason, left)
    assert found.allowed is (reason is AllowanceReason.ALLOWED)


@pytest.mark.parametrize(
    ("of", "at", "reason"),
    [
        pytest.param(
            account(signed_up_at="2026-03-01", trial_ends_at="2026-03-15"),
            "2026-03-14T23:59:59.999999",
            AllowanceReason.TRIAL,
            id="trial",
        ),
        pytest.param(
            account(signed_up_at="2026-03-01", trial_ends_at="2026-03-15"),
            "2027-01-01",
            AllowanceReason.TRIAL,
            id="trial that ran out",
        ),
        pytest.param(
            account(TERMS, trial_ends_at="2026-01-15"),
            "2026-01-30T23:59:59.999999",
            AllowanceReason.TRIAL,
            id="trial with terms to come",
        ),
        pytest.param(
            ACME, "2026-01-30T23:59:59.999999", AllowanceReason.NOT_STARTED, id="before cycle 0"
        ),
        pytest.param(
            account(TERMS, ended_at="2026-03-10T12:00"),
            "2026-03-10T12:00",
            AllowanceReason.ENDED,
            id="ended",
        ),
        pytest.param(
            account(trial_ends_at="2026-01-15", ended_at="2026-01-10"),
            "2026-01-10",
            AllowanceReason.ENDED,
            id="ended in trial",
        ),
    ],
)
def test_without_a_current_cycle_there_is_no_balance(
    of: Account, at: str, reason: AllowanceReason
) -> None:
    found = asked(of, at=at)
    assert (found.reason, found.allowed, found.balance) == (reason, False, None)
    assert (found.limit_micros, found.spent_micros, found.left_micros) == (None, None, None)


@pytest.mark.parametrize(
    "at", ["2026-01-31", "2026-03-10T11:59:59.999999"], ids=["first instant", "last instant"]
)
def test_a_current_cycle_lasts_from_the_first_to_the_end(at: str) -> None:
    ended = account(TERMS, ended_at="2026-03-10T12:00", trial_ends_at="2026-01-15")
    assert asked(ended, at=at).reason is AllowanceReason.ALLOWED


@pytest.mark.parametrize("feature", ["A", "VOICE", "WHATSAPP_TEMPLATE_2", "_" * 32])
def test_a_feature_is_a_name_that_a_charge_can_have(feature: str) -> None:
    check_estimate(feature, 0)


@pytest.mark.parametrize("feature", ["", "A" * 33, "voice", "VOICE ", "VOICE\n", "Ä", "A-B", "\0"])
def test_another_feature_is_refused(feature: str) -> None:
    with pytest.raises(BadInputError) as caught:
        check_estimate(feature, 0)
    assert caught.value.field == "feature"


def test_an_estimate_is_an_amount_that_a_charge_can_have() -> None:
    check_estimate("VOICE", CHARGE_MICROS_MAX)
    for micros in (-1, CHARGE_MICROS_MAX + 1):
        with pytest.raises(BadInputError, match=r"^It must be from 0 to 1,000,000\.$") as caught:
            check_estimate("VOICE", micros)
        assert caught.value.field == "estimatedAmount"
