"""Fixtures of these tests: a real browser, and a real server with a small world behind it."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, async_playwright, expect
from starlette.types import ASGIApp
from typing_extensions import override

from db.embedded import Cluster
from resolvers.watcher import Watchers
from tests.support.fixtures import schema, shared_world
from tests.support.http import application
from tests.web.demo_world import DEMO, fill
from tests.web.visit import Site

__all__ = ["browser", "patience", "schema", "site", "whole"]

FOLDER = Path(__file__).parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
)


@pytest.fixture
def patience() -> Iterator[None]:
    """Let the browser take its time: other tests run beside it."""
    expect.set_options(timeout=5_000)
    yield
    expect.set_options(timeout=None)


SAMPLE = (
    "test_conversations_and_balance_of_the_current_cycle",
    "test_the_first_load_asks_little",
    "test_a_chart_its_table_and_its_file_have_the_same_numbers",
    "test_a_lost_reply_does_not_buy_twice",
    "test_everybody_can_use_it[current]",
)
"""What of these tests runs among all others: a browser takes long. Asked for, all of them run."""


def asked_for(config: pytest.Config) -> bool:
    """Whether all of these tests are wanted."""
    return config.getoption("--long") or any("tests/web" in arg for arg in config.args)


@pytest.fixture(scope="session")
def whole(pytestconfig: pytest.Config) -> bool:
    """Whether each state is looked at in every language, width and scheme."""
    return asked_for(pytestconfig)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [
        item
        for item in items
        if not asked_for(config) and FOLDER in item.path.parents and item.name not in SAMPLE
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.skip("Chromium is not installed: the page was not tried in a browser.")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=path, args=QUIET)
        yield started
        await started.close()


class Server(uvicorn.Server):
    """Serves in a task of the tests' loop: signals are none of its business."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(uvicorn.Config(app, port=0, lifespan="off", log_config=None))
        self.serving = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.serving.set()

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """Serve the application on a free port, which is yielded."""
    server = Server(app)
    running = asyncio.create_task(server.serve())
    await server.serving.wait()
    yield cast(int, server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(cluster: Cluster, template: str, browser: Browser) -> AsyncIterator[Site]:
    """The demo's page, on a world in which tests write to accounts of their own only."""
    async with shared_world(cluster, template) as world:
        await fill(world)
        parts = (world.schema, world.pool, world.ingest_pool, world.clock)
        watchers = Watchers()
        made = application(*parts, demo=DEMO, watchers=watchers, graphiql=True)
        async with made as app, served(app) as port:
            yield Site(browser, f"http://127.0.0.1:{port}", world, watchers)
