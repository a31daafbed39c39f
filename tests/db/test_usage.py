"""Usage between two instants, from rollups and pieces of days, against raw counts (D10).

Any stretch of time: random ones, touching ones, empty and reversed ones, on bucket bounds and a
tick beside them; under terms that change the zone, cut a day and end.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

import db.account
import db.usage
from billing import span
from billing.account import Account, account_id_of
from billing.commitment import Meter
from billing.cycle import Cycle
from billing.event import Event
from billing.plan import Interval
from billing.schedule import Schedule
from billing.span import Span
from billing.terms_change import TermsRequest
from db.pool import acquire
from resolvers import terms
from resolvers.account import end
from resolvers.terms import NO_COMMITMENTS, Commitments
from resolvers.usage import of_cycles
from tests.billing.oracle import Stretch
from tests.support.facts import (
    DAY,
    HOUR,
    TICK,
    Recount,
    Sums,
    charge_sums,
    recounted,
    shown,
    take,
)
from tests.support.world import World, charge, message, utc

BOTH = frozenset(Meter)
RANGES = 50
BATCHES = 24


@dataclass(frozen=True)
class Filled:
    """An account with traffic up to now, and its count from scratch."""

    account: Account
    recount: Recount
    now: datetime

    @property
    def schedule(self) -> Schedule:
        assert self.account.schedule is not None
        return self.account.schedule


async def changed(world: World, request: TermsRequest) -> None:
    named = NO_COMMITMENTS if request.interval is None else Commitments(blocks=0, carrier_micros=0)
    await terms.change(world.context(), str(account_id_of("acme")), request, named)


def traffic(chance: random.Random, start: datetime, end_: datetime, count: int) -> list[Event]:
    """Make events of which many lie, or close, at a midnight of one of the zones."""
    made: list[Event] = []
    for _ in range(count):
        at = start + chance.random() * (end_ - start)
        if chance.random() < 0.5:
            hour = chance.choice((0, 4, 15, 22, 23))
            at = at.replace(hour=hour, minute=0, second=0, microsecond=0)
            at += chance.choice((-TICK, 0 * TICK, TICK))
        at = min(max(at, start), end_ - TICK)
        id_ = f"{chance.getrandbits(64):x}"
        if chance.random() < 0.5:
            contact, channel = chance.choice("abcdefgh"), chance.choice(("CHAT", "SMS"))
            made.append(message("acme", at.isoformat(), contact=contact, channel=channel, id=id_))
        else:
            amount = f"0.{chance.randrange(1, 1_000_000):06}"
            feature = chance.choice(("VOICE", "SMS"))
            made.append(charge("acme", at.isoformat(), amount, feature=feature, id=id_))
    return made


@pytest.fixture
async def filled(world: World) -> Filled:
    """An account that moved from Amsterdam to Havana, then to a year in Tokyo, then ended."""
    chance = random.Random(11)
    first, start = utc("2026-08-20"), utc("2026-08-30T22:00")
    world.clock.now = start
    await world.account(
        "acme", anchor="2026-08-31", signed_up_at=first.isoformat(), backfill_until="2027-06-01"
    )

    async def live(until: str) -> None:
        since, world.clock.now = world.clock.now, utc(until)
        await take(world, *traffic(chance, since, world.clock.now, 120))

    await take(world, *traffic(chance, first, start, 40))
    await live("2026-09-20")
    await changed(world, TermsRequest(time_zone="America/Havana"))
    await live("2026-11-17T17:40")
    cut_at = world.clock.now
    await changed(world, TermsRequest(interval=Interval.YEARLY, now=True, time_zone="Asia/Tokyo"))
    await live("2026-12-20T10:10")
    ended_at = utc("2026-12-29T10:10")
    await end(world.context(), str(account_id_of("acme")), ended_at)
    await live("2026-12-27T01:02:03.456789")
    stretches = (
        Stretch(0, 1, date(2026, 8, 31), "Europe/Amsterdam"),
        Stretch(1, 1, date(2026, 8, 31), "America/Havana"),
        Stretch(3, 12, date(2026, 11, 18), "Asia/Tokyo", cut_at),
    )
    async with acquire(world.pool) as conn:
        accounts = await db.account.by_ids(conn, [account_id_of("acme")])
    recount = await recounted(world.pool, "acme", *stretches, ended_at=ended_at)
    return Filled(accounts[account_id_of("acme")], recount, world.clock.now)


def instants(chance: random.Random, filled: Filled) -> list[datetime]:
    """Draw instants of all kinds, none before cycle 0."""
    start, end_ = filled.schedule.starts_at, filled.now + 10 * DAY
    at = start + chance.random() * (end_ - start)
    day = filled.schedule.day_start(at)
    bound = chance.choice(filled.recount.bounds)
    closing = chance.choice(filled.recount.counted())[2] + 168 * HOUR
    return [max(start, each + chance.randrange(-1, 2) * TICK) for each in (at, day, bound, closing)]


def ranges(chance: random.Random, filled: Filled) -> list[tuple[datetime, datetime]]:
    """Draw pairs of instants: a third touch, some are empty, half of the rest is reversed."""
    drawn = [chance.choice(instants(chance, filled)) for _ in range(RANGES // 3 + 1)]
    touching = list(pairwise(sorted(drawn)))
    others = [
        (chance.choice(instants(chance, filled)), chance.choice(instants(chance, filled)))
        for _ in range(RANGES - len(touching))
    ]
    return touching + others


async def between(
    world: World, monkeypatch: pytest.MonkeyPatch, filled: Filled, wanted: Sequence[Any]
) -> list[tuple[dict[str, int], Sums]]:
    """Ask the statement of usage for any ranges, as if each were a cycle."""
    cycles = [Cycle.of(filled.account, 0, filled.now) for _ in wanted]
    conversations = iter([span.conversations_between(filled.schedule, *pair) for pair in wanted])
    charges = iter([span.charges_between(filled.schedule, *pair) for pair in wanted])
    monkeypatch.setattr(span, "landed", lambda _cycle: next(conversations))
    monkeypatch.setattr(span, "completed", lambda _cycle: Span())
    monkeypatch.setattr(span, "charged", lambda _cycle: next(charges))
    async with acquire(world.pool) as conn:
        figures = await db.usage.of_cycles(conn, cycles, meters=BOTH)
    return [
        (
            {channel: n for channel, n in figure.conversations.items() if n},
            {
                feature: (charge.amount_micros, charge.charges)
                for feature, charge in figure.charges.items()
            },
        )
        for figure in figures
    ]


async def test_any_stretch_of_time(
    world: World, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(24)
    nonempty = 0
    for _ in range(BATCHES):
        wanted = ranges(chance, filled)
        found = await between(world, monkeypatch, filled, wanted)
        expected = [
            (filled.recount.conversations(*pair), filled.recount.charges(*pair)) for pair in wanted
        ]
        assert found == expected
        nonempty += sum(pair != ({}, {}) for pair in found)
    assert nonempty > BATCHES * RANGES / 3


async def test_touching_stretches_add_up(
    world: World, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(2)
    start, end_ = filled.schedule.starts_at, filled.now + 10 * DAY
    inner = [at for _ in range(60) for at in instants(chance, filled) if start < at < end_]
    *parts, whole = await between(
        world,
        monkeypatch,
        filled,
        [*pairwise([start, *sorted(inner), end_]), (start, end_)],
    )
    conversations: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    for used, spent in parts:
        conversations.update(used)
        amounts.update({feature: amount for feature, (amount, _) in spent.items()})
    assert conversations == whole[0]
    assert amounts == {feature: amount for feature, (amount, _) in whole[1].items()}


async def test_whole_days_come_from_the_rollup_and_pieces_do_not(
    world: World, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the tests above look at both."""
    async with acquire(world.pool) as conn:
        await conn.execute("UPDATE conversation_day SET n = 1000")
        await conn.execute("UPDATE charge_day SET n = 1000")
    first, second = filled.recount.bounds[1:3]
    day = filled.schedule.day_start(first + 3 * DAY)
    halves = [(day, day + 11 * HOUR), (day + 11 * HOUR, day + 12 * HOUR)]
    aligned, *pieces = await between(world, monkeypatch, filled, [(first, second), *halves])
    assert all(n % 1000 == 0 for n in aligned[0].values())
    assert all(n % 1000 == 0 for _, n in aligned[1].values())
    assert pieces == [
        (filled.recount.conversations(*half), filled.recount.charges(*half)) for half in halves
    ]


