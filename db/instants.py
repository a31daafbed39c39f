"""Instants of conversation keys, many keys at a time."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from billing.window import Key
from db.columns import columns
from db.pool import Connection


async def of_keys(
    conn: Connection, sql: str, keys: Sequence[tuple[Key, datetime]]
) -> dict[Key, list[datetime]]:
    """Run a query that takes keys, each with an instant, and return what it finds by key.

    The query's parameters are places, accounts, contacts, channels and instants; its rows
    are (place, instant), sorted.
    """
    rows = await conn.fetch(
        sql, *columns([(place, *key, since) for place, (key, since) in enumerate(keys)], width=5)
    )
    found: dict[Key, list[datetime]] = defaultdict(list)
    for place, instant in rows:
        found[keys[place][0]].append(instant)
    return found
