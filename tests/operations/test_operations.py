"""The operations that clients run: their exact answers, and the exact statements behind them.

The answers are worked out by hand in the comments of `small`.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from billing.account import account_id_of
from resolvers.page import cursor_of
from tests.support.world import OPERATOR, World, admin, charge, message

HERE = Path(__file__).parent
ONE_SNAPSHOT = ["account.by_ids", "usage.of_cycles"]


def document(name: str) -> str:
    return (HERE / f"{name}.graphql").read_text(encoding="utf-8")


def answer(name: str) -> Any:
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "statements"),
    [
        pytest.param("dashboard", ONE_SNAPSHOT, id="dashboard"),
        pytest.param("mobile", ONE_SNAPSHOT, id="mobile"),
        pytest.param("accounts", ["account.page_ids", *ONE_SNAPSHOT], id="accounts"),
        pytest.param("calendar", ["account.by_ids"], id="calendar"),
        pytest.param(
            "details", [*ONE_SNAPSHOT, "conversation.page", "event.charges"], id="details"
        ),
    ],
)
async def test_the_answer_is_the_one_worked_out_by_hand(
    small: World, name: str, statements: list[str]
) -> None:
    principal = OPERATOR if name == "accounts" else admin("acme")
    assert await small.data(document(name), principal=principal) == answer(name)
    assert small.statements == statements


@pytest.mark.parametrize(
    ("cycles", "pages"),
    [
        pytest.param(1, [1], id="one"),
        pytest.param(15, [15], id="15"),
        pytest.param(150, [100, 50], id="150_on_two_pages"),
    ],
)
async def test_a_dashboard_takes_two_statements_whatever_the_number_of_cycles(
    world: World, cycles: int, pages: list[int]
) -> None:
    # 150 cycles, 0 to 149: the last is the future one.
    await world.account("acme", anchor="2014-06-25", carrier="25")
    await world.take(message("acme", "2016-01-01T12:00"), charge("acme", "2016-01-01T12:00", "1"))
    after, numbers = None, []
    for size in pages:
        data = await world.data(
            document("dashboard"),
            {"first": min(100, cycles), "after": after},
            principal=admin("acme"),
        )
        assert world.statements == ONE_SNAPSHOT
        page = data["account"]["cycles"]
        assert len(page["nodes"]) == size
        numbers += [node["number"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert numbers == list(range(149, 149 - cycles, -1))


async def test_two_pages_under_aliases_share_one_snapshot(world: World) -> None:
    await world.account("acme", anchor="2014-06-25")
    data = await world.data(
        """query ($after: String) { account { newer: cycles(first: 100) { ...P }
             older: cycles(first: 100, after: $after) { ...P } } }
           fragment P on CycleConnection { nodes { number conversationUsage { used }
             carrierBalance { spent } } pageInfo { hasPreviousPage hasNextPage } }""",
        {"after": cursor_of(50)},
        principal=admin("acme"),
    )
    assert world.statements == ONE_SNAPSHOT
    newer, older = data["account"]["newer"], data["account"]["older"]
    assert [node["number"] for node in newer["nodes"]] == list(range(149, 49, -1))
    assert [node["number"] for node in older["nodes"]] == list(range(49, -1, -1))
    assert newer["pageInfo"] == {"hasPreviousPage": False, "hasNextPage": True}
    assert older["pageInfo"] == {"hasPreviousPage": True, "hasNextPage": False}


async def test_cycles_of_many_accounts_come_in_one_statement(world: World) -> None:
    names = [f"account-{number:03}" for number in range(30)]
    for name in names:
        await world.account(name, anchor="2026-09-25")
    await world.take(*(message(name, "2026-10-26T12:00", contact=name) for name in names))
    data = await world.data(document("accounts"))
    assert world.statements == ["account.page_ids", *ONE_SNAPSHOT]
    nodes = data["accounts"]["nodes"]
    by_id = sorted(names, key=account_id_of)
    assert [node["externalId"] for node in nodes] == by_id
    empty = {"used": 0, "byChannel": []}
    expected = [
        {"used": None, "byChannel": []},
        {"used": 1, "byChannel": [{"channel": "WHATSAPP", "used": 1}]},
        empty,
    ]
    spent = [None, {"spent": "0.00", "byFeature": []}, {"spent": "0.00", "byFeature": []}]
    for node in nodes:
        cycles = node["cycles"]["nodes"]
        assert [cycle["conversationUsage"] for cycle in cycles] == expected
        assert [cycle["carrierBalance"] for cycle in cycles] == spent


@pytest.mark.parametrize(
    ("selection", "statements"),
    [
        pytest.param("id name plan", ["account.by_ids"], id="scalars"),
        pytest.param("cycle { number endsOn }", ["account.by_ids"], id="dates"),
        pytest.param("cycle { conversationUsage { used } }", ONE_SNAPSHOT, id="one_meter"),
        pytest.param("nextCycle { carrierBalance { spent } }", ONE_SNAPSHOT, id="future_balance"),
        pytest.param(
            "cycle { conversationUsage { used } } nextCycle { conversationUsage { pending } }",
            ONE_SNAPSHOT,
            id="two_cycles",
        ),
        pytest.param(
            "cycle { carrierBalance { spent } } cycles { nodes { conversationUsage { used } } }",
            ["account.by_ids", "usage.of_cycles"],
            id="levels_of_different_depth",
        ),
    ],
)
async def test_what_is_not_asked_for_costs_no_statement(
    small: World, selection: str, statements: list[str]
) -> None:
    await small.data(f"{{ account {{ {selection} }} }}", principal=admin("acme"))
    assert small.statements == statements


async def test_one_account_under_many_aliases_is_loaded_once(small: World) -> None:
    aliases = " ".join(f"a{number}: account {{ name }}" for number in range(50))
    data = await small.data(f"{{ {aliases} }}", principal=admin("acme"))
    assert data == {f"a{number}": {"name": "Acme"} for number in range(50)}
    assert small.statements == ["account.by_ids"]
