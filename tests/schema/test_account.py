"""createAccount and endAccount: what they record and refuse, and that refusing writes nothing."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from billing.account import account_id_of
from billing.plan import BLOCKS_MAX
from billing.terms_change import ANCHOR_DATE_MAX, ANCHOR_DATE_MIN
from db.embedded import Cluster
from db.pool import acquire
from resolvers import ingest
from resolvers.account import ENDED_AT_MAX, NAME_MAX, SIGNED_UP_AT_MIN
from resolvers.ingest import Outcome
from tests.support.fixtures import shared_world
from tests.support.world import World, admin, charge, contents, message, utc

CREATE = """mutation ($input: CreateAccountInput!) { createAccount(input: $input) {
  __typename ... on Failure { message } ... on CreateAccountSuccess { account {
    id externalId name status plan interval timeZone currency signedUpAt trialEndsAt } } } }"""
END = """mutation ($input: EndAccountInput!) { endAccount(input: $input) {
  __typename ... on Failure { message } ... on EndAccountSuccess { endsAt account {
    status cycles { nodes { number endsAt state } } } } } }"""
PAID = {
    "externalId": "acme",
    "name": "Acme",
    "timeZone": "Europe/Amsterdam",
    "plan": "Boost",
    "interval": "MONTHLY",
}
TRIAL = {"externalId": "acme", "name": "Acme", "timeZone": "Europe/Amsterdam", "trial": True}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def recorded(cluster: Cluster, template: str) -> AsyncIterator[World]:
    """A world with one account, `taken`."""
    async with shared_world(cluster, template) as world:
        await world.account("taken")
        yield world


async def test_a_paid_account_starts_at_its_sign_up(world: World) -> None:
    data = await world.data(CREATE, {"input": {**PAID, "signedUpAt": "2026-11-20T23:30:00Z"}})
    assert world.statements == [
        "account.insert",
        "price_list.of_plan",
        "account.insert_terms",
        "account.touch",
        "account.by_ids",
    ]
    assert data["createAccount"] == {
        "__typename": "CreateAccountSuccess",
        "account": {
            "id": str(account_id_of("acme")),
            "externalId": "acme",
            "name": "Acme",
            "status": "ACTIVE",
            "plan": "Boost",
            "interval": "MONTHLY",
            "timeZone": "Europe/Amsterdam",
            "currency": "EUR",
            "signedUpAt": "2026-11-20T23:30:00Z",
            "trialEndsAt": None,
        },
    }
    found = await world.data(
        "{ account { cycle { number startsAt startsOn } } }", principal=admin("acme")
    )
    assert found["account"]["cycle"] == {
        "number": 0,
        "startsAt": "2026-11-20T23:00:00Z",
        "startsOn": "2026-11-21",  # the local date
    }


async def test_a_trial_has_no_terms_and_14_days(world: World) -> None:
    data = await world.data(CREATE, {"input": TRIAL})
    assert world.statements == ["account.insert"]
    assert data["createAccount"]["account"] == {
        "id": str(account_id_of("acme")),
        "externalId": "acme",
        "name": "Acme",
        "status": "TRIAL",
        "plan": None,
        "interval": None,
        "timeZone": "Europe/Amsterdam",
        "currency": "EUR",
        "signedUpAt": "2026-11-22T12:00:00Z",
        "trialEndsAt": "2026-12-06T12:00:00Z",
    }


async def test_commitments_hold_from_cycle_0_on(world: World) -> None:
    commitments = {"conversationBlocks": 2, "carrierCommitment": "25.50"}
    await world.data(CREATE, {"input": {**PAID, **commitments}})
    data = await world.data(
        "{ account { cycle { conversationUsage { included committed quota } "
        "carrierBalance { commitment limit } } } }",
        principal=admin("acme"),
    )
    assert data["account"]["cycle"] == {
        "conversationUsage": {"included": 500, "committed": 200, "quota": 700},
        "carrierBalance": {"commitment": "25.50", "limit": "25.50"},
    }
    async with acquire(world.pool) as conn:
        rows = await conn.fetch("SELECT * FROM meter_change ORDER BY meter DESC")
    account_id, at = account_id_of("acme"), world.clock()
    start = (await world.data("{ account { cycle { startsAt } } }", principal=admin("acme")))[
        "account"
    ]["cycle"]["startsAt"]
    why = (datetime.fromisoformat(start), at, "staff", "createAccount")
    assert [tuple(row) for row in rows] == [
        (account_id, "CONVERSATIONS", 1, "COMMITMENT", 0, 2, 0, 36_000_000, *why),
        (account_id, "CARRIER", 1, "COMMITMENT", 0, 25_500_000, 0, 25_500_000, *why),
    ]


@pytest.mark.parametrize(
    ("change", "failure", "message"),
    [
        (
            {"externalId": "taken"},
            "AccountExists",
            'There is an account "taken" already.',
        ),
        (
            {"plan": "Gold"},
            "PlanNotOffered",
            'Plan "Gold" has no monthly price list in force on 2026-11-21.',
        ),
    ],
)
async def test_a_broken_rule_is_a_typed_failure_and_leaves_nothing(
    recorded: World, change: dict[str, Any], failure: str, message: str
) -> None:
    before = await contents(recorded.pool)
    data = await recorded.data(CREATE, {"input": {**PAID, "externalId": "new", **change}})
    assert data["createAccount"] == {"__typename": failure, "message": message}
    assert await contents(recorded.pool) == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"externalId": ""}, "externalId", id="no_external_id"),
        pytest.param({"externalId": "a" * 65}, "externalId", id="long_external_id"),
        pytest.param({"externalId": "a b"}, "externalId", id="space"),
        pytest.param({"externalId": "é"}, "externalId", id="no_ascii"),
        pytest.param({"externalId": "a\n"}, "externalId", id="newline"),
        pytest.param({"name": ""}, "name", id="no_name"),
        pytest.param({"name": "n" * (NAME_MAX + 1)}, "name", id="long_name"),
        pytest.param({"name": "a\0b"}, "name", id="nul"),
        pytest.param({"name": None}, "name", id="null_name"),
        pytest.param({"timeZone": "Europe/Atlantis"}, "timeZone", id="zone"),
        pytest.param({"timeZone": "localtime"}, "timeZone", id="file_beside_the_zones"),
        pytest.param({"timeZone": "../etc/passwd"}, "timeZone", id="path"),
        pytest.param({"timeZone": "europe/amsterdam"}, "timeZone", id="zone_in_lower_case"),
        pytest.param({"signedUpAt": "2026-11-22T12:00:00.000001Z"}, "signedUpAt", id="future"),
        pytest.param({"signedUpAt": "2026-11-22T12:00:00"}, "signedUpAt", id="no_offset"),
        pytest.param({"signedUpAt": "1999-12-31T23:59:59Z"}, "signedUpAt", id="long_ago"),
        pytest.param({"signedUpAt": "0001-01-01T00:00:00Z"}, "signedUpAt", id="first_year"),
        pytest.param({"backfillUntil": "soon"}, "backfillUntil", id="backfill"),
        pytest.param({"plan": None}, "plan", id="no_plan"),
        pytest.param({"plan": "a\0b"}, "plan", id="plan_of_no_text"),
        pytest.param({"plan": "n" * 65}, "plan", id="long_plan"),
        pytest.param({"interval": None}, "interval", id="no_interval"),
        pytest.param({"interval": "DAILY"}, "interval", id="interval"),
        pytest.param({"anchorDate": "1999-12-31"}, "anchorDate", id="anchor_before_2000"),
        pytest.param({"anchorDate": "2101-01-01"}, "anchorDate", id="anchor_after_2100"),
        pytest.param({"anchorDate": "2026-02-30"}, "anchorDate", id="no_day"),
        pytest.param({"conversationBlocks": -1}, "conversationBlocks", id="negative_blocks"),
        pytest.param(
            {"conversationBlocks": BLOCKS_MAX + 1}, "conversationBlocks", id="too_many_blocks"
        ),
        pytest.param({"carrierCommitment": "-0.01"}, "carrierCommitment", id="negative_money"),
        pytest.param({"carrierCommitment": "NaN"}, "carrierCommitment", id="no_money"),
        pytest.param({"trial": True}, "trial", id="trial_with_terms"),
        pytest.param(
            {"trial": True, "plan": None, "interval": None, "conversationBlocks": 0},
            "trial",
            id="trial_with_commitments",
        ),
    ],
)
async def test_a_malformed_account_names_the_field_and_costs_no_statement(
    recorded: World, change: dict[str, Any], field: str
) -> None:
    before = await contents(recorded.pool)
    refusals = await recorded.refusals(CREATE, {"input": {**PAID, "externalId": "bad", **change}})
    assert refusals == [("BAD_USER_INPUT", field)]
    assert await contents(recorded.pool) == before


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"externalId": "~" * 64}, id="longest_external_id"),
        pytest.param({"externalId": "long-name", "name": "ü" * NAME_MAX}, id="longest_name"),
        pytest.param(
            {
                "externalId": "first",
                "timeZone": "UTC",
                "anchorDate": ANCHOR_DATE_MIN.isoformat(),
            },
            id="first_anchor",
        ),
        pytest.param(
            {"externalId": "last", "anchorDate": ANCHOR_DATE_MAX.isoformat()}, id="last_anchor"
        ),
        pytest.param(
            {"externalId": "committed", "conversationBlocks": BLOCKS_MAX}, id="most_blocks"
        ),
        pytest.param({"externalId": "rich", "carrierCommitment": "1000000000"}, id="most_money"),
        pytest.param(
            {"externalId": "old", "signedUpAt": SIGNED_UP_AT_MIN.isoformat(), "timeZone": "UTC"},
            id="oldest_sign_up",
        ),
        pytest.param(
            {"externalId": "open", "backfillUntil": "9999-12-31T23:59:59Z"}, id="open_to_backfill"
        ),
    ],
)
async def test_an_account_at_the_limits_is_recorded_and_readable(
    recorded: World, change: dict[str, Any]
) -> None:
    data = await recorded.data(CREATE, {"input": {**PAID, **change}})
    assert data["createAccount"]["__typename"] == "CreateAccountSuccess"
    await recorded.data(
        "query ($id: ID!) { account(id: $id) { cycles(first: 100) { nodes { state startsOn endsOn "
        "conversationUsage { quota } carrierBalance { limit } } } } }",
        {"id": data["createAccount"]["account"]["id"]},
    )


async def end(world: World, at: str | None = None, name: str = "acme") -> dict[str, Any]:
    data = await world.data(END, {"input": {"accountId": str(account_id_of(name)), "at": at}})
    ended: dict[str, Any] = data["endAccount"]
    return ended


async def test_an_account_ends_now_unless_told_when(world: World) -> None:
    await world.account("acme", anchor="2026-10-25")
    assert await end(world) == {
        "__typename": "EndAccountSuccess",
        "endsAt": "2026-11-22T12:00:00Z",
        "account": {
            "status": "ENDED",
            "cycles": {
                "nodes": [{"number": 0, "endsAt": "2026-11-22T12:00:00Z", "state": "PROVISIONAL"}]
            },
        },
    }
    assert await end(world) == {
        "__typename": "AccountEnded",
        "message": "The account has ended already.",
    }


async def test_an_end_to_come_can_be_moved_either_way_and_the_numbers_follow(world: World) -> None:
    await world.account("acme", anchor="2026-10-25")
    await world.take(
        message("acme", "2026-11-16T09:00"), message("acme", "2026-11-20T09:00", contact="jon")
    )
    seen = []
    for at in (
        "2026-11-23T08:00:00Z",  # before the first window closes
        "2026-11-23T10:00:00Z",
        "2026-11-24T23:00:00Z",  # where cycle 0 ends anyway
        "2026-12-01T00:00:00Z",
        "2026-11-22T12:00:01Z",
    ):
        ended = await end(world, at)
        assert (ended["endsAt"], ended["account"]["status"]) == (at, "ACTIVE")
        data = await world.data(
            "{ account { cycles { nodes { number conversationUsage { used pending } } } } }",
            principal=admin("acme"),
        )
        seen.append(
            [
                (node["number"], *node["conversationUsage"].values())
                for node in data["account"]["cycles"]["nodes"]
            ]
        )
    assert seen == [
        [(0, 0, 0)],
        [(0, 1, 0)],
        [(0, 1, 0)],
        [(1, None, 1), (0, 1, 0)],
        [(0, 0, 0)],
    ]


async def test_events_from_the_end_on_are_rejected_and_earlier_ones_taken(world: World) -> None:
    await world.account("acme", anchor="2026-10-25")
    await end(world, "2026-11-22T12:00:00Z")
    outcome = Outcome()
    events = [
        message("acme", "2026-11-22T12:00:00"),
        message("acme", "2026-11-22T11:59:59.999999", contact="jon"),
        charge("acme", "2026-11-22T12:00:01", "1"),
    ]
    await ingest.take(world.ingest_pool, list(enumerate(events)), outcome, clock=world.clock)
    assert (outcome.accepted, outcome.rejected) == (1, 2)
    assert [error.code for error in outcome.errors] == ["ACCOUNT_ENDED", "ACCOUNT_ENDED"]


async def test_a_trial_and_an_account_before_cycle_0_can_end(world: World) -> None:
    await world.account("trial", trial=True)
    await world.account("early", anchor="2026-12-01")
    for name in ("trial", "early"):
        data = await world.data(
            "mutation ($input: EndAccountInput!) { endAccount(input: $input) { __typename "
            "... on EndAccountSuccess { account { status } } } }",
            {"input": {"accountId": str(account_id_of(name))}},
        )
        assert data["endAccount"] == {
            "__typename": "EndAccountSuccess",
            "account": {"status": "ENDED"},
        }
    data = await world.data("{ account { nextCycle { id } } }", principal=admin("early"))
    assert data == {"account": {"nextCycle": None}}


@pytest.mark.parametrize(
    ("account_id", "at", "code", "field"),
    [
        (account_id_of("taken"), "2026-11-22T11:59:59.999999Z", "BAD_USER_INPUT", "at"),
        (account_id_of("taken"), "2200-01-01T00:00:00.000001Z", "BAD_USER_INPUT", "at"),
        (account_id_of("taken"), "9999-12-31T23:59:59Z", "BAD_USER_INPUT", "at"),
        (account_id_of("taken"), "2026-11-22", "BAD_USER_INPUT", "at"),
        (uuid4(), None, "NOT_FOUND", None),
        ("acme", None, "BAD_USER_INPUT", "accountId"),
        ("", None, "BAD_USER_INPUT", "accountId"),
        (account_id_of("taken").hex, None, "BAD_USER_INPUT", "accountId"),
        (None, None, "BAD_USER_INPUT", "accountId"),
    ],
)
async def test_an_end_that_cannot_be_names_the_field_and_changes_nothing(
    recorded: World, account_id: UUID | str | None, at: str | None, code: str, field: str | None
) -> None:
    before = await contents(recorded.pool)
    given = {"accountId": None if account_id is None else str(account_id), "at": at}
    assert await recorded.refusals(END, {"input": given}) == [(code, field)]
    assert await contents(recorded.pool) == before


async def test_the_latest_end_is_taken_and_readable(recorded: World) -> None:
    await recorded.account("lasting")
    ended = await end(recorded, ENDED_AT_MAX.isoformat(), "lasting")
    assert ended["endsAt"] == "2200-01-01T00:00:00Z"
    assert [cycle["number"] for cycle in ended["account"]["cycles"]["nodes"]] == [1, 0]


async def test_what_ended_stays_as_it_was_however_much_later(world: World) -> None:
    await world.account("acme", anchor="2026-10-25")
    await world.take(message("acme", "2026-11-01T09:00"), charge("acme", "2026-11-01T09:00", "1"))
    await end(world)
    query = (
        "{ account { cycles { nodes { conversationUsage { used } carrierBalance { spent } } } } }"
    )
    before = await world.data(query, principal=admin("acme"))
    world.clock.now = utc("2030-01-01T00:00")
    assert await world.data(query, principal=admin("acme")) == before
