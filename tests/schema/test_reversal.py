"""Reversing: what is answered, refused and stored (D24).

It is 2026-11-22 12:00 UTC. Cycles run from the 25th to the 25th in Amsterdam: 0 began on 10-25,
so that 1 is the next.
"""

from typing import Any
from uuid import uuid4

import pytest

from billing.account import account_id_of
from billing.commitment import GrantKind
from billing.event import Direction, Event, MessageKind
from billing.reversal import REASON_MAX
from db.pool import acquire
from tests.support.world import World, admin, charge, contents, message, utc

NOON = "2026-11-22T12:00:00Z"
REVERSE = """mutation ($input: ReverseInput!) { reverse(input: $input) { __typename
    ... on Failure { message field }
    ... on Reversed {
        meter label grantKind cycleNumber computedAt
        adjustments { meter label conversations amount cycleNumber bookedInCycle }
        cycle {
            id number state startsAt endsAt startsOn endsOn timeZone computedAt
            conversationUsage { used quota left byChannel { channel used } }
            carrierBalance { spent limit byFeature { feature amount charges } } } } } }"""

SAID, PAID = (
    message("acme", "2026-11-10T09:00", id="said"),
    charge("acme", "2026-11-11T09:00", "12.345", id="paid"),
)


def named(event: Event) -> dict[str, Any]:
    return {"event": {"source": event.source, "id": event.id}}


def given(original: dict[str, Any], key: str | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "accountId": str(account_id_of("acme")),
        "original": original,
        "reason": "Sent by mistake.",
        "idempotencyKey": key or uuid4().hex,
        **changes,
    }


async def reverse(world: World, original: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await world.data(REVERSE, {"input": given(original, **changes)}))[
        "reverse"
    ]
    return answer


@pytest.fixture
async def acme(world: World) -> World:
    """A world with an account that has a message, a charge and a purchase."""
    await world.account("acme", carrier="25")
    await world.take(SAID, PAID)
    await world.grant("acme", GrantKind.BLOCKS, 0, 2)
    return world


# --- success


async def test_a_message_and_then_a_charge(acme: World) -> None:
    said = await reverse(acme, named(SAID))
    cycle = {
        "id": f"{account_id_of('acme')}:0",
        "number": 0,
        "state": "CURRENT",
        "startsAt": "2026-10-24T22:00:00Z",
        "endsAt": "2026-11-24T23:00:00Z",
        "startsOn": "2026-10-25",
        "endsOn": "2026-11-24",
        "timeZone": "Europe/Amsterdam",
        "computedAt": NOON,
        "conversationUsage": {"used": 0, "quota": 700, "left": 700, "byChannel": []},
        "carrierBalance": {
            "spent": "12.345",
            "limit": "25.00",
            "byFeature": [{"feature": "VOICE", "amount": "12.345", "charges": 1}],
        },
    }
    assert said == {
        "__typename": "Reversed",
        "meter": "CONVERSATIONS",
        "label": "WHATSAPP",
        "grantKind": None,
        "cycleNumber": 0,
        "computedAt": NOON,
        "adjustments": [],
        "cycle": cycle,
    }
    paid = await reverse(acme, named(PAID))
    assert paid == {
        **said,
        "meter": "CARRIER",
        "label": "VOICE",
        "cycle": {
            **cycle,
            "carrierBalance": {"spent": "0.00", "limit": "25.00", "byFeature": []},
        },
    }


async def test_a_purchase(acme: World) -> None:
    bought = await reverse(acme, {"grant": "CONVERSATIONS-1"})
    assert (bought["meter"], bought["label"], bought["grantKind"]) == (
        "CONVERSATIONS",
        None,
        "BLOCKS",
    )
    assert bought["cycle"]["conversationUsage"]["quota"] == 500


