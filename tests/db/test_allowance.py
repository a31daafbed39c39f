"""The balance that services ask for, against the one that cycles show (D11, D17, D18, D24).

A random life of an account, looked at after each step from several instants.
"""

import contextlib
import random
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import pytest

import db.account
import db.allowance
import db.usage
from billing.account import Account, account_id_of
from billing.allowance import Balance
from billing.carrier import carrier_balance
from billing.commitment import ChangeKind, GrantKind, Meter, MeterChange, latest_version
from billing.cycle import Cycle, current_cycle
from billing.errors import RuleError
from billing.event import AHEAD
from billing.plan import Interval
from billing.terms_change import TermsRequest
from db import meter_change
from db.meter_change import Record
from db.migrate import FOLDER
from db.pool import Connection, acquire
from resolvers import terms
from resolvers.account import end
from resolvers.reversal import EventName, GrantName, Request, reverse
from resolvers.terms import NO_COMMITMENTS, Commitments
from tests.support.facts import DAY, HOUR, TICK, stored, take
from tests.support.world import World, charge, message, utc

ID = account_id_of("acme")
STEPS = 70
SEEDS = (1, 2)


@dataclass
class Life:
    """An account to which things happen at random."""

    world: World
    chance: random.Random
    charges: list[str] = field(default_factory=list)
    changes: int = 0

    @property
    def now(self) -> datetime:
        return self.world.clock.now

    async def step(self) -> None:
        """Let some time pass, and then something happen, or two things."""
        self.world.clock.now += self.chance.choice((TICK, HOUR, 9 * HOUR, 2 * DAY, 9 * DAY))
        happenings = (self.charge, self.commit, self.grant, self.take_back)
        for happening in self.chance.choices(happenings, k=2):
            with contextlib.suppress(RuleError):
                await happening()

    async def charge(self) -> None:
        """Charge now, late, ahead of the clock, and at the edges of a day; message late too."""
        account = await self.account()
        assert account.schedule is not None
        instants = [self.now, self.now + AHEAD, self.now + AHEAD * self.chance.random()]
        instants += [self.now - 60 * DAY * self.chance.random() ** 2 for _ in range(4)]
        day = account.schedule.day_start(max(instants[-1], account.schedule.starts_at))
        instants += [day - TICK, day, day + TICK, self.now - TICK]
        for at in instants:
            id_ = f"{len(self.charges)}"
            feature = self.chance.choice(("VOICE", "SMS"))
            amount = f"0.{self.chance.randrange(1_000_000):06}"
            made = charge("acme", at.isoformat(), amount, feature=feature, id=id_)
            outcome = await take(self.world, made)
            self.charges += [id_] * outcome.accepted
        await take(self.world, message("acme", instants[-5].isoformat(), id=f"{self.now}"))

    async def commit(self) -> None:
        """Commit from this cycle on or the next, to something or nothing."""
        current = current_cycle(await self.account(), self.now)
        if current is None:
            return
        meter = self.chance.choice(list(Meter))
        async with acquire(self.world.pool) as conn:
            past = await meter_change.of_account(conn, ID)
            change = MeterChange(
                meter=meter,
                version=latest_version(past, meter) + 1,
                kind=ChangeKind.COMMITMENT,
                cycle=current.number + self.chance.choice((0, 0, 1)),
                amount=self.chance.randrange(1_000),
                amount_before=0,
                price_micros=0,
                effective_at=self.now,
            )
            await meter_change.insert(conn, ID, change, Record(self.now, "anna", "Committed."))

    async def grant(self) -> None:
        """Add to this cycle, one before it or the next."""
        current = current_cycle(await self.account(), self.now)
        if current is not None:
            cycle = max(0, current.number + self.chance.choice((-1, 0, 0, 1)))
            kind = self.chance.choice(list(GrantKind))
            await self.world.grant("acme", kind, cycle, self.chance.randrange(1, 1_000))

    async def take_back(self) -> None:
        """Reverse a charge or a grant."""
        async with acquire(self.world.pool) as conn:
            grants = await conn.fetch(
                "SELECT meter || '-' || version AS id FROM meter_change WHERE kind <> 'COMMITMENT'"
                " UNION ALL SELECT grant_id::text FROM automatic_grant"
            )
        originals: list[EventName | GrantName] = [
            *(EventName("carrier", id_) for id_ in self.charges),
            *[GrantName(row["id"]) for row in grants] * 3,
        ]
        for original in self.chance.sample(originals, min(3, len(originals))):
            self.changes += 1
            request = Request(
                account_id=str(ID),
                original=original,
                reason="Wrong.",
                idempotency_key=f"{self.changes}",
            )
            await reverse(self.world.context(), request)

    async def account(self) -> Account:
        async with acquire(self.world.pool) as conn:
            return (await db.account.by_ids(conn, [ID]))[ID]

    async def compare(self) -> Balance | None:
        """Ask both ways at several instants of the current cycle; return what is true now."""
        account = await self.account()
        current = current_cycle(account, self.now)
        if current is None:
            return None
        start = current.period.start
        days = [current.schedule.day_start(self.now), current.schedule.day_end(self.now)]
        instants = [start + self.chance.random() * (self.now - start) for _ in range(3)]
        instants += [start, self.now - TICK, self.now + TICK, *days, days[0] - TICK, days[1] - TICK]
        found = [await self.both(account, at) for at in [*instants, self.now]]
        return found[-1]

    async def both(self, account: Account, at: datetime) -> Balance | None:
        cycle = current_cycle(account, at)
        if cycle is None:
            return None
        shown = await shown_balance(self.world, cycle)
        async with acquire(self.world.pool) as conn:
            asked = await db.allowance.of_account(conn, account, cycle)
        assert asked == shown
        return shown


