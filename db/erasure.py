"""Erasing contacts in SQL: the one change that is ever made to facts."""

from uuid import UUID

from db import queries
from db.meter_change import Record
from db.pool import Connection

_SQL = queries.load("erasure")

ROLE = "kontingent_erasure"
"""The role that may exchange a contact. Where there are roles, no other may change a fact."""

STATEMENT_TIMEOUT = "60s"
"""How long an update may take; a request is given up long before that, a command is not."""


async def exchange(conn: Connection, account_id: UUID, contact: str, mark: str) -> tuple[int, int]:
    """Put `mark` in the place of a contact; returns in how many messages, and windows.

    The account must be locked: its windows must be those of its messages at any moment.
    """
    await conn.execute(_SQL["take_time"], STATEMENT_TIMEOUT)
    await conn.execute(_SQL["take_right"], ROLE)
    messages = await conn.execute(_SQL["messages"], account_id, contact, mark)
    conversations = await conn.execute(_SQL["conversations"], account_id, contact, mark)
    await conn.execute(_SQL["leave_right"])
    return _count(messages), _count(conversations)


async def insert(
    conn: Connection, account_id: UUID, erasure_id: UUID, counts: tuple[int, int], record: Record
) -> None:
    """Record that a contact was erased, in so many messages and windows."""
    await conn.execute(
        _SQL["insert"], account_id, erasure_id, *counts, record.at, record.by, record.reason
    )


def _count(status: str) -> int:
    """Read how many rows a statement changed: ``UPDATE 3``."""
    return int(status.rpartition(" ")[2])
