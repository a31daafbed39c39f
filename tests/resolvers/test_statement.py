"""Writing statements: under the account's lock, some at a time, each once.

The account is monthly from 2026-09-01 in UTC: cycle 0 is September and closes on 2026-10-04.
"""

import asyncio
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from dateutil.relativedelta import relativedelta

import db.account
import db.event
from billing.account import account_id_of
from billing.instant import TICK
from billing.statement import SETTLING
from db.pool import Pool, acquire
from resolvers import counting
from resolvers.account import end
from resolvers.statement import CYCLES_MAX, due, write
from tests.support.facts import DAY, blocked, holding, take
from tests.support.world import World, charge, contents, message, utc

ACME = account_id_of("acme")
CLOSED = utc("2026-10-04")
DUE = CLOSED + SETTLING


@pytest.fixture
async def acme(world: World) -> World:
    world.clock.now = utc("2026-09-01")
    await world.account("acme", anchor="2026-09-01", zone="UTC", backfill_until="2026-09-01")
    return world


async def headers(pool: Pool) -> list[tuple[int, datetime]]:
    async with acquire(pool) as conn:
        rows = await conn.fetch("SELECT cycle, recorded_at FROM statement ORDER BY 1")
    return [tuple(row) for row in rows]


async def lines(pool: Pool) -> list[tuple[int, str, str, int, int]]:
    async with acquire(pool) as conn:
        rows = await conn.fetch(
            "SELECT cycle, meter, label, amount, n FROM statement_line ORDER BY 1, 2, 3"
        )
    return [tuple(row) for row in rows]


async def test_what_is_written(acme: World) -> None:
    acme.clock.now = utc("2026-10-03")
    await take(
        acme,
        message("acme", "2026-09-10", channel="CHAT"),
        message("acme", "2026-09-10", channel="CHAT", contact="peter"),
        message("acme", "2026-09-10", channel="SMS"),
        message("acme", "2026-09-25", channel="CHAT"),  # closes in October
        charge("acme", "2026-09-10", "1.25"),
        charge("acme", "2026-09-11", "0.000001"),
        charge("acme", "2026-09-11", "0", feature="FREE"),
    )
    acme.clock.now = utc("2026-12-20")
    assert await write(acme.pool, ACME, acme.clock) == 3
    assert await headers(acme.pool) == [(number, acme.clock.now) for number in range(3)]
    assert await lines(acme.pool) == [
        (0, "CARRIER", "FREE", 0, 1),
        (0, "CARRIER", "VOICE", 1_250_001, 2),
        (0, "CONVERSATIONS", "CHAT", 2, 2),
        (0, "CONVERSATIONS", "SMS", 1, 1),
        (1, "CONVERSATIONS", "CHAT", 1, 1),
    ]


async def test_a_cycle_is_written_once_it_has_settled_and_only_once(acme: World) -> None:
    acme.clock.now = DUE - TICK
    before = await contents(acme.pool)
    assert await write(acme.pool, ACME, acme.clock) == 0
    assert await contents(acme.pool) == before
    acme.clock.now = DUE
    assert await write(acme.pool, ACME, acme.clock) == 1
    after = await contents(acme.pool)
    acme.clock.now = utc("2026-11-01")
    assert await write(acme.pool, ACME, acme.clock) == 0
    assert await contents(acme.pool) == after


