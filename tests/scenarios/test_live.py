"""Live usage at two servers that really run: whatever changes at one is shown at both."""

import asyncio
import json
import signal
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode

from billing.account import account_id_of
from db.embedded import Cluster
from db.pool import INGESTING, READING, acquire, open_pool
from edge.live import EVENT_SECONDS
from edge.protocol import FRAME_BYTES_MAX
from edge.socket_protocol import FRAGMENTS_MAX
from edge.websocket import PROTOCOL
from resolvers import service_key
from resolvers.principal import Role, Scope
from schema import root
from tests.conftest import cloned
from tests.support.clock import Clock
from tests.support.http import PEPPER
from tests.support.running import Served, bearer, serving
from tests.support.world import World, charge

WATCH = """subscription ($id: ID) { usageChanged(accountId: $id) {
    cycle { conversationUsage { purchased } carrierBalance { spent } } } }"""
BUY = """mutation ($key: String!, $version: Int!) { addConversationBlocks(input: {blocks: 1,
    cycle: CURRENT, expectedVersion: $version, idempotencyKey: $key}) { __typename } }"""
NAMES = count()


@dataclass(frozen=True, slots=True)
class Stage:
    """A database and two servers on it: one hears of changes, the other has to ask."""

    dsn: str
    world: World
    key: str
    hearing: Served
    asking: Served

    async def account(self) -> str:
        """Record an account of the test's own."""
        name = f"acme-{next(NAMES)}"
        yesterday = self.world.clock() - timedelta(days=1)
        await self.world.account(
            name, anchor=None, carrier="50", signed_up_at=yesterday.isoformat()
        )
        return name

    async def charge(self, served: Served, name: str, amount: str) -> None:
        """Have a charge taken in by one of the servers."""
        event = {
            "specversion": "1.0",
            "type": "carrier_charge",
            "source": "/carrier",
            "id": f"charge-{next(NAMES)}",
            "time": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
            "subject": name,
            "data": {"feature": "VOICE", "amount": amount, "currency": "EUR"},
        }
        async with served.client() as http:
            reply = await http.post(
                "/events",
                content=json.dumps(event),
                headers={
                    "authorization": f"Bearer {self.key}",
                    "content-type": "application/cloudevents+json",
                },
            )
        assert (reply.status_code, reply.json()["accepted"]) == (200, 1), reply.text


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(
    cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(cloned(cluster, template))
        pool = await stack.enter_async_context(await open_pool(dsn, size_max=2, session=READING))
        ingest_pool = await stack.enter_async_context(
            await open_pool(dsn, size_max=2, session=INGESTING)
        )
        world = World(pool, ingest_pool, Clock(datetime.now(UTC)), root.build())
        await world.plans()
        key = await service_key.create(
            pool, PEPPER, name="t", scopes=[Scope.INGEST], expires_at=None, at=world.clock()
        )

        async def served(**settings: str) -> Served:
            folder = tmp_path_factory.mktemp("served")
            return await stack.enter_async_context(serving(dsn, folder, **settings))

        asking = {"listen_database_url": cluster.dsn("postgres"), "poll_seconds": "0.2"}
        yield Stage(dsn, world, key, await served(), await served(**asking))


class Subscriber:
    """One socket to a server."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self, seconds: float = 5) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    async def seen(self, seconds: float = 5) -> tuple[int, str]:
        """Return blocks bought and money spent as the next event has them."""
        message = await self.hear(seconds)
        cycle = message["payload"]["data"]["usageChanged"]["cycle"]
        purchased = cycle["conversationUsage"]["purchased"]
        return purchased, cycle["carrierBalance"]["spent"]

    async def closed(self, seconds: float = 5) -> tuple[int | None, str | None]:
        async with asyncio.timeout(seconds):
            await self.socket.wait_closed()
        return self.socket.close_code, self.socket.close_reason


@asynccontextmanager
async def opened(served: Served, account: str | None, role: Role) -> AsyncIterator[Subscriber]:
    address = f"ws://127.0.0.1:{served.port}/graphql"
    async with connect(address, subprotocols=[PROTOCOL], compression=None) as socket:  # type: ignore[list-item]
        subscriber = Subscriber(socket)
        await subscriber.say(type="connection_init", payload=bearer(role, account))
        assert await subscriber.hear() == {"type": "connection_ack"}
        yield subscriber


@asynccontextmanager
async def watching(
    served: Served, account: str, role: Role = Role.ADMIN, **variables: str
) -> AsyncIterator[Subscriber]:
    """Watch an account at a server; yields when the numbers of now are there."""
    async with opened(served, None if role is Role.OPERATOR else account, role) as subscriber:
        payload = {"query": WATCH, "variables": variables}
        await subscriber.say(id="1", type="subscribe", payload=payload)
        assert await subscriber.seen() == (0, "0.00")
        yield subscriber


async def shown(subscribers: Sequence[Subscriber], expected: tuple[int, str]) -> float:
    """Wait until all are shown what is expected, at once; return how long that took."""
    began = time.monotonic()
    assert await asyncio.gather(*(each.seen() for each in subscribers)) == [expected] * 2
    return time.monotonic() - began


async def buy(served: Served, name: str, version: int) -> None:
    """Buy a block at one of the servers."""
    async with served.client() as http:
        reply = await http.post(
            "/graphql",
            json={"query": BUY, "variables": {"key": f"{version}", "version": version}},
            headers=bearer(Role.ADMIN, name),
        )
    assert reply.json()["data"]["addConversationBlocks"]["__typename"] == "MeterChanged"


async def test_what_changes_at_one_server_is_shown_at_both_within_a_second(stage: Stage) -> None:
    """One of them hears of it, the other asks."""
    name, other = await stage.account(), await stage.account()
    async with (
        watching(stage.hearing, name) as first,
        watching(stage.asking, name) as second,
        watching(stage.hearing, other) as elsewhere,
    ):
        seconds = []
        for n in range(3):
            await stage.charge(stage.hearing, name, "1.25")
            spent = f"{1.25 * (n + 1):.2f}"
            seconds.append(await shown([first, second], (100 * n, spent)))
            await buy(stage.asking, name, n)
            seconds.append(await shown([first, second], (100 * (n + 1), spent)))
        assert statistics.median(seconds) < 1
        with pytest.raises(TimeoutError):
            await elsewhere.seen(0.5)


async def test_an_operator_watches_any_account_by_its_id(stage: Stage) -> None:
    name = await stage.account()
    id_ = str(account_id_of(name))
    async with watching(stage.hearing, name, Role.OPERATOR, id=id_) as subscriber:
        await stage.charge(stage.asking, name, "2")
        assert await subscriber.seen() == (0, "2.00")


async def test_a_server_that_is_cut_off_misses_nothing(stage: Stage) -> None:
    name = await stage.account()
    async with watching(stage.hearing, name) as subscriber:
        async with acquire(stage.world.pool) as conn:
            await conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        await stage.charge(stage.asking, name, "3")
        assert await subscriber.seen() == (0, "3.00")


async def test_many_changes_are_few_events_of_which_the_last_is_right(stage: Stage) -> None:
    name = await stage.account()
    async with watching(stage.asking, name) as subscriber:
        at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
        began = time.monotonic()
        for number in range(60):
            await stage.world.take(charge(name, at, "1", id=f"{number}"))
        events = 0
        while (await subscriber.seen())[1] != "60.00":
            events += 1
        assert events < (time.monotonic() - began) / EVENT_SECONDS + 1
        with pytest.raises(TimeoutError):
            await subscriber.seen(2 * EVENT_SECONDS)


async def test_a_message_has_so_many_bytes_and_frames(stage: Stage) -> None:
    name = await stage.account()
    blank = FRAME_BYTES_MAX - len('{"type":"ping"}')
    async with opened(stage.hearing, name, Role.ADMIN) as subscriber:
        await subscriber.socket.send('{"type":"ping"' + " " * blank + "}")
        assert await subscriber.hear() == {"type": "pong"}
        await subscriber.socket.send('{"type":"ping"' + " " * (blank + 1) + "}")
        assert (await subscriber.closed())[0] == 1009
    for frames, answered in ((FRAGMENTS_MAX, True), (FRAGMENTS_MAX + 1, False)):
        async with opened(stage.hearing, name, Role.ADMIN) as subscriber:
            parts = [Frame(Opcode.TEXT, b'{"type":', fin=False)]
            parts += [Frame(Opcode.CONT, b"", fin=False)] * (frames - 2)
            parts += [Frame(Opcode.CONT, b'"ping"}')]
            for part in parts:
                subscriber.socket.transport.write(part.serialize(mask=True))
            if answered:
                assert await subscriber.hear() == {"type": "pong"}
            else:
                assert await subscriber.closed() == (1009, "Too many frames")


async def test_who_does_not_read_is_cut_and_who_does_is_told_of_the_end(
    stage: Stage, tmp_path: Path
) -> None:
    name = await stage.account()
    async with (
        serving(stage.dsn, tmp_path, client_seconds="1") as served,
        watching(served, name) as subscriber,
    ):
        with pytest.raises(ConnectionError):
            await flood(served)
        assert served.peak_bytes() < 300_000_000
        await stage.charge(stage.hearing, name, "4")
        assert await subscriber.seen() == (0, "4.00")
        served.process.send_signal(signal.SIGTERM)
        assert await subscriber.closed() == (1012, "")
        await served.ended()


async def flood(served: Served) -> None:
    """Send pings for ever, and read none of the replies."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=1_000)
    writer.write(
        b"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    begin = Frame(Opcode.TEXT, b'{"type":"connection_init"}')
    ping = Frame(Opcode.TEXT, b'{"type":"ping","payload":{"a":"%s"}}' % (b"x" * 100_000))
    writer.write(begin.serialize(mask=True))
    async with asyncio.timeout(30):
        while True:
            writer.write(ping.serialize(mask=True))
            await writer.drain()
