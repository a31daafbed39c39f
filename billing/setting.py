"""What an admin sets for an account: whom to tell, when, and when to recharge (R16, D25)."""

from dataclasses import dataclass
from enum import Enum


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
    """What is set now; None, or nobody, where nothing is."""

    low_balance_alert: LowBalanceAlert | None = None
    auto_recharge: AutoRecharge | None = None
    reminder_recipients: tuple[Recipient, ...] = ()
    webhook: Webhook | None = None


NOTHING_SET = Settings()
