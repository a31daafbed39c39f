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
from dataclasses import dataclass
from pathlib import Path

import orjson

from bench import operation

ROOT = Path(__file__).resolve().parents[1]

START_SECONDS = 60
"""How long a server may take to start."""

UNTHROTTLED = 1_000_000_000
"""Objects a second that come back to each caller: the buckets are kept, and hold enough."""

_SERVING = re.compile(r"Serving at http://127\.0\.0\.1:(\d+)")


class ServerError(Exception):
    """A server does not start or does not answer; the message says which and what it said."""


@dataclass(frozen=True, slots=True)
class Running:
    """One server."""

    name: str
    process: subprocess.Popen[bytes]
    port: int

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


@contextlib.asynccontextmanager
async def running(names: Sequence[str], dsn: str, folder: Path) -> AsyncIterator[list[Running]]:
    """Start servers, each stopped in its place; their logs are in `folder`."""
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(_process(name, dsn, folder)) for name in names]
        found = []
        for name, process in zip(names, started, strict=True):
            port = await _port(process, folder / f"{name}.log")
            process.send_signal(signal.SIGSTOP)
            found.append(Running(name, process, port))
        yield found


@contextlib.contextmanager
def _process(name: str, dsn: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{name}.log").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 (the words are ours)
            [sys.executable, "-m", "bench.serve", name],
            cwd=ROOT,
            env={"PATH": os.defpath},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
    try:
        assert process.stdin is not None
        process.stdin.write(orjson.dumps(settings(dsn)))
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
