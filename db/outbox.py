"""The queue of what is to be delivered, in SQL: claimed, then settled or tried again later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from billing.notice import Letter, Notice
from billing.setting import Language
from db import queries
from db.columns import columns
from db.page import Page
from db.pool import Connection, Row

_SQL = queries.load("outbox")
_NOTICE = TypeAdapter(Notice)
_LETTER = TypeAdapter(Letter)


class Settled(Enum):
    """How an entry of the queue ended."""

    DONE = "DONE"
    """Delivered, or, for a notice, letters have taken its place."""

    DROPPED = "DROPPED"
    """It did not hold any more when it was due, or there was nobody to tell."""

    DEAD = "DEAD"
    """Given up after too many attempts; an operator can have it tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A notice, or a letter with its target, to be delivered from `due_at` on."""

    id: UUID
    account_id: UUID
    content: Notice | Letter
    due_at: datetime
    target: str | None = None
    language: Language | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An entry of the queue that nobody else has, on its `attempts`-th attempt."""

    id: UUID
    account_id: UUID
    content: Notice | Letter
    target: str | None
    language: Language | None
    attempts: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """An entry that was given up, and the last error."""

    entry: Claimed
    error: str
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits and when the first of that was or is due, and what was given up."""

    pending: int
    due_at: datetime | None
    dead: int


async def insert(conn: Connection, entries: Sequence[Queued], *, recorded_at: datetime) -> None:
    """Put entries into the queue."""
    if entries:
        await conn.execute(_SQL["insert"], recorded_at, *columns_of(entries))


def columns_of(entries: Sequence[Queued]) -> list[list[Any]]:
    """Turn entries into columns."""
    rows = [
        (
            entry.id,
            entry.account_id,
            _written(entry.content),
            entry.target,
            None if entry.language is None else entry.language.value,
            entry.due_at,
        )
        for entry in entries
    ]
    return columns(rows, width=6)


async def claim(conn: Connection, *, at: datetime, until: datetime, limit: int) -> list[Claimed]:
    """Take at most `limit` due entries until `until`; what is not settled by then is due again."""
    return [_claimed(row) for row in await conn.fetch(_SQL["claim"], at, until, limit)]


async def settle(
    conn: Connection, entry: Claimed, state: Settled, *, at: datetime, error: str | None = None
) -> bool:
    """End an entry; False where the claim ran out and somebody else has it."""
    settled = await conn.fetchval(_SQL["settle"], entry.id, entry.attempts, state.value, error, at)
    return settled is not None


async def postpone(conn: Connection, entry: Claimed, *, error: str, due_at: datetime) -> None:
    """Try an entry again from `due_at` on."""
    await conn.execute(_SQL["postpone"], entry.id, entry.attempts, error, due_at)


async def dead(conn: Connection, page: Page) -> list[Dead]:
    """Fetch a page of what was given up, newest first; a position's second text is unused."""
    at, id_, _, limit = page.parameters
    return [
        Dead(entry=_claimed(row), error=row["error"], settled_at=row["settled_at"])
        for row in await conn.fetch(_SQL["dead"], at, id_, limit)
    ]


async def backlog(conn: Connection) -> Backlog:
    """Count what the queue holds."""
    row = await conn.fetchrow(_SQL["backlog"])
    assert row is not None
    return Backlog(row["pending"], row["due_at"], row["dead"])


async def replay(conn: Connection, id: UUID, *, at: datetime) -> Claimed | None:
    """Have an entry tried again that was given up; None where there is none."""
    row = await conn.fetchrow(_SQL["replay"], id, at)
    return None if row is None else _claimed(row)


async def exists(conn: Connection, id: UUID) -> bool:
    """Tell whether there is, or was, such an entry."""
    found: bool = await conn.fetchval(_SQL["exists"], id)
    return found


async def forget(conn: Connection, *, before: datetime) -> None:
    """Drop what was delivered or dropped before an instant; what was given up is kept."""
    await conn.execute(_SQL["forget"], before)


def _written(content: Notice | Letter) -> str:
    written = (
        _NOTICE.dump_json(content) if isinstance(content, Notice) else _LETTER.dump_json(content)
    )
    return written.decode()


def _claimed(row: Row) -> Claimed:
    target = row["target"]
    read = _NOTICE if target is None else _LETTER
    return Claimed(
        id=row["outbox_id"],
        account_id=row["account_id"],
        content=read.validate_json(row["payload"]),
        target=target,
        language=None if row["language"] is None else Language(row["language"]),
        attempts=row["attempts"],
        recorded_at=row["recorded_at"],
    )
