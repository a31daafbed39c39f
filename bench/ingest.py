"""Taking messages in, batch by batch in turn with a bare insert of the same rows.

A batch is one durable transaction: dedupe, windows, sums by day. The bare insert knows the key of
the event and nothing else.
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

import orjson

from bench import cpu, data, statements, traffic
from bench.client import Client
from bench.data import NOW, PEPPER
from bench.measure import OK
from bench.servers import Running, ServerError, running
from bench.traffic import Traffic
from billing.account import account_id_of
from billing.event import Event, Message
from db.columns import columns
from db.embedded import Cluster
from db.migrate import migrate
from db.pool import INGESTING, Pool, acquire, open_pool
from resolvers import ingest, service_key
from resolvers.ingest import Outcome
from resolvers.principal import Scope

SIZES, BATCHES = (100_000, 1_000_000), 10
"""How many messages are stored before anything is measured, and how many batches then come over
each connection in each step."""

LATE_PERCENTS = (0, 10)
CONNECTIONS = (1, 4)

_CHUNK = 5
"""Accounts filled at a time: of a table that has grown from nothing plans know nothing, and to sum
up a hundred thousand messages by day then takes seconds instead of a moment."""

_YEARS = timedelta(days=424)
"""What the messages that are stored before are spread over."""

Work = Callable[[Sequence[list[Event]]], Awaitable[None]]
"""Takes batches in, each over a connection of its own."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much is stored before, and how much comes.

    Of what comes over HTTP a batch is smaller: a body has at most a megabyte.
    """

    sizes: tuple[int, ...] = SIZES
    batches: int = BATCHES
    accounts: int = 100
    batch: int = 5_000
    posted: int = 2_000


@dataclass(frozen=True, slots=True)
class Step:
    """One way of taking messages in, with so many stored.

    `share` is the processor time of a bare insert of the same rows, as a share of its own.
    """

    stored: int
    way: str
    late_percent: int
    connections: int
    per_second: float
    own_us: float
    postgres_us: float
    share: float | None = None

    @property
    def cpu_us(self) -> float:
        """The processor time of a message, PostgreSQL's with it."""
        return self.own_us + self.postgres_us

    @property
    def name(self) -> str:
        """Name the step."""
        return (
            f"{self.way}, {self.stored:,} stored, {self.late_percent} % late, "
            f"{self.connections} connections"
        )

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self)


@dataclass(slots=True)
class Meter:
    """What some batches took: seconds, their own processor time and PostgreSQL's."""

    own: Callable[[], float]
    postgres_pid: int
    messages: int = 0
    seconds: float = 0.0
    own_seconds: float = 0.0
    postgres_seconds: float = 0.0

    async def take(self, work: Work, batches: Sequence[list[Event]]) -> None:
        """Measure some batches more."""
        gc.collect()
        own, postgres = self.own(), cpu.of_postgres(self.postgres_pid)
        began = time.perf_counter()
        await work(batches)
        self.seconds += time.perf_counter() - began
        self.own_seconds += self.own() - own
        self.postgres_seconds += cpu.of_postgres(self.postgres_pid) - postgres
        self.messages += sum(map(len, batches))

    def step(self, stored: int, way: str, given: Traffic, connections: int) -> Step:
        """Return what it comes to."""
        return Step(
            stored=stored,
            way=way,
            late_percent=given.late_percent,
            connections=connections,
            per_second=self.messages / self.seconds,
            own_us=self.own_seconds / self.messages * 1e6,
            postgres_us=self.postgres_seconds / self.messages * 1e6,
        )


async def run(cluster: Cluster, load: Load, say: Callable[[str], None]) -> list[Step]:
    """Measure all steps with so many messages stored."""
    steps: list[Step] = []
    names = traffic.names(load.accounts)
    for stored in load.sizes:
        say(f"Storing {stored:,} messages")
        async with _filled(cluster, names, stored) as (dsn, pool):
            bench = _Bench(cluster, pool, stored, load)
            given = {percent: Traffic(percent, names) for percent in LATE_PERCENTS}
            for connections in CONNECTIONS:
                for percent in LATE_PERCENTS:
                    say(f"{percent} % late, {connections} connections")
                    steps += await bench.compare(given[percent], connections)
            key = await service_key.create(
                pool, PEPPER, name="bench", scopes=[Scope.INGEST], expires_at=None, at=NOW
            )
            logs = cluster.data_dir / "logs"
            logs.mkdir(exist_ok=True)
            async with running(["kontingent"], dsn, logs) as [server]:
                for connections in CONNECTIONS:
                    say(f"POST /events, {connections} connections")
                    steps.append(await bench.post(server, key, given[0], connections))
    return steps


