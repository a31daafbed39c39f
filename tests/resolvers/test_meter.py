"""Meters under fire: the same key, the same version, events and terms at once; automatic blocks.

It is 2026-11-22 12:00 UTC. Cycles run from the 25th to the 25th in Amsterdam: 0 began on 10-25,
so that 1 is the next.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from billing.account import account_id_of
from billing.errors import StaleVersionError
from billing.event import Event
from billing.meter import WhichCycle
from billing.plan import Interval, SurchargePolicy
from billing.terms_change import TermsRequest
from db import account, standing
from db.pool import READING, Connection, Pool, acquire, open_pool, watched_commits
from db.standing import Written
from resolvers import meter, plan, terms
from resolvers.context import Context
from resolvers.idempotency import Request
from resolvers.meter import ATTEMPTS_MAX, MeterOutcome
from resolvers.principal import User
from resolvers.terms import NO_COMMITMENTS, Commitments
from tests.support.facts import blocked, take
from tests.support.world import OPERATOR, World, admin, contents, message, price_list, utc

ANNA = admin("acme")
NEXT = utc("2026-11-24T23:00")
EARLIER, LATER = "2026-11-10T09:00", "2026-11-21T09:00"
"""What opens then lands in cycle 0, or in cycle 1."""


def request(key: str, version: int, account: str = "acme") -> Request:
    return Request(
        account_id=str(account_id_of(account)), idempotency_key=key, expected_version=version
    )


async def buy(
    ctx: Context, key: str, version: int, blocks: int = 1, cycle: WhichCycle = WhichCycle.CURRENT
) -> MeterOutcome:
    return await meter.add_conversation_blocks(
        ctx, request(key, version), blocks=blocks, cycle=cycle
    )


async def commit(world: World, key: str, version: int, blocks: int) -> MeterOutcome:
    return await meter.change_conversation_commitment(
        world.context(OPERATOR), request(key, version), blocks=blocks
    )


@pytest.fixture
async def crowd(dsn: str) -> AsyncIterator[Pool]:
    """Connections enough that all who come at once get one."""
    patient = {**READING, "lock_timeout": "20s"}
    async with await open_pool(dsn, size_max=24, session=patient) as opened:
        yield opened


def calling(world: World, pool: Pool, user: User = ANNA) -> Context:
    return Context.of(replace(world.session(user), pool=pool))


async def versions(world: World) -> list[tuple[str, int]]:
    async with acquire(world.pool) as conn:
        rows = await conn.fetch("SELECT meter, version FROM meter_change ORDER BY meter, version")
    return [(row["meter"], row["version"]) for row in rows]


# --- at once


@pytest.mark.parametrize("_round", range(3))
async def test_the_same_key_24_times_at_once_has_one_effect(
    world: World, crowd: Pool, _round: int
) -> None:
    await world.account("acme")
    answers = await asyncio.gather(
        *(buy(calling(world, crowd), "the-key", 0, 3) for _ in range(24))
    )
    assert answers == [answers[0]] * 24
    assert (answers[0].change.version, answers[0].change.amount) == (1, 3)
    assert answers[0].cycle.conversation_usage.quota == 800
    assert await versions(world) == [("CONVERSATIONS", 1)]
    stored = await contents(world.pool)
    assert len(stored["idempotency"]) == 1


async def test_eight_admins_lose_no_update(world: World, crowd: Pool) -> None:
    """In each round all send the version that they saw; one wins, the others see the new one."""
    await world.account("acme")
    waiting = [User(f"admin-{n}", ANNA.role, ANNA.account_id, ANNA.expires_at) for n in range(8)]
    seen, races = 0, 0
    while waiting:
        outcomes = await asyncio.gather(
            *(
                buy(calling(world, crowd, user), f"{user.subject}/{seen}", seen, 1 + n)
                for n, user in enumerate(waiting)
            ),
            return_exceptions=True,
        )
        won = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, MeterOutcome)]
        stale = [outcome for outcome in outcomes if isinstance(outcome, StaleVersionError)]
        assert (len(won), len(stale)) == (1, len(waiting) - 1)
        seen, races = seen + 1, races + len(waiting)
        assert {error.version for error in stale} <= {seen}
        del waiting[won[0]]
    assert races == 36
    assert await versions(world) == [("CONVERSATIONS", n) for n in range(1, 9)]
    async with acquire(world.pool) as conn:
        who = await conn.fetch("SELECT DISTINCT recorded_by FROM meter_change")
    assert len(who) == 8


async def test_the_meters_do_not_wait_for_each_others_version(world: World, crowd: Pool) -> None:
    await world.account("acme", carrier="25")
    ctx = calling(world, crowd)
    outcomes = await asyncio.gather(
        *(buy(ctx, f"b{n}", 0) for n in range(6)),
        *(
            meter.top_up_carrier_balance(ctx, request(f"t{n}", 1), amount_micros=1_000_000)
            for n in range(6)
        ),
        return_exceptions=True,
    )
    kinds = Counter(type(outcome).__name__ for outcome in outcomes)
    assert kinds == {"MeterOutcome": 2, "StaleVersionError": 10}
    assert await versions(world) == [("CARRIER", 1), ("CARRIER", 2), ("CONVERSATIONS", 1)]


async def test_one_key_for_two_things_at_once(world: World, crowd: Pool) -> None:
    await world.account("acme")
    ctx = calling(world, crowd)
    outcomes = await asyncio.gather(
        *(buy(ctx, "k", 0, 1 + n % 2) for n in range(16)), return_exceptions=True
    )
    kinds = Counter(type(outcome).__name__ for outcome in outcomes)
    assert kinds == {"MeterOutcome": 8, "IdempotencyConflictError": 8}
    assert await versions(world) == [("CONVERSATIONS", 1)]


def crowded(number: int, at: str, *, first: int = 0, account: str = "acme") -> list[Event]:
    """Return messages that open so many conversations."""
    return [message(account, at, contact=f"contact-{n}") for n in range(first, first + number)]


@pytest.mark.parametrize("seed", range(3))
async def test_purchases_events_and_a_change_of_terms_at_once(
    world: World, crowd: Pool, seed: int
) -> None:
    """Whatever comes first: all is counted, nothing is lost, and what is over is covered."""
    await world.account("acme")
    ctx = calling(world, crowd)
    yearly = TermsRequest(interval=Interval.YEARLY, now=True)

    async def buy_in_turn() -> int:
        seen = 0
        while seen < 6:
            try:
                seen = (await buy(ctx, f"b{seen}", seen)).change.version
            except StaleVersionError as error:
                seen = error.version
        return seen

    async def change_terms() -> None:
        await asyncio.sleep(0.02 * seed)
        await terms.change(
            calling(world, crowd, OPERATOR),
            str(account_id_of("acme")),
            yearly,
            Commitments(blocks=0, carrier_micros=0),
        )

    batches = [crowded(60, EARLIER, first=60 * n) for n in range(9)]
    await asyncio.gather(*(take(world, *batch) for batch in batches), buy_in_turn(), change_terms())
    world.clock.now += timedelta(seconds=1)
    found = await numbers(world, 0)
    assert (found["used"], found["purchased"] + (await numbers(world, 1))["purchased"]) == (
        540,
        # The one that found a new version after the change of terms bought nothing.
        100 * (await bought(world)),
    )
    assert found["over"] == 0
    assert found["automatic"] in (0, 100)
    ledger = await versions(world)
    assert [version for kind, version in ledger if kind == "CONVERSATIONS"] == list(
        range(1, len([kind for kind, _ in ledger if kind == "CONVERSATIONS"]) + 1)
    )


async def bought(world: World) -> int:
    async with acquire(world.pool) as conn:
        found: int = await conn.fetchval(
            "SELECT coalesce(sum(amount), 0)::integer FROM meter_change WHERE kind = 'BLOCKS'"
        )
    return found


async def numbers(world: World, number: int) -> dict[str, Any]:
    """Return the conversations of a cycle as an operator sees them."""
    data = await world.data(
        "query ($id: ID!, $number: Int!) { account(id: $id) { cycle(number: $number) {"
        " conversationUsage { used committed purchased automatic quota left over pending }"
        " cost { automatic } } } }",
        {"id": str(account_id_of("acme")), "number": number},
    )
    found: dict[str, Any] = data["account"]["cycle"]
    return {**found["conversationUsage"], "cost": found["cost"]["automatic"]}


# --- a reply that is lost


async def test_a_change_whose_reply_is_lost_is_made_once(
    world: World, crowd: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller goes away after the commit and before the reply, and asks again."""
    await world.account("acme")
    committed = asyncio.Event()
    write = standing.write

    async def lost(conn: Connection, written: Written) -> bool:
        assert await write(conn, written)
        committed.set()
        return await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(standing, "write", lost)
        crashing = asyncio.create_task(buy(calling(world, crowd), "k", 0, 2))
        await committed.wait()
        crashing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await crashing
    before = await contents(world.pool)
    at = world.clock.now
    world.clock.now += timedelta(hours=1)
    again = await buy(calling(world, crowd), "k", 0, 2)
    assert (again.change.version, again.change.amount, again.computed_at) == (1, 2, at)
    assert await contents(world.pool) == before


