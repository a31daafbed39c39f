"""The sweep over all accounts: what it looks at, what it costs, and what it gets over.

The accounts are monthly from 2026-08-01 in UTC; cycles 0 and 1 are closed on 2026-10-20.
"""

import asyncio
import logging
from collections import Counter
from uuid import UUID

import pytest

import db.account
from db.pool import acquire
from jobs import closing
from jobs.closing import Swept, sweep
from tests.support.world import World, contents, utc

LOOKED = ["account.by_ids", "statement.latest", "account.page_ids"]
WRITTEN = [
    "account.lock",
    "account.by_ids",
    "statement.latest",
    "usage.of_cycles",
    "statement.insert",
]


async def accounts(world: World, count: int) -> list[UUID]:
    """Record so many accounts, and return their ids in the order of a sweep."""
    world.clock.now = utc("2026-08-01")
    made = [
        await world.account(
            f"acme-{n}", anchor="2026-08-01", zone="UTC", backfill_until="2026-08-01"
        )
        for n in range(count)
    ]
    world.clock.now = utc("2026-10-20")
    return sorted(made)


async def headers(world: World) -> Counter[UUID]:
    """Count the statements of each account, each of a cycle of its own."""
    async with acquire(world.pool) as conn:
        rows = await conn.fetch("SELECT account_id, cycle FROM statement")
    assert len({tuple(row) for row in rows}) == len(rows)
    return Counter(row["account_id"] for row in rows)


async def test_nobody_means_nothing_to_do(world: World) -> None:
    assert await sweep(world.pool, world.clock) == Swept(0, 0, 0)


@pytest.mark.parametrize("page", [1, 2, 4, 5, 6])
async def test_all_accounts_are_closed_page_by_page(
    world: World, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(closing, "PAGE", page)
    ids = await accounts(world, 5)
    assert await sweep(world.pool, world.clock) == Swept(10, 5, 0)
    assert await headers(world) == dict.fromkeys(ids, 2)
    before = await contents(world.pool)
    assert await sweep(world.pool, world.clock) == Swept(0, 0, 0)
    assert await contents(world.pool) == before


async def test_accounts_with_nothing_to_close_cost_nothing_of_their_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "PAGE", 3)
    await accounts(world, 5)
    await sweep(world.pool, world.clock)
    await world.account("new", anchor="2026-08-01", zone="UTC", backfill_until="2026-08-01")
    await world.account("filling", anchor="2026-08-01", zone="UTC")
    world.statements.clear()
    assert await sweep(world.pool, world.clock) == Swept(2, 1, 0)
    looked = ["account.page_ids", *LOOKED * 3]
    assert Counter(world.statements) == Counter(looked) + Counter(WRITTEN)
    world.statements.clear()
    assert await sweep(world.pool, world.clock) == Swept(0, 0, 0)
    assert world.statements == looked


async def test_an_account_that_fails_is_named_and_the_others_go_on(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    ids = await accounts(world, 3)
    async with acquire(world.pool) as conn:
        await conn.execute(
            "UPDATE terms SET time_zone = 'Mars/Olympus' WHERE account_id = $1", ids[1]
        )
    with caplog.at_level(logging.WARNING):
        assert await sweep(world.pool, world.clock) == Swept(4, 2, 1)
    assert caplog.messages == [f"cycles of {ids[1]} are not closed: ZoneInfoNotFoundError"]
    assert await headers(world) == {ids[0]: 2, ids[2]: 2}


async def test_an_account_that_is_held_up_is_left_to_the_next_sweep(world: World) -> None:
    first, second = await accounts(world, 2)
    async with acquire(world.pool) as conn, conn.transaction():
        await db.account.lock(conn, [first])
        assert await sweep(world.pool, world.clock) == Swept(2, 1, 1)
    assert await headers(world) == {second: 2}
    assert await sweep(world.pool, world.clock) == Swept(2, 1, 0)
    assert await headers(world) == {first: 2, second: 2}


async def test_sweeps_at_once_share_the_work(world: World) -> None:
    ids = await accounts(world, 12)
    swept = await asyncio.gather(*(sweep(world.ingest_pool, world.clock) for _ in range(8)))
    assert sum(each.cycles for each in swept) == 24
    assert sum(each.accounts for each in swept) == 12
    assert sum(each.failures for each in swept) == 0
    assert await headers(world) == dict.fromkeys(ids, 2)
