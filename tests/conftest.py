"""Fixtures: one PostgreSQL per run, one migrated database cloned per test."""

import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from xdist.remote import Producer

from db import embedded
from db.embedded import Cluster
from db.migrate import migrate
from db.pool import INGESTING, READING, Connection, Pool, open_pool
from tests.support.clock import Clock
from tests.support.together import Together, slow_first

NAME = re.compile(r"^/\* (?!change.announce)([a-z_.]+) \*/")
"""A statement's name; what is announced comes by itself, a moment later."""
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="Generate many more random cases.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = slow_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    return Together(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Sum up what the tests of faults have found, for the README."""
    writes: Counter[str] = Counter()
    slowest = recovery = 0.0
    for report in terminalreporter.getreports("passed"):
        found = dict(report.user_properties)
        writes.update(found.get("writes", {}))
        slowest = max(slowest, found.get("slowest", 0.0))
        recovery = max(recovery, found.get("recovery", 0.0))
    if writes:
        counts = ", ".join(f"{count:,} {what}" for what, count in sorted(writes.items()))
        terminalreporter.write_line(
            f"Faults: {counts}; slowest {slowest:.1f} s, back after {recovery:.2f} s"
        )


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether there is time for many more random cases."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One PostgreSQL for the run: the embedded one, or the binaries of KONTINGENT_TEST_PG_BIN."""
    bin_dir = os.environ.get("KONTINGENT_TEST_PG_BIN")
    with embedded.temporary(bin_dir=Path(bin_dir) if bin_dir else None) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(cluster: Cluster) -> str:
    name = "template_kontingent"
    admin = await asyncpg.connect(cluster.dsn("postgres"))
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    await migrate(cluster.dsn(name), at=NOW)
    return name


@asynccontextmanager
async def cloned(cluster: Cluster, template: str) -> AsyncIterator[str]:
    """Clone the template for as long as it is needed; yields the clone's DSN."""
    name = f"test_{uuid4().hex}"
    admin = await asyncpg.connect(cluster.dsn("postgres"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY = FILE_COPY")
    try:
        yield cluster.dsn(name)
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


@pytest_asyncio.fixture(loop_scope="session")
async def dsn(cluster: Cluster, template: str) -> AsyncIterator[str]:
    """A migrated, empty database of the test's own."""
    async with cloned(cluster, template) as url:
        yield url


@pytest.fixture
def statements() -> list[str]:
    """Names of the queries that `pool` has run so far, in order: the proof against N+1."""
    return []


@pytest_asyncio.fixture(loop_scope="session")
async def pool(dsn: str, statements: list[str]) -> AsyncIterator[Pool]:
    """A pool for queries and mutations."""

    async def log(conn: Connection) -> None:
        conn.add_query_logger(lambda query: statements.extend(NAME.findall(query.query)))

    async with await open_pool(dsn, size_max=4, session=READING, on_connect=log) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def ingest_pool(dsn: str) -> AsyncIterator[Pool]:
    """A pool for taking events in."""
    async with await open_pool(dsn, size_max=16, session=INGESTING) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until a test moves it."""
    return Clock(NOW)