async def test_a_change_that_is_cut_in_mid_write_is_made_once_by_the_next_try(
    world: World, crowd: Pool
) -> None:
    """Whether what was cut has been stored is not known, and does not matter."""
    await world.account("acme")
    async with acquire(world.pool) as conn, conn.transaction():
        await account.lock(conn, [account_id_of("acme")])
        with watched_commits() as commits:
            cut = asyncio.create_task(buy(calling(world, crowd), "k", 0, 2))
            await blocked(world.pool)
            cut.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cut
        assert commits.begun
    assert (await buy(calling(world, crowd), "k", 0, 2)).change.version == 1
    assert await versions(world) == [("CONVERSATIONS", 1)]


# --- what comes in between


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Awaitable[object]]], None]:
    """Take something that is done between a change's decision and its writing."""
    write = standing.write

    def interpose(do: Callable[[], Awaitable[object]]) -> None:
        async def overtaken(conn: Connection, written: Written) -> bool:
            await do()
            return await write(conn, written)

        monkeypatch.setattr(standing, "write", overtaken)

    return interpose


async def test_who_is_overtaken_across_the_renewal_changes_the_cycle_that_has_begun(
    world: World, crowd: Pool, meanwhile: Callable[[Callable[[], Awaitable[object]]], None]
) -> None:
    await world.account("acme", blocks=5)
    world.clock.now = NEXT - timedelta(microseconds=1)

    async def renew() -> None:
        if world.clock.now < NEXT:
            world.clock.now = NEXT
            await take(world, *crowded(1, EARLIER))

    meanwhile(renew)
    outcome = await buy(calling(world, crowd), "k", 1)
    assert (outcome.change.cycle, outcome.cycle.number) == (1, 1)
    assert outcome.change.effective_at == NEXT


