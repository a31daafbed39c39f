"""What quota and balance are made of, part by part, as GraphQL shows it (D14, D17, D24).

The clock stands at 2026-11-22 12:00 UTC, in cycle 0 of accounts that began on 2026-10-25.
"""

import random
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import uuid4

import pytest

import db.usage
from billing.account import account_id_of
from billing.commitment import ChangeKind, GrantKind
from billing.cycle import Cycle
from db import automatic_grant
from db.automatic_grant import AutomaticGrant
from db.pool import acquire
from resolvers.page import cursor_of
from tests.support.facts import micros
from tests.support.marks import recharge_at
from tests.support.world import World, admin, charge, message

ANNA = admin("acme")
PART = "id price reason reverses note grantedAt expiresAt"
PARTS = f"""__typename
    ... on BlockGrant {{ {PART} conversations filled }}
    ... on BalanceGrant {{ {PART} amount balanceFilled: filled }}"""
GRANTS = f"grants(first: 100) {{ nodes {{ {PARTS} }} }}"
EVERYTHING = f"""number state {GRANTS} conversationUsage {{ quota used }}
    carrierBalance {{ limit spent }} cost {{ total }}"""
MICROS = 1_000_000
BOUGHT_AT, ADDED_AT = "2026-11-22T12:00:00Z", "2026-11-22T12:01:00Z"
END = "2026-11-25T00:00:00Z"


@pytest.fixture
async def acme(world: World) -> World:
    """A world with an account in UTC that is committed to 200 conversations and EUR 50."""
    await world.account("acme", anchor="2026-10-25", zone="UTC", blocks=2, carrier="50")
    return world


async def cycle(world: World, fields: str = EVERYTHING, which: str = "cycle") -> dict[str, Any]:
    data = await world.data(f"{{ account {{ {which} {{ {fields} }} }} }}", principal=ANNA)
    found: dict[str, Any] = data["account"][which.partition("(")[0]]
    return found


async def buy(world: World, mutation: str, version: int, **arguments: Any) -> None:
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    given = {"idempotencyKey": f"{mutation}-{version}", "expectedVersion": version, **arguments}
    data = await world.data(
        f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ __typename }} }}",
        {"input": given},
        principal=ANNA,
    )
    assert data[mutation]["__typename"] == "MeterChanged"


async def take_back(world: World, id_: str, *, booked_in: int) -> None:
    """Reverse a grant as it is stored, on the table itself."""
    async with acquire(world.pool) as conn:
        rows = await conn.execute(
            """INSERT INTO grant_reversal
               SELECT account_id, $2, kind, $3, amount, price_micros, $4, 'staff', 'A mistake.'
                 FROM (SELECT account_id, meter || '-' || version AS id, kind, amount, price_micros
                         FROM meter_change
                        UNION ALL
                       SELECT account_id, grant_id::text, 'AUTOMATIC_' || kind, amount, price_micros
                         FROM automatic_grant) AS g
                WHERE account_id = $1 AND id = $2""",
            account_id_of("acme"),
            id_,
            booked_in,
            world.clock(),
        )
    assert rows == "INSERT 0 1"


def used(count: int) -> list[Any]:
    return [message("acme", "2026-11-10", contact=f"c{n}") for n in range(count)]


