"""Roles of the database: what each part of the application may do to each table.

Roles belong to the cluster and not to one database, so that no migration makes them; `apply` does,
as often as it is called, and only what is missing. The owner is none of them: it is whoever owns
the tables, migrates them and calls this. None of them logs in: users that do are made by the
owner, each in one of them, so that no password passes through here.
"""

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

import asyncpg

from db.erasure import ROLE as ERASURE
from db.migrate import LOCK_KEY
from db.pool import Connection, connect

API = "kontingent_api"
"""Answers queries and mutations."""

INGEST = "kontingent_ingest"
"""Takes events in, closes cycles and delivers notices."""

READ = "kontingent_read"
"""Reads, for people and reports."""

ROLES = (API, INGEST, ERASURE, READ)


class Kind(Enum):
    """What a table holds, which decides who may do what to it."""

    FACT = "What happened, as it was reported; only its contacts are ever erased."
    CHANGE = "What somebody decided: ledger and audit, only ever added to."
    EFFECT = "What follows from either at once, and stands: only ever added to."
    DERIVED = "What follows from facts and can be laid anew."
    QUEUE = "What is still to be delivered, and what was."
    ACCOUNT = "Whose row is locked by whoever changes anything of it."
    KEY = "Keys of services."
    VERSION = "Which migrations were applied."


KINDS = {
    "account": Kind.ACCOUNT,
    "adjustment": Kind.EFFECT,
    "automatic_grant": Kind.EFFECT,
    "charge_day": Kind.DERIVED,
    "conversation": Kind.DERIVED,
    "conversation_day": Kind.DERIVED,
    "erasure": Kind.CHANGE,
    "event": Kind.FACT,
    "event_reversal": Kind.CHANGE,
    "grant_reversal": Kind.CHANGE,
    "idempotency": Kind.CHANGE,
    "label": Kind.EFFECT,
    "meter_change": Kind.CHANGE,
    "outbox": Kind.QUEUE,
    "price_list": Kind.CHANGE,
    "rearming": Kind.EFFECT,
    "reminder": Kind.EFFECT,
    "schema_migration": Kind.VERSION,
    "service_key": Kind.KEY,
    "setting": Kind.CHANGE,
    "spend_day": Kind.DERIVED,
    "statement": Kind.EFFECT,
    "statement_line": Kind.EFFECT,
    "terms": Kind.CHANGE,
}
"""Every table: a new one is out of every role's reach until it is here."""

RIGHTS = {
    Kind.FACT: {API: "SELECT", INGEST: "SELECT INSERT", READ: "SELECT"},
    Kind.CHANGE: {API: "SELECT INSERT", INGEST: "SELECT", READ: "SELECT"},
    Kind.EFFECT: {API: "SELECT INSERT", INGEST: "SELECT INSERT", READ: "SELECT"},
    Kind.DERIVED: {
        API: "SELECT INSERT UPDATE DELETE",  # a reversal moves windows, a change of terms days
        INGEST: "SELECT INSERT UPDATE DELETE",
        READ: "SELECT",
    },
    Kind.QUEUE: {
        API: "SELECT INSERT UPDATE",
        INGEST: "SELECT INSERT UPDATE DELETE",  # what was delivered is forgotten
        READ: "SELECT",
    },
    # Locking a row takes the right to change something of it.
    Kind.ACCOUNT: {
        API: "SELECT INSERT UPDATE(changes) UPDATE(version) UPDATE(ended_at)",
        INGEST: "SELECT UPDATE(changes)",
        READ: "SELECT",
    },
    Kind.KEY: {API: "SELECT INSERT UPDATE(last_used_at) UPDATE(revoked_at)"},
    Kind.VERSION: {API: "SELECT", INGEST: "SELECT", READ: "SELECT"},
}
"""What the roles may do to tables of each kind, or to columns of theirs."""

ERASING = {"event": "SELECT UPDATE(contact)", "conversation": "SELECT UPDATE(contact)"}
"""What the role that erases contacts may do; the API acts as it for one transaction."""

_NOT_OWNER = "Only the owner of the tables, who may make roles, makes these."

_ROLES = "/* role.existing */ SELECT rolname, rolinherit FROM pg_roles WHERE rolname = ANY($1)"
_MEMBER = """/* role.member */ SELECT EXISTS (
    SELECT 1 FROM pg_auth_members AS m
      JOIN pg_roles AS g ON g.oid = m.roleid
      JOIN pg_roles AS r ON r.oid = m.member
     WHERE g.rolname = $1 AND r.rolname = $2)"""
