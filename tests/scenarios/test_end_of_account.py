"""An account ends: its last cycle ends there, and closes 72 hours later (D6, D7, D11).

The account is monthly from 2026-10-05 in Amsterdam; the clock stands at 2026-11-22 12:00 UTC.
"""

from datetime import date

import pytest

from billing.account import account_id_of
from billing.errors import AccountEndedError, BadInputError
from billing.event import Event
from resolvers.account import end
from tests.billing.oracle import Stretch
from tests.support.facts import (
    DAY,
    HOUR,
    TICK,
    Adjusted,
    Derived,
    adjustments,
    codes,
    derived,
    recounted,
    shown,
    stored,
    take,
)
from tests.support.world import World, charge, contents, message, utc

ANCHOR = "2026-10-05"
STRETCH = Stretch(0, 1, date(2026, 10, 5), "Europe/Amsterdam")


def said(at: str) -> Event:
    """Return a message to a contact of its own, named by its instant."""
    return message("acme", at, contact=at, id=at)


def paid(at: str, amount: str = "1") -> Event:
    return charge("acme", at, amount, id=f"charge {at}")


@pytest.fixture
async def acme(world: World) -> World:
    await world.account("acme", anchor=ANCHOR, backfill_until=ANCHOR)
    return world


async def end_at(world: World, at: str) -> None:
    await end(world.context(), str(account_id_of("acme")), utc(at))


async def right(world: World, ended_at: str) -> Derived:
    """Return what must be stored, by counting from scratch."""
    return derived(await recounted(world.pool, "acme", STRETCH, ended_at=utc(ended_at)))


async def test_what_closes_after_the_end_counts_nowhere(acme: World) -> None:
    await take(
        acme,
        said("2026-11-16T15:29:59.999999"),  # closes a tick before the end
        said("2026-11-16T15:30"),  # closes at the end
        paid("2026-11-22T11:00"),
    )
    await end_at(acme, "2026-11-23T15:30")
    acme.clock.now = utc("2026-11-23T15:29")
    await take(acme, paid("2026-11-23T15:29:59.999999", "2"), said("2026-11-23T15:29"))
    acme.clock.now = utc("2026-11-23T15:30")
    cycles = await shown(acme, "acme")
    assert [(number, cycle.state) for number, cycle in cycles.items()] == [
        (1, "PROVISIONAL"),
        (0, "CLOSED"),
    ]
    assert cycles[1].used == {"WHATSAPP": 1}
    assert cycles[1].spent == {"VOICE": (3_000_000, 2)}
    assert await stored(acme.pool, "acme") == await right(acme, "2026-11-23T15:30")


async def test_an_end_that_is_brought_forward(acme: World) -> None:
    await end_at(acme, "2026-11-29T09:00")
    await take(acme, said("2026-11-16T09:00"), said("2026-11-20T09:00"), paid("2026-11-22T12:04"))
    assert await stored(acme.pool, "acme") == await right(acme, "2026-11-29T09:00")
    await end_at(acme, "2026-11-22T12:01")
    assert await stored(acme.pool, "acme") == await right(acme, "2026-11-22T12:01")
    await end_at(acme, "2026-12-24T00:00")
    assert await stored(acme.pool, "acme") == await right(acme, "2026-12-24T00:00")


async def test_late_events_of_the_last_cycle_count_in_it_until_it_closes(acme: World) -> None:
    await end_at(acme, "2026-11-22T13:00")
    acme.clock.now = utc("2026-11-25T13:00") - TICK
    late = [said("2026-11-10T09:00"), paid("2026-11-22T12:59:59.999999")]
    assert codes(await take(acme, *late, said("2026-11-22T13:00"))) == [(2, "ACCOUNT_ENDED")]
    assert await adjustments(acme.pool, "acme") == []
    acme.clock.now += TICK
    before = await contents(acme.pool)
    refused = [said("2026-11-10T10:00"), paid("2026-10-10T10:00")]
    assert codes(await take(acme, *refused)) == [(0, "ACCOUNT_ENDED"), (1, "ACCOUNT_ENDED")]
    assert await contents(acme.pool) == before
    cycles = await shown(acme, "acme")
    assert (cycles[1].state, cycles[1].used) == ("CLOSED", {"WHATSAPP": 1})
    assert cycles[1].spent == {"VOICE": (1_000_000, 1)}


async def test_late_events_of_earlier_cycles_are_booked_in_the_last_one(acme: World) -> None:
    await end_at(acme, "2026-11-22T13:00")
    acme.clock.now = utc("2026-11-24")
    await take(acme, said("2026-10-10T09:00"), paid("2026-10-10T09:00"))
    at = utc("2026-10-10T09:00")
    assert await adjustments(acme.pool, "acme") == [
        Adjusted(meter, label, change, 0, 1, id_, at)
        for meter, label, change, id_ in (
            ("CARRIER", "VOICE", 1_000_000, "charge 2026-10-10T09:00"),
            ("CONVERSATIONS", "WHATSAPP", 1, "2026-10-10T09:00"),
        )
    ]
    cycles = await shown(acme, "acme")
    assert (cycles[0].used, cycles[0].spent) == ({}, {})
    assert (cycles[1].used, cycles[1].spent) == ({"WHATSAPP": 1}, {"VOICE": (1_000_000, 1)})


async def test_an_account_that_ends_before_cycle_0_has_no_cycles(world: World) -> None:
    await world.account("acme", anchor="2026-12-01", signed_up_at="2026-11-01")
    await take(world, said("2026-11-20T09:00"), paid("2026-11-20T09:00"))
    await end_at(world, "2026-11-23")
    assert await shown(world, "acme") == {}
    world.clock.now = utc("2026-11-24")
    assert codes(await take(world, said("2026-11-22T09:00"))) == []
    kept = await stored(world.pool, "acme")
    assert (len(kept.windows), kept.conversation_days, kept.charge_days) == (2, {}, {})


async def test_an_account_ends_once_and_not_in_the_past(acme: World) -> None:
    before = await contents(acme.pool)
    with pytest.raises(BadInputError):
        await end_at(acme, "2026-11-22T11:59:59.999999")
    assert await contents(acme.pool) == before
    await end_at(acme, "2026-11-22T12:00")
    before = await contents(acme.pool)
    with pytest.raises(AccountEndedError):
        await end_at(acme, "2026-12-22T12:00")
    acme.clock.now += 40 * DAY + HOUR
    with pytest.raises(AccountEndedError):
        await end_at(acme, "2027-12-22T12:00")
    assert await contents(acme.pool) == before
