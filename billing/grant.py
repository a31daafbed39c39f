"""What a cycle's quota and balance are made of, part by part (D14, D17)."""

from collections.abc import Iterator
from dataclasses import dataclass
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
class BlockGrant:
    """A part of a cycle's quota: `conversations`, of which `filled` are used.

    It is there until `expires_at`, the cycle's end. `granted_at` is None for what comes with
    the cycle. A reversal counts negatively; `reverses` is the id of what it takes back.
    """

    id: str
    conversations: int
    price_micros: int
    reason: GrantReason
    reverses: str | None
    note: str
    granted_at: datetime | None
    expires_at: datetime
    filled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceGrant:
    """A part of a cycle's balance, the same in micro-euros."""

    id: str
    amount_micros: int
    price_micros: int
    reason: GrantReason
    reverses: str | None
    note: str
    granted_at: datetime | None
    expires_at: datetime
    filled_micros: int


Grant: TypeAlias = BlockGrant | BalanceGrant

_REASONS = {
    GrantKind.BLOCKS: GrantReason.PURCHASE,
    GrantKind.TOP_UP: GrantReason.PURCHASE,
    GrantKind.AUTOMATIC_BLOCKS: GrantReason.AUTOMATIC,
    GrantKind.AUTOMATIC_TOP_UP: GrantReason.AUTOMATIC,
}
_METERS = {
    GrantKind.BLOCKS: Meter.CONVERSATIONS,
    GrantKind.AUTOMATIC_BLOCKS: Meter.CONVERSATIONS,
    GrantKind.TOP_UP: Meter.CARRIER,
    GrantKind.AUTOMATIC_TOP_UP: Meter.CARRIER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A grant of either meter, in conversations or micro-euros."""

    id: str
    amount: int
    price_micros: int
    reason: GrantReason
    note: str
    granted_at: datetime | None = None
    reverses: str | None = None


def grants(cycle: Cycle, figures: Figures) -> list[Grant]:
    """Return the parts of a cycle's quota, then those of its balance.

    All expire with the cycle, so that they are filled in the order in which they came; what
    was taken back is not filled. In the future cycle nothing is.
    """
    found: list[Grant] = []
    for meter in Meter:
        parts = [*_committed(cycle, figures, meter), *_granted(figures, meter)]
        for part, filled in zip(parts, _filled(cycle, figures, meter, parts), strict=True):
            found.append(_grant(cycle, meter, part, filled))
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
        )


def _granted(figures: Figures, meter: Meter) -> Iterator[_Part]:
    """Yield what was bought, added and taken back, in that order of time."""
    rows = [row for row in figures.grants if _METERS[row.kind] is meter]
    for row in sorted(rows, key=lambda row: (row.recorded_at, row.amount < 0, row.id)):
        reversal = row.amount < 0
        yield _Part(
            id=f"{row.id}-REVERSAL" if reversal else row.id,
            amount=row.amount * (BLOCK_SIZE if meter is Meter.CONVERSATIONS else 1),
            price_micros=row.price_micros,
            reason=GrantReason.REVERSAL if reversal else _REASONS[row.kind],
            note=row.reason,
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


def _grant(cycle: Cycle, meter: Meter, part: _Part, filled: int) -> Grant:
    if meter is Meter.CONVERSATIONS:
        return BlockGrant(
            id=part.id,
            conversations=part.amount,
            price_micros=part.price_micros,
            reason=part.reason,
            reverses=part.reverses,
            note=part.note,
            granted_at=part.granted_at,
            expires_at=cycle.period.end,
            filled=filled,
        )
    return BalanceGrant(
        id=part.id,
        amount_micros=part.amount,
        price_micros=part.price_micros,
        reason=part.reason,
        reverses=part.reverses,
        note=part.note,
        granted_at=part.granted_at,
        expires_at=cycle.period.end,
        filled_micros=filled,
    )
