"""A server between two wires: to its clients, and to a PostgreSQL that survives being killed."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from db.embedded import Cluster
from resolvers import service_key
from resolvers.principal import Scope
from tests.support import stepping
from tests.support.http import PEPPER
from tests.support.load import Load
from tests.support.proxy import Wire
from tests.support.running import Served, serving
from tests.support.world import World

REQUEST_SECONDS = 1.0
ANSWER_SECONDS_MAX = 6.0
"""No request takes longer, whatever happens; a client who hears nothing gives up before."""

DISK_MEGABYTES = 600
ACCOUNTS = 3

_NUMBERS = count()


@dataclass(slots=True)
class Scene:
    """What faults happen to. `disk` is the file system of the data, if it is one of its own."""

    cluster: Cluster
    world: World
    front: Wire
    back: Wire
    back_dsn: str
    folder: Path
    disk: Path | None
    stack: AsyncExitStack
    served: Served = field(init=False)

    async def start(self) -> Served:
        """Start a server, which the clients reach from now on."""
        folder = self.folder / f"server-{next(_NUMBERS)}"
        folder.mkdir()
        made = serving(
            self.back_dsn,
            folder,
            ("-m", stepping.__name__),
            test_clock_step_file=str(self.clock_file),
            request_seconds=str(REQUEST_SECONDS),
            drain_seconds="2",
        )
        self.served = await self.stack.enter_async_context(made)
        self.front.target = self.served.port
        return self.served

    @property
    def clock_file(self) -> Path:
        """The file that says how far off the server's clock is."""
        return self.folder / "clock"

    async def load(self, http: httpx2.AsyncClient) -> Load:
        """Make accounts of their own for clients that write."""
        number = next(_NUMBERS)
        names = [f"load-{number}-{n}" for n in range(ACCOUNTS)]
        anchor = datetime.now(UTC).date() - timedelta(days=40)
        for name in names:
            await self.world.account(name, anchor=anchor.isoformat(), carrier="50")
        key = await service_key.create(
            self.world.pool,
            PEPPER,
            name="load",
            scopes=[Scope.INGEST],
            expires_at=None,
            at=datetime.now(UTC) - timedelta(days=1),
        )
        return Load(http, key, names)

    def kill(self, pid: int) -> None:
        """Kill a process of PostgreSQL's, or the server."""
        os.kill(pid, signal.SIGKILL)

    def backends(self) -> list[int]:
        """Find the processes of PostgreSQL's postmaster."""
        pid = self.cluster.pid
        assert pid is not None
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(child) for child in children.split()]


@contextmanager
def disk() -> Iterator[tuple[Path, bool]]:
    """Make a folder for data: on a small file system of its own, if that may be mounted."""
    with TemporaryDirectory(prefix="kontingent-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "none", folder]
        mounted = not subprocess.run(mount, check=False, capture_output=True).returncode
        try:
            yield Path(folder), mounted
        finally:
            if mounted:
                subprocess.run(["umount", "--lazy", folder], check=True)
