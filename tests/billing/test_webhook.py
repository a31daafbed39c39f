"""Webhooks: to the public web only, whatever an address is spelled like."""

from ipaddress import ip_address

import pytest

from billing.errors import BadInputError
from billing.webhook import (
    PORT_MAX,
    PORT_MIN,
    URL_MAX,
    check_webhook_url,
    is_public,
)


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
