"""Usage over time against a count from scratch: across clock changes, late events and reversals.

The account is monthly from 2026-01-31 in Amsterdam (clocks go forward on 03-29 and back on
10-25), yearly from the middle of a day in April on, and ends in the middle of another.
"""

import random
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from billing.account import account_id_of
from billing.event import Event
from billing.plan import Interval
from billing.statement import SETTLING
from billing.terms_change import TermsRequest
from jobs.closing import sweep
from resolvers import terms
from resolvers.account import end
from resolvers.reversal import EventName, Request, reverse
from resolvers.terms import Commitments
from tests.billing.oracle import Stretch, first_instant, wall
from tests.support.facts import DAY, TICK, Recount, micros, recounted, stored_facts, take
from tests.support.world import AMSTERDAM, World, charge, message, utc

WINDOW = timedelta(hours=168)
MONTHLY = Stretch(0, 1, date(2026, 1, 31), AMSTERDAM)
CUT_AT = utc("2026-04-14T10:34")
YEARLY = Stretch(3, 12, date(2026, 4, 14), AMSTERDAM, CUT_AT)

SERIES = """
query ($id: ID!, $number: Int!) {
  account(id: $id) {
    cycle(number: $number) {
      state conversationUsage { used pending } carrierBalance { spent }
    }
    days: usageSeries(cycle: $number) { ...all }
    months: usageSeries(cycle: $number, by: MONTH) { ...all }
  }
}
fragment all on UsageSeries {
  cycle { number } by adjustedConversations adjustedSpent
  points {
    startsAt endsAt startsOn endsOn conversations conversationsTotal spent spentTotal
  }
}
"""


def traffic(chance: random.Random, start: datetime, end_: datetime) -> list[Event]:
    """Make events of which many lie, or close, at a local midnight."""
    made: list[Event] = []
    for _ in range(60):
        at = start + chance.random() * (end_ - start)
        if chance.random() < 0.4:
            midnight = first_instant(AMSTERDAM, wall(AMSTERDAM, at).date())
            at = max(start, midnight + chance.choice((-TICK, 0 * TICK, TICK)))
        id_ = f"{chance.getrandbits(64):x}"
        if chance.random() < 0.6:
            contact, channel = chance.choice("abcdef"), chance.choice(("CHAT", "SMS"))
            made.append(message("acme", at.isoformat(), contact=contact, channel=channel, id=id_))
        else:
            amount = f"0.{chance.randrange(1, 1_000_000):06}"
            made.append(charge("acme", at.isoformat(), amount, id=id_))
    return made


async def take_back(world: World, chance: random.Random) -> None:
    """Reverse some events, whenever they were."""
    ids = sorted(await stored_facts(world.pool, "acme"), key=lambda id_: id_.id)
    for id_ in chance.sample(ids, 6):
        request = Request(
            account_id=str(account_id_of("acme")),
            original=EventName(id_.source, id_.id),
            reason="Why.",
            idempotency_key=id_.id,
        )
        await reverse(world.context(), request)


def days_of(_anchor: date, start: datetime, end_: datetime) -> Iterator[datetime]:
    """Walk the local midnights of some days."""
    day = wall(AMSTERDAM, start).date()
    while (at := first_instant(AMSTERDAM, day)) < end_:
        yield at
        day += DAY


def months_of(anchor: date, start: datetime, end_: datetime) -> Iterator[datetime]:
    """Walk the local midnights of some months, counted from the anchor."""
    for month in range(start.year * 12 + start.month - 2, end_.year * 12 + end_.month):
        year, month0 = divmod(month, 12)
        last = monthrange(year, month0 + 1)[1]
        yield first_instant(AMSTERDAM, date(year, month0 + 1, min(anchor.day, last)))


def expected(
    recount: Recount, period: tuple[datetime, datetime], cuts: Iterator[datetime], now: datetime
) -> list[dict[str, Any]]:
    """Count the conversations and charges of each step from scratch."""
    start, end_ = period
    inner = sorted({cut for cut in cuts if start < cut < end_})
    points: list[dict[str, Any]] = []
    openings = [opening for _, _, opening in recount.counted() if opening < now]
    charges = [fact for fact in recount.charged() if fact.occurred_at < now]
    closed = spent = 0
    for low, high in pairwise((start, *inner, end_)):
        closing = sum(low <= opening + WINDOW < high for opening in openings)
        cost = sum(fact.amount_micros for fact in charges if low <= fact.occurred_at < high)
        closed, spent = closed + closing, spent + cost
        points.append(
            {
                "startsAt": low,
                "endsAt": high,
                "startsOn": wall(AMSTERDAM, low).date(),
                "endsOn": wall(AMSTERDAM, high - TICK).date(),
                "conversations": closing,
                "conversationsTotal": closed,
                "spent": cost,
                "spentTotal": spent,
            }
        )
    return points


