"""Telling watchers whose accounts have changed: at once where it can be heard, else by asking."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid4

from db import change
from db.listening import listening
from db.pool import Pool, UnavailableError, acquire
from resolvers.watcher import Watchers

CHECK_SECONDS = 10.0
"""How often it is checked that what is said is heard, and that nothing was missed."""

ECHO_SECONDS = 2.0
"""How long after something is said it must be heard."""

RETRY_SECONDS = 0.5
"""How long after listening has failed it is tried again; each failure that follows doubles that."""

RETRY_SECONDS_MAX = 30.0
"""How long at most."""

_LOG = logging.getLogger(__name__)


class Live:
    """The one of a process.

    It listens on a connection to `dsn`, which must lead to the database itself: what pools
    connections may take LISTEN and let nothing be heard. So it says something on `pool` and goes
    by what it hears. As long as that is nothing, it asks for the counts of changes.
    """

    def __init__(self, pool: Pool, dsn: str, watchers: Watchers, *, poll_seconds: float) -> None:
        self._pool = pool
        self._dsn = dsn
        self._watchers = watchers
        self._poll_seconds = poll_seconds
        self._counts: dict[UUID, int] = {}
        self._echo = ""
        self._echoed = asyncio.Event()
        self.hears = False

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Tell watchers until the end of the block."""
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._poll())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        waits = pauses()
        while True:
            try:
                async with listening(self._dsn, self._hear) as lost:
                    while not lost.is_set():
                        await self._check()
                        self.hears, waits = True, pauses()
                        await _set_within(lost, CHECK_SECONDS)
            except UnavailableError as error:
                _LOG.info("changes are not heard: %s", error)
            self.hears = False
            await asyncio.sleep(next(waits) * random.uniform(0.5, 1))  # noqa: S311 (no secret)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._poll_seconds)
            if not self.hears:
                try:
                    await self._compare()
                except UnavailableError as error:
                    _LOG.info("changes are not known: %s", error)

    async def _check(self) -> None:
        """Make sure that what is said is heard, and find what was not.

        Raises:
            UnavailableError: it is not heard.
        """
        self._echo = f"echo {uuid4()}"
        self._echoed.clear()
        async with acquire(self._pool) as conn:
            await change.announce(conn, [self._echo])
        if not await _set_within(self._echoed, ECHO_SECONDS):
            raise UnavailableError("nothing is heard")
        await self._compare()

    async def _compare(self) -> None:
        """Tell the watchers of accounts whose counts are others than before."""
        watched = self._watchers.watched()
        counts: dict[UUID, int] = {}
        if watched:
            async with acquire(self._pool) as conn:
                counts = await change.counts(conn, watched)
        before, self._counts = self._counts, counts
        self._watchers.tell([id_ for id_, count in counts.items() if before.get(id_) != count])

    def _hear(self, said: str) -> None:
        if said == self._echo:
            self._echoed.set()
        else:
            with suppress(ValueError):  # it is the echo of another process
                self._watchers.tell([UUID(id_) for id_ in said.split(",")])


def pauses() -> Iterator[float]:
    """Tell how long to wait after each of several failures."""
    pause = RETRY_SECONDS
    while True:
        yield pause
        pause = min(2 * pause, RETRY_SECONDS_MAX)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, and tell whether it was set in time."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
