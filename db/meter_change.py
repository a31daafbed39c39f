"""The ledger of changes to meters in SQL: append-only."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.commitment import ChangeKind, LedgerEntry, Meter, MeterChange
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


async def pages(
    conn: Connection, account_ids: Collection[UUID], *, meter: Meter | None, page: Page
) -> dict[UUID, list[LedgerEntry]]:
    """Fetch a page of each account's ledger, newest first."""
    rows = await conn.fetch(
        _SQL["pages"], account_ids, None if meter is None else meter.value, *page.parameters
    )
    found: dict[UUID, list[LedgerEntry]] = defaultdict(list)
    for row in rows:
        found[row["account_id"]].append(
            LedgerEntry(
                change=_change(row),
                recorded_at=row["recorded_at"],
                recorded_by=row["recorded_by"],
                reason=row["reason"],
                replaced_by=row["replaced_by"],
            )
        )
    return found


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
