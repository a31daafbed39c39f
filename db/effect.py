"""What follows when usage reaches what was bought, in SQL: grants, marks, notices."""

from dataclasses import dataclass, field
from datetime import datetime

from db import automatic_grant, outbox, reminder
from db.automatic_grant import AutomaticGrant
from db.outbox import Queued
from db.pool import Connection
from db.reminder import Reached, Rearmed


@dataclass(slots=True)
class Effects:
    """All that one transaction is to write of it."""

    grants: list[AutomaticGrant] = field(default_factory=list)
    reached: list[Reached] = field(default_factory=list)
    rearmed: list[Rearmed] = field(default_factory=list)
    queued: list[Queued] = field(default_factory=list)


async def insert(conn: Connection, effects: Effects, *, recorded_at: datetime) -> None:
    """Store it all. The accounts must be locked."""
    await automatic_grant.insert(conn, effects.grants, recorded_at=recorded_at)
    await reminder.insert(conn, effects.reached, recorded_at=recorded_at)
    await reminder.rearm(conn, effects.rearmed, recorded_at=recorded_at)
    await outbox.insert(conn, effects.queued, recorded_at=recorded_at)
