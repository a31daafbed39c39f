"""Letting requests in: so many at a time, and each for so long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from db.pool import watched_commits
from resolvers.context import OutcomeUnknownError, UnavailableError

PER_CONNECTION = 3
"""Requests in flight for each connection of their pool."""


class Admission:
    """The places of the requests that share a pool."""

    def __init__(self, *, places: int, seconds: float) -> None:
        self._free = places
        self.seconds = seconds

    @asynccontextmanager
    async def enter(
        self, request: Request | None = None, *, seconds: float | None = None
    ) -> AsyncIterator[None]:
        """Take a place and run the block, which is cut when its time is up.

        So it is when the client of `request` leaves. Its body must have been read: whoever
        dribbles one keeps nobody out.

        Raises:
            UnavailableError: all places are taken, or the block was cut.
            OutcomeUnknownError: it was, and in mid-COMMIT.
        """
        if not self._free:
            raise UnavailableError("Too many requests are in flight.")
        self._free -= 1
        try:
            async with limited(self.seconds if seconds is None else seconds, request):
                yield
        finally:
            self._free += 1


@asynccontextmanager
async def limited(seconds: float, request: Request | None = None) -> AsyncIterator[None]:
    """Cut the block when its time is up, or the client of `request` has left.

    Raises:
        UnavailableError: it was cut.
        OutcomeUnknownError: it was, and in mid-COMMIT.
    """
    with watched_commits() as commits:
        try:
            async with asyncio.timeout(seconds) as limit, _watched(request, limit):
                yield
        except TimeoutError:
            why = f"It took over {seconds:g} s, or the client left."
            raise (OutcomeUnknownError if commits.cut else UnavailableError)(why) from None


@asynccontextmanager
async def _watched(request: Request | None, limit: asyncio.Timeout) -> AsyncIterator[None]:
    if request is None:
        yield
        return
    watching = asyncio.create_task(_watch(request, limit))
    try:
        yield
    finally:
        watching.cancel()


async def _watch(request: Request, limit: asyncio.Timeout) -> None:
    while (message := await request.receive())["type"] != "http.disconnect":
        if message.get("more_body"):  # there is more than was asked for: it is not read
            return
    if not limit.expired():
        limit.reschedule(asyncio.get_running_loop().time())
