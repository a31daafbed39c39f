"""Changes of accounts' numbers: counted by the transactions that make them, announced afterwards.

NOTIFY is not part of such a transaction: all that have one queue up for their commits, throughout
the database (with 16 writers there were 980 commits a second in the place of 6,500). One that has
nothing else to store waits for no disk. What is not announced is found by its count.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from db import queries

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

CHANNEL = "kontingent_changes"
"""On which it is said, by their ids, whose numbers have changed."""

TOGETHER = 200
"""Of how many accounts it is said at a time: PostgreSQL takes 8,000 bytes, an id has 36."""

_SQL = queries.load("change")
_noted: ContextVar[set[UUID] | None] = ContextVar("noted", default=None)


@contextmanager
def noting() -> Iterator[set[UUID]]:
    """Collect whose numbers are changed inside of the block."""
    found: set[UUID] = set()
    token = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(token)


def note(account_ids: Iterable[UUID]) -> None:
    """Say whose numbers the transaction under way changes."""
    noted = _noted.get()
    if noted is not None:
        noted.update(account_ids)


async def announce(conn: Connection, said: Collection[object]) -> None:
    """Say something to all who listen, account ids or else, with commas between."""
    texts = sorted(map(str, said))
    parts = [",".join(texts[at : at + TOGETHER]) for at in range(0, len(texts), TOGETHER)]
    await conn.execute(_SQL["announce"], CHANNEL, parts)


async def counts(conn: Connection, account_ids: Collection[UUID]) -> dict[UUID, int]:
    """Fetch how often the numbers of accounts have changed."""
    return dict(map(tuple, await conn.fetch(_SQL["counts"], account_ids)))