_RIGHTS = """/* role.rights */
WITH relation AS (
    SELECT c.oid, c.relname, c.relacl
      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm')
), held AS (
    SELECT relname, x.grantee, x.privilege_type
      FROM relation CROSS JOIN LATERAL aclexplode(relacl) AS x
    UNION ALL
    SELECT relname, x.grantee, x.privilege_type || '(' || a.attname || ')'
      FROM relation JOIN pg_attribute AS a ON a.attrelid = relation.oid
     CROSS JOIN LATERAL aclexplode(a.attacl) AS x
)
SELECT coalesce(r.rolname, 'PUBLIC') AS role, held.relname AS relation,
       held.privilege_type AS privilege
  FROM held LEFT JOIN pg_roles AS r ON r.oid = held.grantee
 WHERE held.grantee = 0 OR r.rolname = ANY($1)"""
_SCHEMA = """/* role.schema */
SELECT coalesce(r.rolname, 'PUBLIC') AS role, x.privilege_type AS privilege
  FROM pg_namespace AS n CROSS JOIN LATERAL aclexplode(n.nspacl) AS x
  LEFT JOIN pg_roles AS r ON r.oid = x.grantee
 WHERE n.nspname = 'public' AND (x.grantee = 0 OR r.rolname = ANY($1))"""
_TEMPORARY = """/* role.temporary */ SELECT quote_ident(d.datname)
  FROM pg_database AS d
 CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS x
 WHERE d.datname = current_database() AND x.grantee = 0 AND x.privilege_type = 'TEMPORARY'"""


class RolesError(Exception):
    """Whoever is connected may not make the roles."""


class Right(NamedTuple):
    """What a role may do to a table, or, as in ``UPDATE(version)``, to a column."""

    role: str
    table: str
    privilege: str


async def apply(dsn: str) -> list[str]:
    """Make what is missing of the roles and their rights, take away what is too much.

    Returns the statements that were run, none where all was as it is to be.

    Raises:
        RolesError: whoever is connected neither owns the tables nor may make roles.
    """
    conn = await connect(dsn)
    try:
        async with conn.transaction():
            await conn.execute("/* role.lock */ SELECT pg_advisory_xact_lock($1)", LOCK_KEY)
            statements = await pending(conn)
            for statement in statements:
                await conn.execute(statement)
            if statements and await pending(conn):  # what one may not grant is no error
                raise RolesError(_NOT_OWNER)
    except asyncpg.InsufficientPrivilegeError as error:
        raise RolesError(f"{_NOT_OWNER} ({error})") from error
    finally:
        await conn.close()
    return statements


async def renew(dsn: str) -> list[str]:
    """Do as `apply` where the database has roles: tables that are new get their rights."""
    conn = await connect(dsn)
    try:
        if not await used(conn):
            return []
    finally:
        await conn.close()
    return await apply(dsn)


async def pending(conn: Connection) -> list[str]:
    """Return the statements that bring roles and rights to what they are to be."""
    found = {row["rolname"]: row["rolinherit"] for row in await conn.fetch(_ROLES, ROLES)}
    # The API holds the right to erase but does not have it, until it says that it wants it.
    statements = [
        f"CREATE ROLE {role} NOLOGIN{' NOINHERIT' if role == API else ''}"
        for role in ROLES
        if role not in found
    ]
    if found.get(API):
        statements.append(f"ALTER ROLE {API} NOINHERIT")
    if not await conn.fetchval(_MEMBER, ERASURE, API):
        statements.append(f"GRANT {ERASURE} TO {API}")
    statements += await _outside_tables(conn)
    held = {Right(*row) for row in await conn.fetch(_RIGHTS, ROLES)}
    wanted = set(rights())
    statements += [
        f"REVOKE {right.privilege} ON {right.table} FROM {right.role}"
        for right in sorted(held - wanted)
    ]
    statements += [
        f"GRANT {right.privilege} ON {right.table} TO {right.role}"
        for right in sorted(wanted - held)
    ]
    return statements


async def used(conn: Connection) -> bool:
    """Tell whether any of the roles may do anything in this database."""
    rows = await conn.fetch(_RIGHTS, ROLES)
    return any(row["role"] in ROLES for row in rows)


def rights() -> Iterator[Right]:
    """Yield all that the roles are to be allowed."""
    for table, kind in KINDS.items():
        for role, privileges in RIGHTS[kind].items():
            yield from (Right(role, table, privilege) for privilege in privileges.split())
    for table, privileges in ERASING.items():
        yield from (Right(ERASURE, table, privilege) for privilege in privileges.split())


async def _outside_tables(conn: Connection) -> list[str]:
    """Return what lets the roles see the tables, and nobody make any of their own."""
    held = {tuple(row) for row in await conn.fetch(_SCHEMA, ROLES)}
    database = await conn.fetchval(_TEMPORARY)
    return [
        *(
            f"REVOKE CREATE ON SCHEMA public FROM {role}"
            for role in ("PUBLIC", *ROLES)
            if (role, "CREATE") in held
        ),
        *(
            f"GRANT USAGE ON SCHEMA public TO {role}"
            for role in ROLES
            if (role, "USAGE") not in held
        ),
        *([f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC"] if database else []),
    ]
