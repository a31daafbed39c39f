"""What an admin sets: answered, refused, shown, and in force at once (R16, D21 to D23, D25).

It is 2026-11-22 12:00 UTC. Cycles run from the 25th to the 25th in Amsterdam: 0 began on 10-25.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from billing.account import account_id_of
from billing.setting import RECHARGES_MAX, RECIPIENTS_MAX, Language, Recipient
from billing.webhook import URL_MAX
from db.embedded import Cluster
from db.pool import READING, Pool, acquire, open_pool
from resolvers import setting
from resolvers.context import Context
from resolvers.idempotency import Request
from resolvers.principal import Anonymous, Principal, Role, User
from resolvers.setting import SettingOutcome
from resolvers.webhook_secret import webhook_secret
from tests.support.fixtures import shared_world
from tests.support.http import PEPPER
from tests.support.world import EXPIRES_AT, OPERATOR, World, admin, charge, contents, utc

ANNA = admin("acme")
ACME = str(account_id_of("acme"))
NOON = "2026-11-22T12:00:00Z"
URL = "https://hooks.example.com/kontingent"

ALERT, RECHARGE, RECIPIENTS, WEBHOOK = MUTATIONS = (
    "setLowBalanceAlert",
    "setAutoRecharge",
    "setReminderRecipients",
    "setWebhook",
)
TWO = [
    {"email": "anna@example.com", "language": "DE"},
    {"email": "jon@example.org", "language": "NL"},
]
RECHARGING = {"threshold": "10.00", "amount": "25.00", "perCycleMax": "100.00"}
ARGUMENTS: dict[str, dict[str, Any]] = {
    ALERT: {"threshold": "10", "recipients": TWO},
    RECHARGE: {"autoRecharge": RECHARGING},
    RECIPIENTS: {"recipients": TWO},
    WEBHOOK: {"url": URL},
}
LOW_BALANCE_ALERT = "lowBalanceAlert { threshold recipients { email language } }"
AUTO_RECHARGE = "autoRecharge { threshold amount perCycleMax }"
REMINDER_RECIPIENTS = "reminderRecipients { email language }"
CHANGED = {
    ALERT: f"... on LowBalanceAlertChanged {{ {LOW_BALANCE_ALERT} version recordedAt }}",
    RECHARGE: f"... on AutoRechargeChanged {{ {AUTO_RECHARGE} version recordedAt }}",
    RECIPIENTS: f"... on ReminderRecipientsChanged {{ {REMINDER_RECIPIENTS} version recordedAt }}",
    WEBHOOK: "... on WebhookChanged { webhook { url } version recordedAt secret }",
}
SETTINGS = f"""settings {{ {LOW_BALANCE_ALERT} lowBalanceAlertVersion
    {AUTO_RECHARGE} autoRechargeVersion {REMINDER_RECIPIENTS} reminderRecipientsVersion
    webhook {{ url }} webhookVersion }}"""
NOTHING: dict[str, Any] = {
    "lowBalanceAlert": None,
    "lowBalanceAlertVersion": 0,
    "autoRecharge": None,
    "autoRechargeVersion": 0,
    "reminderRecipients": [],
    "reminderRecipientsVersion": 0,
    "webhook": None,
    "webhookVersion": 0,
}
BEFORE = ["account.lock", "account.by_ids", "idempotency.find"]


def document(mutation: str) -> str:
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    return f"""mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ __typename
        ... on Failure {{ message field }} ... on StaleVersion {{ version }}
        {CHANGED[mutation]} }} }}"""


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


async def shown(world: World, principal: Principal = ANNA) -> dict[str, Any]:
    data = await world.data(f"{{ account {{ {SETTINGS} }} }}", principal=principal)
    found: dict[str, Any] = data["account"]["settings"]
    return found


def secret(number: int, name: str = "acme") -> str:
    return webhook_secret(PEPPER, account_id_of(name), number)


# --- success


async def test_at_first_nothing_is_set(world: World) -> None:
    await world.account("acme")
    assert await shown(world) == NOTHING
    assert world.statements == ["account.by_ids", "setting.of_accounts"]


async def test_each_is_set_and_shown_and_turned_off(world: World) -> None:
    await world.account("acme")
    alert = {"threshold": "10.00", "recipients": TWO}
    assert await send(world, ALERT, threshold="10", recipients=TWO) == {
        "__typename": "LowBalanceAlertChanged",
        "lowBalanceAlert": alert,
        "version": 1,
        "recordedAt": NOON,
    }
    assert await send(world, RECHARGE, autoRecharge=RECHARGING) == {
        "__typename": "AutoRechargeChanged",
        "autoRecharge": RECHARGING,
        "version": 1,
        "recordedAt": NOON,
    }
    assert await send(world, RECIPIENTS, recipients=TWO) == {
        "__typename": "ReminderRecipientsChanged",
        "reminderRecipients": TWO,
        "version": 1,
        "recordedAt": NOON,
    }
    assert await send(world, WEBHOOK, url=URL) == {
        "__typename": "WebhookChanged",
        "webhook": {"url": URL},
        "version": 1,
        "recordedAt": NOON,
        "secret": secret(1),
    }
    assert await shown(world) == {
        "lowBalanceAlert": alert,
        "lowBalanceAlertVersion": 1,
        "autoRecharge": RECHARGING,
        "autoRechargeVersion": 1,
        "reminderRecipients": TWO,
        "reminderRecipientsVersion": 1,
        "webhook": {"url": URL},
        "webhookVersion": 1,
    }
    world.clock.now += timedelta(seconds=1)
    off = {"version": 2, "recordedAt": "2026-11-22T12:00:01Z"}
    assert await send(world, ALERT, 1, threshold=None) == {
        "__typename": "LowBalanceAlertChanged",
        "lowBalanceAlert": None,
        **off,
    }
    assert await send(world, RECHARGE, 1) == {
        "__typename": "AutoRechargeChanged",
        "autoRecharge": None,
        **off,
    }
    assert await send(world, RECIPIENTS, 1, recipients=[]) == {
        "__typename": "ReminderRecipientsChanged",
        "reminderRecipients": [],
        **off,
    }
    assert await send(world, WEBHOOK, 1, url=None) == {
        "__typename": "WebhookChanged",
        "webhook": None,
        "secret": None,
        **off,
    }
    versions = {name: 2 for name in NOTHING if name.endswith("Version")}
    assert await shown(world) == {**NOTHING, **versions}


async def test_an_alert_without_recipients_and_a_threshold_of_nothing(world: World) -> None:
    await world.account("acme")
    answer = await send(world, ALERT, threshold="0")
    assert answer["lowBalanceAlert"] == {"threshold": "0.00", "recipients": []}
    assert (await shown(world))["lowBalanceAlert"] == {"threshold": "0.00", "recipients": []}


async def test_the_statements_of_a_change(world: World) -> None:
    """Lock, read, key, version, effect, reply; where balance is concerned, what follows from it."""
    await world.account("acme", carrier="25")
    end = ["setting.insert", "usage.of_cycles", "idempotency.insert"]
    following = [
        end[0],
        "usage.of_cycles",
        "setting.of_accounts",
        "reminder.of_cycles",
        *end[1:],
    ]
    for mutation in (ALERT, RECHARGE):
        arguments = {ALERT: {"threshold": "1"}, RECHARGE: ARGUMENTS[RECHARGE]}[mutation]
        await send(world, mutation, key=mutation, **arguments)
        assert world.statements == [*BEFORE, "setting.of_accounts", *following]
        await send(world, mutation, key=mutation, **arguments)
        assert world.statements == BEFORE
    await send(world, RECIPIENTS, recipients=TWO)
    assert world.statements == [*BEFORE, "setting.of_accounts", *end]
    await send(world, WEBHOOK, url=URL)
    assert world.statements == [
        *BEFORE,
        "setting.of_accounts",
        "setting.last_secret_number",
        *end,
    ]
    await send(world, WEBHOOK, 1, url=None)
    assert world.statements == [*BEFORE, "setting.of_accounts", *end]
    await send(world, WEBHOOK, 1, url=URL)
    assert world.statements == [*BEFORE, "setting.of_accounts"]


async def test_the_settings_of_many_accounts_are_one_statement(world: World) -> None:
    for name in ("acme", "bolt", "trial"):
        await world.account(name, trial=name == "trial")
    await send(world, RECIPIENTS, recipients=TWO[:1])
    result = await world.execute(
        "{ accounts { nodes { name settings { reminderRecipients { email } webhookVersion } } } }"
    )
    assert world.statements == ["account.page_ids", "account.by_ids", "setting.of_accounts"]
    assert result.data is not None
    found = {node["name"]: node["settings"] for node in result.data["accounts"]["nodes"]}
    assert found == {
        "Acme": {"reminderRecipients": [{"email": "anna@example.com"}], "webhookVersion": 0},
        "Bolt": {"reminderRecipients": [], "webhookVersion": 0},
        "Trial": None,
    }
    [error] = result.errors or []
    assert (error.extensions or {})["code"] == "TRIAL_NO_ACCESS"


async def test_who_set_what_and_when_is_kept_of_every_version(world: World) -> None:
    await world.account("acme")
    await send(world, RECIPIENTS, recipients=TWO[:1])
    world.clock.now += timedelta(hours=1)
    await send(world, RECIPIENTS, 1, recipients=[], accountId=ACME, principal=OPERATOR)
    async with acquire(world.pool) as conn:
        rows = await conn.fetch(
            "SELECT kind, version, value::text, recorded_at, recorded_by FROM setting"
            " ORDER BY version"
        )
    assert [tuple(row) for row in rows] == [
        (
            "REMINDER_RECIPIENTS",
            1,
            '[{"email": "anna@example.com", "language": "DE"}]',
            utc("2026-11-22T12:00"),
            "anna",
        ),
        ("REMINDER_RECIPIENTS", 2, "[]", utc("2026-11-22T13:00"), "staff"),
    ]


async def test_before_cycle_0_settings_are_for_it(world: World) -> None:
    await world.account("acme", anchor="2026-12-01")
    for mutation in MUTATIONS:
        answer = await send(world, mutation, **ARGUMENTS[mutation])
        assert answer["version"] == 1
    over = await send(
        world, RECHARGE, 1, autoRecharge={**RECHARGING, "amount": "1001", "perCycleMax": "1001"}
    )
    assert over["__typename"] == "LimitExceeded"


async def test_an_operator_goes_beyond_what_customers_may_recharge(world: World) -> None:
    await world.account("acme")
    wanted = {"threshold": "0.00", "amount": "0.000001", "perCycleMax": "0.001"}
    answer = await send(world, RECHARGE, autoRecharge=wanted, accountId=ACME, principal=OPERATOR)
    assert answer["autoRecharge"] == wanted
    wanted = dict.fromkeys(RECHARGING, "1000000000.00")
    answer = await send(world, RECHARGE, 1, autoRecharge=wanted, accountId=ACME, principal=OPERATOR)
    assert answer["autoRecharge"] == wanted


# --- the webhook's secret


async def test_a_secret_is_shown_when_it_is_new_and_never_again(world: World) -> None:
    await world.account("acme")
    steps: list[tuple[dict[str, Any], str | None]] = [
        ({"url": URL}, secret(1)),
        ({"url": URL}, None),
        ({"url": f"{URL}/2"}, None),
        ({"url": f"{URL}/2", "rotateSecret": True}, secret(2)),
        ({"url": None}, None),
        ({"url": None}, None),
        ({"url": URL}, secret(3)),
        ({"url": URL, "rotateSecret": False}, None),
        ({}, None),
        ({"url": URL, "rotateSecret": True}, secret(4)),
    ]
    for version, (arguments, new) in enumerate(steps):
        answer = await send(world, WEBHOOK, version, **arguments)
        assert (answer["version"], answer["secret"]) == (version + 1, new)
    async with acquire(world.pool) as conn:
        rows = await conn.fetch(
            "SELECT value ->> 'secret_number' AS number FROM setting ORDER BY version"
        )
    numbers = [row["number"] for row in rows]
    assert numbers == ["1", "1", "1", "2", None, None, "3", "3", None, "4"]


async def test_a_secret_is_the_accounts_own(world: World) -> None:
    for name in ("acme", "bolt"):
        await world.account(name)
        answer = await send(world, WEBHOOK, principal=admin(name), url=URL)
        assert answer["secret"] == secret(1, name)
    assert secret(1) != secret(1, "bolt")


async def test_a_secret_is_stored_nowhere_and_shown_again_by_its_key_alone(world: World) -> None:
    await world.account("acme")
    first = await send(world, WEBHOOK, key="first", url=URL)
    moved = await send(world, WEBHOOK, 1, key="moved", url=f"{URL}/2")
    rotated = await send(world, WEBHOOK, 2, key="rotated", url=URL, rotateSecret=True)
    await send(world, WEBHOOK, 3, url=None)
    assert (first["secret"], moved["secret"], rotated["secret"]) == (secret(1), None, secret(2))
    before = await contents(world.pool)
    assert "whsec_" not in str(before)
    assert all(whole.removeprefix("whsec_") not in str(before) for whole in (secret(1), secret(2)))
    world.clock.now += timedelta(days=400)
    assert await send(world, WEBHOOK, key="first", url=URL) == first
    assert await send(world, WEBHOOK, 1, key="moved", url=f"{URL}/2") == moved
    again = await send(
        world,
        WEBHOOK,
        2,
        key="rotated",
        url=URL,
        rotateSecret=True,
        accountId=ACME,
        principal=OPERATOR,
    )
    assert again == rotated
    assert await contents(world.pool) == before
    assert "secret" not in world.schema.as_str().partition("type Webhook {")[2].partition("}")[0]


async def test_neither_addresses_nor_urls_nor_secrets_are_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.account("acme")
    with caplog.at_level(logging.DEBUG):
        for mutation in MUTATIONS:
            await send(world, mutation, **ARGUMENTS[mutation])
        await shown(world)
        for mutation, arguments in (
            (WEBHOOK, {"url": f"{URL}#"}),
            (RECIPIENTS, {"recipients": [TWO[0], TWO[0]]}),
        ):
            given = {"idempotencyKey": "k", "expectedVersion": 1, **arguments}
            assert await world.refusals(document(mutation), {"input": given}, principal=ANNA)
    assert not any(text in caplog.text for text in ("example.", "whsec_", "hooks"))


# --- in force at once


async def test_a_balance_that_is_low_already_is_recharged_at_once(world: World) -> None:
    await world.account("acme", carrier="25")
    await world.take(charge("acme", "2026-11-20T09:00", "20"))
    await send(world, RECHARGE, autoRecharge=RECHARGING)
    data = await world.data(
        "{ account { cycle { carrierBalance { version toppedUp limit left } } } }", principal=ANNA
    )
    assert data["account"]["cycle"]["carrierBalance"] == {
        "version": 1,
        "toppedUp": "25.00",
        "limit": "50.00",
        "left": "30.00",
    }


async def test_of_a_balance_that_is_low_already_is_told_at_once(world: World) -> None:
    await world.account("acme", carrier="25")
    await world.take(charge("acme", "2026-11-20T09:00", "15"))
    await send(world, ALERT, threshold="9.999999")
    assert (await contents(world.pool))["outbox"] == []
    await send(world, ALERT, 1, threshold="10")
    async with acquire(world.pool) as conn:
        rows = await conn.fetch("SELECT account_id, payload ->> 'kind' AS kind, due_at FROM outbox")
    assert [tuple(row) for row in rows] == [
        (account_id_of("acme"), "LOW_BALANCE", utc("2026-11-22T12:00"))
    ]


# --- refusals: nothing changes


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def settled(cluster: Cluster, template: str) -> AsyncIterator[World]:
    """Accounts that no test changes: each is one on which something is refused."""
    async with shared_world(cluster, template) as world:
        for name in ("acme", "bare", "trial", "ended"):
            await world.account(name, trial=name == "trial")
        for mutation in MUTATIONS:
            await send(world, mutation, key=mutation, **ARGUMENTS[mutation])
        await send(
            world, WEBHOOK, key="before-the-end", principal=admin("ended"), **ARGUMENTS[WEBHOOK]
        )
        await world.data(
            "mutation ($id: ID!) { endAccount(input: {accountId: $id}) { __typename } }",
            {"id": str(account_id_of("ended"))},
        )
        yield world


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("version", [-1, 0, 2, 2**31 - 1])
async def test_another_version_than_the_settings_is_stale(
    settled: World, mutation: str, version: int
) -> None:
    before = await contents(settled.pool)
    assert await send(settled, mutation, version, **ARGUMENTS[mutation]) == {
        "__typename": "StaleVersion",
        "message": "The setting is at version 1.",
        "field": "expectedVersion",
        "version": 1,
    }
    assert await contents(settled.pool) == before


@pytest.mark.parametrize(
    ("amount", "most"), [("0.999999", "1"), ("1000.000001", "2000"), ("1000000000", "1000000000")]
)
async def test_a_customer_recharges_within_the_plans_limits(
    settled: World, amount: str, most: str
) -> None:
    before = await contents(settled.pool)
    wanted = {"threshold": "0", "amount": amount, "perCycleMax": most}
    assert await send(settled, RECHARGE, 1, autoRecharge=wanted) == {
        "__typename": "LimitExceeded",
        "message": "A recharge is from 1.00 to 1000.00.",
        "field": "amount",
    }
    assert await contents(settled.pool) == before


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_an_account_that_has_ended_sets_nothing(settled: World, mutation: str) -> None:
    before = await contents(settled.pool)
    version = 1 if mutation == WEBHOOK else 0
    ended = admin("ended")
    answer = await send(settled, mutation, version, principal=ended, **ARGUMENTS[mutation])
    assert answer == {
        "__typename": "AccountEnded",
        "message": "The account has ended.",
        "field": None,
    }
    assert (await shown(settled, ended))["webhook"] == {"url": URL}
    assert await contents(settled.pool) == before


async def test_a_key_of_before_the_end_gives_the_same_answer(settled: World) -> None:
    before = await contents(settled.pool)
    answer = await send(settled, WEBHOOK, key="before-the-end", principal=admin("ended"), url=URL)
    assert answer["secret"] == secret(1, "ended")
    assert await contents(settled.pool) == before


@pytest.mark.parametrize(
    ("mutation", "version", "arguments"),
    [
        pytest.param(ALERT, 0, {"threshold": "11", "recipients": TWO}, id="threshold"),
        pytest.param(ALERT, 0, {"threshold": "10"}, id="recipients"),
        pytest.param(ALERT, 0, {"threshold": None}, id="alert_off"),
        pytest.param(ALERT, 1, ARGUMENTS[ALERT], id="version"),
        pytest.param(RECHARGE, 0, {"autoRecharge": None}, id="recharge_off"),
        pytest.param(RECHARGE, 0, {"autoRecharge": {**RECHARGING, "amount": "26"}}, id="amount"),
        pytest.param(RECHARGE, 0, {"autoRecharge": {**RECHARGING, "perCycleMax": "99"}}, id="most"),
        pytest.param(RECHARGE, 0, {"autoRecharge": {**RECHARGING, "threshold": "9"}}, id="below"),
        pytest.param(RECIPIENTS, 0, {"recipients": TWO[::-1]}, id="order"),
        pytest.param(RECIPIENTS, 0, {"recipients": [{**TWO[0], "language": "EN"}]}, id="language"),
        pytest.param(WEBHOOK, 0, {"url": f"{URL}/2"}, id="url"),
        pytest.param(WEBHOOK, 0, {"url": URL, "rotateSecret": True}, id="rotation"),
        pytest.param(WEBHOOK, 0, {"url": None}, id="webhook_off"),
        pytest.param(WEBHOOK, 99, {"url": URL}, id="stale_too"),
    ],
)
async def test_a_key_is_used_for_one_thing(
    settled: World, mutation: str, version: int, arguments: dict[str, Any]
) -> None:
    before = await contents(settled.pool)
    assert await send(settled, mutation, version, key=mutation, **arguments) == {
        "__typename": "IdempotencyConflict",
        "message": "The idempotency key was used for something else.",
        "field": None,
    }
    assert await contents(settled.pool) == before


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_key_is_used_for_one_mutation(settled: World, mutation: str) -> None:
    for other in MUTATIONS:
        answer = await send(settled, other, key=mutation, **ARGUMENTS[other])
        assert (answer["__typename"] == "IdempotencyConflict") is (other != mutation)


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("key", ["", "k" * 129, "a b", "schlüssel", "a\n"])
async def test_a_malformed_key_is_bad_input(settled: World, mutation: str, key: str) -> None:
    before = await contents(settled.pool)
    given = {"idempotencyKey": key, "expectedVersion": 1, **ARGUMENTS[mutation]}
    assert await settled.refusals(document(mutation), {"input": given}, principal=ANNA) == [
        ("BAD_USER_INPUT", "idempotencyKey")
    ]
    assert settled.statements == []
    assert await contents(settled.pool) == before


MONEY: list[Any] = ["-0.000001", "1.0000001", "1000000000.000001", "NaN", "1e3", "", "EUR 5", 5]
MANY = [{"email": f"anna{n}@example.com", "language": "EN"} for n in range(RECIPIENTS_MAX + 1)]
ADDRESSES: list[Any] = [
    "",
    "anna",
    "anna@example",
    "anna@example.com,jon@example.com",
    "anna@example.com\r\nBcc: jon@example.com",
    "Anna <anna@example.com>",
    '"anna"@example.com',
    f"{'a' * 65}@example.com",
    f"anna@{'d' * 250}.com",
    None,
    5,
]
URLS: list[Any] = [
    "",
    "http://example.com",
    "https://localhost/",
    "https://127.0.0.1/",
    "https://[::ffff:8.8.8.8]/",
    "https://2130706433/",
    "https://example.com:80/",
    "https://anna:pass@example.com/",
    "https://example.com/#part",
    "https://example.com/".ljust(URL_MAX + 1, "a"),
    5,
]


def addressed(email: Any) -> list[dict[str, Any]]:
    return [TWO[1], {"email": email, "language": "DE"}]


BAD: list[tuple[str, dict[str, Any], str]] = [
    *((ALERT, {"threshold": amount}, "threshold") for amount in MONEY),
    *((ALERT, {"recipients": addressed(email)}, "email") for email in ADDRESSES),
    (ALERT, {"recipients": MANY}, "recipients"),
    (ALERT, {"recipients": [TWO[0], *TWO]}, "recipients"),
    (ALERT, {"recipients": None}, "recipients"),
    (ALERT, {"threshold": None}, "recipients"),
    *(
        (RECHARGE, {"autoRecharge": {**RECHARGING, name: amount}}, name)
        for name in RECHARGING
        for amount in (*MONEY, None)
    ),
    (RECHARGE, {"autoRecharge": {**RECHARGING, "amount": "0"}}, "amount"),
    (RECHARGE, {"autoRecharge": {**RECHARGING, "perCycleMax": "24.999999"}}, "perCycleMax"),
    (
        RECHARGE,
        {"autoRecharge": {**RECHARGING, "perCycleMax": f"{25 * RECHARGES_MAX}.000001"}},
        "perCycleMax",
    ),
    *((RECIPIENTS, {"recipients": addressed(email)}, "email") for email in ADDRESSES),
    (RECIPIENTS, {"recipients": MANY}, "recipients"),
    (RECIPIENTS, {"recipients": [*TWO, {**TWO[0], "language": "FR"}]}, "recipients"),
    (RECIPIENTS, {"recipients": None}, "recipients"),
    (RECIPIENTS, {"recipients": [{**TWO[0], "language": "ES"}]}, "language"),
    (RECIPIENTS, {"recipients": [{**TWO[0], "language": None}]}, "language"),
    *((WEBHOOK, {"url": url}, "url") for url in URLS),
    (WEBHOOK, {"url": None, "rotateSecret": True}, "rotateSecret"),
    (WEBHOOK, {"rotateSecret": None}, "rotateSecret"),
    *((mutation, {"expectedVersion": 2**31}, "expectedVersion") for mutation in MUTATIONS),
    *((mutation, {"expectedVersion": None}, "expectedVersion") for mutation in MUTATIONS),
    *((mutation, {"idempotencyKey": None}, "idempotencyKey") for mutation in MUTATIONS),
    *((mutation, {"accountId": "acme"}, "accountId") for mutation in MUTATIONS),
]


@pytest.mark.parametrize(
    ("mutation", "arguments", "field"),
    BAD,
    ids=[f"{mutation}-{field}-{n}" for n, (mutation, _, field) in enumerate(BAD)],
)
async def test_bad_input_names_the_field_and_changes_nothing(
    settled: World, mutation: str, arguments: dict[str, Any], field: str
) -> None:
    before = await contents(settled.pool)
    given = {"idempotencyKey": "k", "expectedVersion": 1, **ARGUMENTS[mutation], **arguments}
    for principal in (ANNA, OPERATOR):
        given.setdefault("accountId", ACME)
        refusals = await settled.refusals(document(mutation), {"input": given}, principal=principal)
        assert refusals == [("BAD_USER_INPUT", field)]
    assert await contents(settled.pool) == before


async def test_at_the_limits_nothing_is_refused(world: World) -> None:
    await world.account("acme")
    most = {**RECHARGING, "threshold": "1000000000.00", "perCycleMax": f"{25 * RECHARGES_MAX}.00"}
    answer = await send(world, RECHARGE, autoRecharge=most)
    assert answer["autoRecharge"] == most
    answer = await send(world, ALERT, threshold="1000000000", recipients=MANY[:RECIPIENTS_MAX])
    assert len(answer["lowBalanceAlert"]["recipients"]) == RECIPIENTS_MAX
    answer = await send(world, RECIPIENTS, recipients=MANY[:RECIPIENTS_MAX])
    assert answer["reminderRecipients"] == MANY[:RECIPIENTS_MAX]
    longest = "https://example.com/".ljust(URL_MAX, "a")
    assert (await send(world, WEBHOOK, url=longest))["webhook"] == {"url": longest}


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
        "idempotencyKey": mutation,
        "expectedVersion": 0,
        "accountId": str(account_id_of(name)),
        **ARGUMENTS[mutation],
    }
    refusals = await settled.refusals(document(mutation), {"input": given}, principal=principal)
    assert refusals == [(code, None)]
    assert await contents(settled.pool) == before


async def test_in_trial_settings_are_refused(settled: World) -> None:
    query = f"{{ account {{ {SETTINGS} }} }}"
    refusals = await settled.refusals(query, principal=admin("trial"))
    assert refusals == [("TRIAL_NO_ACCESS", None)]


# --- the same key again


async def test_the_same_key_gives_equal_data_whatever_has_happened_since(world: World) -> None:
    await world.account("acme", carrier="25")
    await world.take(charge("acme", "2026-11-20T09:00", "20"))
    answers = {
        mutation: await send(world, mutation, key=mutation, **ARGUMENTS[mutation])
        for mutation in MUTATIONS
    }
    assert {answer["version"] for answer in answers.values()} == {1}
    for at in ("2026-11-22T12:00:01", "2026-11-30T00:00", "2027-11-30T00:00"):
        world.clock.now = utc(at)
        before = await contents(world.pool)
        for mutation in MUTATIONS:
            again = await send(world, mutation, key=mutation, **ARGUMENTS[mutation])
            assert again == answers[mutation]
        assert await contents(world.pool) == before
        settings = await shown(world)
        await send(world, WEBHOOK, settings["webhookVersion"], url=URL, rotateSecret=True)
        await send(world, RECHARGE, settings["autoRechargeVersion"])


async def test_the_same_input_in_other_words_is_the_same(world: World) -> None:
    await world.account("acme")
    first = await send(world, ALERT, key="k", threshold="10")
    again = await send(
        world, ALERT, key="k", threshold="10.000000", recipients=[], accountId=ACME.upper()
    )
    off = await send(world, RECHARGE, key="off")
    assert again == first
    assert await send(world, RECHARGE, key="off", autoRecharge=None) == off
    hook = await send(world, WEBHOOK, key="hook", url=URL)
    assert await send(world, WEBHOOK, key="hook", url=URL, rotateSecret=False) == hook


async def test_a_failed_call_stores_nothing_and_its_key_can_be_used_again(world: World) -> None:
    await world.account("acme")
    over = {**RECHARGING, "amount": "1001", "perCycleMax": "1001"}
    assert (await send(world, RECHARGE, key="k", autoRecharge=over))["__typename"] == (
        "LimitExceeded"
    )
    assert (await send(world, RECHARGE, 7, key="k"))["__typename"] == "StaleVersion"
    assert (await send(world, RECHARGE, key="k", autoRecharge=RECHARGING))["version"] == 1


async def test_keys_are_shared_with_the_meters(world: World) -> None:
    await world.account("acme")
    await send(world, WEBHOOK, key="k", url=URL)
    data = await world.data(
        """mutation { addConversationBlocks(input: {idempotencyKey: "k", expectedVersion: 0,
            blocks: 1}) { __typename } }""",
        principal=ANNA,
    )
    assert data["addConversationBlocks"]["__typename"] == "IdempotencyConflict"


# --- at once


@pytest.fixture
async def crowd(dsn: str) -> AsyncIterator[Pool]:
    """Connections enough that all who come at once get one."""
    patient = {**READING, "lock_timeout": "20s"}
    async with await open_pool(dsn, size_max=16, session=patient) as opened:
        yield opened


def calling(world: World, pool: Pool, user: User = ANNA) -> Context:
    return Context.of(replace(world.session(user), pool=pool))


def asking(key: str, version: int) -> Request:
    return Request(account_id=ACME, idempotency_key=key, expected_version=version)


async def versions(world: World) -> list[tuple[str, int]]:
    async with acquire(world.pool) as conn:
        rows = await conn.fetch("SELECT kind, version FROM setting ORDER BY kind, version")
    return [(row["kind"], row["version"]) for row in rows]


async def test_eight_admins_at_once_lose_no_setting(world: World, crowd: Pool) -> None:
    """In each round all send the version that they saw; one wins, the others see the new one."""
    await world.account("acme")
    waiting = [replace(ANNA, subject=f"admin-{n}") for n in range(8)]
    seen = 0
    while waiting:
        outcomes = await asyncio.gather(
            *(
                setting.set_reminder_recipients(
                    calling(world, crowd, user),
                    asking(f"{user.subject}/{seen}", seen),
                    [Recipient(f"{user.subject}@example.com", Language.FR)],
                )
                for user in waiting
            ),
            return_exceptions=True,
        )
        won = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, SettingOutcome)]
        kinds = Counter(type(outcome).__name__ for outcome in outcomes)
        assert kinds == Counter(SettingOutcome=1, StaleVersionError=len(waiting) - 1)
        seen += 1
        del waiting[won[0]]
    assert await versions(world) == [("REMINDER_RECIPIENTS", n) for n in range(1, 9)]
    async with acquire(world.pool) as conn:
        mismatched = await conn.fetchval(
            "SELECT count(*) FROM setting"
            " WHERE value #>> '{0,email}' <> recorded_by || '@example.com'"
        )
    assert mismatched == 0


async def test_the_same_key_sixteen_times_at_once_rotates_once(world: World, crowd: Pool) -> None:
    await world.account("acme")
    await send(world, WEBHOOK, url=URL)
    outcomes = await asyncio.gather(
        *(
            setting.set_webhook(calling(world, crowd), asking("k", 1), url=URL, rotate_secret=True)
            for _ in range(16)
        )
    )
    assert outcomes == [outcomes[0]] * 16
    assert outcomes[0].secret == secret(2)
    assert "whsec_" not in repr(outcomes[0])
    assert await versions(world) == [("WEBHOOK", 1), ("WEBHOOK", 2)]


async def test_settings_do_not_wait_for_each_others_version(world: World, crowd: Pool) -> None:
    await world.account("acme")
    ctx = calling(world, crowd)
    outcomes = await asyncio.gather(
        *(
            setting.set_webhook(ctx, asking(f"w{n}", 0), url=URL, rotate_secret=False)
            for n in range(4)
        ),
        *(setting.set_auto_recharge(ctx, asking(f"r{n}", 0), None) for n in range(4)),
        return_exceptions=True,
    )
    kinds = Counter(type(outcome).__name__ for outcome in outcomes)
    assert kinds == {"WebhookOutcome": 1, "SettingOutcome": 1, "StaleVersionError": 6}
    assert await versions(world) == [("AUTO_RECHARGE", 1), ("WEBHOOK", 1)]


async def test_the_reply_shows_the_cycle_with_what_was_recharged_at_once(world: World) -> None:
    await world.account("acme", blocks=2, carrier="25")
    await world.take(charge("acme", "2026-11-20T12:00", "24"))
    document = """mutation { setAutoRecharge(input: {idempotencyKey: "r", expectedVersion: 0,
        autoRecharge: {threshold: "5", amount: "10", perCycleMax: "50"}
    }) { ... on AutoRechargeChanged { version cycle { number
        conversationUsage { quota } carrierBalance { limit toppedUp left } } } } }"""
    first = await world.data(document, principal=ANNA)
    assert first["setAutoRecharge"] == {
        "version": 1,
        "cycle": {
            "number": 0,
            "conversationUsage": {"quota": 700},
            "carrierBalance": {"limit": "35.00", "toppedUp": "10.00", "left": "11.00"},
        },
    }
    assert await world.data(document, principal=ANNA) == first
