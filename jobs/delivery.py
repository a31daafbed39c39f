"""Delivering what the queue holds: at least once, tried again for two days, then given up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

import stamina

from billing.notice import Letter
from db.pool import Pool, transact
from jobs.mail import Sender, mail
from jobs.undelivered import UndeliveredError
from jobs.webhook import Poster
from resolvers import outbox
from resolvers.context import UnavailableError
from resolvers.outbox import Claimed, Settled
from resolvers.webhook_secret import webhook_secret

DELAYS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""How long after each failed attempt the next one follows, at the earliest."""

JITTER = 0.25
"""How much longer it is at most, so that what failed together does not come back together."""

ATTEMPTS_MAX = len(DELAYS) + 1
"""Attempts after which a delivery is given up."""

DELIVERY_SECONDS = 3.0
"""How often the queue is looked at."""

SENDING_MAX = 8
"""Entries of a batch that are on their way at the same time."""

SETTLING_MAX = 5
"""How often it is tried to record that something was sent, when the database is not to be had."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What letters are delivered with."""

    pool: Pool
    clock: Callable[[], datetime]
    pepper: bytes
    sender: Sender
    send: Callable[[EmailMessage], Awaitable[None]]
    poster: Poster

    async def batch(self) -> bool:
        """Deliver a batch of what is due; False when nothing is."""
        entries = await outbox.claim(self.pool, self.clock())
        free = asyncio.Semaphore(SENDING_MAX)

        async def deliver(entry: Claimed) -> None:
            async with free:
                await self._deliver(entry)

        async with asyncio.TaskGroup() as group:
            for entry in entries:
                group.create_task(deliver(entry))
        return bool(entries)

    async def _deliver(self, entry: Claimed) -> None:
        """Deliver an entry, or record why not; what cannot be is due again after the claim."""
        try:
            failure = await self._attempt(entry)
            if failure is not None:
                await self._failed(entry, failure)
        except Exception as error:  # noqa: BLE001 (the rest of the batch goes on)
            _LOG.warning("delivery %s is left for later: %s", entry.id, type(error).__name__)

    async def _attempt(self, entry: Claimed) -> UndeliveredError | None:
        if entry.attempts > ATTEMPTS_MAX:  # none of them came to an end that could be recorded
            return UndeliveredError("Every attempt was cut short.", final=True)
        try:
            if isinstance(entry.content, Letter):
                await self._settle(entry, await self._send(entry, entry.content))
            else:
                await transact(self.pool, lambda conn: outbox.address(conn, entry, at=self.clock()))
        except UndeliveredError as error:
            return error
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 (it may pass, like any other)
            _LOG.exception("a delivery failed", extra={"entry": str(entry.id)})
            return UndeliveredError(f"It failed unexpectedly: {type(error).__name__}.")
        return None

    async def _send(self, entry: Claimed, letter: Letter) -> Settled:
        """Send a letter, unless it is for a webhook that nobody has set any more."""
        assert entry.target is not None
        if entry.language is not None:
            await self.send(mail(letter, entry.target, entry.language, self.sender))
            return Settled.DONE
        webhook = await outbox.webhook(self.pool, entry.account_id)
        if webhook is None:
            return Settled.DROPPED
        secret = webhook_secret(self.pepper, entry.account_id, webhook.secret_number)
        await self.poster.post(letter, webhook.url, secret, at=self.clock())
        return Settled.DONE

    async def _settle(self, entry: Claimed, state: Settled) -> None:
        """End an entry, and try hard to: what is sent and not settled is sent again."""
        async for attempt in stamina.retry_context(
            on=UnavailableError, attempts=SETTLING_MAX, wait_max=1.0
        ):
            with attempt:
                await outbox.settle(self.pool, entry, state, at=self.clock())

    async def _failed(self, entry: Claimed, failure: UndeliveredError) -> None:
        at, error = self.clock(), str(failure)
        if failure.final or entry.attempts >= ATTEMPTS_MAX:
            await outbox.settle(self.pool, entry, Settled.DEAD, at=at, error=error)
            _LOG.error("delivery %s is given up", entry.id)
        else:
            due_at = at + delay(entry.id, entry.attempts)
            await outbox.postpone(self.pool, entry, error=error, due_at=due_at)


def delay(id: UUID, attempts: int) -> timedelta:
    """Return how long to wait after so many attempts; the id stands for the dice."""
    return DELAYS[attempts - 1] * (1 + JITTER * id.bytes[-attempts] / 255)
