"""PostgreSQL comes up, is shared, survives, and goes, however its users end."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from db import embedded, postmaster
from db.embedded import Cluster, HeldError, hold, join_or_start, temporary
from db.postmaster import EmbeddedError, binaries
from db.postmaster_child import NOBODY

ROOT = Path(__file__).parents[2]
SYSTEM = sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin"))
HOLDER = """
import pathlib, signal, sys
from db.embedded import hold
with hold(pathlib.Path(sys.argv[1])) as cluster:
    print(cluster.pid, flush=True)
    signal.pause()
"""
ROOT_ALONE = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from db import postmaster_child

def refuse(*_):
    raise PermissionError

postmaster_child.os.setgroups = refuse
postmaster_child.main(*sys.argv[1:])
"""
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must become somebody else")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder, started once: making PostgreSQL's data takes a second."""
    folder = tmp_path_factory.mktemp("made") / "data"
    (folder / "making-killed/postgres").mkdir(parents=True)
    (folder / "password").write_text("half")
    with join_or_start(folder):
        return folder


@pytest.fixture
def broken(data_dir: Path, tmp_path: Path) -> Path:
    """A copy of it, to break."""
    return shutil.copytree(data_dir, tmp_path / "data")


async def ask(dsn: str, sql: str) -> Any:
    conn = await asyncpg.connect(dsn)
    try:
        return await conn.fetchval(sql)
    finally:
        await conn.close()


