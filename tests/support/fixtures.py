"""Fixtures for tests that ask through GraphQL; a folder's conftest takes them over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from db.embedded import Cluster
from db.pool import INGESTING, READING, Connection, Pool, open_pool
from schema import root
from schema.root import Schema
from tests.conftest import NAME, NOW, cloned
from tests.support.clock import Clock
from tests.support.world import World


@pytest.fixture(scope="session")
def schema() -> Schema:
    return root.build()


@pytest_asyncio.fixture(loop_scope="session")
async def world(
    pool: Pool, ingest_pool: Pool, clock: Clock, schema: Schema, statements: list[str]
) -> World:
    """A world with nothing but the published plans."""
    made = World(pool, ingest_pool, clock, schema, statements)
    await made.plans()
    return made


@asynccontextmanager
async def shared_world(cluster: Cluster, template: str) -> AsyncIterator[World]:
    """Make a world for many tests that only read, or only write what is their own."""
    statements: list[str] = []

    async def log(conn: Connection) -> None:
        conn.add_query_logger(lambda query: statements.extend(NAME.findall(query.query)))

    async with (
        cloned(cluster, template) as dsn,
        await open_pool(dsn, size_max=4, session=READING, on_connect=log) as pool,
        await open_pool(dsn, size_max=2, session=INGESTING) as ingest_pool,
    ):
        made = World(pool, ingest_pool, Clock(NOW), root.build(), statements)
        await made.plans()
        yield made
