"""May a service send? What it is told, by how many statements, and from when on (R2, R16, D18).

It is 2026-11-22 12:00 UTC. Cycles run from the 25th to the 25th in Amsterdam: 0 began on 10-25.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

import db.account
from billing.account import account_id_of
from billing.allowance import AllowanceReason
from billing.commitment import GrantKind
from billing.errors import NotFoundError, ScopeMissingError, UnauthenticatedError
from billing.event import CHARGE_MICROS_MAX
from billing.money import parse_micros
from billing.plan import Interval
from billing.terms_change import TermsRequest
from db.pool import acquire
from resolvers import account, allowance, plan, service_key, terms
from resolvers.account import READS_MAX
from resolvers.principal import Anonymous, Principal, Role, Scope, Service, User
from resolvers.service_key import KEY_CACHE_SECONDS
from resolvers.terms import NO_COMMITMENTS
from tests.support import http
from tests.support.http import Client
from tests.support.world import EXPIRES_AT, OPERATOR, World, admin, charge, price_list, utc

FIELDS = "allowed reason left limit spent computedAt"
ASK = f"""query ($account: String!, $feature: String!, $amount: Money!) {{
    sendAllowed(account: $account, feature: $feature, estimatedAmount: $amount) {{ {FIELDS} }} }}"""
WARM = ["allowance.of_account"]
COLD = ["account.by_ids", *WARM]
NEXT = "2026-11-24T23:00:00Z"


@dataclass(slots=True)
class Sender:
    """A service that asks before it sends."""

    world: World
    client: Client
    key: str
    statements: list[str] = field(default_factory=list)

    async def reply(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Ask anything, and note the statements only."""
        self.world.statements.clear()
        reply = await self.client.graphql(document, variables, bearer=self.key)
        self.statements = list(self.world.statements)
        return reply

    async def ask(self, account: str = "acme", amount: str = "0.00") -> dict[str, Any]:
        """Ask for an account that there is."""
        variables = {"account": account, "feature": "VOICE", "amount": amount}
        reply = await self.reply(ASK, variables)
        assert "errors" not in reply, reply
        answer: dict[str, Any] = reply["data"]["sendAllowed"]
        return answer

    async def reason(self, account: str = "acme", amount: str = "0.00") -> str:
        reason: str = (await self.ask(account, amount))["reason"]
        return reason

    async def refusal(self, **changed: str) -> tuple[str, str | None]:
        """Ask with one argument changed; return the code and the blamed field of the error."""
        variables = {"account": "acme", "feature": "VOICE", "amount": "0", **changed}
        (error,) = (await self.reply(ASK, variables))["errors"]
        return error["extensions"]["code"], error["extensions"].get("field")


@pytest_asyncio.fixture(loop_scope="session")
async def sender(world: World) -> AsyncIterator[Sender]:
    async with http.client(world.schema, world.pool, world.ingest_pool, world.clock) as client:
        sender = Sender(world, client, await client.key(Scope.SEND))
        assert await sender.refusal(account="nobody") == ("NOT_FOUND", None)
        assert sender.statements == [
            "service_key.by_prefix",
            "service_key.touch",
            "account.by_ids",
        ]
        yield sender


# --- answers


async def test_an_answer_costs_one_statement(world: World, sender: Sender) -> None:
    await world.account("acme", carrier="25")
    await world.take(charge("acme", "2026-11-21T09:00", "12.345"))
    answer = {
        "allowed": True,
        "reason": "ALLOWED",
        "left": "12.655",
        "limit": "25.00",
        "spent": "12.345",
        "computedAt": "2026-11-22T12:00:00Z",
    }
    assert await sender.ask() == answer
    assert sender.statements == COLD
    assert await sender.ask() == answer
    assert sender.statements == WARM
    await world.take(charge("acme", "2026-11-22T11:59:59", "0.000001", feature="SMS"))
    assert await sender.ask() == {**answer, "left": "12.654999", "spent": "12.345001"}
    assert sender.statements == WARM


async def test_it_is_the_balance_that_the_account_shows(world: World, sender: Sender) -> None:
    await world.account("acme", carrier="25", signed_up_at="2026-10-01")
    await world.grant("acme", GrantKind.TOP_UP, 0, 1_000_001)
    await world.grant("acme", GrantKind.AUTOMATIC_TOP_UP, 0, 2)
    await world.grant("acme", GrantKind.BLOCKS, 0, 5)
    await world.grant("acme", GrantKind.TOP_UP, 1, 7)
    await world.take(
        charge("acme", "2026-11-21T09:00", "12.345"), charge("acme", "2026-10-24T09:00", "1")
    )
    shown = await world.data(
        "{ account { cycle { carrierBalance { sendAllowed left limit spent } } } }",
        principal=admin("acme"),
    )
    answer = await sender.ask()
    assert shown["account"]["cycle"]["carrierBalance"] == {
        "sendAllowed": answer["allowed"],
        "left": answer["left"],
        "limit": answer["limit"],
        "spent": answer["spent"],
    }
    assert (answer["limit"], answer["spent"]) == ("26.000003", "12.345")


