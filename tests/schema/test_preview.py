"""Previews: what a change or a send would do, told without doing it (R11, D5, D9, D15).

It is 2026-11-22 12:00 UTC. Cycles run from the 25th to the 25th in Amsterdam: 0 began on 10-25,
so that 1 is the next, and what opens since 11-17 23:00 UTC lands there.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from billing.account import account_id_of
from billing.event import LABELS_MAX, TEXT_MAX, Event
from billing.plan import BLOCKS_MAX, Interval, SurchargePolicy
from db.embedded import Cluster
from resolvers import plan
from resolvers.preview import PREVIEWS_MAX
from resolvers.principal import Anonymous, Principal, Role, User
from resolvers.send import CONTACTS_MAX
from tests.support.facts import TICK
from tests.support.fixtures import shared_world
from tests.support.previews import (
    CYCLE,
    PREVIEWS,
    ask,
    change,
    change_terms,
    document,
    end,
    make,
    preview,
)
from tests.support.world import (
    EXPIRES_AT,
    OPERATOR,
    World,
    admin,
    charge,
    contents,
    message,
    price_list,
    utc,
)

ANNA = admin("acme")
NOON = "2026-11-22T12:00:00Z"
NEXT = "2026-11-24T23:00:00Z"
NOTHING = {
    "conversations": 0,
    "balance": "0.00",
    "scheduledCommitments": [],
    "scheduledTerms": None,
}
EARLIER, LATER = "2026-11-10T09:00", "2026-11-21T09:00"
"""What opens then lands in cycle 0, or in cycle 1."""


def crowded(number: int, at: str, *, first: int = 0, account: str = "acme") -> list[Event]:
    """Return messages that open so many conversations."""
    return [message(account, at, contact=f"contact-{n}") for n in range(first, first + number)]


def usage(cycle: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(cycle["conversationUsage"][name] for name in names)


def balance(cycle: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(cycle["carrierBalance"][name] for name in names)


QUOTA = ("used", "quota", "left", "over", "percentOfCommitment", "percentOfQuota")
LIMIT = ("spent", "limit", "left", "overspent", "percent", "sendAllowed")


# --- commitments


async def test_a_commitment_from_nothing_shows_the_current_cycle_before_and_after(
    world: World,
) -> None:
    await world.account("acme")
    await world.take(*crowded(450, EARLIER), charge("acme", "2026-11-21T09:00", "12.345"))
    before = await contents(world.pool)
    shown = await ask(world, "acme", f"cycle {{ {CYCLE} }}")
    found = await preview(world, "previewCommitmentChange", meter="CONVERSATIONS", blocks=3)
    statements = list(world.statements)
    assert await contents(world.pool) == before
    after = found.pop("after")
    assert found == {
        "__typename": "MeterPreview",
        "kind": "COMMITMENT",
        "cycleNumber": 0,
        "price": "54.00",
        "effectiveAt": NOON,
        "effectiveOn": "2026-11-22",
        "computedAt": NOON,
        "before": shown["cycle"],
        "lost": NOTHING,
        "pending": {
            "cycleNumber": 1,
            "conversations": 0,
            "quota": 800,
            "covered": True,
            "automaticBlocks": 0,
            "automaticPrice": "0.00",
        },
    }
    assert usage(found["before"], *QUOTA) == (450, 500, 50, 0, 90, 90)
    assert usage(after, *QUOTA) == (450, 800, 350, 0, 56, 56)
    assert after == {
        **shown["cycle"],
        "conversationUsage": {
            **shown["cycle"]["conversationUsage"],
            "version": 1,
            "committed": 300,
            "commitment": 800,
            "quota": 800,
            "left": 350,
            "percentOfCommitment": 56,
            "percentOfQuota": 56,
        },
    }
    assert statements == ["account.by_ids", "standing.read"]


async def test_a_change_shows_the_next_cycle_as_it_will_start_and_what_is_replaced(
    world: World,
) -> None:
    await world.account("acme", blocks=5)
    await world.take(*crowded(700, LATER))
    await change(world, "changeConversationCommitment", 1, blocks=9)
    found = await preview(world, "previewCommitmentChange", meter="CONVERSATIONS", blocks=0)
    assert (found["cycleNumber"], found["price"]) == (1, "0.00")
    assert (found["effectiveAt"], found["effectiveOn"]) == (NEXT, "2026-11-25")
    for side in ("before", "after"):
        names = ("number", "state", "computedAt")
        assert tuple(found[side][name] for name in names) == (1, "CURRENT", NEXT)
    assert usage(found["before"], "committed", *QUOTA) == (900, 700, 1_400, 700, 0, 50, 50)
    # Two steps of one block: 500 conversations are committed to then.
    assert usage(found["after"], "automatic", *QUOTA) == (200, 700, 700, 0, 0, 140, 100)
    assert found["lost"] == {
        **NOTHING,
        "scheduledCommitments": [
            {
                "meter": "CONVERSATIONS",
                "blocks": 9,
                "amount": None,
                "effectiveAt": NEXT,
                "effectiveOn": "2026-11-25",
            }
        ],
    }
    assert found["pending"] == {
        "cycleNumber": 1,
        "conversations": 700,
        "quota": 500,
        "covered": False,
        "automaticBlocks": 2,
        "automaticPrice": "43.20",
    }
    cancelled = await preview(world, "previewCommitmentChange", meter="CONVERSATIONS", blocks=5)
    assert cancelled["lost"]["scheduledCommitments"][0]["blocks"] == 9
    assert cancelled["pending"]["covered"]
    again = await preview(world, "previewCommitmentChange", meter="CONVERSATIONS", blocks=9)
    assert again["lost"] == NOTHING


async def test_pending_conversations_that_no_blocks_are_added_for(world: World) -> None:
    none = price_list("Bare", Interval.MONTHLY, 100, policy=SurchargePolicy.NONE)
    await plan.create(world.context(), [none])
    await world.account("acme", plan="Bare", blocks=1)
    await world.take(*crowded(150, LATER))
    found = await preview(world, "previewCommitmentChange", meter="CONVERSATIONS", blocks=0)
    assert found["pending"] == {
        "cycleNumber": 1,
        "conversations": 150,
        "quota": 100,
        "covered": False,
        "automaticBlocks": 0,
        "automaticPrice": "0.00",
    }
    assert usage(found["after"], "left", "over", "percentOfQuota") == (0, 50, 150)


async def test_a_quota_that_just_holds_the_pending_covers_them(world: World) -> None:
    await world.account("acme", blocks=1)
    await world.take(*crowded(500, LATER))
    held = await preview(world, "previewCommitmentChange", meter="CONVERSATIONS", blocks=0)
    assert (held["pending"]["covered"], held["pending"]["automaticBlocks"]) == (True, 0)
    # Dated ahead: counted when blocks are added, so counted here, too.
    await world.take(message("acme", "2026-11-22T12:05", contact="one more"))
    over = await preview(world, "previewCommitmentChange", meter="CONVERSATIONS", blocks=0)
    assert (over["pending"]["covered"], over["pending"]["automaticBlocks"]) == (False, 1)
    assert (over["pending"]["conversations"], over["pending"]["quota"]) == (501, 500)


async def test_a_carrier_commitment_at_once_and_for_the_next_cycle(world: World) -> None:
    await world.account("acme")
    await world.take(charge("acme", "2026-11-21T09:00", "30.000001"))
    start = await preview(world, "previewCommitmentChange", meter="CARRIER", amount="25")
    assert (start["kind"], start["price"], start["effectiveAt"]) == ("COMMITMENT", "25.00", NOON)
    nothing = ("30.000001", "0.00", "0.00", "30.000001", None, False)
    assert balance(start["before"], *LIMIT) == nothing
    assert balance(start["after"], *LIMIT) == (
        "30.000001",
        "25.00",
        "0.00",
        "5.000001",
        120,
        False,
    )
    await change(world, "changeCarrierCommitment", 0, amount="25")
    await change(world, "changeCarrierCommitment", 1, amount="100")
    end_ = await preview(world, "previewCommitmentChange", meter="CARRIER", amount="0")
    assert (end_["effectiveAt"], end_["price"]) == (NEXT, "0.00")
    assert balance(end_["before"], *LIMIT) == ("0.00", "100.00", "100.00", "0.00", 0, True)
    assert balance(end_["after"], *LIMIT) == ("0.00", "0.00", "0.00", "0.00", None, False)
    assert end_["lost"]["scheduledCommitments"] == [
        {
            "meter": "CARRIER",
            "blocks": None,
            "amount": "100.00",
            "effectiveAt": NEXT,
            "effectiveOn": "2026-11-25",
        }
    ]


async def test_before_cycle_0_it_is_the_cycle_to_come(world: World) -> None:
    await world.account("acme", anchor="2026-12-01", blocks=1)
    found = await preview(world, "previewCommitmentChange", meter="CONVERSATIONS", blocks=4)
    start = "2026-11-30T23:00:00Z"
    assert (found["cycleNumber"], found["effectiveAt"], found["lost"]) == (0, start, NOTHING)
    assert usage(found["before"], "quota", "left") == (600, 600)
    assert usage(found["after"], "quota", "left") == (900, 900)
    assert (found["pending"]["cycleNumber"], found["pending"]["quota"]) == (0, 900)


async def test_where_the_account_ends_nothing_is_pending(world: World) -> None:
    await world.account("acme", carrier="25")
    await end(world, "acme", NEXT)
    found = await preview(world, "previewCommitmentChange", meter="CONVERSATIONS", blocks=1)
    assert (found["cycleNumber"], found["pending"]) == (0, None)


# --- blocks and top-ups


@pytest.mark.parametrize(
    ("at", "lands_in"),
    [
        pytest.param(utc("2026-11-17T23:00") - TICK, 0, id="a_tick_before"),
        pytest.param(utc("2026-11-17T23:00"), 1, id="7_days_before"),
        pytest.param(utc(NEXT) - TICK, 1, id="at_the_end"),
    ],
)
async def test_blocks_say_whether_they_cover_what_opens_now(
    world: World, at: datetime, lands_in: int
) -> None:
    await world.account("acme")
    world.clock.now = at
    found = await preview(world, "previewBlocks", blocks=2)
    assert found["coversUntil"] == "2026-11-17T23:00:00Z"
    assert found["coversNewConversations"] is (lands_in == 0)
    assert (found["kind"], found["cycleNumber"], found["price"]) == ("BLOCKS", 0, "36.00")
    assert usage(found["before"], "purchased", "quota") == (0, 500)
    assert usage(found["after"], "purchased", "quota") == (200, 700)
    following = await preview(world, "previewBlocks", blocks=2, cycle="NEXT")
    assert following["coversUntil"] == "2026-12-17T23:00:00Z"
    assert following["coversNewConversations"] is True
    assert (following["cycleNumber"], following["effectiveAt"]) == (1, NEXT)
    assert usage(following["after"], "purchased", "quota") == (200, 700)
    send = await preview(world, "previewSend", contacts=["peter"], channel="WHATSAPP")
    assert send["cycle"]["number"] == lands_in


async def test_blocks_for_the_next_cycle_cover_what_is_pending(world: World) -> None:
    await world.account("acme")
    await world.take(*crowded(501, LATER))
    found = await preview(world, "previewBlocks", blocks=1, cycle="NEXT")
    # The automatic block is there already, and stays.
    assert usage(found["before"], "automatic", *QUOTA) == (100, 501, 600, 99, 0, 100, 83)
    assert usage(found["after"], "automatic", *QUOTA) == (100, 501, 700, 199, 0, 100, 71)
    assert found["pending"] == {
        "cycleNumber": 1,
        "conversations": 501,
        "quota": 700,
        "covered": True,
        "automaticBlocks": 0,
        "automaticPrice": "0.00",
    }


async def test_a_top_up_shows_the_new_limit(world: World) -> None:
    await world.account("acme", carrier="25")
    await world.take(charge("acme", "2026-11-21T09:00", "30"))
    found = await preview(world, "previewTopUp", amount="15")
    assert (found["kind"], found["cycleNumber"], found["price"]) == ("TOP_UP", 0, "15.00")
    assert balance(found["before"], *LIMIT) == ("30.00", "25.00", "0.00", "5.00", 120, False)
    assert balance(found["after"], *LIMIT) == ("30.00", "40.00", "10.00", "0.00", 75, True)
    assert found["lost"] == NOTHING


# --- terms


async def test_a_change_of_plan_for_the_next_cycle(world: World) -> None:
    await world.account("acme", blocks=2, carrier="25")
    await world.take(*crowded(600, LATER))
    before = await contents(world.pool)
    found = await preview(world, "previewTermsChange", plan="Pro")
    assert await contents(world.pool) == before
    assert found["terms"] == {
        "plan": "Pro",
        "interval": "MONTHLY",
        "anchorDate": "2026-10-25",
        "timeZone": "Europe/Amsterdam",
        "effectiveAt": NEXT,
        "effectiveOn": "2026-11-25",
    }
    assert (found["cancelledScheduled"], found["cycleNumber"]) == (False, 1)
    assert (found["effectiveAt"], found["effectiveOn"]) == (NEXT, "2026-11-25")
    assert (found["computedAt"], found["price"]) == (NOON, "61.00")  # 2 x 18 + 25
    assert usage(found["before"], "included", *QUOTA) == (500, 600, 700, 100, 0, 85, 85)
    assert usage(found["after"], "included", *QUOTA) == (1_500, 600, 1_700, 1_100, 0, 35, 35)
    assert (found["lost"], found["pending"]["covered"]) == (NOTHING, True)


async def test_yearly_now_ends_the_cycle_and_says_what_expires(world: World) -> None:
    await world.account("acme", blocks=1, carrier="25")
    await change(world, "topUpCarrierBalance", 1, amount="5")
    await change(world, "changeConversationCommitment", 1, blocks=9)
    await change_terms(world, plan="Pro")
    await world.take(
        *crowded(100, EARLIER),
        *crowded(7, "2026-11-16T09:00", first=100),  # in progress: they move to the year
        *crowded(3, LATER, first=200),
        charge("acme", "2026-11-21T09:00", "10"),
    )
    shown = await ask(world, "acme", f"cycle {{ {CYCLE} }}")
    found = await preview(
        world,
        "previewTermsChange",
        interval="YEARLY",
        now=True,
        conversationBlocks=3,
        carrierCommitment="100",
    )
    assert (found["cycleNumber"], found["effectiveAt"], found["price"]) == (1, NOON, "145.00")
    assert found["before"] == shown["cycle"]
    assert usage(found["before"], *QUOTA) == (107, 600, 493, 0, 17, 17)
    assert (found["after"]["number"], found["after"]["state"]) == (1, "CURRENT")
    assert (found["after"]["startsAt"], found["after"]["endsOn"]) == (NOON, "2027-11-21")
    assert usage(found["after"], *QUOTA) == (10, 6_300, 6_290, 0, 0, 0)
    assert balance(found["after"], *LIMIT) == ("0.00", "100.00", "100.00", "0.00", 0, True)
    assert found["lost"] == {
        "conversations": 500,  # of 600, the 100 that are closed were used
        "balance": "20.00",
        "scheduledCommitments": [
            {
                "meter": "CONVERSATIONS",
                "blocks": 9,
                "amount": None,
                "effectiveAt": NEXT,
                "effectiveOn": "2026-11-25",
            }
        ],
        "scheduledTerms": {
            "plan": "Pro",
            "interval": "MONTHLY",
            "anchorDate": "2026-10-25",
            "timeZone": "Europe/Amsterdam",
            "effectiveAt": NEXT,
            "effectiveOn": "2026-11-25",
        },
    }
    assert found["pending"] == {
        "cycleNumber": 1,
        "conversations": 10,
        "quota": 6_300,
        "covered": True,
        "automaticBlocks": 0,
        "automaticPrice": "0.00",
    }


async def test_pending_of_a_cycle_that_starts_now_beyond_its_quota(world: World) -> None:
    few = [price_list("Few", Interval.MONTHLY, 500), price_list("Few", Interval.YEARLY, 20)]
    await plan.create(world.context(), few)
    await world.account("acme", plan="Few")
    await world.take(*crowded(130, LATER))
    yearly: dict[str, Any] = {
        "interval": "YEARLY",
        "conversationBlocks": 0,
        "carrierCommitment": "0",
    }
    for now in (True, False):
        found = await preview(world, "previewTermsChange", now=now, **yearly)
        assert found["pending"] == {
            "cycleNumber": 1,
            "conversations": 130,
            "quota": 20,
            "covered": False,
            "automaticBlocks": 2,
            "automaticPrice": "36.00",
        }
        assert usage(found["after"], "automatic", *QUOTA) == (200, 130, 220, 90, 0, 650, 59)


async def test_what_was_added_to_a_cycle_that_was_not_to_come_is_there_when_it_comes(
    world: World,
) -> None:
    await world.account("acme")
    await world.take(*crowded(501, LATER))  # an automatic block for cycle 1
    await end(world, "acme", "2026-11-24T00:00:00Z")
    found = await preview(
        world,
        "previewTermsChange",
        interval="YEARLY",
        now=True,
        conversationBlocks=0,
        carrierCommitment="0",
    )
    assert usage(found["after"], "automatic", "quota") == (100, 6_100)
    assert found["pending"] == {
        "cycleNumber": 1,
        "conversations": 0,  # none closes before the account's end
        "quota": 6_100,
        "covered": True,
        "automaticBlocks": 0,
        "automaticPrice": "0.00",
    }


async def test_naming_the_terms_in_force_loses_the_scheduled_ones(world: World) -> None:
    await world.account("acme")
    await change_terms(world, plan="Pro")
    found = await preview(world, "previewTermsChange", plan="Boost")
    assert found["cancelledScheduled"] is True
    assert found["lost"]["scheduledTerms"]["plan"] == "Pro"
    assert usage(found["before"], "included") == (1_500,)
    assert usage(found["after"], "included") == (500,)
    again = await preview(world, "previewTermsChange", plan="Pro")
    assert (again["cancelledScheduled"], again["lost"]) == (False, NOTHING)


async def test_before_cycle_0_its_terms_are_compared_with_those_planned(world: World) -> None:
    await world.account("acme", anchor="2026-12-01", blocks=1)
    for anchor, start, seen in (
        ("2026-12-15", "2026-12-14T23:00:00Z", "2026-12-14T23:00:00Z"),
        ("2026-11-22", "2026-11-21T23:00:00Z", NOON),  # today: it has begun
    ):
        found = await preview(
            world, "previewTermsChange", plan="Pro", anchorDate=anchor, conversationBlocks=2
        )
        assert (found["cycleNumber"], found["effectiveAt"]) == (0, start)
        assert (found["before"]["number"], found["before"]["startsOn"]) == (0, "2026-12-01")
        assert (found["after"]["startsOn"], found["after"]["computedAt"]) == (anchor, seen)
        assert usage(found["before"], "quota") == (600,)
        assert usage(found["after"], "quota") == (1_700,)
        assert (found["lost"], found["pending"]["quota"]) == (NOTHING, 1_700)


# --- sends


async def test_a_send_in_the_last_days_lands_in_the_next_cycle(world: World) -> None:
    await world.account("acme", carrier="25")
    await world.take(
        *crowded(499, LATER),
        message("acme", EARLIER, contact="long ago"),
        charge("acme", "2026-11-21T09:00", "5"),
    )
    before = await contents(world.pool)
    found = await preview(
        world,
        "previewSend",
        contacts=["new", "contact-1", "new", "long ago", "contact-2"],
        channel="WHATSAPP",
        estimatedAmount="20.000001",
    )
    assert world.statements == [
        "account.by_ids",
        "label.of_accounts",
        "conversation.starts",
        "usage.of_cycles",
    ]
    assert await contents(world.pool) == before
    cycle = found.pop("cycle")
    assert found == {
        "__typename": "SendPreview",
        "contacts": 4,
        "newConversations": 2,
        "automaticBlocks": 1,
        "automaticPrice": "21.60",
        "balance": {"left": "20.00", "leftAfter": "0.00", "overspentAfter": "0.000001"},
        "allowed": False,
        "computedAt": NOON,
    }
    assert (cycle["number"], cycle["computedAt"]) == (1, NEXT)
    assert usage(cycle, "automatic", *QUOTA) == (100, 501, 600, 99, 0, 100, 83)
    enough = await preview(
        world, "previewSend", contacts=["new"], channel="EMAIL", estimatedAmount="20"
    )
    assert (enough["allowed"], enough["newConversations"]) == (True, 1)
    assert enough["automaticBlocks"] == 0  # the 500th
    assert enough["balance"] == {"left": "20.00", "leftAfter": "0.00", "overspentAfter": "0.00"}
    channels = enough["cycle"]["conversationUsage"]["byChannel"]
    assert channels == [
        {"channel": "EMAIL", "used": 1, "pending": None},
        {"channel": "WHATSAPP", "used": 499, "pending": None},
    ]


async def test_a_send_that_lands_in_the_current_cycle(world: World) -> None:
    await world.account("acme")
    world.clock.now = utc("2026-11-12T09:00")
    await world.take(*crowded(500, EARLIER))
    found = await preview(world, "previewSend", contacts=["new"], channel="WHATSAPP")
    assert (found["newConversations"], found["automaticPrice"]) == (1, "21.60")
    assert (found["cycle"]["number"], found["cycle"]["computedAt"]) == (0, "2026-11-12T09:00:00Z")
    assert usage(found["cycle"], "inProgress", *QUOTA) == (501, 501, 600, 99, 0, 100, 83)
    assert found["balance"] == {"left": "0.00", "leftAfter": "0.00", "overspentAfter": "0.00"}
    assert found["allowed"] is False  # nothing is left
    known = await preview(world, "previewSend", contacts=["contact-0"], channel="WHATSAPP")
    assert (known["newConversations"], known["automaticBlocks"]) == (0, 0)
    assert usage(known["cycle"], "used", "quota") == (500, 500)


async def test_a_conversation_is_open_for_168_hours(world: World) -> None:
    await world.account("acme")
    await world.take(message("acme", "2026-11-15T12:00"))
    for at, new in ((utc("2026-11-22T12:00") - TICK, 0), (utc("2026-11-22T12:00"), 1)):
        world.clock.now = at
        found = await preview(world, "previewSend", contacts=["maria"], channel="WHATSAPP")
        assert found["newConversations"] == new
        other = await preview(world, "previewSend", contacts=["maria"], channel="EMAIL")
        assert other["newConversations"] == 1


async def test_a_send_before_cycle_0_and_one_that_outlives_the_account(world: World) -> None:
    await world.account("acme", anchor="2026-12-01", carrier="25", signed_up_at="2026-11-01")
    await world.account("bolt", carrier="25")
    await end(world, "bolt", "2026-11-29T12:00:00Z")
    early = await preview(world, "previewSend", contacts=["a"], channel="WHATSAPP")
    assert (early["newConversations"], early["cycle"], early["balance"]) == (1, None, None)
    assert early["allowed"] is False
    found = await preview(world, "previewSend", name="bolt", contacts=["a"], channel="WHATSAPP")
    assert (found["newConversations"], found["cycle"], found["allowed"]) == (1, None, True)
    world.clock.now -= TICK
    found = await preview(world, "previewSend", name="bolt", contacts=["a"], channel="WHATSAPP")
    assert found["cycle"]["number"] == 1


async def test_most_contacts_and_the_longest(world: World) -> None:
    await world.account("acme")
    contacts = [f"{n:0{TEXT_MAX}}" for n in range(CONTACTS_MAX)]
    found = await preview(world, "previewSend", contacts=contacts, channel="_" * 32)
    assert (found["contacts"], found["newConversations"]) == (1_000, 1_000)
    assert found["automaticBlocks"] == 5


async def test_a_channel_more_than_the_account_may_use(world: World) -> None:
    await world.account("acme")
    for n in range(LABELS_MAX - 1):
        await world.take(message("acme", EARLIER, channel=f"C{n}"))
    last: dict[str, Any] = {"contacts": ["a"], "channel": "LAST"}
    assert (await preview(world, "previewSend", **last))["newConversations"] == 1
    await world.take(message("acme", EARLIER, channel="C19"))
    assert (await preview(world, "previewSend", contacts=["a"], channel="C19"))["contacts"] == 1
    given = {"input": last}
    refusals = await world.refusals(document("previewSend"), given, principal=ANNA)
    assert refusals == [("BAD_USER_INPUT", "channel")]


# --- refusals


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def settled(cluster: Cluster, template: str) -> AsyncIterator[World]:
    """Accounts that no test changes: each is one on which something is refused."""
    async with shared_world(cluster, template) as world:
        await world.account("acme", blocks=5, carrier="25")
        await world.account("bare")
        await world.account("early", anchor="2026-12-01", carrier="25")
        await world.account("trial", trial=True)
        await world.account("ended", blocks=5)
        await world.account("ending", blocks=5, carrier="25")
        await end(world, "ended", None)
        await end(world, "ending", NEXT)
        yield world


GOOD: dict[str, dict[str, Any]] = {
    "previewCommitmentChange": {"meter": "CONVERSATIONS", "blocks": 2},
    "previewBlocks": {"blocks": 2},
    "previewTopUp": {"amount": "5"},
    "previewTermsChange": {"plan": "Pro"},
    "previewSend": {"contacts": ["a"], "channel": "WHATSAPP"},
}
COMMIT, BUY, TOP, SWITCH, SEND = GOOD
GONE, LAST = "The account has ended.", "The account ends with the current cycle."


@pytest.mark.parametrize(
    ("name", "field", "given", "failure", "said", "blamed"),
    [
        *(("ended", field, {}, "AccountEnded", GONE, None) for field in GOOD),
        ("acme", COMMIT, {"blocks": 5}, "NothingToChange", None, None),
        ("acme", COMMIT, {"blocks": 101}, "LimitExceeded", None, "blocks"),
        ("ending", COMMIT, {}, "AccountEnded", LAST, None),
        ("acme", BUY, {"blocks": 101}, "LimitExceeded", None, "blocks"),
        ("early", BUY, {}, "NoCurrentCycle", None, None),
        ("ending", BUY, {"cycle": "NEXT"}, "AccountEnded", LAST, None),
        ("acme", TOP, {"amount": "1000.01"}, "LimitExceeded", None, "amount"),
        ("bare", TOP, {}, "CommitmentNeeded", None, None),
        ("early", TOP, {}, "NoCurrentCycle", None, None),
        ("acme", SWITCH, {"plan": "Gold"}, "PlanNotOffered", None, None),
        ("acme", SWITCH, {"plan": "Boost"}, "NothingToChange", None, None),
        ("acme", SWITCH, {"now": True}, "TermsNotAllowed", None, "now"),
    ],
    ids=str,
)
async def test_a_broken_rule_is_a_typed_failure_as_in_the_mutation(  # noqa: PLR0913, PLR0917
    settled: World,
    name: str,
    field: str,
    given: dict[str, Any],
    failure: str,
    said: str | None,
    blamed: str | None,
) -> None:
    before = await contents(settled.pool)
    arguments = {**GOOD[field], **given}
    found = await preview(settled, field, name=name, **arguments)
    assert (found["__typename"], found["field"]) == (failure, blamed)
    assert said in {None, found["message"]}
    if field != SEND:
        assert await make(settled, field, name, admin(name), arguments) == found
    assert await contents(settled.pool) == before


MONEY: list[Any] = ["-0.000001", "1.0000001", "1000000000.000001", "NaN", "", 5]
BOTH = {"interval": "YEARLY", "conversationBlocks": 1, "carrierCommitment": "1"}


@pytest.mark.parametrize(
    ("field", "given", "blamed"),
    [
        *((field, {"accountId": "acme"}, "accountId") for field in GOOD),
        (COMMIT, {"meter": None}, "meter"),
        (COMMIT, {"meter": "VOICE"}, "meter"),
        (COMMIT, {"blocks": None}, "blocks"),
        (COMMIT, {"blocks": -1}, "blocks"),
        (COMMIT, {"blocks": BLOCKS_MAX + 1}, "blocks"),
        (COMMIT, {"blocks": 1.5}, "blocks"),
        (COMMIT, {"amount": "5"}, "amount"),
        (COMMIT, {"meter": "CARRIER"}, "blocks"),
        (COMMIT, {"meter": "CARRIER", "blocks": None}, "amount"),
        *((COMMIT, {"meter": "CARRIER", "blocks": None, "amount": a}, "amount") for a in MONEY),
        (BUY, {"blocks": 0}, "blocks"),
        (BUY, {"blocks": BLOCKS_MAX + 1}, "blocks"),
        (BUY, {"cycle": "LAST"}, "cycle"),
        *((TOP, {"amount": amount}, "amount") for amount in ["0", None, *MONEY]),
        (SWITCH, {"plan": ""}, "plan"),
        (SWITCH, {"interval": "YEARLY"}, "conversationBlocks"),
        (SWITCH, {"conversationBlocks": 1}, "conversationBlocks"),
        (SWITCH, {**BOTH, "conversationBlocks": BLOCKS_MAX + 1}, "conversationBlocks"),
        (SWITCH, {**BOTH, "carrierCommitment": "-1"}, "carrierCommitment"),
        (SWITCH, {"timeZone": "Mars"}, "timeZone"),
        (SWITCH, {"anchorDate": "2101-01-01"}, "anchorDate"),
        (SEND, {"contacts": []}, "contacts"),
        (SEND, {"contacts": ["a"] * (CONTACTS_MAX + 1)}, "contacts"),
        *(
            (SEND, {"contacts": ["a", contact]}, "contacts")
            for contact in ("", "\0", "a\n", "\x7f", "\ud800", "x" * (TEXT_MAX + 1), 5, None)
        ),
        (SEND, {"contacts": None}, "contacts"),
        *((SEND, {"channel": channel}, "channel") for channel in ("", "sms", "A B", "A\n", None)),
        (SEND, {"channel": "X" * 33}, "channel"),
        *((SEND, {"estimatedAmount": amount}, "estimatedAmount") for amount in [None, *MONEY]),
    ],
    ids=lambda value: repr(value)[:70],
)
async def test_bad_input_names_the_field(
    settled: World, field: str, given: Mapping[str, Any], blamed: str
) -> None:
    before = await contents(settled.pool)
    arguments = {"accountId": str(account_id_of("acme")), **GOOD[field], **given}
    for principal in (ANNA, OPERATOR):
        refusals = await settled.refusals(
            document(field), {"input": arguments}, principal=principal
        )
        assert refusals == [("BAD_USER_INPUT", blamed)]
    assert await contents(settled.pool) == before


@pytest.mark.parametrize("field", GOOD)
@pytest.mark.parametrize(
    ("name", "principal", "code"),
    [
        pytest.param("acme", Anonymous(), "UNAUTHENTICATED", id="anonymous"),
        pytest.param(
            "acme",
            User("mia", Role.MEMBER, account_id_of("acme"), EXPIRES_AT),
            "ADMIN_ONLY",
            id="member",
        ),
        pytest.param("acme", admin("bare"), "NOT_FOUND", id="foreign"),
        pytest.param("nobody", admin("bare"), "NOT_FOUND", id="foreign_and_none"),
        pytest.param("nobody", OPERATOR, "NOT_FOUND", id="none"),
        pytest.param("trial", admin("trial"), "TRIAL_NO_ACCESS", id="trial"),
        pytest.param("trial", OPERATOR, "TRIAL_NO_ACCESS", id="trial_of_an_operator"),
    ],
)
async def test_refused_access_is_an_error(
    settled: World, field: str, name: str, principal: Principal, code: str
) -> None:
    given = {"accountId": str(account_id_of(name)), **GOOD[field]}
    refusals = await settled.refusals(document(field), {"input": given}, principal=principal)
    assert refusals == [(code, None)]


@pytest.mark.parametrize("field", [field for field in GOOD if field != SWITCH])
async def test_an_admin_need_not_name_the_account_and_an_operator_must(
    settled: World, field: str
) -> None:
    given = {"input": GOOD[field]}
    data = await settled.data(document(field), given, principal=ANNA)
    assert data[field]["__typename"] in PREVIEWS
    assert await settled.refusals(document(field), given) == [("BAD_USER_INPUT", "accountId")]


async def test_an_operator_previews_beyond_the_limits_of_customers(settled: World) -> None:
    found = await preview(settled, BUY, principal=OPERATOR, blocks=BLOCKS_MAX)
    assert usage(found["after"], "quota") == (100_001_000,)


# --- several in an operation


async def test_an_operations_previews_run_one_after_another_and_know_nothing_of_each_other(
    settled: World,
) -> None:
    fields = " ".join(
        f"p{n}: previewBlocks(input: {{blocks: {n + 1}}}) {{ ... on BlocksPreview {{ price "
        "after { conversationUsage { version purchased } } } }"
        for n in range(PREVIEWS_MAX)
    )
    data = await settled.data(f"{{ {fields} }}", principal=ANNA)
    for n in range(PREVIEWS_MAX):
        assert data[f"p{n}"] == {
            "price": f"{18 * (n + 1)}.00",
            "after": {"conversationUsage": {"version": 2, "purchased": 100 * (n + 1)}},
        }
    assert settled.statements == ["account.by_ids", *["standing.read"] * PREVIEWS_MAX]


async def test_a_preview_too_many_is_refused_alone_and_one_that_fails_fails_alone(
    settled: World,
) -> None:
    ids = [account_id_of("acme"), *(uuid4() for _ in range(PREVIEWS_MAX))]
    fields = " ".join(
        f'p{n}: previewBlocks(input: {{accountId: "{id_}", blocks: 1}}) {{ __typename }}'
        for n, id_ in enumerate(ids)
    )
    account = f'account(id: "{ids[0]}") {{ name }}'
    result = await settled.execute(f"{{ {fields} {account} }}")
    assert result.data == {
        "p0": {"__typename": "BlocksPreview"},
        **{f"p{n}": None for n in range(1, PREVIEWS_MAX + 1)},
        "account": {"name": "Acme"},
    }
    codes = {
        error.path[0]: (error.extensions or {})["code"]
        for error in result.errors or ()
        if error.path
    }
    assert codes == {
        **{f"p{n}": "NOT_FOUND" for n in range(1, PREVIEWS_MAX)},
        f"p{PREVIEWS_MAX}": "BAD_USER_INPUT",
    }
