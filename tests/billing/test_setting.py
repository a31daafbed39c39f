"""What can be set: recipients, amounts and URLs, each at its limit and one past it."""

import pytest

from billing.errors import BadInputError, LimitExceededError
from billing.money import AMOUNT_MICROS_MAX
from billing.plan import Limits
from billing.setting import (
    EMAIL_MAX,
    NOTHING_SET,
    RECHARGES_MAX,
    RECIPIENTS_MAX,
    AutoRecharge,
    Language,
    LowBalanceAlert,
    Recipient,
    SettingKind,
    Settings,
    check_auto_recharge,
    check_email,
    check_low_balance_alert,
    check_recharge_limits,
    check_recipients,
)
from billing.webhook import (
    Webhook,
    changed_webhook,
)

ANNA = Recipient("anna@example.com", Language.DE)
HOOK = "https://hooks.example.com/kontingent"


def recharge(threshold: int = 0, amount: int = 5, most: int = 5) -> AutoRecharge:
    return AutoRecharge(threshold_micros=threshold, amount_micros=amount, cycle_micros_max=most)


# --- addresses of e-mail

LABEL_63 = "d" * 63
DOMAIN_189 = f"{'d' * 61}.{LABEL_63}.{LABEL_63}"


@pytest.mark.parametrize(
    "email",
    [
        "anna@example.com",
        "a@b.c",
        "anna.maria+usage@sub.example.co",
        "o'brien@example.com",
        "!#$%&'*+/=?^_`{|}~-@example.com",
        "1@1.xn--p1ai",
        "ANNA@EXAMPLE.COM",
        f"{'a' * 64}@example.com",
        f"anna@{LABEL_63}.com",
        f"{'a' * 64}@{DOMAIN_189}",
    ],
)
def test_an_address_can_be_written_to(email: str) -> None:
    check_email(email)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "anna",
        "@example.com",
        "anna@",
        "anna@example",
        "anna@@example.com",
        "anna@maria@example.com",
        "anna@example.com,jon@example.com",
        "anna@example.com;jon@example.com",
        "anna@example.com jon@example.com",
        "Anna <anna@example.com>",
        "<anna@example.com>",
        '"anna"@example.com',
        '"anna maria"@example.com',
        "anna(maria)@example.com",
        "anna\\@example.com",
        "anna:@example.com",
        " anna@example.com",
        "anna@example.com ",
        "anna@example.com\n",
        "anna@example.com\r\nBcc: jon@example.com",
        "an\rna@example.com",
        "an\tna@example.com",
        "an\0na@example.com",
        "änna@example.com",
        "anna@exämple.com",
        "anna@example.com\u2028",
        ".anna@example.com",
        "anna.@example.com",
        "an..na@example.com",
        "anna@.example.com",
        "anna@example.com.",
        "anna@example..com",
        "anna@-example.com",
        "anna@example-.com",
        "anna@exa_mple.com",
        "anna@127.0.0.1",
        "anna@[127.0.0.1]",
        "anna@example.1com",
        f"{'a' * 65}@example.com",
        f"anna@{LABEL_63}d.com",
        f"{'a' * 64}@d{DOMAIN_189}",
    ],
)
def test_what_is_not_plainly_one_address_is_refused(email: str) -> None:
    with pytest.raises(BadInputError) as refused:
        check_email(email)
    assert refused.value.field == "email"
    assert "64 characters before the @ and 254 in all" in refused.value.message


def test_an_address_has_at_most_254_characters() -> None:
    longest = f"{'a' * 64}@{DOMAIN_189}"
    assert len(longest) == EMAIL_MAX == 254
    with pytest.raises(BadInputError):
        check_email(f"{'a' * 64}@d{DOMAIN_189}")


# --- recipients


def some(number: int) -> list[Recipient]:
    return [Recipient(f"anna{n}@example.com", Language.NL) for n in range(number)]


def test_recipients_are_at_most_20() -> None:
    assert RECIPIENTS_MAX == 20
    check_recipients([])
    check_recipients(some(RECIPIENTS_MAX))
    with pytest.raises(BadInputError) as refused:
        check_recipients(some(RECIPIENTS_MAX + 1))
    assert (refused.value.message, refused.value.field) == (
        "They must be at most 20.",
        "recipients",
    )


@pytest.mark.parametrize("other", ["anna@example.com", "anna@EXAMPLE.com"])
def test_nobody_is_a_recipient_twice_in_whichever_language(other: str) -> None:
    with pytest.raises(BadInputError) as refused:
        check_recipients([ANNA, Recipient(other, Language.EN)])
    assert refused.value.field == "recipients"
    assert refused.value.message == f'"{other}" is there twice.'


def test_only_a_domain_is_the_same_in_capitals() -> None:
    check_recipients([ANNA, Recipient("Anna@example.com", Language.DE)])


# --- amounts


@pytest.mark.parametrize("threshold", [0, 1, AMOUNT_MICROS_MAX])
def test_a_threshold_from_nothing_to_a_billion(threshold: int) -> None:
    check_low_balance_alert(LowBalanceAlert(threshold_micros=threshold, recipients=(ANNA,)))
    check_auto_recharge(recharge(threshold))


