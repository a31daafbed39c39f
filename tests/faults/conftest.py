"""Fixtures: a server process and a world on a PostgreSQL that a test may stop or freeze."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from db import embedded
from db.embedded import Cluster
from db.migrate import migrate
from db.pool import INGESTING, READING, pooled
from schema import root
from tests.conftest import NOW
from tests.support.clock import Clock
from tests.support.world import World


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A PostgreSQL of the test's own."""
    with embedded.temporary() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def own_dsn(own_cluster: Cluster) -> str:
    """Its database, migrated."""
    await migrate(own_cluster.dsn(), at=NOW)
    return own_cluster.dsn()


@pytest_asyncio.fixture(loop_scope="session")
async def own_world(own_dsn: str) -> AsyncIterator[World]:
    """A world in it, at the present: that is when servers live."""
    async with (
        pooled(own_dsn, size_max=4, session=READING) as pool,
        pooled(own_dsn, size_max=2, session=INGESTING) as ingest_pool,
    ):
        made = World(pool, ingest_pool, Clock(datetime.now(UTC)), root.build())
        await made.plans()
        yield made
