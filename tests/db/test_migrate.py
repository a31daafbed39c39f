"""Migrations are applied in order, once, whole or not at all."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import asyncpg
import pglast
import pytest
import sqlparse

from db import migrate as module
from db.embedded import Cluster, temporary
from db.migrate import FOLDER, MigrationError, migrate, pending
from db.pool import Connection

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ALPHA = (
    "CREATE TABLE alpha (id int);\n-- a comment; with a semicolon\nCREATE TABLE beta (id int);\n"
)
GAMMA = "ALTER TABLE alpha ADD COLUMN name text NOT NULL DEFAULT 'a;b'"


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    with temporary() as cluster:
        yield cluster


@pytest.fixture
async def url(own_cluster: Cluster) -> str:
    """An empty database."""
    name = f"test_{uuid4().hex}"
    admin = await asyncpg.connect(own_cluster.dsn("postgres"))
    await admin.execute(f"CREATE DATABASE {name} STRATEGY = FILE_COPY")
    await admin.close()
    return own_cluster.dsn(name)


@pytest.fixture
async def conn(url: str) -> AsyncIterator[Connection]:
    opened = await asyncpg.connect(url)
    yield opened
    await opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_alpha.sql").write_text(ALPHA)
    (tmp_path / "0002_gamma.sql").write_text(GAMMA)
    return tmp_path


async def tables(conn: Connection) -> list[str]:
    rows = await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return sorted(row["tablename"] for row in rows)


async def test_all_are_applied_in_order_and_once(url: str, conn: Connection, folder: Path) -> None:
    assert await pending(url, folder=folder) == ["0001_alpha", "0002_gamma"]
    assert await migrate(url, at=AT, folder=folder) == ["0001_alpha", "0002_gamma"]
    assert await migrate(url, at=AT + timedelta(days=1), folder=folder) == []
    assert await pending(url, folder=folder) == []
    assert await tables(conn) == ["alpha", "beta", "schema_migration"]
    assert [tuple(row) for row in await conn.fetch("TABLE schema_migration")] == [
        ("0001_alpha", sha256(ALPHA.encode()).hexdigest(), AT),
        ("0002_gamma", sha256(GAMMA.encode()).hexdigest(), AT),
    ]


async def test_only_what_is_new_is_applied(url: str, folder: Path) -> None:
    await migrate(url, at=AT, folder=folder)
    (folder / "0003_delta.sql").write_text("CREATE TABLE delta (id int)")
    assert await pending(url, folder=folder) == ["0003_delta"]
    assert await migrate(url, at=AT, folder=folder) == ["0003_delta"]


async def test_four_at_once_apply_each_file_once(url: str, folder: Path) -> None:
    done = await asyncio.gather(*(migrate(url, at=AT, folder=folder) for _ in range(4)))
    assert sorted(done) == [[], [], [], ["0001_alpha", "0002_gamma"]]


async def test_a_failing_file_leaves_nothing_behind(
    url: str, conn: Connection, folder: Path
) -> None:
    (folder / "0002_gamma.sql").write_text("CREATE TABLE gamma (id int); SELECT 1 / 0; SELECT 2")
    with pytest.raises(MigrationError, match=r"^0002_gamma: division by zero$"):
        await migrate(url, at=AT, folder=folder)
    assert await tables(conn) == ["alpha", "beta", "schema_migration"]
    (folder / "0002_gamma.sql").write_text(GAMMA)
    assert await migrate(url, at=AT, folder=folder) == ["0002_gamma"]


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        pytest.param("LOCK_TIMEOUT", "canceling statement due to lock timeout", id="lock"),
        pytest.param(
            "STATEMENT_TIMEOUT", "canceling statement due to statement timeout", id="time"
        ),
    ],
)
async def test_a_file_that_would_hold_everyone_up_gives_up(  # noqa: PLR0913, PLR0917
    url: str,
    conn: Connection,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    message: str,
) -> None:
    await migrate(url, at=AT, folder=folder)
    (folder / "0003_busy.sql").write_text("ALTER TABLE alpha ADD COLUMN busy int")
    monkeypatch.setattr(module, limit, "50ms")
    async with conn.transaction():
        await conn.execute("LOCK TABLE alpha IN ACCESS SHARE MODE")
        with pytest.raises(MigrationError, match=f"^0003_busy: {message}$"):
            await migrate(url, at=AT, folder=folder)


async def test_a_changed_file_is_refused(url: str, folder: Path) -> None:
    await migrate(url, at=AT, folder=folder)
    (folder / "0001_alpha.sql").write_text(ALPHA + "\n")
    for refused in (migrate(url, at=AT, folder=folder), pending(url, folder=folder)):
        with pytest.raises(MigrationError, match=r"^0001_alpha has changed since it was applied"):
            await refused


async def test_a_newer_database_is_refused(url: str, folder: Path) -> None:
    await migrate(url, at=AT, folder=folder)
    (folder / "0002_gamma.sql").unlink()
    with pytest.raises(MigrationError, match=r"^0002_gamma is applied, but unknown here"):
        await migrate(url, at=AT, folder=folder)


async def test_a_file_that_comes_late_is_refused(url: str, conn: Connection, folder: Path) -> None:
    (folder / "0001_alpha.sql").rename(folder / "0003_alpha.sql")
    (folder / "0002_gamma.sql").unlink()
    await migrate(url, at=AT, folder=folder)
    (folder / "0002_late.sql").write_text("CREATE TABLE late (id int)")
    with pytest.raises(MigrationError, match=r"^0002_late comes before 0003_alpha"):
        await migrate(url, at=AT, folder=folder)
    assert await tables(conn) == ["alpha", "beta", "schema_migration"]


@pytest.mark.parametrize("name", ["alpha", "1_alpha", "0002_Alpha", "0002_alpha"])
async def test_misnamed_files_are_refused(url: str, folder: Path, name: str) -> None:
    (folder / f"{name}.sql").write_text("SELECT 1")
    with pytest.raises(MigrationError, match=r"0001_what\.sql, each number once$"):
        await migrate(url, at=AT, folder=folder)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def test_files_are_split_as_postgresql_would(path: Path) -> None:
    sql = path.read_text()
    assert len(sqlparse.split(sql)) == len(pglast.split(sql))
