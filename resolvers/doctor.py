"""Examining a deployment: what is wrong with its database and what is in it, and how to mend it."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from db import account, deployment, invariant, migrate, roles
from db.migrate import MigrationError
from db.pool import EXAMINING, Connection, Pool, UnavailableError, acquire, open_pool
from resolvers import statement

VERSIONS = range(15, 19)
"""The versions of PostgreSQL that it runs on."""

DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
"""What must not be off, or acknowledged writes can be lost."""

CLOCK_WARNING, CLOCK_FAILURE = timedelta(seconds=1), timedelta(seconds=5)
"""How far the clocks of the server and the database may be apart."""

WAITING = timedelta(minutes=10)
"""How long a due delivery may wait."""

SILENCE = timedelta(days=1)
"""How long nothing need come where events are taken in."""

CLOSING = timedelta(hours=2)
"""How long a closed cycle may be without its statement: a server writes them every hour."""

PAGE = 100
"""How many accounts are read together."""

NAMED = 3
"""How many accounts a finding names."""


class Level(Enum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warn"
    FAILURE = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check came to; where something is wrong, what to do about it."""

    name: str
    level: Level
    message: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is examined: a process takes `connections`; its clock, and how long it may take."""

    dsn: str
    embedded: bool
    connections: int
    clock: Callable[[], datetime]
    seconds: float


@dataclass(frozen=True, slots=True)
class Patient:
    """A deployment whose database can be reached."""

    deployment: Deployment
    pool: Pool
    conn: Connection


async def examine(found: Deployment) -> list[Finding]:
    """Check a deployment's database, each thing by itself; nothing is changed."""
    try:
        async with (
            await open_pool(found.dsn, size_max=2, session=EXAMINING) as pool,
            acquire(pool) as conn,
        ):
            patient = Patient(found, pool, conn)
            migrated = await _checked(migrations, patient)
            checks = CHECKS if migrated.level is Level.OK else SERVER_CHECKS
            return [migrated, *[await _checked(check, patient) for check in checks]]
    except UnavailableError as error:
        remedy = "Is it running, and is DATABASE_URL right?"
        return [Finding("database", Level.FAILURE, str(error), remedy)]


async def _checked(check: "Check", patient: Patient) -> Finding:
    """Run a check; one that cannot be done is a finding too."""
    try:
        return await check(patient)
    except Exception as error:  # noqa: BLE001 (whatever it is, others go on)
        message = f"It cannot be checked: {type(error).__name__}."
        remedy = "May this user read all tables?"
        return Finding(check.__name__, Level.FAILURE, message, remedy)


async def migrations(patient: Patient) -> Finding:
    """Check that the database is at this version."""
    try:
        names = await migrate.pending(patient.deployment.dsn)
    except MigrationError as error:
        return Finding("migrations", Level.FAILURE, f"{error}.", "Run the version that made it.")
    if names:
        return Finding(
            "migrations", Level.FAILURE, f"Pending: {', '.join(names)}.", "./dev migrate"
        )
    return Finding("migrations", Level.OK, "All are applied.")


async def version(patient: Patient) -> Finding:
    """Check the version of PostgreSQL."""
    number = int(await _setting(patient, "server_version_num")) // 10_000
    if number in VERSIONS:
        return Finding("version", Level.OK, f"PostgreSQL {number}.")
    return Finding(
        "version",
        Level.FAILURE,
        f"PostgreSQL {number}.",
        f"It runs on {VERSIONS[0]} to {VERSIONS[-1]}.",
    )


async def durability(patient: Patient) -> Finding:
    """Check that what is committed survives a crash."""
    found = await deployment.settings(patient.conn, DURABLE)
    off = [name for name in DURABLE if found[name] == "off"]
    if not off:
        return Finding("durability", Level.OK, "What is committed survives a crash.")
    return Finding(
        "durability",
        Level.FAILURE,
        f"Off: {', '.join(off)}. Acknowledged writes can be lost.",
        "Turn them on in postgresql.conf, and for this user and database.",
    )


async def rights(patient: Patient) -> Finding:
    """Check the roles, and that the application is none that could change a fact."""
    if patient.deployment.embedded:
        return Finding("rights", Level.OK, "The embedded database has one user.")
    see = "docs/operations.md, Roles"
    if not await roles.used(patient.conn):
        message = "There are no roles: the application may do what it likes."
        return Finding("rights", Level.WARNING, message, f"./dev roles ({see})")
    missing = await roles.pending(patient.conn)
    if missing:
        message = f"{len(missing)} rights differ: {missing[0]} is one."
        return Finding("rights", Level.FAILURE, message, "./dev roles, as the tables' owner")
    if await deployment.powerful(patient.conn):
        message = "The user of DATABASE_URL could change facts, or make tables."
        return Finding("rights", Level.WARNING, message, f"Take one in {roles.API} ({see}).")
    return Finding("rights", Level.OK, "The application may add to facts and ledger, no more.")


async def clock(patient: Patient) -> Finding:
    """Check that this machine's clock and the database's agree."""
    before = patient.deployment.clock()
    theirs = await deployment.clock(patient.conn)
    after = patient.deployment.clock()
    apart = max(before - theirs, theirs - after, timedelta())
    message = f"{apart.total_seconds():.1f} s apart from the database's."
    if apart <= CLOCK_WARNING:
        return Finding("clock", Level.OK, message)
    level = Level.WARNING if apart <= CLOCK_FAILURE else Level.FAILURE
    return Finding("clock", level, message, "Let both machines keep time by NTP.")


