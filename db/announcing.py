"""Announcing changes: a moment later and all at once, so that nobody waits for it.

What is lost on the way is found by its count.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from contextvars import Context
from typing import TypeAlias
from uuid import UUID

import asyncpg

from db import change

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

ANNOUNCE_SECONDS = 0.05
"""How long changes are collected that are announced together."""

ACQUIRE_SECONDS = 1.0
"""How long announcing waits for a connection."""

_CHANGED: dict[Pool, set[UUID]] = {}
"""Whose changes are still to be announced, by the pool on which they were made."""

_TASKS: set[asyncio.Task[None]] = set()


def announce_soon(pool: Pool, changed: Collection[UUID]) -> None:
    """Have changes announced that are committed."""
    if pool in _CHANGED:
        _CHANGED[pool].update(changed)
        return
    _CHANGED[pool] = set(changed)
    # In a context of its own: what is noted of the request does not concern it.
    task = asyncio.create_task(_announce_after(pool, ANNOUNCE_SECONDS), context=Context())
    _TASKS.add(task)
    task.add_done_callback(_TASKS.discard)


async def announce_now(pool: Pool) -> None:
    """Announce what is still to be announced of a pool's changes."""
    changed = _CHANGED.pop(pool, None)
    if changed:
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
                await change.announce(conn, changed)


async def _announce_after(pool: Pool, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await announce_now(pool)