async def test_automatic_grants(acme: World) -> None:
    for kind in (GrantKind.AUTOMATIC_BLOCKS, GrantKind.AUTOMATIC_TOP_UP):
        await acme.grant("acme", kind, 0, 3)
    async with acquire(acme.pool) as conn:
        rows = await conn.fetch("SELECT kind, grant_id::text AS id FROM automatic_grant")
    ids = {row["kind"]: row["id"] for row in rows}
    blocks = await reverse(acme, {"grant": ids["BLOCKS"]})
    balance = await reverse(acme, {"grant": ids["TOP_UP"]})
    assert (blocks["meter"], blocks["grantKind"]) == ("CONVERSATIONS", "AUTOMATIC_BLOCKS")
    assert (balance["meter"], balance["grantKind"]) == ("CARRIER", "AUTOMATIC_TOP_UP")
    assert balance["cycle"]["conversationUsage"]["quota"] == 700
    assert balance["cycle"]["carrierBalance"]["limit"] == "25.00"


@pytest.mark.parametrize(
    "sent",
    [
        message("acme", "2026-11-11", id="inside"),
        message("acme", "2026-11-01", id="in", direction=Direction.INBOUND),
        message("acme", "2026-11-01", id="note", kind=MessageKind.NOTE),
        message("acme", "2026-11-01", id="reply", automated=True),
        message("acme", "2026-11-10T09:00", id="twin"),
    ],
    ids=lambda event: event.id,
)
async def test_a_message_that_opened_no_conversation_changes_no_number(
    acme: World, sent: Event
) -> None:
    await acme.take(sent)
    before = await contents(acme.pool)
    answer = await reverse(acme, named(sent))
    assert (answer["label"], answer["cycleNumber"]) == ("WHATSAPP", None)
    assert answer["cycle"]["conversationUsage"]["used"] == 1
    after = await contents(acme.pool)
    assert [table for table in after if after[table] != before[table]] == [
        "account",  # that something was changed
        "event_reversal",
        "idempotency",
    ]


async def test_who_reversed_what_when_and_why_is_kept(acme: World) -> None:
    await reverse(acme, named(PAID), reason="Billed twice.")
    await reverse(acme, {"grant": "CONVERSATIONS-1"}, reason="Meant for another account.")
    async with acquire(acme.pool) as conn:
        [event] = await conn.fetch("SELECT * FROM event_reversal")
        [grant] = await conn.fetch("SELECT * FROM grant_reversal")
    account_id, at = account_id_of("acme"), utc(NOON)
    assert tuple(event) == (account_id, "carrier", "paid", at, "staff", "Billed twice.")
    assert tuple(grant) == (
        account_id,
        "CONVERSATIONS-1",
        "BLOCKS",
        0,
        2,
        0,
        at,
        "staff",
        "Meant for another account.",
    )


async def test_versions_and_ledger_do_not_know_it(acme: World) -> None:
    before = await contents(acme.pool)
    await reverse(acme, {"grant": "CONVERSATIONS-1"})
    assert (await contents(acme.pool))["meter_change"] == before["meter_change"]
    shown = await acme.data(
        "{ account { cycle { conversationUsage { version purchased } } } }",
        principal=admin("acme"),
    )
    assert shown["account"]["cycle"]["conversationUsage"] == {"version": 1, "purchased": 0}


async def test_the_statements_of_a_reversal(acme: World) -> None:
    start = ["account.lock", "account.by_ids", "idempotency.find"]
    end = ["usage.of_cycles", "idempotency.insert"]
    await reverse(acme, named(SAID), key="k")
    assert acme.statements == [
        *start,
        "event.stored",
        "reversal.insert_event",
        "conversation.starts",
        "event.counting_from",
        "conversation.delete",
        "rollup.add_conversations",
        *end,
    ]
    await reverse(acme, named(SAID), key="k")
    assert acme.statements == start
    await reverse(acme, named(PAID))
    assert acme.statements == [
        *start,
        "event.stored",
        "reversal.insert_event",
        "reversal.booked_cycle",
        "rollup.add_charges",
        "rollup.add_spending",
        *end,
    ]
    await reverse(acme, named(PAID))
    assert acme.statements == [*start, "event.stored", "reversal.insert_event"]
    await acme.grant("acme", GrantKind.AUTOMATIC_BLOCKS, 0, 2)
    async with acquire(acme.pool) as conn:
        automatic = await conn.fetchval("SELECT grant_id::text FROM automatic_grant")
    await reverse(acme, {"grant": automatic})
    assert acme.statements == [*start, "reversal.grant", "reversal.insert_grant", *end]
    await reverse(acme, {"grant": "CONVERSATIONS-1"})
    assert acme.statements[:6] == [
        *start,
        "reversal.grant",
        "reversal.insert_grant",
        "usage.of_cycles",  # the quota may be lower than what is used of it
    ]
    assert acme.statements[-2:] == end


