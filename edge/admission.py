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
    """The places of the requests that share a pool: how many are taken, how many were refused."""

    def __init__(self, *, places: int, seconds: float) -> None:
        self._places = places
        self.seconds = seconds
        self.taken = 0
        self.refused = 0

    @asynccontextmanager
    async def enter(
        self, request: Request | None = None, *, seconds: float | None = None
    ) -> AsyncIterator[None]:
        """Take a place and run the block, which is cut when its time is up.

        So it is when the client of `request` leaves. Its body must have been read: whoever
        dribbles one keeps nobody out.

        Raises:
            UnavailableError: all places are taken, or the block was cut.
            OutcomeUnknownError: it was, and something may be stored.
        """
        if self.taken == self._places:
            self.refused += 1
            raise UnavailableError("Too many requests are in flight.")
        self.taken += 1
        try:
            async with limited(self.seconds if seconds is None else seconds, request):
                yield
        finally:
            self.taken -= 1


@asynccontextmanager
async def limited(seconds: float, request: Request | None = None) -> AsyncIterator[None]:
    """Cut the block when its time is up, or the client of `request` has left.

    Raises:
        UnavailableError: it was cut.
        OutcomeUnknownError: it was, and something may be stored.
    """
    with watched_commits() as commits:
        try:
            async with asyncio.timeout(seconds) as limit, _watched(request, limit):
                yield
        except TimeoutError:
            why = f"It took over {seconds:g} s, or the client left."
            raise (OutcomeUnknownError if commits.begun else UnavailableError)(why) from None
        except UnavailableError as error:
            if commits.begun:  # what came before it is stored, or may be
                raise OutcomeUnknownError(str(error)) from error
            raise


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
