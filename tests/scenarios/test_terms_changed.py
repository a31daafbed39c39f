"""Terms that change in mid-life, while events come in: rollups follow the final schedule (D5, D6).

The clock stands at 2026-11-22 12:00 UTC.
"""

import asyncio
import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

import db.event
from billing.account import account_id_of
from billing.event import Event
from billing.plan import Interval
from billing.terms_change import TermsRequest
from resolvers import counting, terms
from resolvers.account import end
from resolvers.terms import NO_COMMITMENTS, Commitments
from tests.billing.oracle import Stretch, first_instant
from tests.support.facts import (
    DAY,
    HOUR,
    TICK,
    blocked,
    charges_shown,
    conversations_shown,
    derived,
    holding,
    recounted,
    shown,
    stored,
    summary,
    take,
)
from tests.support.world import World, charge, message, utc

ANCHOR = date(2026, 8, 31)
NONE_COMMITTED = Commitments(blocks=0, carrier_micros=0)
TOKYO = TermsRequest(time_zone="Asia/Tokyo")
YEARLY_NOW = TermsRequest(interval=Interval.YEARLY, now=True)


async def change(world: World, request: TermsRequest) -> datetime:
    named = NONE_COMMITTED if request.now else NO_COMMITMENTS
    changed = await terms.change(world.context(), str(account_id_of("acme")), request, named)
    return changed.effective_at


def traffic(chance: random.Random, count: int, until: datetime) -> list[Event]:
    """Make messages and charges from the anchor on, half of them of the last days."""
    events = []
    start = first_instant("Europe/Amsterdam", ANCHOR)
    for n in range(count):
        earliest = start if n % 2 else until - 10 * DAY
        at = (earliest + chance.random() * (until - earliest)).isoformat()
        if n % 3:
            channel = chance.choice(("CHAT", "SMS"))
            events.append(message("acme", at, contact=f"c{n % 29}", channel=channel, id=f"m{n}"))
        else:
            events.append(charge("acme", at, f"0.{n + 1:06}", id=f"c{n}"))
    return events


async def check(world: World, *stretches: Stretch, ended_at: datetime | None = None) -> None:
    """Compare what is stored and shown of the account with what counting from scratch gives."""
    recount = await recounted(world.pool, "acme", *stretches, ended_at=ended_at)
    assert await stored(world.pool, "acme") == derived(recount)
    cycles = await shown(world, "acme")
    assert cycles
    for number, cycle in cycles.items():
        period = recount.bounds[number], recount.bounds[number + 1]
        counted = cycle.pending if cycle.state == "FUTURE" else cycle.used
        assert counted == recount.conversations(*period)
        if cycle.state != "FUTURE":
            assert cycle.spent == recount.charges(*period)


@dataclass(frozen=True)
class Case:
    """A request, and what holds from cycle 3 on, which starts in November, if it is granted."""

    request: TermsRequest
    months: int = 1
    zone: str = "Europe/Amsterdam"
    anchor: date = ANCHOR
    cut_at: datetime | None = None

    @property
    def stretches(self) -> tuple[Stretch, Stretch]:
        return (
            Stretch(0, 1, ANCHOR, "Europe/Amsterdam"),
            Stretch(3, self.months, self.anchor, self.zone, self.cut_at),
        )


NOW = utc("2026-11-22T12:00")
IN_TOKYO = Case(TOKYO, zone="Asia/Tokyo")
YEARLY = Case(YEARLY_NOW, 12, anchor=NOW.date(), cut_at=NOW)
CASES = [
    pytest.param(IN_TOKYO, id="zone"),
    pytest.param(
        Case(TermsRequest(time_zone="America/Havana"), zone="America/Havana"), id="zone_westwards"
    ),
    pytest.param(YEARLY, id="yearly_now"),
    pytest.param(
        Case(
            TermsRequest(interval=Interval.YEARLY, now=True, time_zone="Asia/Kathmandu"),
            12,
            zone="Asia/Kathmandu",
            anchor=NOW.date(),
            cut_at=NOW,
        ),
        id="yearly_now_in_another_zone",
    ),
    pytest.param(
        Case(TermsRequest(anchor_date=date(2026, 12, 20)), anchor=date(2026, 12, 20)), id="anchor"
    ),
]


