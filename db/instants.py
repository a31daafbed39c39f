"""Instants of conversation keys, many keys at a time."""

from collections.abc import Sequence
from datetime import datetime

from billing.window import Key
from db.pool import Connection
from db.texts import columns_joined


async def of_keys(
    conn: Connection, sql: str, keys: Sequence[tuple[Key, datetime]]
) -> list[list[datetime]]:
    """Run a query that takes keys, each with an instant, and return what it finds, in key order.

    The query's parameters are accounts, contacts and channels joined, instants; its rows are
    (place, instant), sorted, with places counted from 1.
    """
    given = [(*key, since) for key, since in keys]
    rows = await conn.fetch(sql, *columns_joined(given, width=4, texts={1, 2}))
    found: list[list[datetime]] = [[] for _ in keys]
    for place, instant in rows:
        found[place - 1].append(instant)
    return found
