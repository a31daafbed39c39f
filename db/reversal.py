"""Reversals in SQL: append-only, each original at most once."""

from dataclasses import dataclass
from uuid import UUID

from billing.commitment import GrantKind
from billing.event import EventId
from db import queries
from db.meter_change import Record
from db.pool import Connection

_SQL = queries.load("reversal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a reversal takes back of one: `amount` is in blocks or micro-euros."""

    id: str
    kind: GrantKind
    cycle: int
    amount: int
    price_micros: int


async def booked_cycle(conn: Connection, event_id: EventId) -> int | None:
    """Fetch the cycle in which a late charge is booked; None for one that was not late."""
    number: int | None = await conn.fetchval(_SQL["booked_cycle"], *event_id)
    return number


async def insert_event(conn: Connection, event_id: EventId, record: Record) -> bool:
    """Record that an event, which is stored, is reversed; False where it was before."""
    inserted = await conn.fetchval(
        _SQL["insert_event"], *event_id, record.at, record.by, record.reason
    )
    return inserted is not None


async def grant(conn: Connection, account_id: UUID, id: str) -> Grant | None:
    """Fetch a purchase or an automatic grant by the id by which it is shown."""
    row = await conn.fetchrow(_SQL["grant"], account_id, id)
    if row is None:
        return None
    return Grant(
        id=id,
        kind=GrantKind(row["kind"]),
        cycle=row["cycle"],
        amount=row["amount"],
        price_micros=row["price_micros"],
    )


async def insert_grant(
    conn: Connection, account_id: UUID, grant: Grant, record: Record, *, cycle: int
) -> bool:
    """Record that a grant counts negatively in `cycle`; False where it was reversed before."""
    inserted = await conn.fetchval(
        _SQL["insert_grant"],
        account_id,
        grant.id,
        grant.kind.value,
        cycle,
        grant.amount,
        grant.price_micros,
        record.at,
        record.by,
        record.reason,
    )
    return inserted is not None
