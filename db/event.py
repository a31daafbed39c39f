"""Events in SQL: facts that are only ever added."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from billing.carrier import CarrierCharge
from billing.cycle import Cycle
from billing.event import (
    Charge,
    Direction,
    EventId,
    Fact,
    Facts,
    Message,
    MessageKind,
    SourceId,
)
from billing.window import Key
from db import instants, queries
from db.columns import columns
from db.page import Page
from db.pool import Connection, Row
from db.texts import columns_joined

_SQL = queries.load("event")

_TEXTS = frozenset({1, 2, 3, 5, 6, 7, 9, 11, 13, 15})
"""Which of a row's values are texts: all but account, instant, booleans and numbers."""


async def insert(conn: Connection, facts: Facts, *, recorded_at: datetime) -> Facts:
    """Store the facts whose ids are new and return those.

    Rows go in by ascending key, so that overlapping batches wait instead of deadlocking.
    """
    rows = [
        (account_id, *id_, *_values(facts[account_id][id_]))
        for account_id in sorted(facts)
        for id_ in sorted(facts[account_id])
    ]
    joined = columns_joined(rows, width=16, texts=_TEXTS)
    inserted = await conn.fetch(_SQL["insert"], recorded_at, *joined)
    if len(inserted) == len(rows):  # as almost always
        return facts
    new: dict[UUID, dict[SourceId, Fact]] = defaultdict(dict)
    for account_id, source, id_ in inserted:
        new[account_id][source, id_] = facts[account_id][source, id_]
    return new


async def stored(conn: Connection, ids: Collection[EventId]) -> dict[EventId, Fact]:
    """Fetch the facts that are stored under `ids`."""
    rows = await conn.fetch(_SQL["stored"], *columns(list(ids), width=3))
    return {EventId(row["account_id"], row["source"], row["event_id"]): _fact(row) for row in rows}


async def counting_from(
    conn: Connection, keys: Sequence[tuple[Key, datetime]]
) -> list[list[datetime]]:
    """Fetch, in key order, the sorted instants of its counting messages from an instant on."""
    return await instants.of_keys(conn, _SQL["counting_from"], keys)


async def charges(conn: Connection, cycle: Cycle, page: Page) -> list[CarrierCharge]:
    """Fetch a page of the charges dated in the cycle before now, newest first."""
    end = min(cycle.period.end, cycle.computed_at)
    rows = await conn.fetch(
        _SQL["charges"], cycle.account.id, cycle.period.start, end, *page.parameters
    )
    return [
        CarrierCharge(
            source=row["source"],
            id=row["event_id"],
            feature=row["feature"],
            occurred_at=row["occurred_at"],
            amount_micros=row["amount_micros"],
            quantity_micros=row["quantity_micros"],
            unit=row["unit"],
            booked_in_cycle=cycle.number if row["booked_cycle"] is None else row["booked_cycle"],
            reversed=row["reversed"],
        )
        for row in rows
    ]


def _values(fact: Fact) -> tuple[Any, ...]:
    """Lay a fact out as the table's columns from `type` on."""
    if isinstance(fact, Message):
        return (
            "message",
            fact.occurred_at,
            fact.contact,
            fact.channel,
            fact.direction,
            fact.automated,
            fact.kind,
            fact.counts,
            *(None,) * 5,
        )
    return (
        "carrier_charge",
        fact.occurred_at,
        *(None,) * 5,
        False,
        fact.feature,
        fact.amount_micros,
        fact.currency,
        fact.quantity_micros,
        fact.unit,
    )


def _fact(row: Row) -> Fact:
    if row["type"] == "message":
        return Message(
            occurred_at=row["occurred_at"],
            contact=row["contact"],
            channel=row["channel"],
            direction=Direction(row["direction"]),
            automated=row["automated"],
            kind=MessageKind(row["kind"]),
        )
    return Charge(
        occurred_at=row["occurred_at"],
        feature=row["feature"],
        amount_micros=row["amount_micros"],
        currency=row["currency"],
        quantity_micros=row["quantity_micros"],
        unit=row["unit"],
    )
