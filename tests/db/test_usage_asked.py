"""What the statement of usage is asked, and that what it brings does not grow with the ledger.

The account is monthly from 2026-01-01 in UTC.
"""

import random
from collections import Counter
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

import db.account
from billing.account import Account
from billing.commitment import (
    ChangeKind,
    GrantKind,
    Meter,
    MeterChange,
    commitments_of,
    committed,
    latest_version,
)
from billing.cycle import Cycle
from billing.view import whole
from db import meter_change
from db.meter_change import Record
from db.pool import Connection, acquire
from db.usage import Asked, of_cycles
from tests.billing.build import ACCOUNT_ID, account, terms, utc
from tests.support.facts import TICK
from tests.support.world import World

BOTH = frozenset(Meter)
ACME = account(
    terms("2026-01-01", starts_at="2026-01-01"),
    signed_up_at="2026-01-01",
    backfill_until="2026-01-04",
)
NOW = utc("2026-04-10T12:00")
CHANGES = 120
CYCLES = 12


def cycles(*numbers: int, at: datetime = NOW, of: Account = ACME) -> list[Cycle]:
    return [Cycle.of(of, number, at) for number in numbers]


def runs(asked: Asked) -> list[tuple[object, ...]]:
    given = asked.parameters(meters=BOTH)
    return list(zip(*given[:5], strict=True))


def places(asked: Asked) -> list[int]:
    """Return the places of the cycles whose days are asked for."""
    given = asked.parameters(meters=BOTH)
    found: list[int] = given[5]
    return found


def test_cycles_that_follow_one_another_are_asked_for_at_once() -> None:
    asked = Asked([*cycles(4, 3, 1, 0), whole(cycles(3)[0])])
    assert runs(asked) == [(ACCOUNT_ID, 0, 1, 0, False), (ACCOUNT_ID, 3, 4, 3, False)]


def test_those_with_grants_one_by_one_are_asked_for_apart() -> None:
    some = cycles(2, 1, 0)
    assert runs(Asked(some, some[:1])) == [
        (ACCOUNT_ID, 2, 2, 2, True),
        (ACCOUNT_ID, 0, 1, 0, False),
    ]


def test_no_days_are_asked_for_of_a_cycle_that_is_known_to_have_a_statement() -> None:
    known = replace(ACME, latest_statement=1)
    asked = Asked(cycles(4, 3, 2, 1, 0, of=known))
    assert places(asked) == [1, 2]  # and nothing can land in the future one yet
    assert runs(asked) == [(ACCOUNT_ID, 0, 4, 2, False)]


def test_all_days_are_where_no_statement_is_known() -> None:
    asked = Asked(cycles(4, 3, 2, 1, 0))
    assert places(asked) == [1, 2, 3, 4]
    assert runs(asked) == [(ACCOUNT_ID, 0, 4, 0, False)]


@pytest.mark.parametrize(
    ("at", "asked_for"),
    [
        pytest.param(utc("2026-02-04"), [], id="closed"),
        pytest.param(utc("2026-02-04") - TICK, [0], id="a_tick_before"),
    ],
)
def test_as_of_an_instant_before_the_closing_a_statement_says_nothing(
    at: datetime, asked_for: list[int]
) -> None:
    known = replace(ACME, latest_statement=0)
    assert places(Asked(cycles(0, at=at, of=known))) == asked_for


def ledger(chance: random.Random) -> list[MeterChange]:
    """Make changes of all kinds to both meters, for any cycles."""
    versions: Counter[Meter] = Counter()
    made = []
    for _ in range(CHANGES):
        meter = chance.choice(list(Meter))
        once = ChangeKind.BLOCKS if meter is Meter.CONVERSATIONS else ChangeKind.TOP_UP
        versions[meter] += 1
        change = MeterChange(
            meter=meter,
            version=versions[meter],
            kind=chance.choice((ChangeKind.COMMITMENT, once)),
            cycle=chance.randrange(CYCLES),
            amount=chance.randrange(1, 100),
            amount_before=0,
            price_micros=chance.randrange(100),
            effective_at=NOW,
        )
        made.append(change)
    return made


async def kept(conn: Connection, account_id: UUID, changes: list[MeterChange]) -> Account:
    for change in changes:
        await meter_change.insert(conn, account_id, change, Record(NOW, "anna", "test"))
    return (await db.account.by_ids(conn, [account_id]))[account_id]


@pytest.mark.parametrize("seed", range(3))
async def test_a_run_gets_what_holds_in_its_cycles_of_however_long_a_ledger(
    world: World, seed: int
) -> None:
    chance = random.Random(seed)
    changes = ledger(chance)
    async with acquire(world.pool) as conn:
        acme = await kept(conn, await world.account("acme", anchor="2026-01-01"), changes)
        for _ in range(20):
            first = chance.randrange(CYCLES)
            numbers = range(first, min(CYCLES, first + chance.randrange(1, 5)))
            asked = [Cycle.of(acme, number, NOW) for number in numbers]
            one_by_one = asked if chance.random() < 0.5 else ()
            found = await of_cycles(conn, asked, meters=BOTH, grants_of=one_by_one)
            for number, figures in zip(numbers, found, strict=True):
                assert len(figures.commitments) <= 2 * (len(numbers) + 1)
                for meter in Meter:
                    assert figures.versions[meter] == latest_version(changes, meter)
                    for each in (*numbers, numbers[-1] + 1):
                        expected = committed(commitments_of(changes), meter, each)
                        assert figures.committed(meter, each) == expected
                bought = [
                    change
                    for change in changes
                    if change.kind is not ChangeKind.COMMITMENT and change.cycle == number
                ]
                granted, prices = Counter[GrantKind](), Counter[GrantKind]()
                for change in bought:
                    granted[GrantKind(change.kind.value)] += change.amount
                    prices[GrantKind(change.kind.value)] += change.price_micros
                assert (figures.granted, figures.grant_prices_micros) == (granted, prices)
                expected_ids = {f"{change.meter.value}-{change.version}" for change in bought}
                assert {row.id for row in figures.grants} == (expected_ids if one_by_one else set())
