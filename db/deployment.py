"""What there is to know of the database server, and of the queue as a whole."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db import queries
from db.pool import Connection, Row

_SQL = queries.load("deployment")


@dataclass(frozen=True, slots=True, order=True)
class Taken:
    """When a fact was recorded, and when it happened."""

    recorded_at: datetime
    occurred_at: datetime


async def settings(conn: Connection, names: Collection[str]) -> dict[str, str]:
    """Fetch the server's settings of these names."""
    return {row["name"]: row["setting"] for row in await conn.fetch(_SQL["settings"], names)}


async def clock(conn: Connection) -> datetime:
    """Fetch the server's present."""
    now: datetime = await conn.fetchval(_SQL["clock"])
    return now


async def powerful(conn: Connection) -> bool:
    """Tell whether whoever is connected could make tables, or change a fact."""
    power: bool = await conn.fetchval(_SQL["power"])
    return power


async def newest(conn: Connection, account_ids: Collection[UUID]) -> Taken | None:
    """Fetch which fact of these accounts was recorded last, if there is any."""
    row: Row | None = await conn.fetchrow(_SQL["newest"], account_ids)
    return None if row is None else Taken(row["recorded_at"], row["occurred_at"])


async def queue(conn: Connection) -> tuple[int, datetime | None]:
    """Fetch how many deliveries were given up, and since when the longest due one waits."""
    row: Row | None = await conn.fetchrow(_SQL["queue"])
    assert row is not None
    return row["dead"], row["waiting_since"]
