"""Reversals at once: the same original, the same key, and messages of the same contact.

It is 2026-11-22 12:00 UTC; the account is monthly from 2026-10-01 in UTC.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from billing.account import account_id_of
from billing.commitment import GrantKind
from billing.errors import AlreadyReversedError
from billing.event import Event
from db.pool import READING, Pool, acquire, open_pool
from resolvers import counting, reversal
from resolvers.context import Context
from resolvers.reversal import EventName, GrantName, Request, ReversalOutcome
from tests.billing.oracle import Stretch
from tests.support.facts import (
    HOUR,
    Gate,
    blocked,
    charges_shown,
    conversations_shown,
    derived,
    holding,
    recounted,
    shown,
    stored,
    take,
)
from tests.support.world import World, charge, contents, message, utc

STRETCH = Stretch(0, 1, date(2026, 10, 1), "UTC")
ORIGIN = utc("2026-11-01")


def at_hour(hour: float, *, contact: str = "maria") -> Event:
    at = (ORIGIN + hour * HOUR).isoformat()
    return message("acme", at, channel="CHAT", contact=contact, id=f"{contact} {hour:g}")


def request(original: Event | str, key: str) -> Request:
    return Request(
        account_id=str(account_id_of("acme")),
        original=GrantName(original)
        if isinstance(original, str)
        else EventName(original.source, original.id),
        reason="Sent by mistake.",
        idempotency_key=key,
    )


@pytest.fixture
async def acme(world: World) -> World:
    await world.account("acme", anchor="2026-10-01", zone="UTC")
    return world


@pytest.fixture
async def crowd(dsn: str) -> AsyncIterator[Pool]:
    """Connections enough that all who come at once get one."""
    patient = {**READING, "lock_timeout": "20s"}
    async with await open_pool(dsn, size_max=16, session=patient) as opened:
        yield opened


def calling(world: World, pool: Pool) -> Context:
    return Context.of(replace(world.session(), pool=pool))


async def opening_hours(world: World) -> list[float]:
    windows = (await stored(world.pool, "acme")).windows
    return [(opening - ORIGIN) / HOUR for _, _, opening in windows]


async def assert_right(world: World) -> None:
    recount = await recounted(world.pool, "acme", STRETCH)
    assert await stored(world.pool, "acme") == derived(recount)
    cycles = (await shown(world, "acme")).values()
    start, end = recount.bounds[0], recount.bounds[-1]
    assert conversations_shown(cycles) == recount.conversations(start, end)
    assert charges_shown(cycles) == recount.charges(start, end)


ORIGINALS = [at_hour(0), charge("acme", "2026-11-02", "1.25", id="paid"), "CONVERSATIONS-1"]


@pytest.mark.parametrize("original", ORIGINALS, ids=["message", "charge", "grant"])
async def test_eight_reversals_of_one_original_at_once_have_one_effect(
    acme: World, crowd: Pool, original: Event | str
) -> None:
    await take(acme, *(event for event in ORIGINALS if isinstance(event, Event)), at_hour(10))
    await acme.grant("acme", GrantKind.BLOCKS, 1, 2)
    answers = await asyncio.gather(
        *(reversal.reverse(calling(acme, crowd), request(original, f"k{n}")) for n in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, ReversalOutcome) for answer in answers) == 1
    assert sum(isinstance(answer, AlreadyReversedError) for answer in answers) == 7
    kept = await contents(acme.pool)
    assert len(kept["event_reversal"]) + len(kept["grant_reversal"]) == 1
    assert len(kept["idempotency"]) == 1
    await assert_right(acme)


async def test_the_same_key_at_once_has_one_effect_and_one_answer(acme: World, crowd: Pool) -> None:
    await take(acme, at_hour(0), at_hour(10))
    answers = await asyncio.gather(
        *(reversal.reverse(calling(acme, crowd), request(at_hour(0), "k")) for _ in range(8))
    )
    assert answers == [answers[0]] * 8
    assert await opening_hours(acme) == [10]


async def test_a_message_that_arrives_while_another_is_reversed(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is stored meanwhile waits for the lock, and then counts after the reversal."""
    await take(acme, at_hour(0), at_hour(160), at_hour(300))
    assert await opening_hours(acme) == [0, 300]
    gate = Gate()
    uncount = counting.uncount_message

    async def held(*args: Any, **kwargs: Any) -> Any:
        result = await uncount(*args, **kwargs)
        gate.reached.set()
        await gate.opening.wait()
        return result

    monkeypatch.setattr(counting, "uncount_message", held)
    async with asyncio.timeout(10), asyncio.TaskGroup() as go:
        one = go.create_task(reversal.reverse(acme.context(), request(at_hour(0), "k")))
        await gate.reached.wait()
        two = go.create_task(take(acme, at_hour(10)))
        await blocked(acme.pool)
        gate.open()
    assert (one.result().reversal.cycle_number, two.result().accepted) == (1, 1)
    assert await opening_hours(acme) == [10, 300]
    await assert_right(acme)


