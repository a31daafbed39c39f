"""Adjustments in SQL: append-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.commitment import AdjustmentReason, Meter
from billing.event import EventId
from db import queries
from db.columns import columns
from db.pool import Connection

_SQL = queries.load("adjustment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What an event changed in closed cycle `cycle`, booked in `booked_cycle` (D11)."""

    adjustment_id: UUID
    event_id: EventId
    occurred_at: datetime
    meter: Meter
    label: str
    change: int
    reason: AdjustmentReason
    cycle: int
    booked_cycle: int


async def insert(conn: Connection, bookings: Sequence[Booking], *, recorded_at: datetime) -> None:
    """Store bookings."""
    rows = [
        (
            booking.event_id.account_id,
            booking.adjustment_id,
            booking.meter.value,
            booking.label,
            booking.change,
            booking.reason.value,
            booking.cycle,
            booking.booked_cycle,
            booking.event_id.source,
            booking.event_id.id,
            booking.occurred_at,
        )
        for booking in bookings
    ]
    if rows:
        await conn.execute(_SQL["insert"], recorded_at, *columns(rows, width=11))
