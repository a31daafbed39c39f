"""The lists of facts behind a cycle's numbers, and an operator's list of accounts."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from billing.account import account_id_of
from billing.instant import EPOCH, TICK
from db.embedded import Cluster
from resolvers.page import cursor_of
from tests.support.fixtures import shared_world
from tests.support.world import World, admin, charge, message, utc

ANNA = admin("acme")
CONTACTS = ["ada", "bob", "eve", "jon", "zoe"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lists(cluster: Cluster, template: str) -> AsyncIterator[World]:
    """Five conversations and charges of one instant, and one of each before and after."""
    async with shared_world(cluster, template) as world:
        await world.account("acme", anchor="2026-09-25", signed_up_at="2026-09-01T12:00")
        at = "2026-11-02T10:00"
        await world.take(
            message("acme", "2026-09-18T22:00", contact="ada"),  # before cycle 0: in none
            message("acme", "2026-09-30T10:00", contact="ada"),
            *(message("acme", at, contact=contact) for contact in CONTACTS),
            message("acme", at, contact="ada", channel="EMAIL"),
            message("acme", "2026-11-10T10:00", contact="ada"),
            message("acme", "2026-11-20T10:00", contact="ada"),  # pending
            charge("acme", "2026-09-30T10:00", "1"),
            *(charge("acme", at, "0.5", id=str(number)) for number in range(5)),
            charge("acme", "2026-11-10T10:00", "2", feature="SMS", quantity="1.5", unit="part"),
        )
        yield world


async def pages(world: World, selection: str, first: int, after: str | None = None) -> list[Any]:
    """Walk a connection, written with $first and $after, and return the pages' nodes."""
    found = []
    while True:
        data = await world.data(
            f"query ($first: Int!, $after: String) {{ account {{ {selection} }} }}",
            {"first": first, "after": after},
            principal=ANNA,
        )
        page = data["account"]
        while "pageInfo" not in page:
            [page] = page.values()
        found.append(page["nodes"])
        info = page["pageInfo"]
        assert info["hasPreviousPage"] == (after is not None)
        if not info["hasNextPage"]:
            return found
        after = info["endCursor"]


def _sizes(count: int, first: int) -> list[int]:
    """Return the sizes of the pages of a list: only the last may be short, and none is empty."""
    return [min(first, count - start) for start in range(0, count, first)]


CONVERSATIONS = (
    "cycle(number: %d) { conversationUsage { conversations(first: $first, after: $after%s) "
    "{ nodes { contact channel openedAt } pageInfo { hasPreviousPage hasNextPage endCursor } } } }"
)
CHARGES = (
    "cycle(number: %d) { carrierBalance { charges(first: $first, after: $after) "
    "{ nodes { id feature amount } pageInfo { hasPreviousPage hasNextPage endCursor } } } }"
)
NEWEST_FIRST = [
    ("ada", "WHATSAPP", "2026-11-10T10:00:00Z"),
    ("zoe", "WHATSAPP", "2026-11-02T10:00:00Z"),
    ("jon", "WHATSAPP", "2026-11-02T10:00:00Z"),
    ("eve", "WHATSAPP", "2026-11-02T10:00:00Z"),
    ("bob", "WHATSAPP", "2026-11-02T10:00:00Z"),
    ("ada", "WHATSAPP", "2026-11-02T10:00:00Z"),
    ("ada", "EMAIL", "2026-11-02T10:00:00Z"),
]


@pytest.mark.parametrize("first", [1, 2, 3, 6, 7, 100])
async def test_conversations_of_one_instant_are_met_once_on_pages_of_any_size(
    lists: World, first: int
) -> None:
    found = await pages(lists, CONVERSATIONS % (1, ""), first)
    assert [len(page) for page in found] == _sizes(7, first)
    assert [tuple(node.values()) for page in found for node in page] == NEWEST_FIRST


