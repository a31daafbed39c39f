"""Fixtures: worlds at the present, and a scene of which a test may kill or cut every part."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest_asyncio

from db.embedded import Cluster
from db.migrate import migrate
from db.pool import INGESTING, READING, pooled
from db.postmaster import PORT, running
from schema import root
from tests.conftest import NOW
from tests.faults.scene import Scene, disk
from tests.support.clock import Clock
from tests.support.proxy import wire
from tests.support.world import World


@pytest_asyncio.fixture(loop_scope="session")
async def own_world(dsn: str) -> AsyncIterator[World]:
    """A world of the test's own, at the present: that is when servers live."""
    async with (
        pooled(dsn, size_max=4, session=READING) as pool,
        pooled(dsn, size_max=2, session=INGESTING) as ingest_pool,
    ):
        made = World(pool, ingest_pool, Clock(datetime.now(UTC)), root.build())
        await made.plans()
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def scene() -> AsyncIterator[Scene]:
    """A server between two wires; tests use accounts of their own, and leave all as it was."""
    async with AsyncExitStack() as stack:
        data, mounted = stack.enter_context(disk())
        socket_dir = stack.enter_context(running(data, None, durable=True))
        cluster = Cluster(data, socket_dir)
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kontingent-")))
        socket = f".s.PGSQL.{PORT}"
        back = await stack.enter_async_context(wire(socket_dir / socket, folder / socket))
        front = await stack.enter_async_context(wire(0))
        await migrate(cluster.dsn(), at=NOW)
        pool = await stack.enter_async_context(pooled(cluster.dsn(), size_max=4, session=READING))
        world = World(pool, pool, Clock(datetime.now(UTC)), root.build())
        await world.plans()
        made = Scene(
            cluster=cluster,
            world=world,
            front=front,
            back=back,
            back_dsn=replace(cluster, socket_dir=folder).dsn(),
            folder=folder,
            disk=data if mounted else None,
            stack=stack,
        )
        made.clock_file.touch()
        await made.start()
        yield made
