"""Conversation windows in SQL: derived from events, so they can be rebuilt."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from billing.conversation import Conversation
from billing.cycle import Cycle
from billing.period import Period
from billing.window import WINDOW, Key
from db import instants, queries
from db.page import Page
from db.pool import Connection
from db.texts import columns_joined

_SQL = queries.load("conversation")


async def starts(conn: Connection, keys: Sequence[tuple[Key, datetime]]) -> list[list[datetime]]:
    """Fetch, in key order, the sorted openings of its windows that end after an instant."""
    ends = [(key, at - WINDOW) for key, at in keys]
    return await instants.of_keys(conn, _SQL["starts"], ends)


async def delete(conn: Connection, windows: Iterable[tuple[Key, datetime]]) -> None:
    """Drop windows, each given by its key and opening."""
    rows = sorted((*key, opened_at) for key, opened_at in windows)
    if rows:
        await conn.execute(_SQL["delete"], *columns_joined(rows, width=4, texts={1, 2}))


async def insert(conn: Connection, windows: Iterable[tuple[Key, datetime]]) -> None:
    """Store windows, each given by its key and opening."""
    rows = sorted((*key, opened_at, opened_at + WINDOW) for key, opened_at in windows)
    if rows:
        await conn.execute(_SQL["insert"], *columns_joined(rows, width=5, texts={1, 2}))


async def page(  # noqa: PLR0913 (a list's filters)
    conn: Connection,
    cycle: Cycle,
    closing: Period,
    *,
    contact: str | None,
    channel: str | None,
    page: Page,
) -> list[Conversation]:
    """Fetch a page of the account's conversations that close in `closing`, newest first."""
    rows = await conn.fetch(
        _SQL["page"],
        cycle.account.id,
        cycle.number,
        closing.start,
        closing.end,
        contact,
        channel,
        *page.parameters,
    )
    return [
        Conversation(
            cycle=cycle,
            contact=row["contact"],
            channel=row["channel"],
            closes_at=row["closes_at"],
            opened_source=row["source"],
            opened_id=row["event_id"],
            booked_cycle=row["booked_cycle"],
        )
        for row in rows
    ]