# --- the same key


@pytest.mark.parametrize(
    "original", [named(SAID), named(PAID), {"grant": "CONVERSATIONS-1"}], ids=["said", "paid", "2"]
)
async def test_the_same_key_gives_the_same_answer(acme: World, original: dict[str, Any]) -> None:
    first = await reverse(acme, original, key="k")
    before = await contents(acme.pool)
    acme.clock.now = utc("2027-01-10")
    assert await reverse(acme, original, key="k") == first
    assert await contents(acme.pool) == before


@pytest.mark.parametrize(
    ("original", "changes"),
    [
        (named(PAID), {}),
        ({"grant": "CONVERSATIONS-1"}, {}),
        (named(SAID), {"reason": "Another."}),
    ],
    ids=["event", "grant", "reason"],
)
async def test_the_same_key_for_something_else(
    acme: World, original: dict[str, Any], changes: dict[str, Any]
) -> None:
    await reverse(acme, named(SAID), key="k")
    before = await contents(acme.pool)
    assert await reverse(acme, original, key="k", **changes) == {
        "__typename": "IdempotencyConflict",
        "message": "The idempotency key was used for something else.",
        "field": None,
    }
    assert await contents(acme.pool) == before


async def test_a_key_that_a_change_of_a_meter_has_used(acme: World) -> None:
    spent = {"idempotencyKey": "k", "expectedVersion": 1, "blocks": 1}
    await acme.data(
        "mutation ($input: AddConversationBlocksInput!) {"
        " addConversationBlocks(input: $input) { __typename } }",
        {"input": spent},
        principal=admin("acme"),
    )
    answer = await reverse(acme, named(SAID), key="k")
    assert answer["__typename"] == "IdempotencyConflict"


@pytest.mark.parametrize("original", [named(SAID), named(PAID), {"grant": "CONVERSATIONS-1"}])
async def test_an_original_is_reversed_at_most_once(acme: World, original: dict[str, Any]) -> None:
    await reverse(acme, original)
    before = await contents(acme.pool)
    answer = await reverse(acme, original)
    what = "grant" if "grant" in original else "event"
    assert answer == {
        "__typename": "AlreadyReversed",
        "message": f"The {what} was reversed before.",
        "field": None,
    }
    assert await contents(acme.pool) == before


async def test_a_failure_keeps_no_key(acme: World) -> None:
    missing = {"event": {"source": "inbox", "id": "later"}}
    refused = await acme.refusals(REVERSE, {"input": given(missing, key="k")})
    assert refused == [("NOT_FOUND", None)]
    await acme.take(message("acme", "2026-11-01", id="later"))
    assert (await reverse(acme, missing, key="k"))["__typename"] == "Reversed"


# --- refusals: nothing changes


@pytest.mark.parametrize(
    "original",
    [
        {"event": {"source": "inbox", "id": "nothing"}},
        {"event": {"source": "carrier", "id": "said"}},
        {"event": {"source": "\x00", "id": "said"}},
        {"event": {"source": "inbox", "id": "\ud800"}},
        {"event": {"source": "inbox", "id": "theirs"}},
        {"grant": "CONVERSATIONS-2"},
        {"grant": "CARRIER-1"},  # a commitment
        {"grant": "CARRIER-COMMITMENT"},
        {"grant": "CONVERSATIONS-INCLUDED"},
        {"grant": "CONVERSATIONS-01"},
        {"grant": "conversations-1"},
        {"grant": " CONVERSATIONS-1"},
        {"grant": "CONVERSATIONS-1\x00"},
        {"grant": ""},
        {"grant": "x" * 1_000},
        {"grant": "CARRIER-2"},  # another account's
        {"grant": "6f1c0f0e-7f7b-4f3a-9d59-2b8c4a1d0e55"},
    ],
    ids=lambda original: str(original)[:50],
)
async def test_what_the_account_does_not_have(acme: World, original: dict[str, Any]) -> None:
    await acme.account("other")
    await acme.take(message("other", "2026-11-10", id="theirs"))
    for _ in range(2):
        await acme.grant("other", GrantKind.TOP_UP, 0, 1)
    before = await contents(acme.pool)
    assert await acme.refusals(REVERSE, {"input": given(original)}) == [("NOT_FOUND", None)]
    assert await contents(acme.pool) == before


