"""What becomes of each event of a batch: accepted, duplicate, in conflict, rejected (D6, D12, D13).

The clock stands at 2026-11-22 12:00 UTC unless a test moves it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

import db.label
from billing.account import account_id_of
from billing.event import Direction, Event, LabelKind, MessageKind
from db.pool import Connection, UnavailableError, acquire
from resolvers import counting, ingest
from resolvers.account import end
from resolvers.ingest import ERRORS_MAX, EventError, Outcome
from tests.support.facts import (
    HOUR,
    TICK,
    adjustments,
    codes,
    moved,
    stored,
    stored_facts,
    summary,
    take,
)
from tests.support.world import World, charge, contents, message

MESSAGE = message("acme", "2026-11-20T10:00", id="m-1")
CHARGE = charge("acme", "2026-11-20T10:00", "1.50", quantity="3", unit="minute", id="c-1")
UNREADABLE = EventError(0, None, "UNREADABLE", "line 1: is not JSON.")


@pytest.fixture
async def acme(world: World) -> World:
    """A world with an account: monthly from 2026-10-25, Amsterdam."""
    await world.account("acme")
    return world


def changed(event: Event, **changes: Any) -> Event:
    return replace(event, fact=replace(event.fact, **changes))


# --- duplicates and conflicts


async def test_a_batch_that_comes_again_changes_nothing(acme: World) -> None:
    assert summary(await take(acme, MESSAGE, CHARGE)) == (2, 0, 0, 0)
    before = await contents(acme.pool)
    acme.clock.now += 400 * HOUR
    assert summary(await take(acme, CHARGE, MESSAGE)) == (0, 2, 0, 0)
    assert await contents(acme.pool) == before


async def test_a_duplicate_within_a_batch(acme: World) -> None:
    assert summary(await take(acme, MESSAGE, MESSAGE, CHARGE, MESSAGE)) == (2, 2, 0, 0)
    assert summary(await take(acme, MESSAGE, CHARGE, CHARGE)) == (0, 3, 0, 0)


async def test_of_two_in_conflict_in_one_batch_the_first_is_kept(acme: World) -> None:
    second = moved(MESSAGE, -HOUR)
    assert summary(await take(acme, MESSAGE, second, MESSAGE, second)) == (1, 3, 2, 0)
    assert await stored_facts(acme.pool, "acme") == {MESSAGE.event_id: MESSAGE.fact}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(MESSAGE, moved(MESSAGE, TICK), id="instant"),
        pytest.param(MESSAGE, changed(MESSAGE, contact="peter"), id="contact"),
        pytest.param(MESSAGE, changed(MESSAGE, channel="SMS"), id="channel"),
        pytest.param(MESSAGE, changed(MESSAGE, direction=Direction.INBOUND), id="direction"),
        pytest.param(MESSAGE, changed(MESSAGE, automated=True), id="automated"),
        pytest.param(MESSAGE, changed(MESSAGE, kind=MessageKind.NOTE), id="kind"),
        pytest.param(CHARGE, moved(CHARGE, -TICK), id="instant_of_a_charge"),
        pytest.param(CHARGE, changed(CHARGE, feature="SMS"), id="feature"),
        pytest.param(CHARGE, changed(CHARGE, amount_micros=1_500_001), id="amount"),
        pytest.param(CHARGE, changed(CHARGE, quantity_micros=None), id="quantity"),
        pytest.param(CHARGE, changed(CHARGE, unit="second"), id="unit"),
        pytest.param(CHARGE, changed(CHARGE, unit=None), id="no_unit"),
        pytest.param(MESSAGE, replace(CHARGE, source="inbox", id="m-1"), id="message_then_charge"),
        pytest.param(
            CHARGE, replace(MESSAGE, source="carrier", id="c-1"), id="charge_then_message"
        ),
    ],
)
async def test_another_payload_under_a_known_id_is_a_conflict(
    acme: World, first: Event, second: Event
) -> None:
    await take(acme, first)
    before = await contents(acme.pool)
    assert summary(await take(acme, second)) == (0, 1, 1, 0)
    after = await contents(acme.pool)
    del before["label"], after["label"]
    assert after == before


async def test_what_does_not_count_keeps_its_id_too(acme: World) -> None:
    note = changed(MESSAGE, kind=MessageKind.NOTE)
    assert summary(await take(acme, note, MESSAGE)) == (1, 1, 1, 0)
    assert (await stored(acme.pool, "acme")).windows == []


async def test_ids_of_other_sources_and_accounts_are_others(acme: World) -> None:
    await acme.account("zoo")
    other_source = replace(MESSAGE, source="outbox")
    other_account = replace(MESSAGE, external_id="zoo")
    assert summary(await take(acme, MESSAGE, other_source, other_account)) == (3, 0, 0, 0)


# --- rejected


FUTURE = changed(MESSAGE, occurred_at=datetime.fromisoformat("2026-11-22T12:05:00.000001+00:00"))


async def test_a_bad_event_is_named_by_its_index_and_the_good_ones_are_kept(acme: World) -> None:
    unknown = replace(MESSAGE, external_id="nobody", id="m-2")
    outcome = await take(
        acme, UNREADABLE, MESSAGE, unknown, replace(FUTURE, id="m-3"), CHARGE, MESSAGE
    )
    assert summary(outcome) == (2, 1, 0, 3)
    assert outcome.errors == [
        UNREADABLE,
        EventError(2, "m-2", "UNKNOWN_ACCOUNT", 'subject: no account "nobody".'),
        EventError(
            3, "m-3", "IN_FUTURE", "time: 2026-11-22T12:05:00.000001+00:00 is over 5 minutes ahead."
        ),
    ]
    assert await stored_facts(acme.pool, "acme") == {
        MESSAGE.event_id: MESSAGE.fact,
        CHARGE.event_id: CHARGE.fact,
    }


async def test_nothing_is_stored_of_a_batch_without_a_good_event(acme: World) -> None:
    before = await contents(acme.pool)
    assert summary(await take(acme, FUTURE, UNREADABLE)) == (0, 0, 0, 2)
    assert await contents(acme.pool) == before


async def test_no_events_at_all(acme: World) -> None:
    assert await take(acme) == Outcome()


@pytest.mark.parametrize(
    ("ahead", "code"),
    [
        pytest.param(timedelta(minutes=5), [], id="five_minutes"),
        pytest.param(timedelta(minutes=5) + TICK, [(0, "IN_FUTURE")], id="a_tick_more"),
    ],
)
async def test_clocks_may_differ_by_five_minutes(
    acme: World, ahead: timedelta, code: list[tuple[int, str]]
) -> None:
    outcome = await take(acme, changed(MESSAGE, occurred_at=acme.clock.now + ahead))
    assert codes(outcome) == code


@pytest.mark.parametrize(
    ("signed_up_at", "at", "code"),
    [
        pytest.param(None, "2026-10-24T22:00:00", [], id="at_cycle_0"),
        pytest.param(
            None, "2026-10-24T21:59:59.999999", [(0, "BEFORE_ACCOUNT")], id="a_tick_before_cycle_0"
        ),
        pytest.param("2026-10-10T09:00", "2026-10-10T09:00", [], id="at_sign_up"),
        pytest.param(
            "2026-10-10T09:00",
            "2026-10-10T08:59:59.999999",
            [(0, "BEFORE_ACCOUNT")],
            id="a_tick_before_sign_up",
        ),
    ],
)
async def test_an_account_has_a_first_instant(
    world: World, signed_up_at: str | None, at: str, code: list[tuple[int, str]]
) -> None:
    await world.account("acme", signed_up_at=signed_up_at)
    assert codes(await take(world, message("acme", at))) == code


async def test_only_the_accounts_currency_is_taken(acme: World) -> None:
    outcome = await take(acme, changed(CHARGE, currency="USD"), CHARGE)
    assert summary(outcome) == (1, 1, 1, 0)
    outcome = await take(acme, replace(changed(CHARGE, currency="USD"), id="c-2"))
    assert outcome.errors == [
        EventError(0, "c-2", "WRONG_CURRENCY", 'data.currency: "USD" is not the account\'s, EUR.')
    ]


@pytest.mark.parametrize(
    ("at", "code"),
    [
        pytest.param("2026-11-25T11:59:59.999999", [], id="a_tick_before_the_end"),
        pytest.param("2026-11-25T12:00:00", [(0, "ACCOUNT_ENDED")], id="at_the_end"),
    ],
)
async def test_an_ended_account_takes_what_came_before(
    acme: World, at: str, code: list[tuple[int, str]]
) -> None:
    acme.clock.now += 72 * HOUR
    await end(acme.context(), str(account_id_of("acme")))
    assert codes(await take(acme, message("acme", at))) == code


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(lambda event: moved(event, 1_000 * HOUR), id="in_future"),
        pytest.param(lambda event: moved(event, -9_000 * HOUR), id="before_account"),
    ],
)
async def test_a_bad_event_under_a_known_id_is_a_duplicate(
    acme: World, bad: Callable[[Event], Event]
) -> None:
    assert summary(await take(acme, bad(MESSAGE), MESSAGE, bad(MESSAGE))) == (1, 2, 2, 0)
    assert summary(await take(acme, bad(MESSAGE))) == (0, 1, 1, 0)


async def test_the_same_event_under_a_known_id_is_a_duplicate_when_it_would_come_too_late(
    acme: World,
) -> None:
    await take(acme, MESSAGE)
    await end(acme.context(), str(account_id_of("acme")))
    acme.clock.now += 1_000 * HOUR
    assert summary(await take(acme, MESSAGE)) == (0, 1, 0, 0)
    assert codes(await take(acme, replace(MESSAGE, id="m-2"))) == [(0, "ACCOUNT_ENDED")]


async def test_a_reply_names_the_first_thousand_errors(acme: World) -> None:
    wrong = [replace(FUTURE, id=f"f-{n}") for n in range(ERRORS_MAX + 1)]
    outcome = await take(acme, *wrong, MESSAGE)
    assert summary(outcome) == (1, 0, 0, 1_001)
    assert [error.index for error in outcome.errors] == list(range(1_000))


# --- channels and features


def on_channels(names: Sequence[str]) -> list[Event]:
    return [message("acme", "2026-11-20T10:00", channel=name, id=name) for name in names]


def of_features(names: Sequence[str]) -> list[Event]:
    return [charge("acme", "2026-11-20T10:00", "1", feature=name, id=name) for name in names]


@pytest.mark.parametrize(
    ("made", "word"),
    [(on_channels, "channel"), (of_features, "feature")],
    ids=["channel", "feature"],
)
async def test_an_account_uses_20_channels_and_20_features(
    acme: World, made: Callable[[Sequence[str]], list[Event]], word: str
) -> None:
    names = [f"N_{n}" for n in range(21)]
    outcome = await take(acme, *made(names))
    assert summary(outcome) == (20, 0, 0, 1)
    assert outcome.errors == [
        EventError(
            20,
            "N_20",
            "TOO_MANY_CHANNELS",
            f"data.{word}: the account uses 20 {word}s already, as many as it may.",
        )
    ]
    assert codes(await take(acme, *made(["OTHER"]))) == [(0, "TOO_MANY_CHANNELS")]
    assert summary(await take(acme, *made(names[:20]))) == (0, 20, 0, 0)
    await acme.account("zoo")
    assert summary(await take(acme, replace(made(["OTHER"])[0], external_id="zoo"))) == (1, 0, 0, 0)


async def test_20_channels_leave_room_for_20_features(acme: World) -> None:
    names = [f"N_{n}" for n in range(20)]
    events = [*on_channels(names), *of_features(names)]
    assert summary(await take(acme, *events)) == (40, 0, 0, 0)


async def test_one_place_left_for_channels_from_many_connections(acme: World) -> None:
    await take(acme, *on_channels([f"N_{n}" for n in range(19)]))
    outcomes = await asyncio.gather(*(take(acme, *on_channels([f"LAST_{n}"])) for n in range(12)))
    assert sorted(summary(outcome) for outcome in outcomes) == [(0, 0, 0, 1)] * 11 + [(1, 0, 0, 0)]
    async with acquire(acme.pool) as conn:
        assert await conn.fetchval("SELECT count(*) FROM label") == 20


async def test_the_channels_of_an_account_are_read_under_its_lock(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has read them waits a moment for the other one, who must not come so far."""
    await take(acme, *on_channels([f"N_{n}" for n in range(19)]))
    both = asyncio.Barrier(2)
    read = db.label.of_accounts

    async def slowly(
        conn: Connection, account_ids: Collection[UUID]
    ) -> dict[tuple[UUID, LabelKind], set[str]]:
        found = await read(conn, account_ids)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await both.wait()
        return found

    monkeypatch.setattr(db.label, "of_accounts", slowly)
    one, two = await asyncio.gather(
        take(acme, *on_channels(["LAST_1"])), take(acme, *on_channels(["LAST_2"]))
    )
    assert sorted([summary(one), summary(two)]) == [(0, 0, 0, 1), (1, 0, 0, 0)]


