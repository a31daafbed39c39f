"""Events in SQL: facts that are only ever added."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from billing.carrier import CarrierCharge
from billing.cycle import Cycle
from billing.event import Charge, Direction, EventId, Fact, Message, MessageKind
from billing.window import Key
from db import instants, queries
from db.columns import columns
from db.page import Page
from db.pool import Connection, Row

_SQL = queries.load("event")


async def insert(
    conn: Connection, facts: Mapping[EventId, Fact], *, recorded_at: datetime
) -> set[EventId]:
    """Store the facts whose ids are new and return those ids.

    Rows go in by ascending key, so that overlapping batches wait instead of deadlocking.
    """
    rows = [
        (*event_id, *_values(facts[event_id]))
        for event_id in sorted(facts, key=lambda id_: (id_.account_id, id_.source, id_.id))
    ]
    inserted = await conn.fetch(_SQL["insert"], recorded_at, *columns(rows, width=16))
    return {EventId(*row) for row in inserted}


async def stored(conn: Connection, ids: Collection[EventId]) -> dict[EventId, Fact]:
    """Fetch the facts that are stored under `ids`."""
    rows = await conn.fetch(_SQL["stored"], *columns(list(ids), width=3))
    return {EventId(row["account_id"], row["source"], row["event_id"]): _fact(row) for row in rows}


async def counting_from(
    conn: Connection, keys: Sequence[tuple[Key, datetime]]
) -> dict[Key, list[datetime]]:
    """Fetch, per key, the sorted instants of its counting messages from an instant on."""
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
            fact.direction.value,
            fact.automated,
            fact.kind.value,
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
