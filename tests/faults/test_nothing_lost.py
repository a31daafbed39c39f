"""Whatever fails under load: what was acknowledged is there once, and all adds up."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from statistics import median

import asyncpg
import pytest

from tests.faults.scene import ANSWER_SECONDS_MAX, Scene
from tests.support.load import Fate, Load
from tests.support.proxy import Wire
from tests.support.running import Served

CLIENT_SECONDS = 8.0
"""How long a client waits for an answer: longer than any may take."""

IMPATIENT_SECONDS = 1.0
"""How long one waits who gives up."""

BEFORE_SECONDS, BEFORE_SECONDS_LONG = 0.3, 3.0
RECOVERY_SECONDS_MAX = 1.0
TIMES, TIMES_LONG = 6, 40
LATENCY_SECONDS = 0.03
CLOCK_STEPS = (3_600, -3_600, 0, -1, 1, 0)

Fault = Callable[[Scene, Load, bool], Awaitable[None]]
Record = Callable[[str, object], None]


@asynccontextmanager
async def loaded(
    scene: Scene, *, record: Record, long: bool, patience: float = CLIENT_SECONDS
) -> AsyncIterator[Load]:
    """Write meanwhile and for a while before and after; then nothing is lost or doubled."""
    pause = BEFORE_SECONDS_LONG if long else BEFORE_SECONDS
    client = Served(scene.served.process, f"http://127.0.0.1:{scene.front.address}", 0, Path())
    async with client.client(timeout=patience) as http:
        await accepts(scene)
        load = await scene.load(http)
        try:
            async with asyncio.timeout(600 if long else 40), load.running():
                await asyncio.sleep(pause)
                yield load
                await asyncio.sleep(pause)
        except BaseException:
            print(scene.served.said())  # noqa: T201 (shown where the test fails)
            raise
        lost, doubled = await load.check(scene.world.pool)
    fates = {fate.value: load.fates[fate] for fate in Fate}
    record("writes", {**fates, "lost": lost, "doubled": doubled})
    record("slowest", load.slowest_seconds)
    assert (lost, doubled) == (0, 0)
    assert load.slowest_seconds < ANSWER_SECONDS_MAX
    assert load.fates[Fate.TAKEN] > 0
    assert "Traceback" not in scene.served.said()


# --- killed


async def test_postgresql_is_killed_three_times(
    scene: Scene, record_property: Record, *, long: bool
) -> None:
    recoveries = []
    async with loaded(scene, record=record_property, long=long) as load:
        for _ in range(4 if long else 1):
            for killed in ("the postmaster", "a session", "all of it"):
                pid = scene.cluster.pid
                assert pid is not None
                sessions = scene.backends()
                targets = {
                    "the postmaster": [pid],
                    "a session": sessions[-1:],
                    "all of it": [pid, *sessions],
                }
                for each in targets[killed]:
                    with suppress(ProcessLookupError):
                        scene.kill(each)
                await asyncio.sleep(0.1)
                accepting = await accepts(scene)
                await load.read(load.accounts[0])
                recoveries.append(time.monotonic() - accepting)
    record_property("recovery", max(recoveries))
    assert median(recoveries) < RECOVERY_SECONDS_MAX


async def accepts(scene: Scene) -> float:
    """Wait until PostgreSQL accepts connections, and return when that was."""
    async with asyncio.timeout(30):
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                conn = await asyncpg.connect(scene.cluster.dsn())
                await conn.close()
                return time.monotonic()
            await asyncio.sleep(0.01)


async def test_the_server_is_killed(scene: Scene, record_property: Record, *, long: bool) -> None:
    async with loaded(scene, record=record_property, long=long):
        for _ in range(5 if long else 1):
            scene.served.process.kill()
            await scene.served.ended()
            await scene.start()


async def test_the_server_is_replaced(scene: Scene, record_property: Record, *, long: bool) -> None:
    """The new one takes over before the old one is told to stop, with requests under way."""
    async with loaded(scene, record=record_property, long=long):
        for _ in range(5 if long else 1):
            old = scene.served
            reader, writer = await asyncio.open_connection("127.0.0.1", old.port)
            writer.write(b"POST /graphql HTTP/1.1\r\nHost: t\r\n")
            await scene.start()
            old.process.send_signal(signal.SIGTERM)
            assert await old.ended() == 128 + signal.SIGTERM
            with suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()
            assert "Traceback" not in old.said()


# --- the way there


def wires(scene: Scene) -> dict[str, Wire]:
    return {"clients": scene.front, "PostgreSQL": scene.back}


BETWEEN = pytest.mark.parametrize("between", ["clients", "PostgreSQL"])


@BETWEEN
async def test_the_way_is_long(
    scene: Scene, between: str, record_property: Record, *, long: bool
) -> None:
    wire = wires(scene)[between]
    async with loaded(scene, record=record_property, long=long):
        wire.latency_seconds = LATENCY_SECONDS
        await asyncio.sleep(10 if long else 0.6)
        wire.latency_seconds = 0


@BETWEEN
async def test_nothing_arrives(
    scene: Scene, between: str, record_property: Record, *, long: bool
) -> None:
    """It arrives in the end, when those who sent it have given up and sent it again."""
    wire = wires(scene)[between]
    patience = IMPATIENT_SECONDS if between == "clients" else CLIENT_SECONDS
    async with loaded(scene, record=record_property, long=long, patience=patience):
        for seconds in (8, 2, 5) if long else (1.8,):
            wire.passing.clear()
            await asyncio.sleep(seconds)
            wire.passing.set()
            await asyncio.sleep(0.2)


@BETWEEN
async def test_connections_are_reset(
    scene: Scene, between: str, record_property: Record, *, long: bool
) -> None:
    async with loaded(scene, record=record_property, long=long):
        for _ in range(TIMES_LONG if long else TIMES):
            wires(scene)[between].reset()
            await asyncio.sleep(0.07)


@BETWEEN
async def test_replies_are_cut_in_the_middle(
    scene: Scene, between: str, record_property: Record, *, long: bool
) -> None:
    wire = wires(scene)[between]
    async with loaded(scene, record=record_property, long=long):
        wire.cuts = 0
        while wire.cuts < (TIMES_LONG if long else TIMES):
            wire.cutting = True
            await asyncio.sleep(0.03)
        wire.cutting = False


# --- what PostgreSQL lacks


async def test_all_connections_wait(scene: Scene, record_property: Record, *, long: bool) -> None:
    """Another session holds what each request needs: none waits for longer than it may."""
    async with loaded(scene, record=record_property, long=long):
        conn = await asyncpg.connect(scene.cluster.dsn())
        for table in ("account", "event", "meter_change") if long else ("account",):
            async with conn.transaction():
                await conn.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
                await asyncio.sleep(6 if long else 2)
        await conn.close()


async def test_the_disk_is_full(scene: Scene, record_property: Record, *, long: bool) -> None:
    """PostgreSQL may fall over, again and again; once there is room, all goes on."""
    if scene.disk is None:
        pytest.skip("a file system of its own cannot be mounted here")
    async with loaded(scene, record=record_property, long=long) as load:
        for _ in range(3 if long else 1):
            with filled(scene.disk):
                await asyncio.sleep(6 if long else 1.5)
            await accepts(scene)
            await load.read(load.accounts[0])


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Leave nothing free on a file system."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        try:
            for size in (1 << 24, 1 << 20, 1 << 12):
                with suppress(OSError):
                    while True:
                        os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), size)
            yield
        finally:
            ballast.unlink()


# --- time


async def test_the_clock_is_put_forward_and_back(
    scene: Scene, record_property: Record, *, long: bool
) -> None:
    async with loaded(scene, record=record_property, long=long):
        for seconds in CLOCK_STEPS:
            set_clock(scene, seconds)
            await asyncio.sleep(5 if long else 0.2)


def set_clock(scene: Scene, seconds: float) -> None:
    """Set the server's clock, which never finds half a number."""
    made = scene.clock_file.with_suffix(".new")
    made.write_text(str(seconds), encoding="ascii")
    made.replace(scene.clock_file)
