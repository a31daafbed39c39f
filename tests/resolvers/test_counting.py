"""Windows and sums are the same whatever order, batch or connection the events come in.

Windows are compared row by row: sums can agree where windows do not.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import pytest

import db.account
import db.event
from billing.account import account_id_of
from billing.event import Charge, Direction, Event, Fact, Facts, Message, MessageKind
from billing.window import WINDOW
from db.pool import Connection, acquire
from resolvers import counting
from resolvers.ingest import Outcome
from tests.billing.oracle import Stretch, first_instant
from tests.support.facts import (
    HOUR,
    TICK,
    blocked,
    charges_shown,
    conversations_shown,
    derived,
    holding,
    moved,
    recounted,
    shown,
    stored,
    stored_facts,
    summary,
    take,
)
from tests.support.world import World, message, utc

ORIGIN = utc("2026-11-01")
"""Hour 0 of the tests that count in hours; the account is older."""

ANCHOR = "2026-10-01"


def at_hour(hour: float, *, id: str | None = None) -> Event:
    at = (ORIGIN + hour * HOUR).isoformat()
    return message("acme", at, channel="CHAT", id=id or f"h{hour:g}")


async def opening_hours(world: World) -> list[float]:
    derived_rows = await stored(world.pool, "acme")
    return [(opening - ORIGIN) / HOUR for _, _, opening in derived_rows.windows]


@pytest.fixture
async def acme(world: World) -> World:
    """A world with an account in UTC."""
    await world.account("acme", anchor=ANCHOR, zone="UTC")
    return world


async def overlapping(
    world: World, monkeypatch: pytest.MonkeyPatch, first: Event, second: Event
) -> tuple[Outcome, Outcome]:
    """Take two events in: the second one's batch starts while the first one's is not committed."""
    async with holding(monkeypatch, counting, "count", first.id) as gate, asyncio.TaskGroup() as go:
        one = go.create_task(take(world, first))
        await gate.reached.wait()
        two = go.create_task(take(world, second))
        await blocked(world.pool)
        gate.open()
    return one.result(), two.result()


# --- interleavings that give wrong answers without the right locks


async def test_two_messages_of_one_window_in_two_transactions(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = await overlapping(acme, monkeypatch, at_hour(0), at_hour(10))
    assert [summary(outcome) for outcome in outcomes] == [(1, 0, 0, 0)] * 2
    assert await opening_hours(acme) == [0]


async def test_the_later_message_first(acme: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await overlapping(acme, monkeypatch, at_hour(10), at_hour(0))
    assert await opening_hours(acme) == [0]


async def test_a_covered_message_takes_the_lock_too(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(acme, at_hour(100), at_hour(260))
    assert await opening_hours(acme) == [100]
    await overlapping(acme, monkeypatch, at_hour(240), at_hour(60))
    assert await opening_hours(acme) == [60, 240]  # 260 would give the same sums


async def test_the_lock_is_taken_after_the_insert_and_before_the_windows_are_read(
    acme: World, statements: list[str]
) -> None:
    await take(acme, at_hour(100), at_hour(260), noted=True)  # its channel is known from now on
    statements.clear()
    await take(acme, at_hour(60), noted=True)
    assert statements == [
        "account.by_ids",
        "label.missing",
        "event.insert",
        "account.lock_to_change",
        "conversation.starts",
        "event.counting_from",
        "conversation.delete",
        "conversation.insert",
        "rollup.add_conversations",
        "usage.of_cycles",
    ]


async def test_what_changes_no_number_takes_no_lock(acme: World, statements: list[str]) -> None:
    await take(acme, at_hour(100), noted=True)
    statements.clear()
    inbound = message(
        "acme", "2026-11-20", channel="CHAT", direction=Direction.INBOUND, id="inbound"
    )
    await take(acme, inbound, at_hour(100), noted=True)
    assert statements == ["account.by_ids", "label.missing", "event.insert", "event.stored"]


async def test_two_batches_that_have_both_inserted_before_either_locks(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the inserts hold must not keep the other batch from the lock."""
    both = asyncio.Barrier(2)
    insert = db.event.insert
    attempts: list[str] = []

    async def together(conn: Connection, facts: Facts, *, recorded_at: datetime) -> Facts:
        inserted = await insert(conn, facts, recorded_at=recorded_at)
        attempts.extend(id_ for own in facts.values() for _, id_ in own)
        async with asyncio.timeout(5):
            await both.wait()
        return inserted

    await take(acme, at_hour(500))
    monkeypatch.setattr(db.event, "insert", together)
    await asyncio.gather(take(acme, at_hour(0)), take(acme, at_hour(10)))
    assert sorted(attempts) == ["h0", "h10"]  # neither was tried again
    assert await opening_hours(acme) == [0, 500]


