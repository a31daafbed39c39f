"""What comes late: into a cycle that is still provisional, and into one that is closed (D11).

The account is monthly from 2026-09-01 in UTC: cycle 0 is September and closes for good on
2026-10-04.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.account import account_id_of
from billing.event import Charge, Direction, Event, Message, MessageKind
from tests.billing.oracle import Stretch
from tests.support.facts import (
    DAY,
    HOUR,
    TICK,
    Adjusted,
    Recount,
    Shown,
    adjustments,
    charges_shown,
    conversations_shown,
    derived,
    moved,
    recounted,
    shown,
    stored,
    summary,
    take,
)
from tests.support.world import World, charge, message, utc

CLOSED = "2026-10-04"
"""The instant at which cycle 0 takes no more late events."""


def on(day: str, *, contact: str = "maria", channel: str = "CHAT") -> Event:
    """Return a message that is named by its day."""
    return message("acme", f"2026-{day}", contact=contact, channel=channel, id=day)


@pytest.fixture
async def acme(world: World) -> World:
    """A world with an account whose past was never filled in."""
    world.clock.now = utc("2026-09-01")
    await world.account("acme", anchor="2026-09-01", zone="UTC", backfill_until="2026-09-01")
    return world


async def openings(world: World) -> list[str]:
    return [f"{opening:%m-%dT%H}" for _, _, opening in (await stored(world.pool, "acme")).windows]


async def used(world: World) -> dict[int, int]:
    """Return the conversations of each cycle, pending ones of the future one."""
    return {
        number: sum(cycle.used.values()) + sum(cycle.pending.values())
        for number, cycle in (await shown(world, "acme")).items()
    }


def booked(day: str, *, change: int, cycle: int, booked_cycle: int = 1) -> Adjusted:
    return Adjusted("CONVERSATIONS", "CHAT", change, cycle, booked_cycle, day, utc(f"2026-{day}"))


async def test_a_late_message_between_two_adds_none(acme: World) -> None:
    """Messages of days 1 and 9, then a late one of day 8.5: two conversations, not three."""
    acme.clock.now = utc("2026-10-03")
    await take(acme, on("09-01"), on("09-09"), on("10-01"))
    acme.clock.now = utc(CLOSED)
    assert await used(acme) == {0: 2, 1: 1, 2: 0}
    await take(acme, on("09-08T12:00"))
    assert await openings(acme) == ["09-01T00", "09-08T12", "10-01T00"]
    assert await used(acme) == {0: 2, 1: 1, 2: 0}
    assert await adjustments(acme.pool, "acme") == []
    listed = await acme.data(
        "query ($id: ID!) { account(id: $id) { cycle(number: 0) { conversationUsage { "
        "conversations { nodes { openedAt late countsInCycle } } } } } }",
        {"id": str(account_id_of("acme"))},
    )
    nodes = listed["account"]["cycle"]["conversationUsage"]["conversations"]["nodes"]
    assert [(node["late"], node["countsInCycle"]) for node in nodes] == [(False, 0), (False, 0)]


@pytest.mark.parametrize(
    ("arrives_at", "numbers", "change"),
    [
        pytest.param(utc(CLOSED) - TICK, {0: 2, 1: 0, 2: 0}, 0, id="provisional_to_the_last_tick"),
        pytest.param(utc(CLOSED), {0: 1, 1: 1, 2: 0}, 1, id="closed"),
    ],
)
async def test_a_late_conversation(
    acme: World, arrives_at: datetime, numbers: dict[int, int], change: int
) -> None:
    await take(acme, on("09-01"))
    acme.clock.now = arrives_at
    late = on("09-20")
    assert summary(await take(acme, late, late)) == (1, 1, 0, 0)
    assert await used(acme) == numbers
    assert await adjustments(acme.pool, "acme") == [
        booked("09-20", change=1, cycle=0) for _ in range(change)
    ]
    assert summary(await take(acme, late)) == (0, 1, 0, 0)
    assert await used(acme) == numbers


async def test_the_adjustment_is_shown_where_it_is_booked_and_stays_there(acme: World) -> None:
    acme.clock.now = utc("2026-10-20")
    await take(acme, on("09-20"), on("09-22", channel="SMS"), on("10-02", contact="peter"))
    for at, state in (("2026-10-20", "CURRENT"), ("2027-03-01", "CLOSED")):
        acme.clock.now = utc(at)
        cycles = await shown(acme, "acme")
        assert (cycles[0].used, cycles[0].late) == ({}, [])
        assert cycles[1].state == state
        assert cycles[1].used == {"CHAT": 2, "SMS": 1}
        assert sorted(cycles[1].late) == [("CHAT", 0, 1), ("SMS", 0, 1)]


async def test_a_late_message_moves_a_window_from_the_open_cycle_into_the_closed_one(
    acme: World,
) -> None:
    acme.clock.now = utc("2026-10-03")
    await take(acme, on("09-26"))
    assert await used(acme) == {0: 0, 1: 1, 2: 0}
    acme.clock.now = utc(CLOSED)
    await take(acme, on("09-23"))  # closes on 09-30, and covers the one of 09-26
    assert await openings(acme) == ["09-23T00"]
    assert await used(acme) == {0: 0, 1: 1, 2: 0}
    cycles = await shown(acme, "acme")
    assert cycles[1].late == [("CHAT", 0, 1)]
    assert await adjustments(acme.pool, "acme") == [booked("09-23", change=1, cycle=0)]


async def test_a_late_message_moves_a_window_between_two_closed_cycles(acme: World) -> None:
    acme.clock.now = utc("2026-10-03")
    await take(acme, on("09-26"))
    acme.clock.now = utc("2026-11-10")
    await take(acme, on("09-23"))
    assert await used(acme) == {0: 0, 1: 1, 2: 0, 3: 0}
    assert (await shown(acme, "acme"))[2].late == [("CHAT", 0, 1), ("CHAT", 1, -1)]
    assert await adjustments(acme.pool, "acme") == [
        booked("09-23", change=1, cycle=0, booked_cycle=2),
        booked("09-23", change=-1, cycle=1, booked_cycle=2),
    ]


async def test_each_message_of_a_batch_answers_for_its_own_change(acme: World) -> None:
    acme.clock.now = utc("2026-10-20")
    await take(acme, on("09-20"), on("09-08T12:00"), on("09-01"), on("09-09"), on("09-02"))
    assert await openings(acme) == ["09-01T00", "09-08T12", "09-20T00"]
    assert await adjustments(acme.pool, "acme") == [
        booked(day, change=1, cycle=0) for day in ("09-01", "09-08T12:00", "09-20")
    ]


async def test_as_long_as_the_past_is_filled_in_no_cycle_is_closed(world: World) -> None:
    await world.account("acme", anchor="2026-09-01", zone="UTC", backfill_until="2026-12-25")
    world.clock.now = utc("2026-12-25") - TICK
    await take(world, on("09-20"))
    assert await used(world) == {0: 1, 1: 0, 2: 0, 3: 0, 4: 0}
    world.clock.now = utc("2026-12-25")
    await take(world, on("09-01"))
    assert await used(world) == {0: 1, 1: 0, 2: 0, 3: 1, 4: 0}
    assert await adjustments(world.pool, "acme") == [
        booked("09-01", change=1, cycle=0, booked_cycle=3)
    ]


async def test_late_charges(acme: World) -> None:
    spent = [
        charge("acme", f"2026-{day}", amount, feature=feature, id=f"{day} {feature}")
        for day, amount, feature in (
            ("09-30T23:59:59.999999", "1.25", "VOICE"),
            ("10-01", "0.50", "VOICE"),
            ("09-10", "3", "SMS"),
            ("09-11", "0.000001", "SMS"),
        )
    ]
    acme.clock.now = utc(CLOSED) - TICK
    await take(acme, spent[0], spent[2])
    acme.clock.now = utc(CLOSED)
    assert summary(await take(acme, *spent)) == (2, 2, 0, 0)
    cycles = await shown(acme, "acme")
    assert cycles[0].spent == {"VOICE": (1_250_000, 1), "SMS": (3_000_000, 1)}
    assert cycles[1].spent == {"VOICE": (500_000, 1), "SMS": (1, 1)}
    assert await adjustments(acme.pool, "acme") == [
        Adjusted("CARRIER", "SMS", 1, 0, 1, "09-11 SMS", utc("2026-09-11"))
    ]


async def test_a_late_charge_of_nothing_is_booked_too(acme: World) -> None:
    """It is one charge more, which a closed cycle does not show."""
    acme.clock.now = utc(CLOSED)
    await take(acme, charge("acme", "2026-09-10", "0", id="free"))
    cycles = await shown(acme, "acme")
    assert (cycles[0].spent, cycles[1].spent) == ({}, {"VOICE": (0, 1)})
    assert await adjustments(acme.pool, "acme") == [
        Adjusted("CARRIER", "VOICE", 0, 0, 1, "free", utc("2026-09-10"))
    ]


async def test_a_late_conflict_changes_nothing(acme: World) -> None:
    await take(acme, on("09-01"))
    acme.clock.now = utc(CLOSED)
    assert summary(await take(acme, moved(on("09-01"), 20 * DAY))) == (0, 1, 1, 0)
    assert await used(acme) == {0: 1, 1: 0, 2: 0}


# --- any traffic, however late

STRETCH = Stretch(0, 1, date(2026, 3, 31), "Europe/Amsterdam")
SIGNED_UP_AT = utc("2026-03-20")


@dataclass(frozen=True)
class Sent:
    """An event to be made when the clock is known: `age` is in thousandths of the account's."""

    age: int
    contact: str
    channel: str
    kind: MessageKind | None

    def event(self, external_id: str, lifetime: timedelta) -> Event:
        at = SIGNED_UP_AT + lifetime * self.age / 1_000
        if self.kind is None:
            fact = Charge(at, self.channel, self.age * 12_345, "EUR", None, None)
            return Event(external_id, "carrier", uuid4().hex, fact)
        said = Message(at, self.contact, self.channel, Direction.OUTBOUND, False, self.kind)  # noqa: FBT003
        return Event(external_id, "inbox", uuid4().hex, said)


