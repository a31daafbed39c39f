"""A PostgreSQL of our own, in a data folder that one process owns and others join.

Under the data folder::

    postgres/       PostgreSQL's data
    postgres.log    what it says
    password        of its only user, mode 0600
    run/            its Unix socket, mode 0700; it listens nowhere else
    hold.lock       held by the one `hold`, with its process id in it
    owner.lock      held by the parent of PostgreSQL
    users.lock      shared by those that joined; its owner takes it whole before it stops

The locks are `flock`: the kernel drops them with their process, however that ends.
"""

import contextlib
import fcntl
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from db.postmaster import DATABASE, POLL_S, PORT, USER, EmbeddedError, find, running

SHM_FREE_MIN_BYTES = 600_000_000
JOIN_TIMEOUT_S = 60.0  # recovery after a crash is part of it
GONE_TIMEOUT_S = 15.0
SAY_AFTER_S = 1.0

_LOG = logging.getLogger(__name__)


class HeldError(EmbeddedError):
    """Another process holds the data folder."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL that runs on `data_dir`, whoever its parent is."""

    data_dir: Path
    socket_dir: Path

    def dsn(self, database: str = DATABASE) -> str:
        """Return the URL of `database`, with its password."""
        password = (self.data_dir / "password").read_text(encoding="ascii")
        host = quote(str(self.socket_dir))
        return f"postgresql://{USER}:{password}@/{database}?host={host}&port={PORT}"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id; None while there is none."""
        found = find(self.data_dir)
        return found.pid if found else None

    def alive(self) -> bool:
        """Whether it accepts connections."""
        found = find(self.data_dir)
        return found is not None and found.ready


@contextlib.contextmanager
def join_or_start(data_dir: Path, *, bin_dir: Path | None = None) -> Iterator[Cluster]:
    """Use the PostgreSQL that runs on `data_dir`, or run one meanwhile.

    One that was started here is stopped at the end, after everyone who joined it has left.

    Raises:
        EmbeddedError: it does not start.
    """
    data_dir = _made(data_dir)
    deadline = time.monotonic() + JOIN_TIMEOUT_S
    with _open(data_dir, "owner.lock") as owner, _open(data_dir, "users.lock") as users:
        while not _try(owner, fcntl.LOCK_EX):
            if _try(users, fcntl.LOCK_SH):
                found = find(data_dir)
                if found and found.ready:
                    yield Cluster(data_dir, found.socket_dir)
                    return
                fcntl.flock(users, fcntl.LOCK_UN)
            if time.monotonic() > deadline:
                raise EmbeddedError(f"PostgreSQL on {data_dir} belongs to another, but is not up.")
            time.sleep(POLL_S)
        with _owned(data_dir, users, bin_dir) as cluster:
            yield cluster


@contextlib.contextmanager
def hold(data_dir: Path, *, bin_dir: Path | None = None) -> Iterator[Cluster]:
    """Run PostgreSQL on `data_dir` for long, as the only one who may.

    It is started again whenever it dies. A short command that runs it now is waited for; those that
    join later are waited for at the end.

    Raises:
        HeldError: another process holds `data_dir`.
        EmbeddedError: it does not start.
    """
    data_dir = _made(data_dir)
    with (
        _open(data_dir, "hold.lock") as held,
        _open(data_dir, "owner.lock") as owner,
        _open(data_dir, "users.lock") as users,
    ):
        if not _try(held, fcntl.LOCK_EX):
            held.seek(0)
            raise HeldError(f"{data_dir} is in use by process {held.read()}: stop that first.")
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        _take(owner, f"Waiting for a command that runs PostgreSQL on {data_dir}.")
        with _owned(data_dir, users, bin_dir) as cluster:
            yield cluster


@contextlib.contextmanager
def temporary(*, bin_dir: Path | None = None) -> Iterator[Cluster]:
    """Run an empty PostgreSQL for tests: in memory where there is room, fast, not durable.

    Raises:
        EmbeddedError: it does not start.
    """
    shm = Path("/dev/shm")  # noqa: S108 - what is made in it is private
    usable = os.access(shm, os.W_OK)
    roomy = usable and shutil.disk_usage(shm).free > SHM_FREE_MIN_BYTES
    with (
        tempfile.TemporaryDirectory(prefix="kontingent-", dir=shm if roomy else None) as folder,
        running(Path(folder).resolve(), bin_dir, durable=False) as socket_dir,
    ):
        yield Cluster(Path(folder).resolve(), socket_dir)


@contextlib.contextmanager
def _owned(data_dir: Path, users: IO[str], bin_dir: Path | None) -> Iterator[Cluster]:
    """Run PostgreSQL as its owner, who does not stop it under others."""
    _wait_until_gone(data_dir)
    with running(data_dir, bin_dir, durable=True) as socket_dir:
        try:
            yield Cluster(data_dir, socket_dir)
        finally:
            _take(users, "Waiting for commands that use PostgreSQL. Ctrl-C: stop it under them.")


def _wait_until_gone(data_dir: Path) -> None:
    """Wait for a PostgreSQL whose parent was killed: it is shutting down.

    Raises:
        EmbeddedError: it still runs after `GONE_TIMEOUT_S`.
    """
    deadline = time.monotonic() + GONE_TIMEOUT_S
    while found := find(data_dir):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"PostgreSQL runs on {data_dir} unowned: kill -INT {found.pid}")
        time.sleep(POLL_S)
    (data_dir / "postgres/postmaster.pid").unlink(missing_ok=True)


def _made(data_dir: Path) -> Path:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return data_dir.resolve()


def _open(data_dir: Path, name: str) -> IO[str]:
    return (data_dir / name).open("a+", encoding="ascii")


def _try(lock: IO[str], operation: int) -> bool:
    try:
        fcntl.flock(lock, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _take(lock: IO[str], message: str) -> None:
    """Take `lock` whole; say `message` if that takes longer than a second."""
    began = time.monotonic()
    said = False
    while not _try(lock, fcntl.LOCK_EX):
        if not said and time.monotonic() - began > SAY_AFTER_S:
            _LOG.warning("%s", message)
            said = True
        time.sleep(POLL_S)