async def test_a_rejected_event_uses_up_no_channel(acme: World) -> None:
    wrong = [changed(event, occurred_at=FUTURE.fact.occurred_at) for event in on_channels("ABC")]
    await take(acme, *wrong, MESSAGE)
    async with acquire(acme.pool) as conn:
        assert [row["name"] for row in await conn.fetch("SELECT name FROM label")] == ["WHATSAPP"]


# --- failures


async def test_a_batch_that_fails_stores_and_counts_nothing(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(acme, MESSAGE)
    before = await contents(acme.pool)
    outcome = Outcome()

    async def failing(*_args: Any, **_kwargs: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(counting, "count", failing)
    items: list[tuple[int, Event | EventError]] = [(0, replace(MESSAGE, id="m-2")), (1, UNREADABLE)]
    with pytest.raises(UnavailableError):
        await ingest.take(acme.ingest_pool, items, outcome, clock=acme.clock)
    assert outcome == Outcome()
    assert await contents(acme.pool) == before


async def test_an_account_that_ends_for_good_while_a_batch_is_under_way(acme: World) -> None:
    """Its last cycle closes between the check and the count: there is none after it to book in."""
    await end(acme.context(), str(account_id_of("acme")))
    closes_at = acme.clock.now + 72 * HOUR
    instants = iter([closes_at - TICK, closes_at])
    outcome = Outcome()
    late = [
        message("acme", "2026-11-01T10:00", id="m-1"),
        charge("acme", "2026-11-01T10:00", "1", id="c-1"),
    ]
    await ingest.take(
        acme.ingest_pool, list(enumerate(late)), outcome, clock=lambda: next(instants)
    )
    assert summary(outcome) == (2, 0, 0, 0)
    assert await adjustments(acme.pool, "acme") == []


async def test_nobody_can_delete_the_account_of_an_event(acme: World) -> None:
    """The event does not refer to it, but its channel or feature, recorded before, does."""
    await take(acme, changed(MESSAGE, kind=MessageKind.NOTE))
    async with acquire(acme.pool) as conn, conn.transaction():
        await conn.execute("DELETE FROM terms")
        with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
            await conn.execute("DELETE FROM account")
        assert refused.value.constraint_name == "label_account_id_fkey"