async def test_something_must_be_left_and_enough(world: World, sender: Sender) -> None:
    await world.account("acme", carrier="25")
    assert await sender.reason(amount="25") == "ALLOWED"
    assert await sender.reason(amount="25.000001") == "NOT_ENOUGH"
    await world.take(charge("acme", "2026-11-22T11:00", "24.999999"))
    assert await sender.reason() == "ALLOWED"
    assert await sender.reason(amount="0.000001") == "ALLOWED"
    assert await sender.ask(amount="0.000002") == {
        "allowed": False,
        "reason": "NOT_ENOUGH",
        "left": "0.000001",
        "limit": "25.00",
        "spent": "24.999999",
        "computedAt": "2026-11-22T12:00:00Z",
    }
    await world.take(charge("acme", "2026-11-22T11:01", "0.000002"))
    assert await sender.ask() == {
        "allowed": False,
        "reason": "NO_BALANCE",
        "left": "0.00",
        "limit": "25.00",
        "spent": "25.000001",
        "computedAt": "2026-11-22T12:00:00Z",
    }
    assert sender.statements == WARM


async def test_an_estimate_needs_not_be_given(world: World, sender: Sender) -> None:
    await world.account("acme", carrier="0.000001")
    document = '{ sendAllowed(account: "acme", feature: "VOICE") { allowed } }'
    assert await sender.reply(document, {}) == {"data": {"sendAllowed": {"allowed": True}}}


async def test_nothing_is_reserved(world: World, sender: Sender) -> None:
    await world.account("acme", carrier="25")
    for _ in range(3):
        assert await sender.reason(amount="25") == "ALLOWED"


async def test_without_a_commitment_there_is_no_balance(world: World, sender: Sender) -> None:
    await world.account("acme")
    answer = await sender.ask()
    assert (answer["reason"], answer["limit"], answer["left"]) == ("NO_BALANCE", "0.00", "0.00")


async def test_without_a_current_cycle_nothing_is_sent(world: World, sender: Sender) -> None:
    await world.account("trial", trial=True)
    await world.account("ran-out", trial=True, signed_up_at="2026-11-01")
    await world.account("early", anchor="2026-12-01", carrier="25")
    for name, reason in (("trial", "TRIAL"), ("ran-out", "TRIAL"), ("early", "NOT_STARTED")):
        for statements in (COLD, WARM):
            assert await sender.ask(name) == {
                "allowed": False,
                "reason": reason,
                "left": None,
                "limit": None,
                "spent": None,
                "computedAt": "2026-11-22T12:00:00Z",
            }
            assert sender.statements == statements


async def test_a_charge_that_is_dated_ahead_counts_from_its_instant_on(
    world: World, sender: Sender
) -> None:
    await world.account("acme", carrier="25")
    await world.take(charge("acme", "2026-11-22T12:05", "1"))
    for now, spent in (
        ("2026-11-22T12:00", "0.00"),
        ("2026-11-22T12:05", "0.00"),
        ("2026-11-22T12:05:00.000001", "1.00"),
    ):
        world.clock.now = utc(now)
        assert (await sender.ask())["spent"] == spent


async def test_a_new_cycle_needs_no_new_terms(world: World, sender: Sender) -> None:
    await world.account("acme", carrier="25")
    await world.take(charge("acme", "2026-11-22T11:00", "25"))
    assert await sender.reason() == "NO_BALANCE"
    world.clock.now = utc(NEXT)
    sender.key = await sender.client.key(Scope.SEND)
    assert await sender.reason() == "ALLOWED"
    assert await sender.reason() == "ALLOWED"
    assert sender.statements == WARM


# --- what changes meanwhile


async def test_what_is_bought_counts_at_once(world: World, sender: Sender) -> None:
    await world.account("acme", carrier="25")
    assert await sender.reason(amount="26") == "NOT_ENOUGH"
    await world.grant("acme", GrantKind.TOP_UP, 0, 1_000_000)
    assert await sender.reason(amount="26") == "ALLOWED"
    assert sender.statements == WARM


