"""Changing meters: what is answered, refused and shown of it afterwards (R11 to R15, D20 to D23).

It is 2026-11-22 12:00 UTC. Cycles run from the 25th to the 25th in Amsterdam: 0 began on 10-25,
so that 1 is the next.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from billing.account import account_id_of
from billing.plan import BLOCKS_MAX
from db.embedded import Cluster
from db.pool import acquire
from resolvers.principal import Anonymous, Principal, Role, User
from tests.support.fixtures import shared_world
from tests.support.world import EXPIRES_AT, OPERATOR, World, admin, charge, contents, message, utc

ANNA = admin("acme")
NEXT = "2026-11-24T23:00:00Z"
NOON = "2026-11-22T12:00:00Z"

SCHEDULED_BLOCKS = "scheduledChange { blocks effectiveAt effectiveOn }"
SCHEDULED_AMOUNT = "scheduledChange { amount effectiveAt effectiveOn }"
CONVERSATIONS = (
    "included version committed commitment purchased automatic quota used completed inProgress "
    "pending left over percentOfCommitment percentOfQuota byChannel { channel used pending } "
    f"adjustments {{ channel change reason cycleNumber }} {SCHEDULED_BLOCKS}"
)
CARRIER = (
    "currency version commitment toppedUp limit spent spentDisplay left overspent percent "
    "sendAllowed byFeature { feature amount display percent charges } " + SCHEDULED_AMOUNT
)
CHANGED = f"""... on MeterChanged {{
    kind version cycleNumber price effectiveAt effectiveOn computedAt
    conversationUsage {{ {CONVERSATIONS} }} carrierBalance {{ {CARRIER} }}
    cycle {{
        id number state startsAt endsAt startsOn endsOn timeZone computedAt
        conversationUsage {{ {CONVERSATIONS} }} carrierBalance {{ {CARRIER} }} }} }}"""
MUTATIONS = (
    "changeConversationCommitment",
    "addConversationBlocks",
    "changeCarrierCommitment",
    "topUpCarrierBalance",
    "cancelScheduledChange",
)
ARGUMENTS: dict[str, dict[str, Any]] = {
    "changeConversationCommitment": {"blocks": 2},
    "addConversationBlocks": {"blocks": 2},
    "changeCarrierCommitment": {"amount": "50"},
    "topUpCarrierBalance": {"amount": "5"},
    "cancelScheduledChange": {"meter": "CONVERSATIONS"},
}


def document(mutation: str) -> str:
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    return f"""mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ __typename
        ... on Failure {{ message field }} ... on StaleVersion {{ version }} {CHANGED} }} }}"""


async def send(
    world: World,
    mutation: str,
    version: int = 0,
    *,
    key: str | None = None,
    principal: Principal = ANNA,
    **arguments: Any,
) -> dict[str, Any]:
    """Run a mutation with a key of its own, or with this one."""
    given = {"idempotencyKey": key or uuid4().hex, "expectedVersion": version, **arguments}
    data = await world.data(document(mutation), {"input": given}, principal=principal)
    answer: dict[str, Any] = data[mutation]
    return answer


async def ask(world: World, fields: str, principal: Principal = ANNA) -> dict[str, Any]:
    data = await world.data(f"{{ account {{ {fields} }} }}", principal=principal)
    found: dict[str, Any] = data["account"]
    return found


def head(answer: dict[str, Any]) -> tuple[Any, ...]:
    """Return what the change itself is."""
    names = ("kind", "version", "cycleNumber", "price", "effectiveAt", "effectiveOn")
    return tuple(answer[name] for name in names)


# --- success


async def test_a_commitment_from_nothing_is_in_force_at_once(world: World) -> None:
    await world.account("acme")
    await world.take(
        message("acme", "2026-11-10T09:00"),
        message("acme", "2026-11-21T09:00", contact="jon"),  # lands in the next cycle
        charge("acme", "2026-11-21T09:00", "12.345"),
    )
    answer = await send(world, "changeConversationCommitment", blocks=3)
    usage = {
        "included": 500,
        "version": 1,
        "committed": 300,
        "commitment": 800,
        "purchased": 0,
        "automatic": 0,
        "quota": 800,
        "used": 1,
        "completed": 1,
        "inProgress": 0,
        "pending": 0,
        "left": 799,
        "over": 0,
        "percentOfCommitment": 0,
        "percentOfQuota": 0,
        "byChannel": [{"channel": "WHATSAPP", "used": 1, "pending": None}],
        "adjustments": [],
        "scheduledChange": None,
    }
    balance = {
        "currency": "EUR",
        "version": 0,
        "commitment": "0.00",
        "toppedUp": "0.00",
        "limit": "0.00",
        "spent": "12.345",
        "spentDisplay": "12.35",
        "left": "0.00",
        "overspent": "12.345",
        "percent": None,
        "sendAllowed": False,
        "byFeature": [
            {
                "feature": "VOICE",
                "amount": "12.345",
                "display": "12.35",
                "percent": 100,
                "charges": 1,
            }
        ],
        "scheduledChange": None,
    }
    assert answer == {
        "__typename": "MeterChanged",
        "kind": "COMMITMENT",
        "version": 1,
        "cycleNumber": 0,
        "price": "54.00",
        "effectiveAt": NOON,
        "effectiveOn": "2026-11-22",
        "computedAt": NOON,
        "conversationUsage": usage,
        "carrierBalance": balance,
        "cycle": {
            "id": f"{account_id_of('acme')}:0",
            "number": 0,
            "state": "CURRENT",
            "startsAt": "2026-10-24T22:00:00Z",
            "endsAt": NEXT,
            "startsOn": "2026-10-25",
            "endsOn": "2026-11-24",
            "timeZone": "Europe/Amsterdam",
            "computedAt": NOON,
            "conversationUsage": usage,
            "carrierBalance": balance,
        },
    }
    shown = await ask(
        world, f"cycle {{ conversationUsage {{ {CONVERSATIONS} }} carrierBalance {{ {CARRIER} }} }}"
    )
    assert shown["cycle"] == {"conversationUsage": usage, "carrierBalance": balance}


async def test_the_statements_of_a_change(world: World) -> None:
    """The account, if the process does not know it; all that is read; all that is written."""
    await world.account("acme")
    reading, writing = ["account.by_ids", "standing.read"], ["standing.write"]
    await send(world, "changeConversationCommitment", blocks=3)
    assert world.statements == [*reading, *writing]
    for version, cycle in ((1, "CURRENT"), (2, "NEXT")):
        await send(world, "addConversationBlocks", version, blocks=3, cycle=cycle)
        assert world.statements == [*reading, *writing]
    await send(world, "addConversationBlocks", 1, blocks=3)  # a stale version
    assert world.statements == reading
    await send(world, "changeCarrierCommitment", key="k", amount="25")
    assert world.statements == [*reading, *writing]
    await send(world, "changeCarrierCommitment", key="k", amount="25")
    assert world.statements == reading


async def test_a_commitment_is_changed_replaced_and_cancelled(world: World) -> None:
    await world.account("acme", blocks=5)
    up = await send(world, "changeConversationCommitment", 1, blocks=9)
    assert head(up) == ("COMMITMENT", 2, 1, "162.00", NEXT, "2026-11-25")
    scheduled = {"blocks": 9, "effectiveAt": NEXT, "effectiveOn": "2026-11-25"}
    assert up["conversationUsage"]["scheduledChange"] == scheduled
    assert (up["conversationUsage"]["quota"], up["cycle"]["number"]) == (1_000, 0)
    fields = f"cycle {{ conversationUsage {{ version committed {SCHEDULED_BLOCKS} }} }}"
    shown = (await ask(world, fields))["cycle"]["conversationUsage"]
    assert shown == {"version": 2, "committed": 500, "scheduledChange": scheduled}

    end = await send(world, "changeConversationCommitment", 2, blocks=0)
    assert head(end) == ("COMMITMENT", 3, 1, "0.00", NEXT, "2026-11-25")
    assert end["conversationUsage"]["scheduledChange"]["blocks"] == 0

    cancelled = await send(world, "changeConversationCommitment", 3, blocks=5)
    assert head(cancelled) == ("COMMITMENT", 4, 1, "90.00", NEXT, "2026-11-25")
    assert cancelled["conversationUsage"]["scheduledChange"] is None

    await send(world, "changeConversationCommitment", 4, blocks=1)
    button = await send(world, "cancelScheduledChange", 5, meter="CONVERSATIONS")
    assert head(button) == ("COMMITMENT", 6, 1, "90.00", NEXT, "2026-11-25")

    world.clock.now = utc(NEXT)
    shown = (await ask(world, fields))["cycle"]["conversationUsage"]
    assert shown == {"version": 6, "committed": 500, "scheduledChange": None}


async def test_blocks_for_this_cycle_and_for_the_next(world: World) -> None:
    await world.account("acme")
    now = await send(world, "addConversationBlocks", blocks=1)
    assert head(now) == ("BLOCKS", 1, 0, "18.00", NOON, "2026-11-22")
    usage = now["conversationUsage"]
    assert (usage["purchased"], usage["quota"], usage["commitment"]) == (100, 600, 500)
    following = await send(world, "addConversationBlocks", 1, blocks=100, cycle="NEXT")
    assert head(following) == ("BLOCKS", 2, 1, "1800.00", NEXT, "2026-11-25")
    assert following["conversationUsage"]["purchased"] == 100
    assert following["conversationUsage"]["scheduledChange"] is None
    world.clock.now = utc(NEXT)
    shown = await ask(world, "cycle { conversationUsage { purchased quota } }")
    assert shown["cycle"]["conversationUsage"] == {"purchased": 10_000, "quota": 10_500}


async def test_a_balance_is_committed_to_topped_up_and_changed(world: World) -> None:
    await world.account("acme")
    start = await send(world, "changeCarrierCommitment", amount="25")
    assert head(start) == ("COMMITMENT", 1, 0, "25.00", NOON, "2026-11-22")
    balance = start["carrierBalance"]
    assert (balance["limit"], balance["left"], balance["sendAllowed"]) == ("25.00", "25.00", True)
    top = await send(world, "topUpCarrierBalance", 1, amount="1.000001")
    assert head(top) == ("TOP_UP", 2, 0, "1.000001", NOON, "2026-11-22")
    balance = top["carrierBalance"]
    assert (balance["commitment"], balance["toppedUp"]) == ("25.00", "1.000001")
    assert (balance["limit"], balance["version"]) == ("26.000001", 2)
    change = await send(world, "changeCarrierCommitment", 2, amount="999.999999")
    assert head(change) == ("COMMITMENT", 3, 1, "999.999999", NEXT, "2026-11-25")
    scheduled = {"amount": "999.999999", "effectiveAt": NEXT, "effectiveOn": "2026-11-25"}
    assert change["carrierBalance"]["scheduledChange"] == scheduled
    assert change["conversationUsage"]["version"] == 0
    button = await send(world, "cancelScheduledChange", 3, meter="CARRIER")
    assert head(button) == ("COMMITMENT", 4, 1, "25.00", NEXT, "2026-11-25")
    await send(world, "changeCarrierCommitment", 4, amount="0")
    world.clock.now = utc(NEXT)
    shown = await ask(world, "cycle { carrierBalance { commitment toppedUp limit sendAllowed } }")
    assert shown["cycle"]["carrierBalance"] == {
        "commitment": "0.00",
        "toppedUp": "0.00",
        "limit": "0.00",
        "sendAllowed": False,
    }


async def test_before_cycle_0_changes_are_for_it_and_the_answer_shows_it(world: World) -> None:
    await world.account("acme", anchor="2026-12-01", blocks=1)
    changed = await send(world, "changeConversationCommitment", 1, blocks=4)
    start = "2026-11-30T23:00:00Z"
    assert head(changed) == ("COMMITMENT", 2, 0, "72.00", start, "2026-12-01")
    assert (changed["cycle"]["number"], changed["cycle"]["state"]) == (0, "FUTURE")
    assert (changed["conversationUsage"]["version"], changed["carrierBalance"]) == (2, None)
    assert (changed["cycle"]["carrierBalance"], changed["conversationUsage"]["quota"]) == (
        None,
        None,
    )
    bought = await send(world, "addConversationBlocks", 2, blocks=1, cycle="NEXT")
    assert head(bought) == ("BLOCKS", 3, 0, "18.00", start, "2026-12-01")
    world.clock.now = utc(start)
    shown = await ask(world, "cycle { conversationUsage { committed purchased quota } }")
    assert shown["cycle"]["conversationUsage"] == {
        "committed": 400,
        "purchased": 100,
        "quota": 1_000,
    }


async def test_an_operator_goes_beyond_on_any_account_and_is_named(world: World) -> None:
    await world.account("acme")
    acme: dict[str, Any] = {"accountId": str(account_id_of("acme")), "principal": OPERATOR}
    changed = await send(world, "changeConversationCommitment", blocks=BLOCKS_MAX, **acme)
    assert changed["conversationUsage"]["quota"] == 100_000_500
    bought = await send(world, "addConversationBlocks", 1, blocks=BLOCKS_MAX, **acme)
    assert bought["conversationUsage"]["quota"] == 200_000_500
    more = await send(world, "addConversationBlocks", 2, blocks=1, **acme)
    assert more["message"] == "At most 1,000,000 blocks can be bought for a cycle."
    balance = await send(world, "changeCarrierCommitment", amount="1000000000", **acme)
    assert balance["carrierBalance"]["limit"] == "1000000000.00"
    topped = await send(world, "topUpCarrierBalance", 1, amount="0.000001", **acme)
    assert topped["carrierBalance"]["limit"] == "1000000000.000001"
    shown = await ask(world, "commitmentChanges { nodes { recordedBy reason } }")
    nodes = {(node["recordedBy"], node["reason"]) for node in shown["commitmentChanges"]["nodes"]}
    assert nodes == {("staff", mutation) for mutation in MUTATIONS[:4]}


# --- refusals: nothing changes


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def settled(cluster: Cluster, template: str) -> AsyncIterator[World]:
    """Accounts that no test changes: each is one on which something is refused."""
    async with shared_world(cluster, template) as world:
        await world.account("acme", blocks=5, carrier="25")
        await world.account("bare")
        await world.account("yearly", anchor="2026-02-28", carrier="25")
        await world.account("little", carrier="24.999999")
        await world.account("early", anchor="2026-12-01", carrier="25")
        await world.account("trial", trial=True)
        await world.account("ended", blocks=5)
        await world.account("ending", blocks=5, carrier="25")
        for name, at in (("ended", None), ("ending", NEXT)):
            await world.data(
                "mutation ($id: ID!, $at: DateTime) { endAccount(input: {accountId: $id, at: $at})"
                " { __typename } }",
                {"id": str(account_id_of(name)), "at": at},
            )
        await send(world, "changeConversationCommitment", 1, key="known", blocks=9)
        yield world


@dataclass(frozen=True)
class Broken:
    """A mutation that breaks a rule."""

    name: str
    mutation: str
    failure: str
    message: str
    field: str | None = None
    version: int = 1
    arguments: tuple[tuple[str, Any], ...] = ()


LAST = "The account ends with the current cycle."
GONE = "The account has ended."
EARLY = "The account's first cycle has not started."
IN_FORCE = "This amount is in force, and nothing is scheduled."
RANGE = "A commitment is 0, or from 25.00 to 1000.00."
TOP_UPS = "A top-up is from 1.00 to 1000.00."
NEEDED = "A top-up needs a commitment of at least 25.00."
COMMIT, BUY, CARRY, TOP, CANCEL = MUTATIONS

BROKEN = [
    Broken(
        "acme",
        COMMIT,
        "LimitExceeded",
        "At most 100 blocks can be committed to.",
        "blocks",
        version=2,
        arguments=(("blocks", 101),),
    ),
    Broken(
        "acme",
        BUY,
        "LimitExceeded",
        "At most 100 blocks can be bought at once.",
        "blocks",
        version=2,
        arguments=(("blocks", 101),),
    ),
    Broken("acme", CARRY, "LimitExceeded", RANGE, "amount", arguments=(("amount", "24.999999"),)),
    Broken("bare", CARRY, "LimitExceeded", RANGE, "amount", 0, (("amount", "1000.000001"),)),
    Broken("acme", TOP, "LimitExceeded", TOP_UPS, "amount", arguments=(("amount", "0.999999"),)),
    Broken("acme", TOP, "LimitExceeded", TOP_UPS, "amount", arguments=(("amount", "1000.01"),)),
    Broken("bare", TOP, "CommitmentNeeded", NEEDED, version=0),
    Broken("little", TOP, "CommitmentNeeded", NEEDED),
    Broken("bare", COMMIT, "NothingToChange", IN_FORCE, version=0, arguments=(("blocks", 0),)),
    Broken("acme", CARRY, "NothingToChange", IN_FORCE, arguments=(("amount", "25"),)),
    Broken("bare", CANCEL, "NothingToChange", IN_FORCE, version=0),
    Broken("acme", CANCEL, "NothingToChange", IN_FORCE, arguments=(("meter", "CARRIER"),)),
    Broken("early", BUY, "NoCurrentCycle", EARLY, version=0),
    Broken("early", TOP, "NoCurrentCycle", EARLY),
    Broken("ending", COMMIT, "AccountEnded", LAST),
    Broken("ending", COMMIT, "AccountEnded", LAST, arguments=(("blocks", 0),)),
    Broken("ending", CARRY, "AccountEnded", LAST),
    Broken("ending", BUY, "AccountEnded", LAST, arguments=(("cycle", "NEXT"),)),
    *(Broken("ended", mutation, "AccountEnded", GONE) for mutation in MUTATIONS),
]


@pytest.mark.parametrize(
    "broken", BROKEN, ids=lambda broken: f"{broken.failure}-{broken.name}-{BROKEN.index(broken)}"
)
async def test_a_broken_rule_is_a_typed_failure_and_changes_nothing(
    settled: World, broken: Broken
) -> None:
    before = await contents(settled.pool)
    arguments = {**ARGUMENTS[broken.mutation], **dict(broken.arguments)}
    answer = await send(
        settled, broken.mutation, broken.version, principal=admin(broken.name), **arguments
    )
    assert answer == {
        "__typename": broken.failure,
        "message": broken.message,
        "field": broken.field,
    }
    assert await contents(settled.pool) == before


@pytest.mark.parametrize(
    ("mutation", "argument", "over", "limits"),
    [
        (COMMIT, "blocks", 101, [100, None, None]),
        (BUY, "blocks", 101, [100, None, None]),
        (CARRY, "amount", "1", [None, "25.00", "1000.00"]),
        (TOP, "amount", "1000.01", [None, "1.00", "1000.00"]),
    ],
)
async def test_a_limit_is_told_in_its_unit(
    settled: World, mutation: str, argument: str, over: object, limits: list[object]
) -> None:
    version = 2 if argument == "blocks" else 1
    given = {"idempotencyKey": "k", "expectedVersion": version, argument: over}
    name = f"{mutation[0].upper()}{mutation[1:]}Input"
    data = await settled.data(
        f"""mutation ($input: {name}!) {{ {mutation}(input: $input) {{
            ... on LimitExceeded {{ blocksMax amountMin amountMax }} }} }}""",
        {"input": given},
        principal=ANNA,
    )
    assert list(data[mutation].values()) == limits


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("version", [-1, 0, 3, 2**31 - 1])
async def test_another_version_than_the_meters_is_stale(
    settled: World, mutation: str, version: int
) -> None:
    before = await contents(settled.pool)
    now = 1 if mutation in (CARRY, TOP) else 2
    assert await send(settled, mutation, version, **ARGUMENTS[mutation]) == {
        "__typename": "StaleVersion",
        "message": f"The meter is at version {now}.",
        "field": "expectedVersion",
        "version": now,
    }
    assert await contents(settled.pool) == before


@pytest.mark.parametrize(
    ("mutation", "version", "arguments"),
    [
        pytest.param(COMMIT, 1, {"blocks": 8}, id="blocks"),
        pytest.param(COMMIT, 2, {"blocks": 9}, id="version"),
        pytest.param(BUY, 1, {"blocks": 9}, id="mutation"),
        pytest.param(CARRY, 1, {"amount": "0.000009"}, id="meter"),
        pytest.param(COMMIT, 99, {"blocks": 9}, id="stale_too"),
        pytest.param(COMMIT, 1, {"blocks": 101}, id="limit_too"),
    ],
)
async def test_a_key_is_used_for_one_thing(
    settled: World, mutation: str, version: int, arguments: dict[str, Any]
) -> None:
    before = await contents(settled.pool)
    assert await send(settled, mutation, version, key="known", **arguments) == {
        "__typename": "IdempotencyConflict",
        "message": "The idempotency key was used for something else.",
        "field": None,
    }
    assert await contents(settled.pool) == before


KEYS = {
    "empty": "",
    "129": "k" * 129,
    "space": "a b",
    "non_ascii": "schlüssel",
    "control": "a\n",
    "nul": "a\0",
    "delete": "a\x7f",
}


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
async def test_a_malformed_key_is_bad_input(settled: World, mutation: str, key: str) -> None:
    before = await contents(settled.pool)
    given = {"idempotencyKey": key, "expectedVersion": 0, **ARGUMENTS[mutation]}
    assert await settled.refusals(document(mutation), {"input": given}, principal=ANNA) == [
        ("BAD_USER_INPUT", "idempotencyKey")
    ]
    assert settled.statements == []
    assert await contents(settled.pool) == before


MONEY: list[Any] = ["-0.000001", "1.0000001", "1000000000.000001", "NaN", "1e3", "", "EUR 5", 5]


@pytest.mark.parametrize(
    ("mutation", "arguments", "field"),
    [
        (COMMIT, {"blocks": -1}, "blocks"),
        (COMMIT, {"blocks": BLOCKS_MAX + 1}, "blocks"),
        (COMMIT, {"blocks": 2**31}, "blocks"),
        (COMMIT, {"blocks": 1.5}, "blocks"),
        (COMMIT, {"blocks": "2"}, "blocks"),
        (COMMIT, {"blocks": None}, "blocks"),
        (BUY, {"blocks": 0}, "blocks"),
        (BUY, {"blocks": -1}, "blocks"),
        (BUY, {"blocks": BLOCKS_MAX + 1}, "blocks"),
        (BUY, {"cycle": "LAST"}, "cycle"),
        (BUY, {"cycle": None}, "cycle"),
        *((CARRY, {"amount": amount}, "amount") for amount in MONEY),
        *((TOP, {"amount": amount}, "amount") for amount in ["0", "0.00", "-0", *MONEY]),
        (CANCEL, {"meter": "VOICE"}, "meter"),
        (CANCEL, {"meter": None}, "meter"),
        *((mutation, {"expectedVersion": 2**31}, "expectedVersion") for mutation in MUTATIONS),
        *((mutation, {"expectedVersion": None}, "expectedVersion") for mutation in MUTATIONS),
        *((mutation, {"idempotencyKey": None}, "idempotencyKey") for mutation in MUTATIONS),
        *((mutation, {"accountId": "acme"}, "accountId") for mutation in MUTATIONS),
    ],
    ids=str,
)
async def test_bad_input_names_the_field_and_changes_nothing(
    settled: World, mutation: str, arguments: dict[str, Any], field: str
) -> None:
    before = await contents(settled.pool)
    given = {"idempotencyKey": "k", "expectedVersion": 0, **ARGUMENTS[mutation], **arguments}
    for principal in (ANNA, OPERATOR):
        given.setdefault("accountId", str(account_id_of("acme")))
        refusals = await settled.refusals(document(mutation), {"input": given}, principal=principal)
        assert refusals == [("BAD_USER_INPUT", field)]
    assert await contents(settled.pool) == before


@pytest.mark.parametrize("mutation", MUTATIONS)
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
async def test_refused_access_is_an_error_and_changes_nothing(
    settled: World, mutation: str, name: str, principal: Principal, code: str
) -> None:
    before = await contents(settled.pool)
    given = {
        "idempotencyKey": "known",
        "expectedVersion": 0,
        "accountId": str(account_id_of(name)),
        **ARGUMENTS[mutation],
    }
    refusals = await settled.refusals(document(mutation), {"input": given}, principal=principal)
    assert refusals == [(code, None)]
    assert await contents(settled.pool) == before


async def test_an_operator_names_an_account(settled: World) -> None:
    given = {"idempotencyKey": "k", "expectedVersion": 0, "blocks": 1}
    refusals = await settled.refusals(document(BUY), {"input": given})
    assert refusals == [("BAD_USER_INPUT", "accountId")]


# --- the same key again


LATER = ("2026-11-22T12:00:01", "2026-11-25T00:00", "2026-12-30T00:00", "2027-03-01T00:00")


async def test_the_same_key_gives_equal_data_whatever_has_happened_since(world: World) -> None:
    await world.account("acme")
    await world.take(
        message("acme", "2026-11-10T09:00"), charge("acme", "2026-11-21T09:00", "0.000001")
    )
    calls: list[tuple[str, int, dict[str, Any]]] = [
        (COMMIT, 0, {"blocks": 1}),
        (BUY, 1, {"blocks": 1, "cycle": "NEXT"}),
        (COMMIT, 2, {"blocks": 2}),
        (CANCEL, 3, {"meter": "CONVERSATIONS"}),
        (CARRY, 0, {"amount": "25"}),
        (TOP, 1, {"amount": "1"}),
    ]
    answers = []
    for number, (mutation, version, arguments) in enumerate(calls):
        world.clock.now += timedelta(microseconds=1)
        answers.append(await send(world, mutation, version, key=f"key-{number}", **arguments))
    assert [answer["__typename"] for answer in answers] == ["MeterChanged"] * 6
    for at in LATER:
        world.clock.now = utc(at)
        before = await contents(world.pool)
        for number, (mutation, version, arguments) in enumerate(calls):
            again = await send(world, mutation, version, key=f"key-{number}", **arguments)
            assert again == answers[number]
        assert await contents(world.pool) == before
        await world.take(message("acme", at, contact=at), charge("acme", at, "2"))
        conversations = (await ask(world, "cycle { conversationUsage { version } }"))["cycle"]
        version = conversations["conversationUsage"]["version"]
        await send(world, BUY, version, blocks=1)


async def test_the_same_input_in_other_words_is_the_same(world: World) -> None:
    await world.account("acme", carrier="25")
    first = await send(world, TOP, 1, key="k", amount="5")
    again = await send(
        world, TOP, 1, key="k", amount="5.000000", accountId=str(account_id_of("acme"))
    )
    by_staff = await send(
        world,
        TOP,
        1,
        key="k",
        amount="5.0",
        accountId=str(account_id_of("acme")).upper(),
        principal=OPERATOR,
    )
    assert first == again == by_staff
    bought = await send(world, BUY, key="b", blocks=1)
    assert await send(world, BUY, key="b", blocks=1, cycle="CURRENT") == bought


async def test_a_key_is_the_accounts_own_and_not_folded(world: World) -> None:
    await world.account("acme")
    await world.account("bolt")
    mine = await send(world, BUY, key="k", blocks=1)
    theirs = await send(world, BUY, key="k", blocks=2, principal=admin("bolt"))
    upper = await send(world, BUY, 1, key="K", blocks=3)
    assert [answer["conversationUsage"]["purchased"] for answer in (mine, theirs, upper)] == [
        100,
        200,
        400,
    ]


@pytest.mark.parametrize("key", ["!", "~" * 128, "\"'\\;--"])
async def test_any_visible_ascii_is_a_key(world: World, key: str) -> None:
    await world.account("acme")
    first = await send(world, BUY, key=key, blocks=1)
    assert first["version"] == 1
    assert await send(world, BUY, key=key, blocks=1) == first


async def test_a_failed_call_stores_nothing_and_its_key_can_be_used_again(world: World) -> None:
    await world.account("acme")
    assert (await send(world, TOP, key="k", amount="5"))["__typename"] == "CommitmentNeeded"
    assert (await send(world, BUY, 7, key="k", blocks=1))["__typename"] == "StaleVersion"
    assert (await send(world, BUY, key="k", blocks=101))["__typename"] == "LimitExceeded"
    assert (await send(world, BUY, key="k", blocks=100))["version"] == 1
    conflict = await send(world, TOP, key="k", amount="5")
    assert conflict["__typename"] == "IdempotencyConflict"


async def test_the_same_key_after_the_accounts_end(world: World) -> None:
    await world.account("acme")
    first = await send(world, BUY, key="k", blocks=1)
    await world.data(
        "mutation ($id: ID!) { endAccount(input: {accountId: $id}) { __typename } }",
        {"id": str(account_id_of("acme"))},
    )
    assert await send(world, BUY, key="k", blocks=1) == first
    assert (await send(world, BUY, 1, blocks=1))["__typename"] == "AccountEnded"


async def test_an_answer_without_numbers_is_kept_too(world: World) -> None:
    """Before cycle 0 there is no balance; afterwards there is, but not in this answer."""
    await world.account("acme", anchor="2026-12-01")
    first = await send(world, CARRY, key="k", amount="25")
    world.clock.now = utc("2026-12-02T00:00")
    assert await send(world, CARRY, key="k", amount="25") == first
    assert first["carrierBalance"] is None


# --- the ledger


LEDGER = """query ($first: Int!, $after: String, $meter: Meter) { account {
    commitmentChanges(first: $first, after: $after, meter: $meter) {
        nodes { meter version kind cycleNumber blocks blocksBefore amount amountBefore price
                effectiveAt recordedAt recordedBy reason replacedByVersion }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""


async def ledger(world: World, first: int = 100, **variables: Any) -> dict[str, Any]:
    data = await world.data(LEDGER, {"first": first, **variables}, principal=ANNA)
    found: dict[str, Any] = data["account"]["commitmentChanges"]
    return found


async def test_the_ledger_tells_who_did_what_when_and_what_took_its_place(world: World) -> None:
    await world.account("acme", blocks=5)
    world.clock.now = utc("2026-11-22T12:00:01")
    await send(world, COMMIT, 1, blocks=9)
    world.clock.now = utc("2026-11-22T12:00:02")
    await send(world, COMMIT, 2, blocks=0)
    world.clock.now = utc("2026-11-22T12:00:03")
    await send(world, BUY, 3, blocks=2, cycle="NEXT")
    await send(world, CARRY, amount="25")
    world.clock.now = utc("2026-11-25T00:00")
    await send(world, COMMIT, 4, blocks=1)
    conversations = {
        "meter": "CONVERSATIONS",
        "kind": "COMMITMENT",
        "amount": None,
        "amountBefore": None,
        "recordedBy": "anna",
        "reason": COMMIT,
        "replacedByVersion": None,
    }
    found = await ledger(world)
    assert found["nodes"] == [
        {
            **conversations,
            "version": 5,
            "cycleNumber": 1,
            "blocks": 1,
            "blocksBefore": 0,
            "price": "18.00",
            "effectiveAt": "2026-11-25T00:00:00Z",
            "recordedAt": "2026-11-25T00:00:00Z",
        },
        {
            **conversations,
            "version": 4,
            "kind": "BLOCKS",
            "cycleNumber": 1,
            "blocks": 2,
            "blocksBefore": 0,
            "price": "36.00",
            "effectiveAt": NEXT,
            "recordedAt": "2026-11-22T12:00:03Z",
            "reason": BUY,
        },
        {
            **conversations,
            "meter": "CARRIER",
            "version": 1,
            "cycleNumber": 0,
            "blocks": None,
            "blocksBefore": None,
            "amount": "25.00",
            "amountBefore": "0.00",
            "price": "25.00",
            "effectiveAt": "2026-11-22T12:00:03Z",
            "recordedAt": "2026-11-22T12:00:03Z",
            "reason": CARRY,
        },
        {
            **conversations,
            "version": 3,
            "cycleNumber": 1,
            "blocks": 0,
            "blocksBefore": 5,
            "price": "0.00",
            "effectiveAt": NEXT,
            "recordedAt": "2026-11-22T12:00:02Z",
        },
        {
            **conversations,
            "version": 2,
            "cycleNumber": 1,
            "blocks": 9,
            "blocksBefore": 5,
            "price": "162.00",
            "effectiveAt": NEXT,
            "recordedAt": "2026-11-22T12:00:01Z",
            "replacedByVersion": 3,
        },
        {
            **conversations,
            "version": 1,
            "cycleNumber": 0,
            "blocks": 5,
            "blocksBefore": 0,
            "price": "90.00",
            "effectiveAt": "2026-10-24T22:00:00Z",
            "recordedAt": NOON,
            "recordedBy": "staff",
            "reason": "createAccount",
        },
    ]
    assert world.statements == ["account.by_ids", "meter_change.pages"]


async def test_a_change_names_the_first_one_that_took_its_place(world: World) -> None:
    await world.account("acme", blocks=1)
    for version, blocks in enumerate((2, 3, 4, 1), start=1):
        await send(world, COMMIT, version, blocks=blocks)
    nodes = (await ledger(world))["nodes"]
    assert [(node["version"], node["replacedByVersion"]) for node in nodes] == [
        (5, None),
        (4, 5),
        (3, 4),
        (2, 3),
        (1, None),
    ]


async def test_pages_of_the_ledger_go_through_equal_instants(world: World) -> None:
    await world.account("acme", blocks=1, carrier="25")
    for version in range(1, 6):
        await send(world, BUY, version, blocks=1)
        await send(world, TOP, version, amount="1")
    whole = await ledger(world)
    entries = [(node["meter"], node["version"]) for node in whole["nodes"]]
    assert entries == [
        *(("CONVERSATIONS", version) for version in range(6, 0, -1)),
        *(("CARRIER", version) for version in range(6, 0, -1)),
    ]
    for first in (1, 5, 12):
        seen: list[Any] = []
        after = None
        while True:
            page = await ledger(world, first, after=after)
            assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
            seen += page["nodes"]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert seen == whole["nodes"]


@pytest.mark.parametrize("meter", ["CONVERSATIONS", "CARRIER"])
async def test_the_ledger_of_one_meter(world: World, meter: str) -> None:
    await world.account("acme", blocks=1, carrier="25")
    await send(world, BUY, 1, blocks=1)
    await send(world, TOP, 1, amount="1")
    first = await ledger(world, 1, meter=meter)
    assert first["pageInfo"]["hasNextPage"] is True
    rest = await ledger(world, 1, meter=meter, after=first["pageInfo"]["endCursor"])
    assert rest["pageInfo"]["hasNextPage"] is False
    nodes = [*first["nodes"], *rest["nodes"]]
    assert [(node["meter"], node["version"]) for node in nodes] == [(meter, 2), (meter, 1)]


async def test_a_change_that_comes_in_between_pages_moves_none(world: World) -> None:
    await world.account("acme", blocks=1)
    await send(world, BUY, 1, blocks=1)
    first = await ledger(world, 1)
    await send(world, BUY, 2, blocks=1)
    rest = await ledger(world, after=first["pageInfo"]["endCursor"])
    assert [node["version"] for node in rest["nodes"]] == [1]


async def test_an_empty_ledger(world: World) -> None:
    await world.account("acme")
    assert await ledger(world) == {
        "nodes": [],
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
    }


@pytest.mark.parametrize(
    ("variables", "field"),
    [
        ({"first": 0}, "first"),
        ({"first": 101}, "first"),
        ({"after": "nonsense"}, "after"),
        ({"after": "WzAsIkNBUlJJRVIiLCJ4Il0"}, "after"),  # [0,"CARRIER","x"]
        ({"after": "WzAsIkNBUlJJRVIiLCI5OTk5OTk5OTk5OTkiXQ"}, "after"),  # …,"999999999999"]
        ({"after": "WzAsIkNBUlJJRVIiLCJcdTA2NjMiXQ"}, "after"),  # …,"\u0663"]: a digit elsewhere
        ({"meter": "VOICE"}, "meter"),
    ],
    ids=str,
)
async def test_a_page_that_the_ledger_does_not_have(
    settled: World, variables: dict[str, Any], field: str
) -> None:
    refusals = await settled.refusals(LEDGER, {"first": 5, **variables}, principal=ANNA)
    assert refusals == [("BAD_USER_INPUT", field)]


async def test_in_trial_the_ledger_is_refused(settled: World) -> None:
    refusals = await settled.refusals(LEDGER, {"first": 5}, principal=admin("trial"))
    assert refusals == [("TRIAL_NO_ACCESS", None)]


# --- what is scheduled, in the account's zone


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        ("Pacific/Kiritimati", "2026-11-24T10:00:00Z"),
        ("America/Los_Angeles", "2026-11-25T08:00:00Z"),
        ("Europe/Amsterdam", NEXT),
    ],
)
async def test_dates_are_in_the_accounts_zone(world: World, zone: str, at: str) -> None:
    await world.account("acme", zone=zone, blocks=1, carrier="25")
    changed = await send(world, COMMIT, 1, blocks=2)
    assert (changed["effectiveAt"], changed["effectiveOn"]) == (at, "2026-11-25")
    await send(world, CARRY, 1, amount="26")
    shown = await ask(
        world,
        f"cycle {{ conversationUsage {{ {SCHEDULED_BLOCKS} }} "
        f"carrierBalance {{ {SCHEDULED_AMOUNT} }} }} "
        f"nextCycle {{ conversationUsage {{ {SCHEDULED_BLOCKS} }} }}",
    )
    due = {"effectiveAt": at, "effectiveOn": "2026-11-25"}
    assert shown == {
        "cycle": {
            "conversationUsage": {"scheduledChange": {"blocks": 2, **due}},
            "carrierBalance": {"scheduledChange": {"amount": "26.00", **due}},
        },
        "nextCycle": {"conversationUsage": {"scheduledChange": None}},
    }


TERMS = "scheduledChange { plan interval anchorDate timeZone effectiveAt effectiveOn }"
CHANGE_TERMS = "mutation ($input: ChangeTermsInput!) { changeTerms(input: $input) { __typename } }"


async def test_terms_that_come_next_are_on_the_account_until_they_are_in_force(
    world: World,
) -> None:
    await world.account("acme")
    assert (await ask(world, TERMS))["scheduledChange"] is None
    given: dict[str, Any] = {"accountId": str(account_id_of("acme"))}
    await world.data(CHANGE_TERMS, {"input": {**given, "timeZone": "America/New_York"}})
    assert (await ask(world, TERMS))["scheduledChange"] == {
        "plan": "Boost",
        "interval": "MONTHLY",
        "anchorDate": "2026-10-25",
        "timeZone": "America/New_York",
        "effectiveAt": NEXT,
        "effectiveOn": "2026-11-24",
    }
    changed = await send(world, BUY, blocks=1, cycle="NEXT")
    assert (changed["effectiveAt"], changed["effectiveOn"]) == (NEXT, "2026-11-24")
    await world.data(CHANGE_TERMS, {"input": {**given, "timeZone": "Europe/Amsterdam"}})
    assert (await ask(world, TERMS))["scheduledChange"] is None
    await world.data(CHANGE_TERMS, {"input": {**given, "plan": "Pro"}})
    assert (await ask(world, TERMS))["scheduledChange"]["plan"] == "Pro"
    world.clock.now = utc(NEXT)
    assert (await ask(world, TERMS))["scheduledChange"] is None


async def test_what_starts_now_replaces_what_a_change_of_interval_brings(world: World) -> None:
    await world.account("acme")
    yearly = {"interval": "YEARLY", "conversationBlocks": 5, "carrierCommitment": "0"}
    given = {"accountId": str(account_id_of("acme")), **yearly}
    await world.data(CHANGE_TERMS, {"input": given})
    started = await send(world, COMMIT, 1, blocks=2)
    assert head(started) == ("COMMITMENT", 2, 0, "36.00", NOON, "2026-11-22")
    nodes = (await ledger(world, meter="CONVERSATIONS"))["nodes"]
    assert [
        (node["version"], node["cycleNumber"], node["replacedByVersion"]) for node in nodes
    ] == [(2, 0, None), (1, 1, 2)]


async def test_in_trial_the_terms_that_end_it_are_shown(world: World) -> None:
    await world.account("acme", trial=True)
    assert (await ask(world, TERMS))["scheduledChange"] is None
    await world.data(
        CHANGE_TERMS,
        {
            "input": {
                "accountId": str(account_id_of("acme")),
                "plan": "Pro",
                "interval": "YEARLY",
                "anchorDate": "2026-12-01",
            }
        },
    )
    found = (await ask(world, TERMS))["scheduledChange"]
    assert (found["plan"], found["effectiveOn"]) == ("Pro", "2026-12-01")


# --- what a cycle costs


COST = "cost { commitment blocks automatic carrier total }"


async def test_cost_is_of_the_rows_that_make_the_quota(world: World) -> None:
    await world.account("acme", blocks=2, carrier="25")
    await send(world, BUY, 1, blocks=3)
    await send(world, BUY, 2, blocks=1, cycle="NEXT")
    await send(world, COMMIT, 3, blocks=4)
    await send(world, TOP, 1, amount="10.000001")
    await send(world, CARRY, 2, amount="40")
    shown = await ask(world, f"cycle {{ {COST} }} nextCycle {{ {COST} }}")
    assert shown == {
        "cycle": {
            "cost": {
                "commitment": "36.00",
                "blocks": "54.00",
                "automatic": "0.00",
                "carrier": "35.000001",
                "total": "125.000001",
            }
        },
        "nextCycle": {
            "cost": {
                "commitment": "72.00",
                "blocks": "18.00",
                "automatic": "0.00",
                "carrier": "40.00",
                "total": "130.00",
            }
        },
    }
    assert world.statements == ["account.by_ids", "usage.of_cycles"]
    async with acquire(world.pool) as conn:
        price = await conn.fetchval(
            "SELECT sum(price_micros)::bigint FROM meter_change WHERE effective_at <= $1",
            world.clock.now,
        )
    assert price == 125_000_001