async def test_an_account_that_is_not_there_cannot_be_locked(acme: World) -> None:
    there, missing = account_id_of("acme"), account_id_of("nobody")
    async with acquire(acme.pool) as conn, conn.transaction():
        assert await db.account.lock(conn, [there]) == {there: 1}
        with pytest.raises(LookupError):
            await db.account.lock(conn, [there, missing])


async def test_rows_go_in_by_key_whatever_the_order_of_the_batch(acme: World) -> None:
    await acme.account("zoo", anchor=ANCHOR, zone="UTC")
    events = [at_hour(n, id=f"e{n:02}") for n in range(20)]
    events += [replace(event, external_id="zoo") for event in events]
    events += [replace(event, source="a-source") for event in events]
    random.Random(7).shuffle(events)
    await take(acme, *events)
    async with acquire(acme.pool) as conn:
        rows = await conn.fetch("SELECT account_id, source, event_id FROM event ORDER BY ctid")
    keys: list[tuple[UUID, str, str]] = [tuple(row) for row in rows]
    assert keys == sorted(event.event_id for event in events)


async def test_an_event_whose_first_transaction_fails_is_no_duplicate(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = at_hour(0, id="same")
    second = moved(first, 300 * HOUR)

    async with holding(monkeypatch, counting, "count", "same") as gate:
        failing = asyncio.create_task(take(acme, first))
        await gate.reached.wait()
        waiting = asyncio.create_task(take(acme, second))
        await blocked(acme.pool)
        failing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await failing
        assert summary(await waiting) == (1, 0, 0, 0)
    assert await opening_hours(acme) == [300]


async def test_an_event_whose_first_transaction_succeeds_is_one(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = at_hour(0, id="same")
    _, outcome = await overlapping(acme, monkeypatch, first, moved(first, 300 * HOUR))
    assert summary(outcome) == (0, 1, 1, 0)
    assert await opening_hours(acme) == [0]


# --- many connections


async def test_overlapping_batches_in_opposite_orders(acme: World) -> None:
    """One contact, sixteen connections, each with all events in an order of its own."""
    chance = random.Random(16)
    events = [at_hour(chance.randrange(0, 500) + n / 1_000) for n in range(120)]

    async def send(order: Sequence[Event]) -> list[Outcome]:
        return [await take(acme, *order[n : n + 30]) for n in range(0, len(order), 30)]

    orders = [chance.sample(events, len(events)) for _ in range(14)]
    orders += [events, events[::-1]]
    outcomes = [
        outcome for outcomes in await asyncio.gather(*map(send, orders)) for outcome in outcomes
    ]
    assert sum(outcome.accepted for outcome in outcomes) == 120
    assert sum(outcome.duplicates for outcome in outcomes) == 15 * 120
    assert sum(outcome.conflicts + outcome.rejected for outcome in outcomes) == 0
    recount = await recounted(acme.pool, "acme", Stretch(0, 1, utc(ANCHOR).date(), "UTC"))
    assert await stored(acme.pool, "acme") == derived(recount)


@dataclass(frozen=True)
class Place:
    """An account of the random traffic; one that is `closed` took its backfill long ago."""

    external_id: str
    zone: str
    anchor: str
    closed: bool

    @property
    def stretch(self) -> Stretch:
        return Stretch(0, 1, utc(self.anchor).date(), self.zone)


PLACES = (
    Place("amsterdam", "Europe/Amsterdam", "2026-09-30", closed=False),  # 25 hours on 10-25
    Place("havana", "America/Havana", "2026-10-01", closed=True),  # two midnights on 11-01
    Place("lord-howe", "Australia/Lord_Howe", "2026-08-31", closed=True),  # half an hour on 10-04
)
FROM, TO = utc("2026-08-20"), utc("2026-11-22")


def traffic(chance: random.Random, count: int) -> list[Event]:
    """Make events of all kinds around a few instants: many equal, many a window apart."""
    hubs = [FROM + chance.random() * (TO - FROM) for _ in range(6)]
    hubs += [first_instant(place.zone, utc(place.anchor).date()) for place in PLACES]

    def instant() -> datetime:
        at = chance.choice(hubs) + chance.randrange(-3, 4) * WINDOW
        at += chance.choice((-TICK, 0 * TICK, TICK, chance.randrange(-400, 400) * HOUR))
        return min(max(at, FROM), TO)

    def fact() -> Fact:
        if chance.random() < 0.25:
            amount = chance.choice((0, 1, 53_200, chance.randrange(10**7)))
            return Charge(instant(), chance.choice(("VOICE", "SMS")), amount, "EUR", None, None)
        return Message(
            occurred_at=instant(),
            contact=chance.choice("abc"),
            channel=chance.choice(("CHAT", "WHATSAPP")),
            direction=Direction.INBOUND if chance.random() < 0.1 else Direction.OUTBOUND,
            automated=chance.random() < 0.1,
            kind=chance.choice((*MessageKind, MessageKind.MESSAGE, MessageKind.MESSAGE)),
        )

    return [
        Event(chance.choice(PLACES).external_id, "inbox", f"e{n:03}", fact()) for n in range(count)
    ]


def batches(chance: random.Random, events: Sequence[Event]) -> list[list[Event]]:
    """Repeat some events, change a few of the repeated ones, shuffle all, and split."""
    copies = [event for event in events for _ in range(chance.choice((1, 1, 2, 3)))]
    copies += [moved(event, HOUR) for event in chance.sample(events, len(events) // 20)]
    chance.shuffle(copies)
    made: list[list[Event]] = []
    while copies:
        size = chance.choice((1, 2, 5, 20))
        made.append(copies[:size])
        del copies[:size]
    return made


@pytest.mark.parametrize("seed", range(8))
async def test_any_order_on_any_connections_gives_what_counting_from_scratch_gives(
    world: World, seed: int
) -> None:
    chance = random.Random(seed)
    for place in PLACES:
        await world.account(
            place.external_id,
            anchor=place.anchor,
            zone=place.zone,
            signed_up_at=FROM.isoformat(),
            backfill_until="2026-01-01" if place.closed else None,
        )
    events = traffic(chance, 160)
    waiting = batches(chance, events)
    sent = [event for batch in waiting for event in batch]
    outcomes: list[Outcome] = []

    async def client() -> None:
        while waiting:
            outcomes.append(await take(world, *waiting.pop()))

    await asyncio.gather(*(client() for _ in range(8)))

    facts = {
        id_: fact
        for place in PLACES
        for id_, fact in (await stored_facts(world.pool, place.external_id)).items()
    }
    assert facts.keys() == {event.event_id for event in events}
    assert sum(outcome.accepted for outcome in outcomes) == len(events)
    assert sum(outcome.duplicates for outcome in outcomes) == len(sent) - len(events)
    assert sum(outcome.rejected for outcome in outcomes) == 0
    assert sum(outcome.conflicts for outcome in outcomes) == sum(
        facts[event.event_id] != event.fact for event in sent
    )
    for place in PLACES:
        recount = await recounted(world.pool, place.external_id, place.stretch)
        assert await stored(world.pool, place.external_id) == derived(recount)
        cycles = await shown(world, place.external_id)
        start, end = recount.bounds[0], recount.bounds[-1]
        assert conversations_shown(cycles.values()) == recount.conversations(start, end)
        assert charges_shown(cycles.values()) == recount.charges(start, end)
        for number, cycle in cycles.items():
            period = recount.bounds[number], recount.bounds[number + 1]
            if cycle.state == "CLOSED":
                assert (cycle.used, cycle.spent) == ({}, {})
            elif cycle.state == "FUTURE":
                assert cycle.pending == recount.conversations(*period)
            elif not place.closed:
                assert cycle.used == recount.conversations(*period)
                assert cycle.spent == recount.charges(*period)