@pytest.mark.parametrize("times", [1, ATTEMPTS_MAX - 1, ATTEMPTS_MAX])
async def test_what_comes_in_between_is_in_the_answer_however_often(
    world: World,
    crowd: Pool,
    meanwhile: Callable[[Callable[[], Awaitable[object]]], None],
    times: int,
) -> None:
    """After so many times the change takes its turn with a lock, and nothing comes in between."""
    await world.account("acme")
    taken = 0

    async def overtake() -> None:
        nonlocal taken
        if taken < times:
            taken += 1
            await take(world, *crowded(200, EARLIER, first=200 * taken))

    meanwhile(overtake)
    outcome = await buy(calling(world, crowd), "k", 0)
    usage = outcome.cycle.conversation_usage
    automatic = {1: 0, 2: 0, 3: 100}[times]
    assert (usage.used, usage.purchased, usage.automatic) == (200 * times, 100, automatic)
    assert await versions(world) == [("CONVERSATIONS", 1)]


async def test_a_change_that_waits_for_its_turn_is_overtaken_no_more(
    world: World, crowd: Pool, meanwhile: Callable[[Callable[[], Awaitable[object]]], None]
) -> None:
    await world.account("acme")
    batches: list[asyncio.Task[object]] = []

    async def overtake() -> None:
        taking = asyncio.create_task(take(world, *crowded(1, EARLIER, first=len(batches))))
        batches.append(taking)
        if len(batches) <= ATTEMPTS_MAX:
            await taking
        else:  # it waits for the lock in its turn
            await blocked(world.pool)

    meanwhile(overtake)
    outcome = await buy(calling(world, crowd), "k", 0)
    await asyncio.gather(*batches)
    assert len(batches) == ATTEMPTS_MAX + 1
    assert outcome.cycle.conversation_usage.used == ATTEMPTS_MAX
    assert (await numbers(world, 0))["used"] == ATTEMPTS_MAX + 1


# --- automatic blocks


async def grants(world: World) -> list[tuple[int, int, int, datetime]]:
    """Return cycle, blocks, price and effect of each automatic grant, as they were recorded."""
    async with acquire(world.pool) as conn:
        rows = await conn.fetch(
            "SELECT cycle, amount, price_micros, effective_at, kind, reason FROM automatic_grant"
            " ORDER BY recorded_at, cycle"
        )
    assert all((row["kind"], row["reason"]) == ("BLOCKS", "The quota was used up.") for row in rows)
    return [(row["cycle"], row["amount"], row["price_micros"], row["effective_at"]) for row in rows]


STEP = (0, 1, 21_600_000, utc("2026-11-22T12:00"))
NEXT_STEP = (1, 1, 21_600_000, NEXT)


