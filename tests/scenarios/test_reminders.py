"""What accounts are told through whole cycles: purchases, commitments, terms, and what was due.

Accounts are monthly in UTC from 2026-11-01 on a plan with 20 conversations; the clock stands at
2026-11-22 12:00 UTC unless a test moves it. Mails go to Anna.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from billing.account import account_id_of
from billing.notice import Letter
from billing.plan import Interval
from billing.setting import Language, Recipient, SettingKind
from db import setting
from db.pool import acquire, transact
from resolvers import outbox
from resolvers.outbox import Settled
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
    told,
)
from tests.support.world import World, admin, charge, contents, message, utc

ANNA = admin("acme")
NOW = utc("2026-11-22T12:00")
START = utc("2026-12-01")
PENDING = "2026-11-26"
"""Conversations that are opened then land in the next cycle, which starts on 12-01."""


@pytest.fixture
async def acme(world: World) -> World:
    """A world with an account that is committed to EUR 100 of carrier costs."""
    await offer(world)
    world.clock.now = utc("2026-11-01")
    await world.account("acme", anchor="2026-11-01", zone="UTC", plan="Tiny", carrier="100")
    await remind_anna(world)
    world.clock.now = NOW
    return world


async def remind_anna(world: World) -> None:
    async with acquire(world.pool) as conn:
        await setting.insert(
            conn,
            account_id_of("acme"),
            SettingKind.REMINDER_RECIPIENTS,
            (Recipient("anna@acme.example", Language.EN),),
            version=1,
            recorded_at=world.clock(),
            recorded_by="anna",
        )


async def send(world: World, numbers: Iterable[int], at: str = "2026-11-10") -> None:
    """Open a conversation with each of these contacts."""
    await take(world, *(message("acme", at, contact=f"c{n}", id=f"{at} {n}") for n in numbers))


async def spend(world: World, amount: str, id_: str) -> None:
    await take(world, charge("acme", "2026-11-20", amount, id=id_))


async def change(
    world: World, mutation: str, *, key: str | None = None, **arguments: Any
) -> dict[str, Any]:
    """Change a meter as an admin does who has just looked at it."""
    meter = "CARRIER" if "Carrier" in mutation else arguments.get("meter", "CONVERSATIONS")
    async with acquire(world.pool) as conn:
        version = await conn.fetchval(
            "SELECT count(*) FROM meter_change WHERE account_id = $1 AND meter = $2",
            account_id_of("acme"),
            meter,
        )
    given = {"idempotencyKey": key or f"{meter}-{version}", "expectedVersion": version}
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    data = await world.data(
        f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ __typename }} }}",
        {"input": {**given, **arguments}},
        principal=ANNA,
    )
    answer: dict[str, Any] = data[mutation]
    return answer


async def commit(world: World, blocks: int) -> None:
    answer = await change(world, "changeConversationCommitment", blocks=blocks)
    assert answer["__typename"] == "MeterChanged"


async def buy(world: World, cycle: str = "CURRENT", blocks: int = 1) -> None:
    answer = await change(world, "addConversationBlocks", blocks=blocks, cycle=cycle)
    assert answer["__typename"] == "MeterChanged"


async def top_up(world: World, amount: str) -> None:
    answer = await change(world, "topUpCarrierBalance", amount=amount)
    assert answer["__typename"] == "MeterChanged"


async def terms(world: World, **changes: Any) -> None:
    data = await world.data(
        "mutation ($input: ChangeTermsInput!) { changeTerms(input: $input) { __typename } }",
        {"input": {"accountId": str(account_id_of("acme")), **changes}},
    )
    assert data["changeTerms"]["__typename"] == "ChangeTermsSuccess"


async def delivered(world: World) -> list[tuple[str, int | None, int, int]]:
    """Address what is due: kind, percentage, used and base of each letter that is written."""
    at = world.clock()
    for entry in await outbox.claim(world.pool, at):
        await transact(world.pool, partial(outbox.address, entry=entry, at=at))
    letters = await outbox.claim(world.pool, at)
    for entry in letters:
        await outbox.settle(world.pool, entry, Settled.DONE, at=at)
    contents_ = [entry.content for entry in letters if isinstance(entry.content, Letter)]
    assert len(contents_) == len(letters)
    return sorted(
        (letter.notice.kind.value, letter.notice.percent, letter.used, letter.base)
        for letter in contents_
    )


def later(world: World, **by: int) -> None:
    world.clock.now += timedelta(**by)


# --- conversations


async def test_a_month_with_a_purchase(acme: World) -> None:
    letters = []
    for numbers in (range(14), [14], range(15, 20)):
        later(acme, minutes=1)
        await send(acme, numbers)
        letters.append(await delivered(acme))
    assert letters == [[], [("REMINDER", 75, 15, 20)], [("REMINDER", 100, 20, 20)]]
    await buy(acme)
    assert await delivered(acme) == []
    letters = []
    for numbers in (range(20, 89), [89], range(90, 108), range(108, 400)):
        later(acme, minutes=1)
        await send(acme, numbers)
        letters.append(await delivered(acme))
    assert letters == [
        [],
        [("REMINDER", 75, 90, 120)],
        [("REMINDER", 90, 108, 120)],
        [("REMINDER", 100, 400, 120)],
    ]
    later(acme, days=20)
    assert await delivered(acme) == []


async def test_a_purchase_for_the_next_cycle_lifts_that_ones_marks_only(acme: World) -> None:
    acme.clock.now = utc("2026-11-27")
    await send(acme, range(15))
    await send(acme, range(100, 118), PENDING)
    await buy(acme, "NEXT")
    assert await rearmed(acme.pool) == [
        ("CONVERSATIONS", 1, "75", 1),
        ("CONVERSATIONS", 1, "90", 1),
    ]
    assert await delivered(acme) == [("REMINDER", 75, 15, 20)]
    acme.clock.now = START
    assert await delivered(acme) == []


async def test_a_commitment_from_nothing_lifts_the_marks_of_both_cycles(acme: World) -> None:
    acme.clock.now = utc("2026-11-27")
    await send(acme, range(20))
    await send(acme, range(100, 120), PENDING)
    await commit(acme, 1)
    assert [row[1:] for row in await rearmed(acme.pool)] == [
        (cycle, mark, 1) for cycle in (0, 1) for mark in ("75", "90", "100")
    ]
    assert len(await told(acme.pool)) == 2


async def test_a_commitment_that_ends_is_felt_at_once_and_told_when_it_ends(acme: World) -> None:
    acme.clock.now = utc("2026-11-27")
    await commit(acme, 5)
    await send(acme, range(130), PENDING)
    assert await reached(acme.pool) == []
    await commit(acme, 0)  # from 12-01 on: 20 conversations
    marks = [("CONVERSATIONS", 1, mark, 0, START) for mark in ("75", "90", "100")]
    assert await reached(acme.pool) == marks
    step = ("BLOCKS", 1, 1, 21_600_000, START, "The quota was used up.")
    assert await added(acme.pool) == [step, step]
    assert await delivered(acme) == []
    later(acme, minutes=1)
    await change(acme, "cancelScheduledChange", meter="CONVERSATIONS")
    assert [row[2:] for row in await rearmed(acme.pool)] == [("75", 1), ("90", 1), ("100", 1)]
    later(acme, minutes=1)
    await commit(acme, 1)  # 130 of 120
    assert await reached(acme.pool) == [
        *marks,
        *(("CONVERSATIONS", 1, mark, 1, START) for mark in ("75", "90", "100")),
    ]
    assert await added(acme.pool) == [step, step]
    acme.clock.now = START - timedelta(microseconds=1)
    assert await delivered(acme) == []
    acme.clock.now = START
    assert await delivered(acme) == [("REMINDER", 100, 130, 120)]


async def test_what_is_bought_before_a_cycle_begins_spares_its_reminder(acme: World) -> None:
    acme.clock.now = utc("2026-11-27")
    await send(acme, range(20), PENDING)
    await buy(acme, "NEXT")
    acme.clock.now = START
    assert await delivered(acme) == []
    later(acme, hours=1)
    await send(acme, range(20, 90), PENDING)
    assert await delivered(acme) == [("REMINDER", 75, 90, 120)]


async def test_a_key_that_comes_again_lifts_nothing_again(acme: World) -> None:
    await send(acme, range(20))
    for _ in range(2):
        await change(
            acme, "addConversationBlocks", key="same", expectedVersion=0, blocks=1, cycle="CURRENT"
        )
    await send(acme, range(20, 130))
    before = await contents(acme.pool)
    await change(
        acme, "addConversationBlocks", key="same", expectedVersion=0, blocks=1, cycle="CURRENT"
    )
    assert await contents(acme.pool) == before
    assert len(await rearmed(acme.pool)) == 3


async def test_a_yearly_account_is_reminded_four_times(world: World) -> None:
    await offer(world)
    world.clock.now = utc("2026-01-01")
    await world.account(
        "acme", anchor="2026-01-01", zone="UTC", plan="Tiny", interval=Interval.YEARLY
    )
    await remind_anna(world)
    for n in range(40):
        later(world, days=8)
        await send(world, [n], world.clock.now.isoformat())
    assert sorted(percent or 0 for percent in await percents(world.pool)) == [50, 75, 90, 100]
    effective = {mark: at for _, _, mark, _, at in await reached(world.pool)}
    assert effective == {
        mark: utc("2026-01-01") + timedelta(days=8 * n)
        for mark, n in (("50", 10), ("75", 15), ("90", 18), ("100", 20))
    }


# --- terms


async def test_a_smaller_plan_is_told_of_when_it_begins(world: World) -> None:
    await offer(world)
    world.clock.now = utc("2026-11-01")
    await world.account("acme", anchor="2026-11-01", zone="UTC", plan="Boost")
    await remind_anna(world)
    world.clock.now = utc("2026-11-27")
    await send(world, range(25), PENDING)
    await terms(world, plan="Tiny")
    assert await reached(world.pool) == [
        ("CONVERSATIONS", 1, mark, 0, START) for mark in ("75", "90", "100")
    ]
    assert [row[:2] for row in await added(world.pool)] == [("BLOCKS", 1)]
    await terms(world, plan="Boost")
    assert len(await rearmed(world.pool)) == 3
    world.clock.now = START
    assert await delivered(world) == []


async def test_a_year_that_begins_now_is_no_month_that_is_used_up(world: World) -> None:
    world.clock.now = utc("2026-11-01")
    await world.account("acme", anchor="2026-11-01", zone="UTC", plan="Boost", carrier="100")
    await remind_anna(world)
    world.clock.now = utc("2026-11-27")
    await send(world, range(400), PENDING)
    assert [mark[2] for mark in await reached(world.pool)] == ["75"]
    await terms(world, interval="YEARLY", now=True, conversationBlocks=0, carrierCommitment="1000")
    assert await rearmed(world.pool) == [("CONVERSATIONS", 1, "75", 1)]
    world.clock.now = START
    assert await delivered(world) == []
    await send(world, range(400, 3_000), PENDING)
    assert await delivered(world) == [("REMINDER", 50, 3_000, 6_000)]


# --- balance


async def test_a_top_up_lifts_the_marks_of_the_balance(acme: World) -> None:
    await alert_at(acme, "10")
    await spend(acme, "95", "1")
    assert await delivered(acme) == [
        ("LOW_BALANCE", None, 95_000_000, 100_000_000),
        ("REMINDER", 90, 95_000_000, 100_000_000),
    ]
    later(acme, minutes=1)
    await top_up(acme, "10")  # 15 are left, 86 % are spent
    assert await rearmed(acme.pool) == [
        ("CARRIER", 0, "90", 1),
        ("CARRIER", 0, "LOW_BALANCE", 1),
    ]
    await top_up(acme, "50")
    assert [row[2:] for row in await rearmed(acme.pool)] == [
        ("75", 1),
        ("90", 1),
        ("LOW_BALANCE", 1),
    ]
    await spend(acme, "25", "2")
    assert await delivered(acme) == [("REMINDER", 75, 120_000_000, 160_000_000)]


async def test_a_change_of_a_later_balance_lifts_nothing(acme: World) -> None:
    await spend(acme, "95", "1")
    await change(acme, "changeCarrierCommitment", amount="900")
    await change(acme, "cancelScheduledChange", meter="CARRIER")
    assert await rearmed(acme.pool) == []


async def test_a_commitment_that_starts_is_what_is_spent_of(world: World) -> None:
    await offer(world)
    await world.account("acme", anchor="2026-11-01", zone="UTC", plan="Tiny")
    await recharge_at(world, "10")
    await spend(world, "20", "1")
    assert await kinds(world.pool) == ["RECHARGE_FAILED"]
    later(world, minutes=1)
    await change(world, "changeCarrierCommitment", amount="30")
    assert await kinds(world.pool) == ["RECHARGE_FAILED"]
    assert await rearmed(world.pool) == [("CARRIER", 0, "RECHARGE_FAILED", 1)]
    await spend(world, "2.50", "2")
    assert [(row[0], row[2]) for row in await added(world.pool)] == [("TOP_UP", 20_000_000)]
    assert await percents(world.pool) == [75]


async def test_a_recharge_that_reached_its_cap_goes_on_after_a_top_up(acme: World) -> None:
    await recharge_at(acme, "10", most="20")
    await spend(acme, "95", "1")
    later(acme, minutes=1)
    await spend(acme, "20", "2")
    assert sorted(await kinds(acme.pool)) == [
        "RECHARGED",
        "RECHARGE_FAILED",
        "REMINDER",
        "REMINDER",
    ]
    await top_up(acme, "30")
    assert ("CARRIER", 0, "RECHARGE_FAILED", 1) in await rearmed(acme.pool)
    later(acme, minutes=1)
    await spend(acme, "30", "3")
    assert (await kinds(acme.pool)).count("RECHARGE_FAILED") == 2


# --- at once


async def test_purchases_and_batches_at_once(acme: World) -> None:
    """Usage only rises: in the end what is reached is told, and nothing else is not armed."""
    chance = random.Random(7)
    await alert_at(acme, "20")
    batches = [[message("acme", "2026-11-10", contact=f"c{n}")] for n in range(350)]
    batches += [[charge("acme", "2026-11-20", "3", id=f"p{n}")] for n in range(60)]
    chance.shuffle(batches)

    async def client() -> None:
        while batches:
            await take(acme, *batches.pop())

    async def buyer() -> None:
        patient = replace(acme, pool=acme.ingest_pool)  # its sessions wait longer for the lock
        for _ in range(4):
            await asyncio.sleep(0.1)
            await buy(patient)
            await top_up(patient, "25")

    await asyncio.gather(buyer(), *(client() for _ in range(15)))
    marks, lifted = await reached(acme.pool), await rearmed(acme.pool)
    told_ = Counter(
        (notice.meter.value, notice.cycle, mark, arming)
        for _, notice in await told(acme.pool)
        for mark, arming in notice.armings.items()
    )
    assert told_ == Counter(mark[:4] for mark in marks)
    for meter, used, base in (("CONVERSATIONS", 350, 420), ("CARRIER", 180, 200)):
        for percent in (75, 90, 100):
            place = (meter, 0, str(percent))
            armings = [mark[3] for mark in marks if mark[:3] == place]
            assert armings == list(range(len(armings)))
            arming = max((row[3] for row in lifted if row[:3] == place), default=0)
            assert (arming in armings) == (used * 100 >= percent * base)


# --- a random walk


@dataclass
class Model:
    """Usage, quotas and marks by cycle, each a month of 2026."""

    used: Counter[int] = field(default_factory=Counter)
    bought: Counter[int] = field(default_factory=Counter)
    commitments: list[tuple[int, int]] = field(default_factory=list)
    marks: dict[tuple[int, int], tuple[int, bool]] = field(default_factory=dict)
    fired: list[tuple[int, str, int]] = field(default_factory=list)

    def committed(self, number: int) -> int:
        return next((n for since, n in reversed(self.commitments) if since <= number), 0)

    def check(self, number: int, *, lifted: bool) -> None:
        base = 20 + 100 * (self.committed(number) + self.bought[number])
        for percent in (75, 90, 100):
            arming, told_ = self.marks.get((number, percent), (0, False))
            holds = self.used[number] * 100 >= percent * base
            if holds and not told_:
                self.fired.append((number, str(percent), arming))
                self.marks[number, percent] = arming, True
            elif lifted and told_ and not holds:
                self.marks[number, percent] = arming + 1, False


def number_of(at: datetime) -> int:
    return at.month - 1


@pytest.mark.parametrize("seed", range(4))
async def test_any_month_tells_what_the_model_does(world: World, seed: int) -> None:
    chance = random.Random(seed)
    model = Model()
    await offer(world)
    world.clock.now = utc("2026-01-01T12:00")
    await world.account("acme", anchor="2026-01-01", zone="UTC", plan="Tiny")
    contact = 0
    for _ in range(80):
        at = world.clock.now
        current = number_of(at)
        match chance.choice(("send", "send", "send", "send", "buy", "commit", "wait")):
            case "send":
                count = chance.choice((1, 10, 40, 150))
                await send(world, range(contact, contact + count), at.isoformat())
                contact += count
                landing = number_of(at + timedelta(days=7))
                model.used[landing] += count
                model.check(landing, lifted=False)
            case "buy":
                which = chance.choice((0, 1))
                await buy(world, ("CURRENT", "NEXT")[which])
                model.bought[current + which] += 1
                model.check(current + which, lifted=True)
            case "commit":
                blocks, holding = chance.randrange(3), model.committed(current)
                answer = await change(world, "changeConversationCommitment", blocks=blocks)
                if answer["__typename"] == "NothingToChange":
                    continue
                since = current if holding == 0 and blocks else current + 1
                model.commitments = [each for each in model.commitments if each[0] < since]
                model.commitments.append((since, blocks))
                for number in range(since, current + 2):
                    model.check(number, lifted=True)
            case "wait":
                world.clock.now += timedelta(days=chance.randrange(1, 20))
        world.clock.now += timedelta(seconds=1)
        assert world.clock.now < utc("2026-12-20")
        found = [(number, mark, arming) for _, number, mark, arming, _ in await reached(world.pool)]
        assert sorted(found) == sorted(model.fired)
        armed = {(number, int(mark)): n for _, number, mark, n in await rearmed(world.pool)}
        assert armed == {place: arming for place, (arming, _) in model.marks.items() if arming}
    for _, number, _, _, effective_at in await reached(world.pool):
        assert number_of(effective_at) == number
    assert len(model.fired) >= 6
