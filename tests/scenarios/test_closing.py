"""Closed cycles keep their numbers, with and without a statement; nothing is lost (D7, D11).

Where nothing else is said, the account is monthly from 2026-09-01 in UTC: cycle 0 is September
and closes on 2026-10-04.
"""

import asyncio
import random
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import pytest

from billing.account import account_id_of
from billing.errors import ContactUnknownError
from billing.event import Event
from billing.plan import Interval
from billing.statement import SETTLING
from billing.terms_change import TermsRequest
from db.invariant import broken
from db.pool import Pool, acquire
from jobs.closing import Swept, sweep
from resolvers import erasure, terms
from resolvers.account import end
from resolvers.reversal import EventName, Request, reverse
from resolvers.terms import Commitments
from tests.billing.oracle import Stretch
from tests.support.facts import (
    DAY,
    HOUR,
    TICK,
    Recount,
    Shown,
    charges_shown,
    conversations_shown,
    derived,
    recounted,
    reversed_ids,
    shown,
    stored,
    stored_facts,
    take,
)
from tests.support.world import World, charge, message, utc

STRETCH = Stretch(0, 1, date(2026, 9, 1), "UTC")
CLOSED = utc("2026-10-04")

_ALL = """
query ($id: ID!) {
  account(id: $id) {
    cycles(first: 100) {
      nodes {
        number
        state
        conversationUsage {
          included committed commitment purchased automatic quota used completed inProgress
          pending left over percentOfCommitment percentOfQuota version
          byChannel { channel used pending }
          adjustments { channel change reason cycleNumber }
        }
        carrierBalance {
          commitment toppedUp limit spent spentDisplay left overspent percent sendAllowed version
          byFeature { feature amount display percent charges }
        }
      }
    }
  }
}
"""

_LISTED = """
query ($id: ID!, $number: Int!) {
  account(id: $id) {
    cycle(number: $number) {
      conversationUsage {
        conversations(first: 100) {
          nodes { contact channel openedAt closesAt state late countsInCycle why }
        }
      }
      carrierBalance { charges(first: 100) { nodes { id amount bookedInCycle } } }
    }
  }
}
"""


@pytest.fixture
async def acme(world: World) -> World:
    """A world with an account whose past was never filled in."""
    world.clock.now = utc("2026-09-01")
    await world.account(
        "acme", anchor="2026-09-01", zone="UTC", backfill_until="2026-09-01", carrier="30"
    )
    return world


def said(at: str, channel: str = "CHAT") -> Event:
    """Return a message to a contact of its own."""
    return message("acme", at, contact=at, channel=channel)


async def answers(world: World) -> dict[int, dict[str, Any]]:
    """Ask for everything that there is to see of all cycles."""
    data = await world.data(_ALL, {"id": str(account_id_of("acme"))})
    nodes = data["account"]["cycles"]["nodes"]
    for node in nodes:
        node["conversationUsage"]["adjustments"].sort(key=str)
    return {node["number"]: node for node in nodes}


async def listed(world: World, number: int) -> Any:
    return await world.data(_LISTED, {"id": str(account_id_of("acme")), "number": number})


async def stated(pool: Pool) -> list[int]:
    async with acquire(pool) as conn:
        rows = await conn.fetch("SELECT cycle FROM statement ORDER BY 1")
    return [row["cycle"] for row in rows]


async def forget(pool: Pool) -> None:
    """Drop all statements, so that numbers come from the sums of days again."""
    async with acquire(pool) as conn:
        await conn.execute("DELETE FROM statement_line")
        await conn.execute("DELETE FROM statement")


async def swept(world: World, *numbers: int) -> None:
    """Close what is due, and check that nobody can tell: before, with and without statements."""
    before = await answers(world)
    await sweep(world.ingest_pool, world.clock)
    assert await stated(world.pool) == list(numbers)
    assert await answers(world) == before
    await forget(world.pool)
    assert await answers(world) == before
    await sweep(world.ingest_pool, world.clock)
    assert await stated(world.pool) == list(numbers)


