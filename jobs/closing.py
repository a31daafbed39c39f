"""The sweep that closes cycles: it writes down what they came to."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db import account
from db.pool import Pool, acquire
from resolvers import statement

_LOG = logging.getLogger(__name__)

PAGE = 100
"""How many accounts are looked at together."""


@dataclass(slots=True)
class Swept:
    """How many cycles were closed, of how many accounts; and the accounts that failed."""

    cycles: int = 0
    accounts: int = 0
    failures: int = 0


async def sweep(pool: Pool, clock: Callable[[], datetime]) -> Swept:
    """Write the statements that closed cycles lack, of all accounts, one after the other.

    Several sweeps may run at once. An account that fails is left to the next one.

    Raises:
        UnavailableError: the accounts cannot be listed just now.
    """
    swept = Swept()
    ids = await _page(pool, None)
    while ids:
        for account_id in await statement.due(pool, ids, clock()):
            await _close(pool, account_id, clock, swept)
        ids = await _page(pool, ids[-1])
    return swept


async def _page(pool: Pool, after: UUID | None) -> list[UUID]:
    async with acquire(pool) as conn:
        return await account.page_ids(conn, after=after, limit=PAGE)


async def _close(pool: Pool, account_id: UUID, clock: Callable[[], datetime], swept: Swept) -> None:
    """Close the cycles of one account; whatever is the matter with it, others go on."""
    try:
        written = await statement.write(pool, account_id, clock)
    except Exception as error:  # noqa: BLE001 (whatever it is)
        _LOG.warning("cycles of %s are not closed: %s", account_id, type(error).__name__)
        swept.failures += 1
    else:
        swept.cycles += written
        swept.accounts += bool(written)
