"""Applies the migrations: numbered plain SQL files, forward only, each once, one caller at a time.

Written here because the migration tools at hand know a file by its name alone, with neither a lock
nor a checksum; only the cutting into statements is sqlparse's.
"""

import re
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import asyncpg
import sqlparse

from db.pool import Connection, connect

FOLDER = Path(__file__).with_name("migrations")
LOCK_KEY = 0x6B6F6E74  # any number that nothing else locks
LOCK_TIMEOUT = "2s"  # everyone queues behind a waiting ALTER TABLE
STATEMENT_TIMEOUT = "60s"

_NAME = re.compile(r"\d{4}_[a-z0-9_]+")
_LOCK = "/* migration.lock */ SELECT pg_advisory_lock($1)"
_TABLE = """/* migration.table */ CREATE TABLE IF NOT EXISTS schema_migration (
    name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL)"""
_ANY = "/* migration.any */ SELECT to_regclass('schema_migration') IS NOT NULL"
_APPLIED = "/* migration.applied */ SELECT name, checksum FROM schema_migration ORDER BY name"
_APPLY = "/* migration.apply */ INSERT INTO schema_migration VALUES ($1, $2, $3)"


class MigrationError(Exception):
    """The database cannot be brought to this version; the message says why."""


async def migrate(dsn: str, *, at: datetime, folder: Path = FOLDER) -> list[str]:
    """Apply what is pending, each file in its own transaction, and return the names.

    `dsn` must lead to the server itself: the lock belongs to a session, which PgBouncer shares.

    Raises:
        MigrationError: as `pending`, or a file fails; it leaves nothing behind, those before it
            stay applied.
    """
    conn = await connect(dsn)
    try:
        await conn.execute(_LOCK, LOCK_KEY)
        await conn.execute(_TABLE)
        found = await _pending(conn, folder)
        for name, sql in found.items():
            await _apply(conn, name, sql, at)
    finally:
        await conn.close()
    return list(found)


async def pending(dsn: str, *, folder: Path = FOLDER) -> list[str]:
    """Return the names of the migrations still to apply, in order.

    Raises:
        MigrationError: files are misnamed, an applied one has changed or is unknown here, or a
            pending one comes before an applied one.
    """
    conn = await connect(dsn)
    try:
        return list(await _pending(conn, folder))
    finally:
        await conn.close()


async def _pending(conn: Connection, folder: Path) -> dict[str, str]:
    files = _read(folder)
    rows = await conn.fetch(_APPLIED) if await conn.fetchval(_ANY) else []
    applied: list[str] = [row["name"] for row in rows]
    for name, checksum in rows:
        if name not in files:
            raise MigrationError(f"{name} is applied, but unknown here: run a newer version")
        if checksum != _checksum(files[name]):
            raise MigrationError(f"{name} has changed since it was applied: add a file instead")
    late = [name for name in files if name not in applied and name < max(applied, default="")]
    if late:
        raise MigrationError(f"{late[0]} comes before {max(applied)}, already applied: renumber it")
    return {name: sql for name, sql in files.items() if name not in applied}


async def _apply(conn: Connection, name: str, sql: str, at: datetime) -> None:
    try:
        async with conn.transaction():
            await conn.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            await conn.execute(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'")
            for statement in sqlparse.split(sql):  # Citus wants them one by one
                await conn.execute(statement)
            await conn.execute(_APPLY, name, _checksum(sql), at)
    except asyncpg.PostgresError as error:
        raise MigrationError(f"{name}: {error}") from error


def _read(folder: Path) -> dict[str, str]:
    paths = sorted(folder.glob("*.sql"))
    if len({path.stem[:4] for path in paths if _NAME.fullmatch(path.stem)}) != len(paths):
        raise MigrationError(f"Name the files in {folder} 0001_what.sql, each number once")
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}


def _checksum(sql: str) -> str:
    return sha256(sql.encode()).hexdigest()