async def test_the_conversation_that_is_one_too_many_adds_a_step(world: World) -> None:
    await world.account("acme")
    await take(world, *crowded(500, EARLIER))
    assert await grants(world) == []
    await take(world, *crowded(1, EARLIER, first=500))
    assert await grants(world) == [STEP]
    assert await numbers(world, 0) == {
        "used": 501,
        "committed": 0,
        "purchased": 0,
        "automatic": 100,
        "quota": 600,
        "left": 99,
        "over": 0,
        "pending": 0,
        "cost": "21.60",
    }
    await take(world, *crowded(99, EARLIER, first=501))
    assert await grants(world) == [STEP]
    world.clock.now += timedelta(seconds=1)
    await take(world, *crowded(1, EARLIER, first=600))
    assert await grants(world) == [STEP, (*STEP[:3], world.clock.now)]


@pytest.mark.parametrize(("count", "made"), [(601, 2), (700, 2), (1_001, 6)])
async def test_a_batch_that_crosses_by_several_steps(world: World, count: int, made: int) -> None:
    await world.account("acme")
    await take(world, *crowded(count, EARLIER))
    assert await grants(world) == [STEP] * made
    assert (await numbers(world, 0))["over"] == 0


async def test_a_step_is_a_tenth_of_the_commitment(world: World) -> None:
    await world.account("acme", plan="Pro", blocks=6)
    await take(world, *crowded(2_101, EARLIER))
    assert await grants(world) == [(0, 3, 64_800_000, utc("2026-11-22T12:00"))]


async def test_a_batch_crosses_this_cycles_quota_and_the_next_ones(world: World) -> None:
    await world.account("acme")
    await take(world, *crowded(501, EARLIER), *crowded(601, LATER, first=600))
    assert await grants(world) == [STEP, NEXT_STEP, NEXT_STEP]
    world.clock.now = NEXT
    assert (await numbers(world, 1))["automatic"] == 200
    assert (await numbers(world, 1))["used"] == 601


async def test_events_that_come_again_add_nothing(world: World) -> None:
    await world.account("acme")
    events = crowded(501, EARLIER)
    await take(world, *events, *events)
    await take(world, *events)
    # The same conversations, told by other messages.
    await take(world, *(replace(event, source="another") for event in events))
    assert await grants(world) == [STEP]


async def test_a_plan_without_surcharges_adds_nothing(world: World) -> None:
    offer = price_list("Free", Interval.MONTHLY, 5, policy=SurchargePolicy.NONE)
    await plan.create(world.context(), [offer])
    await world.account("acme", plan="Free", blocks=1)
    await take(world, *crowded(110, EARLIER), *crowded(110, LATER, first=200))
    await commit(world, "k", 1, 0)
    assert await grants(world) == []
    found = await numbers(world, 0)
    assert (found["used"], found["quota"], found["over"]) == (110, 105, 5)


async def test_a_later_purchase_takes_nothing_back_and_holds_what_comes_then(
    world: World,
) -> None:
    await world.account("acme")
    await take(world, *crowded(501, EARLIER))
    await buy(world.context(ANNA), "k", 0, 1)
    found = await numbers(world, 0)
    assert (found["purchased"], found["automatic"], found["quota"]) == (100, 100, 700)
    await take(world, *crowded(199, EARLIER, first=501))
    assert await grants(world) == [STEP]
    await take(world, *crowded(1, EARLIER, first=700))
    assert await grants(world) == [STEP, STEP]


async def test_a_purchase_before_holds_what_comes(world: World) -> None:
    await world.account("acme")
    await buy(world.context(ANNA), "k", 0, 1)
    await buy(world.context(ANNA), "n", 1, 1, WhichCycle.NEXT)
    await take(world, *crowded(600, EARLIER), *crowded(600, LATER, first=600))
    assert await grants(world) == []


# --- a scheduled change that lowers the next cycle's quota


@pytest.mark.parametrize(("blocks", "made"), [(0, 1), (1, 0), (2, 0)])
async def test_600_pending_conversations_and_a_lower_commitment(
    world: World, blocks: int, made: int
) -> None:
    await world.account("acme", blocks=3)
    await take(world, *crowded(600, LATER))
    assert await grants(world) == []
    await commit(world, "k", 1, blocks)
    assert await grants(world) == [NEXT_STEP] * made
    assert (await numbers(world, 0))["automatic"] == 0
    await commit(world, "again", 2, 3)  # takes nothing back
    assert await grants(world) == [NEXT_STEP] * made


