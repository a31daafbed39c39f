"""Listening to announcements of changes, on a connection of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from db.change import CHANNEL
from db.pool import BROKEN, UnavailableError, connect

CONNECT_SECONDS = 5.0
"""How long connecting may take."""


@asynccontextmanager
async def listening(dsn: str, hear: Callable[[str], None]) -> AsyncIterator[asyncio.Event]:
    """Hand what is said to `hear` until the end of the block; yields what a lost connection sets.

    Raises:
        UnavailableError: the database cannot be had just now.
    """
    lost = asyncio.Event()
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            conn = await connect(dsn)
    except TimeoutError as error:
        raise UnavailableError("TimeoutError") from error
    try:
        conn.add_termination_listener(lambda _: lost.set())
        await conn.add_listener(CHANNEL, lambda *given: hear(str(given[-1])))
        yield lost
    except BROKEN as error:
        raise UnavailableError(type(error).__name__) from error
    finally:
        conn.terminate()
