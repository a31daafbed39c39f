"""What accounts commit to and buy, over HTTP, through whole cycles with a moved clock."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from billing.account import account_id_of
from billing.plan import Interval
from db.pool import Pool
from resolvers.principal import Role
from schema.root import Schema
from tests.support import http
from tests.support.http import Client
from tests.support.ledger_model import BALANCE, BLOCKS
from tests.support.world import World, utc

CHANGE = """mutation ($input: %s!) { %s(input: $input) { __typename
    ... on Failure { message } ... on StaleVersion { version } ... on MeterChanged {
        kind version cycleNumber price effectiveAt effectiveOn computedAt
        conversationUsage { quota } carrierBalance { limit } cycle { number } } } }"""
TERMS = """mutation ($input: ChangeTermsInput!) { changeTerms(input: $input) {
    __typename ... on ChangeTermsSuccess { effectiveAt } } }"""


@dataclass
class Acme:
    """An account as its admin sees it, with the versions that the admin saw last."""

    world: World
    client: Client
    keys: int = 0
    versions: dict[str, int] = field(default_factory=lambda: {BLOCKS: 0, BALANCE: 0})

    def at(self, instant: str) -> None:
        self.world.clock.now = utc(instant)

    async def ask(
        self, document: str, variables: dict[str, Any] | None = None, role: Role = Role.ADMIN
    ) -> dict[str, Any]:
        bearer = self.client.token(role, "acme" if role is Role.ADMIN else None)
        reply = await self.client.graphql(document, variables, bearer=bearer)
        assert "errors" not in reply, reply
        data: dict[str, Any] = reply["data"]
        return data

    async def account(self, fields: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.ask(f"{{ account {{ {fields} }} }}"))["account"]
        return found

    async def send(self, mutation: str, key: str, version: int, **arguments: Any) -> dict[str, Any]:
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        given = {"idempotencyKey": key, "expectedVersion": version, **arguments}
        data = await self.ask(CHANGE % (kind, mutation), {"input": given})
        answer: dict[str, Any] = data[mutation]
        return answer

    async def change(self, mutation: str, **arguments: Any) -> dict[str, Any]:
        """Send a change that must go well, with a new key and the version seen last."""
        meter = BALANCE if "Carrier" in mutation else arguments.get("meter", BLOCKS)
        self.keys += 1
        answer = await self.send(mutation, f"key-{self.keys}", self.versions[meter], **arguments)
        assert answer["__typename"] == "MeterChanged", answer
        self.versions[meter] = answer["version"]
        return answer

    async def commit(self, blocks: int) -> dict[str, Any]:
        return await self.change("changeConversationCommitment", blocks=blocks)

    async def buy(self, blocks: int, cycle: str = "CURRENT") -> dict[str, Any]:
        return await self.change("addConversationBlocks", blocks=blocks, cycle=cycle)

    async def carry(self, amount: str) -> dict[str, Any]:
        return await self.change("changeCarrierCommitment", amount=amount)

    async def top_up(self, amount: str) -> dict[str, Any]:
        return await self.change("topUpCarrierBalance", amount=amount)

    async def terms(self, **changes: Any) -> str:
        """Change terms as an operator does; afterwards the admin looks at the versions."""
        given = {"accountId": str(account_id_of("acme")), **changes}
        data = await self.ask(TERMS, {"input": given}, Role.OPERATOR)
        assert data["changeTerms"]["__typename"] == "ChangeTermsSuccess"
        nodes = (await self.account("commitmentChanges(first: 100) { nodes { meter version } }"))[
            "commitmentChanges"
        ]["nodes"]
        for meter in self.versions:
            self.versions[meter] = sum(node["meter"] == meter for node in nodes)
        effective_at: str = data["changeTerms"]["effectiveAt"]
        return effective_at

    async def cycles(self) -> list[tuple[Any, ...]]:
        """Return first day, quota, limit and cost of each cycle that has begun, oldest first."""
        nodes = (
            await self.account(
                "cycles(first: 100) { nodes { startsOn state conversationUsage { quota }"
                " carrierBalance { limit } cost { total } } }"
            )
        )["cycles"]["nodes"]
        return [
            (
                node["startsOn"],
                node["conversationUsage"]["quota"],
                node["carrierBalance"]["limit"],
                node["cost"]["total"],
            )
            for node in reversed(nodes)
            if node["state"] != "FUTURE"
        ]


@pytest.fixture
async def acme(world: World, schema: Schema, pool: Pool, ingest_pool: Pool) -> AsyncIterator[Acme]:
    async with http.client(schema, pool, ingest_pool, world.clock) as client:
        yield Acme(world, client)


async def test_a_monthly_account_on_the_31st_through_a_leap_february(acme: Acme) -> None:
    acme.at("2024-01-31T09:00")
    await acme.world.account("acme", anchor="2024-01-31")
    start = await acme.commit(2)
    assert (start["effectiveAt"], start["conversationUsage"]["quota"]) == (
        "2024-01-31T09:00:00Z",
        700,
    )
    await acme.carry("25")
    acme.at("2024-02-28T22:59:59.9")  # 23:59:59.9 on the 28th: there is another day
    assert (await acme.buy(1))["cycleNumber"] == 0
    up = await acme.commit(4)
    assert (up["effectiveAt"], up["effectiveOn"]) == ("2024-02-28T23:00:00Z", "2024-02-29")
    acme.at("2024-02-29T08:00")
    assert (await acme.buy(3))["cycleNumber"] == 1
    assert (await acme.top_up("10"))["carrierBalance"]["limit"] == "35.00"
    down = await acme.commit(1)
    assert (down["effectiveAt"], down["effectiveOn"]) == ("2024-03-30T23:00:00Z", "2024-03-31")
    acme.at("2024-04-15T00:00")
    end = await acme.commit(0)
    assert (end["effectiveAt"], end["effectiveOn"]) == ("2024-04-29T22:00:00Z", "2024-04-30")
    acme.at("2024-06-01T00:00")
    assert await acme.cycles() == [
        ("2024-01-31", 800, "25.00", "79.00"),  # 2 x 18 + 18 + 25
        ("2024-02-29", 1_200, "35.00", "161.00"),  # 4 x 18 + 3 x 18 + 35
        ("2024-03-31", 600, "25.00", "43.00"),
        ("2024-04-30", 500, "25.00", "25.00"),
        ("2024-05-31", 500, "25.00", "25.00"),
    ]


async def test_a_yearly_account(acme: Acme) -> None:
    acme.at("2024-02-29T09:00")
    await acme.world.account("acme", anchor="2024-02-29", interval=Interval.YEARLY)
    assert (await acme.commit(100))["price"] == "1500.00"
    assert (await acme.carry("12000"))["carrierBalance"]["limit"] == "12000.00"
    acme.at("2024-11-30T12:00")
    assert (await acme.buy(1))["conversationUsage"]["quota"] == 16_100
    await acme.top_up("1000")
    down = await acme.carry("25")
    assert (down["effectiveAt"], down["effectiveOn"]) == ("2025-02-27T23:00:00Z", "2025-02-28")
    acme.at("2025-02-27T22:59:59.999999")
    assert await acme.cycles() == [("2024-02-29", 16_100, "13000.00", "14515.00")]
    acme.at("2025-02-27T23:00")
    assert await acme.cycles() == [
        ("2024-02-29", 16_100, "13000.00", "14515.00"),
        ("2025-02-28", 16_000, "25.00", "1525.00"),
    ]
    assert (await acme.commit(0))["effectiveOn"] == "2026-02-28"
    acme.at("2028-02-29T12:00")
    assert [cycle[0] for cycle in await acme.cycles()] == [
        "2024-02-29",
        "2025-02-28",
        "2026-02-28",
        "2027-02-28",
        "2028-02-29",
    ]


async def test_trial_to_monthly_to_yearly_now_to_monthly(acme: Acme) -> None:
    acme.at("2026-03-01T09:00")
    await acme.world.account("acme", trial=True)
    acme.at("2026-03-10T09:00")
    await acme.terms(plan="Boost", interval="MONTHLY", conversationBlocks=1)
    assert acme.versions == {BLOCKS: 1, BALANCE: 0}
    await acme.carry("30")
    await acme.buy(2)
    await acme.buy(5, "NEXT")
    await acme.commit(9)  # scheduled for 04-10, where there will be no monthly cycle any more
    acme.at("2026-03-20T10:30")
    effective_at = await acme.terms(
        interval="YEARLY", conversationBlocks=3, carrierCommitment="500", now=True
    )
    assert effective_at == "2026-03-20T10:30:00Z"
    acme.at("2026-03-20T10:31")
    # The blocks for the next cycle are for it, which came early.
    assert await acme.cycles() == [
        ("2026-03-10", 800, "30.00", "84.00"),  # 18 + 2 x 18 + 30
        ("2026-03-20", 6_800, "500.00", "635.00"),  # 3 x 15 + 5 x 18 + 500
    ]
    nodes = (await acme.account("commitmentChanges { nodes { meter version replacedByVersion } }"))[
        "commitmentChanges"
    ]["nodes"]
    assert [
        (node["version"], node["replacedByVersion"]) for node in nodes if node["meter"] == BLOCKS
    ] == [(5, None), (4, 5), (3, None), (2, None), (1, None)]
    await acme.commit(7)
    effective_at = await acme.terms(
        interval="MONTHLY", conversationBlocks=0, carrierCommitment="25"
    )
    assert effective_at == "2027-03-19T23:00:00Z"
    acme.at("2027-03-20T12:00")
    assert (await acme.commit(1))["effectiveAt"] == "2027-03-20T12:00:00Z"
    acme.at("2027-04-20T12:00")
    assert await acme.cycles() == [
        ("2026-03-10", 800, "30.00", "84.00"),
        ("2026-03-20", 6_800, "500.00", "635.00"),
        ("2027-03-20", 600, "25.00", "43.00"),
        ("2027-04-20", 600, "25.00", "43.00"),
    ]


async def test_a_scheduled_change_is_replaced_and_cancelled_through_renewals(acme: Acme) -> None:
    acme.at("2026-01-15T12:00")
    await acme.world.account("acme", anchor="2026-01-15")
    await acme.commit(5)
    scheduled = "cycle { conversationUsage { scheduledChange { blocks effectiveOn } } }"

    async def shown() -> Any:
        return (await acme.account(scheduled))["cycle"]["conversationUsage"]["scheduledChange"]

    await acme.commit(8)
    await acme.commit(2)
    assert await shown() == {"blocks": 2, "effectiveOn": "2026-02-15"}
    acme.at("2026-02-15T00:00")
    assert await shown() is None
    await acme.commit(0)
    assert await shown() == {"blocks": 0, "effectiveOn": "2026-03-15"}
    await acme.commit(2)
    assert await shown() is None
    acme.at("2026-03-15T00:00")
    await acme.commit(3)
    await acme.change("cancelScheduledChange", meter=BLOCKS)
    assert await shown() is None
    acme.at("2026-04-15T00:00")
    assert [cycle[1] for cycle in await acme.cycles()] == [1_000, 700, 700, 700]


async def test_a_change_a_tenth_of_a_second_before_renewal(acme: Acme) -> None:
    """23:59:59.9 in Amsterdam is the old cycle, midnight the new one."""
    acme.at("2026-11-22T12:00")
    await acme.world.account("acme", anchor="2026-10-25", blocks=1, carrier="25")
    acme.versions = {BLOCKS: 1, BALANCE: 1}
    acme.at("2026-11-24T22:59:59.9")
    late = [await acme.commit(2), await acme.buy(1), await acme.buy(1, "NEXT")]
    topped = await acme.top_up("5")
    assert [(answer["cycleNumber"], answer["cycle"]["number"]) for answer in (*late, topped)] == [
        (1, 0),
        (0, 0),
        (1, 0),
        (0, 0),
    ]
    assert late[0]["effectiveAt"] == "2026-11-24T23:00:00Z"
    assert late[1]["effectiveAt"] == "2026-11-24T22:59:59.900000Z"
    acme.at("2026-11-24T23:00")
    early = [await acme.commit(3), await acme.buy(1), await acme.buy(1, "NEXT")]
    topped = await acme.top_up("6")
    assert [(answer["cycleNumber"], answer["cycle"]["number"]) for answer in (*early, topped)] == [
        (2, 1),
        (1, 1),
        (2, 1),
        (1, 1),
    ]
    assert early[0]["effectiveOn"] == "2026-12-25"
    assert await acme.cycles() == [
        ("2026-10-25", 700, "30.00", "66.00"),  # 18 + 18 + 25 + 5
        ("2026-11-25", 900, "31.00", "103.00"),  # 2 x 18 + 2 x 18 + 25 + 6
    ]
    acme.at("2026-12-25T00:00")
    assert (await acme.cycles())[2] == ("2026-12-25", 900, "25.00", "97.00")
