"""The whole run: servers, answers compared, rounds in turn, figures."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from bench import cpu, data
from bench.client import Client
from bench.data import Scale
from bench.measure import Bench, Sample, ratio, summary
from bench.operation import Operation, operations, page
from bench.peers import node, tables
from bench.servers import Program, Running, running, started
from db.embedded import Cluster
from db.pool import INGESTING, open_pool

OURS = "kontingent"

SERVERS = (OURS, "floor", "strawberry")

ROUNDS, SECONDS, CONNECTIONS = 5, 2.0, 1
"""How often everything is measured, how long each time, and over how many connections at once."""

RESTING_SECONDS = 10.0
"""How long after the heavy operation a server's memory is looked at."""

HEAVY_REQUESTS = 10
"""How often that is asked for before."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    scale: Scale
    rounds: int = ROUNDS
    seconds: float = SECONDS
    connections: int = CONNECTIONS
    peers: bool = False
    resting_seconds: float = RESTING_SECONDS

    def described(self) -> str:
        """Say it in words."""
        return (
            f"{self.scale.accounts:,} accounts, {self.rounds} rounds of {self.seconds:g} s, "
            f"connections: {self.connections}"
        )


@dataclass(slots=True)
class Figures:
    """What came of a run: summaries by operation and server, ratios by operation and other."""

    leaves: dict[str, int]
    operations: dict[str, dict[str, dict[str, float]]]
    ratios: dict[str, dict[str, float]]
    page_postgres_ms: float = 0.0
    resident_mb: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return them for programs."""
        return asdict(self)


Samples: TypeAlias = dict[str, dict[str, list[Sample]]]
"""By operation and server, in the order of the rounds."""


async def run(cluster: Cluster, plan: Plan, say: Callable[[str], None]) -> Figures:
    """Measure everything.

    Raises:
        DataError, ServerError: it cannot be measured.
    """
    folder = cluster.data_dir / "peers"
    if plan.peers:
        node.install(folder, say)
    dsn = await data.prepare(cluster, plan.scale, say)
    pid = cluster.pid
    assert pid is not None
    logs = cluster.data_dir / "logs"
    logs.mkdir(exist_ok=True)
    async with await open_pool(dsn, size_max=1, session=INGESTING) as pool:
        peers: list[Program] = []
        if plan.peers:
            await tables.make(pool, plan.scale)
            peers = node.programs(folder, dsn)
        async with running(SERVERS, dsn, logs) as own, started(peers, logs) as others:
            bench = Bench(pool, pid, plan.connections, plan.seconds)
            return await _measure(bench, plan, [*own, *others], say)


async def _measure(
    bench: Bench, plan: Plan, servers: Sequence[Running], say: Callable[[str], None]
) -> Figures:
    asked = operations(plan.scale)
    leaves = {each.name: await bench.check(_asked(servers, each), each) for each in asked}
    say("All servers answer alike.")
    for each in asked:
        for server in _asked(servers[len(SERVERS) :], each):
            await bench.measure(server, each)  # their engine compiles what is asked for often
    figures = _figures(leaves, await _rounds(bench, servers, asked, plan.rounds, say))
    ours = servers[SERVERS.index(OURS)]
    figures.page_postgres_ms = (await bench.measure(ours, page())).postgres_ms
    figures.resident_mb = await _resident(ours, asked[-1], plan.resting_seconds) / 1e6
    return figures


def _asked(servers: Sequence[Running], operation: Operation) -> list[Running]:
    return [server for server in servers if server.answers(operation)]


async def _rounds(
    bench: Bench,
    servers: Sequence[Running],
    asked: Sequence[Operation],
    rounds: int,
    say: Callable[[str], None],
) -> Samples:
    """Ask all servers everything, again and again, another one first each time."""
    samples: Samples = {
        each.name: {server.name: [] for server in _asked(servers, each)} for each in asked
    }
    for turn in range(rounds):
        say(f"Round {turn + 1} of {rounds}")
        first = turn % len(servers)
        for operation in asked:
            for server in _asked((*servers[first:], *servers[:first]), operation):
                sample = await bench.measure(server, operation)
                samples[operation.name][server.name].append(sample)
    return samples


def _figures(leaves: dict[str, int], samples: Samples) -> Figures:
    return Figures(
        leaves=leaves,
        operations={
            name: {server: summary(found) for server, found in by_server.items()}
            for name, by_server in samples.items()
        },
        ratios={
            name: {
                other: ratio(by_server[OURS], theirs)
                for other, theirs in by_server.items()
                if other != OURS
            }
            for name, by_server in samples.items()
        },
    )


async def _resident(server: Running, heavy: Operation, resting_seconds: float) -> int:
    """Return the bytes that a server holds a while after the heavy operation."""
    requests = heavy.requests()
    with server.awake():
        client = await Client.connect(server.port)
        for _ in range(HEAVY_REQUESTS):
            await client.ask(next(requests))
        await client.close()
        await asyncio.sleep(resting_seconds)
        return cpu.resident_bytes(server.process.pid)
