"""What an account is told without asking: reminders, low balance, recharges (R16, R17, D25)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from uuid import UUID

from billing.commitment import Meter


class NoticeKind(Enum):
    """What a notice is about."""

    REMINDER = "REMINDER"
    """Usage has reached a percentage of what was bought."""

    LOW_BALANCE = "LOW_BALANCE"
    """The carrier balance is at the alert's threshold, or below."""

    RECHARGED = "RECHARGED"
    """Balance was added automatically."""

    RECHARGE_FAILED = "RECHARGE_FAILED"
    """Balance should have been added automatically and could not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to tell, written in the transaction that causes it.

    `armings` are those of the marks that caused it (`billing.reminder`). `percent` is a
    reminder's, `threshold_micros` that of a low balance or of a recharge that failed,
    `amount_micros` what a recharge added, `reason` why one failed, in a sentence for people.
    """

    kind: NoticeKind
    meter: Meter
    cycle: int
    armings: Mapping[str, int] = field(default_factory=dict)
    percent: int | None = None
    threshold_micros: int | None = None
    amount_micros: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A notice with all that it tells, taken down once, when it was due and still held.

    `used` and `base` are conversations or micro-euros: what the percentage is of. `left` is
    what quota or balance still holds, in the same unit.
    """

    id: UUID
    notice: Notice
    account_id: UUID
    external_id: str
    account_name: str
    starts_on: date
    ends_on: date
    time_zone: str
    currency: str
    used: int
    base: int
    left: int
    written_at: datetime