async def test_conversations_are_filtered_by_contact(lists: World) -> None:
    found = await pages(lists, CONVERSATIONS % (1, ', contact: "ada"'), 2)
    assert [[node["channel"] for node in page] for page in found] == [
        ["WHATSAPP", "WHATSAPP"],
        ["EMAIL"],
    ]
    assert await pages(lists, CONVERSATIONS % (1, ', contact: "nobody"'), 2) == [[]]
    assert await pages(lists, CONVERSATIONS % (1, ', contact: "ad%"'), 2) == [[]]


@pytest.mark.parametrize("first", [1, 4, 5, 6, 100])
async def test_conversations_are_filtered_by_channel(lists: World, first: int) -> None:
    found = await pages(lists, CONVERSATIONS % (1, ', channel: "WHATSAPP"'), first)
    assert [len(page) for page in found] == _sizes(6, first)
    listed = [tuple(node.values()) for page in found for node in page]
    assert listed == [each for each in NEWEST_FIRST if each[1] == "WHATSAPP"]


async def test_filters_hold_together(lists: World) -> None:
    both = ', contact: "ada", channel: "%s"'
    assert await pages(lists, CONVERSATIONS % (1, both % "EMAIL"), 2) == [
        [{"contact": "ada", "channel": "EMAIL", "openedAt": "2026-11-02T10:00:00Z"}]
    ]
    assert await pages(lists, CONVERSATIONS % (1, both % "SMS"), 2) == [[]]


@pytest.mark.parametrize(
    ("number", "opened_at"),
    [
        pytest.param(0, ["2026-09-30T10:00:00Z"], id="none_of_before_cycle_0"),
        pytest.param(2, ["2026-11-20T10:00:00Z"], id="the_pending"),
    ],
)
async def test_a_cycle_lists_what_closes_in_it(
    lists: World, number: int, opened_at: list[str]
) -> None:
    [page] = await pages(lists, CONVERSATIONS % (number, ""), 100)
    assert [node["openedAt"] for node in page] == opened_at


async def test_a_conversation_before_cycle_0_shields_later_messages(world: World) -> None:
    await world.account("acme", anchor="2026-11-02", signed_up_at="2026-10-20T12:00")
    await world.take(
        message("acme", "2026-10-31T12:00"),
        message("acme", "2026-11-05T12:00"),  # inside of the first, which counts nowhere
        message("acme", "2026-11-07T12:00"),  # the first one after it
    )
    data = await world.data(
        "{ account { cycle(number: 0) { conversationUsage { used conversations { nodes { openedAt"
        " } } } } } }",
        principal=ANNA,
    )
    assert data["account"]["cycle"]["conversationUsage"] == {
        "used": 1,
        "conversations": {"nodes": [{"openedAt": "2026-11-07T12:00:00Z"}]},
    }


async def test_the_message_that_opened_is_the_first_to_arrive_of_one_instant(world: World) -> None:
    await world.account("acme", anchor="2026-09-25")
    await world.take(message("acme", "2026-11-02T10:00", id="b"))
    world.clock.now = utc("2026-11-22T13:00")
    await world.take(message("acme", "2026-11-02T10:00", id="a"))
    data = await world.data(
        "{ account { cycle { conversationUsage { conversations { nodes { openedId } } } } } }",
        principal=ANNA,
    )
    conversations = data["account"]["cycle"]["conversationUsage"]["conversations"]
    assert conversations == {"nodes": [{"openedId": "b"}]}


