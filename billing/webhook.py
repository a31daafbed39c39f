"""Where notices may be posted: to the public web only (R17)."""

import re
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

from billing.errors import BadInputError

URL_MAX = 2_000
"""Characters of a webhook's URL."""

HTTPS_PORT = 443
"""The port of a webhook, unless its URL names another."""

PORT_MIN, PORT_MAX = 1_024, 65_535
"""The lowest and the highest of others: further below are other services'."""

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# The last label begins with a letter, as no number does, in whatever base it is written.
HOST = rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+(?=[A-Za-z]){_LABEL}"
"""What a name in the public Internet looks like, as a pattern."""

_HOST_NAME = re.compile(HOST)
_PLACE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?")
_URL = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+")

_PRIVATE_NAMES = (
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "home.arpa",
)
"""Domains that are only known inside networks."""

_UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that is given out to be reached from everywhere."""

_SPECIAL = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("3fff::/20"),
)
"""What registries keep for purposes of their own, and not every `ipaddress` knows of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where notices are posted; `secret_number` counts the secrets there have been, from 1."""

    url: str
    secret_number: int


def check_webhook_url(url: str) -> None:
    """Refuse a URL to which notices must not be posted: only the public web is written to.

    A name can still lead anywhere: whoever connects asks `is_public` of what it resolves to.

    Raises:
        BadInputError: it is malformed, not https, or leads into a network of somebody's own.
    """
    if len(url) > URL_MAX or not _URL.fullmatch(url):
        raise BadInputError(
            f"It must be a URL in ASCII of at most {URL_MAX:,} characters, without a fragment.",
            field="url",
        )
    scheme, place = _split(url)
    if scheme != "https":
        raise BadInputError("It must begin with https://.", field="url")
    if "@" in place:
        raise BadInputError("It must not name a user.", field="url")
    found = _PLACE.fullmatch(place)
    if found is None or not _is_public_host(found["host"]):
        raise BadInputError("Its host must be a public name or address.", field="url")
    port = int(found["port"] or HTTPS_PORT)
    if port != HTTPS_PORT and not PORT_MIN <= port <= PORT_MAX:
        raise BadInputError(
            f"Its port must be {HTTPS_PORT}, or {PORT_MIN} to {PORT_MAX}.", field="url"
        )


def changed_webhook(
    before: Webhook | None, url: str, *, last_secret_number: int, rotate: bool
) -> Webhook:
    """Return the webhook at `url`, with a new secret to `rotate` it or where there was none."""
    if before is not None and not rotate:
        return replace(before, url=url)
    return Webhook(url=url, secret_number=last_secret_number + 1)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is one machine's in the public Internet.

    Those of IPv6 in which one of IPv4 hides are not.
    """
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    if any(address in network for network in _SPECIAL):
        return False
    if isinstance(address, IPv4Address):
        return True
    return address in _UNICAST and address.sixtofour is None and address.teredo is None


def _split(url: str) -> tuple[str, str]:
    """Return a URL's scheme, and what stands for user, host and port."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise BadInputError("Its host must be a public name or address.", field="url") from None
    return parts.scheme, parts.netloc


def _is_public_host(host: str) -> bool:
    """Tell whether a host is a public address, or a name that may lead to one."""
    try:
        return is_public(IPv6Address(host[1:-1]) if host[0] == "[" else IPv4Address(host))
    except ValueError:
        dotted = f".{host.lower()}"
        private = any(dotted.endswith(f".{name}") for name in _PRIVATE_NAMES)
        return _HOST_NAME.fullmatch(host) is not None and not private