async def test_other_terms_are_read_by_their_version(world: World, sender: Sender) -> None:
    """The world is another process: it tells nobody what it changes."""
    await world.account("acme", carrier="25")
    await world.take(charge("acme", "2026-11-22T11:00", "20"))
    assert (await sender.ask())["left"] == "5.00"
    yearly = TermsRequest(interval=Interval.YEARLY, now=True)
    id_ = str(account_id_of("acme"))
    world.clock.now += timedelta(seconds=1)
    await terms.change(
        world.context(), id_, yearly, terms.Commitments(blocks=0, carrier_micros=300_000_000)
    )
    answer = await sender.ask()
    assert sender.statements == [*WARM, *COLD]
    assert (answer["limit"], answer["spent"]) == ("300.00", "0.00")
    assert await sender.ask() == answer
    assert sender.statements == WARM
    await terms.change(world.context(), id_, TermsRequest(plan="Pro"), NO_COMMITMENTS)
    assert await sender.ask() == answer
    assert sender.statements == [*WARM, *COLD]


async def test_the_first_terms_end_a_trial(world: World, sender: Sender) -> None:
    await world.account("acme", trial=True)
    assert await sender.reason() == "TRIAL"
    await terms.change(
        world.context(),
        str(account_id_of("acme")),
        TermsRequest(plan="Boost", interval=Interval.MONTHLY),
        terms.Commitments(carrier_micros=1),
    )
    world.clock.now += timedelta(days=1)
    sender.key = await sender.client.key(Scope.SEND)
    assert await sender.reason() == "ALLOWED"


async def test_an_end_that_is_known_comes_without_a_look(world: World, sender: Sender) -> None:
    await world.account("acme", carrier="25")
    assert await sender.reason() == "ALLOWED"
    ends_at = world.clock.now + timedelta(seconds=2)
    await account.end(world.context(), str(account_id_of("acme")), ends_at)
    assert await sender.reason() == "ALLOWED"
    assert sender.statements == [*WARM, *COLD]
    world.clock.now = ends_at - timedelta(microseconds=1)
    assert await sender.reason() == "ALLOWED"
    world.clock.now = ends_at
    assert await sender.reason() == "ENDED"
    assert sender.statements == WARM


async def test_an_end_at_once_is_noticed_at_once(world: World, sender: Sender) -> None:
    await world.account("acme", carrier="25")
    assert await sender.reason() == "ALLOWED"
    await account.end(world.context(), str(account_id_of("acme")))
    assert await sender.reason() == "ENDED"
    assert sender.statements == [*WARM, *COLD]


async def test_a_new_price_list_changes_nothing(world: World, sender: Sender) -> None:
    await world.account("acme", carrier="25")
    answer = await sender.ask()
    dearer = price_list("Boost", Interval.MONTHLY, 1, effective_from="2026-12-01")
    await plan.create(world.context(), [dearer])
    assert await sender.ask() == answer
    assert sender.statements == WARM


@pytest.mark.parametrize("changes", [1, READS_MAX - 1, READS_MAX])
async def test_terms_that_change_while_they_are_read_are_read_again(
    world: World, sender: Sender, monkeypatch: pytest.MonkeyPatch, changes: int
) -> None:
    await world.account("acme", carrier="25")
    read = db.account.by_ids
    left = changes

    async def changing(*args: Any) -> Any:
        nonlocal left
        found = await read(*args)
        if left:
            left -= 1
            async with acquire(world.ingest_pool) as conn:
                await conn.execute("UPDATE account SET version = version + 1")
        return found

    monkeypatch.setattr(db.account, "by_ids", changing)
    if changes < READS_MAX:
        assert await sender.reason() == "ALLOWED"
        assert sender.statements == [*COLD, *COLD * changes]
        return
    variables = {"account": "acme", "feature": "VOICE", "amount": "0"}
    reply = await sender.client.http.post(
        "/graphql",
        json={"query": ASK, "variables": variables},
        headers={"authorization": f"Bearer {sender.key}"},
    )
    assert reply.status_code == 503
    assert reply.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
    assert await sender.reason() == "ALLOWED"
    assert sender.statements == WARM


async def test_many_ask_while_charges_come_in(world: World, sender: Sender) -> None:
    await world.account("acme", carrier="25")

    async def spend() -> None:
        for n in range(20):
            await world.take(charge("acme", "2026-11-22T11:00", "1", id=f"{n}"))

    async def asked() -> list[int]:
        variables = {"account": "acme", "feature": "VOICE", "amount": "0"}
        seen = []
        for _ in range(10):
            reply = await sender.client.graphql(ASK, variables, bearer=sender.key)
            answer = reply["data"]["sendAllowed"]
            seen.append(parse_micros(answer["spent"]))
            assert parse_micros(answer["left"]) == 25_000_000 - seen[-1]
        return seen

    spending = asyncio.create_task(spend())
    for seen in await asyncio.gather(*(asked() for _ in range(8))):
        assert seen == sorted(seen)
    await spending
    assert (await sender.ask())["left"] == "5.00"


