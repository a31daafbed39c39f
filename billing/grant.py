"""What a cycle's quota and balance are made of, part by part (D14, D17)."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from billing.commitment import GrantKind, Meter
from billing.cycle import Cycle, CycleState
from billing.figures import Figures
from billing.plan import BLOCK_SIZE
from billing.reminder import standing


class GrantReason(Enum):
    """Why a cycle has a part of its quota or balance."""

    INCLUDED = "INCLUDED"
    COMMITMENT = "COMMITMENT"
    PURCHASE = "PURCHASE"
    AUTOMATIC = "AUTOMATIC"
    REVERSAL = "REVERSAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleGrant:
    """What all parts have in common.

    A part is there until `expires_at`, the cycle's end. `granted_at` is None for what comes with
    the cycle. A reversal counts negatively; `reverses` is the id of what it takes back.
    """

    id: str
    price_micros: int
    reason: GrantReason
    note: str
    expires_at: datetime
    granted_at: datetime | None = None
    reverses: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockGrant(CycleGrant):
    """A part of a cycle's quota: `conversations`, of which `filled` are used."""

    conversations: int
    filled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceGrant(CycleGrant):
    """A part of a cycle's balance: `amount_micros`, of which `filled_micros` are spent."""

    amount_micros: int
    filled_micros: int


Grant: TypeAlias = BlockGrant | BalanceGrant

_REASONS = {
    GrantKind.BLOCKS: GrantReason.PURCHASE,
    GrantKind.TOP_UP: GrantReason.PURCHASE,
    GrantKind.AUTOMATIC_BLOCKS: GrantReason.AUTOMATIC,
    GrantKind.AUTOMATIC_TOP_UP: GrantReason.AUTOMATIC,
}
_SHARED = [field.name for field in fields(CycleGrant)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part(CycleGrant):
    """A grant of either meter: `amount` conversations or micro-euros."""

    amount: int


def grants(cycle: Cycle, figures: Figures) -> list[Grant]:
    """Return the parts of a cycle's quota, then those of its balance.

    All expire with the cycle, so that they are filled in the order in which they came; what
    was taken back is not filled. In the future cycle nothing is.
    """
    found: list[Grant] = []
    for meter in Meter:
        parts = [*_committed(cycle, figures, meter), *_granted(cycle, figures, meter)]
        for part, filled in zip(parts, _filled(cycle, figures, meter, parts), strict=True):
            found.append(_grant(meter, part, filled))
    return found


def _committed(cycle: Cycle, figures: Figures, meter: Meter) -> Iterator[_Part]:
    """Yield what comes with the cycle."""
    included = cycle.price_list.included if meter is Meter.CONVERSATIONS else 0
    if included:
        yield _Part(
            id=f"{meter.value}-INCLUDED-{cycle.number}",
            amount=included,
            price_micros=0,
            reason=GrantReason.INCLUDED,
            note=cycle.price_list.plan,
            expires_at=cycle.period.end,
        )
    committed = figures.committed(meter, cycle.number)
    if committed:
        blocks = meter is Meter.CONVERSATIONS
        yield _Part(
            id=f"{meter.value}-COMMITMENT-{cycle.number}",
            amount=committed * (BLOCK_SIZE if blocks else 1),
            price_micros=committed * (cycle.price_list.block_price_micros if blocks else 1),
            reason=GrantReason.COMMITMENT,
            note="Committed to, every cycle.",
            expires_at=cycle.period.end,
        )


def _granted(cycle: Cycle, figures: Figures, meter: Meter) -> Iterator[_Part]:
    """Yield what was bought, added and taken back, in that order of time."""
    rows = [row for row in figures.grants if row.kind.meter is meter]
    for row in sorted(rows, key=lambda row: (row.recorded_at, row.amount < 0, row.id)):
        reversal = row.amount < 0
        yield _Part(
            id=f"{row.id}-REVERSAL" if reversal else row.id,
            amount=row.amount * (BLOCK_SIZE if meter is Meter.CONVERSATIONS else 1),
            price_micros=row.price_micros,
            reason=GrantReason.REVERSAL if reversal else _REASONS[row.kind],
            note=row.reason,
            expires_at=cycle.period.end,
            granted_at=row.recorded_at,
            reverses=row.id if reversal else None,
        )


def _filled(cycle: Cycle, figures: Figures, meter: Meter, parts: list[_Part]) -> list[int]:
    """Spread what was used over the parts, as far as they hold it together."""
    if cycle.state is CycleState.FUTURE:
        return [0] * len(parts)
    reversed_ = {part.reverses for part in parts}
    rest = min(standing(cycle, figures, meter).used, sum(part.amount for part in parts))
    filled = []
    for part in parts:
        room = 0 if part.id in reversed_ else part.amount
        filled.append(max(0, min(room, rest)))
        rest -= filled[-1]
    return filled


def _grant(meter: Meter, part: _Part, filled: int) -> Grant:
    shared = {name: getattr(part, name) for name in _SHARED}
    if meter is Meter.CONVERSATIONS:
        return BlockGrant(conversations=part.amount, filled=filled, **shared)
    return BalanceGrant(amount_micros=part.amount, filled_micros=filled, **shared)
