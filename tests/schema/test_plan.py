"""createPlan: price lists are added once, whole, and within their limits."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from billing.money import format_micros
from billing.plan import (
    BLOCK_PRICE_MICROS_MAX,
    BLOCKS_MAX,
    INCLUDED_MAX,
    PERCENT_MAX,
    PERCENT_MIN,
    PLAN_NAME_MAX,
    REMINDERS_MAX,
)
from db.embedded import Cluster
from db.pool import acquire
from tests.support.fixtures import shared_world
from tests.support.world import World, admin, contents, utc

CREATE = """mutation ($input: CreatePlanInput!) { createPlan(input: $input) {
  __typename ... on Failure { message }
  ... on CreatePlanSuccess { priceLists { plan interval effectiveFrom included blockPrice
    surchargePolicy reminderPercents } } } }"""
MONTHLY = {"interval": "MONTHLY", "included": 500, "blockPrice": "18"}
YEARLY = {"interval": "YEARLY", "included": 6_000, "blockPrice": "15.000001"}
FROM = "2026-12-01T00:00:00+01:00"


def given(name: str = "New", *price_lists: dict[str, Any]) -> dict[str, Any]:
    lists = list(price_lists or (MONTHLY,))
    return {"input": {"name": name, "effectiveFrom": FROM, "priceLists": lists}}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def plans(cluster: Cluster, template: str) -> AsyncIterator[World]:
    async with shared_world(cluster, template) as world:
        yield world


async def test_a_plan_has_the_published_limits_and_reminders_unless_given(world: World) -> None:
    data = await world.data(CREATE, given("Großer Tarif", MONTHLY, YEARLY))
    assert world.statements == ["price_list.of_plan", "price_list.insert", "price_list.insert"]
    common = {
        "plan": "Großer Tarif",
        "effectiveFrom": "2026-11-30T23:00:00Z",
        "surchargePolicy": "SURCHARGE_BLOCKS",
    }
    assert data["createPlan"] == {
        "__typename": "CreatePlanSuccess",
        "priceLists": [
            {
                **common,
                "interval": "MONTHLY",
                "included": 500,
                "blockPrice": "18.00",
                "reminderPercents": [75, 90, 100],
            },
            {
                **common,
                "interval": "YEARLY",
                "included": 6_000,
                "blockPrice": "15.000001",
                "reminderPercents": [50, 75, 90, 100],
            },
        ],
    }
    async with acquire(world.pool) as conn:
        rows = await conn.fetch(
            "SELECT billing_interval, commitment_blocks_max, purchase_blocks_max, "
            "carrier_commitment_micros_min, carrier_commitment_micros_max, top_up_micros_min, "
            "top_up_micros_max, recorded_at, recorded_by FROM price_list WHERE plan = $1 "
            "ORDER BY billing_interval",
            "Großer Tarif",
        )
    euro = 1_000_000
    assert [tuple(row) for row in rows] == [
        (interval, 100, 100, 25 * euro, most * euro, euro, 1_000 * euro, world.clock(), "staff")
        for interval, most in (("MONTHLY", 1_000), ("YEARLY", 12_000))
    ]


async def test_all_that_is_given_is_recorded(world: World) -> None:
    own = {
        **MONTHLY,
        "surchargePolicy": "NONE",
        "reminderPercents": [],
        "commitmentBlocksMax": 0,
        "purchaseBlocksMax": 7,
        "carrierCommitmentMin": "0",
        "carrierCommitmentMax": "0.5",
        "topUpMin": "2",
        "topUpMax": "2",
    }
    data = await world.data(CREATE, given("Own", own))
    [price_list] = data["createPlan"]["priceLists"]
    assert (price_list["surchargePolicy"], price_list["reminderPercents"]) == ("NONE", [])
    async with acquire(world.pool) as conn:
        row = await conn.fetchrow(
            "SELECT commitment_blocks_max, purchase_blocks_max, carrier_commitment_micros_min, "
            "carrier_commitment_micros_max, top_up_micros_min, top_up_micros_max "
            "FROM price_list WHERE plan = 'Own'"
        )
    assert row is not None
    assert tuple(row) == (0, 7, 0, 500_000, 2_000_000, 2_000_000)


async def test_an_existing_price_list_is_never_changed_and_nothing_beside_it_added(
    world: World,
) -> None:
    await world.data(CREATE, given("New", YEARLY))
    before = await contents(world.pool)
    data = await world.data(CREATE, given("New", MONTHLY, {**YEARLY, "included": 1}))
    assert data["createPlan"] == {
        "__typename": "PriceListExists",
        "message": "New has a yearly price list from 2026-11-30T23:00:00+00:00 on already.",
    }
    assert await contents(world.pool) == before


async def test_a_newer_price_list_holds_for_cycles_that_start_from_then_on(world: World) -> None:
    await world.account("acme", anchor="2026-10-25")
    newer = given("Boost", {**MONTHLY, "included": 700})
    newer["input"]["effectiveFrom"] = "2026-11-25T00:00:00+01:00"
    await world.data(CREATE, newer)
    found = []
    for at in ("2026-11-22T12:00", "2026-11-25T12:00"):
        world.clock.now = utc(at)
        data = await world.data(
            "{ account { cycle { conversationUsage { included } } } }", principal=admin("acme")
        )
        found.append(data["account"]["cycle"]["conversationUsage"]["included"])
    assert found == [500, 700]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"included": -1}, "included"),
        ({"included": INCLUDED_MAX + 1}, "included"),
        ({"included": 2**31}, "included"),
        ({"included": 1.5}, "included"),
        ({"blockPrice": "-0.01"}, "blockPrice"),
        ({"blockPrice": format_micros(BLOCK_PRICE_MICROS_MAX + 1)}, "blockPrice"),
        ({"blockPrice": "1000000000.000001"}, "blockPrice"),
        ({"reminderPercents": [PERCENT_MIN - 1]}, "reminderPercents"),
        ({"reminderPercents": [PERCENT_MAX + 1]}, "reminderPercents"),
        ({"reminderPercents": [90, 75]}, "reminderPercents"),
        ({"reminderPercents": [75, 75]}, "reminderPercents"),
        ({"reminderPercents": list(range(1, REMINDERS_MAX + 2))}, "reminderPercents"),
        ({"commitmentBlocksMax": -1}, "commitmentBlocksMax"),
        ({"commitmentBlocksMax": BLOCKS_MAX + 1}, "commitmentBlocksMax"),
        ({"purchaseBlocksMax": -1}, "purchaseBlocksMax"),
        ({"purchaseBlocksMax": BLOCKS_MAX + 1}, "purchaseBlocksMax"),
        ({"carrierCommitmentMin": "-1"}, "carrierCommitmentMin"),
        ({"carrierCommitmentMin": "1000.01"}, "carrierCommitmentMax"),
        ({"carrierCommitmentMax": "24.99"}, "carrierCommitmentMax"),
        ({"topUpMin": "-1"}, "topUpMin"),
        ({"topUpMax": "0.99"}, "topUpMax"),
        ({"interval": "WEEKLY"}, "interval"),
        ({"surchargePolicy": "FREE"}, "surchargePolicy"),
    ],
)
async def test_a_price_list_outside_its_limits_names_the_field(
    plans: World, change: dict[str, Any], field: str
) -> None:
    before = await contents(plans.pool)
    refusals = await plans.refusals(CREATE, given("Bad", YEARLY, {**MONTHLY, **change}))
    assert refusals == [("BAD_USER_INPUT", field)]
    assert plans.statements == []
    assert await contents(plans.pool) == before


@pytest.mark.parametrize(
    ("variables", "field"),
    [
        pytest.param(given(""), "name", id="no_name"),
        pytest.param(given("n" * (PLAN_NAME_MAX + 1)), "name", id="long_name"),
        pytest.param(given("a\nb"), "name", id="newline"),
        pytest.param(given("a\0b"), "name", id="nul"),
        pytest.param(given("New", MONTHLY, MONTHLY), "priceLists", id="interval_twice"),
        pytest.param(
            {"input": {**given()["input"], "priceLists": []}}, "priceLists", id="no_price_list"
        ),
        pytest.param(
            {"input": {**given()["input"], "effectiveFrom": "2026-12-01T00:00:00"}},
            "effectiveFrom",
            id="no_offset",
        ),
    ],
)
async def test_a_plan_that_cannot_be_one_names_the_field(
    plans: World, variables: dict[str, Any], field: str
) -> None:
    assert await plans.refusals(CREATE, variables) == [("BAD_USER_INPUT", field)]
    assert plans.statements == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        pytest.param("n" * PLAN_NAME_MAX, {}, id="longest_name"),
        pytest.param("Most", {"included": INCLUDED_MAX}, id="most_included"),
        pytest.param("Nothing", {"included": 0, "blockPrice": "0"}, id="nothing_included"),
        pytest.param(
            "Dear", {"blockPrice": format_micros(BLOCK_PRICE_MICROS_MAX)}, id="dearest_block"
        ),
        pytest.param(
            "Blocks",
            {"commitmentBlocksMax": BLOCKS_MAX, "purchaseBlocksMax": BLOCKS_MAX},
            id="most_blocks",
        ),
        pytest.param(
            "Reminders",
            {"reminderPercents": [PERCENT_MIN, *range(2, REMINDERS_MAX + 1)]},
            id="most_reminders",
        ),
        pytest.param("Last", {"reminderPercents": [PERCENT_MAX]}, id="highest_reminder"),
    ],
)
async def test_a_price_list_at_its_limits_is_taken(
    plans: World, name: str, change: dict[str, Any]
) -> None:
    data = await plans.data(CREATE, given(name, {**MONTHLY, **change}))
    assert data["createPlan"]["__typename"] == "CreatePlanSuccess"
