"""The servers as processes on one PostgreSQL; only the one that is measured runs."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from bench import operation
from bench.operation import Operation

ROOT = Path(__file__).resolve().parents[1]

START_SECONDS = 60
"""How long a server may take to start."""

UNTHROTTLED = 1_000_000_000
"""Objects a second that come back to each caller: the buckets are kept, and hold enough."""

_SERVING = re.compile(r"Serving at http://127\.0\.0\.1:(\d+)")


class ServerError(Exception):
    """A server does not start or does not answer; the message says which and what it said."""


@dataclass(frozen=True, slots=True)
class Program:
    """How a server is started: by words, and by what it is told on its input."""

    name: str
    words: Sequence[str]
    told: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)
    only_reads: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """One server."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    only_reads: bool = False

    def answers(self, operation: Operation) -> bool:
        """Whether it is asked for an operation."""
        return not (self.only_reads and operation.writes)

    @contextlib.contextmanager
    def awake(self) -> Iterator[None]:
        """Let it run for as long as the block does: what it does by itself bothers nobody else."""
        self.process.send_signal(signal.SIGCONT)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGSTOP)


def settings(dsn: str) -> dict[str, str]:
    """Return the settings of all servers, by the names of their variables."""
    return {
        "DATABASE_URL": dsn,
        "KONTINGENT_TOKEN_SECRET": operation.SECRET.decode(),
        "KONTINGENT_KEY_PEPPER": "pepper of the measurements, 32 B",
        "KONTINGENT_CUSTOMER_COST_PER_SECOND": str(UNTHROTTLED),
        "KONTINGENT_PLATFORM_COST_PER_SECOND": str(UNTHROTTLED),
        "KONTINGENT_LOG_FORMAT": "json",
    }


def running(
    names: Sequence[str], dsn: str, folder: Path
) -> AbstractAsyncContextManager[list[Running]]:
    """Start servers that `bench.serve` knows, as `started` does."""
    words = (sys.executable, "-m", "bench.serve")
    return started([Program(name, (*words, name), settings(dsn)) for name in names], folder)


@contextlib.asynccontextmanager
async def started(programs: Sequence[Program], folder: Path) -> AsyncIterator[list[Running]]:
    """Start servers, each stopped in its place; their logs are in `folder`."""
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(_process(each, folder)) for each in programs]
        found = []
        for each, process in zip(programs, processes, strict=True):
            port = await _port(process, folder / f"{each.name}.log")
            process.send_signal(signal.SIGSTOP)
            found.append(Running(each.name, process, port, each.only_reads))
        yield found


@contextlib.contextmanager
def _process(program: Program, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{program.name}.log").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 (the words are ours)
            program.words,
            cwd=ROOT,
            env={"PATH": os.defpath, **program.environment},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
    try:
        assert process.stdin is not None
        process.stdin.write(orjson.dumps(program.told))
        process.stdin.close()
        yield process
    finally:
        process.kill()
        process.wait()


async def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    """Wait until a server serves.

    Raises:
        ServerError: it ended, or takes too long.
    """
    deadline = time.monotonic() + START_SECONDS
    while (said := _said(log)) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServerError(f"{log}: it does not serve.")
        await asyncio.sleep(0.02)
    return int(said[1])


def _said(log: Path) -> re.Match[str] | None:
    return _SERVING.search(log.read_text(encoding="utf-8"))
