"""What a balancer asks: whether the process lives, and whether it is to be sent requests."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from db.pool import Pool, ping
from edge.reply import problem, reply
from edge.state import state_of
from resolvers.context import UnavailableError

READY_SECONDS = 1.5
"""How long the database may take to answer."""


async def live(_request: Request) -> Response:
    """Reply, which is all: a restart mends nothing but the process."""
    return reply({"status": "live"})


class Readiness:
    """Asks the database once for all who ask at the same time: they may be many."""

    def __init__(self) -> None:
        self._asking: asyncio.Task[bool] | None = None

    async def respond(self, request: Request) -> Response:
        """Reply whether requests are to be sent here."""
        state = state_of(request)
        if state["stopping"].is_set():
            return _not_ready("The server is stopping.")
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(_answers(state["pool"]))
        if not await asyncio.shield(self._asking):
            return _not_ready("The database does not answer.")
        return reply({"status": "ready"})


async def _answers(pool: Pool) -> bool:
    try:
        async with asyncio.timeout(READY_SECONDS):
            await ping(pool)
    except (UnavailableError, TimeoutError):
        return False
    return True


def _not_ready(why: str) -> Response:
    return problem(503, "UNAVAILABLE", why, retry_seconds=1)
