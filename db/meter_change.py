"""The ledger of changes to meters in SQL: append-only."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.commitment import ChangeKind, Meter, MeterChange
from db import queries
from db.page import Page
from db.pool import Connection, Row

_SQL = queries.load("meter_change")


@dataclass(frozen=True, slots=True)
class Record:
    """Who wrote a row of the ledger, when and why."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the ledger; `replaced_by` is the version that took its place in time (D21)."""

    change: MeterChange
    record: Record
    replaced_by: int | None


async def of_account(conn: Connection, account_id: UUID) -> list[MeterChange]:
    """Fetch all changes to the account's meters."""
    return [_change(row) for row in await conn.fetch(_SQL["of_account"], account_id)]


async def insert(conn: Connection, account_id: UUID, change: MeterChange, record: Record) -> None:
    """Record a change. The account must be locked, or another may take the version."""
    await conn.execute(
        _SQL["insert"],
        account_id,
        change.meter.value,
        change.version,
        change.kind.value,
        change.cycle,
        change.amount,
        change.amount_before,
        change.price_micros,
        change.effective_at,
        record.at,
        record.by,
        record.reason,
    )


async def page(
    conn: Connection, account_id: UUID, *, meter: Meter | None, page: Page
) -> list[Entry]:
    """Fetch a page of the account's ledger, newest first."""
    rows = await conn.fetch(
        _SQL["page"], account_id, None if meter is None else meter.value, *page.parameters
    )
    return [
        Entry(
            _change(row),
            Record(row["recorded_at"], row["recorded_by"], row["reason"]),
            row["replaced_by"],
        )
        for row in rows
    ]


def _change(row: Row) -> MeterChange:
    return MeterChange(
        meter=Meter(row["meter"]),
        version=row["version"],
        kind=ChangeKind(row["kind"]),
        cycle=row["cycle"],
        amount=row["amount"],
        amount_before=row["amount_before"],
        price_micros=row["price_micros"],
        effective_at=row["effective_at"],
    )