async def test_terms_that_lower_the_next_quota(world: World) -> None:
    await world.account("acme", plan="Pro")
    await take(world, *crowded(601, LATER))
    await terms.change(
        world.context(), str(account_id_of("acme")), TermsRequest(plan="Boost"), NO_COMMITMENTS
    )
    assert await grants(world) == [NEXT_STEP, NEXT_STEP]


async def test_what_starts_now_and_takes_a_scheduled_commitments_place(world: World) -> None:
    """The change of interval brought 5 blocks; a commitment to 1 that starts now replaces it."""
    await world.account("acme", plan="Boost")
    small = [price_list("Small", interval, 500) for interval in Interval]
    await plan.create(world.context(), small)
    await terms.change(
        world.context(),
        str(account_id_of("acme")),
        TermsRequest(plan="Small", interval=Interval.YEARLY),
        Commitments(blocks=5, carrier_micros=0),
    )
    await take(world, *crowded(700, LATER))
    assert await grants(world) == []
    started = await commit(world, "k", 1, 1)
    assert (started.change.cycle, started.cycle.number) == (0, 0)
    assert await grants(world) == [(1, 1, 18_000_000, NEXT)]


async def test_conversations_dated_ahead_count_for_a_scheduled_change(world: World) -> None:
    """Events may lie five minutes ahead: their conversations are pending without being open."""
    await world.account("acme", blocks=1)
    await take(world, *crowded(501, "2026-11-22T12:05"))
    assert await grants(world) == []
    await commit(world, "k", 1, 0)
    assert await grants(world) == [NEXT_STEP]


async def test_conversations_dated_ahead_count_for_those_that_open_before(world: World) -> None:
    await world.account("acme")
    await take(world, *crowded(500, "2026-11-22T12:05"))
    await take(world, *crowded(1, LATER, first=500))
    assert await grants(world) == [NEXT_STEP]


# --- late events


@pytest.fixture
async def old(world: World) -> World:
    """A world with an account whose first cycles are closed: 2 is the current one."""
    world.clock.now = utc("2026-12-30T12:00")
    await world.account("acme", signed_up_at="2026-10-25", backfill_until="2026-11-01")
    return world


async def test_a_late_booking_that_crosses_adds_a_step_where_it_is_booked(old: World) -> None:
    await take(old, *crowded(500, "2026-12-26T09:00"))
    assert await grants(old) == []
    await take(old, *crowded(1, "2026-11-01T09:00", first=900))
    assert await grants(old) == [(2, 1, 21_600_000, old.clock.now)]
    found = await numbers(old, 2)
    assert (found["used"], found["quota"]) == (501, 600)
    assert (await numbers(old, 0))["used"] == 0


async def test_a_closed_cycle_gets_no_blocks_of_its_own(old: World) -> None:
    await take(old, *crowded(501, "2026-11-01T09:00"))
    assert await grants(old) == [(2, 1, 21_600_000, old.clock.now)]
    found = await numbers(old, 0)
    assert (found["used"], found["automatic"], found["quota"]) == (0, 0, 500)


async def test_a_conversation_that_moves_to_another_cycle_takes_no_step_back(
    world: World,
) -> None:
    await world.account("acme")
    await take(world, *crowded(500, LATER), message("acme", "2026-11-18T00:00", contact="x"))
    assert await grants(world) == [NEXT_STEP]
    await take(world, message("acme", "2026-11-17T00:00", contact="x"))
    assert await grants(world) == [NEXT_STEP]
    assert (await numbers(world, 0))["used"] == 1
    assert (await numbers(world, 1))["pending"] == 500


# --- batches at once


@pytest.mark.parametrize("parts", [2, 8])
async def test_batches_at_once_add_the_steps_that_a_single_one_would(
    world: World, parts: int
) -> None:
    await world.account("acme")
    events = [*crowded(640, EARLIER), *crowded(560, LATER, first=700)]
    await asyncio.gather(*(take(world, *events[n::parts]) for n in range(parts)))
    made = Counter(await grants(world))
    assert made == {STEP: 2, NEXT_STEP: 1}
    assert (await numbers(world, 0))["over"] == 0


async def test_a_purchase_and_the_batch_that_it_makes_room_for(world: World, crowd: Pool) -> None:
    """Whichever comes first: bought at once, and a step only where the batch came first."""
    await world.account("acme")
    await asyncio.gather(buy(calling(world, crowd), "k", 0, 1), take(world, *crowded(550, EARLIER)))
    found = await numbers(world, 0)
    made = await grants(world)
    assert made in ([], [STEP])
    assert (found["purchased"], found["automatic"]) == (100, 100 * len(made))
    assert (found["quota"], found["over"]) == (600 + 100 * len(made), 0)
