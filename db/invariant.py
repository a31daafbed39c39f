"""What must hold of every account, asked of the database itself."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from billing.event import AHEAD
from billing.instant import DAY
from billing.period import Period
from billing.window import WINDOW
from db import account, queries
from db.pool import Connection

_SQL = queries.load("invariant")


async def broken(conn: Connection, account_id: UUID, *, at: datetime) -> dict[str, int]:
    """Return which invariants of an account are broken, and how often; none where all hold.

    Every counting message lies in a window, which a counting message opens, and windows of a
    contact and channel do not overlap: so they are those that the rule makes of the messages.
    Sums by day are those of windows and charges, statements those of days and adjustments.
    """
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        found = (await account.by_ids(conn, [account_id]))[account_id]
        schedule, numbers = found.schedule, found.cycle_numbers(at)
        until = at + AHEAD + WINDOW + DAY
        days = [] if schedule is None else schedule.days(schedule.starts_at, until)
        cycles = [] if schedule is None else [schedule.period(number) for number in numbers]
        starts_at = at if schedule is None else schedule.starts_at
        arguments: dict[str, tuple[object, ...]] = {
            "conversation_days": (*_bounds(days), starts_at),
            "charge_days": _bounds(days),
            "statements": (list(numbers), *_bounds(cycles)),
        }
        counts = {
            name: await conn.fetchval(sql, account_id, *arguments.get(name, ()))
            for name, sql in _SQL.items()
        }
    return {name: count for name, count in counts.items() if count}


def _bounds(periods: Iterable[Period]) -> tuple[list[datetime], list[datetime]]:
    ordered = list(periods)
    return [period.start for period in ordered], [period.end for period in ordered]