def wait_for(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def gone(pid: int) -> bool:
    """Whether the process has ended, reaped or not."""
    words = Path(f"/proc/{pid}/cmdline")
    return not words.exists() or not words.read_bytes()


@contextmanager
def short_command(data_dir: Path) -> Iterator[Callable[[], bool]]:
    """Run `join_or_start` in a thread; yield what tells it to end and says whether it has."""
    begun, end = threading.Event(), threading.Event()

    def run() -> None:
        with join_or_start(data_dir):
            begun.set()
            end.wait(30)

    def ended() -> bool:
        end.set()
        thread.join(0.2)
        return not thread.is_alive()

    thread = threading.Thread(target=run)
    thread.start()
    begun.wait(30)
    try:
        yield ended
    finally:
        end.set()
        thread.join(30)


async def test_it_starts_and_stops(data_dir: Path) -> None:
    with join_or_start(data_dir) as cluster:
        assert cluster.alive()
        assert cluster.data_dir == data_dir
        pid = cluster.pid
        assert await ask(cluster.dsn(), "SELECT current_database()") == "kontingent"
        assert await ask(cluster.dsn("postgres"), "SHOW timezone") == "UTC"
        assert await ask(cluster.dsn(), "SHOW fsync") == "on"
        assert await ask(cluster.dsn(), "SHOW listen_addresses") == ""
    assert (cluster.alive(), cluster.pid) == (False, None)
    assert pid is not None
    assert gone(pid)


async def test_only_its_owner_can_enter(data_dir: Path) -> None:
    with join_or_start(data_dir) as cluster:
        modes = {
            name: (data_dir / name).stat().st_mode & 0o777
            for name in ("password", "run", "postgres", "postgres.log")
        }
        dsn = cluster.dsn().replace(":" + (data_dir / "password").read_text(), ":guess")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(dsn, "SELECT 1")
    assert modes == {"password": 0o600, "run": 0o700, "postgres": 0o700, "postgres.log": 0o600}


def test_what_a_killed_start_left_behind_is_replaced(data_dir: Path) -> None:
    assert len((data_dir / "password").read_text()) == 64
    assert sorted(path.name for path in data_dir.glob("making-*")) == []


def test_a_command_joins_what_is_held(data_dir: Path) -> None:
    with hold(data_dir) as held:
        with join_or_start(data_dir) as joined:
            assert (joined, joined.pid) == (held, held.pid)
        assert held.alive()


def test_a_second_hold_is_refused_in_words(data_dir: Path) -> None:
    with hold(data_dir) as held, pytest.raises(HeldError) as refused, hold(data_dir):
        pass
    assert str(refused.value) == f"{data_dir} is in use by process {os.getpid()}: stop that first."
    assert not held.alive()


def test_a_starter_waits_for_those_that_joined(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(embedded, "SAY_AFTER_S", 0.05)
    with short_command(data_dir) as ended:
        with join_or_start(data_dir) as joined:
            assert not ended()
            assert joined.alive()
        wait_for(ended)
        assert not joined.alive()
    assert caplog.messages == [
        "Waiting for commands that use PostgreSQL. Ctrl-C: stop it under them."
    ]


def test_hold_waits_for_a_command_that_runs_it(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(embedded, "SAY_AFTER_S", 0.05)
    with short_command(data_dir) as ended:
        first = Cluster(data_dir, data_dir / "run").pid
        threading.Timer(0.2, ended).start()
        with hold(data_dir) as held:
            assert held.alive()
            assert held.pid != first
    assert caplog.messages == [f"Waiting for a command that runs PostgreSQL on {data_dir}."]


async def test_a_killed_postmaster_is_replaced(
    data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with hold(data_dir) as cluster:
        first = cluster.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: cluster.alive() and cluster.pid != first)
        assert await ask(cluster.dsn(), "SELECT 1") == 1
    assert caplog.messages[0] == "PostgreSQL ended with -9: starting it again"


def test_it_goes_with_a_killed_holder(data_dir: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, data_dir], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        first = int(holder.stdout.readline())
        holder.kill()
    with hold(data_dir) as cluster:  # at once: it waits for the other to be gone
        assert gone(first)
        assert cluster.alive()


def test_one_left_behind_is_named(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "GONE_TIMEOUT_S", 0.05)
    with join_or_start(data_dir) as cluster:
        (data_dir / "owner.lock").rename(tmp_path / "owner.lock")
        with pytest.raises(EmbeddedError) as refused, hold(data_dir):
            pass
        assert (
            str(refused.value) == f"PostgreSQL runs on {data_dir} unowned: kill -INT {cluster.pid}"
        )


def test_one_that_does_not_listen_is_killed(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    timeouts_s = {signal.SIGINT: 0.05, signal.SIGQUIT: 0.05, signal.SIGKILL: 10.0}
    monkeypatch.setattr(postmaster, "STOP_TIMEOUTS_S", timeouts_s)
    with join_or_start(data_dir) as cluster:
        pid = cluster.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
    assert gone(pid)
    assert caplog.messages == [
        "PostgreSQL has not stopped 0 s after SIGINT",
        "PostgreSQL has not stopped 0 s after SIGQUIT",
    ]


def test_ctrl_c_does_not_reach_it(data_dir: Path) -> None:
    with join_or_start(data_dir) as cluster:
        assert cluster.pid is not None
        assert os.getsid(cluster.pid) == cluster.pid


def test_another_major_version_is_refused(broken: Path) -> None:
    (broken / "postgres/PG_VERSION").write_text("14\n")
    with pytest.raises(EmbeddedError, match=r"is of PostgreSQL 14, .* pg_dump of 14"):
        ExitStack().enter_context(join_or_start(broken))


def test_a_failed_start_says_what_postgresql_said(broken: Path) -> None:
    (broken / "postgres/postgresql.conf").write_text("nonsense = 1\n")
    with pytest.raises(EmbeddedError, match='unrecognized configuration parameter "nonsense"'):
        ExitStack().enter_context(join_or_start(broken))


def test_a_process_id_of_another_program_is_no_hindrance(data_dir: Path) -> None:
    (data_dir / "postgres/postmaster.pid").write_text(f"{os.getppid()}\n{data_dir}/postgres\n")
    with join_or_start(data_dir) as cluster:
        assert cluster.alive()


async def test_a_long_path_has_its_socket_elsewhere(broken: Path, tmp_path: Path) -> None:
    long = Path(shutil.move(broken, tmp_path / ("long" * 25)))
    with hold(long) as held, join_or_start(long) as joined:
        assert joined == held
        assert len(str(held.socket_dir)) < postmaster.SOCKET_PATH_MAX_BYTES
        assert await ask(joined.dsn(), "SELECT 1") == 1
    assert not held.socket_dir.exists()


def test_a_long_log_is_put_aside(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postmaster, "LOG_MAX_BYTES", 5)
    (data_dir / "postgres.log").write_text("past 5")
    with join_or_start(data_dir):
        pass
    assert (data_dir / "postgres.log.1").read_text() == "past 5"
    assert "database system is ready" in (data_dir / "postgres.log").read_text()
    assert (data_dir / "postgres.log").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("bin_dir", [None, *SYSTEM], ids=lambda path: path and path.parent.name)
async def test_a_temporary_one_is_fast_and_leaves_nothing(bin_dir: Path | None) -> None:
    with temporary(bin_dir=bin_dir) as cluster:
        assert await ask(cluster.dsn(), "SHOW fsync") == "off"
        assert await ask(cluster.dsn(), "SHOW max_connections") == "200"
        assert await ask(cluster.dsn(), "SHOW server_encoding") == "UTF8"
        assert await ask(cluster.dsn(), "SELECT upper('ä')") == "Ä"
    assert not cluster.data_dir.exists()


def test_without_postgresql_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postmaster, "find_spec", lambda _name: None)
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    with pytest.raises(EmbeddedError, match="set DATABASE_URL"):
        binaries()


@only_root
def test_root_becomes_nobody_even_where_only_root_can_go(broken: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").symlink_to(binaries())
    tmp_path.chmod(0o700)
    with join_or_start(broken, bin_dir=tmp_path / "bin") as cluster:
        assert Path(f"/proc/{cluster.pid}").stat().st_uid == NOBODY
        assert (broken / "postgres/base").stat().st_uid == NOBODY


@only_root
def test_root_becomes_the_owner_of_the_data(broken: Path) -> None:
    for path in (broken / "postgres", *(broken / "postgres").rglob("*")):
        os.chown(path, 4711, 4711)
    with join_or_start(broken) as cluster:
        assert Path(f"/proc/{cluster.pid}").stat().st_uid == 4711


@only_root
def test_root_without_other_users_becomes_nobody_by_name(
    broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "child.py").write_text(ROOT_ALONE)
    monkeypatch.setattr(postmaster, "_CHILD", tmp_path / "child.py")
    with join_or_start(broken) as cluster:
        assert Path(f"/proc/{cluster.pid}").stat().st_uid == 0


def test_a_temporary_one_does_without_memory_that_it_may_not_write_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with temporary() as cluster:
        assert not cluster.data_dir.is_relative_to("/dev/shm")
        assert cluster.alive()
