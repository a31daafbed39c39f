"""What an account binds itself to and buys, per cycle, on each of its two meters (D20)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple


class Meter(Enum):
    """The two things that are measured and committed to."""

    CONVERSATIONS = "CONVERSATIONS"
    CARRIER = "CARRIER"

    __hash__ = object.__hash__  # an Enum hashes its name, by a call of Python for each look-up


class ChangeKind(Enum):
    """What a change does to its meter."""

    COMMITMENT = "COMMITMENT"
    BLOCKS = "BLOCKS"
    TOP_UP = "TOP_UP"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterChange:
    """One change that somebody made to a meter; `version` counts them from 1 (D23).

    A COMMITMENT of `amount` holds from `cycle` on, until a later version for that cycle or
    an earlier one takes its place; BLOCKS and TOP_UP add `amount` to `cycle` alone. Amounts
    are blocks for CONVERSATIONS and micro-euros for CARRIER. `price_micros` is what the
    change costs: once, or per cycle for a commitment.
    """

    meter: Meter
    version: int
    kind: ChangeKind
    cycle: int
    amount: int
    amount_before: int
    price_micros: int
    effective_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """A change with who made it, when and why, and what took its place in time (D21)."""

    change: MeterChange
    recorded_at: datetime
    recorded_by: str
    reason: str
    replaced_by: int | None

    @property
    def meter(self) -> Meter:
        """Of which meter."""
        return self.change.meter

    @property
    def version(self) -> int:
        """The meter's version after it."""
        return self.change.version

    @property
    def kind(self) -> ChangeKind:
        """What it does."""
        return self.change.kind

    @property
    def cycle_number(self) -> int:
        """From which cycle on, or for which."""
        return self.change.cycle

    @property
    def blocks(self) -> int | None:
        """Blocks, of a change to conversations."""
        return self._amount(Meter.CONVERSATIONS, self.change.amount)

    @property
    def blocks_before(self) -> int | None:
        """Blocks before, of a commitment to conversations."""
        return self._amount(Meter.CONVERSATIONS, self.change.amount_before)

    @property
    def amount_micros(self) -> int | None:
        """Micro-euros, of a change to carrier costs."""
        return self._amount(Meter.CARRIER, self.change.amount)

    @property
    def amount_before_micros(self) -> int | None:
        """Micro-euros before, of a commitment to carrier costs."""
        return self._amount(Meter.CARRIER, self.change.amount_before)

    @property
    def price_micros(self) -> int:
        """What it costs."""
        return self.change.price_micros

    @property
    def effective_at(self) -> datetime:
        """When it takes effect."""
        return self.change.effective_at

    def _amount(self, meter: Meter, amount: int) -> int | None:
        return amount if self.change.meter is meter else None


def latest_version(changes: Iterable[MeterChange], meter: Meter) -> int:
    """Return the version of `meter`: that of its last change, 0 where there is none."""
    return max((change.version for change in changes if change.meter is meter), default=0)


class Commitment(NamedTuple):
    """What of a COMMITMENT says which amount holds in a cycle."""

    meter: Meter
    version: int
    cycle: int
    amount: int


def commitments_of(changes: Iterable[MeterChange]) -> list[Commitment]:
    """Return the commitments among `changes`."""
    return [
        Commitment(change.meter, change.version, change.cycle, change.amount)
        for change in changes
        if change.kind is ChangeKind.COMMITMENT
    ]


def committed(commitments: Iterable[Commitment], meter: Meter, number: int) -> int:
    """Return the amount that `meter` is committed to in cycle `number`; 0 where none is."""
    latest, amount = 0, 0
    for commitment in commitments:
        if commitment.meter is meter and commitment.cycle <= number and commitment.version > latest:
            latest, amount = commitment.version, commitment.amount
    return amount


class GrantKind(Enum):
    """How quota or balance was added to one cycle."""

    BLOCKS = "BLOCKS"
    TOP_UP = "TOP_UP"
    AUTOMATIC_BLOCKS = "AUTOMATIC_BLOCKS"
    AUTOMATIC_TOP_UP = "AUTOMATIC_TOP_UP"

    __hash__ = object.__hash__  # as that of a Meter

    @property
    def meter(self) -> Meter:
        """What it adds to."""
        blocks = (GrantKind.BLOCKS, GrantKind.AUTOMATIC_BLOCKS)
        return Meter.CONVERSATIONS if self in blocks else Meter.CARRIER


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
