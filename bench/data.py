"""The data that is measured on: made once, always the same, kept in a folder of its own.

Facts are made in SQL, and what follows from them by the product's own functions; at the end the
database itself is asked whether all is as ingest would have left it.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from bench import statements
from billing.account import Account, account_id_of
from billing.event import AHEAD
from billing.instant import DAY
from billing.meter import WhichCycle
from billing.money import MICROS
from billing.plan import REMINDER_PERCENTS, Interval, Limits, PriceList, SurchargePolicy
from billing.terms_change import TermsRequest
from billing.window import WINDOW
from db import account, invariant, rollup
from db.embedded import Cluster
from db.migrate import migrate
from db.pool import INGESTING, Connection, Pool, acquire, open_pool, transact
from jobs import closing
from resolvers import meter, plan
from resolvers.account import NewAccount, create
from resolvers.context import Context, Session
from resolvers.idempotency import Request
from resolvers.principal import Role, User
from resolvers.terms import Commitments

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""The present of all that is measured."""

SIGNED_UP_AT = datetime(2025, 9, 1, tzinfo=UTC)

ANCHOR_DATES = (date(2025, 9, 23), date(2025, 9, 24), date(2025, 9, 25))
"""Cycle 13 is the current one and ends within days: the future one has conversations too."""

CHANGED_AT = datetime(2026, 2, 10, 12, tzinfo=UTC)
"""When accounts change what they have committed to."""

ZONES = ("Europe/Amsterdam", "UTC", "Asia/Kolkata", "America/New_York")

CHANNELS = ("CHAT", "EMAIL", "INSTAGRAM", "SMS", "VOICE", "WHATSAPP")
FEATURES = ("BROADCAST", "SMS", "VOICE", "WHATSAPP")

LARGE = "large"
"""The account with as many conversations a year as `Scale.conversations`."""

ACCOUNTS, CONVERSATIONS = 2_000, 1_000_000
"""How many accounts there are, and how many conversations a year one more has."""

VERSION = 3
"""The version of each account's meter of conversations."""

SAMPLE = 20
"""Every so many accounts are examined when the data is made."""

CHUNK = 100
"""Accounts that are filled at a time."""

OPERATOR = User("bench", Role.OPERATOR, None, datetime.max.replace(tzinfo=UTC))
PEPPER = b"pepper of the measurements, 32 B"
"""What secrets are derived with."""

_PLANS = (("Bench", 1_000), ("Bench Large", 1_000_000))
_STATEMENTS = ("messages", "charges", "labels", "windows")
_EVERY = timedelta(hours=12)
_CHARGED_EVERY = timedelta(days=1)
SLOW = INGESTING | {"statement_timeout": "900s", "plan_cache_mode": "auto"}
"""Limits of the sessions that make data."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much data: so many accounts, and conversations a year of one more."""

    accounts: int
    conversations: int


class DataError(Exception):
    """The data is not as it must be; the message says what is wrong."""


def external_ids(scale: Scale) -> list[str]:
    """Return what the platform calls the accounts, without the large one."""
    return [f"account-{number:05}" for number in range(scale.accounts)]


async def prepare(cluster: Cluster, scale: Scale, say: Callable[[str], None]) -> str:
    """Make the data unless it is there, and return the database's URL.

    Raises:
        DataError: what was made breaks an invariant.
    """
    marker = cluster.data_dir / "complete"
    dsn = cluster.dsn("bench")
    made = marker.exists() and marker.read_text(encoding="ascii") == _fingerprint(scale)
    if not made:
        marker.unlink(missing_ok=True)
        await recreate(cluster, "bench")
    await migrate(dsn, at=SIGNED_UP_AT)
    if not made:
        async with await open_pool(dsn, size_max=2, session=SLOW) as pool:
            await _fill(pool, scale, say)
        marker.write_text(_fingerprint(scale), encoding="ascii")
    return dsn


async def recreate(cluster: Cluster, name: str) -> None:
    """Make an empty database, in the place of any of that name."""
    async with (
        await open_pool(cluster.dsn("postgres"), size_max=1, session=SLOW) as pool,
        acquire(pool) as conn,
    ):
        await conn.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await conn.execute(f"CREATE DATABASE {name}")


def _fingerprint(scale: Scale) -> str:
    """Name what the data depends on."""
    texts = [Path(__file__).read_text(encoding="utf-8"), *map(statements.load, _STATEMENTS)]
    digest = hashlib.sha256("".join(texts).encode()).hexdigest()
    return f"{scale.accounts} {scale.conversations} {digest}"