async def shown_balance(world: World, cycle: Cycle) -> Balance:
    """Return what the usage page makes of a cycle."""
    async with acquire(world.pool) as conn:
        (figures,) = await db.usage.of_cycles(conn, [cycle], meters=frozenset({Meter.CARRIER}))
    shown = carrier_balance(cycle, figures)
    assert shown is not None
    return Balance(shown.spent_micros, shown.commitment_micros, shown.topped_up_micros)


@pytest.mark.parametrize("seed", SEEDS)
async def test_it_is_always_the_balance_that_the_cycle_shows(world: World, seed: int) -> None:
    await world.account("acme", anchor="2026-10-25", carrier="25", signed_up_at="2026-09-01")
    life = Life(world, random.Random(seed))
    seen: list[Balance | None] = []
    for number in range(STEPS):
        if number == STEPS // 4:
            request = TermsRequest(time_zone="America/Havana")
            await terms.change(world.context(), str(ID), request, NO_COMMITMENTS)
        if number == STEPS // 2:
            yearly = TermsRequest(interval=Interval.YEARLY, now=True, time_zone="Asia/Tokyo")
            amounts = Commitments(blocks=0, carrier_micros=50)
            await terms.change(world.context(), str(ID), yearly, amounts)
        if number == STEPS - 10:
            await end(world.context(), str(ID), life.now + 9 * DAY)
        await life.step()
        seen.append(await life.compare())
    world.clock.now += 9 * DAY
    assert await life.compare() is None  # it has ended
    balances = [balance for balance in seen if balance is not None]
    assert len({balance.spent_micros for balance in balances}) > STEPS // 4
    assert len({balance.commitment_micros for balance in balances}) > 3
    assert len({balance.topped_up_micros for balance in balances}) > 3
    async with acquire(world.pool) as conn:
        for table in ("event_reversal", "grant_reversal", "automatic_grant"):
            assert await conn.fetchval(f"SELECT count(*) FROM {table}") > 3
        reasons = await conn.fetch("SELECT DISTINCT meter, reason FROM adjustment")
    assert {("CARRIER", "LATE"), ("CARRIER", "REVERSAL")} < {tuple(row) for row in reasons}