async def check(world: World, recount: Recount) -> dict[int, Shown]:
    """Check that what all cycles show adds up to the count from scratch."""
    cycles = await shown(world, "acme")
    bounds = recount.bounds
    assert conversations_shown(cycles.values()) == recount.conversations(bounds[0], bounds[-1])
    assert charges_shown(cycles.values()) == recount.charges(bounds[0], bounds[-1])
    return cycles


async def test_late_events_before_and_after_the_sweep(acme: World) -> None:
    acme.clock.now = utc("2026-10-03")
    await take(acme, said("2026-09-10"), charge("acme", "2026-09-10", "1"))
    acme.clock.now = CLOSED
    await take(acme, said("2026-09-11"), charge("acme", "2026-09-11", "2"))
    acme.clock.now = CLOSED + SETTLING
    await swept(acme, 0)
    lists = await listed(acme, 0)
    await take(acme, said("2026-09-12", "SMS"), charge("acme", "2026-09-12", "4"))
    await swept(acme, 0)
    cycles = await check(acme, await recounted(acme.pool, "acme", STRETCH))
    assert (cycles[0].used, cycles[1].used) == ({"CHAT": 1}, {"CHAT": 1, "SMS": 1})
    assert cycles[0].spent == {"VOICE": (1_000_000, 1)}
    assert cycles[1].spent == {"VOICE": (6_000_000, 2)}
    with_statement = await listed(acme, 0)
    await forget(acme.pool)
    assert await listed(acme, 0) == with_statement != lists
    nodes = with_statement["account"]["cycle"]["conversationUsage"]["conversations"]["nodes"]
    assert [(node["late"], node["countsInCycle"]) for node in nodes] == [
        (True, 1),
        (True, 1),
        (False, 0),
    ]


async def test_windows_that_move_between_stated_cycles(acme: World) -> None:
    """A late message takes a window from one of them to the other: both keep their numbers."""
    acme.clock.now = utc("2026-10-03")
    await take(acme, message("acme", "2026-09-26", channel="CHAT"))
    acme.clock.now = utc("2026-11-10")
    await swept(acme, 0, 1)
    await take(acme, message("acme", "2026-09-23", channel="CHAT"))
    cycles = await check(acme, await recounted(acme.pool, "acme", STRETCH))
    assert [cycles[number].used for number in range(3)] == [{}, {"CHAT": 1}, {}]
    assert cycles[2].late == [("CHAT", 0, 1), ("CHAT", 1, -1)]
    await swept(acme, 0, 1)
    acme.clock.now = utc("2027-01-10")
    await swept(acme, 0, 1, 2, 3)


async def test_a_cycle_with_adjustments_booked_in_it_is_closed_with_them(acme: World) -> None:
    acme.clock.now = utc("2026-10-20")
    late = [
        said("2026-09-10"),
        charge("acme", "2026-09-10", "1"),
        charge("acme", "2026-09-11", "0"),
    ]
    await take(acme, *late, said("2026-10-10"), charge("acme", "2026-10-10", "2"))
    acme.clock.now = utc("2026-11-20")
    await swept(acme, 0, 1)
    cycles = await check(acme, await recounted(acme.pool, "acme", STRETCH))
    assert (cycles[0].used, cycles[0].spent) == ({}, {})
    assert (cycles[1].used, cycles[1].spent) == ({"CHAT": 2}, {"VOICE": (3_000_000, 3)})


async def test_cycles_with_nothing_in_them(acme: World) -> None:
    acme.clock.now = utc("2026-12-20")
    await swept(acme, 0, 1, 2)
    async with acquire(acme.pool) as conn:
        assert await conn.fetchval("SELECT count(*) FROM statement_line") == 0
    await take(acme, said("2026-09-10"), charge("acme", "2026-09-10", "1"))
    await swept(acme, 0, 1, 2)
    await check(acme, await recounted(acme.pool, "acme", STRETCH))