@pytest.mark.parametrize(
    ("closed", "transactions"), [(CYCLES_MAX - 1, 1), (CYCLES_MAX, 2), (CYCLES_MAX + 1, 2)]
)
async def test_a_transaction_writes_so_many(world: World, closed: int, transactions: int) -> None:
    anchor = date(2026, 11, 1) - relativedelta(months=closed)
    await world.account("acme", anchor=anchor.isoformat(), zone="UTC", backfill_until="2026-11-01")
    world.statements.clear()
    assert await write(world.pool, ACME, world.clock) == closed
    assert world.statements.count("account.lock") == transactions
    assert world.statements.count("statement.insert") == -(-closed // CYCLES_MAX)
    assert [number for number, _ in await headers(world.pool)] == list(range(closed))


async def test_an_account_without_terms_has_none(world: World) -> None:
    await world.account("acme", trial=True)
    world.clock.now = utc("2030-01-01")
    assert await write(world.pool, ACME, world.clock) == 0


async def test_who_is_due(acme: World) -> None:
    at = utc("2026-10-20")
    acme.clock.now = at
    ids: dict[str, UUID] = {"acme": ACME}
    ids["filling"] = await acme.account("filling", anchor="2026-08-01", zone="UTC")
    ids["trial"] = await acme.account("trial", trial=True)
    ids["young"] = await acme.account(
        "young", anchor="2026-10-01", zone="UTC", backfill_until="2026-10-01"
    )
    assert await due(acme.pool, list(ids.values()), at) == [ACME]
    assert await due(acme.pool, list(ids.values()), at + 90 * DAY) == [
        ids["acme"],
        ids["filling"],
        ids["young"],
    ]
    await write(acme.pool, ACME, acme.clock)
    acme.statements.clear()
    assert await due(acme.pool, list(ids.values()), at) == []
    assert acme.statements == ["account.by_ids", "statement.latest"]


async def test_a_batch_that_read_its_clock_before_the_closing_is_in(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the lock, and the statement waits for it."""
    acme.clock.now = CLOSED - TICK
    batch = [message("acme", "2026-09-10", id="m"), charge("acme", "2026-09-10", "1", id="c")]
    async with holding(monkeypatch, counting, "count", "m") as gate, asyncio.TaskGroup() as group:
        group.create_task(take(acme, *batch))
        await gate.reached.wait()
        acme.clock.now = DUE
        writing = group.create_task(write(acme.pool, ACME, acme.clock))
        await blocked(acme.pool)
        gate.open()
    assert writing.result() == 1
    assert await lines(acme.pool) == [
        (0, "CARRIER", "VOICE", 1_000_000, 1),
        (0, "CONVERSATIONS", "WHATSAPP", 1, 1),
    ]


async def test_the_clock_is_read_under_the_lock(acme: World) -> None:
    async with acquire(acme.pool) as conn, asyncio.TaskGroup() as group, conn.transaction():
        await db.account.lock(conn, [ACME])
        acme.clock.now = DUE - TICK
        writing = group.create_task(write(acme.pool, ACME, acme.clock))
        await blocked(acme.pool)
        acme.clock.now = DUE
    assert writing.result() == 1
    assert await headers(acme.pool) == [(0, DUE)]


async def test_what_was_checked_before_the_last_cycle_closed_is_in(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ended account takes nothing once its last cycle is closed: no cycle could carry it."""
    acme.clock.now = utc("2026-09-20")
    await end(acme.context(), str(ACME))
    closed = utc("2026-09-23")
    acme.clock.now = closed - TICK
    batch = [message("acme", "2026-09-10", id="m"), charge("acme", "2026-09-10", "1", id="c")]
    async with holding(monkeypatch, db.event, "insert", "m") as gate, asyncio.TaskGroup() as group:
        group.create_task(take(acme, *batch))
        await gate.reached.wait()
        acme.clock.now = closed + timedelta(minutes=4)
        assert await write(acme.pool, ACME, acme.clock) == 0
        gate.open()
    acme.clock.now = closed + SETTLING
    assert await write(acme.pool, ACME, acme.clock) == 1
    assert await lines(acme.pool) == [
        (0, "CARRIER", "VOICE", 1_000_000, 1),
        (0, "CONVERSATIONS", "WHATSAPP", 1, 1),
    ]


async def test_several_at_once_write_each_once(acme: World) -> None:
    acme.clock.now = utc("2027-09-20")
    written = await asyncio.gather(*(write(acme.ingest_pool, ACME, acme.clock) for _ in range(8)))
    assert sorted(written) == [0] * 7 + [12]
    assert [number for number, _ in await headers(acme.pool)] == list(range(12))