SENT = st.builds(
    Sent,
    st.integers(0, 999),
    st.sampled_from("ab"),
    st.sampled_from(("CHAT", "SMS")),
    st.sampled_from((MessageKind.MESSAGE, MessageKind.MESSAGE, MessageKind.NOTE, None)),
)
STEPS = st.lists(st.tuples(st.integers(1, 1_500), st.lists(SENT, max_size=12)), max_size=6)
"""Batches, each so many hours after the one before."""


@dataclass
class Numbers:
    """What counts in a cycle; counters are equal where they differ by zeros only."""

    conversations: Counter[str]
    amounts: Counter[str]
    charges: Counter[str]
    late: Counter[tuple[str, int]]

    @classmethod
    def of(cls, cycle: Shown) -> "Numbers":
        return cls(
            Counter(cycle.used or cycle.pending),
            Counter({feature: amount for feature, (amount, _) in cycle.spent.items()}),
            Counter({feature: n for feature, (_, n) in cycle.spent.items()}),
            Counter({(channel, closed): change for channel, closed, change in cycle.late}),
        )


def expected(cycles: dict[int, Shown], before: Recount, after: Recount) -> dict[int, Numbers]:
    """Say what cycles show once facts have come: what closed ones gain, the current one takes."""
    numbers = {number: Numbers.of(cycle) for number, cycle in cycles.items()}
    current = [number for number, cycle in cycles.items() if cycle.state == "CURRENT"]
    for number, cycle in cycles.items():
        taking = numbers[current[0] if cycle.state == "CLOSED" else number]
        period = before.bounds[number], before.bounds[number + 1]
        change = Counter(after.conversations(*period))
        change.subtract(before.conversations(*period))
        taking.conversations.update(change)
        if cycle.state == "CLOSED":
            taking.late.update({(channel, number): n for channel, n in change.items()})
        for recount, sign in ((after, 1), (before, -1)):
            for feature, (amount, n) in recount.charges(*period).items():
                taking.amounts[feature] += sign * amount
                taking.charges[feature] += sign * n
    return numbers


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS)
async def test_closed_cycles_keep_their_numbers_and_nothing_is_lost(
    world: World, steps: list[tuple[int, list[Sent]]]
) -> None:
    external_id = uuid4().hex
    world.clock.now = SIGNED_UP_AT
    await world.account(
        external_id,
        anchor=STRETCH.anchor.isoformat(),
        zone=STRETCH.zone,
        backfill_until=SIGNED_UP_AT.isoformat(),
    )
    after = await recounted(world.pool, external_id, STRETCH)
    for hours, batch in steps:
        world.clock.now += hours * HOUR
        lifetime = world.clock.now - SIGNED_UP_AT
        before, cycles = after, await shown(world, external_id)
        await take(world, *(sent.event(external_id, lifetime) for sent in batch))
        after = await recounted(world.pool, external_id, STRETCH)
        assert await stored(world.pool, external_id) == derived(after)
        now = await shown(world, external_id)
        assert {n: Numbers.of(cycle) for n, cycle in now.items()} == expected(cycles, before, after)
        start, end = after.bounds[0], after.bounds[-1]
        assert conversations_shown(now.values()) == after.conversations(start, end)
        assert charges_shown(now.values()) == after.charges(start, end)