async def test_a_late_conversation_says_where_it_counts_and_why(world: World) -> None:
    now = world.clock.now
    world.clock.now = utc("2026-09-20T12:00")
    await world.account("acme", anchor="2026-09-25")
    world.clock.now = now
    await world.take(
        message("acme", "2026-09-26T09:00", id="m-1"), charge("acme", "2026-09-26T09:00", "1")
    )
    data = await world.data(
        "{ account { cycle(number: 0) { conversationUsage { used conversations { nodes { late "
        "countsInCycle why } } } carrierBalance { spent charges { nodes { bookedInCycle } } } } "
        "} }",
        principal=ANNA,
    )
    assert data["account"]["cycle"] == {
        "conversationUsage": {
            "used": 0,
            "conversations": {
                "nodes": [
                    {
                        "late": True,
                        "countsInCycle": 1,
                        "why": "Opened by m-1 on 2026-09-26 11:00; its 7 days end on 2026-10-03 "
                        "11:00 (Europe/Amsterdam), in cycle 0. The message arrived when cycle 0 "
                        "was closed, so that the change is booked as an adjustment in cycle 1.",
                    }
                ]
            },
        },
        "carrierBalance": {"spent": "0.00", "charges": {"nodes": [{"bookedInCycle": 1}]}},
    }


@pytest.mark.parametrize("first", [1, 2, 4, 5, 6, 100])
async def test_charges_of_one_instant_are_met_once_on_pages_of_any_size(
    lists: World, first: int
) -> None:
    found = await pages(lists, CHARGES % 1, first)
    assert [len(page) for page in found] == _sizes(6, first)
    assert [node["id"] for page in found for node in page] == [
        "SMS 2026-11-10T10:00",
        "4",
        "3",
        "2",
        "1",
        "0",
    ]


async def test_a_cycle_lists_the_charges_dated_in_it(lists: World) -> None:
    assert await pages(lists, CHARGES % 0, 100) == [
        [{"id": "VOICE 2026-09-30T10:00", "feature": "VOICE", "amount": "1.00"}]
    ]


LIST_BOTH = (
    "conversationUsage { conversations { nodes { contact } } } "
    "carrierBalance { charges { nodes { id } } }"
)


async def test_one_cycle_may_list_its_conversations_and_its_charges(lists: World) -> None:
    await lists.data(f"{{ account {{ cycle {{ {LIST_BOTH} }} }} }}", principal=ANNA)
    assert lists.statements == [
        "account.by_ids",
        "usage.of_cycles",
        "conversation.page",
        "event.charges",
    ]


@pytest.mark.parametrize(
    "selection",
    [
        "cycles { nodes { conversationUsage { conversations { nodes { contact } } } } }",
        "cycles { nodes { carrierBalance { charges { nodes { id } } } } }",
        """cycle { conversationUsage { conversations { nodes { contact } } } }
           cycle0: cycle(number: 0) { carrierBalance { charges { nodes { id } } } }""",
    ],
)
async def test_an_operation_lists_the_facts_of_one_cycle_only(lists: World, selection: str) -> None:
    refusals = await lists.refusals(f"{{ account {{ {selection} }} }}", principal=ANNA)
    assert set(refusals) == {("BAD_USER_INPUT", "cycle")}
    assert len([name for name in lists.statements if name.startswith(("conv", "event"))]) <= 1


AT = (utc("2026-11-02T10:00") - EPOCH) // TICK


@pytest.mark.parametrize("connection", ["conversations", "charges"])
@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param("first: 0", "first", id="first_0"),
        pytest.param("first: -1", "first", id="first_negative"),
        pytest.param("first: 101", "first", id="first_over"),
        pytest.param('after: "nonsense"', "after", id="nonsense"),
        pytest.param(f'after: "{cursor_of(3)}"', "after", id="cursor_of_another_list"),
        pytest.param(f'after: "{cursor_of("a", "b", "c")}"', "after", id="no_instant"),
        pytest.param(f'after: "{cursor_of(10**30, "b", "c")}"', "after", id="beyond_time"),
        pytest.param(f'after: "{cursor_of(-(10**17), "b", "c")}"', "after", id="before_time"),
        pytest.param(f'after: "{cursor_of(AT, "b" + chr(0), "c")}"', "after", id="nul"),
        pytest.param(f'after: "{cursor_of(AT, "b", chr(0xD800))}"', "after", id="half_a_pair"),
    ],
)
async def test_a_page_of_facts_that_cannot_be_had_names_the_argument(
    lists: World, connection: str, arguments: str, field: str
) -> None:
    parent = "conversationUsage" if connection == "conversations" else "carrierBalance"
    refusals = await lists.refusals(
        f"{{ account {{ cycle {{ {parent} {{ {connection}({arguments}) "
        "{ pageInfo { hasNextPage } } } } } }",
        principal=ANNA,
    )
    assert refusals == [("BAD_USER_INPUT", field)]
    assert lists.statements == ["account.by_ids", "usage.of_cycles"]