@asynccontextmanager
async def _filled(
    cluster: Cluster, names: Sequence[str], stored: int
) -> AsyncIterator[tuple[str, Pool]]:
    """Make a database with accounts of which so many messages are stored."""
    await data.recreate(cluster, "bench_ingest")
    dsn = cluster.dsn("bench_ingest")
    await migrate(dsn, at=data.SIGNED_UP_AT)
    async with await open_pool(dsn, size_max=2, session=data.SLOW) as slow:
        await data.record(slow, names)
        for start in range(0, len(names), _CHUNK):
            await data.fill(slow, names[start : start + _CHUNK], _YEARS * len(names) / stored)
            async with acquire(slow) as conn:
                await conn.execute("ANALYZE event, conversation")
        async with acquire(slow) as conn:
            await conn.execute(statements.load("bare_table"))
            await conn.execute(statements.load("bare_fill"))
            await conn.execute("VACUUM (ANALYZE)")
            await conn.execute("CHECKPOINT")
    async with await open_pool(dsn, size_max=max(CONNECTIONS), session=INGESTING) as pool:
        yield dsn, pool


@dataclass(slots=True)
class _Bench:
    cluster: Cluster
    pool: Pool
    stored: int
    load: Load

    async def compare(self, given: Traffic, connections: int) -> list[Step]:
        """Take batches in, each time a bare insert of the same rows after it."""
        ours, bare = self._meter(time.process_time), self._meter(time.process_time)
        for turn in range(self.load.batches + 1):
            batches = [given.batch(self.load.batch) for _ in range(connections)]
            if turn == 0:  # so that both are warm
                await self._take(batches)
                await self._insert(batches)
                continue
            await ours.take(self._take, batches)
            await bare.take(self._insert, batches)
        whole = ours.step(self.stored, "ingest", given, connections)
        base = bare.step(self.stored, "bare insert", given, connections)
        return [replace(whole, share=base.cpu_us / whole.cpu_us), base]

    async def post(self, server: Running, key: str, given: Traffic, connections: int) -> Step:
        """Send batches over HTTP."""
        with server.awake():
            clients = [await Client.connect(server.port) for _ in range(connections)]

            async def work(batches: Sequence[list[Event]]) -> None:
                requests = [_request(key, batch) for batch in batches]
                replies = await asyncio.gather(
                    *(
                        client.ask(request)
                        for client, request in zip(clients, requests, strict=True)
                    )
                )
                for reply in replies:
                    if (
                        reply.status != OK
                        or orjson.loads(reply.body)["accepted"] != self.load.posted
                    ):
                        raise ServerError(f"events: {reply.body[:300].decode()}")

            meter = self._meter(lambda: cpu.of_process(server.process.pid))
            for turn in range(self.load.batches + 1):
                batches = [given.batch(self.load.posted) for _ in range(connections)]
                await (meter.take(work, batches) if turn else work(batches))
            for client in clients:
                await client.close()
        return meter.step(self.stored, "POST /events", given, connections)

    def _meter(self, own: Callable[[], float]) -> Meter:
        pid = self.cluster.pid
        assert pid is not None
        return Meter(own, pid)

    async def _take(self, batches: Sequence[list[Event]]) -> None:
        async def take(batch: list[Event]) -> None:
            outcome = Outcome()
            await ingest.take(self.pool, list(enumerate(batch)), outcome, clock=lambda: NOW)
            assert outcome.accepted == len(batch), outcome

        await asyncio.gather(*map(take, batches))

    async def _insert(self, batches: Sequence[list[Event]]) -> None:
        async def insert(batch: list[Event]) -> None:
            rows = sorted(map(_row, batch))
            async with acquire(self.pool) as conn:
                await conn.execute(statements.load("bare_insert"), NOW, *columns(rows, width=10))

        await asyncio.gather(*map(insert, batches))


def _row(event: Event) -> tuple[Any, ...]:
    fact = event.fact
    assert isinstance(fact, Message)
    return (
        account_id_of(event.external_id),
        event.source,
        event.id,
        fact.occurred_at,
        fact.contact,
        fact.channel,
        fact.direction,
        fact.automated,
        fact.kind,
        fact.counts,
    )


def _request(key: str, batch: list[Event]) -> bytes:
    body = traffic.as_body(batch)
    head = (
        "POST /events HTTP/1.1\r\nHost: bench\r\n"
        "Content-Type: application/cloudevents-batch+json\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
