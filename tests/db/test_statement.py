"""A statement in the place of sums: for its own cycle only, and once that is closed.

The accounts are monthly from 2026-09-01 in UTC: cycle 0 is September and closes on 2026-10-04.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

import db.account
import db.statement
import db.usage
from billing.commitment import Meter
from billing.cycle import Cycle
from billing.figures import ChargeSum, Figures, Stated
from billing.statement import Line
from db.pool import acquire
from tests.support.facts import TICK
from tests.support.world import World, charge, message, utc

CLOSED = utc("2026-10-04")
BOTH = frozenset(Meter)
CHAT = Line(Meter.CONVERSATIONS, "CHAT", 7, 7)
VOICE = Line(Meter.CARRIER, "VOICE", 9_000_000, 2)


@pytest.fixture
async def accounts(world: World) -> dict[str, UUID]:
    """Two accounts with a conversation and a charge each in September and in October."""
    world.clock.now = utc("2026-09-01")
    ids = {}
    for name in ("acme", "globex"):
        ids[name] = await world.account(
            name, anchor="2026-09-01", zone="UTC", backfill_until="2026-09-01"
        )
    world.clock.now = utc("2026-10-03")
    for name in ids:
        for day in ("2026-09-10", "2026-10-02"):
            await world.take(message(name, day, channel="CHAT"), charge(name, day, "1"))
    return ids


async def state(world: World, account_id: UUID, number: int, *lines: Line) -> None:
    async with acquire(world.pool) as conn:
        await db.statement.insert(conn, account_id, {number: lines}, recorded_at=CLOSED)


@pytest.fixture(params=[True, False], ids=["known", "not_known"])
def figures_of(world: World, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Ask for sums, of accounts that were read after their statements were written, or before."""

    async def ask(
        at: datetime, *cycles: tuple[UUID, int], meters: frozenset[Meter] = BOTH
    ) -> list[Figures]:
        async with acquire(world.pool) as conn:
            found = await db.account.by_ids(conn, {id_ for id_, _ in cycles})
            if not request.param:
                found = {id_: replace(one, latest_statement=None) for id_, one in found.items()}
            return await db.usage.of_cycles(
                conn, [Cycle.of(found[id_], number, at) for id_, number in cycles], meters=meters
            )

    return ask


def numbers(figures: Figures) -> tuple[dict[str, int], dict[str, ChargeSum]]:
    return figures.used_by_channel(), figures.charged_by_feature()


COUNTED = ({"CHAT": 1}, {"VOICE": ChargeSum(1_000_000, 1)})
STATED = ({"CHAT": 7}, {"VOICE": ChargeSum(9_000_000, 2)})


async def test_the_latest(world: World, accounts: dict[str, UUID]) -> None:
    ids = list(accounts.values())
    await state(world, accounts["acme"], 0)
    await state(world, accounts["acme"], 1, CHAT)
    async with acquire(world.pool) as conn:
        assert await db.statement.latest(conn, ids) == {accounts["acme"]: 1}
        assert await db.statement.latest(conn, ids[1:]) == {}


async def test_a_statement_takes_the_place_of_sums_in_its_cycle_alone(
    world: World, accounts: dict[str, UUID], figures_of: Callable[..., Any]
) -> None:
    acme, globex = accounts.values()
    await state(world, acme, 0, CHAT, VOICE)
    asked = (acme, 0), (acme, 1), (globex, 0), (globex, 1), (acme, 0)
    figures = await figures_of(utc("2026-11-10"), *asked)
    assert [numbers(each) for each in figures] == [STATED, COUNTED, COUNTED, COUNTED, STATED]
    assert [each.stated is None for each in figures] == [False, True, True, True, False]


async def test_a_statement_holds_from_the_closing_on(
    world: World, accounts: dict[str, UUID], figures_of: Callable[..., Any]
) -> None:
    """Whoever asks as of an earlier instant gets what is known of that."""
    acme = accounts["acme"]
    await state(world, acme, 0, CHAT, VOICE)
    [before] = await figures_of(CLOSED - TICK, (acme, 0))
    [since] = await figures_of(CLOSED, (acme, 0))
    assert (before.stated, numbers(before)) == (None, COUNTED)
    assert numbers(since) == STATED


async def test_a_statement_without_lines_says_nothing_was_used(
    world: World, accounts: dict[str, UUID], figures_of: Callable[..., Any]
) -> None:
    await state(world, accounts["acme"], 0)
    [figures] = await figures_of(CLOSED, (accounts["acme"], 0))
    assert figures.stated == Stated()
    assert numbers(figures) == ({}, {})
    assert figures.completed == 0


@pytest.mark.parametrize("meter", Meter)
async def test_one_meter_alone(
    world: World, accounts: dict[str, UUID], meter: Meter, figures_of: Callable[..., Any]
) -> None:
    await state(world, accounts["acme"], 0, CHAT, VOICE)
    [figures] = await figures_of(CLOSED, (accounts["acme"], 0), meters=frozenset({meter}))
    assert numbers(figures) == STATED


async def test_no_day_of_a_stated_cycle_is_summed(
    world: World, accounts: dict[str, UUID], figures_of: Callable[..., Any]
) -> None:
    """What the rollups say of it, and of no other, is of no consequence."""
    acme = accounts["acme"]
    await state(world, acme, 0, CHAT, VOICE)
    async with acquire(world.pool) as conn:
        await conn.execute("UPDATE conversation_day SET n = 1000")
        await conn.execute("UPDATE charge_day SET n = 1000")
    stated, open_ = await figures_of(utc("2026-11-10"), (acme, 0), (acme, 1))
    assert (stated.conversations, stated.completed, stated.charges) == ({}, 0, {})
    assert numbers(stated) == STATED
    assert numbers(open_) == ({"CHAT": 1000}, {"VOICE": ChargeSum(1_000_000, 1000)})


async def test_the_rest_of_a_stated_cycle_is_read_as_ever(
    world: World, accounts: dict[str, UUID], figures_of: Callable[..., Any]
) -> None:
    """What it carries for others is still listed, only not counted once more."""
    acme = accounts["acme"]
    world.clock.now = utc("2026-10-10")
    await world.take(message("acme", "2026-09-20", contact="late", channel="CHAT"))
    await state(world, acme, 0, CHAT)
    await state(world, acme, 1, CHAT)
    first, second = await figures_of(utc("2026-11-10"), (acme, 0), (acme, 1))
    assert [each.used_by_channel() for each in (first, second)] == [{"CHAT": 7}, {"CHAT": 7}]
    assert [each.change for each in second.booked] == [1]