# --- refusals


async def test_an_unknown_account_leaves_the_other_answers(world: World, sender: Sender) -> None:
    await world.account("acme", carrier="25")
    document = """{ one: sendAllowed(account: "acme", feature: "SMS") { reason }
        two: sendAllowed(account: "ghost", feature: "SMS") { reason } }"""
    reply = await sender.reply(document, {})
    assert reply["data"] == {"one": {"reason": "ALLOWED"}, "two": None}
    (error,) = reply["errors"]
    assert (error["message"], error["path"]) == ("There is no such account.", ["two"])
    assert error["extensions"] == {"code": "NOT_FOUND"}


async def test_an_account_is_found_from_its_recording_on(world: World, sender: Sender) -> None:
    for _ in range(2):
        assert await sender.refusal() == ("NOT_FOUND", None)
        assert sender.statements == ["account.by_ids"]
    await world.account("acme")
    assert await sender.reason() == "NO_BALANCE"


@pytest.mark.parametrize(
    ("argument", "value", "field"),
    [
        ("account", "", "account"),
        ("account", "a" * 65, "account"),
        ("account", "a b", "account"),
        ("account", "a\0b", "account"),
        ("account", "é", "account"),
        ("feature", "", "feature"),
        ("feature", "A" * 33, "feature"),
        ("feature", "voice", "feature"),
        ("amount", "-0.000001", "estimatedAmount"),
        ("amount", "1000000.000001", "estimatedAmount"),
        ("amount", "NaN", "amount"),  # the variable's name: it is refused before the argument
        ("amount", "0.0000001", "amount"),
    ],
)
async def test_bad_input_names_the_field_and_costs_nothing(
    sender: Sender, argument: str, value: str, field: str
) -> None:
    assert await sender.refusal(**{argument: value}) == ("BAD_USER_INPUT", field)
    assert sender.statements == []


async def test_inputs_go_up_to_their_limits(world: World, sender: Sender) -> None:
    assert CHARGE_MICROS_MAX == 1_000_000_000_000
    name = "~" * 64
    await world.account(name, carrier="1000000")
    variables = {"account": name, "feature": "_" * 32, "amount": "1000000"}
    reply = await sender.reply(ASK, variables)
    assert reply["data"]["sendAllowed"]["reason"] == AllowanceReason.ALLOWED.value


@pytest.mark.parametrize(
    ("principal", "error"),
    [
        pytest.param(Anonymous(), UnauthenticatedError, id="nobody"),
        pytest.param(admin("acme"), ScopeMissingError, id="admin"),
        pytest.param(
            User("jon", Role.MEMBER, account_id_of("acme"), EXPIRES_AT),
            ScopeMissingError,
            id="member",
        ),
        pytest.param(
            Service("kk_aaaaaaaa", frozenset({Scope.INGEST})), ScopeMissingError, id="ingest"
        ),
        pytest.param(Service("kk_aaaaaaaa", frozenset({Scope.SEND})), NotFoundError, id="send"),
        pytest.param(Service("kk_aaaaaaaa", frozenset(Scope)), NotFoundError, id="both"),
        pytest.param(OPERATOR, NotFoundError, id="operator"),
    ],
)
async def test_only_services_that_send_and_operators_get_as_far_as_to_an_account(
    world: World, principal: Principal, error: type[Exception]
) -> None:
    world.statements.clear()
    with pytest.raises(error):
        await allowance.send_allowed(world.context(principal), "acme", "VOICE")
    assert world.statements == (["account.by_ids"] if error is NotFoundError else [])


async def test_a_revoked_key_is_refused_a_few_seconds_later(world: World, sender: Sender) -> None:
    await world.account("acme", carrier="25")
    first = world.clock.now  # at which the fixture has used the key
    await service_key.revoke(world.pool, sender.key.split(".")[0], first)
    world.clock.now = first + timedelta(seconds=KEY_CACHE_SECONDS) - timedelta(microseconds=1)
    assert await sender.reason() == "ALLOWED"
    world.clock.now = first + timedelta(seconds=KEY_CACHE_SECONDS)
    for _ in range(2):
        reply = await sender.client.http.post(
            "/graphql",
            json={"query": "{ __typename }"},
            headers={"authorization": f"Bearer {sender.key}"},
        )
        assert (reply.status_code, reply.json()["code"]) == (401, "UNAUTHENTICATED")
