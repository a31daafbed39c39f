"""Statements in SQL: append-only, one per closed cycle; `db.usage` reads them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from billing.statement import Line
from db import queries
from db.columns import columns
from db.pool import Connection

_SQL = queries.load("statement")


async def latest(conn: Connection, account_ids: Collection[UUID]) -> dict[UUID, int]:
    """Fetch the number of the last cycle that has a statement, per account that has any."""
    rows = await conn.fetch(_SQL["latest"], account_ids)
    return {row["account_id"]: row["cycle"] for row in rows}


async def insert(
    conn: Connection,
    account_id: UUID,
    statements: Mapping[int, Sequence[Line]],
    *,
    recorded_at: datetime,
) -> None:
    """Record statements, each given by its cycle's number. The account must be locked."""
    await conn.execute(_SQL["insert"], account_id, recorded_at, list(statements))
    rows = [
        (number, line.meter.value, line.label, line.amount, line.n)
        for number, lines in statements.items()
        for line in lines
    ]
    if rows:
        await conn.execute(_SQL["insert_lines"], account_id, *columns(rows, width=5))
