"""What mutations were asked and what came of them, in SQL."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db import change, queries
from db.pool import Connection

_SQL = queries.load("idempotency")


@dataclass(frozen=True, slots=True)
class Asked:
    """A mutation's name and a hash of its input: what a key must not be used for twice."""

    mutation: str
    input_hash: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """What a key was used for, and the outcome as JSON."""

    asked: Asked
    outcome: str


async def find(conn: Connection, account_id: UUID, key: str) -> Kept | None:
    """Fetch what is kept under a key of the account's."""
    row = await conn.fetchrow(_SQL["find"], account_id, key)
    if row is None:
        return None
    return Kept(Asked(row["mutation"], row["input_hash"]), row["outcome"])


async def insert(conn: Connection, account_id: UUID, key: str, kept: Kept, *, at: datetime) -> None:
    """Keep an outcome, in the transaction of its effect."""
    change.note([account_id])
    await conn.execute(
        _SQL["insert"],
        account_id,
        key,
        kept.asked.mutation,
        kept.asked.input_hash,
        kept.outcome,
        at,
    )
