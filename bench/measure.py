"""Asking servers the same things, in turn, and counting what each takes for it."""

import asyncio
import contextlib
import gc
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from statistics import median, quantiles
from typing import Any

import orjson

from bench import cpu, statements
from bench.client import Client
from bench.data import VERSION
from bench.operation import Operation
from bench.servers import Running, ServerError
from db.pool import Pool, acquire

SAMPLES = 3
"""Requests of each operation whose answers are compared before anything is measured."""

WARM_SHARE = 0.25
"""How long is asked before it counts, as a share of what counts; each caller asks at least once."""

OK = 200

_FAILED = (b'"errors":', b'"message":')
"""What is in an answer that is none."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of one operation on one server."""

    requests: int
    seconds: float
    server_seconds: float
    postgres_seconds: float
    latencies: list[float] = field(repr=False)

    @property
    def server_ms(self) -> float:
        """The server's processor time per request."""
        return self.server_seconds / self.requests * 1e3

    @property
    def postgres_ms(self) -> float:
        """PostgreSQL's."""
        return self.postgres_seconds / self.requests * 1e3

    @property
    def cpu_ms(self) -> float:
        """Both."""
        return self.server_ms + self.postgres_ms


@dataclass(slots=True)
class Bench:
    """What all measurements share."""

    pool: Pool
    postgres_pid: int
    connections: int
    seconds: float

    async def check(self, servers: Sequence[Running], operation: Operation) -> int:
        """Make sure that all servers answer alike, and return how many leaves they answer with.

        Raises:
            ServerError: one does not answer, or otherwise than the first.
        """
        answers: dict[str, list[Any]] = {}
        for server in servers:
            with server.awake():
                await self._reset(operation)
                client = await Client.connect(server.port)
                answers[server.name] = [
                    await _data(client, request, server.name)
                    for request in islice(operation.requests(), SAMPLES)
                ]
                await client.close()
        first, *others = answers
        for name in others:
            if answers[name] != answers[first]:
                raise ServerError(f"{name} answers {operation.name} otherwise than {first}.")
        return leaves(answers[first][0])

    async def measure(self, server: Running, operation: Operation) -> Sample:
        """Ask one server for a while, after a shorter one in which it gets to know all callers."""
        await self._reset(operation)
        requests = operation.requests()
        with server.awake():
            clients = [await Client.connect(server.port) for _ in range(self.connections)]
            warm = self.seconds * WARM_SHARE
            await _ask(clients, requests, warm, at_least=len(operation.callers))
            with _without_collector():
                began = time.perf_counter()
                server_began = cpu.of_process(server.process.pid)
                postgres_began = cpu.of_postgres(self.postgres_pid)
                latencies = await _ask(clients, requests, self.seconds)
                sample = Sample(
                    requests=len(latencies),
                    seconds=time.perf_counter() - began,
                    server_seconds=cpu.of_process(server.process.pid) - server_began,
                    postgres_seconds=cpu.of_postgres(self.postgres_pid) - postgres_began,
                    latencies=latencies,
                )
            for client in clients:
                await client.close()
        return sample

    async def _reset(self, operation: Operation) -> None:
        """Bring the ledger back to what it was, so that each server finds the same."""
        if operation.writes:
            async with acquire(self.pool) as conn:
                await conn.execute(statements.load("reset_ledger"), VERSION)
                await conn.execute(statements.load("reset_keys"))
                await conn.execute("VACUUM meter_change, idempotency, account")


async def _data(client: Client, request: bytes, name: str) -> Any:  # noqa: ANN401 (any JSON value)
    reply = await client.ask(request)
    content = orjson.loads(reply.body)
    if reply.status != OK or content.get("errors") or not content["data"]:
        raise ServerError(f"{name} answers {reply.status}: {reply.body[:300].decode()}")
    return content["data"]


async def _ask(
    clients: Sequence[Client], requests: Iterator[bytes], seconds: float, *, at_least: int = 1
) -> list[float]:
    """Let each client ask again and again, and return how long each answer took."""
    latencies: list[float] = []
    until = time.perf_counter() + seconds

    async def ask(client: Client) -> None:
        while (began := time.perf_counter()) < until or len(latencies) < at_least:
            reply = await client.ask(next(requests))
            latencies.append(time.perf_counter() - began)
            if reply.status != OK or any(word in reply.body for word in _FAILED):
                raise ServerError(f"It answers {reply.status}: {reply.body[:300].decode()}")

    await asyncio.gather(*map(ask, clients))
    return latencies


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def leaves(value: Any) -> int:  # noqa: ANN401 (the same)
    """Count the values of an answer that are neither objects nor lists."""
    if isinstance(value, dict):
        return sum(map(leaves, value.values()))
    if isinstance(value, list):
        return sum(map(leaves, value))
    return 1


def summary(samples: Sequence[Sample]) -> dict[str, float]:
    """Return the medians of an operation's rounds on one server."""
    latencies = [latency * 1e3 for sample in samples for latency in sample.latencies]
    cuts = quantiles(latencies, n=100) if len(latencies) > 1 else latencies * 99
    return {
        "requests": float(sum(sample.requests for sample in samples)),
        "requests_per_second": median(sample.requests / sample.seconds for sample in samples),
        "p50_ms": cuts[49],
        "p99_ms": cuts[98],
        "server_ms": median(sample.server_ms for sample in samples),
        "postgres_ms": median(sample.postgres_ms for sample in samples),
        "cpu_ms": median(sample.cpu_ms for sample in samples),
    }


def ratio(ours: Sequence[Sample], theirs: Sequence[Sample]) -> float:
    """Return the median of the rounds' ratios of processor time: both halves of one are near."""
    return median(our.cpu_ms / their.cpu_ms for our, their in zip(ours, theirs, strict=True))
