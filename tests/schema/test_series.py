"""Usage over time as it is asked for."""

from typing import Any

import pytest

from tests.support.world import World, admin, charge, message

ANNA = admin("acme")
POINTS = "{ account { usageSeries%s { by computedAt cycle { number } points { %s } } } }"


@pytest.fixture
async def acme(world: World) -> World:
    """An account at noon of 2026-11-22, in cycle 0, which ends with 11-24."""
    await world.account("acme", anchor="2026-10-25")
    await world.take(
        message("acme", "2026-11-10T12:00", contact="ada"),
        message("acme", "2026-11-16T12:00", contact="bob"),
        message("acme", "2026-11-16T12:00", contact="eve", channel="CHAT"),
        message("acme", "2026-11-20T12:00", contact="bob", channel="SMS"),
        charge("acme", "2026-10-26T12:00", "1.25"),
        charge("acme", "2026-11-22T11:00", "0.000001"),
    )
    return world


async def asked(world: World, arguments: str, fields: str = "startsOn conversations") -> Any:
    data = await world.data(POINTS % (arguments, fields), principal=ANNA)
    return data["account"]["usageSeries"]


async def test_the_current_cycle_has_what_has_closed_and_what_is_in_progress(acme: World) -> None:
    series = await asked(acme, "", "startsOn conversations conversationsTotal spent spentTotal")
    assert (series["by"], series["computedAt"], series["cycle"]) == (
        "DAY",
        "2026-11-22T12:00:00Z",
        {"number": 0},
    )
    points = {point.pop("startsOn"): tuple(point.values()) for point in series["points"]}
    assert next(iter(points)) == "2026-10-25"
    assert list(points)[-1] == "2026-11-24"
    assert points["2026-10-25"] == (0, 0, "0.00", "0.00")
    assert points["2026-10-26"] == (0, 0, "1.25", "1.25")
    assert points["2026-11-17"] == (1, 1, "0.00", "1.25")
    assert points["2026-11-22"] == (0, 1, "0.000001", "1.250001")
    assert points["2026-11-23"] == (2, 3, "0.00", "1.250001")
    assert points["2026-11-24"] == (0, 3, "0.00", "1.250001")


async def test_the_future_cycle_has_the_pending_ones(acme: World) -> None:
    series = await asked(acme, "(cycle: 1)", "startsOn conversations spent")
    assert series["cycle"] == {"number": 1}
    assert [point for point in series["points"] if point["conversations"]] == [
        {"startsOn": "2026-11-27", "conversations": 1, "spent": "0.00"}
    ]


async def test_a_month_is_one_step(acme: World) -> None:
    fields = "startsAt endsAt startsOn endsOn conversationsTotal spentTotal"
    series = await asked(acme, "(cycle: 0, by: MONTH)", fields)
    assert series["points"] == [
        {
            "startsAt": "2026-10-24T22:00:00Z",
            "endsAt": "2026-11-24T23:00:00Z",
            "startsOn": "2026-10-25",
            "endsOn": "2026-11-24",
            "conversationsTotal": 3,
            "spentTotal": "1.250001",
        }
    ]


async def test_there_is_none_of_no_current_cycle(acme: World) -> None:
    await acme.account("early", anchor="2026-12-01")
    document = "{ account { usageSeries { by } } }"
    data = await acme.data(document, principal=admin("early"))
    assert data == {"account": {"usageSeries": None}}
    assert acme.statements == ["account.by_ids"]


@pytest.mark.parametrize(("number", "code"), [(-1, "BAD_USER_INPUT"), (2, "CYCLE_OUT_OF_RANGE")])
async def test_a_cycle_that_cannot_be_viewed(acme: World, number: int, code: str) -> None:
    document = "query ($number: Int!) { account { usageSeries(cycle: $number) { by } } }"
    refused = await acme.refusals(document, {"number": number}, principal=ANNA)
    assert refused == [(code, "cycle")]
    assert acme.statements == ["account.by_ids"]


async def test_all_series_of_an_operation_are_of_one_statement(acme: World) -> None:
    for number in range(3):
        name = f"other-{number}"
        await acme.account(name, anchor="2026-11-01", zone="UTC")
        await acme.take(charge(name, "2026-11-10T12:00", f"{number}"))
    data = await acme.data(
        """{ accounts { nodes { externalId
            days: usageSeries { points { spentTotal } }
            month: usageSeries(by: MONTH) { points { spentTotal } }
            next: usageSeries(cycle: 1) { points { spentTotal } } } } }"""
    )
    assert acme.statements == ["account.page_ids", "account.by_ids", "series.of_cycles"]
    shown = {
        node["externalId"]: [
            (len(node[name]["points"]), node[name]["points"][-1]["spentTotal"])
            for name in ("days", "month", "next")
        ]
        for node in data["accounts"]["nodes"]
    }
    assert shown == {
        "acme": [(31, "1.250001"), (1, "1.250001"), (30, "0.00")],
        **{
            f"other-{number}": [(30, f"{number}.00"), (1, f"{number}.00"), (31, "0.00")]
            for number in range(3)
        },
    }
