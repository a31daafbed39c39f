"""The doctor: what is wrong is found, named, and with it what to do; what is right is left alone.

It is 2026-11-22 12:00 UTC in the accounts; the clock of the machine is the real one.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from billing.account import account_id_of
from db.migrate import FOLDER
from db.pool import acquire
from db.roles import API
from resolvers import doctor, statement
from resolvers.doctor import Deployment, Finding, Level, examine
from tests.jobs.letters import letter
from tests.jobs.queue import ANNA, given_up, post
from tests.support.clock import Clock
from tests.support.roles import users
from tests.support.world import World, charge, contents, message, utc

ACME = account_id_of("acme")
HOUR = timedelta(hours=1)
OK, WARNING, FAILURE = Level.OK, Level.WARNING, Level.FAILURE
REVERSE = """mutation ($id: ID!) {
    said: reverse(input: {accountId: $id, original: {event: {source: "inbox", id: "old"}},
        reason: "Twice.", idempotencyKey: "1"}) { __typename }
    bought: reverse(input: {accountId: $id, original: {grant: "CONVERSATIONS-2"},
        reason: "Twice.", idempotencyKey: "2"}) { __typename } }"""
BUY = """mutation ($id: ID!) { addConversationBlocks(input: {accountId: $id, idempotencyKey: "0",
    expectedVersion: 1, blocks: 1}) { __typename } }"""


def now() -> datetime:
    return datetime.now(UTC)


async def found(  # noqa: PLR0913 (a deployment's facts)
    dsn: str,
    name: str,
    *,
    clock: Callable[[], datetime] = now,
    connections: int = 18,
    embedded: bool = False,
    seconds: float = 30,
) -> Finding:
    """Examine a database, and return what one check came to."""
    findings = await examine(
        Deployment(
            dsn=dsn, embedded=embedded, connections=connections, clock=clock, seconds=seconds
        )
    )
    [finding] = [each for each in findings if each.name == name]
    return finding


async def do(world: World, statement_: str, *arguments: Any) -> None:
    async with acquire(world.pool) as conn:
        await conn.execute(statement_, *arguments)


@pytest.fixture
async def acme(world: World) -> World:
    """A world with an account that has something of everything: September is closed."""
    world.clock.now = utc("2026-09-01")
    await world.account(
        "acme", anchor="2026-09-01", zone="UTC", backfill_until="2026-09-01", blocks=1
    )
    await world.data(BUY, {"id": str(ACME)})
    await world.account("trial", trial=True)
    for each in (
        message("acme", "2026-09-10", id="old"),
        message("acme", "2026-09-12", id="inside"),
        charge("acme", "2026-09-10", "1.50"),
        charge("acme", "2026-11-10", "2"),
        message("acme", "2026-11-20", id="open"),
    ):
        world.clock.now = each.fact.occurred_at
        await world.take(each)
    world.clock.now = utc("2026-11-22T12:00")
    assert await statement.write(world.pool, ACME, world.clock) == 2
    await world.take(message("acme", "2026-09-25", contact="late", id="late"))
    await world.data(REVERSE, {"id": str(ACME)})
    return world


async def test_a_deployment_that_is_well(acme: World, dsn: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(doctor, "DURABLE", ())  # the tests' database need not be
    before = await contents(acme.pool)
    async with users(dsn) as logins:
        deployment = Deployment(
            dsn=logins[API], embedded=False, connections=18, clock=acme.clock, seconds=30
        )
        findings = {each.name: each for each in await examine(deployment)}
    clock = findings.pop("clock")  # the accounts' clock stands still
    assert clock.level is FAILURE
    assert list(findings.values()) == [
        Finding("migrations", OK, "All are applied."),
        Finding("version", OK, findings["version"].message),
        Finding("durability", OK, "What is committed survives a crash."),
        Finding("connections", OK, findings["connections"].message),
        Finding("rights", OK, "The application may add to facts and ledger, no more."),
        Finding(
            "ingest", OK, "The last fact came 0:00:00 ago, 58 days, 12:00:00 after it had happened."
        ),
        Finding("delivery", OK, "Nothing is late, nothing was given up."),
        Finding("closing", OK, "All closed cycles have their statements."),
        Finding("invariants", OK, "All hold for 2 accounts."),
    ]
    assert await contents(acme.pool) == before


BREAKING = {
    "windows_unopened": "UPDATE event SET counts = false WHERE event_id = 'open'",
    "messages_uncovered conversation_days": (
        "DELETE FROM conversation WHERE opened_at > '2026-11-01'"
    ),
    "windows_overlapping conversation_days windows_unopened": (
        "INSERT INTO conversation SELECT account_id, contact, channel, '2026-11-21', '2026-11-28'"
        " FROM conversation WHERE opened_at = '2026-11-20'"
    ),
    "conversation_days": "UPDATE conversation_day SET n = n + 1 WHERE day > '2026-11-01'",
    "charge_days spend_days": (
        "UPDATE charge_day SET amount_micros = amount_micros + 1 WHERE day > '2026-11-01'"
    ),
    "charge_days": "UPDATE charge_day SET n = n + 1 WHERE day > '2026-11-01'",
    "spend_days": "UPDATE spend_day SET amount_micros = 0 WHERE day > '2026-11-01'",
    "statements": "UPDATE statement_line SET amount = amount + 1",
    "versions": "DELETE FROM meter_change WHERE kind = 'COMMITMENT'",
    "grants_reversed": "UPDATE grant_reversal SET amount = amount + 1",
    "adjustments": "UPDATE adjustment SET event_id = 'none'",
    "adjustments ": "UPDATE adjustment SET reason = 'REVERSAL'",
}
"""By what is broken then, how to break it."""


@pytest.mark.parametrize("names", BREAKING)
async def test_what_is_broken_is_named(acme: World, dsn: str, names: str) -> None:
    await do(acme, BREAKING[names])
    finding = await found(dsn, "invariants", clock=acme.clock)
    assert finding.level is FAILURE
    assert finding.message == (
        f"Broken for 1 of 2 accounts ({', '.join(sorted(names.split()))}): {ACME}."
    )


async def test_accounts_are_looked_at_for_a_time(acme: World, dsn: str) -> None:
    await do(acme, BREAKING["versions"])
    finding = await found(dsn, "invariants", clock=acme.clock, seconds=0)
    assert finding == Finding("invariants", OK, "All hold for the 0 accounts there was time for.")


async def test_pending_migrations_are_named_before_anything_is_read(acme: World, dsn: str) -> None:
    last = max(path.stem for path in FOLDER.glob("*.sql"))
    await do(acme, "DELETE FROM schema_migration WHERE name = $1", last)
    findings = await examine(
        Deployment(dsn=dsn, embedded=False, connections=1, clock=now, seconds=30)
    )
    assert findings[0] == Finding("migrations", FAILURE, f"Pending: {last}.", "./dev migrate")
    assert [each.name for each in findings[1:]] == ["version", "durability", "clock", "connections"]
    await do(acme, "INSERT INTO schema_migration VALUES ('9999_later', '', now())")
    later = await found(dsn, "migrations")
    assert later.message == "9999_later is applied, but unknown here: run a newer version."


async def test_a_database_out_of_reach(cluster: Any) -> None:
    dsn = cluster.dsn("nowhere")
    [finding] = await examine(
        Deployment(dsn=dsn, embedded=False, connections=1, clock=now, seconds=30)
    )
    assert (finding.name, finding.level) == ("database", FAILURE)
    assert finding.message.startswith("The database cannot be reached: ")


async def test_versions_and_what_would_lose_writes(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await found(dsn, "durability")).message == (
        "Off: fsync, synchronous_commit, full_page_writes. Acknowledged writes can be lost."
    )
    version = (await found(dsn, "version")).message
    monkeypatch.setattr(doctor, "VERSIONS", range(99, 101))
    assert await found(dsn, "version") == Finding(
        "version", FAILURE, version, "It runs on 99 to 100."
    )


async def test_rights(acme: World, dsn: str) -> None:
    assert (await found(dsn, "rights", embedded=True)).level is OK
    none = await found(dsn, "rights")
    assert (none.level, none.remedy) == (WARNING, "./dev roles (docs/operations.md, Roles)")
    async with users(dsn) as logins:
        owner = await found(dsn, "rights")
        assert (owner.level, owner.message) == (
            WARNING,
            "The user of DATABASE_URL could change facts, or make tables.",
        )
        await do(acme, "REVOKE INSERT ON event FROM kontingent_ingest")
        await do(acme, "GRANT DELETE ON event TO kontingent_api")
        differing = await found(logins[API], "rights")
        assert (differing.level, differing.message) == (
            FAILURE,
            "2 rights differ: REVOKE DELETE ON event FROM kontingent_api is one.",
        )


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, OK), (3, WARNING), (-3, WARNING), (9, FAILURE), (-9, FAILURE)]
)
async def test_clocks_apart(dsn: str, seconds: int, level: Level) -> None:
    apart = timedelta(seconds=seconds)
    assert (await found(dsn, "clock", clock=lambda: now() + apart)).level is level


@pytest.mark.parametrize(
    ("servers", "beyond", "level"), [(2, 0, OK), (2, 1, WARNING), (1, 0, WARNING), (1, 1, FAILURE)]
)
async def test_connections(dsn: str, servers: int, beyond: int, level: Level) -> None:
    free = int((await found(dsn, "connections")).message.partition(" ")[0])
    each = free // servers + beyond
    finding = await found(dsn, "connections", connections=each)
    assert (finding.level, finding.message) == (
        level,
        f"{free} of the database, {each} for a server: {free // each} servers.",
    )


async def test_facts_come(world: World, dsn: str) -> None:
    assert await found(dsn, "ingest") == Finding("ingest", OK, "No fact is recorded.")
    world.clock.now = utc("2026-11-20T10:00:05")
    await world.account("acme")
    await world.account("other")
    assert await found(dsn, "ingest") == Finding("ingest", OK, "No fact is recorded.")
    await world.take(message("other", "2026-11-20T10:00:02"))
    world.clock.now += timedelta(minutes=-5)
    await world.take(message("acme", "2026-11-20T09:55:03"))
    last = world.clock() + timedelta(minutes=5)
    for ago, level in ((doctor.SILENCE, OK), (doctor.SILENCE + timedelta(seconds=1), WARNING)):
        finding = await found(dsn, "ingest", clock=Clock(last + ago))
        assert (finding.level, finding.message) == (
            level,
            f"The last fact came {ago} ago, 0:00:03 after it had happened.",
        )
    hurried = await found(dsn, "ingest", seconds=0)
    assert hurried.message == "No fact is recorded, of the accounts there was time for."


async def test_deliveries(acme: World, dsn: str) -> None:
    await given_up(acme, letter(id=UUID(int=1)), ANNA.email, ANNA.language, "Not there.")
    dead = await found(dsn, "delivery", clock=acme.clock)
    assert (dead.level, dead.message) == (WARNING, "1 were given up.")
    await post(acme, [letter(id=UUID(int=2))], ANNA.email, ANNA.language)
    assert (await found(dsn, "delivery", clock=acme.clock)).level is WARNING
    late = await found(dsn, "delivery", clock=lambda: acme.clock() + doctor.WAITING + HOUR)
    assert (late.level, late.message) == (
        FAILURE,
        "Nothing is delivered: one is due since 2026-11-22T12:00:00+00:00.",
    )


@pytest.mark.usefixtures("acme")
async def test_cycles_without_a_statement(dsn: str) -> None:
    finding = await found(dsn, "closing", clock=lambda: utc("2026-12-10"))
    assert (finding.level, finding.message) == (
        FAILURE,
        f"1 accounts have closed cycles without a statement: {ACME}.",
    )


async def test_what_cannot_be_checked_is_said(acme: World, dsn: str) -> None:
    async with users(dsn) as logins:
        await do(acme, "REVOKE SELECT ON outbox FROM kontingent_api")
        assert await found(logins[API], "delivery") == Finding(
            "delivery",
            FAILURE,
            "It cannot be checked: InsufficientPrivilegeError.",
            "May this user read all tables?",
        )
