"""Statements: writing down what closed cycles came to."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from billing.account import Account
from billing.commitment import Meter
from billing.cycle import Cycle
from billing.statement import due_numbers, lines_of
from db import account, statement, usage
from db.pool import Connection, Pool, acquire, transact
from resolvers import terms

CYCLES_MAX = 60
"""How many statements one transaction writes: as long, its account takes nothing else in."""


async def due(pool: Pool, account_ids: Sequence[UUID], at: datetime) -> list[UUID]:
    """Return those of the accounts that have closed cycles without a statement, in order."""
    async with acquire(pool) as conn:
        found = await account.by_ids(conn, account_ids)
        latest = await statement.latest(conn, account_ids)
    return [id_ for id_ in account_ids if _is_due(found[id_], latest.get(id_), at)]


async def write(pool: Pool, account_id: UUID, clock: Callable[[], datetime]) -> int:
    """Write the statements that an account lacks, and return how many.

    Whoever else writes them meanwhile leaves nothing to write here.

    Raises:
        NotFoundError: there is no such account.
    """

    async def work(conn: Connection) -> int:
        locked = await terms.locked(conn, account_id)
        at = clock()
        latest = (await statement.latest(conn, [account_id])).get(account_id)
        numbers = due_numbers(locked, latest, at)[:CYCLES_MAX]
        if not numbers:
            return 0
        cycles = [Cycle.of(locked, number, at) for number in numbers]
        figures = await usage.of_cycles(conn, cycles, meters=frozenset(Meter))
        statements = dict(zip(numbers, map(lines_of, figures), strict=True))
        await statement.insert(conn, account_id, statements, recorded_at=at)
        return len(numbers)

    total = 0
    while True:
        written = await transact(pool, work)
        total += written
        if written < CYCLES_MAX:
            return total


def _is_due(account: Account, latest: int | None, at: datetime) -> bool:
    """Tell whether an account lacks statements.

    One whose cycles cannot be computed counts as such: writing them says why, of it alone.
    """
    try:
        return bool(due_numbers(account, latest, at))
    except Exception:  # noqa: BLE001 (whatever it is)
        return True
