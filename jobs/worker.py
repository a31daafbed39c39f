"""Work that is done again and again beside the requests, for as long as the server runs."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

STOP_SECONDS = 5.0
"""How long what is being done may take to end when the server stops, before it is cut short."""

FAILURE_SECONDS = 1.0
"""How long after a failure it is tried again; each failure that follows doubles that."""

FAILURE_SECONDS_MAX = 60.0
"""How long at most."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is done every so many seconds; as long as it returns True, at once again."""

    name: str
    seconds: float
    work: Callable[[], Awaitable[bool]]


@contextlib.asynccontextmanager
async def running(*jobs: Job) -> AsyncGenerator[None]:
    """Do the jobs, each beside the others, until the end of the block."""
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(_repeat(job, stopping), name=job.name) for job in jobs]
    try:
        yield
    finally:
        stopping.set()
        _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(job: Job, stopping: asyncio.Event) -> None:
    failing = FAILURE_SECONDS
    while not stopping.is_set():
        try:
            pause = 0.0 if await job.work() else job.seconds
            failing = FAILURE_SECONDS
        except Exception as error:  # noqa: BLE001 (whatever it is, there is work to do)
            _LOG.warning("job %s failed: %s", job.name, type(error).__name__)
            pause, failing = failing, min(2 * failing, FAILURE_SECONDS_MAX)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stopping.wait()
