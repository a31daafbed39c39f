"""What operators take back, over HTTP, with a moved clock (D24).

The account is monthly from 2026-09-01 in UTC: cycle 0 is September and closes for good on
2026-10-04, cycle 1 is October and does on 2026-11-04. After each step the sums over all
cycles are those of the events that are left.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.account import account_id_of
from billing.event import Charge, Direction, Event, Message, MessageKind
from billing.plan import Interval
from db.pool import Pool
from resolvers import plan
from resolvers.principal import Role
from schema.root import Schema
from tests.billing.oracle import Stretch
from tests.support import http
from tests.support.facts import (
    HOUR,
    TICK,
    Adjusted,
    Recount,
    Shown,
    adjustments,
    charges_shown,
    conversations_shown,
    derived,
    recounted,
    shown,
    stored,
    summary,
    take,
)
from tests.support.http import Client
from tests.support.world import World, charge, contents, message, price_list, utc

STRETCH = Stretch(0, 1, date(2026, 9, 1), "UTC")

REVERSE = """mutation ($input: ReverseInput!) { reverse(input: $input) { __typename
    ... on Failure { message }
    ... on Reversed {
        meter label grantKind cycleNumber computedAt
        adjustments { meter label conversations amount cycleNumber bookedInCycle }
        cycle {
            number
            conversationUsage { version used quota purchased automatic }
            carrierBalance { version spent limit toppedUp } } } } }"""
BUY = """mutation ($input: %s!) { %s(input: $input) {
    __typename ... on Failure { message } ... on MeterChanged { version } } }"""
GRANTS = """query ($number: Int!) { account { cycle(number: $number) { grants { nodes {
    ... on BlockGrant { id reason } ... on BalanceGrant { id reason } } } } } }"""
CHARGES = """query ($number: Int!) { account { cycle(number: $number) { carrierBalance {
    charges { nodes { id bookedInCycle reversed } } } } } }"""


@dataclass
class Acme:
    """An account as the platform's staff and its admin see it."""

    world: World
    client: Client
    keys: int = 0

    def at(self, instant: str) -> None:
        self.world.clock.now = utc(instant)

    async def ask(self, document: str, variables: dict[str, Any], role: Role) -> dict[str, Any]:
        bearer = self.client.token(role, "acme" if role is Role.ADMIN else None)
        reply = await self.client.graphql(document, variables, bearer=bearer)
        assert "errors" not in reply, reply
        data: dict[str, Any] = reply["data"]
        return data

    async def answer(self, original: Event | str) -> dict[str, Any]:
        """Reverse an event, or a grant by its id, with a new key."""
        self.keys += 1
        named: dict[str, Any] = (
            {"grant": original}
            if isinstance(original, str)
            else {"event": {"source": original.source, "id": original.id}}
        )
        given = {
            "accountId": str(account_id_of("acme")),
            "original": named,
            "reason": "Sent by mistake.",
            "idempotencyKey": f"key-{self.keys}",
        }
        found: dict[str, Any] = (await self.ask(REVERSE, {"input": given}, Role.OPERATOR))[
            "reverse"
        ]
        return found

    async def reverse(self, original: Event | str) -> dict[str, Any]:
        found = await self.answer(original)
        assert found["__typename"] == "Reversed", found
        return found

    async def buy(self, mutation: str, version: int, **arguments: Any) -> None:
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        given = {"idempotencyKey": uuid4().hex, "expectedVersion": version, **arguments}
        data = await self.ask(BUY % (kind, mutation), {"input": given}, Role.ADMIN)
        assert data[mutation] == {"__typename": "MeterChanged", "version": version + 1}

    async def grants(self, number: int) -> list[tuple[str, str]]:
        """Return reason and id of what was granted to a cycle, besides what comes with it."""
        data = await self.ask(GRANTS, {"number": number}, Role.ADMIN)
        nodes = data["account"]["cycle"]["grants"]["nodes"]
        return [
            (node["reason"], node["id"])
            for node in nodes
            if node["reason"] not in {"INCLUDED", "COMMITMENT"}
        ]

    async def charges(self, number: int) -> list[tuple[str, int, bool]]:
        data = await self.ask(CHARGES, {"number": number}, Role.ADMIN)
        nodes = data["account"]["cycle"]["carrierBalance"]["charges"]["nodes"]
        return [(node["id"], node["bookedInCycle"], node["reversed"]) for node in nodes]

    async def cycles(self) -> dict[int, Shown]:
        """Return all cycles, once their sums are seen to be those from scratch."""
        found = await shown(self.world, "acme")
        recount = await recounted(self.world.pool, "acme", STRETCH)
        assert await stored(self.world.pool, "acme") == derived(recount)
        start, end = recount.bounds[0], recount.bounds[-1]
        assert conversations_shown(found.values()) == recount.conversations(start, end)
        assert charges_shown(found.values()) == recount.charges(start, end)
        return found

    async def used(self) -> dict[int, int]:
        """Return the conversations of each cycle, pending ones of the future one."""
        return {
            number: sum(cycle.used.values()) + sum(cycle.pending.values())
            for number, cycle in (await self.cycles()).items()
        }

    async def spent(self) -> dict[int, tuple[int, int]]:
        """Return the cents of VOICE of each cycle that has begun, and their charges."""
        found = {}
        for number, cycle in (await self.cycles()).items():
            if cycle.state != "FUTURE":
                amount, charges = cycle.spent.get("VOICE", (0, 0))
                found[number] = (amount // 10_000, charges)
        return found


@pytest.fixture
async def acme(world: World, schema: Schema, pool: Pool, ingest_pool: Pool) -> AsyncIterator[Acme]:
    async with http.client(schema, pool, ingest_pool, world.clock) as client:
        made = Acme(world, client)
        made.at("2026-09-01")
        await plan.create(world.context(), [price_list("Tiny", Interval.MONTHLY, 1)])
        await world.account(
            "acme", anchor="2026-09-01", zone="UTC", backfill_until="2026-09-01", plan="Tiny"
        )
        yield made


def on(day: str, *, contact: str = "maria") -> Event:
    """Return a message that is named by its day."""
    return message("acme", f"2026-{day}", contact=contact, channel="CHAT", id=day)


def cost(day: str, amount: str) -> Event:
    return charge("acme", f"2026-{day}", amount, id=day)


def taken_back(day: str, *, change: int, cycle: int, booked_cycle: int) -> Adjusted:
    at = utc(f"2026-{day}")
    return Adjusted("CONVERSATIONS", "CHAT", change, cycle, booked_cycle, day, at, "REVERSAL")


async def openings(acme: Acme) -> list[str]:
    windows = (await stored(acme.world.pool, "acme")).windows
    return [f"{opening:%m-%dT%H}" for _, _, opening in windows]


async def rows(acme: Acme, reason: str = "REVERSAL") -> list[Adjusted]:
    found = await adjustments(acme.world.pool, "acme")
    return [row for row in found if row.reason == reason]


# --- messages


async def test_a_message_in_the_open_cycle(acme: Acme) -> None:
    acme.at("2026-09-20")
    first, covered, later = on("09-01"), on("09-03"), on("09-09")
    await take(acme.world, first, covered, later)
    assert await openings(acme) == ["09-01T00", "09-09T00"]
    done = await acme.reverse(first)
    assert done == {
        "__typename": "Reversed",
        "meter": "CONVERSATIONS",
        "label": "CHAT",
        "grantKind": None,
        "cycleNumber": 0,
        "computedAt": "2026-09-20T00:00:00Z",
        "adjustments": [],
        "cycle": {
            "number": 0,
            "conversationUsage": {
                "version": 0,
                "used": 1,
                "quota": 101,  # two conversations were one too many for the quota of one
                "purchased": 0,
                "automatic": 100,
            },
            "carrierBalance": {
                "version": 0,
                "spent": "0.00",
                "limit": "0.00",
                "toppedUp": "0.00",
            },
        },
    }
    assert await openings(acme) == ["09-03T00"]  # until 09-10
    assert await acme.used() == {0: 1, 1: 0}
    assert (await acme.reverse(later))["cycleNumber"] is None
    assert await acme.used() == {0: 1, 1: 0}
    # A reversed event is a fact all the same: sent again it is a duplicate, also changed.
    assert summary(await take(acme.world, first, on("09-03"))) == (0, 2, 0, 0)
    assert (await acme.answer(first))["__typename"] == "AlreadyReversed"
    assert await acme.used() == {0: 1, 1: 0}
    await take(acme.world, on("09-02"))
    assert await openings(acme) == ["09-02T00"]  # the one of 09-09 opens none any more
    assert await acme.used() == {0: 1, 1: 0}
    await acme.reverse(covered)
    await acme.reverse(on("09-02"))
    assert await openings(acme) == []
    assert await acme.used() == {0: 0, 1: 0}
    assert await rows(acme) == []


async def test_a_message_less_moves_a_window_into_the_next_cycle(acme: Acme) -> None:
    acme.at("2026-09-29")
    first = on("09-23")
    await take(acme.world, first, on("09-26"))
    assert await acme.used() == {0: 1, 1: 0}
    assert (await acme.reverse(first))["cycleNumber"] == 0
    assert await openings(acme) == ["09-26T00"]
    assert await acme.used() == {0: 0, 1: 1}


@pytest.mark.parametrize(
    ("instant", "numbers", "change"),
    [
        pytest.param(utc("2026-10-04") - TICK, {0: 1, 1: 0, 2: 0}, 0, id="to_the_last_tick"),
        pytest.param(utc("2026-10-04"), {0: 2, 1: -1, 2: 0}, 1, id="closed"),
    ],
)
async def test_a_message_of_a_cycle_that_closes(
    acme: Acme, instant: datetime, numbers: dict[int, int], change: int
) -> None:
    acme.at("2026-09-20")
    last = on("09-09")
    await take(acme.world, on("09-01"), last)
    acme.world.clock.now = instant
    done = await acme.reverse(last)
    assert done["cycleNumber"] == change
    assert done["adjustments"] == change * [
        {
            "meter": "CONVERSATIONS",
            "label": "CHAT",
            "conversations": -1,
            "amount": None,
            "cycleNumber": 0,
            "bookedInCycle": 1,
        }
    ]
    assert done["cycle"]["conversationUsage"]["used"] == -change
    assert await acme.used() == numbers
    assert await rows(acme) == change * [taken_back("09-09", change=-1, cycle=0, booked_cycle=1)]
    assert (await acme.cycles())[1].taken_back == change * [("CHAT", 0, -1)]
    acme.at("2027-03-01")
    later = await acme.used()
    assert {number: later[number] for number in numbers} == numbers


async def test_no_net_change_to_a_closed_cycle_is_no_row(acme: Acme) -> None:
    acme.at("2026-09-20")
    await take(acme.world, on("09-01"), on("09-03"))
    acme.at("2026-10-20")
    done = await acme.reverse(on("09-01"))
    assert (done["cycleNumber"], done["adjustments"]) == (1, [])
    assert await openings(acme) == ["09-03T00"]
    assert await acme.used() == {0: 1, 1: 0, 2: 0}
    assert await rows(acme) == []


async def test_a_window_moves_from_a_closed_cycle_into_the_open_one(acme: Acme) -> None:
    acme.at("2026-10-01")
    await take(acme.world, on("09-23"), on("09-26"))
    acme.at("2026-10-20")
    await acme.reverse(on("09-23"))
    assert await acme.used() == {0: 1, 1: 0, 2: 0}
    cycles = await acme.cycles()
    assert (cycles[1].used, cycles[1].taken_back) == ({}, [("CHAT", 0, -1)])


async def test_a_window_moves_between_two_closed_cycles(acme: Acme) -> None:
    acme.at("2026-10-01")
    await take(acme.world, on("09-23"), on("09-26"))
    acme.at("2026-11-10")
    done = await acme.reverse(on("09-23"))
    assert [
        (each["cycleNumber"], each["conversations"], each["bookedInCycle"])
        for each in done["adjustments"]
    ] == [(0, -1, 2), (1, 1, 2)]
    assert await acme.used() == {0: 1, 1: 0, 2: 0, 3: 0}


@pytest.mark.parametrize(
    ("instant", "numbers"),
    [
        pytest.param("2026-10-21", {0: 0, 1: 0, 2: 0}, id="while_its_booking_is_open"),
        pytest.param("2026-11-10", {0: 0, 1: 1, 2: -1, 3: 0}, id="when_that_is_closed_too"),
    ],
)
async def test_a_late_message(acme: Acme, instant: str, numbers: dict[int, int]) -> None:
    acme.at("2026-10-20")
    late = on("09-20")
    await take(acme.world, late)
    assert await acme.used() == {0: 0, 1: 1, 2: 0}
    acme.at(instant)
    await acme.reverse(late)
    assert await acme.used() == numbers
    current = max(numbers) - 1
    assert await rows(acme) == [taken_back("09-20", change=-1, cycle=0, booked_cycle=current)]
    assert len(await rows(acme, "LATE")) == 1


async def test_a_late_message_that_takes_the_place_of_a_reversed_one(acme: Acme) -> None:
    acme.at("2026-09-20")
    await take(acme.world, on("09-01"))
    acme.at("2026-10-20")
    await acme.reverse(on("09-01"))
    assert await acme.used() == {0: 1, 1: -1, 2: 0}
    await take(acme.world, on("09-01T12:00"))
    assert await acme.used() == {0: 1, 1: 0, 2: 0}
    assert (await acme.cycles())[1].late == [("CHAT", 0, 1)]


async def test_blocks_are_added_where_a_moved_window_is_too_much(acme: Acme) -> None:
    """Also those that a reversal brings; blocks that were added are never taken back."""
    acme.at("2026-09-29")
    await take(acme.world, on("09-23"), on("09-26"), on("09-28", contact="jon"))
    assert await acme.used() == {0: 1, 1: 1}
    assert await acme.grants(1) == []
    await acme.reverse(on("09-23"))
    assert await acme.used() == {0: 0, 1: 2}
    assert [reason for reason, _ in await acme.grants(1)] == ["AUTOMATIC"]
    await acme.reverse(on("09-26"))
    assert await acme.used() == {0: 0, 1: 1}
    assert [reason for reason, _ in await acme.grants(1)] == ["AUTOMATIC"]


# --- charges


@pytest.mark.parametrize(
    ("instant", "numbers", "counts_in"),
    [
        pytest.param("2026-09-21", {0: (50, 1)}, 0, id="current"),
        pytest.param("2026-10-03", {0: (50, 1), 1: (0, 0)}, 0, id="provisional"),
        pytest.param("2026-10-04", {0: (175, 2), 1: (-125, -1)}, 1, id="closed"),
    ],
)
async def test_a_charge(
    acme: Acme, instant: str, numbers: dict[int, tuple[int, int]], counts_in: int
) -> None:
    acme.at("2026-09-20")
    wrong = cost("09-10", "1.25")
    await take(acme.world, wrong, cost("09-11", "0.50"))
    acme.at(instant)
    done = await acme.reverse(wrong)
    assert (done["meter"], done["label"], done["cycleNumber"]) == ("CARRIER", "VOICE", counts_in)
    assert done["adjustments"] == counts_in * [
        {
            "meter": "CARRIER",
            "label": "VOICE",
            "conversations": None,
            "amount": "-1.25",
            "cycleNumber": 0,
            "bookedInCycle": 1,
        }
    ]
    assert done["cycle"]["carrierBalance"]["spent"] == f"{numbers[max(numbers)][0] / 100:.2f}"
    assert await acme.spent() == numbers
    assert await acme.charges(0) == [("09-11", 0, False), ("09-10", 0, True)]
    assert summary(await take(acme.world, wrong)) == (0, 1, 0, 0)
    assert await acme.spent() == numbers


@pytest.mark.parametrize(
    ("instant", "numbers", "counts_in"),
    [
        pytest.param("2026-10-21", {0: (0, 0), 1: (50, 1)}, 1, id="booked_in_the_current_one"),
        pytest.param(
            "2026-11-03",
            {0: (0, 0), 1: (50, 1), 2: (0, 0)},
            1,
            id="booked_in_one_that_is_not_closed",
        ),
        pytest.param(
            "2026-11-04",
            {0: (0, 0), 1: (175, 2), 2: (-125, -1)},
            2,
            id="booked_in_one_that_is_closed_meanwhile",
        ),
    ],
)
async def test_a_late_charge(
    acme: Acme, instant: str, numbers: dict[int, tuple[int, int]], counts_in: int
) -> None:
    acme.at("2026-10-20")
    late = cost("09-10", "1.25")
    await take(acme.world, late, cost("10-11", "0.50"))
    assert await acme.spent() == {0: (0, 0), 1: (175, 2)}
    acme.at(instant)
    done = await acme.reverse(late)
    assert done["cycleNumber"] == counts_in
    assert [(each["cycleNumber"], each["bookedInCycle"]) for each in done["adjustments"]] == [
        (0, counts_in)
    ]
    assert await acme.spent() == numbers
    assert await acme.charges(0) == [("09-10", 1, True)]


async def test_a_charge_of_nothing_is_one_charge_less(acme: Acme) -> None:
    acme.at("2026-09-20")
    await take(acme.world, cost("09-10", "0"))
    acme.at("2026-10-20")
    await acme.reverse(cost("09-10", "0"))
    assert await acme.spent() == {0: (0, 1), 1: (0, -1)}


# --- grants


async def test_a_purchase_of_blocks(acme: Acme) -> None:
    acme.at("2026-09-20")
    await acme.buy("addConversationBlocks", 0, blocks=2)
    assert await acme.grants(0) == [("PURCHASE", "CONVERSATIONS-1")]
    done = await acme.reverse("CONVERSATIONS-1")
    assert (done["meter"], done["label"], done["grantKind"]) == ("CONVERSATIONS", None, "BLOCKS")
    assert (done["cycleNumber"], done["adjustments"]) == (0, [])
    assert done["cycle"]["conversationUsage"] == {
        "version": 1,  # an operator's reversal is no change of an admin's
        "used": 0,
        "quota": 1,
        "purchased": 0,
        "automatic": 0,
    }
    assert [reason for reason, _ in await acme.grants(0)] == ["PURCHASE", "REVERSAL"]
    assert (await acme.answer("CONVERSATIONS-1"))["__typename"] == "AlreadyReversed"
    await acme.buy("addConversationBlocks", 1, blocks=1)
    assert (await acme.reverse("CONVERSATIONS-2"))["cycle"]["conversationUsage"]["quota"] == 1


async def test_blocks_are_added_where_a_purchase_less_is_too_little(acme: Acme) -> None:
    acme.at("2026-09-20")
    await acme.buy("addConversationBlocks", 0, blocks=1)
    await take(acme.world, *(on("09-10", contact="maria"), on("09-11", contact="jon")))
    done = await acme.reverse("CONVERSATIONS-1")
    assert done["cycle"]["conversationUsage"] == {
        "version": 1,
        "used": 2,
        "quota": 101,
        "purchased": 0,
        "automatic": 100,
    }
    automatic = dict(await acme.grants(0))["AUTOMATIC"]
    again = await acme.reverse(automatic)
    assert (again["grantKind"], again["cycleNumber"]) == ("AUTOMATIC_BLOCKS", 0)
    usage = again["cycle"]["conversationUsage"]
    assert (usage["used"], usage["quota"], usage["automatic"]) == (2, 1, 0)  # not by itself
    await take(acme.world, on("09-12", contact="eva"))
    reasons = [reason for reason, _ in await acme.grants(0)]
    assert Counter(reasons) == {"PURCHASE": 1, "AUTOMATIC": 2, "REVERSAL": 2}


async def test_a_purchase_for_the_next_cycle(acme: Acme) -> None:
    acme.at("2026-09-20")
    await acme.buy("addConversationBlocks", 0, blocks=2, cycle="NEXT")
    done = await acme.reverse("CONVERSATIONS-1")
    assert (done["cycleNumber"], done["cycle"]["number"]) == (1, 0)
    acme.at("2026-10-01")
    assert [reason for reason, _ in await acme.grants(1)] == ["PURCHASE", "REVERSAL"]


async def test_a_top_up(acme: Acme) -> None:
    acme.at("2026-09-20")
    await acme.buy("changeCarrierCommitment", 0, amount="25")
    await acme.buy("topUpCarrierBalance", 1, amount="10")
    done = await acme.reverse("CARRIER-2")
    assert (done["meter"], done["grantKind"], done["cycleNumber"]) == ("CARRIER", "TOP_UP", 0)
    assert done["cycle"]["carrierBalance"] == {
        "version": 2,
        "spent": "0.00",
        "limit": "25.00",
        "toppedUp": "0.00",
    }


@pytest.mark.parametrize(
    ("instant", "number"),
    [("2026-10-03T23:59:59.999999", 0), ("2026-10-04", 1)],
    ids=["provisional", "closed"],
)
async def test_a_top_up_of_a_cycle_that_closes(acme: Acme, instant: str, number: int) -> None:
    acme.at("2026-09-20")
    await acme.buy("changeCarrierCommitment", 0, amount="25")
    await acme.buy("topUpCarrierBalance", 1, amount="10")
    acme.at(instant)
    done = await acme.reverse("CARRIER-2")
    assert done["cycleNumber"] == number
    assert done["cycle"]["carrierBalance"]["limit"] == ("25.00" if number == 0 else "15.00")
    reasons = {n: [reason for reason, _ in await acme.grants(n)] for n in (0, 1)}
    assert reasons == (
        {0: ["PURCHASE", "REVERSAL"], 1: []} if number == 0 else {0: ["PURCHASE"], 1: ["REVERSAL"]}
    )


# --- accounts without a current cycle


async def end_at(acme: Acme, instant: str) -> None:
    await acme.ask(
        "mutation ($input: EndAccountInput!) { endAccount(input: $input) { __typename } }",
        {"input": {"accountId": str(account_id_of("acme")), "at": f"{instant}:00Z"}},
        Role.OPERATOR,
    )


async def test_an_account_that_ended_takes_reversals_until_its_last_cycle_is_closed(
    acme: Acme,
) -> None:
    acme.at("2026-10-20")
    await acme.buy("addConversationBlocks", 0, blocks=1)
    await acme.buy("addConversationBlocks", 1, blocks=1, cycle="NEXT")
    await take(acme.world, on("09-10"), cost("10-10", "1.25"), on("10-05"), on("10-06"))
    await end_at(acme, "2026-10-20T10:00")
    acme.at("2026-10-23T09:59")
    done = await acme.reverse(on("09-10"))  # of a closed cycle: the last one carries it
    assert (done["cycleNumber"], done["cycle"]["number"]) == (1, 1)
    assert (await acme.reverse(cost("10-10", "1.25")))["cycleNumber"] == 1
    never = await acme.reverse("CONVERSATIONS-2")  # of a cycle that there will not be
    assert (never["cycleNumber"], never["cycle"]["conversationUsage"]["quota"]) == (2, 101)
    assert (await acme.reverse("CONVERSATIONS-1"))["cycle"]["conversationUsage"]["quota"] == 1
    cycles = await shown(acme.world, "acme")
    assert {number: sum(cycle.used.values()) for number, cycle in cycles.items()} == {0: 0, 1: 1}
    acme.at("2026-10-23T10:00")
    before = await contents(acme.world.pool)
    assert await acme.answer(on("10-06")) == {
        "__typename": "AccountEnded",
        "message": "The account has ended, and its last cycle is closed.",
    }
    assert (await acme.answer("CONVERSATIONS-1"))["__typename"] == "AccountEnded"
    assert await contents(acme.world.pool) == before


async def test_what_belongs_to_no_cycle_is_reversed_without_a_booking(acme: Acme) -> None:
    """Messages of the trial still cover what comes after it, unless they are reversed."""
    acme.at("2026-09-01")
    await acme.world.account("trial", trial=True, zone="UTC", signed_up_at="2026-08-25")
    sent = [message("trial", f"2026-{day}", channel="CHAT", id=day) for day in ("08-30", "09-02")]
    paid = charge("trial", "2026-08-30", "1", id="paid")
    acme.at("2026-09-03")
    await take(acme.world, *sent, paid)

    async def reverse(event: Event) -> dict[str, Any]:
        given = {
            "accountId": str(account_id_of("trial")),
            "original": {"event": {"source": event.source, "id": event.id}},
            "reason": "Sent by mistake.",
            "idempotencyKey": event.id,
        }
        data = await acme.ask(REVERSE, {"input": given}, Role.OPERATOR)
        found: dict[str, Any] = data["reverse"]
        return found

    done = await reverse(paid)
    assert (done["cycleNumber"], done["adjustments"], done["cycle"]) == (None, [], None)
    terms = {"accountId": str(account_id_of("trial")), "plan": "Tiny", "interval": "MONTHLY"}
    await acme.ask(
        "mutation ($input: ChangeTermsInput!) { changeTerms(input: $input) { __typename } }",
        {"input": {**terms, "anchorDate": "2026-09-04"}},
        Role.OPERATOR,
    )
    acme.at("2026-09-05")
    await take(acme.world, message("trial", "2026-09-05", channel="CHAT", id="09-05"))
    stretch = Stretch(0, 1, date(2026, 9, 4), "UTC")
    for event, numbers in ((sent[0], {0: 0, 1: 0}), (sent[1], {0: 1, 1: 0})):
        done = await reverse(event)
        assert (done["cycleNumber"], done["adjustments"]) == (None, [])
        recount = await recounted(acme.world.pool, "trial", stretch)
        assert await stored(acme.world.pool, "trial") == derived(recount)
        acme.world.clock.now += TICK  # what is dated now is seen in a moment
        cycles = await shown(acme.world, "trial")
        assert {number: sum(cycle.used.values()) for number, cycle in cycles.items()} == numbers


# --- any traffic, any reversals

SIGNED_UP_AT = utc("2026-03-20")
ANY = Stretch(0, 1, date(2026, 3, 31), "Europe/Amsterdam")


@dataclass(frozen=True)
class Sent:
    """An event to be made when the clock is known: `age` is in thousandths of the account's."""

    age: int
    contact: str
    label: str
    kind: MessageKind | None

    def event(self, external_id: str, lifetime: timedelta) -> Event:
        at = SIGNED_UP_AT + lifetime * self.age / 1_000
        if self.kind is None:
            paid = Charge(at, self.label, self.age * 12_345, "EUR", None, None)
            return Event(external_id, "carrier", uuid4().hex, paid)
        said = Message(at, self.contact, self.label, Direction.OUTBOUND, False, self.kind)  # noqa: FBT003
        return Event(external_id, "inbox", uuid4().hex, said)


SENT = st.builds(
    Sent,
    st.integers(0, 999),
    st.sampled_from("ab"),
    st.sampled_from(("CHAT", "SMS")),
    st.sampled_from((MessageKind.MESSAGE, MessageKind.MESSAGE, MessageKind.NOTE, None)),
)
STEPS = st.lists(
    st.tuples(
        st.integers(1, 1_200),
        st.lists(SENT, max_size=10),
        st.lists(st.integers(0, 10**6), max_size=4),
    ),
    max_size=6,
)
"""Batches, each so many hours after the one before, and what is reversed after each."""


def moved_to(cycles: dict[int, Shown], before: Recount, after: Recount) -> dict[int, Counter[str]]:
    """Say what cycles use once messages are gone: the current one takes for closed ones."""
    used = {number: Counter(cycle.used or cycle.pending) for number, cycle in cycles.items()}
    current = [number for number, cycle in cycles.items() if cycle.state == "CURRENT"]
    for number, cycle in cycles.items():
        period = before.bounds[number], before.bounds[number + 1]
        change = Counter(after.conversations(*period))
        change.subtract(before.conversations(*period))
        used[current[0] if cycle.state == "CLOSED" else number].update(change)
    return used


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS)
async def test_closed_cycles_keep_their_numbers_whatever_is_reversed(
    world: World, steps: list[tuple[int, list[Sent], list[int]]]
) -> None:
    external_id = uuid4().hex
    world.clock.now = SIGNED_UP_AT
    await world.account(
        external_id,
        anchor=ANY.anchor.isoformat(),
        zone=ANY.zone,
        backfill_until=SIGNED_UP_AT.isoformat(),
    )
    left: list[Event] = []
    for hours, batch, places in steps:
        world.clock.now += hours * HOUR
        lifetime = world.clock.now - SIGNED_UP_AT
        events = [sent.event(external_id, lifetime) for sent in batch]
        await take(world, *events)
        left += events
        gone = [left.pop(place % len(left)) for place in places if left]
        before, cycles = (
            await recounted(world.pool, external_id, ANY),
            await shown(world, external_id),
        )
        await reverse_all(world, external_id, gone)
        after = await recounted(world.pool, external_id, ANY)
        assert await stored(world.pool, external_id) == derived(after)
        now = await shown(world, external_id)
        used = {number: Counter(cycle.used or cycle.pending) for number, cycle in now.items()}
        assert used == moved_to(cycles, before, after)
        for number, cycle in cycles.items():
            assert cycle.state != "CLOSED" or cycle.spent == now[number].spent
        start, end = after.bounds[0], after.bounds[-1]
        assert conversations_shown(now.values()) == after.conversations(start, end)
        assert charges_shown(now.values()) == after.charges(start, end)


async def reverse_all(world: World, external_id: str, events: Sequence[Event]) -> None:
    for event in events:
        given = {
            "accountId": str(account_id_of(external_id)),
            "original": {"event": {"source": event.source, "id": event.id}},
            "reason": "Sent by mistake.",
            "idempotencyKey": event.id,
        }
        data = await world.data(REVERSE, {"input": given})
        assert data["reverse"]["__typename"] == "Reversed"
