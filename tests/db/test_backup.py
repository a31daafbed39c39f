"""A dump, restored, is the same database: rows, rights, migrations, and all that must hold.

The commands are those of docs/operations.md.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from billing.account import account_id_of
from db import invariant, roles
from db.embedded import Cluster
from db.migrate import pending
from db.pool import INGESTING, READING, acquire, open_pool
from db.postmaster import binaries
from jobs.closing import sweep
from tests.support.facts import shown, summary, take
from tests.support.roles import users
from tests.support.world import World, charge, contents, message, utc

ROOT = Path(__file__).parents[2]
MESSAGES = [
    message("acme", f"2026-{month:02}-{day:02}", contact=contact, id=f"{contact} {month} {day}")
    for month in (9, 10, 11)
    for day in (1, 5, 9, 17)
    for contact in ("maria", "peter")
]


@pytest.fixture
def tools() -> Path:
    """Where pg_dump and pg_restore of the tests' PostgreSQL are."""
    bin_dir = Path(os.environ.get("KONTINGENT_TEST_PG_BIN") or binaries())
    if not all((bin_dir / name).exists() for name in ("pg_dump", "pg_restore")):
        pytest.skip(f"There is no pg_dump in {bin_dir}: nothing was dumped and restored.")
    return bin_dir


@pytest.fixture
async def empty(cluster: Cluster) -> AsyncIterator[str]:
    """A database with nothing in it."""
    name = f"restored_{uuid4().hex}"
    admin = await asyncpg.connect(cluster.dsn("postgres"))
    await admin.execute(f"CREATE DATABASE {name} STRATEGY = FILE_COPY")
    try:
        yield cluster.dsn(name)
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


async def documented(tool: str, tools: Path, **values: str | Path) -> None:
    """Run the one line of the handbook that begins with `tool`, with values for its variables."""
    handbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    [line] = re.findall(rf"^\$ ({tool} .*)$", handbook, re.MULTILINE)
    for name, value in values.items():
        line = line.replace(f'"${name}"', str(value))
    assert "$" not in line
    program, *arguments = line.split()
    process = await asyncio.create_subprocess_exec(tools / program, *arguments)
    assert await process.wait() == 0


async def test_a_dump_restored_is_the_same(
    world: World, dsn: str, empty: str, tools: Path, tmp_path: Path
) -> None:
    world.clock.now = utc("2026-09-01")
    await world.account("acme", anchor="2026-09-01", zone="UTC", backfill_until="2026-09-01")
    for each in MESSAGES:
        world.clock.now = each.fact.occurred_at
        await world.take(each)
    world.clock.now = utc("2026-11-22T12:00")
    await sweep(world.ingest_pool, world.clock)
    await world.take(charge("acme", "2026-11-20", "1.50"), message("acme", "2026-09-03", id="late"))
    before, cycles = await contents(world.pool), await shown(world, "acme")
    dump = tmp_path / "kontingent.dump"
    async with users(dsn):
        await documented("pg_dump", tools, DATABASE_URL=dsn, DUMP=dump)
        await documented("pg_restore", tools, NEW_DATABASE_URL=empty, DUMP=dump)
        try:
            # A dump has the rights to all but the database itself.
            [made] = await roles.apply(empty)
            assert made.startswith("REVOKE TEMPORARY ON DATABASE restored_")
        finally:
            await leave(empty)
    assert await pending(empty) == []
    async with (
        await open_pool(empty, size_max=2, session=READING) as pool,
        await open_pool(empty, size_max=2, session=INGESTING) as ingest_pool,
    ):
        restored = World(pool, ingest_pool, world.clock, world.schema)
        after = await contents(pool)
        assert {name: sorted(rows) for name, rows in after.items()} == {
            name: sorted(rows) for name, rows in before.items()
        }
        assert await shown(restored, "acme") == cycles
        async with acquire(pool) as conn:
            assert await invariant.broken(conn, account_id_of("acme"), at=world.clock()) == {}
        # It goes on from there: what is sent again is known, what is new counts.
        assert summary(await take(restored, *MESSAGES)) == (0, len(MESSAGES), 0, 0)
        world.clock.now += timedelta(hours=1)
        assert summary(await take(restored, message("acme", "2026-11-22"))) == (1, 0, 0, 0)


async def leave(dsn: str) -> None:
    """Take the roles' rights out of a database, so that they can be dropped."""
    conn = await asyncpg.connect(dsn)
    await conn.execute(f"DROP OWNED BY {', '.join(roles.ROLES)}")
    await conn.close()
