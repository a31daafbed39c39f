"""What accounts commit to and buy, over HTTP, through whole cycles with a moved clock.

At the end a random walk: every operation in any order, compared at each step with a small model.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from billing.account import account_id_of
from billing.plan import Interval
from db.pool import Pool, acquire
from resolvers import plan
from resolvers.principal import Role
from schema.root import Schema
from tests.billing.oracle import Stretch, walk
from tests.support import http
from tests.support.facts import micros, take
from tests.support.http import Client
from tests.support.ledger_model import BALANCE, BLOCKS, EUR, Model, money, zulu
from tests.support.world import AMSTERDAM, World, charge, message, price_list, utc

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


# --- a random walk

SHOWN = """{ account {
    cycles(first: 100) { nodes { number startsAt state
        conversationUsage { version committed purchased automatic quota used left over pending
            scheduledChange { blocks } }
        carrierBalance { version commitment toppedUp limit spent left overspent
            scheduledChange { amount } }
        cost { commitment blocks automatic carrier total } } }
    commitmentChanges(first: 100) { nodes { meter version kind cycleNumber blocks amount price
        effectiveAt recordedAt reason replacedByVersion } } } }"""
ANCHOR = date(2025, 12, 31)
STEPS = 60


@dataclass
class Sent:
    """A change that went well: what was asked and answered."""

    mutation: str
    version: int
    arguments: dict[str, Any]
    answer: dict[str, Any]


@dataclass
class Walk:
    """One walk: the account, the model of it, and what has been sent."""

    acme: Acme
    model: Model
    chance: random.Random
    sent: dict[str, Sent] = field(default_factory=dict)
    contacts: int = 0
    done: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.acme.world.clock.now

    async def step(self) -> None:
        operations = [
            (self.change, 8),
            (self.ingest, 4),
            (self.move, 4),
            (self.replay, 2),
            (self.conflict, 1),
            (self.stale, 1),
        ]
        names, weights = zip(*operations, strict=True)
        (operation,) = self.chance.choices(names, weights)
        await operation()
        self.done.append(operation.__name__)
        await self.compare()

    def asked(self) -> tuple[str, dict[str, Any]]:
        blocks = self.chance.choice((0, 1, 2, 3, 12, 100, 101))
        amount = self.chance.choice((0, 1, 25 * EUR, 25 * EUR + 1, 40 * EUR, 1_000 * EUR + 1))
        choices: list[tuple[str, dict[str, Any]]] = [
            ("changeConversationCommitment", {"blocks": blocks}),
            ("changeConversationCommitment", {"blocks": blocks}),
            (
                "addConversationBlocks",
                {"blocks": max(1, blocks), "cycle": self.chance.choice(("CURRENT", "NEXT"))},
            ),
            ("changeCarrierCommitment", {"amount": money(amount)}),
            ("topUpCarrierBalance", {"amount": money(max(1, amount))}),
            ("cancelScheduledChange", {"meter": self.chance.choice((BLOCKS, BALANCE))}),
        ]
        return self.chance.choice(choices)

    def expected(self, mutation: str, arguments: dict[str, Any]) -> str:
        """Do to the model what is asked for, and return what shall be answered."""
        if mutation == "changeConversationCommitment":
            return self.model.commit(BLOCKS, arguments["blocks"], self.now, mutation)
        if mutation == "addConversationBlocks":
            ahead = int(arguments["cycle"] == "NEXT")
            return self.model.buy(arguments["blocks"], ahead, self.now)
        if mutation == "cancelScheduledChange":
            return self.model.cancel(arguments["meter"], self.now)
        amount = micros(arguments["amount"])
        if mutation == "changeCarrierCommitment":
            return self.model.commit(BALANCE, amount, self.now, mutation)
        return self.model.top_up(amount, self.now)

    async def change(self) -> None:
        """Send one change, sometimes three times at once."""
        mutation, arguments = self.asked()
        meter = BALANCE if "Carrier" in mutation else arguments.get("meter", BLOCKS)
        version, key = self.model.version(meter), f"key-{len(self.done)}"
        expected = self.expected(mutation, arguments)
        times = self.chance.choice((1, 1, 3)) if expected == "MeterChanged" else 1
        answers = await asyncio.gather(
            *(self.acme.send(mutation, key, version, **arguments) for _ in range(times))
        )
        assert answers == [answers[0]] * times
        answer = answers[0]
        assert answer["__typename"] == expected, (mutation, arguments, answer)
        if expected == "MeterChanged":
            row = self.model.rows[-1]
            assert (answer["version"], answer["cycleNumber"]) == (version + 1, row.cycle)
            assert (answer["effectiveAt"], answer["price"]) == (
                zulu(row.effective_at),
                money(row.price),
            )
            self.sent[key] = Sent(mutation, version, arguments, answer)

    async def ingest(self) -> None:
        """Open conversations of new contacts, and charge something; some of it comes late."""
        count = self.chance.choice((1, 30, 60, 150))
        openings = [
            self.now - timedelta(microseconds=1) - self.chance.random() * timedelta(days=13)
            for _ in range(count)
        ]
        events = []
        for opening in openings:
            self.contacts += 1
            events.append(message("acme", opening.isoformat(), contact=f"c{self.contacts}"))
        charged_at = self.now - self.chance.random() * timedelta(days=9) - timedelta(seconds=1)
        amount = self.chance.choice((1, 10 * EUR, 7 * EUR + 123_456))
        events.append(charge("acme", charged_at.isoformat(), money(amount)))
        halves = events[::2], events[1::2]
        await take(self.acme.world, *halves[0])
        await take(self.acme.world, *halves[1], *halves[0])  # the first ones are duplicates
        # In the order of their arrival: what is covered depends on nothing but the sums.
        self.model.open(openings, self.now)
        self.model.charge(charged_at, amount, self.now)

    async def move(self) -> None:
        """Let time go by, sometimes to a renewal or to the last instant before it."""
        bound = self.model.bounds[self.model.number(self.now) + 1]
        self.acme.world.clock.now = self.chance.choice(
            (
                self.now + self.chance.random() * timedelta(days=9),
                self.now + timedelta(microseconds=1),
                max(self.now, bound - timedelta(milliseconds=100)),
                bound,
            )
        )

    async def replay(self) -> None:
        if self.sent:
            key = self.chance.choice(list(self.sent))
            sent = self.sent[key]
            again = await self.acme.send(sent.mutation, key, sent.version, **sent.arguments)
            assert again == sent.answer

    async def conflict(self) -> None:
        if self.sent:
            key = self.chance.choice(list(self.sent))
            sent = self.sent[key]
            answer = await self.acme.send(sent.mutation, key, sent.version + 1, **sent.arguments)
            assert answer["__typename"] == "IdempotencyConflict"

    async def stale(self) -> None:
        mutation, arguments = self.asked()
        meter = BALANCE if "Carrier" in mutation else arguments.get("meter", BLOCKS)
        version = self.model.version(meter)
        seen = self.chance.choice((version - 1, version + 1))
        answer = await self.acme.send(mutation, f"stale-{len(self.done)}", seen, **arguments)
        assert (answer["__typename"], answer["version"]) == ("StaleVersion", version)

    async def compare(self) -> None:
        shown = (await self.acme.ask(SHOWN))["account"]
        ledger = self.model.ledger()
        assert shown["commitmentChanges"]["nodes"] == ledger[:100]
        future, *begun = shown["cycles"]["nodes"]
        current = self.model.number(self.now)
        assert future["conversationUsage"]["pending"] == self.model.used[current + 1]
        assert future["cost"] == self.model.cost(current + 1)
        for node in begun:
            del node["state"], node["conversationUsage"]["pending"]
            number = node["number"]
            assert node == self.model.cycle(number, current=number == current), self.done
        assert [node["number"] for node in begun] == list(range(current, -1, -1))
        async with acquire(self.acme.world.pool) as conn:
            rows = await conn.fetch("SELECT cycle, amount FROM automatic_grant")
        steps = sorted((row["cycle"], row["amount"]) for row in rows)
        assert steps == sorted(
            (cycle, blocks) for cycle, made in self.model.automatic.items() for blocks in made
        )


@pytest.mark.parametrize("seed", range(6))
async def test_any_operations_in_any_order_do_what_the_model_does(acme: Acme, seed: int) -> None:
    acme.at("2026-01-02T12:00")
    small = [price_list("Small", Interval.MONTHLY, 40)]
    await plan.create(acme.world.context(), small)
    await acme.world.account(
        "acme",
        anchor=ANCHOR.isoformat(),
        plan="Small",
        signed_up_at="2025-12-01",
        backfill_until="2026-01-01",
    )
    model = Model(walk([Stretch(0, 1, ANCHOR, AMSTERDAM)], 60), included=40)
    going = Walk(acme, model, random.Random(seed))
    for _ in range(STEPS):
        await going.step()
    assert model.rows
    assert model.automatic
