"""A server and a PostgreSQL that really run, each a process that a test may stop or freeze."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

import server
from db.embedded import Cluster
from edge import token
from resolvers.principal import Role
from tests.support.http import AUDIENCE, ISSUER, PEPPER, SECRET

SERVING = re.compile(r"Serving at (http://127\.0\.0\.1:(\d+)), GraphQL at /graphql\n")


@dataclass(frozen=True, slots=True)
class Served:
    """A server process, its address and the file that it logs to."""

    process: subprocess.Popen[bytes]
    address: str
    port: int
    log: Path

    def client(self, **given: float) -> httpx2.AsyncClient:
        """Return a client with room for many connections."""
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
        return httpx2.AsyncClient(
            base_url=self.address, limits=limits, timeout=given.get("timeout", 30)
        )

    async def ended(self, seconds: float = 20) -> int:
        """Wait until it has ended, and return its exit code."""
        async with asyncio.timeout(seconds):
            while self.process.poll() is None:  # noqa: ASYNC110 (a process of its own)
                await asyncio.sleep(0.01)
        return self.process.returncode

    def said(self) -> str:
        """Return what it has logged."""
        return self.log.read_text(encoding="utf-8")

    def cpu_seconds(self) -> float:
        """Return the processor's time that it has taken so far."""
        schedstat = Path(f"/proc/{self.process.pid}/schedstat").read_text(encoding="ascii")
        return int(schedstat.split()[0]) / 1e9

    def peak_bytes(self) -> int:
        """Return the most memory that it has held so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024

    def forget_peak(self) -> None:
        """Let the most memory be what it holds now."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")

    def held_bytes(self) -> int:
        """Return the memory that it holds now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) * 1024


@contextlib.asynccontextmanager
async def serving(
    dsn: str, folder: Path, program: Sequence[str] = (server.__file__,), **settings: str
) -> AsyncIterator[Served]:
    """Serve the database in a process of its own; `settings` without their prefix."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KONTINGENT_")}
    named = {f"KONTINGENT_{name.upper()}": value for name, value in settings.items()}
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220 (started, not waited for)
            [sys.executable, *program, "serve", "--port=0"],
            cwd=server.ROOT,
            env={
                **kept,
                "DATABASE_URL": dsn,
                "KONTINGENT_TOKEN_SECRET": SECRET.decode(),
                "KONTINGENT_KEY_PEPPER": PEPPER.decode(),
                **named,
            },
            stdout=output,
            stderr=output,
        )
    try:
        async with asyncio.timeout(30):
            while not (found := SERVING.search(log.read_text(encoding="utf-8"))):
                assert process.poll() is None, log.read_text(encoding="utf-8")
                await asyncio.sleep(0.01)
        yield Served(process, found[1], int(found[2]), log)
    finally:
        process.kill()
        process.wait()


def bearer(role: Role, account: str | None = None) -> dict[str, str]:
    """Return the header that makes a request one of the role's, from yesterday until tomorrow."""
    issued = token.issue(
        SECRET,
        subject="anna",
        role=role,
        account=account,
        issuer=ISSUER,
        audience=AUDIENCE,
        at=datetime.now(UTC) - timedelta(days=1),
        lifetime=timedelta(days=2),
    )
    return {"authorization": f"Bearer {issued}"}


@contextlib.contextmanager
def frozen(cluster: Cluster) -> Iterator[None]:
    """Stop all processes of a PostgreSQL where they are; at the end they go on."""
    stopped: list[int] = []
    try:
        pid = cluster.pid
        assert pid is not None
        _freeze(pid, stopped)
        yield
    finally:
        for each in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGCONT)


def _freeze(pid: int, stopped: list[int]) -> None:
    """Stop a process before its children, so that there are no more of them."""
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        os.kill(pid, signal.SIGSTOP)
        stopped.append(pid)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        for child in children.split():
            _freeze(int(child), stopped)