async def test_all_cycles_at_any_instant(world: World, filled: Filled) -> None:
    """The whole road, with the clock anywhere: a cycle has what was opened or dated before it."""
    chance = random.Random(3)
    recount = filled.recount
    anywhere = [instant for _ in range(5) for instant in instants(chance, filled)]
    closings = [opening + 168 * HOUR for _, _, opening in chance.sample(recount.counted(), 5)]
    for at in anywhere + closings:
        world.clock.now = at
        opened = [
            (opening + 168 * HOUR, channel)
            for _, channel, opening in recount.counted()
            if opening < at
        ]
        dated = [fact for fact in recount.charged() if fact.occurred_at < at]
        for number, cycle in (await shown(world, "acme")).items():
            start, end_ = recount.bounds[number : number + 2]
            landed = [(closing, channel) for closing, channel in opened if start <= closing < end_]
            counts = Counter(channel for _, channel in landed)
            charges = charge_sums(fact for fact in dated if start <= fact.occurred_at < end_)
            if cycle.state == "FUTURE":
                assert (cycle.pending, cycle.completed, cycle.spent) == (counts, None, {})
            else:
                assert (cycle.used, cycle.spent) == (counts, charges)
                assert cycle.completed == sum(closing <= at for closing, _ in landed)


async def test_accounts_are_kept_apart(world: World, statements: list[str]) -> None:
    ids: list[UUID] = []
    for n in range(5):
        ids.append(await world.account(f"acme-{n}", anchor="2026-11-01", zone="UTC"))
        await take(
            world,
            *(
                message(f"acme-{n}", "2026-11-10", contact=f"c{contact}", id=f"{contact}")
                for contact in range(n)
            ),
            charge(f"acme-{n}", "2026-11-10", f"{n + 1}"),
        )
    async with acquire(world.pool) as conn:
        accounts = await db.account.by_ids(conn, ids)
    cycles = [Cycle.of(accounts[id_], number, world.clock.now) for id_ in ids for number in (0, 1)]
    statements.clear()
    ctx = world.context()
    asked = [of_cycles(ctx, cycles, lambda _, figures: figures, meter) for meter in Meter]
    conversations, costs = [await each for each in asked]
    assert statements == ["usage.of_cycles"]
    assert conversations == costs
    assert [
        (sum(figure.conversations.values()), sum(c.amount_micros for c in figure.charges.values()))
        for figure in conversations
    ] == [pair for n in range(5) for pair in ((n, (n + 1) * 1_000_000), (0, 0))]
