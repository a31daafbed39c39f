"""``GET /export``: what the API says, as CSV, for those to whom the API says it."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from billing.account import account_id_of
from billing.plan import Interval
from billing.series import POINTS_MAX
from db.embedded import Cluster
from edge.export import CYCLES_DEFAULT, CYCLES_MAX
from resolvers.principal import Role, Scope
from tests.support.fixtures import shared_world
from tests.support.http import Client, client
from tests.support.world import World, charge, contents, message

ACME, ODD = str(account_id_of("acme")), str(account_id_of("=odd;/.."))
USAGE = (
    "account,step,starts_on,ends_on,time_zone,conversations,conversations_total,spent,"
    "spent_total,currency\r\n"
)
CYCLES = (
    "account,cycle,starts_on,ends_on,time_zone,state,commitment,quota,used,spent,limit,currency\r\n"
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(cluster: Cluster, template: str) -> AsyncIterator[Client]:
    """An account in its second cycle, whose first one has changed since it was closed."""
    async with (
        shared_world(cluster, template) as world,
        client(world.schema, world.pool, world.ingest_pool, world.clock) as http,
    ):
        await _fill(world)
        yield http


async def _fill(world: World) -> None:
    past = "2020-01-01"
    for name, anchor, interval in (
        ("acme", "2026-09-25", Interval.MONTHLY),
        ("=odd;/..", "2025-12-01", Interval.YEARLY),
        ("early", "2026-12-01", Interval.MONTHLY),
        ("old", "2020-01-01", Interval.MONTHLY),
    ):
        await world.account(
            name, anchor=anchor, interval=interval, carrier="25", blocks=1, backfill_until=past
        )
    await world.account("trial", trial=True)
    await world.take(
        message("acme", "2026-10-01T12:00", contact="late"),
        message("acme", "2026-11-10T12:00", contact="ada"),
        message("acme", "2026-11-16T12:00", contact="bob"),
        charge("acme", "2026-10-01T12:00", "2"),
        charge("acme", "2026-11-11T12:00", "1.000001"),
    )


async def ask(door: Client, role: Role | None = Role.ADMIN, **asked: Any) -> httpx2.Response:
    bearer = None if role is None else door.token(role, None if role is Role.OPERATOR else "acme")
    headers = {} if bearer is None else {"authorization": f"Bearer {bearer}"}
    return await door.http.get("/export", params=asked, headers=headers)


async def test_a_cycle_by_month(door: Client) -> None:
    reply = await ask(door, chart="usage", by="MONTH")
    assert reply.status_code == 200
    assert reply.content.decode() == (
        f"{USAGE}"
        "acme,MONTH,2026-10-25,2026-11-24,Europe/Amsterdam,2,2,1.000001,1.000001,EUR\r\n"
        "acme,ADJUSTMENTS,,,Europe/Amsterdam,1,3,2.00,3.000001,EUR\r\n"
    )
    assert {name: reply.headers[name] for name in ("content-type", "content-disposition")} == {
        "content-type": "text/csv; charset=utf-8; header=present",
        "content-disposition": 'attachment; filename="acme-usage-2026-10-25.csv"',
    }
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"


async def test_what_a_closed_cycle_lacks_is_taken_off_in_the_last_row(door: Client) -> None:
    reply = await ask(door, chart="usage", cycle=0, by="MONTH")
    assert reply.content.decode() == (
        f"{USAGE}"
        "acme,MONTH,2026-09-25,2026-10-24,Europe/Amsterdam,1,1,2.00,2.00,EUR\r\n"
        "acme,ADJUSTMENTS,,,Europe/Amsterdam,-1,0,-2.00,0.00,EUR\r\n"
    )


async def test_the_days_are_those_of_the_api(door: Client) -> None:
    reply = await ask(door, chart="usage", cycle=1)
    shown = await door.graphql(
        """{ account { cycle(number: 1) { conversationUsage { used } carrierBalance { spent } }
            usageSeries(cycle: 1) { points {
                startsOn endsOn conversations conversationsTotal spent spentTotal } } } }""",
        bearer=door.token(Role.ADMIN, "acme"),
    )
    account = shown["data"]["account"]
    *days, last = csv.DictReader(io.StringIO(reply.text))
    assert [
        {
            "startsOn": day["starts_on"],
            "endsOn": day["ends_on"],
            "conversations": int(day["conversations"]),
            "conversationsTotal": int(day["conversations_total"]),
            "spent": day["spent"],
            "spentTotal": day["spent_total"],
        }
        for day in days
    ] == account["usageSeries"]["points"]
    assert int(last["conversations_total"]) == account["cycle"]["conversationUsage"]["used"]
    assert last["spent_total"] == account["cycle"]["carrierBalance"]["spent"]


async def test_the_last_cycles(door: Client) -> None:
    reply = await ask(door, chart="cycles")
    assert reply.content.decode() == (
        f"{CYCLES}"
        "acme,0,2026-09-25,2026-10-24,Europe/Amsterdam,CLOSED,600,600,0,0.00,25.00,EUR\r\n"
        "acme,1,2026-10-25,2026-11-24,Europe/Amsterdam,CURRENT,600,600,3,3.000001,25.00,EUR\r\n"
    )
    disposition = 'attachment; filename="acme-cycles-2026-09-25.csv"'
    assert reply.headers["content-disposition"] == disposition
    assert (await ask(door, chart="cycles", last=1)).text.splitlines()[1].startswith("acme,1,")


async def test_the_last_12_cycles_or_up_to_60_of_many(door: Client) -> None:
    old = {"chart": "cycles", "account": str(account_id_of("old"))}
    for asked, count in (({}, CYCLES_DEFAULT), ({"last": CYCLES_MAX}, CYCLES_MAX)):
        _, *rows = (await ask(door, Role.OPERATOR, **old, **asked)).text.splitlines()
        assert len(rows) == count
        assert rows[-1].startswith("old,82,2026-11-01,2026-11-30,")


async def test_an_account_without_cycles_has_none_yet(door: Client) -> None:
    id_ = str(account_id_of("early"))
    reply = await ask(door, Role.OPERATOR, chart="cycles", account=id_)
    assert reply.text == CYCLES
    assert reply.headers["content-disposition"] == 'attachment; filename="early-cycles.csv"'
    reply = await ask(door, Role.OPERATOR, chart="usage", account=id_)
    assert (reply.status_code, reply.json()) == (
        404,
        {
            "code": "NO_CURRENT_CYCLE",
            "message": "cycle: The account has no current cycle: name one.",
        },
    )


async def test_a_name_is_neither_a_formula_nor_a_path(door: Client) -> None:
    reply = await ask(door, Role.OPERATOR, chart="usage", account=ODD)
    assert reply.headers["content-disposition"] == (
        'attachment; filename="_odd____-usage-2025-12-01.csv"'
    )
    lines = reply.text.splitlines()
    assert lines[1].startswith("'=odd;/..,DAY,2025-12-01,2025-12-01,")
    assert len(lines) == 1 + 365 + 1 <= 1 + POINTS_MAX + 1


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({}, "BAD_USER_INPUT", "chart: It must be one of usage, cycles."),
    ({"chart": "spend"}, "BAD_USER_INPUT", "chart: It must be one of usage, cycles."),
    (
        {"chart": ["usage", "usage"]},
        "BAD_USER_INPUT",
        "chart: It is given more than once.",
    ),
    (
        {"chart": "usage", "form": "xlsx"},
        "BAD_USER_INPUT",
        '"form": The chart usage has no such parameter.',
    ),
    (
        {"chart": "usage", "last": "1"},
        "BAD_USER_INPUT",
        '"last": The chart usage has no such parameter.',
    ),
    (
        {"chart": "cycles", "cycle": "1"},
        "BAD_USER_INPUT",
        '"cycle": The chart cycles has no such parameter.',
    ),
    (
        {"chart": "usage", "by": ["DAY", "MONTH"]},
        "BAD_USER_INPUT",
        "by: It is given more than once.",
    ),
    ({"chart": "usage", "by": "day"}, "BAD_USER_INPUT", "by: It must be one of DAY, MONTH."),
    ({"chart": "usage", "cycle": "-1"}, "BAD_USER_INPUT", "cycle: It must be a number from 0 on."),
    (
        {"chart": "usage", "cycle": "\u0661"},
        "BAD_USER_INPUT",
        "cycle: It must be a number from 0 on.",
    ),
    (
        {"chart": "usage", "cycle": "3"},
        "CYCLE_OUT_OF_RANGE",
        "cycle: The cycles that can be viewed are 0 to 2.",
    ),
    ({"chart": "cycles", "last": "0"}, "BAD_USER_INPUT", "last: It must be from 1 to 60."),
    ({"chart": "cycles", "last": "61"}, "BAD_USER_INPUT", "last: It must be from 1 to 60."),
    (
        {"chart": "usage", "account": "acme"},
        "BAD_USER_INPUT",
        "account: It is not an account's id.",
    ),
]


@pytest.mark.parametrize(("asked", "code", "message"), REFUSED)
async def test_what_cannot_be_asked_for_is_refused_by_name(
    door: Client, asked: dict[str, Any], code: str, message: str
) -> None:
    reply = await ask(door, **asked)
    assert (reply.status_code, reply.json()) == (400, {"code": code, "message": message})


@pytest.mark.parametrize("chart", ["usage", "cycles"])
async def test_the_rights_are_those_of_the_api(door: Client, chart: str) -> None:
    before = await contents(door.pool)
    tokens = {
        "nobody": None,
        "forged": "a.b.c",
        "member": door.token(Role.MEMBER, "acme"),
        "admin": door.token(Role.ADMIN, "acme"),
        "admin of another account": door.token(Role.ADMIN, "early"),
        "admin of a trial account": door.token(Role.ADMIN, "trial"),
        "admin of an account that does not exist": door.token(Role.ADMIN, "ghost"),
        "operator": door.token(Role.OPERATOR),
        "send key": await door.key(Scope.SEND),
    }
    own = {"admin of a trial account", "admin of an account that does not exist"}
    found: dict[str, tuple[int, str | None]] = {}
    for name, token in tokens.items():
        reply = await door.http.get(
            "/export",
            params={"chart": chart} if name in own else {"chart": chart, "account": ACME},
            headers={} if token is None else {"authorization": f"Bearer {token}"},
        )
        found[name] = reply.status_code, None if reply.is_success else reply.json()["code"]
    assert found == {
        "nobody": (401, "UNAUTHENTICATED"),
        "forged": (401, "UNAUTHENTICATED"),
        "member": (403, "ADMIN_ONLY"),
        "admin": (200, None),
        "admin of another account": (404, "NOT_FOUND"),
        "admin of a trial account": (403, "TRIAL_NO_ACCESS"),
        "admin of an account that does not exist": (404, "NOT_FOUND"),
        "operator": (200, None),
        "send key": (403, "ADMIN_ONLY"),
    }
    unnamed = await ask(door, Role.OPERATOR, chart=chart)
    assert (unnamed.status_code, unnamed.json()["message"]) == (
        400,
        "account: An operator has no account: name one.",
    )
    assert await contents(door.pool) == before


async def test_a_reply_to_nobody_says_how_to_authenticate(door: Client) -> None:
    reply = await ask(door, None, chart="usage")
    assert reply.headers["www-authenticate"] == "Bearer"


async def test_only_get_is_taken(door: Client) -> None:
    assert (await door.http.post("/export")).status_code == 405