@pytest.mark.parametrize("case", CASES)
async def test_terms_change_while_events_come_in(world: World, case: Case) -> None:
    await world.account("acme", anchor=ANCHOR.isoformat())
    chance = random.Random(5)
    events = traffic(chance, 400, world.clock.now + timedelta(minutes=5))
    await take(world, *events[:100])
    batches = [take(world, *events[n : n + 10]) for n in range(100, 400, 10)]
    changing = change(world, case.request)
    await asyncio.gather(*batches[:10], changing, *batches[10:])
    await check(world, *case.stretches)
    for _ in range(3):
        world.clock.now += 20 * DAY
        await take(world, *traffic(chance, 30, world.clock.now))
        recount = await recounted(world.pool, "acme", *case.stretches)
        assert await stored(world.pool, "acme") == derived(recount)
        cycles = (await shown(world, "acme")).values()
        start, end_ = recount.bounds[0], recount.bounds[-1]
        assert conversations_shown(cycles) == recount.conversations(start, end_)
        assert charges_shown(cycles) == recount.charges(start, end_)


async def test_a_batch_that_read_the_old_terms_counts_by_the_new_ones(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change comes between a batch's reading of its account and its lock."""
    await world.account("acme", anchor=ANCHOR.isoformat())
    batch = [
        message("acme", "2026-11-22T11:30", id="m"),
        charge("acme", "2026-11-22T12:03", "1", id="c"),
    ]
    async with holding(monkeypatch, db.event, "insert", "m") as gate, asyncio.TaskGroup() as group:
        group.create_task(take(world, *batch))
        await gate.reached.wait()
        await change(world, YEARLY_NOW)
        gate.open()
    world.clock.now += HOUR
    await check(world, *YEARLY.stretches)
    assert (await shown(world, "acme"))[3].spent == {"VOICE": (1_000_000, 1)}


async def test_a_change_waits_for_a_batch_that_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.account("acme", anchor=ANCHOR.isoformat())
    batch = [
        message("acme", "2026-11-22T11:30", id="m"),
        charge("acme", "2026-11-22T12:03", "1", id="c"),
    ]
    async with holding(monkeypatch, counting, "count", "m") as gate, asyncio.TaskGroup() as group:
        group.create_task(take(world, *batch))
        await gate.reached.wait()
        group.create_task(change(world, YEARLY_NOW))
        await blocked(world.pool)
        gate.open()
    world.clock.now += HOUR
    await check(world, *YEARLY.stretches)


async def test_a_scheduled_change_that_is_cancelled(world: World) -> None:
    await world.account("acme", anchor=ANCHOR.isoformat())
    await take(world, *traffic(random.Random(1), 100, world.clock.now))
    await change(world, TOKYO)
    await check(world, *IN_TOKYO.stretches)
    await change(world, TermsRequest(time_zone="Europe/Amsterdam"))
    await check(world, Stretch(0, 1, ANCHOR, "Europe/Amsterdam"))


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(minutes=5) - TICK])
async def test_what_is_dated_ahead_is_laid_anew_too(world: World, ahead: timedelta) -> None:
    """As far as events may lie ahead, the change rebuilds: here to a midnight exactly."""
    world.clock.now = utc("2026-11-22T23:55")
    await world.account("acme", anchor="2026-11-22", zone="UTC")
    at = world.clock.now + ahead
    await take(
        world,
        message("acme", at.isoformat(), id="m"),
        charge("acme", at.isoformat(), "1", id="c"),
    )
    await change(world, YEARLY_NOW)
    world.clock.now += HOUR
    stretches = (
        Stretch(0, 1, date(2026, 11, 22), "UTC"),
        Stretch(1, 12, date(2026, 11, 22), "UTC", utc("2026-11-22T23:55")),
    )
    await check(world, *stretches)
    assert (await shown(world, "acme"))[1].used == {"WHATSAPP": 1}


# --- before cycle 0