async def test_an_account_at_another_version_has_no_answer(world: World) -> None:
    await world.account("acme", carrier="25")
    await world.account("other", carrier="50")
    async with acquire(world.pool) as conn:
        accounts = await db.account.by_ids(conn, [ID, account_id_of("other")])
        asked = [
            await db.allowance.of_account(conn, account, current_cycle(account, world.clock.now))
            for account in accounts.values()
        ]
        assert {balance.limit_micros for balance in asked if balance is not None} == {
            25_000_000,
            50_000_000,
        }
        account = accounts[ID]
        cycle = current_cycle(account, world.clock.now)
        await conn.execute("UPDATE account SET version = version + 1 WHERE account_id = $1", ID)
        assert await db.allowance.of_account(conn, account, cycle) is None
        assert await db.allowance.of_account(conn, account, None) is None


async def test_without_a_cycle_the_balance_is_nothing(world: World) -> None:
    await world.account("acme", carrier="25")
    await world.take(charge("acme", "2026-11-22T11:00", "1"))
    async with acquire(world.pool) as conn:
        account = (await db.account.by_ids(conn, [ID]))[ID]
        assert await db.allowance.of_account(conn, account, None) == Balance(0, 0, 0)


async def test_what_was_charged_before_there_were_sums_of_days_is_summed(world: World) -> None:
    """The migration that makes the table fills it."""
    for name in ("acme", "other"):
        await world.account(name)
        for at in (f"2026-11-{day}T{hour}:59" for day in range(10, 20) for hour in (22, 23)):
            await world.take(charge(name, at, "1.5"), charge(name, at, "0.01", feature="SMS"))
    before = [await stored(world.pool, name) for name in ("acme", "other")]
    assert [sum(each.spend_days.values()) for each in before] == [30_200_000] * 2
    migration = (FOLDER / "0008_spend_day.sql").read_text(encoding="utf-8")
    async with acquire(world.pool) as conn:
        await conn.execute(f"DROP TABLE spend_day; {migration}")
    assert [await stored(world.pool, name) for name in ("acme", "other")] == before


async def _fill(conn: Connection, account_id: UUID, charges: int) -> None:
    """Store many charges, one a minute, as no batch could in the time of a test.

    And as many days, up to a year's.
    """
    await conn.execute(
        "INSERT INTO event (account_id, source, event_id, type, occurred_at, recorded_at, counts,"
        " feature, amount_micros, currency) SELECT $1, 'carrier', n::text, 'carrier_charge',"
        " $2::timestamptz - n * interval '1 minute', $2, false, 'VOICE', 1, 'EUR'"
        " FROM generate_series(1, $3::integer) AS n",
        account_id,
        utc("2026-11-22T12:00"),
        charges,
    )
    await conn.execute(
        "INSERT INTO spend_day (account_id, day, amount_micros)"
        " SELECT $1, $2::timestamptz - n * interval '1 day', 1"
        " FROM generate_series(1, least($3::integer, 365)) AS n",
        account_id,
        utc("2026-11-22T23:00"),
        charges,
    )
    await conn.execute("ANALYZE event; ANALYZE spend_day")


async def test_the_statement_is_planned_for_all_calls_at_once(world: World) -> None:
    """Also where accounts and cycles differ much in size, by which plans are chosen."""
    ids = [await world.account(name, carrier="25") for name in ("acme", "small", "none")]
    async with acquire(world.pool) as conn:
        await _fill(conn, ids[0], 20_000)
        await _fill(conn, ids[1], 10)
        accounts = await db.account.by_ids(conn, ids)
        for _ in range(10):
            for account in accounts.values():
                cycle = current_cycle(account, world.clock.now)
                assert await db.allowance.of_account(conn, account, cycle) is not None
        row = await conn.fetchrow(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
            " WHERE statement LIKE '/* allowance.of_account */%'"
        )
    assert dict(row or {}) == {"generic_plans": 30, "custom_plans": 0}
