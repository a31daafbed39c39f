"""Telling watchers of changes: heard, caught up with, or asked for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from uuid import UUID

import pytest
import pytest_asyncio

from billing.account import account_id_of
from db.announcing import announce_now
from db.change import CHANNEL, TOGETHER, announce
from db.embedded import Cluster
from db.pool import acquire, connect
from jobs import live
from jobs.live import RETRY_SECONDS_MAX, Live, pauses
from resolvers.watcher import Watcher, Watchers
from tests.support.world import World, admin, charge, message

ACME, GLOBEX = account_id_of("acme"), account_id_of("globex")
NEVER = 60.0
BUY = """mutation { addConversationBlocks(input: {blocks: 1, cycle: CURRENT,
    expectedVersion: 0, idempotencyKey: "k"}) { __typename } }"""
PREVIEW = "{ previewBlocks(input: {blocks: 1, cycle: CURRENT}) { __typename } }"


@pytest_asyncio.fixture(loop_scope="session")
async def accounts(world: World) -> World:
    for name in ("acme", "globex"):
        await world.account(name)
    return world


@asynccontextmanager
async def telling(
    world: World, dsn: str, *, poll_seconds: float, hearing: bool = True
) -> AsyncIterator[tuple[Live, Watcher]]:
    """Have someone watch acme, and tell them; yields when nothing is left to be told."""
    await settled(world)
    watchers = Watchers()
    made = Live(world.pool, dsn, watchers, poll_seconds=poll_seconds)
    async with made.running():
        async with asyncio.timeout(5):
            while made.hears != hearing:  # noqa: ASYNC110 (nobody else wants to know)
                await asyncio.sleep(0.005)
        with watchers.watching("anna") as watcher:
            watcher.watch(ACME)
            if not hearing:
                await told(watcher)  # the count was not known
            yield made, watcher


async def told(watcher: Watcher, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        await watcher.told.wait()
    watcher.told.clear()


async def change(world: World, contact: str, account: str = "acme") -> None:
    await world.take(message(account, "2026-11-10T10:00", contact=contact))


async def cut_off(world: World) -> None:
    """End the session that listens, as a server that is restarted does."""
    async with acquire(world.ingest_pool) as conn:
        ended = await conn.fetchval(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        )
    assert ended is True


# --- What is announced ------------------------------------------------------------------------


@pytest_asyncio.fixture(loop_scope="session")
async def heard(accounts: World, dsn: str) -> AsyncIterator[list[str]]:
    """Whatever is announced from now on: to record the accounts was, too."""
    await settled(accounts)
    found: list[str] = []
    conn = await connect(dsn)
    await conn.add_listener(CHANNEL, lambda *given: found.append(str(given[-1])))
    yield found
    await conn.close()


async def settled(world: World) -> None:
    """Wait until what is announced has been heard."""
    await announce_now(world.pool)
    await announce_now(world.ingest_pool)
    async with acquire(world.pool) as conn:
        await conn.execute("SELECT 1")
    await asyncio.sleep(0.05)


async def test_a_batch_is_announced_once_with_all_its_accounts(
    accounts: World, heard: list[str]
) -> None:
    batch = [
        *(message("acme", f"2026-11-10T10:0{n}", contact=f"c{n}") for n in range(3)),
        charge("acme", "2026-11-10T10:00", "1"),
        charge("globex", "2026-11-10T10:00", "1"),
    ]
    await accounts.take(*batch)
    await settled(accounts)
    both = ",".join(sorted([str(ACME), str(GLOBEX)]))
    assert heard == [both]
    await accounts.take(*batch)  # duplicates
    await settled(accounts)
    assert heard == [both]


async def test_a_change_is_announced_and_neither_its_repetition_nor_its_preview(
    accounts: World, heard: list[str]
) -> None:
    await accounts.data(PREVIEW, principal=admin("acme"))
    await settled(accounts)
    assert heard == []
    for _ in range(2):
        await accounts.data(BUY, principal=admin("acme"))
    await settled(accounts)
    assert heard == [str(ACME)]


async def test_so_many_accounts_are_announced_together(accounts: World, heard: list[str]) -> None:
    ids = [UUID(int=n) for n in range(TOGETHER + 1)]
    async with acquire(accounts.pool) as conn:
        await announce(conn, ids[:-1])
        await announce(conn, ids)
    await settled(accounts)
    assert [len(said.split(",")) for said in heard] == [TOGETHER, TOGETHER, 1]


# --- Who is told ------------------------------------------------------------------------------


async def test_who_watches_an_account_hears_of_its_changes(accounts: World, dsn: str) -> None:
    async with telling(accounts, dsn, poll_seconds=NEVER) as (_, watcher):
        await change(accounts, "maria")
        await told(watcher)
        await change(accounts, "maria", "globex")
        await settled(accounts)
        assert not watcher.told.is_set()


async def test_what_is_no_account_is_not_minded(accounts: World, dsn: str) -> None:
    async with telling(accounts, dsn, poll_seconds=NEVER) as (_, watcher):
        async with acquire(accounts.pool) as conn:
            await conn.execute(f"NOTIFY {CHANNEL}, 'canary'")
        await change(accounts, "maria")
        await told(watcher)


async def test_what_changes_while_nobody_listens_is_caught_up_with(
    accounts: World, dsn: str
) -> None:
    async with telling(accounts, dsn, poll_seconds=NEVER) as (_, watcher):
        await cut_off(accounts)
        await change(accounts, "maria")
        await told(watcher)
        await change(accounts, "jon")
        await told(watcher)


async def test_who_is_cut_off_asks_meanwhile(
    accounts: World, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RETRY_SECONDS", NEVER)
    async with telling(accounts, dsn, poll_seconds=0.1) as (made, watcher):
        await cut_off(accounts)
        await told(watcher)  # the count was not known
        await change(accounts, "maria")
        await told(watcher)
        assert not made.hears


async def test_where_nothing_is_heard_the_database_is_asked(
    accounts: World, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another database takes LISTEN, and has nothing to say: so do some that pool connections."""
    monkeypatch.setattr(live, "ECHO_SECONDS", 0.2)
    elsewhere = cluster.dsn("postgres")
    async with telling(accounts, elsewhere, poll_seconds=0.1, hearing=False) as (made, watcher):
        await asyncio.sleep(0.3)
        assert not watcher.told.is_set()
        await change(accounts, "maria")
        await told(watcher)
        assert not made.hears


async def test_where_nobody_answers_the_database_is_asked(accounts: World) -> None:
    nowhere = "postgresql://127.0.0.1:1/nowhere"
    async with telling(accounts, nowhere, poll_seconds=0.1, hearing=False) as (_, watcher):
        await change(accounts, "maria")
        await told(watcher)


async def test_what_was_not_announced_is_found_at_the_next_check(
    accounts: World, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHECK_SECONDS", 0.2)
    async with telling(accounts, dsn, poll_seconds=NEVER) as (_, watcher):
        await told(watcher)  # the count was not known
        async with acquire(accounts.ingest_pool) as conn:
            await conn.execute("UPDATE account SET changes = changes + 1")
        await told(watcher)


def test_each_failure_is_followed_by_a_longer_pause() -> None:
    assert list(islice(pauses(), 9)) == [0.5, 1, 2, 4, 8, 16, *[RETRY_SECONDS_MAX] * 3]
