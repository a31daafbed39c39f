"""Automatic grants in SQL: append-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from billing.commitment import ChangeKind, GrantKind
from db import queries
from db.columns import columns
from db.pool import Connection

_SQL = queries.load("automatic_grant")


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomaticGrant:
    """Blocks, or micro-euros of balance, that nobody had to click for."""

    account_id: UUID
    grant_id: UUID
    kind: ChangeKind
    cycle: int
    amount: int
    price_micros: int
    effective_at: datetime
    reason: str

    @property
    def grant_kind(self) -> GrantKind:
        """As what it counts in its cycle."""
        return GrantKind(f"AUTOMATIC_{self.kind.value}")


async def insert(
    conn: Connection, grants: Sequence[AutomaticGrant], *, recorded_at: datetime
) -> None:
    """Store grants. Their accounts must be locked."""
    if grants:
        await conn.execute(_SQL["insert"], recorded_at, *columns_of(grants))


def columns_of(grants: Sequence[AutomaticGrant]) -> list[list[Any]]:
    """Turn grants into columns."""
    rows = [
        (
            grant.account_id,
            grant.grant_id,
            grant.kind.value,
            grant.cycle,
            grant.amount,
            grant.price_micros,
            grant.effective_at,
            grant.reason,
        )
        for grant in grants
    ]
    return columns(rows, width=8)