async def test_an_ended_account(acme: World) -> None:
    acme.clock.now = utc("2026-10-10")
    await take(acme, said("2026-09-10"), said("2026-10-01"), charge("acme", "2026-10-09", "1"))
    ended_at = utc("2026-10-15T15:30")
    await end(acme.context(), str(account_id_of("acme")), ended_at)
    acme.clock.now = ended_at + 72 * HOUR - TICK
    await take(acme, said("2026-09-12"), said("2026-10-08"), said("2026-10-09"))
    acme.clock.now = ended_at + 72 * HOUR + SETTLING
    await swept(acme, 0, 1)
    cycles = await check(acme, await recounted(acme.pool, "acme", STRETCH, ended_at=ended_at))
    assert (cycles[0].used, cycles[1].used) == ({}, {"CHAT": 4})
    acme.clock.now += 400 * DAY
    assert await sweep(acme.pool, acme.clock) == Swept(0, 0, 0)
    assert [cycle.used for cycle in (await shown(acme, "acme")).values()] == [{"CHAT": 4}, {}]


async def test_a_change_of_terms_leaves_closed_cycles_and_their_days_alone(acme: World) -> None:
    acme.clock.now = utc("2026-11-10")
    await take(
        acme,
        *(said(f"2026-{month}-{day}") for month in ("09", "10", "11") for day in ("05", "22")),
        *(charge("acme", f"2026-{month}-05", "1") for month in ("09", "10", "11")),
    )
    acme.clock.now = utc("2026-11-22T17:40")
    await swept(acme, 0, 1)
    before = await answers(acme)
    closed = utc("2026-11-01")
    async with acquire(acme.pool) as conn:  # what would not survive, were it laid anew
        await conn.execute("UPDATE conversation_day SET n = n + 1000 WHERE day < $1", closed)
        await conn.execute("UPDATE charge_day SET n = n + 1000 WHERE day < $1", closed)
        await conn.execute("UPDATE spend_day SET amount_micros = 1 WHERE day < $1", closed)
    days = await _days(acme.pool, closed)
    request = TermsRequest(interval=Interval.YEARLY, now=True, time_zone="America/Havana")
    named = Commitments(blocks=0, carrier_micros=0)
    await terms.change(acme.context(), str(account_id_of("acme")), request, named)
    assert await _days(acme.pool, closed) == days
    after = await answers(acme)
    assert {number: _usage(after[number]) for number in (0, 1)} == {
        number: _usage(before[number]) for number in (0, 1)
    }


async def _days(pool: Pool, until: datetime) -> list[list[Any]]:
    async with acquire(pool) as conn:
        return [
            await conn.fetch(f"SELECT * FROM {table} WHERE day < $1 ORDER BY 2, 3", until)
            for table in ("conversation_day", "charge_day", "spend_day")
        ]


def _usage(node: dict[str, Any]) -> Any:
    """Return what a cycle shows but for the versions, which are the account's."""
    versions = {"version": None}
    return [{**node[meter], **versions} for meter in ("conversationUsage", "carrierBalance")]


async def test_monthly_then_yearly(acme: World) -> None:
    """The cycle that is cut closes 72 hours after the cut."""
    acme.clock.now = utc("2026-11-20T17:40")
    await take(acme, said("2026-09-10"), said("2026-11-10"), charge("acme", "2026-11-20", "1"))
    request = TermsRequest(interval=Interval.YEARLY, now=True)
    named = Commitments(blocks=0, carrier_micros=0)
    await terms.change(acme.context(), str(account_id_of("acme")), request, named)
    acme.clock.now = utc("2026-11-23T17:40") + SETTLING - TICK
    await swept(acme, 0, 1)
    acme.clock.now += TICK
    await swept(acme, 0, 1, 2)
    await take(acme, said("2026-11-11"), charge("acme", "2026-11-20T17:39", "2"))
    cut = Stretch(3, 12, date(2026, 11, 20), "UTC", utc("2026-11-20T17:40"))
    cycles = await check(acme, await recounted(acme.pool, "acme", STRETCH, cut))
    assert (cycles[2].used, cycles[3].used) == ({"CHAT": 2}, {"CHAT": 1})
    assert cycles[3].spent == {"VOICE": (2_000_000, 1)}
    acme.clock.now = utc("2028-01-01")
    await swept(acme, 0, 1, 2, 3)


