"""Taking back what was recorded: a message, a charge or a grant (D24)."""

from dataclasses import dataclass
from datetime import datetime

from billing.account import Account
from billing.commitment import GrantKind, Meter
from billing.cycle import all_closed, booking_number, closed_at
from billing.errors import AccountEndedError, BadInputError

REASON_MAX = 500
"""Characters of a reversal's reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetChange:
    """What a reversal changed in closed cycle `cycle_number`, booked in another one (D11).

    `label` is the channel or feature; `change` counts conversations or micro-euros.
    """

    meter: Meter
    label: str
    change: int
    cycle_number: int
    booked_in_cycle: int

    @property
    def conversations(self) -> int | None:
        """Conversations, of the meter that counts them."""
        return self.change if self.meter is Meter.CONVERSATIONS else None

    @property
    def amount_micros(self) -> int | None:
        """Micro-euros, of the meter of carrier costs."""
        return self.change if self.meter is Meter.CARRIER else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """What was taken back, and in which cycle that counts; None where it counts in none.

    A message has a channel and a charge a feature as its `label`, a grant has its kind.
    """

    meter: Meter
    label: str | None = None
    grant_kind: GrantKind | None = None
    cycle_number: int | None
    adjustments: tuple[NetChange, ...] = ()


def check_reason(reason: str) -> None:
    """Refuse a reason that nobody could read.

    Raises:
        BadInputError: it is empty, too long, or has characters that cannot be printed.
    """
    if not 1 <= len(reason) <= REASON_MAX or not reason.isprintable():
        raise BadInputError(f"It must be 1 to {REASON_MAX} printable characters.", field="reason")


def check_open(account: Account, at: datetime) -> None:
    """Refuse an account that has no cycle left in which anything could count.

    Raises:
        AccountEndedError: it has ended, and its last cycle is closed.
    """
    if all_closed(account, at):
        raise AccountEndedError("The account has ended, and its last cycle is closed.")


def counting_number(account: Account, number: int, at: datetime) -> int:
    """Return the cycle in which the reversal of what counts in cycle `number` counts.

    That is the same one, or the one current at `at` where it is closed. What was bought for
    a cycle that the account's end left out stays with it.
    """
    schedule = account.schedule
    assert schedule is not None
    last = schedule.last_number
    if last is not None and number > last:
        return number
    closed = at >= closed_at(account, schedule.period(number))
    return booking_number(account, at) if closed else number
