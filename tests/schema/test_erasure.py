"""Erasing a contact: who it was goes, all that it counted stays.

It is 2026-11-22 12:00 UTC; the account is monthly from 2026-09-01 in UTC, so that September is
closed and October is too.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Any

import pytest

from billing.account import account_id_of
from billing.erasure import is_mark
from billing.event import Direction, Event, MessageKind, RejectionCode
from db import event
from db.pool import Pool, acquire
from edge import cloudevent
from resolvers import counting, statement
from resolvers.ingest import EventError
from tests.billing.oracle import Stretch
from tests.support.facts import (
    blocked,
    derived,
    holding,
    recounted,
    shown,
    stored,
    summary,
    take,
)
from tests.support.world import World, charge, contents, message, utc

STRETCH = Stretch(0, 1, date(2026, 9, 1), "UTC")
ACME = account_id_of("acme")
MARIA, NUMBER = "maria.lopez@example.com", 5
NOON = "2026-11-22T12:00:00Z"
ERASE = """mutation ($input: EraseContactInput!) { eraseContact(input: $input) { __typename
    ... on Failure { message field }
    ... on ContactErased { mark messages conversations erasedAt } } }"""
REVERSE = """mutation ($input: ReverseInput!) { reverse(input: $input) { __typename } }"""


def said(at: str, id: str, **facts: Any) -> Event:
    return message("acme", at, id=id, **{"contact": MARIA, **facts})


CLOSED = said("2026-09-10", "closed")
OPEN = said("2026-11-20", "open")
MESSAGES = (
    CLOSED,
    said("2026-09-12", "inside"),
    said("2026-11-01", "inbound", direction=Direction.INBOUND),
    said("2026-11-02", "note", kind=MessageKind.NOTE),
    said("2026-11-19", "other channel", channel="SMS"),
    OPEN,
)
OTHERS = (
    message("acme", "2026-11-20", contact="peter", id="peter's"),
    message("other", "2026-11-20", contact=MARIA, id="elsewhere"),
    charge("acme", "2026-11-10", "1.50", id="paid"),
)


async def erase(world: World, contact: str = MARIA, **changes: Any) -> dict[str, Any]:
    asked = {"accountId": str(ACME), "contact": contact, "reason": "Asked by mail.", **changes}
    answer: dict[str, Any] = (await world.data(ERASE, {"input": asked}))["eraseContact"]
    return answer


async def dump(pool: Pool) -> str:
    """Return all that the database holds, as text."""
    async with acquire(pool) as conn:
        tables = await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        rows = [
            row["row"]
            for table in tables
            for row in await conn.fetch(f"SELECT t::text AS row FROM {table['tablename']} AS t")
        ]
    return "\n".join(rows)


async def column(pool: Pool, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    async with acquire(pool) as conn:
        rows = await conn.fetch(
            f"SELECT {', '.join(columns)} FROM {table} WHERE account_id = $1 ORDER BY 1, 2, 3", ACME
        )
    return [tuple(row) for row in rows]


@pytest.fixture
async def acme(world: World) -> World:
    """A world with an account whose September is closed, with what it came to written down."""
    world.clock.now = utc("2026-09-01")
    for name in ("acme", "other"):
        await world.account(name, anchor="2026-09-01", zone="UTC", backfill_until="2026-09-01")
    for each in (*MESSAGES, *OTHERS):
        world.clock.now = each.fact.occurred_at
        await world.take(each)
    world.clock.now = utc("2026-11-22T12:00")
    assert await statement.write(world.pool, ACME, world.clock) == 2
    return world


async def test_a_mark_takes_the_contacts_place_and_nothing_else_changes(acme: World) -> None:
    before, cycles = await contents(acme.pool), await shown(acme, "acme")
    answer = await erase(acme)
    statements = list(acme.statements)
    mark = answer.pop("mark")
    assert is_mark(mark)
    assert answer == {
        "__typename": "ContactErased",
        "messages": 6,
        "conversations": 3,
        "erasedAt": NOON,
    }
    assert statements == [
        "account.lock",
        "account.by_ids",
        "erasure.take_time",
        "erasure.take_right",
        "erasure.messages",
        "erasure.conversations",
        "erasure.leave_right",
        "erasure.insert",
    ]
    after = await contents(acme.pool)
    # An e-mail address stands in a row as it is, the mark too.
    expected = {
        table: sorted(
            row.replace(MARIA, mark) if row.startswith(f"({ACME}") else row for row in rows
        )
        for table, rows in before.items()
    }
    del expected["account"], after["account"]  # the account was locked, which is counted
    recorded = after["erasure"]
    after["erasure"] = []
    assert {table: sorted(rows) for table, rows in after.items()} == expected
    erasure_id = mark.removeprefix("erased:")
    assert recorded == [
        f'({ACME},{erasure_id},6,3,"2026-11-22 12:00:00+00",staff,"Asked by mail.")'
    ]
    assert await shown(acme, "acme") == cycles
    assert await stored(acme.pool, "acme") == derived(await recounted(acme.pool, "acme", STRETCH))


async def test_nothing_of_the_contact_is_left_in_any_table_or_in_the_log(
    acme: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with acquire(acme.pool) as conn:
        await conn.execute("DELETE FROM event WHERE account_id = $1", account_id_of("other"))
        await conn.execute("DELETE FROM conversation WHERE account_id = $1", account_id_of("other"))
    assert MARIA in await dump(acme.pool)
    with caplog.at_level(logging.DEBUG):
        await erase(acme)
        await erase(acme)
        await acme.refusals(ERASE, {"input": {"accountId": str(ACME), "contact": MARIA}})
        await take(acme, *MESSAGES)
    everything = await dump(acme.pool)
    assert MARIA not in everything
    assert sha256(MARIA.encode()).hexdigest() not in everything
    assert MARIA not in caplog.text


async def test_what_is_sent_again_stays_a_duplicate_and_brings_nobody_back(acme: World) -> None:
    await erase(acme)
    before = await contents(acme.pool)
    assert summary(await take(acme, *MESSAGES)) == (0, 6, 0, 0)
    assert summary(await take(acme, said("2026-09-10", "closed", channel="SMS"))) == (0, 1, 1, 0)
    assert await contents(acme.pool) == before


async def test_a_new_message_is_one_of_a_contact_that_nobody_knows(acme: World) -> None:
    mark = (await erase(acme))["mark"]
    used = (await shown(acme, "acme"))[2].used["WHATSAPP"]
    await take(acme, said("2026-11-22", "new"), said("2026-09-11", "late"))
    windows = await column(acme.pool, "conversation", ("contact", "channel", "opened_at"))
    assert windows == [
        (mark, "SMS", utc("2026-11-19")),
        (mark, "WHATSAPP", utc("2026-09-10")),
        (mark, "WHATSAPP", utc("2026-11-20")),
        (MARIA, "WHATSAPP", utc("2026-09-11")),
        (MARIA, "WHATSAPP", utc("2026-11-22")),
        ("peter", "WHATSAPP", utc("2026-11-20")),
    ]
    cycles = await shown(acme, "acme")
    assert cycles[2].late == [("WHATSAPP", 0, 1)]
    assert cycles[2].used["WHATSAPP"] == used + 2  # that of today, and the one that came late
    assert await stored(acme.pool, "acme") == derived(await recounted(acme.pool, "acme", STRETCH))


async def test_a_message_of_an_erased_contact_is_reversed_as_any_other(acme: World) -> None:
    mark = (await erase(acme))["mark"]
    original = {"event": {"source": CLOSED.source, "id": CLOSED.id}}
    asked = {
        "accountId": str(ACME),
        "original": original,
        "reason": "Twice.",
        "idempotencyKey": "k",
    }
    await acme.data(REVERSE, {"input": asked})
    windows = await column(acme.pool, "conversation", ("contact", "channel", "opened_at"))
    assert (mark, "WHATSAPP", utc("2026-09-12")) in windows  # that of the message inside
    assert await stored(acme.pool, "acme") == derived(await recounted(acme.pool, "acme", STRETCH))


async def test_again_there_is_nobody(acme: World) -> None:
    await erase(acme)
    before = await contents(acme.pool)
    for contact in (MARIA, "nobody", MARIA.upper()):
        assert await erase(acme, contact) == {
            "__typename": "ContactUnknown",
            "message": "The account has no message of this contact.",
            "field": None,
        }
    assert await contents(acme.pool) == before


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"contact": ""}, ("BAD_USER_INPUT", "contact")),
        ({"contact": "\ud800"}, ("BAD_USER_INPUT", "contact")),
        ({"reason": ""}, ("BAD_USER_INPUT", "reason")),
        ({"reason": f"It was {MARIA}."}, ("BAD_USER_INPUT", "reason")),
        ({"accountId": "acme"}, ("BAD_USER_INPUT", "accountId")),
        ({"accountId": str(account_id_of("none"))}, ("NOT_FOUND", None)),
    ],
)
async def test_what_is_refused_changes_nothing(
    acme: World, changes: dict[str, str], refusal: tuple[str, str | None]
) -> None:
    before = await contents(acme.pool)
    asked = {"accountId": str(ACME), "contact": MARIA, "reason": "Asked by mail.", **changes}
    assert await acme.refusals(ERASE, {"input": asked}) == [refusal]
    assert await contents(acme.pool) == before


async def test_no_event_brings_the_mark_of_an_erased_contact(acme: World) -> None:
    mark = (await erase(acme))["mark"]
    raw = {
        "specversion": "1.0",
        "type": "message",
        "source": "inbox",
        "id": "forged",
        "subject": "acme",
        "time": "2026-11-22T12:00:00Z",
        "data": {"contact": mark, "channel": "SMS", "direction": "outbound", "automated": False},
    }
    assert cloudevent.read(NUMBER, raw) == EventError(
        NUMBER,
        "forged",
        RejectionCode.INVALID_EVENT.value,
        "data.contact: must not be the mark of an erased one.",
    )


async def test_a_batch_under_way_that_has_not_the_lock_yet_comes_after(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = said("2026-11-21", "under way")
    inserted, go_on = asyncio.Event(), asyncio.Event()
    insert = event.insert

    async def held(*args: Any, **kwargs: Any) -> Any:
        result = await insert(*args, **kwargs)
        inserted.set()
        await go_on.wait()
        return result

    with monkeypatch.context() as patch:
        patch.setattr(event, "insert", held)
        batch = asyncio.create_task(take(acme, late))
        await inserted.wait()
        assert (await erase(acme))["messages"] == 6
        go_on.set()
        assert summary(await batch) == (1, 0, 0, 0)
    assert await stored(acme.pool, "acme") == derived(await recounted(acme.pool, "acme", STRETCH))


async def test_a_batch_under_way_that_has_the_lock_is_waited_for(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with holding(monkeypatch, counting, "count", "under way") as gate:
        batch = asyncio.create_task(take(acme, said("2026-11-21", "under way")))
        await gate.reached.wait()
        erasing = asyncio.create_task(erase(acme))
        await blocked(acme.ingest_pool)
        gate.open()
        assert summary(await batch) == (1, 0, 0, 0)
        assert (await erasing)["messages"] == 7
    assert await stored(acme.pool, "acme") == derived(await recounted(acme.pool, "acme", STRETCH))
