"""What can be set: recipients, amounts and URLs, each at its limit and one past it."""

from ipaddress import ip_address

import pytest

from billing.errors import BadInputError, LimitExceededError
from billing.money import AMOUNT_MICROS_MAX
from billing.plan import Limits
from billing.setting import (
    EMAIL_MAX,
    NOTHING_SET,
    PORT_MAX,
    PORT_MIN,
    RECHARGES_MAX,
    RECIPIENTS_MAX,
    URL_MAX,
    AutoRecharge,
    Language,
    LowBalanceAlert,
    Recipient,
    SettingKind,
    Settings,
    Webhook,
    changed_webhook,
    check_auto_recharge,
    check_email,
    check_low_balance_alert,
    check_recharge_limits,
    check_recipients,
    check_webhook_url,
    is_public,
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


# --- webhooks


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/",
        "https://example.com?token=a%20b",
        "HTTPS://Hooks.EXAMPLE.com/a/b;c?d=e&f=[g]@h:i",
        "https://xn--mller-kva.example",
        "https://1.2.3.4.example.com",
        "https://127.example.com",
        "https://localhost.example.com",
        "https://internal.example.com",
    ],
)
def test_a_url_of_the_public_web(url: str) -> None:
    check_webhook_url(url)


@pytest.mark.parametrize("place", ["8.8.8.8", "[2606:4700:4700::1111]", "[2a00:1450::1]"])
def test_a_public_address_is_a_host_too(place: str) -> None:
    check_webhook_url(f"https://{place}/")
    check_webhook_url(f"https://{place}:8443/")


HOST = "Its host must be a public name or address."
FORM = "It must be a URL in ASCII of at most 2,000 characters, without a fragment."


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        "LOCALHOST",
        "hooks.localhost",
        "hooks.local",
        "hooks.Internal",
        "metadata.google.internal",
        "hooks.localdomain",
        "hooks.home.arpa",
        "hooks.lan",
        "hooks.corp",
        "hooks",
        "hooks.",
        "example.com.",
        ".example.com",
        "example..com",
        "-hooks.example.com",
        "hooks-.example.com",
        "hooks_1.example.com",
        "%65xample.com",
        f"{'d' * 64}.com",
        f"{'d' * 63}.{'d' * 63}.{'d' * 63}.{'d' * 63}.com",
        # one and the same machine, in all spellings
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0x7f.0.0.0x1",
        "0x7f.0x1",
        "017700000001",
        "0177.0.0.1",
        "0177.0.0.01",
        "127.000.000.001",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        # not one public machine's
        "0.0.0.0",
        "0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "8.8.8",
        "8.8.8.8.8",
        "8.8.8.256",
        "[::]",
        "[::ffff:8.8.8.8]",
        "[64:ff9b::808:808]",
        "[64:ff9b:1::808:808]",
        "[100::1]",
        "[2001::1]",
        "[2001:db8::1]",
        "[2002:808:808::1]",
        "[3fff::1]",
        "[5f00::1]",
        "[fc00::1]",
        "[fd12:3456::1]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[2606:4700::1111%25eth0]",
        "[fec0::1]",
        "[ff02::1]",
        "[8.8.8.8]",
        "[v1.example.com]",
        "[::1",
        "2606:4700::1111",
    ],
)
def test_a_host_that_is_not_public_is_refused(host: str) -> None:
    with pytest.raises(BadInputError) as refused:
        check_webhook_url(f"https://{host}/hook")
    assert (refused.value.field, refused.value.message) == ("url", HOST)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", FORM),
        ("http://example.com", "It must begin with https://."),
        ("ftp://example.com", "It must begin with https://."),
        ("//example.com", "It must begin with https://."),
        ("example.com", "It must begin with https://."),
        ("javascript:alert(1)", "It must begin with https://."),
        ("https:example.com", HOST),
        ("https:///example.com", HOST),
        ("https://anna@example.com", "It must not name a user."),
        ("https://anna:pass@example.com", "It must not name a user."),
        ("https://@example.com", "It must not name a user."),
        ("https://example.com@127.0.0.1", "It must not name a user."),
        ("https://example.com#part", FORM),
        ("https://example.com#", FORM),
        ("https://example.com/a b", FORM),
        ("https://example.com/\n", FORM),
        ("https://exam\tple.com/", FORM),
        (" https://example.com/", FORM),
        ("https://example.com\\@127.0.0.1/", FORM),
        ("https://exämple.com", FORM),
        ("https://example。com", FORM),
        ("https://example.com/ü", FORM),
        ('https://example.com/"', FORM),
        ("https://example.com:", HOST),
        ("https://example.com:https", HOST),
        ("https://example.com:-1", HOST),
        ("https://example.com:000443", HOST),
    ],
)
def test_a_url_of_another_form_is_refused(url: str, message: str) -> None:
    with pytest.raises(BadInputError) as refused:
        check_webhook_url(url)
    assert (refused.value.field, refused.value.message) == ("url", message)


def test_a_url_has_at_most_2000_characters() -> None:
    longest = "https://example.com/".ljust(URL_MAX, "a")
    assert len(longest) == 2_000
    check_webhook_url(longest)
    with pytest.raises(BadInputError) as refused:
        check_webhook_url(f"{longest}a")
    assert (refused.value.field, refused.value.message) == ("url", FORM)


@pytest.mark.parametrize("port", [443, PORT_MIN, PORT_MAX])
def test_a_port_of_the_web_or_of_nobody_else(port: int) -> None:
    check_webhook_url(f"https://example.com:{port}/")


@pytest.mark.parametrize("port", [0, 22, 25, 80, 442, 444, PORT_MIN - 1, PORT_MAX + 1, 99_999])
def test_another_port_is_refused(port: int) -> None:
    with pytest.raises(BadInputError) as refused:
        check_webhook_url(f"https://example.com:{port}/")
    assert refused.value.field == "url"
    assert refused.value.message == "Its port must be 443, or 1024 to 65535."


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("192.0.1.1", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("224.0.0.1", False),
        ("::ffff:8.8.8.8", False),
        ("2002:7f00:1::", False),
        ("2001:0:808:808::1", False),
        ("4000::1", False),
    ],
)
def test_which_addresses_may_be_connected_to(address: str, public: bool) -> None:  # noqa: FBT001 (what is expected)
    assert is_public(ip_address(address)) is public


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
