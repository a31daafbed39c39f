"""What an admin sets for an account: whom to tell, when, and when to recharge (R16, D25)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from billing.errors import BadInputError, LimitExceededError
from billing.money import AMOUNT_MICROS_MAX, MICROS, format_micros, quoted
from billing.plan import Limits
from billing.webhook import HOST, Webhook

RECIPIENTS_MAX = 20
"""Recipients of one kind of mail."""

EMAIL_MAX = 254
"""Characters of an address of e-mail."""

RECHARGES_MAX = 1_000
"""Recharges in a cycle."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{HOST}")


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
            f"A recharge is from {format_micros(low)} to {format_micros(high)}.",
            field="amount",
            amount_micros=(low, high),
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


def _check_threshold(threshold_micros: int) -> None:
    if not 0 <= threshold_micros <= AMOUNT_MICROS_MAX:
        raise BadInputError(f"It must be 0 to {AMOUNT_MICROS_MAX // MICROS:,}.", field="threshold")