def brief(nodes: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Shorten grants to id, size, price, reason and how far they are filled."""
    return [
        (
            node["id"],
            node["conversations"] if "conversations" in node else node["amount"],
            node["price"],
            node["reason"],
            node["filled"] if "filled" in node else node["balanceFilled"],
        )
        for node in nodes
    ]


def check_sums(found: Mapping[str, Any]) -> None:
    """Compare the parts with quota, limit, usage and cost of the same cycle."""
    nodes = found["grants"]["nodes"]
    blocks = [node for node in nodes if node["__typename"] == "BlockGrant"]
    balance = [node for node in nodes if node["__typename"] == "BalanceGrant"]
    usage, carrier = found["conversationUsage"], found["carrierBalance"]
    assert sum(micros(node["price"]) for node in nodes) == micros(found["cost"]["total"])
    assert len({node["id"] for node in nodes}) == len(nodes)
    if found["state"] == "FUTURE":
        assert {node["filled"] for node in blocks} <= {0}
        assert {node["balanceFilled"] for node in balance} <= {"0.00"}
        return
    quota, limit = usage["quota"], micros(carrier["limit"])
    assert sum(node["conversations"] for node in blocks) == quota
    assert sum(micros(node["amount"]) for node in balance) == limit
    assert sum(node["filled"] for node in blocks) == min(usage["used"], max(0, quota))
    spent = sum(micros(node["balanceFilled"]) for node in balance)
    assert spent == min(micros(carrier["spent"]), max(0, limit))


async def test_everything_that_a_cycle_can_have(acme: World) -> None:
    await recharge_at(acme, "10", amount="20.50")
    await buy(acme, "addConversationBlocks", 1, blocks=1)
    await buy(acme, "topUpCarrierBalance", 1, amount="7.25")
    acme.clock.now = acme.clock.now.replace(minute=1)
    await acme.take(*used(801), charge("acme", "2026-11-20", "60.000001"))
    found = await cycle(acme)
    check_sums(found)
    nodes = found["grants"]["nodes"]
    automatic = [node["id"] for node in nodes if node["reason"] == "AUTOMATIC"]
    assert brief(nodes) == [
        ("CONVERSATIONS-INCLUDED-0", 500, "0.00", "INCLUDED", 500),
        ("CONVERSATIONS-COMMITMENT-0", 200, "36.00", "COMMITMENT", 200),
        ("CONVERSATIONS-2", 100, "18.00", "PURCHASE", 100),
        (automatic[0], 100, "21.60", "AUTOMATIC", 1),
        ("CARRIER-COMMITMENT-0", "50.00", "50.00", "COMMITMENT", "50.00"),
        ("CARRIER-2", "7.25", "7.25", "PURCHASE", "7.25"),
        (automatic[1], "20.50", "20.50", "AUTOMATIC", "2.750001"),
    ]
    assert [(node["note"], node["grantedAt"], node["reverses"]) for node in nodes] == [
        ("Boost", None, None),
        ("Committed to, every cycle.", None, None),
        ("addConversationBlocks", BOUGHT_AT, None),
        ("The quota was used up.", ADDED_AT, None),
        ("Committed to, every cycle.", None, None),
        ("topUpCarrierBalance", BOUGHT_AT, None),
        ("Automatic recharge.", ADDED_AT, None),
    ]
    assert {node["expiresAt"] for node in nodes} == {END}
    assert found["cost"] == {"total": "153.35"}


async def test_a_reversal_takes_its_grant_out_of_quota_limit_and_cost(acme: World) -> None:
    await buy(acme, "addConversationBlocks", 1, blocks=3)
    await buy(acme, "topUpCarrierBalance", 1, amount="10")
    acme.clock.now = acme.clock.now.replace(minute=1)
    await buy(acme, "addConversationBlocks", 2, blocks=1)
    await acme.take(*used(750), charge("acme", "2026-11-20", "55"))
    await take_back(acme, "CONVERSATIONS-2", booked_in=0)
    await take_back(acme, "CARRIER-2", booked_in=0)
    found = await cycle(acme)
    check_sums(found)
    assert brief(found["grants"]["nodes"]) == [
        ("CONVERSATIONS-INCLUDED-0", 500, "0.00", "INCLUDED", 500),
        ("CONVERSATIONS-COMMITMENT-0", 200, "36.00", "COMMITMENT", 200),
        ("CONVERSATIONS-2", 300, "54.00", "PURCHASE", 0),
        ("CONVERSATIONS-3", 100, "18.00", "PURCHASE", 50),
        ("CONVERSATIONS-2-REVERSAL", -300, "-54.00", "REVERSAL", 0),
        ("CARRIER-COMMITMENT-0", "50.00", "50.00", "COMMITMENT", "50.00"),
        ("CARRIER-2", "10.00", "10.00", "PURCHASE", "0.00"),
        ("CARRIER-2-REVERSAL", "-10.00", "-10.00", "REVERSAL", "0.00"),
    ]
    reversals = [node for node in found["grants"]["nodes"] if node["reason"] == "REVERSAL"]
    assert [(node["reverses"], node["note"]) for node in reversals] == [
        ("CONVERSATIONS-2", "A mistake."),
        ("CARRIER-2", "A mistake."),
    ]
    assert (found["conversationUsage"]["quota"], found["cost"]["total"]) == (800, "104.00")


async def test_a_reversal_may_count_in_a_later_cycle_than_its_grant(acme: World) -> None:
    await buy(acme, "addConversationBlocks", 1, blocks=3)
    acme.clock.now = acme.clock.now.replace(month=12, day=20)
    await take_back(acme, "CONVERSATIONS-2", booked_in=1)
    closed, current = await cycle(acme, which="cycle(number: 0)"), await cycle(acme)
    check_sums(closed)
    check_sums(current)
    assert [node[0] for node in brief(closed["grants"]["nodes"])] == [
        "CONVERSATIONS-INCLUDED-0",
        "CONVERSATIONS-COMMITMENT-0",
        "CONVERSATIONS-2",
        "CARRIER-COMMITMENT-0",
    ]
    assert brief(current["grants"]["nodes"])[2] == (
        "CONVERSATIONS-2-REVERSAL",
        -300,
        "-54.00",
        "REVERSAL",
        0,
    )
    assert current["conversationUsage"]["quota"] == 400


async def test_the_future_cycle_has_what_is_committed_to_and_bought_for_it(acme: World) -> None:
    await buy(acme, "changeConversationCommitment", 1, blocks=4)
    await buy(acme, "addConversationBlocks", 2, blocks=5, cycle="NEXT")
    await buy(acme, "changeCarrierCommitment", 1, amount="75")
    found = await cycle(acme, which="nextCycle")
    check_sums(found)
    assert brief(found["grants"]["nodes"]) == [
        ("CONVERSATIONS-INCLUDED-1", 500, "0.00", "INCLUDED", 0),
        ("CONVERSATIONS-COMMITMENT-1", 400, "72.00", "COMMITMENT", 0),
        ("CONVERSATIONS-3", 500, "90.00", "PURCHASE", 0),
        ("CARRIER-COMMITMENT-1", "75.00", "75.00", "COMMITMENT", "0.00"),
    ]
    assert {node["expiresAt"] for node in found["grants"]["nodes"]} == {"2026-12-25T00:00:00Z"}


# --- statements


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(GRANTS, id="alone"),
        pytest.param(EVERYTHING, id="with_all_numbers"),
        pytest.param("cost { total } " + EVERYTHING, id="in_another_order"),
    ],
)
async def test_the_grants_come_with_the_numbers_in_one_statement(acme: World, fields: str) -> None:
    await cycle(acme, fields)
    assert acme.statements == ["account.by_ids", "usage.of_cycles"]
    await cycle(acme, f"nodes {{ {fields} }}", "cycles(first: 100)")
    assert acme.statements == ["account.by_ids", "usage.of_cycles"]


async def test_grants_are_loaded_of_the_cycles_that_ask_for_them(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []
    of_cycles = db.usage.of_assumed_cycles

    async def noting(*args: Any, grants_of: Collection[Cycle], **kwargs: Any) -> Any:
        asked.append(sorted(each.number for each in grants_of))
        return await of_cycles(*args, grants_of=grants_of, **kwargs)

    monkeypatch.setattr(db.usage, "of_assumed_cycles", noting)
    numbers = "conversationUsage { quota } carrierBalance { limit } cost { total }"
    await cycle(acme, numbers)
    await cycle(acme, f"nodes {{ {numbers} }}", "cycles")
    await acme.data(
        f"{{ account {{ cycle {{ {numbers} }} nextCycle {{ {GRANTS} {numbers} }} }} }}",
        principal=ANNA,
    )
    assert asked == [[], [], [1]]


# --- pages


PAGE = """query ($first: Int!, $after: String) { account { cycle {
    grants(first: $first, after: $after) {
        edges { cursor node { ... on BlockGrant { id } ... on BalanceGrant { id } } }
        pageInfo { hasPreviousPage hasNextPage startCursor endCursor } } } } }"""


@pytest.mark.parametrize("first", [1, 2, 3, 7, 8, 100])
async def test_each_grant_is_met_once_on_pages_of_any_size(acme: World, first: int) -> None:
    for version in range(1, 4):
        await buy(acme, "addConversationBlocks", version, blocks=1)
    await take_back(acme, "CONVERSATIONS-3", booked_in=0)
    ids: list[str] = []
    after: str | None = None
    while True:
        data = await acme.data(PAGE, {"first": first, "after": after}, principal=ANNA)
        page = data["account"]["cycle"]["grants"]
        info, edges = page["pageInfo"], page["edges"]
        assert info["hasPreviousPage"] == bool(ids)
        assert (info["startCursor"], info["endCursor"]) == (
            edges[0]["cursor"],
            edges[-1]["cursor"],
        )
        ids += [edge["node"]["id"] for edge in edges]
        if not info["hasNextPage"]:
            break
        assert len(edges) == first
        after = info["endCursor"]
    assert ids == [
        "CONVERSATIONS-INCLUDED-0",
        "CONVERSATIONS-COMMITMENT-0",
        "CONVERSATIONS-2",
        "CONVERSATIONS-3",
        "CONVERSATIONS-4",
        "CONVERSATIONS-3-REVERSAL",
        "CARRIER-COMMITMENT-0",
    ]


async def test_there_is_a_page_after_the_last_grant_and_it_is_empty(acme: World) -> None:
    last = cursor_of("CARRIER-COMMITMENT-0")
    data = await acme.data(PAGE, {"first": 1, "after": last}, principal=ANNA)
    assert data["account"]["cycle"]["grants"] == {
        "edges": [],
        "pageInfo": {
            "hasPreviousPage": True,
            "hasNextPage": False,
            "startCursor": None,
            "endCursor": None,
        },
    }


@pytest.mark.parametrize(
    ("first", "after", "field", "loads"),
    [
        pytest.param(0, None, "first", False, id="first_0"),
        pytest.param(-1, None, "first", False, id="first_negative"),
        pytest.param(101, None, "first", False, id="first_over"),
        pytest.param(1, "nonsense", "after", False, id="nonsense"),
        pytest.param(1, cursor_of(3), "after", False, id="cursor_of_another_list"),
        pytest.param(1, cursor_of("CONVERSATIONS-9"), "after", True, id="not_there"),
        pytest.param(
            1, cursor_of("CONVERSATIONS-COMMITMENT-1"), "after", True, id="of_another_cycle"
        ),
        pytest.param(1, cursor_of("a\0b"), "after", True, id="nul"),
    ],
)
async def test_a_page_that_cannot_be_had_names_the_argument(
    acme: World,
    first: int,
    after: str | None,
    field: str,
    loads: bool,  # noqa: FBT001
) -> None:
    refusals = await acme.refusals(PAGE, {"first": first, "after": after}, principal=ANNA)
    assert refusals == [("BAD_USER_INPUT", field)]
    assert acme.statements == ["account.by_ids", *["usage.of_cycles"] * loads]


async def test_a_cursor_of_one_cycle_is_refused_for_the_others_only(acme: World) -> None:
    after = cursor_of("CONVERSATIONS-INCLUDED-0")
    result = await acme.execute(
        f"""{{ account {{ cycles {{ nodes {{
            number grants(after: "{after}") {{ pageInfo {{ hasPreviousPage }} }} }} }} }} }}""",
        principal=ANNA,
    )
    assert result.errors is not None
    assert [error.path for error in result.errors] == [["account", "cycles", "nodes", 0, "grants"]]


# --- anything at all


async def add_randomly(world: World, chance: random.Random) -> str:
    """Add a grant to one of three cycles and return the id by which it is shown."""
    kind, number = chance.choice(list(GrantKind)), chance.randrange(3)
    carrier = kind in (GrantKind.TOP_UP, GrantKind.AUTOMATIC_TOP_UP)
    amount = chance.randrange(1, 90 * MICROS) if carrier else chance.randrange(1, 9)
    if kind in (GrantKind.BLOCKS, GrantKind.TOP_UP):
        await world.grant("acme", kind, number, amount)
        async with acquire(world.pool) as conn:
            meter = "CARRIER" if carrier else "CONVERSATIONS"
            version = await conn.fetchval(
                "SELECT max(version) FROM meter_change WHERE meter = $1", meter
            )
            await conn.execute(
                "UPDATE meter_change SET price_micros = $3 WHERE meter = $1 AND version = $2",
                meter,
                version,
                chance.randrange(10**8),
            )
        return f"{meter}-{version}"
    grant = AutomaticGrant(
        account_id=account_id_of("acme"),
        grant_id=uuid4(),
        kind=ChangeKind(kind.value.removeprefix("AUTOMATIC_")),
        cycle=number,
        amount=amount,
        price_micros=chance.randrange(10**8),
        effective_at=world.clock(),
        reason="Added.",
    )
    async with acquire(world.pool) as conn:
        await automatic_grant.insert(conn, [grant], recorded_at=world.clock())
    return str(grant.grant_id)


@pytest.mark.parametrize("seed", range(6))
async def test_the_parts_always_add_up(world: World, seed: int) -> None:
    """Whatever was bought, added and taken back: in past, current and future cycles."""
    chance = random.Random(seed)
    world.clock.now = world.clock.now.replace(month=10, day=25)
    await world.account(
        "acme",
        anchor="2026-10-25",
        zone="UTC",
        blocks=chance.randrange(3) or None,
        carrier=chance.choice((None, "25", "133.70")),
    )
    ids: list[str] = []
    for month, day in ((10, 26), (11, 22), (11, 26), (12, 3)):
        world.clock.now = world.clock.now.replace(month=month, day=day)
        current = (await cycle(world, "number"))["number"]
        ids += [await add_randomly(world, chance) for _ in range(chance.randrange(8))]
        chance.shuffle(ids)
        for id_ in ids[: chance.randrange(3)]:
            await take_back(world, id_, booked_in=chance.randrange(current, 3))
            ids.remove(id_)
        at = world.clock.now.isoformat()
        await world.take(
            *(message("acme", at, contact=f"c{n}") for n in range(chance.randrange(300))),
            *(
                charge("acme", at, f"{chance.randrange(10**8) / 10**6:.6f}", id=f"{at} {n}")
                for n in range(chance.randrange(3))
            ),
        )
        shown = await cycle(world, f"nodes {{ {EVERYTHING} }}", "cycles(first: 100)")
        for found in shown["nodes"]:
            check_sums(found)
