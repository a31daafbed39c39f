"""Cycles as clients see them: which can be had, in what order, and D10's table in each."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from billing.account import account_id_of
from billing.commitment import GrantKind
from billing.plan import Interval
from db.embedded import Cluster
from resolvers.page import cursor_of
from tests.support.fixtures import shared_world
from tests.support.world import World, admin, charge, message, utc

ANNA = admin("acme")
OLD = admin("old")
IDS = "{ nodes { number state } pageInfo { hasPreviousPage hasNextPage startCursor endCursor } }"
USED = (
    "included committed commitment purchased automatic quota used completed inProgress pending "
    "left over percentOfCommitment percentOfQuota byChannel { channel used pending }"
)
NUMBERS = dict.fromkeys(re.findall(r"\w+", USED.partition("byChannel")[0]))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def calendar(cluster: Cluster, template: str) -> AsyncIterator[World]:
    """Accounts to read the cycles of: one in its second, one in its 30th."""
    async with shared_world(cluster, template) as world:
        await world.account("acme", anchor="2026-09-25")
        await world.account("old", anchor="2024-05-25")
        yield world


async def cycle(world: World, arguments: str, selection: str) -> Any:
    data = await world.data(
        f"{{ account {{ cycle{arguments} {{ {selection} }} }} }}", principal=ANNA
    )
    return data["account"]["cycle"]


async def refusal(world: World, selection: str) -> tuple[str, str | None]:
    [found] = await world.refusals(f"{{ account {{ {selection} }} }}", principal=ANNA)
    return found


async def used_world(world: World) -> None:
    """Cycle 0 is over, 1 is current, 2 is future; with something of everything in each."""
    now = world.clock.now
    world.clock.now = utc("2026-09-20T12:00")
    await world.account("acme", anchor="2026-09-25", blocks=2, carrier="25")
    world.clock.now = now
    await world.take(
        message("acme", "2026-10-28T10:00", contact="closed"),
        message("acme", "2026-11-16T12:00", contact="lasting"),
        message("acme", "2026-11-21T12:00", contact="pending"),
        message("acme", "2026-11-21T13:00", contact="pending", channel="EMAIL"),
        charge("acme", "2026-11-10T12:00", "30"),
    )
    await world.grant("acme", GrantKind.AUTOMATIC_BLOCKS, 1, 1)


async def test_the_current_cycle_splits_what_it_used_and_has_nothing_pending(world: World) -> None:
    await used_world(world)
    found = await cycle(world, "", f"number state conversationUsage {{ {USED} }}")
    assert found == {
        "number": 1,
        "state": "CURRENT",
        "conversationUsage": {
            "included": 500,
            "committed": 200,
            "commitment": 700,
            "purchased": 0,
            "automatic": 100,
            "quota": 800,
            "used": 2,
            "completed": 1,
            "inProgress": 1,
            "pending": 0,
            "left": 798,
            "over": 0,
            "percentOfCommitment": 0,
            "percentOfQuota": 0,
            "byChannel": [{"channel": "WHATSAPP", "used": 2, "pending": None}],
        },
    }


async def test_the_future_cycle_shows_the_pending_alone(world: World) -> None:
    await used_world(world)
    found = await cycle(
        world,
        "(number: 2)",
        f"state conversationUsage {{ {USED} adjustments {{ change }} }} carrierBalance {{ limit }}",
    )
    assert found == {
        "state": "FUTURE",
        "conversationUsage": {
            **NUMBERS,
            "pending": 2,
            "byChannel": [
                {"channel": "EMAIL", "used": None, "pending": 1},
                {"channel": "WHATSAPP", "used": None, "pending": 1},
            ],
            "adjustments": [],
        },
        "carrierBalance": None,
    }


async def test_a_past_cycle_has_all_completed(world: World) -> None:
    await used_world(world)
    world.clock.now = utc("2026-11-25T12:00")
    found = await cycle(
        world,
        "(number: 1)",
        "state conversationUsage { used completed inProgress pending } "
        "carrierBalance { spent left overspent percent sendAllowed }",
    )
    assert found == {
        "state": "PROVISIONAL",
        "conversationUsage": {"used": 2, "completed": 2, "inProgress": 0, "pending": 0},
        "carrierBalance": {
            "spent": "30.00",
            "left": "0.00",
            "overspent": "5.00",
            "percent": 120,
            "sendAllowed": False,
        },
    }
    assert (await cycle(world, "", "number conversationUsage { used inProgress }")) == {
        "number": 2,
        "conversationUsage": {"used": 2, "inProgress": 2},
    }


@pytest.mark.parametrize(
    ("at", "used", "completed", "in_progress", "pending"),
    [
        pytest.param("2026-11-16T12:00:00Z", 1, 1, 0, 0, id="opening_now_is_not_before_now"),
        pytest.param("2026-11-16T12:00:00.000001Z", 2, 1, 1, 0, id="opened_a_tick_ago"),
        pytest.param("2026-11-21T12:00:00.000001Z", 2, 1, 1, 1, id="one_pending"),
        pytest.param("2026-11-23T11:59:59.999999Z", 2, 1, 1, 2, id="a_tick_before_it_closes"),
        pytest.param("2026-11-23T12:00:00Z", 2, 2, 0, 2, id="closing_now_is_completed"),
    ],
)
async def test_a_conversation_moves_on_to_the_microsecond(  # noqa: PLR0913, PLR0917 (a table)
    world: World, at: str, used: int, completed: int, in_progress: int, pending: int
) -> None:
    await used_world(world)
    world.clock.now = utc(at)
    data = await world.data(
        "{ account { cycle { conversationUsage { used completed inProgress } } "
        "nextCycle { conversationUsage { pending } } } }",
        principal=ANNA,
    )
    assert data["account"] == {
        "cycle": {
            "conversationUsage": {
                "used": used,
                "completed": completed,
                "inProgress": in_progress,
            }
        },
        "nextCycle": {"conversationUsage": {"pending": pending}},
    }


@pytest.mark.parametrize(
    ("closes_at", "number"),
    [
        pytest.param("2026-11-24T22:59:59.999999", 1, id="a_tick_before_the_end"),
        pytest.param("2026-11-24T23:00:00", 2, id="at_the_end"),
    ],
)
async def test_closing_at_a_cycles_end_belongs_to_the_next(
    world: World, closes_at: str, number: int
) -> None:
    await world.account("acme", anchor="2026-09-25")
    opened_at = (utc(closes_at) - timedelta(days=7)).isoformat()
    await world.take(message("acme", opened_at))
    data = await world.data(
        "{ account { cycles { nodes { number conversationUsage { used pending } } } } }",
        principal=ANNA,
    )
    found = {
        node["number"]: (node["conversationUsage"]["used"] or 0)
        + node["conversationUsage"]["pending"]
        for node in data["account"]["cycles"]["nodes"]
    }
    assert found == {0: 0, 1: 0, 2: 0} | {number: 1}


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        pytest.param("", 1, id="current"),
        pytest.param("(number: 0)", 0, id="past"),
        pytest.param("(number: 2)", 2, id="future"),
        pytest.param("(number: null, at: null)", 1, id="nulls"),
        pytest.param('(at: "2026-09-25T00:00:00+02:00")', 0, id="first_instant"),
        pytest.param('(at: "2026-10-24T23:59:59.999999+02:00")', 0, id="last_instant"),
        pytest.param('(at: "2026-10-25T00:00:00+02:00")', 1, id="start"),
        pytest.param('(at: "2026-12-24T22:59:59Z")', 2, id="at_in_the_future_cycle"),
    ],
)
async def test_a_cycle_is_named_by_number_or_instant(
    calendar: World, arguments: str, number: int
) -> None:
    assert await cycle(calendar, arguments, "id number") == {
        "id": f"{account_id_of('acme')}:{number}",
        "number": number,
    }
    assert calendar.statements == ["account.by_ids"]


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        pytest.param("number: 3", "CYCLE_OUT_OF_RANGE", "number", id="second_future"),
        pytest.param("number: 2147483647", "CYCLE_OUT_OF_RANGE", "number", id="far_future"),
        pytest.param("number: -1", "BAD_USER_INPUT", "number", id="negative"),
        pytest.param(
            'at: "2026-12-24T23:00:00Z"', "CYCLE_OUT_OF_RANGE", "at", id="at_in_second_future"
        ),
        pytest.param('at: "9999-12-31T23:59:59Z"', "CYCLE_OUT_OF_RANGE", "at", id="last_year"),
        pytest.param('at: "0001-01-01T00:00:00Z"', "CYCLE_OUT_OF_RANGE", "at", id="first_year"),
        pytest.param(
            'at: "2026-09-24T21:59:59.999999Z"', "CYCLE_OUT_OF_RANGE", "at", id="before_cycle_0"
        ),
        pytest.param(
            'number: 1, at: "2026-11-01T00:00:00Z"', "BAD_USER_INPUT", "number", id="both"
        ),
    ],
)
async def test_a_cycle_that_cannot_be_had_is_refused_naming_the_argument(
    calendar: World, arguments: str, code: str, field: str
) -> None:
    assert await refusal(calendar, f"cycle({arguments}) {{ number }}") == (code, field)
    assert calendar.statements == ["account.by_ids"]


async def test_one_accounts_refusal_spares_the_others(world: World) -> None:
    await world.account("trial", trial=True)
    await world.account("acme")
    result = await world.execute(
        "{ accounts { nodes { externalId cycle { number } cycles { nodes { number } } } } }"
    )
    assert result.data is not None
    found = {node["externalId"]: node for node in result.data["accounts"]["nodes"]}
    assert found == {
        "trial": {"externalId": "trial", "cycle": None, "cycles": None},
        "acme": {
            "externalId": "acme",
            "cycle": {"number": 0},
            "cycles": {"nodes": [{"number": 1}, {"number": 0}]},
        },
    }
    codes = [(error.extensions or {})["code"] for error in result.errors or ()]
    assert codes == ["TRIAL_NO_ACCESS", "TRIAL_NO_ACCESS"]


async def test_a_trial_that_has_run_out_stays_without_access(world: World) -> None:
    await world.account("acme", trial=True)
    world.clock.now += timedelta(days=15)
    data = await world.data(
        "{ account { status plan interval trialEndsAt timeZone } }", principal=ANNA
    )
    assert data["account"] == {
        "status": "TRIAL",
        "plan": None,
        "interval": None,
        "trialEndsAt": "2026-12-06T12:00:00Z",
        "timeZone": "Europe/Amsterdam",
    }
    assert await refusal(world, "nextCycle { number }") == ("TRIAL_NO_ACCESS", None)


async def test_before_cycle_0_there_is_no_current_one_and_cycle_0_is_the_future_one(
    world: World,
) -> None:
    await world.account("acme", anchor="2026-12-01")
    data = await world.data(
        "{ account { status plan cycle { number } nextCycle { number state } "
        f"cycles {IDS} }} }}",
        principal=ANNA,
    )
    assert data["account"] == {
        "status": "ACTIVE",
        "plan": "Boost",
        "cycle": None,
        "nextCycle": {"number": 0, "state": "FUTURE"},
        "cycles": {
            "nodes": [{"number": 0, "state": "FUTURE"}],
            "pageInfo": {
                "hasPreviousPage": False,
                "hasNextPage": False,
                "startCursor": cursor_of(0),
                "endCursor": cursor_of(0),
            },
        },
    }
    assert await refusal(world, "cycle(number: 1) { number }") == ("CYCLE_OUT_OF_RANGE", "number")


async def test_an_ended_account_keeps_its_past_and_has_neither_present_nor_future(
    world: World,
) -> None:
    await world.account("acme", anchor="2026-09-25")
    await world.take(message("acme", "2026-11-20T12:00"))
    await world.data(
        'mutation ($id: ID!) { endAccount(input: {accountId: $id, at: "2026-11-23T00:00:00Z"}) '
        "{ __typename } }",
        {"id": str(account_id_of("acme"))},
    )
    world.clock.now = utc("2026-11-23T00:00")
    data = await world.data(
        "{ account { status cycle { number } nextCycle { number } cycles { nodes { "
        "number endsAt endsOn state conversationUsage { used pending } } } } }",
        principal=ANNA,
    )
    assert data["account"] == {
        "status": "ENDED",
        "cycle": None,
        "nextCycle": None,
        "cycles": {
            "nodes": [
                {
                    "number": 1,
                    "endsAt": "2026-11-23T00:00:00Z",
                    "endsOn": "2026-11-23",
                    "state": "PROVISIONAL",
                    # Closing on 11-27, it lands in no cycle.
                    "conversationUsage": {"used": 0, "pending": 0},
                },
                {
                    "number": 0,
                    "endsAt": "2026-10-24T22:00:00Z",
                    "endsOn": "2026-10-24",
                    "state": "PROVISIONAL",  # the account may still be filled in
                    "conversationUsage": {"used": 0, "pending": 0},
                },
            ]
        },
    }
    assert await refusal(world, "cycle(number: 2) { number }") == ("CYCLE_OUT_OF_RANGE", "number")
    assert await refusal(world, 'cycle(at: "2026-11-23T00:00:00Z") { number }') == (
        "CYCLE_OUT_OF_RANGE",
        "at",
    )


async def test_a_closed_cycle_is_one_that_takes_no_more_late_events(world: World) -> None:
    world.clock.now = utc("2026-09-20T12:00")
    await world.account("acme", anchor="2026-09-25")
    states = []
    for at in (
        "2026-09-24T21:59:59.999999",
        "2026-09-24T22:00",
        "2026-10-24T21:59:59.999999",
        "2026-10-24T22:00",
        "2026-10-27T21:59:59.999999",
        "2026-10-27T22:00",
    ):
        world.clock.now = utc(at)
        states.append((await cycle(world, "(number: 0)", "state"))["state"])
    assert states == ["FUTURE", "CURRENT", "CURRENT", "PROVISIONAL", "PROVISIONAL", "CLOSED"]


async def test_a_yearly_account_has_its_first_year_and_the_next(world: World) -> None:
    await world.account("acme", anchor="2024-02-29", interval=Interval.YEARLY, zone="UTC")
    data = await world.data(
        "{ account { interval cycles { nodes { number startsOn endsOn conversationUsage "
        "{ included } } } } }",
        principal=ANNA,
    )
    assert data["account"] == {
        "interval": "YEARLY",
        "cycles": {
            "nodes": [
                {
                    "number": 3,
                    "startsOn": "2027-02-28",
                    "endsOn": "2028-02-28",
                    "conversationUsage": {"included": None},
                },
                *(
                    {
                        "number": number,
                        "startsOn": starts_on,
                        "endsOn": ends_on,
                        "conversationUsage": {"included": 6_000},
                    }
                    for number, starts_on, ends_on in (
                        (2, "2026-02-28", "2027-02-27"),
                        (1, "2025-02-28", "2026-02-27"),
                        (0, "2024-02-29", "2025-02-27"),
                    )
                ),
            ]
        },
    }


@pytest.mark.parametrize(
    ("arguments", "numbers", "previous", "following"),
    [
        # 31 cycles, 0 to 30: the newest is the future one.
        pytest.param("", range(30, 10, -1), False, True, id="20_unless_said_otherwise"),
        pytest.param("(first: 1)", [30], False, True, id="one"),
        pytest.param("(first: 100)", range(30, -1, -1), False, False, id="all"),
        pytest.param("(first: 31)", range(30, -1, -1), False, False, id="just_all"),
        pytest.param("(first: 30)", range(30, 0, -1), False, True, id="all_but_one"),
        pytest.param("(first: 3, after: A)", [9, 8, 7], True, True, id="after"),
        pytest.param("(after: A)", range(9, -1, -1), True, False, id="after_to_the_end"),
        pytest.param("(first: 2, after: OLDEST)", [], False, False, id="after_the_last"),
        pytest.param("(last: 2)", [1, 0], True, False, id="the_oldest"),
        pytest.param("(last: 100)", range(30, -1, -1), False, False, id="last_of_all"),
        pytest.param("(last: 2, before: A)", [12, 11], True, True, id="before"),
        pytest.param("(first: 2, before: A)", [30, 29], False, True, id="first_before"),
        pytest.param("(last: 2, after: A)", [1, 0], True, False, id="last_after"),
        pytest.param("(before: NEWEST)", [], False, False, id="before_the_first"),
        pytest.param("(after: B, before: A)", [11], True, True, id="between"),
        pytest.param("(after: BEYOND)", range(30, 10, -1), False, True, id="after_a_later_one"),
        pytest.param("(before: BEYOND)", [], False, False, id="before_a_later_one"),
    ],
)
async def test_cycles_are_paged_newest_first(
    calendar: World, arguments: str, numbers: range | list[int], *, previous: bool, following: bool
) -> None:
    cursors = {"BEYOND": 1_000, "OLDEST": 0, "NEWEST": 30, "A": 10, "B": 12}
    for name, number in cursors.items():
        arguments = arguments.replace(f": {name}", f': "{cursor_of(number)}"')
    data = await calendar.data(f"{{ account {{ cycles{arguments} {IDS} }} }}", principal=OLD)
    page = data["account"]["cycles"]
    assert [node["number"] for node in page["nodes"]] == list(numbers)
    assert page["pageInfo"] == {
        "hasPreviousPage": previous,
        "hasNextPage": following,
        "startCursor": cursor_of(numbers[0]) if numbers else None,
        "endCursor": cursor_of(numbers[-1]) if numbers else None,
    }


async def test_walking_the_pages_meets_each_cycle_once(calendar: World) -> None:
    seen: list[int] = []
    after = None
    while True:
        data = await calendar.data(
            "query ($after: String) { account { cycles(first: 7, after: $after) { edges { cursor "
            "node { number } } pageInfo { hasNextPage endCursor } } } }",
            {"after": after},
            principal=OLD,
        )
        page = data["account"]["cycles"]
        seen += [edge["node"]["number"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        assert page["edges"][-1]["cursor"] == after
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == list(range(30, -1, -1))


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param("first: 0", "first", id="first_0"),
        pytest.param("first: -1", "first", id="first_negative"),
        pytest.param("first: 101", "first", id="first_over"),
        pytest.param("last: 0", "last", id="last_0"),
        pytest.param("last: 101", "last", id="last_over"),
        pytest.param("first: 1, last: 1", "last", id="first_and_last"),
        pytest.param('after: ""', "after", id="empty_cursor"),
        pytest.param('after: "x"', "after", id="no_cursor"),
        pytest.param('after: "é€"', "after", id="cursor_of_no_ascii"),
        pytest.param(f'after: "{cursor_of("x")}"', "after", id="cursor_of_another_type"),
        pytest.param(f'after: "{cursor_of(1, 2)}"', "after", id="cursor_too_long"),
        pytest.param(f'after: "{cursor_of(-1)}"', "after", id="negative_cursor"),
        pytest.param('after: "W3RydWVd"', "after", id="boolean_cursor"),  # [true]
        pytest.param('before: "!"', "before", id="before"),
        pytest.param(f'after: "{"A" * 1001}"', "after", id="long_cursor"),
    ],
)
async def test_a_page_that_cannot_be_had_is_refused_naming_the_argument(
    calendar: World, arguments: str, field: str
) -> None:
    assert await refusal(calendar, f"cycles({arguments}) {{ nodes {{ number }} }}") == (
        "BAD_USER_INPUT",
        field,
    )