async def test_a_reversal_while_another_message_arrives(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(acme, at_hour(100), at_hour(260))
    assert await opening_hours(acme) == [100]
    arriving = at_hour(60)
    async with (
        holding(monkeypatch, counting, "count", arriving.id) as gate,
        asyncio.TaskGroup() as go,
    ):
        go.create_task(take(acme, arriving))
        await gate.reached.wait()
        go.create_task(reversal.reverse(acme.context(), request(at_hour(100), "k")))
        await blocked(acme.pool)
        gate.open()
    assert await opening_hours(acme) == [60, 260]
    await assert_right(acme)


async def test_an_event_that_is_not_committed_is_not_there_yet(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is reversed: whoever waits for the lock sees it."""
    arriving = at_hour(0)
    async with (
        holding(monkeypatch, counting, "count", arriving.id) as gate,
        asyncio.TaskGroup() as go,
    ):
        go.create_task(take(acme, arriving))
        await gate.reached.wait()
        waiting = go.create_task(reversal.reverse(acme.context(), request(arriving, "k")))
        await blocked(acme.pool)
        gate.open()
    assert waiting.result().reversal.cycle_number == 1
    assert await opening_hours(acme) == []


@pytest.mark.parametrize("seed", range(4))
async def test_any_reversals_among_any_batches(acme: World, crowd: Pool, seed: int) -> None:
    """Events of two contacts, late and not, arrive while a third of them is reversed."""
    chance = random.Random(seed)
    events = [
        at_hour(chance.randrange(-700, 500) + n / 1_000, contact=chance.choice("ab"))
        for n in range(60)
    ]
    events += [
        charge("acme", f"2026-1{chance.choice('01')}-{day:02}", f"0.{n:06}", id=f"c{n}")
        for n, day in enumerate(chance.choices(range(1, 21), k=20))
    ]
    acme.clock.now = utc("2026-11-10")  # while October is closed and was not before
    chance.shuffle(events)
    old = [event for event in events if event.fact.occurred_at < acme.clock.now]
    first, rest = old[: len(old) // 2], old[len(old) // 2 :]
    await take(acme, *first)
    acme.clock.now = utc("2026-12-10")
    gone = chance.sample(first, len(first) // 2)

    async def reverse(event: Event) -> None:
        await reversal.reverse(calling(acme, crowd), request(event, event.id.replace(" ", "-")))

    async def send(batch: list[Event]) -> None:
        await take(acme, *batch)

    await asyncio.gather(
        *map(reverse, gone), *(send(rest[n : n + 3]) for n in range(0, len(rest), 3))
    )
    await assert_right(acme)
    async with acquire(acme.pool) as conn:
        assert await conn.fetchval("SELECT count(*) FROM event_reversal") == len(gone)