async def _fill(pool: Pool, scale: Scale, say: Callable[[str], None]) -> None:
    names = external_ids(scale)
    say(f"Making {len(names):,} accounts: once, for minutes")
    await record(pool, [*names, LARGE])
    for start in range(0, len(names), CHUNK):
        say(f"Filling accounts from the {start:,}th on")
        await fill(pool, names[start : start + CHUNK], _EVERY)
    say(f"Filling the account with {scale.conversations:,} conversations a year")
    await fill(pool, [LARGE], timedelta(days=365) / scale.conversations)
    await closing.sweep(pool, lambda: NOW)
    async with acquire(pool) as conn:
        await conn.execute("VACUUM (ANALYZE)")
        for name in [*names[::SAMPLE], LARGE]:
            if broken := await invariant.broken(conn, account_id_of(name), at=NOW):
                raise DataError(f"{name}: {broken}")


async def record(pool: Pool, names: Sequence[str]) -> None:
    """Record plans and accounts, and change what these have committed to."""
    began = _context(pool, SIGNED_UP_AT)
    for name, included in _PLANS:
        await plan.create(began, [_price_list(name, included)])
    for number, name in enumerate(names):
        await create(began, _new(number, name))
        await _change(_context(pool, CHANGED_AT), name)


def _context(pool: Pool, at: datetime) -> Context:
    return Context.of(Session(pool, lambda: at, OPERATOR, PEPPER))


def _price_list(name: str, included: int) -> PriceList:
    return PriceList(
        plan=name,
        interval=Interval.MONTHLY,
        effective_from=SIGNED_UP_AT,
        included=included,
        block_price_micros=18 * MICROS,
        surcharge_policy=SurchargePolicy.SURCHARGE_BLOCKS,
        reminder_percents=REMINDER_PERCENTS[Interval.MONTHLY],
        limits=Limits.default(Interval.MONTHLY),
    )


def _new(number: int, name: str) -> NewAccount:
    return NewAccount(
        external_id=name,
        name=f"Account {name}",
        time_zone=ZONES[number % len(ZONES)],
        signed_up_at=SIGNED_UP_AT,
        terms=TermsRequest(
            plan="Bench Large" if name == LARGE else "Bench",
            interval=Interval.MONTHLY,
            anchor_date=ANCHOR_DATES[number % len(ANCHOR_DATES)],
        ),
        commitments=Commitments(blocks=1, carrier_micros=50 * MICROS),
    )


async def _change(ctx: Context, name: str) -> None:
    """Commit to more, and buy something once: one row of the ledger each."""

    def request(version: int) -> Request:
        id_ = str(account_id_of(name))
        return Request(account_id=id_, idempotency_key=f"v{version}", expected_version=version)

    await meter.change_conversation_commitment(ctx, request(1), blocks=2)
    await meter.add_conversation_blocks(ctx, request(2), blocks=1, cycle=WhichCycle.CURRENT)
    ctx = _context(ctx.pool, NOW)
    await meter.top_up_carrier_balance(
        ctx,
        Request(account_id=str(account_id_of(name)), idempotency_key="top-up", expected_version=1),
        amount_micros=10 * MICROS,
    )


async def fill(pool: Pool, names: Sequence[str], every: timedelta) -> None:
    """Store the facts of accounts and what follows from them: a message `every` so often."""
    ids = [account_id_of(name) for name in names]

    async def work(conn: Connection) -> None:
        await account.lock(conn, ids)
        found = await account.by_ids(conn, ids)
        starts = [_schedule_start(found[id_]) for id_ in ids]
        for name, distance, labels in (
            ("messages", every, CHANNELS),
            ("charges", _CHARGED_EVERY, FEATURES),
        ):
            micros = distance // timedelta(microseconds=1)
            await conn.execute(statements.load(name), ids, starts, micros, list(labels), NOW)
        await conn.execute(statements.load("labels"), ids, list(CHANNELS), list(FEATURES))
        await conn.execute(statements.load("windows"), ids)
        for each in found.values():
            await _roll_up(conn, each)

    await transact(pool, work)


def _schedule_start(found: Account) -> datetime:
    assert found.schedule is not None
    return found.schedule.starts_at


async def _roll_up(conn: Connection, found: Account) -> None:
    assert found.schedule is not None
    until = NOW + AHEAD + WINDOW + DAY
    await rollup.rebuild(
        conn, found.id, found.schedule, since=found.schedule.starts_at, until=until
    )


def account_ids(scale: Scale) -> list[UUID]:
    """Return the accounts' ids, without the large one's."""
    return [account_id_of(name) for name in external_ids(scale)]
