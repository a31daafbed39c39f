"""What an account has bound itself to, per cycle, on each of its two meters (D20)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Meter(Enum):
    """The two things that are measured and committed to."""

    CONVERSATIONS = "CONVERSATIONS"
    CARRIER = "CARRIER"


@dataclass(frozen=True, slots=True)
class Commitment:
    """One change: `amount` holds from cycle `effective_cycle` on.

    `amount` is in blocks for CONVERSATIONS and in micro-euros for CARRIER. `version`
    counts the meter's changes from 1; a later one replaces what was scheduled.
    """

    meter: Meter
    version: int
    effective_cycle: int
    amount: int


def committed(changes: Iterable[Commitment], meter: Meter, number: int) -> int:
    """Return the amount that `meter` is committed to in cycle `number`; 0 where none is."""
    holding = [
        change for change in changes if change.meter is meter and change.effective_cycle <= number
    ]
    return max(holding, key=lambda change: change.version).amount if holding else 0


def next_commitment(
    changes: Iterable[Commitment], meter: Meter, *, effective_cycle: int, amount: int
) -> Commitment:
    """Return the change that makes `amount` hold from a cycle on, after all others."""
    version = 1 + max((change.version for change in changes if change.meter is meter), default=0)
    return Commitment(meter, version, effective_cycle, amount)


class GrantKind(Enum):
    """How quota or balance was added to one cycle."""

    BLOCKS = "BLOCKS"
    AUTOMATIC_BLOCKS = "AUTOMATIC_BLOCKS"
    TOP_UP = "TOP_UP"


class AdjustmentReason(Enum):
    """Why a closed cycle's change is booked in another cycle."""

    LATE = "LATE"
    REVERSAL = "REVERSAL"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The net change to a closed cycle that is booked where it arrived (D11).

    `label` is the channel or feature; `change` counts conversations or micro-euros, made
    by `events` events; `cycle_number` names the closed cycle.
    """

    meter: Meter
    label: str
    change: int
    events: int
    reason: AdjustmentReason
    cycle_number: int

    @property
    def charges(self) -> int:
        """How many charges it adds to its feature."""
        return self.events if self.reason is AdjustmentReason.LATE else -self.events
