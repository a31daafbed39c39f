"""Roles: made once, exact, and able to do what they are for and nothing more."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from db import roles
from db.erasure import ROLE as ERASURE
from db.migrate import FOLDER, migrate
from db.pool import Connection
from db.roles import API, INGEST, KINDS, READ, RIGHTS, ROLES, Kind, Right, RolesError
from tests.support.roles import drop, users

AT = datetime(2026, 11, 22, tzinfo=UTC)
KEPT = [table for table, kind in KINDS.items() if kind in (Kind.FACT, Kind.CHANGE, Kind.EFFECT)]
"""Facts, ledger and audit: what no application may change or remove."""


@pytest.fixture
async def owner(dsn: str) -> AsyncIterator[Connection]:
    conn = await asyncpg.connect(dsn)
    yield conn
    await conn.close()


@pytest.fixture
async def logins(dsn: str) -> AsyncIterator[dict[str, str]]:
    async with users(dsn) as urls:
        yield urls


@pytest.fixture
async def sessions(logins: dict[str, str]) -> AsyncIterator[Mapping[str, Connection]]:
    opened = {role: await asyncpg.connect(url) for role, url in logins.items()}
    yield opened
    for conn in opened.values():
        await conn.close()


async def allowed(conn: Connection, statement: str) -> bool:
    """Tell whether a statement, which changes nothing, may be run."""
    try:
        async with conn.transaction():
            await conn.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return False
    return True


async def columns(conn: Connection, table: str) -> list[str]:
    rows = await conn.fetch(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = $1 ORDER BY 1",
        table,
    )
    return [row["column_name"] for row in rows]


async def test_roles_are_made_once(dsn: str, owner: Connection) -> None:
    try:
        assert not await roles.used(owner)
        made = await roles.apply(dsn)
        assert made[:5] == [
            "CREATE ROLE kontingent_api NOLOGIN NOINHERIT",
            "CREATE ROLE kontingent_ingest NOLOGIN",
            "CREATE ROLE kontingent_erasure NOLOGIN",
            "CREATE ROLE kontingent_read NOLOGIN",
            "GRANT kontingent_erasure TO kontingent_api",
        ]
        name = await owner.fetchval("SELECT current_database()")
        assert [each for each in made[5:] if " ON SCHEMA " in each or "DATABASE" in each] == [
            *(f"GRANT USAGE ON SCHEMA public TO {role}" for role in ROLES),
            f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC",
        ]
        assert len(made) == 5 + 5 + len(set(roles.rights()))
        assert await roles.apply(dsn) == []
        assert await roles.used(owner)
    finally:
        await drop(owner)


@pytest.mark.usefixtures("logins")
async def test_what_is_too_much_is_taken_away_and_what_is_missing_given(
    dsn: str, owner: Connection
) -> None:
    await owner.execute("GRANT DELETE ON event TO kontingent_ingest")
    await owner.execute("GRANT UPDATE (amount) ON meter_change TO kontingent_api")
    await owner.execute("GRANT SELECT ON service_key TO PUBLIC")
    await owner.execute("GRANT CREATE ON SCHEMA public TO kontingent_api")
    await owner.execute("REVOKE INSERT ON event FROM kontingent_ingest")
    await owner.execute("REVOKE kontingent_erasure FROM kontingent_api")
    assert await roles.apply(dsn) == [
        "GRANT kontingent_erasure TO kontingent_api",
        "REVOKE CREATE ON SCHEMA public FROM kontingent_api",
        "REVOKE SELECT ON service_key FROM PUBLIC",
        "REVOKE UPDATE(amount) ON meter_change FROM kontingent_api",
        "REVOKE DELETE ON event FROM kontingent_ingest",
        "GRANT INSERT ON event TO kontingent_ingest",
    ]
    assert await roles.apply(dsn) == []


async def test_a_database_without_roles_is_left_alone_by_a_migration(
    dsn: str, owner: Connection
) -> None:
    assert await roles.renew(dsn) == []
    assert await owner.fetch("SELECT 1 FROM pg_roles WHERE rolname = ANY($1)", ROLES) == []


async def test_a_new_table_is_out_of_reach_until_it_has_a_kind(
    dsn: str,
    sessions: Mapping[str, Connection],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for path in FOLDER.glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "9000_new.sql").write_text("CREATE TABLE new (account_id uuid PRIMARY KEY)")
    await migrate(dsn, at=AT, folder=tmp_path)
    assert await roles.renew(dsn) == []
    assert not any([await allowed(conn, "SELECT 1 FROM new") for conn in sessions.values()])
    monkeypatch.setitem(KINDS, "new", Kind.FACT)
    assert await roles.renew(dsn) == [
        "GRANT SELECT ON new TO kontingent_api",
        "GRANT INSERT ON new TO kontingent_ingest",
        "GRANT SELECT ON new TO kontingent_ingest",
        "GRANT SELECT ON new TO kontingent_read",
    ]


@pytest.mark.parametrize(
    "change",
    [
        "REVOKE SELECT ON event FROM kontingent_read",  # granting it is no error, but for naught
        "REVOKE ALL ON event FROM kontingent_read, kontingent_api",
        "REVOKE kontingent_erasure FROM kontingent_api",
    ],
)
async def test_only_the_owner_makes_roles(
    logins: dict[str, str], owner: Connection, change: str
) -> None:
    await owner.execute(change)
    before = await roles.pending(owner)
    with pytest.raises(RolesError, match=r"^Only the owner of the tables, who may make roles, "):
        await roles.apply(logins[API])
    assert await roles.pending(owner) == before


@pytest.mark.parametrize("role", [API, INGEST, READ])
async def test_a_role_may_do_to_each_table_what_is_said_and_no_more(
    sessions: Mapping[str, Connection], owner: Connection, role: str
) -> None:
    conn = sessions[role]
    found = set()
    for table in KINDS:
        tried = {
            "SELECT": f"SELECT 1 FROM {table} WHERE false",
            "INSERT": f"INSERT INTO {table} SELECT * FROM {table} WHERE false",
            "DELETE": f"DELETE FROM {table}",
            "TRUNCATE": f"TRUNCATE {table} CASCADE",
        }
        changed = await columns(owner, table)
        tried |= {
            f"UPDATE({name})": f"UPDATE {table} SET {name} = NULL WHERE false" for name in changed
        }
        may = {name for name, statement in tried.items() if await allowed(conn, statement)}
        if may >= {f"UPDATE({name})" for name in changed}:
            may = {name for name in may if not name.startswith("UPDATE(")} | {"UPDATE"}
        found |= {Right(role, table, name) for name in may}
    assert found == {right for right in roles.rights() if right.role == role}


DDL = (
    "CREATE TABLE more (id int)",
    "CREATE TEMPORARY TABLE more (id int)",
    "CREATE SCHEMA more",
    "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE ROLE more",
    "CREATE INDEX ON event (kind)",
    "ALTER TABLE event ADD COLUMN more int",
    "ALTER TABLE event DISABLE TRIGGER ALL",
    "DROP TABLE event",
    "SET session_replication_role = replica",
)


async def test_no_role_changes_what_there_is(sessions: Mapping[str, Connection]) -> None:
    assert [
        (role, statement)
        for role, conn in sessions.items()
        for statement in DDL
        if await allowed(conn, statement)
    ] == []


async def test_no_role_hands_its_rights_on(
    sessions: Mapping[str, Connection], owner: Connection
) -> None:
    for conn in sessions.values():
        await conn.execute("GRANT SELECT ON event TO PUBLIC")  # it is no error, but for naught
    assert not await owner.fetchval("SELECT has_table_privilege('public', 'event', 'SELECT')")


async def test_facts_ledger_and_audit_are_only_added_to() -> None:
    assert {"event", "meter_change", "event_reversal", "grant_reversal", "erasure"} < set(KEPT)
    for kind in (Kind.FACT, Kind.CHANGE, Kind.EFFECT):
        for privileges in RIGHTS[kind].values():
            assert set(privileges.split()) <= {"SELECT", "INSERT"}


async def test_the_api_exchanges_a_contact_only_where_it_says_so(
    sessions: Mapping[str, Connection],
) -> None:
    conn = sessions[API]
    exchange = "UPDATE event SET contact = 'x' WHERE false"
    assert not await allowed(conn, exchange)
    await conn.execute(f"SET ROLE {ERASURE}")
    assert await allowed(conn, exchange)
    for statement in (
        "UPDATE event SET amount_micros = 0 WHERE false",
        "UPDATE conversation SET opened_at = closes_at WHERE false",
        "DELETE FROM event",
        "INSERT INTO event SELECT * FROM event WHERE false",
        "SELECT 1 FROM account",
    ):
        assert not await allowed(conn, statement)
    for role in (INGEST, READ):
        assert not await allowed(sessions[role], f"SET ROLE {ERASURE}")
        assert not await allowed(sessions[role], f"SET ROLE {API}")