async def test_a_conversation_opened_before_cycle_0_counts_nowhere_and_shields(
    world: World,
) -> None:
    await world.account("acme", anchor="2026-11-10", zone="UTC", signed_up_at="2026-11-01")
    events = [
        message("acme", "2026-11-09T23:59:59.999999", id="before"),
        message("acme", "2026-11-16T23:59:59.999998", id="inside"),
        charge("acme", "2026-11-09T23:59:59.999999", "1", id="charge-before"),
        charge("acme", "2026-11-10", "2", id="charge"),
    ]
    assert summary(await take(world, *events)) == (4, 0, 0, 0)
    cycles = await shown(world, "acme")
    assert (cycles[0].used, cycles[0].spent) == ({}, {"VOICE": (2_000_000, 1)})
    await take(world, message("acme", "2026-11-16T23:59:59.999999", id="after"))
    assert (await shown(world, "acme"))[0].used == {"WHATSAPP": 1}
    await check(world, Stretch(0, 1, date(2026, 11, 10), "UTC"))


async def test_a_trial_that_becomes_a_paid_account(world: World) -> None:
    """What came since midnight is cycle 0's; what came before belongs to no cycle."""
    world.clock.now = utc("2026-11-12T09:00")
    await world.account("acme", trial=True, zone="Europe/Amsterdam")
    world.clock.now = utc("2026-11-22T12:00")
    await take(
        world,
        message("acme", "2026-11-21T22:59:59.999999", contact="shielded", id="m-1"),
        message("acme", "2026-11-22T10:00", contact="shielded", id="m-2"),
        message("acme", "2026-11-21T23:00", contact="maria", id="m-3"),
        charge("acme", "2026-11-21T22:59:59.999999", "1", id="c-1"),
        charge("acme", "2026-11-21T23:00", "2", id="c-2"),
    )
    assert (await stored(world.pool, "acme")).conversation_days == {}
    assert (await stored(world.pool, "acme")).charge_days == {}
    await change(world, TermsRequest(plan="Boost", interval=Interval.MONTHLY))
    await check(world, Stretch(0, 1, date(2026, 11, 22), "Europe/Amsterdam"))
    assert (await shown(world, "acme"))[0].spent == {"VOICE": (2_000_000, 1)}
    world.clock.now += 40 * DAY
    assert (await shown(world, "acme"))[0].used == {"WHATSAPP": 1}


async def test_a_trial_that_becomes_paid_while_events_come_in(world: World) -> None:
    await world.account("acme", trial=True, signed_up_at="2026-11-18")
    start = utc("2026-11-18")
    events = [
        message("acme", (start + n * 11 * HOUR / 10).isoformat(), contact=f"c{n % 9}", id=f"m{n}")
        for n in range(95)
    ]
    events += [
        charge("acme", (start + n * HOUR).isoformat(), "0.25", id=f"c{n}") for n in range(100)
    ]
    random.Random(3).shuffle(events)
    batches = [events[n : n + 13] for n in range(0, len(events), 13)]
    paid = TermsRequest(plan="Boost", interval=Interval.MONTHLY)
    tasks = [take(world, *batch) for batch in batches]
    await asyncio.gather(*tasks[:8], change(world, paid), *tasks[8:])
    await check(world, Stretch(0, 1, date(2026, 11, 22), "Europe/Amsterdam"))


async def test_cycle_0_that_is_put_off_takes_its_days_along(world: World) -> None:
    """A message dated five minutes ahead lies in a cycle 0 that then starts later."""
    world.clock.now = utc("2026-11-22T23:58")
    await world.account("acme", anchor="2026-11-23", zone="UTC")
    await take(
        world,
        message("acme", "2026-11-23T00:01", id="m"),
        charge("acme", "2026-11-23T00:01", "1", id="c"),
    )
    await change(world, TermsRequest(anchor_date=date(2026, 12, 1)))
    recount = await recounted(world.pool, "acme", Stretch(0, 1, date(2026, 12, 1), "UTC"))
    assert await stored(world.pool, "acme") == derived(recount)
    assert recount.conversation_days() == {}


async def test_an_account_that_ends_while_events_come_in(world: World) -> None:
    await world.account("acme", anchor=ANCHOR.isoformat())
    events = traffic(random.Random(8), 300, world.clock.now)
    ended_at = world.clock.now + TICK
    tasks = [take(world, *events[n : n + 10]) for n in range(0, 300, 10)]
    ending = end(world.context(), str(account_id_of("acme")), ended_at)
    await asyncio.gather(*tasks[:15], ending, *tasks[15:])
    await check(world, Stretch(0, 1, ANCHOR, "Europe/Amsterdam"), ended_at=ended_at)