async def test_an_account_that_does_not_exist(acme: World) -> None:
    asked = {"input": given(named(SAID), accountId=str(uuid4()))}
    assert await acme.refusals(REVERSE, asked) == [("NOT_FOUND", None)]
    asked = {"input": given(named(SAID), accountId="acme")}
    assert await acme.refusals(REVERSE, asked) == [("BAD_USER_INPUT", "accountId")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"reason": ""}, "reason", id="no_reason"),
        pytest.param({"reason": "x" * (REASON_MAX + 1)}, "reason", id="a_reason_too_long"),
        pytest.param({"reason": "a\tb"}, "reason", id="a_reason_not_printable"),
        pytest.param({"idempotencyKey": ""}, "idempotencyKey", id="no_key"),
        pytest.param({"idempotencyKey": "x" * 129}, "idempotencyKey", id="a_key_too_long"),
        pytest.param({"idempotencyKey": "a b"}, "idempotencyKey", id="a_key_with_a_space"),
        pytest.param({"original": {}}, "original", id="nothing"),
        pytest.param(
            {"original": {**named(SAID), "grant": "CONVERSATIONS-1"}}, "original", id="both"
        ),
        pytest.param({"original": {"event": None}}, "event", id="no_event"),
        pytest.param({"original": {"grant": None}}, "grant", id="no_grant"),
    ],
)
async def test_bad_input(acme: World, changes: dict[str, Any], field: str) -> None:
    before = await contents(acme.pool)
    asked = {"input": {**given(named(SAID)), **changes}}
    assert await acme.refusals(REVERSE, asked) == [("BAD_USER_INPUT", field)]
    assert await contents(acme.pool) == before


@pytest.mark.parametrize(
    "original",
    [
        "{}",
        '{grant: "a", event: {source: "b", id: "c"}}',
        "{grant: null}",
        '{grant: "a", event: null}',
    ],
)
async def test_bad_input_in_the_document(acme: World, original: str) -> None:
    document = f"""mutation {{ reverse(input: {{accountId: "x", original: {original},
        reason: "r", idempotencyKey: "k"}}) {{ __typename }} }}"""
    assert set(await acme.refusals(document)) == {("BAD_USER_INPUT", "original")}


async def test_the_longest_reason_and_key(acme: World) -> None:
    answer = await reverse(acme, named(SAID), reason="é" * REASON_MAX, key="~" * 128)
    assert answer["__typename"] == "Reversed"


# --- accounts without a current cycle


async def test_before_cycle_0_the_answer_shows_it(world: World) -> None:
    await world.account("acme", anchor="2026-12-01", signed_up_at="2026-11-01")
    await world.take(SAID)
    answer = await reverse(world, named(SAID))
    assert (answer["cycleNumber"], answer["cycle"]["number"]) == (None, 0)
    assert (answer["cycle"]["state"], answer["cycle"]["carrierBalance"]) == ("FUTURE", None)


async def test_a_trial_has_nothing_to_show(world: World) -> None:
    await world.account("acme", trial=True, signed_up_at="2026-11-01")
    await world.take(SAID, PAID)
    for event in (SAID, PAID):
        answer = await reverse(world, named(event))
        assert (answer["cycleNumber"], answer["adjustments"], answer["cycle"]) == (None, [], None)
    async with acquire(world.pool) as conn:
        assert await conn.fetchval("SELECT count(*) FROM conversation") == 0
