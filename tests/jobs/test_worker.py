"""Jobs beside the requests: again and again, whatever happens, until the server stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

import jobs.worker
from db.embedded import Cluster
from db.pool import INGESTING, UnavailableError, open_pool
from jobs.delivery import Delivery
from jobs.mail import Sender
from jobs.webhook import Poster
from jobs.worker import FAILURE_SECONDS, FAILURE_SECONDS_MAX, Job, running
from server import clock
from tests.conftest import cloned
from tests.support.http import PEPPER

MORE, NO_MORE = True, False


class Work:
    """Does one thing after the other, then nothing any more; counts how often it was asked."""

    def __init__(self, *results: bool | Exception) -> None:
        self.results = list(results)
        self.asked = 0
        self.done = asyncio.Event()

    async def __call__(self) -> bool:
        self.asked += 1
        if not self.results:
            self.done.set()
            return False
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    async with asyncio.timeout(seconds):
        yield


async def test_a_job_goes_on_while_there_is_work_then_waits() -> None:
    work = Work(MORE, MORE, MORE)
    async with within(5), running(Job("work", 1_000, work)):
        await work.done.wait()
        await asyncio.sleep(0.01)
        assert work.asked == 4


async def test_it_looks_again_every_so_many_seconds() -> None:
    work = Work(NO_MORE, NO_MORE)
    async with within(5), running(Job("work", 0.001, work)):
        await work.done.wait()
    assert work.asked >= 3


async def test_a_job_that_fails_is_done_again_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs.worker, "FAILURE_SECONDS", 0.001)
    broken = Work(UnavailableError("hunter2"), ValueError("hunter2"), MORE)
    other = Work(MORE)
    async with within(5), running(Job("broken", 0.001, broken), Job("other", 0.001, other)):
        await broken.done.wait()
        await other.done.wait()
    assert [record.getMessage() for record in caplog.records] == [
        "job broken failed: UnavailableError",
        "job broken failed: ValueError",
    ]


async def test_the_wait_after_failures_doubles_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    timeout = asyncio.timeout

    def noted(delay: float) -> asyncio.Timeout:
        waits.append(delay)
        return timeout(0)

    work = Work(*(OSError() for _ in range(8)), NO_MORE, OSError())
    async with within(5):
        monkeypatch.setattr(asyncio, "timeout", noted)
        async with running(Job("work", 7, work)):
            await work.done.wait()
    assert FAILURE_SECONDS == 1
    assert waits[:9] == [1, 2, 4, 8, 16, 32, FAILURE_SECONDS_MAX, FAILURE_SECONDS_MAX, 7]
    assert waits[9] == FAILURE_SECONDS  # what went well is over and done with


async def test_what_is_being_done_comes_to_its_end() -> None:
    steps: list[str] = []

    async def work() -> bool:
        steps.append("begun")
        await asyncio.sleep(0.05)
        steps.append("ended")
        return True

    async with running(Job("work", 1_000, work)):
        await asyncio.sleep(0.01)
    assert steps == ["begun", "ended"]


async def test_what_does_not_end_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.worker, "STOP_SECONDS", 0.01)
    cut = asyncio.Event()

    async def work() -> bool:
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()
        return True

    async with within(5), running(Job("work", 1_000, work)):
        await asyncio.sleep(0.01)
    assert cut.is_set()


async def test_delivery_survives_a_database_that_is_gone(
    cluster: Cluster, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.worker, "FAILURE_SECONDS", 0.01)
    went_well, failed = asyncio.Event(), asyncio.Event()

    async def send(_mail: object) -> None:
        raise AssertionError

    async with (
        within(20),
        cloned(cluster, template) as dsn,
        await open_pool(dsn, size_max=1, session=INGESTING) as pool,
    ):
        name = await pool.fetchval("SELECT current_database()")
        delivery = Delivery(
            pool=pool,
            clock=clock,
            pepper=PEPPER,
            sender=Sender("a@b.example", "https://app.example"),
            send=send,
            poster=Poster(),
        )

        async def batch() -> bool:
            try:
                found = await delivery.batch()
            except Exception:
                failed.set()
                raise
            went_well.set()
            return found

        async with running(Job("delivery", 0.01, batch)):
            await went_well.wait()
            admin = await asyncpg.connect(cluster.dsn("postgres"))
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
            )
            await failed.wait()
            went_well.clear()
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            await admin.close()
            await went_well.wait()
