"""Commitments in SQL: append-only."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.commitment import Commitment, Meter
from db import queries
from db.pool import Connection

_SQL = queries.load("commitment")


@dataclass(frozen=True, slots=True)
class Record:
    """Who wrote a row of the ledger, when and why."""

    at: datetime
    by: str
    reason: str


async def of_account(conn: Connection, account_id: UUID) -> list[Commitment]:
    """Fetch all changes to the account's commitments."""
    rows = await conn.fetch(_SQL["of_account"], account_id)
    return [
        Commitment(Meter(row["meter"]), row["version"], row["effective_cycle"], row["amount"])
        for row in rows
    ]


async def insert(
    conn: Connection, account_id: UUID, commitment: Commitment, record: Record
) -> None:
    """Record a change. The account must be locked."""
    await conn.execute(
        _SQL["insert"],
        account_id,
        commitment.meter.value,
        commitment.version,
        commitment.effective_cycle,
        commitment.amount,
        record.at,
        record.by,
        record.reason,
    )