@pytest.mark.parametrize("threshold", [-1, AMOUNT_MICROS_MAX + 1])
def test_a_threshold_beyond_is_refused(threshold: int) -> None:
    with pytest.raises(BadInputError) as alert:
        check_low_balance_alert(LowBalanceAlert(threshold_micros=threshold))
    with pytest.raises(BadInputError) as recharged:
        check_auto_recharge(recharge(threshold))
    for refused in (alert, recharged):
        assert refused.value.message == "It must be 0 to 1,000,000,000."
        assert refused.value.field == "threshold"


def test_the_recipients_of_an_alert_are_checked_too() -> None:
    with pytest.raises(BadInputError) as refused:
        check_low_balance_alert(LowBalanceAlert(threshold_micros=0, recipients=(ANNA, ANNA)))
    assert refused.value.field == "recipients"


@pytest.mark.parametrize(
    ("amount", "most"),
    [
        (1, 1),
        (5, 5 * RECHARGES_MAX),
        (AMOUNT_MICROS_MAX, AMOUNT_MICROS_MAX),
    ],
)
def test_a_recharge_within_its_limits(amount: int, most: int) -> None:
    check_auto_recharge(recharge(amount=amount, most=most))


@pytest.mark.parametrize(
    ("amount", "most", "field", "message"),
    [
        (0, 5, "amount", "It must be more than 0, at most 1,000,000,000."),
        (-1, 5, "amount", "It must be more than 0, at most 1,000,000,000."),
        (
            AMOUNT_MICROS_MAX + 1,
            AMOUNT_MICROS_MAX + 1,
            "amount",
            "It must be more than 0, at most 1,000,000,000.",
        ),
        (5, 4, "perCycleMax", "It must be at least the amount, at most 1,000 times the amount."),
        (
            5,
            5 * RECHARGES_MAX + 1,
            "perCycleMax",
            "It must be at least the amount, at most 1,000 times the amount.",
        ),
    ],
)
def test_a_recharge_beyond_its_limits(amount: int, most: int, field: str, message: str) -> None:
    with pytest.raises(BadInputError) as refused:
        check_auto_recharge(recharge(amount=amount, most=most))
    assert (refused.value.field, refused.value.message) == (field, message)


def test_a_customer_recharges_as_much_as_a_top_up_may_be() -> None:
    limits = Limits(top_up_micros_min=2_000_000, top_up_micros_max=3_000_000)
    for amount in (2_000_000, 3_000_000):
        check_recharge_limits(recharge(amount=amount), limits)
    for amount in (1_999_999, 3_000_001):
        with pytest.raises(LimitExceededError) as refused:
            check_recharge_limits(recharge(amount=amount), limits)
        assert refused.value.message == "A recharge is from 2.00 to 3.00."
        assert refused.value.field == "amount"
        told = refused.value.amount_micros_min, refused.value.amount_micros_max
        assert told == (2_000_000, 3_000_000)


# --- what is set afterwards


def test_each_setting_has_a_version_of_its_own() -> None:
    once = NOTHING_SET.changed(SettingKind.REMINDER_RECIPIENTS, (ANNA,))
    assert once == Settings(reminder_recipients=(ANNA,), reminder_recipients_version=1)
    twice = once.changed(SettingKind.REMINDER_RECIPIENTS, ())
    assert twice == Settings(reminder_recipients_version=2)
    alert = LowBalanceAlert(threshold_micros=1)
    both = twice.changed(SettingKind.LOW_BALANCE_ALERT, alert)
    assert [both.version(kind) for kind in SettingKind] == [1, 0, 2, 0]
    assert both.low_balance_alert == alert


@pytest.mark.parametrize(
    ("before", "last", "rotate", "number"),
    [
        pytest.param(None, 0, False, 1, id="first"),
        pytest.param(None, 0, True, 1, id="first_and_rotated"),
        pytest.param(1, 1, False, 1, id="moved"),
        pytest.param(1, 1, True, 2, id="rotated"),
        pytest.param(None, 2, False, 3, id="set_anew"),
        pytest.param(None, 2, True, 3, id="set_anew_and_rotated"),
    ],
)
def test_a_secret_is_new_where_it_is_rotated_or_there_was_none(
    before: int | None,
    last: int,
    rotate: bool,  # noqa: FBT001 (an argument of the rule)
    number: int,
) -> None:
    webhook = None if before is None else Webhook(url="https://old.example.com", secret_number=1)
    changed = changed_webhook(webhook, HOOK, last_secret_number=last, rotate=rotate)
    assert changed == Webhook(url=HOOK, secret_number=number)
    settings = Settings(webhook=webhook)
    after = settings.changed(SettingKind.WEBHOOK, changed)
    assert after.has_new_secret(settings) is (number != before)
    assert not after.changed(SettingKind.WEBHOOK, None).has_new_secret(after)
    assert not after.changed(SettingKind.AUTO_RECHARGE, None).has_new_secret(after)
