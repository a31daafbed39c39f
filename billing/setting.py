"""What an admin sets for an account: whom to tell, when, and when to recharge (R16, D25)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any
from urllib.parse import urlsplit

from billing.errors import BadInputError, LimitExceededError
from billing.money import AMOUNT_MICROS_MAX, MICROS, format_micros, quoted
from billing.plan import Limits

RECIPIENTS_MAX = 20
"""Recipients of one kind of mail."""

EMAIL_MAX = 254
"""Characters of an address of e-mail."""

RECHARGES_MAX = 1_000
"""Recharges in a cycle."""

URL_MAX = 2_000
"""Characters of a webhook's URL."""

HTTPS_PORT = 443
"""The port of a webhook, unless its URL names another."""

PORT_MIN, PORT_MAX = 1_024, 65_535
"""The lowest and the highest of others: further below are other services'."""

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# The last label begins with a letter, as no number does, in whatever base it is written.
_HOST = rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+(?=[A-Za-z]){_LABEL}"
_HOST_NAME = re.compile(_HOST)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_HOST}")
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


class SettingKind(Enum):
    """What can be set, each with versions of its own."""

    LOW_BALANCE_ALERT = "LOW_BALANCE_ALERT"
    AUTO_RECHARGE = "AUTO_RECHARGE"
    REMINDER_RECIPIENTS = "REMINDER_RECIPIENTS"
    WEBHOOK = "WEBHOOK"


class Language(Enum):
    """The languages in which mails are written."""

    DE = "DE"
    EN = "EN"
    FR = "FR"
    NL = "NL"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets mails, in a language."""

    email: str
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class LowBalanceAlert:
    """Tell `recipients` once the balance left is at `threshold_micros` or below.

    Without recipients of its own it goes to those of the reminders.
    """

    threshold_micros: int
    recipients: tuple[Recipient, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoRecharge:
    """Add `amount_micros` once the balance left is below `threshold_micros`.

    At most `cycle_micros_max` is added in a cycle.
    """

    threshold_micros: int
    amount_micros: int
    cycle_micros_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where notices are posted; `secret_number` counts the secrets there have been, from 1."""

    url: str
    secret_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is set now; None, or nobody, where nothing is.

    Versions count how often each was set, to whatever.
    """

    low_balance_alert: LowBalanceAlert | None = None
    low_balance_alert_version: int = 0
    auto_recharge: AutoRecharge | None = None
    auto_recharge_version: int = 0
    reminder_recipients: tuple[Recipient, ...] = ()
    reminder_recipients_version: int = 0
    webhook: Webhook | None = None
    webhook_version: int = 0

    def version(self, kind: SettingKind) -> int:
        """Return how often `kind` was set."""
        number: int = getattr(self, f"{kind.value.lower()}_version")
        return number

    def changed(self, kind: SettingKind, value: object) -> "Settings":
        """Return what is set once `kind` is set to `value`."""
        name = kind.value.lower()
        changes: dict[str, Any] = {name: value, f"{name}_version": self.version(kind) + 1}
        return replace(self, **changes)

    def has_new_secret(self, before: "Settings") -> bool:
        """Tell whether the webhook has another secret than it had, or has one again."""
        return self.webhook is not None and (
            before.webhook is None or before.webhook.secret_number != self.webhook.secret_number
        )


NOTHING_SET = Settings()


def check_low_balance_alert(alert: LowBalanceAlert) -> None:
    """Refuse an alert that nobody can set.

    Raises:
        BadInputError: its threshold or its recipients are outside their limits.
    """
    _check_threshold(alert.threshold_micros)
    check_recipients(alert.recipients)


def check_auto_recharge(auto_recharge: AutoRecharge) -> None:
    """Refuse a recharge that not even an operator may set.

    Raises:
        BadInputError: its threshold or an amount is outside its limits.
    """
    amount = auto_recharge.amount_micros
    _check_threshold(auto_recharge.threshold_micros)
    if not 0 < amount <= AMOUNT_MICROS_MAX:
        raise BadInputError(
            f"It must be more than 0, at most {AMOUNT_MICROS_MAX // MICROS:,}.", field="amount"
        )
    if not amount <= auto_recharge.cycle_micros_max <= RECHARGES_MAX * amount:
        raise BadInputError(
            f"It must be at least the amount, at most {RECHARGES_MAX:,} times the amount.",
            field="perCycleMax",
        )


def check_recharge_limits(auto_recharge: AutoRecharge, limits: Limits) -> None:
    """Refuse a recharge of an amount that a customer may not add by a top-up either.

    Raises:
        LimitExceededError: it is.
    """
    low, high = limits.top_up_micros_min, limits.top_up_micros_max
    if not low <= auto_recharge.amount_micros <= high:
        raise LimitExceededError(
            f"A recharge is from {format_micros(low)} to {format_micros(high)}.", field="amount"
        )


def check_recipients(recipients: Sequence[Recipient]) -> None:
    """Refuse recipients who are too many, the same, or of whom one cannot be written to.

    Raises:
        BadInputError: they are.
    """
    if len(recipients) > RECIPIENTS_MAX:
        raise BadInputError(f"They must be at most {RECIPIENTS_MAX}.", field="recipients")
    seen = set()
    for recipient in recipients:
        check_email(recipient.email)
        local, _, domain = recipient.email.partition("@")
        mailbox = (local, domain.lower())
        if mailbox in seen:
            raise BadInputError(f"{quoted(recipient.email)} is there twice.", field="recipients")
        seen.add(mailbox)


def check_email(email: str) -> None:
    """Refuse what is not plainly one address of e-mail.

    That is stricter than mail itself: neither quotes, nor comments, nor any character that
    could end a header.

    Raises:
        BadInputError: it is not.
    """
    if len(email) > EMAIL_MAX or not _EMAIL.fullmatch(email):
        raise BadInputError(
            f"{quoted(email)} is not one address such as anna@example.com, in ASCII, with at "
            f"most 64 characters before the @ and {EMAIL_MAX} in all.",
            field="email",
        )


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


def _check_threshold(threshold_micros: int) -> None:
    if not 0 <= threshold_micros <= AMOUNT_MICROS_MAX:
        raise BadInputError(f"It must be 0 to {AMOUNT_MICROS_MAX // MICROS:,}.", field="threshold")


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