async def connections(patient: Patient) -> Finding:
    """Check that the database has connections for two servers: a new one beside the old one."""
    names = ("max_connections", "superuser_reserved_connections", "reserved_connections")
    found = await deployment.settings(patient.conn, names)
    free = int(found[names[0]]) - sum(int(found.get(name, 0)) for name in names[1:])
    each = patient.deployment.connections
    message = f"{free} of the database, {each} for a server: {free // each} servers."
    if free >= 2 * each:
        return Finding("connections", Level.OK, message)
    level = Level.WARNING if free >= each else Level.FAILURE
    remedy = "Raise max_connections, or lower KONTINGENT_POOL_SIZE; for many servers, PgBouncer."
    return Finding("connections", level, message, remedy)


async def delivery(patient: Patient) -> Finding:
    """Check that notices are delivered."""
    dead, waiting_since = await deployment.queue(patient.conn)
    if waiting_since is not None and patient.deployment.clock() - waiting_since > WAITING:
        message = f"Nothing is delivered: one is due since {waiting_since.isoformat()}."
        return Finding("delivery", Level.FAILURE, message, "Does a server run? See its log.")
    if dead:
        remedy = "The query deadLetters says why, replayDelivery tries again."
        return Finding("delivery", Level.WARNING, f"{dead:,} were given up.", remedy)
    return Finding("delivery", Level.OK, "Nothing is late, nothing was given up.")


async def ingest(patient: Patient) -> Finding:
    """Check that facts come, and tell how late the last one came; for a time."""
    deadline = time.monotonic() + patient.deployment.seconds
    last, scope = None, ""
    async for ids in _accounts(patient):
        if time.monotonic() >= deadline:
            scope = ", of the accounts there was time for"
            break
        found = await deployment.newest(patient.conn, ids)
        last = max(filter(None, (last, found)), default=None)
    if last is None:
        return Finding("ingest", Level.OK, f"No fact is recorded{scope}.")
    ago = max(timedelta(), patient.deployment.clock() - last.recorded_at)
    lag = max(timedelta(), last.recorded_at - last.occurred_at)
    message = f"The last fact{scope} came {_whole(ago)} ago, {_whole(lag)} after it had happened."
    if ago <= SILENCE or scope:
        return Finding("ingest", Level.OK, message)
    remedy = "Does anybody send events? The log says what became of their requests to /events."
    return Finding("ingest", Level.WARNING, message, remedy)


async def closing(patient: Patient) -> Finding:
    """Check that closed cycles have their statements."""
    at = patient.deployment.clock() - CLOSING
    late = [
        account_id
        async for ids in _accounts(patient)
        for account_id in await statement.due(patient.pool, ids, at)
    ]
    if not late:
        return Finding("closing", Level.OK, "All closed cycles have their statements.")
    message = f"{len(late):,} accounts have closed cycles without a statement: {_named(late)}."
    return Finding("closing", Level.FAILURE, message, "./dev close. Does a server run?")


async def invariants(patient: Patient) -> Finding:
    """Check that windows, sums, statements and ledgers are what facts make them, for a time."""
    deadline = time.monotonic() + patient.deployment.seconds
    checked = 0
    wrong: dict[UUID, dict[str, int]] = {}
    async for ids in _accounts(patient):
        for account_id in ids:
            if time.monotonic() >= deadline:
                return _invariants(wrong, f"the {checked:,} accounts there was time for")
            at = patient.deployment.clock()
            broken = await invariant.broken(patient.conn, account_id, at=at)
            checked += 1
            if broken:
                wrong[account_id] = broken
    return _invariants(wrong, f"{checked:,} accounts")


def _invariants(wrong: Mapping[UUID, Mapping[str, int]], scope: str) -> Finding:
    if not wrong:
        return Finding("invariants", Level.OK, f"All hold for {scope}.")
    kinds = sorted({name for broken in wrong.values() for name in broken})
    message = f"Broken for {len(wrong):,} of {scope} ({', '.join(kinds)}): {_named(list(wrong))}."
    remedy = "Dump the database, then report it: facts are the truth, the rest can be laid anew."
    return Finding("invariants", Level.FAILURE, message, remedy)


Check = Callable[[Patient], Awaitable[Finding]]

SERVER_CHECKS: tuple[Check, ...] = (version, durability, clock, connections)
"""What can be checked whatever is in the database."""

CHECKS: tuple[Check, ...] = (*SERVER_CHECKS, rights, ingest, delivery, closing, invariants)


async def _setting(patient: Patient, name: str) -> str:
    return (await deployment.settings(patient.conn, [name]))[name]


async def _accounts(patient: Patient) -> AsyncIterator[list[UUID]]:
    """Yield all accounts, some at a time."""
    ids = await account.page_ids(patient.conn, after=None, limit=PAGE)
    while ids:
        yield ids
        ids = await account.page_ids(patient.conn, after=ids[-1], limit=PAGE)


def _whole(length: timedelta) -> str:
    return str(timedelta(seconds=int(length.total_seconds())))


def _named(ids: Sequence[UUID]) -> str:
    more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
    return ", ".join(map(str, ids[:NAMED])) + more
