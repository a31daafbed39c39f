"""The balance of one account's current cycle in SQL: the one number that services ask for.

It equals what `db.usage` and the rules of `billing.carrier` make of the same rows.
"""

from billing.account import Account
from billing.allowance import Balance
from billing.cycle import Cycle
from db import queries
from db.pool import Connection

_SQL = queries.load("allowance")


async def of_account(conn: Connection, account: Account, cycle: Cycle | None) -> Balance | None:
    """Fetch the balance of an account's current cycle, of nothing where it has none.

    None where the account is no longer at the version of `account`: its cycles may be others.
    """
    bounds = (None,) * 4 if cycle is None else _bounds(cycle)
    row = await conn.fetchrow(_SQL["of_account"], account.id, account.version, *bounds)
    return None if row is None else Balance(*row)


def _bounds(cycle: Cycle) -> tuple[object, ...]:
    """Return the cycle's number and start, the end of the day that holds now, and now."""
    now = cycle.computed_at
    assert now in cycle.period
    return cycle.number, cycle.period.start, cycle.schedule.day_end(now), now
