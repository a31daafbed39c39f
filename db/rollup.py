"""Sums by local day in SQL: derived, kept up in the transaction that changes them."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from billing.figures import ChargeSum
from billing.schedule import Schedule
from billing.window import WINDOW
from db import queries
from db.columns import columns
from db.pool import Connection

_SQL = queries.load("rollup")

Bucket: TypeAlias = tuple[UUID, datetime, str]
"""Account, start of the local day, channel or feature."""


async def add_conversations(conn: Connection, changes: Mapping[Bucket, int]) -> None:
    """Add to the numbers of conversations that close on a day."""
    rows = sorted((*bucket, n) for bucket, n in changes.items() if n)
    if rows:
        await conn.execute(_SQL["add_conversations"], *columns(rows, width=4))


async def add_charges(conn: Connection, changes: Mapping[Bucket, ChargeSum]) -> None:
    """Add to the charges of a day, by feature and over all features."""
    rows = sorted(
        (*bucket, change.amount_micros, change.charges) for bucket, change in changes.items()
    )
    if not rows:
        return
    spent: Counter[tuple[UUID, datetime]] = Counter()
    for account_id, day, _, amount_micros, _ in rows:
        spent[account_id, day] += amount_micros
    days = sorted((*day, amount_micros) for day, amount_micros in spent.items())
    await conn.execute(_SQL["add_charges"], *columns(rows, width=5))
    # One statement cannot write two tables of many accounts in a distributed database.
    await conn.execute(_SQL["add_spending"], *columns(days, width=3))


async def rebuild(
    conn: Connection, account_id: UUID, schedule: Schedule, *, since: datetime, until: datetime
) -> None:
    """Lay the account's buckets anew from `since` to `until`. It must be locked.

    Conversations that opened before cycle 0 belong to no cycle and stay out (D6).
    """
    days = schedule.days(max(since, schedule.starts_at), until)
    starts, ends = [day.start for day in days], [day.end for day in days]
    first_close = schedule.starts_at + WINDOW
    await conn.execute(_SQL["clear_conversations"], account_id, since)
    await conn.execute(_SQL["clear_charges"], account_id, since)
    await conn.execute(_SQL["clear_spending"], account_id, since)
    await conn.execute(_SQL["rebuild_conversations"], account_id, starts, ends, first_close)
    await conn.execute(_SQL["rebuild_charges"], account_id, starts, ends)
    await conn.execute(_SQL["rebuild_spending"], account_id, since)
