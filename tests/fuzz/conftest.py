"""Fixtures: a server that holds the secrets of others, for whoever sends it anything at all."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from db.embedded import Cluster
from tests.conftest import cloned
from tests.fuzz.target import Target, aimed_at
from tests.support.fixtures import schema, world

__all__ = ["schema", "target", "world"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def target(
    cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Target]:
    """A server to be fuzzed, the same for all tests."""
    async with (
        cloned(cluster, template) as dsn,
        aimed_at(dsn, tmp_path_factory.mktemp("fuzz")) as made,
    ):
        yield made