READ: dict[str, Callable[[Any], Any]] = {
    "startsAt": utc,
    "endsAt": utc,
    "startsOn": date.fromisoformat,
    "endsOn": date.fromisoformat,
    "spent": micros,
    "spentTotal": micros,
}


async def check(
    world: World, *stretches: Stretch, ended_at: datetime | None = None
) -> dict[int, tuple[str, int, int]]:
    """Check all cycles; returns state and what is adjusted by number."""
    recount = await recounted(world.pool, "acme", *stretches, ended_at=ended_at)
    adjusted: dict[int, tuple[str, int, int]] = {}
    for number, period in enumerate(pairwise(recount.bounds)):
        if number and recount.bounds[number - 1] > world.clock.now:
            break
        variables = {"id": str(account_id_of("acme")), "number": number}
        shown = (await world.data(SERIES, variables))["account"]
        anchor = [each for each in stretches if each.first_cycle <= number][-1].anchor
        used = shown["cycle"]["conversationUsage"]
        balance = shown["cycle"]["carrierBalance"] or {"spent": "0.00"}
        for by, walked in (("days", days_of), ("months", months_of)):
            series = shown[by]
            points = [
                {name: READ.get(name, lambda value: value)(value) for name, value in point.items()}
                for point in series["points"]
            ]
            cuts = walked(anchor, *period)
            assert points == expected(recount, period, cuts, world.clock.now)
            booked = series["adjustedConversations"], micros(series["adjustedSpent"])
            last = points[-1]
            counted = used["pending"] if used["used"] is None else used["used"]
            assert last["conversationsTotal"] + booked[0] == counted
            assert last["spentTotal"] + booked[1] == micros(balance["spent"])
            assert adjusted.setdefault(number, (shown["cycle"]["state"], *booked))[1:] == booked
    return adjusted


async def test_points_and_what_is_adjusted_add_up_to_every_cycle(world: World) -> None:
    chance = random.Random(5)
    world.clock.now = utc("2026-01-30T23:00")
    await world.account("acme", anchor="2026-01-31", backfill_until="2026-01-31", carrier="25")
    stretches: Sequence[Stretch] = (MONTHLY,)

    async def live(until: str) -> None:
        since, world.clock.now = world.clock.now, utc(until)
        await take(world, *traffic(chance, since, world.clock.now))

    await live("2026-02-20T12:34:56.789")
    first = await check(world, *stretches)
    assert first == {0: ("CURRENT", 0, 0), 1: ("FUTURE", 0, 0)}
    await live("2026-03-01T08:00")
    assert (await check(world, *stretches))[0] == ("PROVISIONAL", 0, 0)
    await live("2026-03-30T08:00")

    # Late ones and reversals change closed cycles, which keep their numbers: first without
    # statements, then with them.
    await take(world, *traffic(chance, utc("2026-02-01"), utc("2026-02-25")))
    before = await check(world, *stretches)
    assert before[0][0] == "CLOSED"
    assert [state for state, *_ in before.values()] == ["CLOSED", "CURRENT", "FUTURE"]
    assert before[0][1:] == tuple(-n for n in before[1][1:]) != (0, 0)
    await sweep(world.ingest_pool, world.clock)
    assert await check(world, *stretches) == before
    await take_back(world, chance)
    assert await check(world, *stretches) != before

    await live("2026-04-14T10:34")
    request = TermsRequest(interval=Interval.YEARLY, now=True)
    none = Commitments(blocks=0, carrier_micros=0)
    await terms.change(world.context(), str(account_id_of("acme")), request, none)
    stretches = (MONTHLY, YEARLY)
    await live("2026-04-15T10:34")
    assert (await check(world, *stretches))[3][0] == "CURRENT"
    await live("2026-10-29T05:00")
    await sweep(world.ingest_pool, world.clock)
    await take_back(world, chance)
    await take(world, *traffic(chance, utc("2026-03-05"), utc("2026-04-13")))
    year = await check(world, *stretches)
    assert [state for state, *_ in year.values()] == [*3 * ["CLOSED"], "CURRENT", "FUTURE"]
    changes = list(zip(*(booked for _, *booked in year.values()), strict=True))
    assert changes[0][3] != 0 != changes[1][3]
    assert [sum(change) for change in changes] == [0, 0]

    ended_at = utc("2026-12-01T12:00")
    await end(world.context(), str(account_id_of("acme")), ended_at)
    await live("2026-12-01T11:00")
    await check(world, *stretches, ended_at=ended_at)
    world.clock.now = utc("2026-12-04T12:00") + SETTLING
    await sweep(world.ingest_pool, world.clock)
    over = await check(world, *stretches, ended_at=ended_at)
    assert [state for state, *_ in over.values()] == 4 * ["CLOSED"]