@pytest.mark.parametrize("contact", ["a\0b", "\ud800"])
async def test_a_contact_that_cannot_be_one_is_refused(lists: World, contact: str) -> None:
    result = await lists.execute(
        "query ($contact: String) { account { cycle { conversationUsage { conversations("
        "contact: $contact) { nodes { contact } } } } } }",
        {"contact": contact},
        principal=ANNA,
    )
    assert [(error.extensions or {}) for error in result.errors or ()] == [
        {"code": "BAD_USER_INPUT", "field": "contact"}
    ]


@pytest.mark.parametrize("channel", ["", "chat", "A" * 33, "CHAT\n", "a\0b"])
async def test_a_channel_that_cannot_be_one_is_refused(lists: World, channel: str) -> None:
    refused = await lists.refusals(
        "query ($channel: String) { account { cycle { conversationUsage { conversations("
        "channel: $channel) { nodes { contact } } } } } }",
        {"channel": channel},
        principal=ANNA,
    )
    assert refused == [("BAD_USER_INPUT", "channel")]


@pytest.mark.parametrize("first", [1, 2, 3, 100])
async def test_an_operator_walks_all_accounts_by_id(world: World, first: int) -> None:
    names = ["acme", "beta", "gamma", "delta", "epsilon"]
    for name in names:
        await world.account(name, trial=name == "beta")
    seen: list[str] = []
    after = None
    while True:
        data = await world.data(
            "query ($first: Int!, $after: String) { accounts(first: $first, after: $after) { "
            "nodes { externalId } edges { cursor } pageInfo { hasPreviousPage hasNextPage "
            "startCursor endCursor } } }",
            {"first": first, "after": after},
        )
        assert world.statements == ["account.page_ids", "account.by_ids"]
        page = data["accounts"]
        assert page["nodes"]
        seen += [node["externalId"] for node in page["nodes"]]
        info = page["pageInfo"]
        cursors = [edge["cursor"] for edge in page["edges"]]
        assert (info["startCursor"], info["endCursor"]) == (cursors[0], cursors[-1])
        assert info["hasPreviousPage"] == (after is not None)
        if not info["hasNextPage"]:
            break
        after = info["endCursor"]
    assert seen == sorted(names, key=account_id_of)


async def test_without_accounts_the_list_is_empty(world: World) -> None:
    data = await world.data(
        "{ accounts { nodes { id } pageInfo { hasPreviousPage hasNextPage startCursor endCursor } "
        "} }"
    )
    assert data["accounts"] == {
        "nodes": [],
        "pageInfo": {
            "hasPreviousPage": False,
            "hasNextPage": False,
            "startCursor": None,
            "endCursor": None,
        },
    }


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ("first: 0", "first"),
        ("first: 101", "first"),
        ('after: "x"', "after"),
        (f'after: "{cursor_of("no id")}"', "after"),
        (f'after: "{cursor_of(1)}"', "after"),
    ],
)
async def test_a_page_of_accounts_that_cannot_be_had_names_the_argument(
    lists: World, arguments: str, field: str
) -> None:
    refusals = await lists.refusals(f"{{ accounts({arguments}) {{ nodes {{ id }} }} }}")
    assert refusals == [("BAD_USER_INPUT", field)]
    assert lists.statements == []