def traffic(chance: random.Random, until: datetime, count: int) -> list[Event]:
    """Make messages and charges of any time since the account's start, many of few contacts."""
    start, events = utc("2026-09-01"), []
    for _ in range(count):
        at = (start + chance.random() * (until - start)).isoformat()
        id_ = f"{chance.getrandbits(64):x}"
        label = chance.choice(("CHAT", "SMS"))
        if chance.random() < 0.7:
            contact = chance.choice("abcdef")
            events.append(message("acme", at, contact=contact, channel=label, id=id_))
        else:
            amount = f"0.{chance.randrange(1_000_000):06}"
            events.append(charge("acme", at, amount, feature=label, id=id_))
    return events


async def reverse_one(world: World, chance: random.Random) -> None:
    """Take back any event that still counts."""
    gone = await reversed_ids(world.pool, "acme")
    left = sorted(set(await stored_facts(world.pool, "acme")) - gone)
    if left:
        id_ = chance.choice(left)
        request = Request(
            account_id=str(id_.account_id),
            original=EventName(id_.source, id_.id),
            reason="A mistake.",
            idempotency_key=id_.id,
        )
        await reverse(world.context(), request)


async def erase_one(world: World, chance: random.Random) -> None:
    """Erase any contact that has written, or not."""
    asked = erasure.Request(
        account_id=str(account_id_of("acme")), contact=chance.choice("abcdef"), reason="Asked to."
    )
    with suppress(ContactUnknownError):
        await erasure.erase_contact(world.context(), asked)


async def broken_of(world: World) -> dict[str, int]:
    async with acquire(world.pool) as conn:
        return await broken(conn, account_id_of("acme"), at=world.clock())


@pytest.mark.parametrize("seed", range(4))
async def test_a_random_walk(acme: World, seed: int) -> None:
    """Events of any age, also taken back or erased, while time goes on and sweeps come any time.

    Closed numbers stand, and the sum is right.
    """
    chance = random.Random(seed)
    final: dict[int, tuple[Any, Any]] = {}
    acme.clock.now += DAY
    for _ in range(60):
        step = chance.choice(("take", "take", "reverse", "erase", "wait", "wait", "sweep"))
        if step == "take":
            await take(acme, *traffic(chance, acme.clock.now, chance.randrange(1, 12)))
        elif step == "reverse":
            await reverse_one(acme, chance)
        elif step == "erase":
            await erase_one(acme, chance)
        elif step == "wait":
            acme.clock.now += chance.choice((HOUR, DAY, 3 * DAY, 9 * DAY, 31 * DAY))
        else:
            await sweep(acme.ingest_pool, acme.clock)
        assert await broken_of(acme) == {}
        recount = await recounted(acme.pool, "acme", STRETCH)
        for number, cycle in (await check(acme, recount)).items():
            if cycle.state == "CLOSED":
                numbers = cycle.used, cycle.spent
                assert final.setdefault(number, numbers) == numbers
    acme.clock.now += SETTLING
    await sweep(acme.ingest_pool, acme.clock)
    assert await stated(acme.pool) == [*range(len(final))]
    assert len(final) > 1
    assert await stored(acme.pool, "acme") == derived(await recounted(acme.pool, "acme", STRETCH))
    with_statements = await answers(acme)
    await forget(acme.pool)
    assert await answers(acme) == with_statements


async def test_sweeps_beside_late_events(acme: World) -> None:
    chance = random.Random(8)
    acme.clock.now = utc("2026-12-20")
    await take(acme, *traffic(chance, acme.clock.now, 200))
    batches = [traffic(chance, acme.clock.now, 10) for _ in range(24)]

    async def feed(mine: list[list[Event]]) -> None:
        for batch in mine:
            await take(acme, *batch)

    *found, _, _, _, _ = await asyncio.gather(
        *(sweep(acme.ingest_pool, acme.clock) for _ in range(8)),
        *(feed(batches[n::4]) for n in range(4)),
    )
    assert sorted(each.cycles for each in found if each is not None) == [0] * 7 + [3]
    assert await stated(acme.pool) == [0, 1, 2]
    recount = await recounted(acme.pool, "acme", STRETCH)
    assert await stored(acme.pool, "acme") == derived(recount)
    assert await broken_of(acme) == {}
    await check(acme, recount)
    with_statements = await answers(acme)
    await forget(acme.pool)
    assert await answers(acme) == with_statements
