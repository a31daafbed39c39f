"""Marks that cycles have reached, in SQL: append-only."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from billing.commitment import Meter
from billing.reminder import Armed
from db import queries
from db.columns import columns
from db.pool import Connection

_SQL = queries.load("reminder")


class Metered(NamedTuple):
    """A meter of an account's cycle."""

    account_id: UUID
    meter: Meter
    cycle: int


Marks: TypeAlias = dict[str, Armed]
"""The marks that a meter of a cycle has reached so far."""


Reached: TypeAlias = tuple[Metered, str, int, datetime]
"""A mark just reached, with its arming and when that takes effect."""

Rearmed: TypeAlias = tuple[Metered, str, int]
"""A mark that can be reached again, with its new arming."""


async def of_cycles(conn: Connection, meters: Collection[Metered]) -> dict[Metered, Marks]:
    """Fetch the marks that were reached."""
    rows = await conn.fetch(_SQL["of_cycles"], *columns(map(_key, meters), width=3))
    found: dict[Metered, Marks] = defaultdict(dict)
    for row in rows:
        place = Metered(row["account_id"], Meter(row["meter"]), row["cycle"])
        found[place][row["mark"]] = Armed(row["reached"], row["arming"])
    return found


async def insert(
    conn: Connection,
    reached: Collection[Reached],
    *,
    recorded_at: datetime,
) -> None:
    """Record marks just reached. The accounts must be locked."""
    if reached:
        await conn.execute(_SQL["insert"], recorded_at, *reached_columns(reached))


async def rearm(conn: Connection, rearmed: Collection[Rearmed], *, recorded_at: datetime) -> None:
    """Record that marks can be reached again. The accounts must be locked."""
    if rearmed:
        await conn.execute(_SQL["rearm"], recorded_at, *rearmed_columns(rearmed))


def reached_columns(reached: Iterable[Reached]) -> list[list[Any]]:
    """Turn marks just reached into columns."""
    return columns([(*_key(place), *rest) for place, *rest in reached], width=6)


def rearmed_columns(rearmed: Iterable[Rearmed]) -> list[list[Any]]:
    """Turn marks that can be reached again into columns."""
    return columns([(*_key(place), *rest) for place, *rest in rearmed], width=5)


def _key(place: Metered) -> tuple[UUID, str, int]:
    return place.account_id, place.meter.value, place.cycle
