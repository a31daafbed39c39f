"""Usage that reaches what was bought: blocks, recharges, marks and what is told of them.

All of it in the transaction of the batch that causes it. The clock stands at 2026-11-22 12:00
UTC; cycles are months in UTC from 2026-10-25, with a quota of 20 conversations.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

import db.account
import db.outbox
from billing.account import account_id_of
from billing.commitment import GrantKind, Meter
from billing.cycle import Cycle
from billing.event import Event
from billing.notice import Notice, NoticeKind
from billing.plan import Interval, SurchargePolicy
from billing.reminder import LOW_BALANCE, RECHARGE_FAILED, Standing
from db.pool import Connection, acquire, transact
from resolvers import crossing
from tests.support.facts import take
from tests.support.marks import (
    added,
    alert_at,
    kinds,
    offer,
    percents,
    reached,
    rearmed,
    recharge_at,
    reminder,
    told,
)
from tests.support.world import World, charge, contents, message, utc

NOW = utc("2026-11-22T12:00")
START = utc("2026-11-25")
"""Of the cycle to come, number 1."""

MICROS = 1_000_000
STEP_PRICE = 21_600_000


async def tiny_account(  # noqa: PLR0913 (an account's facts)
    world: World,
    external_id: str = "acme",
    *,
    anchor: str = "2026-10-25",
    interval: Interval = Interval.MONTHLY,
    carrier: str | None = None,
    backfill_until: str | None = None,
) -> None:
    now, world.clock.now = world.clock.now, utc(anchor)
    await world.account(
        external_id,
        anchor=anchor,
        zone="UTC",
        plan="Tiny",
        interval=interval,
        carrier=carrier,
        backfill_until=backfill_until,
    )
    world.clock.now = now


@pytest.fixture
async def acme(world: World) -> World:
    """A world with an account whose quota is 20, its commitment to carrier costs EUR 100."""
    await offer(world)
    await tiny_account(world, carrier="100")
    return world


def opened(
    numbers: Sequence[int], at: str = "2026-11-10", external_id: str = "acme"
) -> list[Event]:
    """Make messages that open a conversation each."""
    return [
        message(external_id, at, contact=f"c{n}", id=f"{external_id} {at} {n}") for n in numbers
    ]


async def spend(
    world: World, amount: str, at: str = "2026-11-20", external_id: str = "acme"
) -> None:
    """Take in a charge; its id says how many there were."""
    async with acquire(world.pool) as conn:
        number = await conn.fetchval("SELECT count(*) FROM event")
    await take(world, charge(external_id, at, amount, id=f"charge {number}"))


async def standing_cycle(world: World, number: int = 0, external_id: str = "acme") -> Cycle:
    id_ = account_id_of(external_id)
    async with acquire(world.pool) as conn:
        found = await db.account.by_ids(conn, [id_])
    return Cycle.of(found[id_], number, world.clock())


async def lift(world: World, meter: Meter, number: int = 0, **how: bool) -> None:
    """Check a cycle as after a purchase."""
    cycle = await standing_cycle(world, number)

    async def work(conn: Connection) -> None:
        await db.account.lock(conn, [cycle.account.id])
        await crossing.check(conn, {meter: [cycle]}, at=world.clock(), **how)

    await transact(world.pool, work)


async def confirmed(
    world: World, notice: Notice, number: int = 0
) -> tuple[Notice, Standing] | None:
    cycle = await standing_cycle(world, number)
    async with acquire(world.pool) as conn:
        return await crossing.confirm(conn, notice, cycle)


def conversations(*marks: int, arming: int = 0, cycle: int = 0, at: datetime = NOW) -> list[Any]:
    return [("CONVERSATIONS", cycle, str(mark), arming, at) for mark in marks]


def balance(*marks: int | str, arming: int = 0, cycle: int = 0, at: datetime = NOW) -> list[Any]:
    return [("CARRIER", cycle, str(mark), arming, at) for mark in marks]


def blocks(count: int, *, cycle: int = 0, at: datetime = NOW) -> list[Any]:
    step = ("BLOCKS", cycle, 1, STEP_PRICE, at, "The quota was used up.")
    return [step] * count


# --- percentages


async def test_each_percentage_fires_with_the_conversation_that_reaches_it(acme: World) -> None:
    fired = {}
    for n in range(1, 31):
        before = await percents(acme.pool)
        acme.clock.now += timedelta(seconds=1)
        await take(acme, *opened([n]))
        new = (await percents(acme.pool))[len(before) :]
        if new:
            fired[n] = new
    assert fired == {15: [75], 18: [90], 20: [100]}
    assert [row[:4] for row in await reached(acme.pool)] == [
        row[:4] for row in conversations(75, 90, 100)
    ]
    assert [(grant[:4]) for grant in await added(acme.pool)] == [("BLOCKS", 0, 1, STEP_PRICE)]


async def test_one_jump_writes_all_marks_and_tells_the_highest(acme: World) -> None:
    await take(acme, *opened(range(25)))
    assert await reached(acme.pool) == conversations(75, 90, 100)
    assert await told(acme.pool) == [
        (NOW, replace(reminder(100), armings={"75": 0, "90": 0, "100": 0}))
    ]
    assert await added(acme.pool) == blocks(1)


async def test_a_jump_beyond_a_mark_that_was_told_tells_the_others(acme: World) -> None:
    await take(acme, *opened(range(16)))
    await take(acme, *opened(range(16, 19)))
    assert [notice.armings for _, notice in await told(acme.pool)] == [{"75": 0}, {"90": 0}]


async def test_automatic_blocks_neither_raise_the_base_nor_arm_anything(acme: World) -> None:
    await take(acme, *opened(range(121)))
    assert await added(acme.pool) == blocks(2)
    await take(acme, *opened(range(121, 400)))
    assert await added(acme.pool) == blocks(4)
    assert await percents(acme.pool) == [100]
    assert await rearmed(acme.pool) == []


async def test_a_yearly_account_has_a_mark_at_half(world: World) -> None:
    await offer(world)
    await tiny_account(world, anchor="2026-06-01", interval=Interval.YEARLY)
    for numbers in (range(9), [9], range(10, 15), range(15, 18), [18, 19]):
        world.clock.now += timedelta(seconds=1)
        await take(world, *opened(numbers))
    assert await percents(world.pool) == [50, 75, 90, 100]


async def test_a_plan_without_automatic_blocks_has_reminders(world: World) -> None:
    await offer(world, policy=SurchargePolicy.NONE)
    await tiny_account(world)
    await take(world, *opened(range(150)))
    assert await added(world.pool) == []
    assert await percents(world.pool) == [100]


async def test_a_plan_without_reminders_has_automatic_blocks(world: World) -> None:
    await offer(world, reminders=False)
    await tiny_account(world, carrier="100")
    await take(world, *opened(range(150)))
    await spend(world, "500")
    assert await added(world.pool) == blocks(2)
    assert (await reached(world.pool), await told(world.pool)) == ([], [])


async def test_the_balance_has_the_same_percentages(acme: World) -> None:
    for amount in ("74.999999", "0.000001", "14.999999", "0.000001", "10", "400"):
        acme.clock.now += timedelta(seconds=1)
        await spend(acme, amount)
    assert [(mark[0], mark[2], mark[4] - NOW) for mark in await reached(acme.pool)] == [
        ("CARRIER", "75", timedelta(seconds=2)),
        ("CARRIER", "90", timedelta(seconds=4)),
        ("CARRIER", "100", timedelta(seconds=5)),
    ]
    assert [notice for _, notice in await told(acme.pool)] == [
        replace(reminder(percent, meter=Meter.CARRIER), armings={str(percent): 0})
        for percent in (75, 90, 100)
    ]
    assert await added(acme.pool) == []


async def test_recharges_are_no_part_of_the_base_and_top_ups_are(acme: World) -> None:
    await acme.grant("acme", GrantKind.TOP_UP, 0, 100 * MICROS)
    await acme.grant("acme", GrantKind.AUTOMATIC_TOP_UP, 0, 1_000 * MICROS)
    await spend(acme, "149.999999")
    assert await reached(acme.pool) == []
    await spend(acme, "0.000001")
    assert await reached(acme.pool) == balance(75)


async def test_without_a_commitment_there_is_nothing_to_reach(world: World) -> None:
    await world.account("acme", anchor="2026-11-01", zone="UTC")
    await spend(world, "1000")
    assert (await reached(world.pool), await told(world.pool)) == ([], [])


async def test_both_meters_in_one_batch(acme: World) -> None:
    await take(acme, *opened(range(15)), charge("acme", "2026-11-20", "95"))
    assert await reached(acme.pool) == balance(75, 90) + conversations(75)
    assert sorted((notice.meter.value, notice.percent) for _, notice in await told(acme.pool)) == [
        ("CARRIER", 90),
        ("CONVERSATIONS", 75),
    ]


# --- cycles to come, and past ones


async def test_for_a_cycle_to_come_all_is_written_now_and_holds_from_its_start(
    acme: World,
) -> None:
    await take(acme, *opened(range(21), "2026-11-19"))
    assert await reached(acme.pool) == conversations(75, 90, 100, cycle=1, at=START)
    assert await told(acme.pool) == [
        (START, replace(reminder(100, 1), armings={"75": 0, "90": 0, "100": 0}))
    ]
    assert await added(acme.pool) == blocks(1, cycle=1, at=START)


async def test_step_by_step_before_a_cycle_the_last_step_is_told_when_it_begins(
    acme: World,
) -> None:
    for numbers in (range(15), range(15, 18), range(18, 19)):
        acme.clock.now += timedelta(seconds=1)
        await take(acme, *opened(numbers, "2026-11-19"))
    notices = [notice for _, notice in await told(acme.pool)]
    assert [notice.percent for notice in notices] == [75, 90]
    acme.clock.now = START
    assert [await confirmed(acme, notice, 1) for notice in notices] == [
        None,
        (notices[1], Standing(19, 20, 20)),
    ]


async def test_a_charge_dated_ahead_in_the_next_cycle(acme: World) -> None:
    acme.clock.now = START - timedelta(minutes=2)
    await alert_at(acme, "50")
    await take(acme, charge("acme", "2026-11-25T00:01", "80"))
    assert await reached(acme.pool) == balance(75, cycle=1, at=START)


async def test_a_cycle_that_has_just_ended_gets_blocks_and_no_reminders(acme: World) -> None:
    acme.clock.now = utc("2026-11-27")
    await alert_at(acme, "50")
    await recharge_at(acme, "50")
    await take(acme, *opened(range(25)), charge("acme", "2026-11-20", "99"))
    assert await added(acme.pool) == blocks(1, at=acme.clock.now)
    assert (await reached(acme.pool), await told(acme.pool)) == ([], [])


async def test_what_comes_late_fires_where_it_is_booked(world: World) -> None:
    await offer(world)
    await tiny_account(world, anchor="2026-08-25", carrier="100", backfill_until="2026-09-01")
    await take(world, *opened(range(15), "2026-09-10"), charge("acme", "2026-09-10", "100"))
    assert await reached(world.pool) == (balance(75, 90, 100, cycle=2) + conversations(75, cycle=2))


# --- falling and rising


def moving(number: int) -> list[Event]:
    """Make a message that moves a conversation, which lands in cycle 1, into cycle 0."""
    return opened([number], "2026-11-17")


async def test_usage_that_falls_and_rises_fires_once(acme: World) -> None:
    await take(acme, *opened(range(18), "2026-11-19"))
    await take(acme, *moving(0), *moving(1), *moving(2), *moving(3))
    await take(acme, *opened(range(18, 22), "2026-11-19"))
    assert await reached(acme.pool) == conversations(75, 90, cycle=1, at=START)
    assert await percents(acme.pool) == [90]
    assert await rearmed(acme.pool) == []


async def test_what_does_not_hold_when_it_is_due_is_not_told(acme: World) -> None:
    await take(acme, *opened(range(18), "2026-11-19"))
    [(due_at, notice)] = await told(acme.pool)
    await take(acme, *moving(0))
    acme.clock.now = due_at
    assert await confirmed(acme, notice, 1) == (replace(notice, percent=75), Standing(17, 20, 20))
    await take(acme, *opened([0, 1, 2], "2026-11-16"), *opened([18], "2026-11-19"))
    acme.clock.now += timedelta(minutes=1)
    assert await confirmed(acme, notice, 1) == (replace(notice, percent=75), Standing(16, 20, 20))
    await take(acme, *moving(3), *moving(4))
    assert await confirmed(acme, notice, 1) is None


async def test_an_event_dated_ahead_holds_at_once(acme: World) -> None:
    """Clocks differ: what has fired is not dropped because it is dated in a moment."""
    ahead = (NOW + timedelta(minutes=5)).isoformat()
    await take(acme, *opened(range(14)), charge("acme", ahead, "75"))
    [(_, notice)] = await told(acme.pool)
    assert notice.meter is Meter.CARRIER
    assert await confirmed(acme, notice) == (
        notice,
        Standing(75 * MICROS, 100 * MICROS, 100 * MICROS),
    )


# --- lifted marks


async def test_a_purchase_that_lifts_a_mark_arms_it_and_it_fires_once_more(acme: World) -> None:
    await take(acme, *opened(range(21)))  # 100 % of 20
    await acme.grant("acme", GrantKind.BLOCKS, 0, 1)
    await lift(acme, Meter.CONVERSATIONS, lifted=True)  # 17 % of 120
    lifted = [("CONVERSATIONS", 0, mark, 1) for mark in ("75", "90", "100")]
    assert await rearmed(acme.pool) == lifted
    await lift(acme, Meter.CONVERSATIONS, lifted=True)
    assert await rearmed(acme.pool) == lifted
    assert await percents(acme.pool) == [100]
    acme.clock.now += timedelta(seconds=1)
    await take(acme, *opened(range(21, 89)))
    assert await percents(acme.pool) == [100]
    await take(acme, *opened([89]))  # 90 of 120
    later = acme.clock.now
    assert await reached(acme.pool) == [
        *conversations(75, 90, 100),
        *conversations(75, arming=1, at=later),
    ]
    await take(acme, *opened(range(90, 119)))
    assert [notice.armings for _, notice in await told(acme.pool)][1:] == [{"75": 1}, {"90": 1}]


async def test_a_purchase_that_lifts_some_marks_arms_those(acme: World) -> None:
    await take(acme, *opened(range(100)))  # 500 % of 20
    await acme.grant("acme", GrantKind.BLOCKS, 0, 1)  # 83 % of 120
    await lift(acme, Meter.CONVERSATIONS, lifted=True)
    assert await rearmed(acme.pool) == [
        ("CONVERSATIONS", 0, "90", 1),
        ("CONVERSATIONS", 0, "100", 1),
    ]
    acme.clock.now += timedelta(seconds=1)
    await take(acme, *opened(range(100, 108)))
    assert await percents(acme.pool) == [100, 90]
    assert await confirmed(acme, replace(reminder(90), armings={"90": 1})) is not None


async def test_a_notice_of_before_a_purchase_is_not_told_after_it(acme: World) -> None:
    await take(acme, *opened(range(20), "2026-11-19"))
    [(_, notice)] = await told(acme.pool)
    await acme.grant("acme", GrantKind.BLOCKS, 1, 1)
    await lift(acme, Meter.CONVERSATIONS, 1, lifted=True)
    acme.clock.now = START
    assert await confirmed(acme, notice, 1) is None
    await take(acme, *opened(range(20, 110), "2026-11-19"))
    again = (await told(acme.pool))[-1][1]
    assert again.armings == {"75": 1, "90": 1}
    assert await confirmed(acme, notice, 1) is None
    assert await confirmed(acme, again, 1) == (again, Standing(110, 120, 120))


# --- low balance


async def test_a_low_balance_is_told_once_until_it_is_lifted(acme: World) -> None:
    await alert_at(acme, "30")
    for amount in ("69.999999", "0.000001", "1"):
        acme.clock.now += timedelta(seconds=1)
        await spend(acme, amount)
    low = Notice(
        kind=NoticeKind.LOW_BALANCE,
        meter=Meter.CARRIER,
        cycle=0,
        armings={LOW_BALANCE: 0},
        threshold_micros=30 * MICROS,
    )
    assert await told(acme.pool) == [(NOW + timedelta(seconds=2), low)]
    assert await confirmed(acme, low) is not None
    await acme.grant("acme", GrantKind.TOP_UP, 0, 1 * MICROS)
    await lift(acme, Meter.CARRIER, lifted=True)  # 30 are left: not lifted above the threshold
    assert await rearmed(acme.pool) == []
    await acme.grant("acme", GrantKind.TOP_UP, 0, 10 * MICROS)
    await lift(acme, Meter.CARRIER, lifted=True)
    assert await rearmed(acme.pool) == [("CARRIER", 0, LOW_BALANCE, 1)]
    assert await confirmed(acme, low) is None
    acme.clock.now += timedelta(seconds=1)
    await spend(acme, "10")
    again = replace(low, armings={LOW_BALANCE: 1})
    assert [notice for _, notice in await told(acme.pool)] == [low, again]
    assert await confirmed(acme, low) is None
    assert await confirmed(acme, again) is not None


async def test_a_low_balance_and_a_percentage_are_two_notices(acme: World) -> None:
    await alert_at(acme, "25")
    await spend(acme, "75")
    assert await kinds(acme.pool) == ["REMINDER", "LOW_BALANCE"]
    assert await reached(acme.pool) == balance(75, LOW_BALANCE)


async def test_another_threshold_is_another_alert(acme: World) -> None:
    await alert_at(acme, "60")
    await spend(acme, "50")
    await alert_at(acme, "40")
    await lift(acme, Meter.CARRIER, set_anew=True)
    assert await rearmed(acme.pool) == [("CARRIER", 0, LOW_BALANCE, 1)]
    await spend(acme, "10")
    assert await kinds(acme.pool) == ["LOW_BALANCE"] * 2
    await alert_at(acme, "45")
    await lift(acme, Meter.CARRIER, set_anew=True)  # it is low, which was told
    assert await kinds(acme.pool) == ["LOW_BALANCE"] * 2


async def test_a_threshold_set_above_what_is_left_is_told_at_once(acme: World) -> None:
    await spend(acme, "50")
    await alert_at(acme, "60")
    await lift(acme, Meter.CARRIER, set_anew=True)
    assert await kinds(acme.pool) == ["LOW_BALANCE"]


async def test_only_a_purchase_arms_percentages(acme: World) -> None:
    await spend(acme, "80")
    async with acquire(acme.pool) as conn:  # as if the charge had been taken back
        await conn.execute("UPDATE charge_day SET amount_micros = 0")
    await recharge_at(acme, "110", most="500")
    await lift(acme, Meter.CARRIER, set_anew=True)
    await spend(acme, "20")
    assert len(await added(acme.pool)) == 2
    assert await rearmed(acme.pool) == []
    await lift(acme, Meter.CARRIER, lifted=True)
    assert await rearmed(acme.pool) == [("CARRIER", 0, "75", 1)]


# --- automatic recharge


def recharges(count: int, at: datetime = NOW) -> list[Any]:
    amount = 20 * MICROS
    return [("TOP_UP", 0, amount, amount, at, "Automatic recharge.")] * count


async def test_a_recharge_adds_what_is_missing_and_says_so(acme: World) -> None:
    await recharge_at(acme, "30")
    await spend(acme, "70")
    assert await added(acme.pool) == []
    await spend(acme, "21")  # 9 are left, so that 21 are missing
    assert await added(acme.pool) == recharges(2)
    assert await told(acme.pool) == [
        (
            NOW,
            replace(reminder(90, meter=Meter.CARRIER), armings={"75": 0, "90": 0}),
        ),
        (
            NOW,
            Notice(
                kind=NoticeKind.RECHARGED, meter=Meter.CARRIER, cycle=0, amount_micros=40 * MICROS
            ),
        ),
    ]
    await spend(acme, "19")  # 30 are left
    assert await added(acme.pool) == recharges(2)


async def test_a_recharge_that_cannot_add_enough_is_told_once(acme: World) -> None:
    await recharge_at(acme, "30", most="40")
    await spend(acme, "111.50")  # 41.50 are missing: three amounts
    assert await added(acme.pool) == recharges(2)
    assert sorted(await kinds(acme.pool)) == ["RECHARGED", "RECHARGE_FAILED", "REMINDER"]
    [failed] = [n for _, n in await told(acme.pool) if n.kind is NoticeKind.RECHARGE_FAILED]
    assert failed == Notice(
        kind=NoticeKind.RECHARGE_FAILED,
        meter=Meter.CARRIER,
        cycle=0,
        armings={RECHARGE_FAILED: 0},
        threshold_micros=30 * MICROS,
        amount_micros=20 * MICROS,
        reason="At most 40.00 may be added automatically in a cycle.",
    )
    assert await confirmed(acme, failed) is not None
    await spend(acme, "1")
    assert (await kinds(acme.pool)).count("RECHARGE_FAILED") == 1
    await recharge_at(acme, "30", most="60")
    await spend(acme, "1")  # which succeeds, and arms the failure
    assert len(await added(acme.pool)) == 3
    assert await rearmed(acme.pool) == [("CARRIER", 0, RECHARGE_FAILED, 1)]
    assert await confirmed(acme, failed) is None
    await spend(acme, "100")
    assert (await kinds(acme.pool)).count("RECHARGE_FAILED") == 2


async def test_a_recharge_needs_a_commitment(world: World) -> None:
    await offer(world)
    await tiny_account(world)
    await recharge_at(world, "10")
    await spend(world, "1")
    await spend(world, "1")
    assert await added(world.pool) == []
    [(_, failed)] = await told(world.pool)
    assert (failed.kind, failed.reason) == (
        NoticeKind.RECHARGE_FAILED,
        "It needs a commitment of at least 25.00.",
    )


async def test_a_recharge_lifts_the_alert_and_no_percentages(acme: World) -> None:
    await alert_at(acme, "40")
    await recharge_at(acme, "10")
    await spend(acme, "80")  # 20 are left: low
    acme.clock.now += timedelta(seconds=1)
    await spend(acme, "15")  # 5 and 20 are left: still low
    assert await rearmed(acme.pool) == []
    await spend(acme, "20")  # 5 and 20 again
    assert await rearmed(acme.pool) == []
    await recharge_at(acme, "10", amount="50", most="500")
    await spend(acme, "20")  # 5 and 50 are left
    assert await rearmed(acme.pool) == [("CARRIER", 0, LOW_BALANCE, 1)]
    assert (await kinds(acme.pool)).count("LOW_BALANCE") == 1
    await spend(acme, "15")
    assert (await kinds(acme.pool)).count("LOW_BALANCE") == 2
    assert [mark[2] for mark in await reached(acme.pool)] == [
        "75",
        "90",
        "100",
        LOW_BALANCE,
        LOW_BALANCE,
    ]


async def test_what_is_recharged_at_once_is_not_low(acme: World) -> None:
    await alert_at(acme, "30")
    await recharge_at(acme, "31")
    await spend(acme, "74")
    assert await kinds(acme.pool) == ["RECHARGED"]


async def test_only_who_wants_it_is_recharged(acme: World) -> None:
    await tiny_account(acme, "zoo", carrier="100")
    await recharge_at(acme, "30", external_id="zoo")
    await take(
        acme,
        charge("acme", "2026-11-20", "90", id="1"),
        charge("zoo", "2026-11-20", "90", id="2"),
    )
    assert await added(acme.pool) == []
    assert await added(acme.pool, "zoo") == recharges(1)
    assert await kinds(acme.pool) == ["REMINDER"]
    assert await kinds(acme.pool, "zoo") == ["REMINDER", "RECHARGED"]


# --- one transaction


async def test_a_failure_leaves_nothing(acme: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await recharge_at(acme, "30")
    await take(acme, *opened([0]), charge("acme", "2026-11-20", "1", id="first"))
    before = await contents(acme.pool)
    insert = db.outbox.insert

    async def failing(*args: Any, **kwargs: Any) -> None:
        await insert(*args, **kwargs)
        raise ValueError

    with monkeypatch.context() as patch:
        patch.setattr(db.outbox, "insert", failing)
        with pytest.raises(ValueError, match=r"^$"):
            await take(acme, *opened(range(1, 30)), charge("acme", "2026-11-20", "90"))
    assert await contents(acme.pool) == before


async def test_a_second_attempt_doubles_nothing(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await recharge_at(acme, "30")
    insert = db.outbox.insert
    attempts = 0

    async def deadlocked(*args: Any, **kwargs: Any) -> None:
        nonlocal attempts
        attempts += 1
        await insert(*args, **kwargs)
        if attempts == 1:
            raise asyncpg.DeadlockDetectedError

    monkeypatch.setattr(db.outbox, "insert", deadlocked)
    await take(acme, *opened(range(30)), charge("acme", "2026-11-20", "75"))
    assert attempts == 2
    assert await reached(acme.pool) == balance(75) + conversations(75, 90, 100)
    assert sorted(await kinds(acme.pool)) == ["RECHARGED", "REMINDER", "REMINDER"]
    assert sorted(grant[:3] for grant in await added(acme.pool)) == [
        ("BLOCKS", 0, 1),
        ("TOP_UP", 0, 20 * MICROS),
    ]


async def test_a_batch_that_comes_again_does_nothing(acme: World) -> None:
    await recharge_at(acme, "30")
    batch = [*opened(range(30)), charge("acme", "2026-11-20", "95")]
    await take(acme, *batch)
    before = await contents(acme.pool)
    await take(acme, *batch)
    assert await contents(acme.pool) == before


async def test_on_many_connections_each_mark_fires_once(acme: World) -> None:
    """Usage that rises in small batches, and falls in some, on sixteen connections."""
    chance = random.Random(25)
    await recharge_at(acme, "30", most="10000")
    await alert_at(acme, "40")
    batches = [opened([n], "2026-11-19") for n in range(60)]
    batches += [opened([n], "2026-11-10") for n in range(100, 160)]
    batches += [moving(n) for n in chance.sample(range(60), 20)]
    batches += [[charge("acme", "2026-11-20", "5", id=f"p{n}")] for n in range(60)]
    chance.shuffle(batches)

    async def client() -> None:
        while batches:
            await take(acme, *batches.pop())

    await asyncio.gather(*(client() for _ in range(16)))
    marks = await reached(acme.pool)
    assert Counter(mark[:3] for mark in marks if mark[2] != LOW_BALANCE) == Counter(
        [
            *(("CARRIER", 0, percent) for percent in ("75", "90", "100")),
            *(("CONVERSATIONS", n, percent) for n in (0, 1) for percent in ("75", "90", "100")),
        ]
    )
    notices = [notice for _, notice in await told(acme.pool)]
    told_ = Counter(
        (notice.meter.value, notice.cycle, mark, arming)
        for notice in notices
        for mark, arming in notice.armings.items()
    )
    assert told_ == Counter(mark[:4] for mark in marks)
    recharged = [notice for notice in notices if notice.kind is NoticeKind.RECHARGED]
    balances = [grant for grant in await added(acme.pool) if grant[0] == "TOP_UP"]
    # 300 are spent of 100, and 30 or more are left: the last one was wanted.
    assert sum(grant[2] for grant in balances) == 240 * MICROS
    assert sum(notice.amount_micros or 0 for notice in recharged) == 240 * MICROS
    added_blocks = Counter(grant[1] for grant in await added(acme.pool) if grant[0] == "BLOCKS")
    assert added_blocks[0] == 1  # 80 of 20
    assert added_blocks[1] in {0, 1}


# --- statements


async def noted(world: World, *events: Event) -> list[str]:
    """Take a batch in and return what was asked after its facts were counted."""
    world.statements.clear()
    await take(world, *events, noted=True)
    return world.statements[world.statements.index("usage.of_cycles") :]


async def test_how_many_accounts_and_marks_there_are_costs_no_statement(acme: World) -> None:
    names = ["acme", *(f"other-{n}" for n in range(10))]
    for name in names[1:]:
        await tiny_account(acme, name, carrier="100")
        await recharge_at(acme, "30", external_id=name)

    def everywhere(numbers: Sequence[int], amount: str | None = None) -> list[Event]:
        batch = [event for name in names for event in opened(numbers, external_id=name)]
        if amount is not None:
            batch += [charge(name, "2026-11-20", amount, id=f"{name} {amount}") for name in names]
        return batch

    await take(acme, *everywhere([0], "1"))  # so that all labels are known
    assert await noted(acme, *everywhere([1])) == ["usage.of_cycles"]
    assert await noted(acme, *everywhere([2], "2")) == [
        "usage.of_cycles",
        "setting.of_accounts",
    ]
    assert await noted(acme, *everywhere(range(3, 16))) == [
        "usage.of_cycles",
        "reminder.of_cycles",
        "reminder.insert",
        "outbox.insert",
    ]
    assert await noted(acme, *everywhere([16])) == ["usage.of_cycles", "reminder.of_cycles"]
    assert await noted(acme, *everywhere(range(17, 40), "90")) == [
        "usage.of_cycles",
        "setting.of_accounts",
        "reminder.of_cycles",
        "automatic_grant.insert",
        "reminder.insert",
        "outbox.insert",
    ]
    assert len(await reached(acme.pool, "other-9")) == 5
