"""Whether paid messages may be sent now: what services ask before they send (R16, D18)."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from billing.account import Account, AccountStatus
from billing.cycle import Cycle
from billing.errors import BadInputError
from billing.event import CHARGE_MICROS_MAX, LABEL
from billing.money import MICROS


class AllowanceReason(Enum):
    """Why paid messages may be sent, or why not."""

    ALLOWED = "ALLOWED"
    TRIAL = "TRIAL"
    NOT_STARTED = "NOT_STARTED"
    ENDED = "ENDED"
    NO_BALANCE = "NO_BALANCE"
    NOT_ENOUGH = "NOT_ENOUGH"


@dataclass(frozen=True, slots=True)
class Balance:
    """What the current cycle's carrier balance is made of, in micro-euros."""

    spent_micros: int
    commitment_micros: int
    topped_up_micros: int

    @property
    def limit_micros(self) -> int:
        """All that can be spent (D17)."""
        return self.commitment_micros + self.topped_up_micros

    @property
    def left_micros(self) -> int:
        """What of it is left, at least 0."""
        return max(0, self.limit_micros - self.spent_micros)


@dataclass(frozen=True, slots=True)
class SendAllowance:
    """The answer to a service, as of `computed_at`; no balance where there is no current cycle."""

    reason: AllowanceReason
    balance: Balance | None
    computed_at: datetime

    @property
    def allowed(self) -> bool:
        """Whether the message may be sent."""
        return self.reason is AllowanceReason.ALLOWED

    @property
    def limit_micros(self) -> int | None:
        """All that can be spent in the cycle."""
        return None if self.balance is None else self.balance.limit_micros

    @property
    def spent_micros(self) -> int | None:
        """What has been spent."""
        return None if self.balance is None else self.balance.spent_micros

    @property
    def left_micros(self) -> int | None:
        """What is left."""
        return None if self.balance is None else self.balance.left_micros


def check_estimate(feature: str, estimated_micros: int) -> None:
    """Refuse what no charge can be.

    Raises:
        BadInputError: the feature is malformed, or no charge is of that amount.
    """
    if not LABEL.fullmatch(feature):
        raise BadInputError("It must be 1 to 32 of A to Z, 0 to 9 and _.", field="feature")
    if not 0 <= estimated_micros <= CHARGE_MICROS_MAX:
        raise BadInputError(
            f"It must be from 0 to {CHARGE_MICROS_MAX // MICROS:,}.", field="estimatedAmount"
        )


def send_allowance(
    account: Account,
    cycle: Cycle | None,
    balance: Balance,
    *,
    estimated_micros: int,
    at: datetime,
) -> SendAllowance:
    """Judge a message that is estimated to cost so much, in the current `cycle` if there is one.

    Every sub-feature draws on the one balance. Nothing is reserved.
    """
    if cycle is None:
        return SendAllowance(_without_cycle(account, at), None, at)
    if balance.left_micros == 0:
        reason = AllowanceReason.NO_BALANCE
    elif estimated_micros > balance.left_micros:
        reason = AllowanceReason.NOT_ENOUGH
    else:
        reason = AllowanceReason.ALLOWED
    return SendAllowance(reason, balance, at)


def _without_cycle(account: Account, at: datetime) -> AllowanceReason:
    """Return why an account has no current cycle; one in trial never has (R2)."""
    return {
        AccountStatus.TRIAL: AllowanceReason.TRIAL,
        AccountStatus.ACTIVE: AllowanceReason.NOT_STARTED,
        AccountStatus.ENDED: AllowanceReason.ENDED,
    }[account.status(at)]
