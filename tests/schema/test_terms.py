"""changeTerms: what holds from when on, what goes with it, and what cannot be (D5, D6).

It is 2026-11-22 12:00 UTC. The account's cycles run from the 25th to the 25th in Amsterdam: 0
began on 10-25, so that 1 is the next.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from billing.account import account_id_of
from billing.plan import BLOCKS_MAX, Interval
from db.embedded import Cluster
from db.pool import acquire
from tests.support.fixtures import shared_world
from tests.support.world import World, admin, charge, contents, message, utc

CHANGE = """mutation ($input: ChangeTermsInput!) { changeTerms(input: $input) {
  __typename ... on Failure { message } ... on ChangeTermsSuccess {
    effectiveAt cancelledScheduled account { plan interval timeZone } } } }"""
ANNA = admin("acme")
BOTH: dict[str, Any] = {"conversationBlocks": 3, "carrierCommitment": "100"}
YEARLY: dict[str, Any] = {"interval": "YEARLY", **BOTH}
NEXT = "2026-11-24T23:00:00Z"


async def change(world: World, name: str = "acme", **changes: Any) -> dict[str, Any]:
    given = {"accountId": str(account_id_of(name)), **changes}
    data = await world.data(CHANGE, {"input": given})
    changed: dict[str, Any] = data["changeTerms"]
    return changed


async def cycles(world: World, fields: str = "number startsAt endsAt") -> list[tuple[Any, ...]]:
    """Return some leaves of each cycle, the oldest first."""
    data = await world.data(
        f"{{ account {{ cycles(first: 100) {{ nodes {{ {fields} }} }} }} }}", principal=ANNA
    )

    def leaves(tree: dict[str, Any]) -> list[Any]:
        found: list[Any] = []
        for value in tree.values():
            found += leaves(value) if isinstance(value, dict) else [value]
        return found

    return [tuple(leaves(node)) for node in reversed(data["account"]["cycles"]["nodes"])]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def settled(cluster: Cluster, template: str) -> AsyncIterator[World]:
    """Accounts that no test changes: each is one on which something is refused."""
    async with shared_world(cluster, template) as world:
        await world.account("acme")
        await world.account("yearly", interval=Interval.YEARLY)
        await world.account("trial", trial=True)
        await world.account("early", anchor="2026-12-01")
        await world.account("ended")
        await world.account("ending")
        for name, at in (("ended", None), ("ending", NEXT)):
            await world.data(
                "mutation ($id: ID!, $at: DateTime) { endAccount(input: {accountId: $id, at: $at})"
                " { __typename } }",
                {"id": str(account_id_of(name)), "at": at},
            )
        yield world


async def test_a_plan_changes_at_the_next_cycle_and_the_commitments_stay(world: World) -> None:
    await world.account("acme", blocks=2, carrier="25")
    assert await change(world, plan="Pro") == {
        "__typename": "ChangeTermsSuccess",
        "effectiveAt": NEXT,
        "cancelledScheduled": False,
        "account": {"plan": "Boost", "interval": "MONTHLY", "timeZone": "Europe/Amsterdam"},
    }
    assert world.statements == [
        "account.lock",
        "account.by_ids",
        "price_list.of_plan",
        "account.next_seq",
        "account.insert_terms",
        "account.touch",
        "account.by_ids",
        "meter_change.of_account",
        "rollup.clear_conversations",
        "rollup.clear_charges",
        "rollup.clear_spending",
        "rollup.rebuild_conversations",
        "rollup.rebuild_charges",
        "rollup.rebuild_spending",
        "usage.of_cycles",
        "setting.of_accounts",
        "reminder.of_cycles",
    ]
    world.clock.now = utc(NEXT)
    data = await world.data(
        "{ account { plan cycle { number conversationUsage { included committed } } } }",
        principal=ANNA,
    )
    assert data["account"] == {
        "plan": "Pro",
        "cycle": {"number": 1, "conversationUsage": {"included": 1_500, "committed": 200}},
    }


async def test_a_zone_changes_at_the_next_cycle_and_cycles_tile(world: World) -> None:
    await world.account("acme")
    changed = await change(world, timeZone="America/New_York")
    assert changed["effectiveAt"] == NEXT
    assert await cycles(world, "startsAt endsAt timeZone startsOn endsOn") == [
        ("2026-10-24T22:00:00Z", NEXT, "Europe/Amsterdam", "2026-10-25", "2026-11-24"),
        # Local midnight of the new zone; the first day inside is a piece of one.
        (NEXT, "2026-12-25T05:00:00Z", "America/New_York", "2026-11-24", "2026-12-24"),
    ]


async def test_after_a_new_anchor_the_first_bound_is_14_days_away_at_least(world: World) -> None:
    await world.account("acme")
    await change(world, anchorDate="2026-12-01")
    assert (await cycles(world))[1] == (1, NEXT, "2026-12-31T23:00:00Z")
    await change(world, anchorDate="2026-12-09")
    assert (await cycles(world))[1] == (1, NEXT, "2026-12-08T23:00:00Z")


async def test_monthly_to_yearly_waits_for_the_cycles_end(world: World) -> None:
    await world.account("acme", blocks=1, carrier="25")
    assert (await change(world, **YEARLY))["effectiveAt"] == NEXT
    world.clock.now = utc("2026-12-01T00:00")
    assert await cycles(
        world,
        "number startsAt endsAt conversationUsage { included committed } "
        "carrierBalance { commitment }",
    ) == [
        (0, "2026-10-24T22:00:00Z", NEXT, 500, 100, "25.00"),
        (1, NEXT, "2027-11-24T23:00:00Z", 6_000, 300, "100.00"),
        (2, "2027-11-24T23:00:00Z", "2028-11-24T23:00:00Z", None, None, None),
    ]


async def test_monthly_to_yearly_now_ends_the_cycle_at_that_instant(world: World) -> None:
    await world.account("acme", blocks=1)
    await world.take(
        message("acme", "2026-11-10T09:00"),
        message("acme", "2026-11-15T15:00", contact="jon"),  # closes later on the day of the cut
        message("acme", "2026-11-21T09:00"),
        charge("acme", "2026-11-22T11:59:59", "1"),
    )
    changed = await change(world, **YEARLY, now=True)
    assert changed == {
        "__typename": "ChangeTermsSuccess",
        "effectiveAt": "2026-11-22T12:00:00Z",
        "cancelledScheduled": False,
        "account": {"plan": "Boost", "interval": "YEARLY", "timeZone": "Europe/Amsterdam"},
    }
    await world.take(charge("acme", "2026-11-22T12:00:00", "2", id="at the cut"))
    world.clock.now = utc("2026-11-22T12:00:01")
    assert await cycles(
        world,
        "number startsAt endsAt conversationUsage { used inProgress committed } "
        "carrierBalance { spent }",
    ) == [
        (0, "2026-10-24T22:00:00Z", "2026-11-22T12:00:00Z", 1, 0, 100, "1.00"),
        (1, "2026-11-22T12:00:00Z", "2027-11-21T23:00:00Z", 2, 2, 300, "2.00"),
        (2, "2027-11-21T23:00:00Z", "2028-11-21T23:00:00Z", None, None, None, None),
    ]


async def test_yearly_to_monthly_waits_for_the_years_end(world: World) -> None:
    await world.account("acme", anchor="2026-02-28", interval=Interval.YEARLY)
    changed = await change(world, interval="MONTHLY", conversationBlocks=0, carrierCommitment="0")
    assert changed["effectiveAt"] == "2027-02-27T23:00:00Z"
    assert await cycles(world, "startsOn endsOn") == [
        ("2026-02-28", "2027-02-27"),
        ("2027-02-28", "2027-03-27"),
    ]


async def test_a_new_change_replaces_the_scheduled_one(world: World) -> None:
    await world.account("acme")
    await change(world, plan="Pro")
    await change(world, timeZone="UTC")
    world.clock.now = utc("2026-11-30T00:00")
    data = await world.data("{ account { plan timeZone } }", principal=ANNA)
    assert data["account"] == {"plan": "Boost", "timeZone": "UTC"}


async def test_naming_the_terms_in_force_cancels_what_is_scheduled(world: World) -> None:
    await world.account("acme")
    await change(world, plan="Pro")
    cancelled = await change(world, plan="Boost")
    assert (cancelled["cancelledScheduled"], cancelled["effectiveAt"]) == (True, NEXT)
    before = await contents(world.pool)
    assert await change(world, plan="Boost") == {
        "__typename": "NothingToChange",
        "message": "These terms are in force and nothing is scheduled.",
    }
    assert await contents(world.pool) == before
    world.clock.now = utc("2026-11-30T00:00")
    data = await world.data("{ account { plan } }", principal=ANNA)
    assert data == {"account": {"plan": "Boost"}}


async def test_a_cancelled_change_of_interval_takes_its_commitments_with_it(world: World) -> None:
    await world.account("acme", blocks=1, carrier="25")
    await change(world, **YEARLY)
    assert (await change(world, interval="MONTHLY"))["cancelledScheduled"] is True
    world.clock.now = utc("2026-11-30T00:00")
    data = await world.data(
        "{ account { interval cycle { number conversationUsage { committed } "
        "carrierBalance { commitment } } } }",
        principal=ANNA,
    )
    assert data["account"] == {
        "interval": "MONTHLY",
        "cycle": {
            "number": 1,
            "conversationUsage": {"committed": 100},
            "carrierBalance": {"commitment": "25.00"},
        },
    }
    async with acquire(world.pool) as conn:
        rows = await conn.fetch(
            "SELECT version, cycle, amount, reason FROM meter_change "
            "WHERE meter = 'CONVERSATIONS' ORDER BY version"
        )
    assert [tuple(row) for row in rows] == [
        (1, 0, 1, "createAccount"),
        (2, 1, 3, "changeTerms"),
        (3, 1, 1, "changeTerms"),
    ]


async def test_a_scheduled_change_moves_with_the_boundary(world: World) -> None:
    await world.account("acme", anchor="2026-10-25")
    await change(world, plan="Pro")
    changed = await change(world, plan="Pro", **YEARLY, now=True)
    assert changed["account"]["plan"] == "Pro"
    assert [number for number, *_ in await cycles(world)] == [0, 1, 2]


async def test_a_trial_is_converted_and_its_days_are_counted_from_cycle_0_on(
    world: World,
) -> None:
    await world.account("acme", trial=True, signed_up_at="2026-11-12T12:00")
    await world.take(
        message("acme", "2026-11-20T09:00"),  # opens before cycle 0: counts nowhere
        message("acme", "2026-11-22T09:00", contact="jon"),  # after local midnight of that day
        charge("acme", "2026-11-13T09:00", "5"),  # before cycle 0
        charge("acme", "2026-11-22T10:00", "1"),
    )
    changed = await change(world, plan="Boost", interval="MONTHLY")
    assert changed == {
        "__typename": "ChangeTermsSuccess",
        "effectiveAt": "2026-11-21T23:00:00Z",
        "cancelledScheduled": False,
        "account": {"plan": "Boost", "interval": "MONTHLY", "timeZone": "Europe/Amsterdam"},
    }
    # The window that opened before cycle 0 shields this message; the next one opens another.
    world.clock.now = utc("2026-11-28T12:00")
    await world.take(message("acme", "2026-11-27T08:59"), message("acme", "2026-11-27T09:00"))
    assert await cycles(
        world,
        "number startsOn conversationUsage { used completed inProgress } carrierBalance { spent }",
    ) == [
        (0, "2026-11-22", 2, 0, 2, "1.00"),
        (1, "2026-12-22", None, None, None, None),
    ]
    async with acquire(world.pool) as conn:
        days = await conn.fetch("SELECT day, channel, n FROM conversation_day ORDER BY day")
        charges = await conn.fetch("SELECT day, amount_micros, n FROM charge_day ORDER BY day")
    assert [tuple(row)[0:3] for row in days] == [
        (utc("2026-11-28T23:00"), "WHATSAPP", 1),
        (utc("2026-12-03T23:00"), "WHATSAPP", 1),
    ]
    assert [tuple(row) for row in charges] == [(utc("2026-11-21T23:00"), 1_000_000, 1)]


async def test_a_trial_is_converted_with_a_later_start_of_its_own(world: World) -> None:
    await world.account("acme", trial=True)
    changed = await change(
        world, plan="Pro", interval="YEARLY", anchorDate="2026-12-01", timeZone="UTC"
    )
    assert changed["effectiveAt"] == "2026-12-01T00:00:00Z"
    data = await world.data("{ account { status plan } }", principal=ANNA)
    assert data["account"] == {"status": "TRIAL", "plan": "Pro"}
    world.clock.now = utc("2026-12-01T00:00")
    data = await world.data("{ account { status cycle { number endsOn } } }", principal=ANNA)
    assert data["account"] == {"status": "ACTIVE", "cycle": {"number": 0, "endsOn": "2027-11-30"}}


async def test_before_cycle_0_its_terms_are_replaced(world: World) -> None:
    await world.account("acme", anchor="2026-12-01", blocks=1)
    changed = await change(world, anchorDate="2026-12-15", **YEARLY)
    assert changed["effectiveAt"] == "2026-12-14T23:00:00Z"
    world.clock.now = utc("2026-12-20T00:00")
    assert await cycles(world, "number startsOn conversationUsage { committed }") == [
        (0, "2026-12-15", 300),
        (1, "2027-12-15", None),
    ]


async def test_numbers_in_flight_follow_a_change_of_zone_to_the_last_one(world: World) -> None:
    await world.account("acme")
    # Closes at 11-25 02:00 UTC, in cycle 1 whatever the zone; charged a moment ago.
    await world.take(
        message("acme", "2026-11-18T02:00"),
        message("acme", "2026-11-18T02:30", channel="EMAIL"),
        charge("acme", "2026-11-22T11:00", "3"),
    )
    for zone in ("America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "UTC"):
        await change(world, timeZone=zone)
        data = await world.data(
            "{ account { cycle { conversationUsage { used } carrierBalance { spent } } "
            "nextCycle { conversationUsage { byChannel { channel pending } } } } }",
            principal=ANNA,
        )
        assert data["account"] == {
            "cycle": {"conversationUsage": {"used": 0}, "carrierBalance": {"spent": "3.00"}},
            "nextCycle": {
                "conversationUsage": {
                    "byChannel": [
                        {"channel": "EMAIL", "pending": 1},
                        {"channel": "WHATSAPP", "pending": 1},
                    ]
                }
            },
        }


@pytest.mark.parametrize(
    ("name", "changes", "failure", "message"),
    [
        pytest.param(
            "acme",
            {},
            "NothingToChange",
            "These terms are in force and nothing is scheduled.",
            id="nothing",
        ),
        pytest.param(
            "early",
            {"plan": "Boost"},
            "NothingToChange",
            "The account starts with these terms already.",
            id="nothing_before_cycle_0",
        ),
        pytest.param(
            "acme",
            {"plan": "Gold"},
            "PlanNotOffered",
            'Plan "Gold" has no monthly price list in force on 2026-11-24.',
            id="plan",
        ),
        pytest.param(
            "acme",
            {"plan": "Pro", "now": True},
            "TermsNotAllowed",
            "Only a change from monthly to yearly can end a cycle now.",
            id="plan_now",
        ),
        pytest.param(
            "yearly",
            {"interval": "MONTHLY", **BOTH, "now": True},
            "TermsNotAllowed",
            "Only a change from monthly to yearly can end a cycle now.",
            id="yearly_to_monthly_now",
        ),
        pytest.param(
            "trial",
            {"plan": "Boost", "interval": "YEARLY", "now": True},
            "TermsNotAllowed",
            "Only a change from monthly to yearly can end a cycle now.",
            id="trial_now",
        ),
        pytest.param(
            "trial",
            {"plan": "Boost", "interval": "YEARLY", "anchorDate": "2026-11-21"},
            "TermsNotAllowed",
            "Cycle 0 cannot start before today.",
            id="trial_from_yesterday",
        ),
        pytest.param(
            "ended", {"plan": "Pro"}, "AccountEnded", "The account has ended.", id="ended"
        ),
        pytest.param(
            "ending",
            {"plan": "Pro"},
            "TermsNotAllowed",
            "The account ends before these terms would take effect.",
            id="ending",
        ),
    ],
)
async def test_a_broken_rule_is_a_typed_failure_and_changes_nothing(
    settled: World, name: str, changes: dict[str, Any], failure: str, message: str
) -> None:
    before = await contents(settled.pool)
    assert await change(settled, name, **changes) == {"__typename": failure, "message": message}
    assert await contents(settled.pool) == before


@pytest.mark.parametrize(
    ("name", "changes", "field"),
    [
        pytest.param("acme", {"interval": "YEARLY"}, "conversationBlocks", id="no_commitments"),
        pytest.param(
            "acme",
            {"interval": "YEARLY", "conversationBlocks": 1},
            "carrierCommitment",
            id="one_commitment",
        ),
        pytest.param(
            "acme",
            {"plan": "Pro", "conversationBlocks": 1},
            "conversationBlocks",
            id="commitment_without_interval",
        ),
        pytest.param(
            "acme",
            {"plan": "Pro", "carrierCommitment": "1"},
            "carrierCommitment",
            id="money_without_interval",
        ),
        pytest.param("acme", {**YEARLY, "conversationBlocks": -1}, "conversationBlocks", id="-1"),
        pytest.param(
            "acme",
            {**YEARLY, "conversationBlocks": BLOCKS_MAX + 1},
            "conversationBlocks",
            id="too_many_blocks",
        ),
        pytest.param("acme", {**YEARLY, "carrierCommitment": "-1"}, "carrierCommitment", id="-1€"),
        pytest.param("acme", {"timeZone": "Mars"}, "timeZone", id="zone"),
        pytest.param("acme", {"timeZone": ""}, "timeZone", id="no_zone"),
        pytest.param("acme", {"plan": ""}, "plan", id="no_plan"),
        pytest.param("acme", {"plan": "a\0"}, "plan", id="plan_of_no_text"),
        pytest.param("acme", {"anchorDate": "2101-01-01"}, "anchorDate", id="anchor"),
        pytest.param("acme", {"anchorDate": "tomorrow"}, "anchorDate", id="no_day"),
        pytest.param("acme", {"now": "yes"}, "now", id="now"),
        pytest.param("trial", {"interval": "MONTHLY"}, "plan", id="trial_without_plan"),
        pytest.param("trial", {"plan": "Boost"}, "interval", id="trial_without_interval"),
        pytest.param("acme", {"accountId": "acme"}, "accountId", id="external_id"),
        pytest.param("acme", {"accountId": 5}, "accountId", id="number_as_id"),
        pytest.param("acme", {"accountId": None}, "accountId", id="no_id"),
    ],
)
async def test_bad_input_names_the_field_and_changes_nothing(
    settled: World, name: str, changes: dict[str, Any], field: str
) -> None:
    before = await contents(settled.pool)
    given = {"accountId": str(account_id_of(name)), **changes}
    assert await settled.refusals(CHANGE, {"input": given}) == [("BAD_USER_INPUT", field)]
    assert await contents(settled.pool) == before


async def test_an_account_that_is_not_there_has_no_terms(settled: World) -> None:
    given = {"accountId": str(uuid4()), "plan": "Pro"}
    assert await settled.refusals(CHANGE, {"input": given}) == [("NOT_FOUND", None)]
    assert settled.statements == ["account.lock"]


async def test_most_blocks_are_taken_and_readable(world: World) -> None:
    await world.account("acme")
    changed = await change(
        world, interval="YEARLY", conversationBlocks=BLOCKS_MAX, carrierCommitment="1000000000"
    )
    assert changed["__typename"] == "ChangeTermsSuccess"
    world.clock.now = utc("2026-12-01T00:00")
    data = await world.data(
        "{ account { cycle { conversationUsage { quota } carrierBalance { limit } } } }",
        principal=ANNA,
    )
    assert data["account"]["cycle"] == {
        "conversationUsage": {"quota": 100_006_000},
        "carrierBalance": {"limit": "1000000000.00"},
    }
