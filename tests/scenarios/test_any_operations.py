"""Every operation in any order, compared at each step with a small model (D20 to D24).

Hypothesis chooses what admins, operators, services and the clock do, also several at once, and
makes a failure as short as it can. Requests go over HTTP, numbers come from the database.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import override

from billing.account import account_id_of
from billing.plan import Interval
from db.embedded import Cluster
from db.invariant import broken
from db.pool import acquire
from resolvers import plan
from resolvers.principal import Role
from tests.billing.oracle import Stretch, walk
from tests.support import http
from tests.support.facts import micros, take
from tests.support.fixtures import shared_world
from tests.support.http import Client
from tests.support.ledger_model import BALANCE, BLOCKS, EUR, Model, money, zulu
from tests.support.world import AMSTERDAM, World, charge, message, price_list, utc

T = TypeVar("T")

CHANGE = """mutation ($input: %s!) { %s(input: $input) { __typename
    ... on Failure { message } ... on StaleVersion { version } ... on MeterChanged {
        kind version cycleNumber price effectiveAt effectiveOn computedAt
        conversationUsage { quota } carrierBalance { limit } cycle { number } } } }"""
REVERSE = """mutation ($input: ReverseInput!) { reverse(input: $input) { __typename
    ... on Failure { message } } }"""
SHOWN = """{ account {
    cycles(first: 100) { nodes { number startsAt state
        conversationUsage { version committed purchased automatic quota used left over pending
            scheduledChange { blocks } }
        carrierBalance { version commitment toppedUp limit spent left overspent
            scheduledChange { amount } }
        cost { commitment blocks automatic carrier total } } }
    commitmentChanges(first: 100) { nodes { meter version kind cycleNumber blocks amount price
        effectiveAt recordedAt reason replacedByVersion } } } }"""
BROKEN = {"NothingToChange", "LimitExceeded", "CommitmentNeeded"}
_LOG = logging.getLogger(__name__)
ANCHOR = date(2025, 12, 31)
BEGUN = utc("2026-01-02T12:00")
HOURS = st.integers(1, 9 * 24).map(lambda hours: timedelta(hours=hours))
BLOCK_NUMBERS = st.sampled_from((0, 1, 2, 3, 12, 100, 101))
AMOUNTS = st.sampled_from((0, 1, 25 * EUR, 25 * EUR + 1, 40 * EUR, 1_000 * EUR + 1))
PICKS = st.integers(0, 99)
"""Which of the changes sent: drawn without a look at them, since who wins a race varies."""
METERS = st.sampled_from((BLOCKS, BALANCE))
CHANGES = st.one_of(
    st.tuples(
        st.just("changeConversationCommitment"), st.fixed_dictionaries({"blocks": BLOCK_NUMBERS})
    ),
    st.tuples(
        st.just("addConversationBlocks"),
        st.fixed_dictionaries(
            {
                "blocks": BLOCK_NUMBERS.map(lambda blocks: max(1, blocks)),
                "cycle": st.sampled_from(("CURRENT", "NEXT")),
            }
        ),
    ),
    st.tuples(
        st.just("changeCarrierCommitment"),
        st.fixed_dictionaries({"amount": AMOUNTS.map(money)}),
    ),
    st.tuples(
        st.just("topUpCarrierBalance"),
        st.fixed_dictionaries({"amount": AMOUNTS.map(lambda amount: money(max(1, amount)))}),
    ),
    st.tuples(st.just("cancelScheduledChange"), st.fixed_dictionaries({"meter": METERS})),
)
"""A mutation and its arguments, within and beyond what the rules allow."""


@dataclass(frozen=True)
class Sent:
    """A change that went well: what was asked and answered."""

    mutation: str
    version: int
    arguments: dict[str, Any]
    answer: dict[str, Any]


@dataclass(frozen=True)
class Reversible:
    """Something that an operator can take back: what the API calls it, and what the model does."""

    original: dict[str, Any]
    forget: Callable[[datetime], None]


@dataclass
class House:
    """The application and its database, for all examples; each has an account of its own."""

    runner: asyncio.Runner
    world: World
    client: Client
    numbers: Iterator[int]
    operations: int = 0
    races: int = 0


@pytest.fixture
def house(cluster: Cluster, template: str) -> Iterator[House]:
    with asyncio.Runner() as runner:
        open_ = AsyncExitStack()

        async def start() -> House:
            world = await open_.enter_async_context(shared_world(cluster, template))
            client = await open_.enter_async_context(
                http.client(world.schema, world.pool, world.ingest_pool, world.clock)
            )
            small = [price_list("Small", Interval.MONTHLY, 40)]
            await plan.create(world.context(), small)
            return House(runner, world, client, count())

        yield runner.run(start())
        runner.run(open_.aclose())


def meter_of(mutation: str, arguments: dict[str, Any]) -> str:
    return BALANCE if "Carrier" in mutation else str(arguments.get("meter", BLOCKS))


class AnyOperations(RuleBasedStateMachine):
    """One account, the model of it, and what has been sent."""

    house: House

    @initialize()
    def begin(self) -> None:
        self.name = f"acme-{next(self.house.numbers)}"
        self.sent: dict[str, Sent] = {}
        self.reversible: list[Reversible] = []
        self.reversed: list[Reversible] = []
        self.keys = count()
        self.contacts = count()
        self.model = Model(walk([Stretch(0, 1, ANCHOR, AMSTERDAM)], 60), included=40)
        self.now = BEGUN
        self.run(
            self.house.world.account(
                self.name,
                anchor=ANCHOR.isoformat(),
                plan="Small",
                signed_up_at="2025-12-01",
                backfill_until="2026-01-01",
            )
        )

    # --- what is done

    @rule(asked=CHANGES, times=st.sampled_from((1, 1, 3)))
    def change(self, asked: tuple[str, dict[str, Any]], times: int) -> None:
        """Send one change, sometimes three times at once."""
        mutation, arguments = asked
        version, key = self.model.version(meter_of(*asked)), f"key-{next(self.keys)}"
        expected = self.expected(mutation, arguments)
        if expected != "MeterChanged":
            times = 1
        answers = self.at_once(
            *(self.send(mutation, key, version, arguments) for _ in range(times))
        )
        assert answers == [answers[0]] * times
        self.check(key, Sent(mutation, version, arguments, answers[0]), expected)

    @rule(asked=st.lists(CHANGES, min_size=2, max_size=4))
    def race(self, asked: list[tuple[str, dict[str, Any]]]) -> None:
        """Send several changes to one meter at once: one wins, the others are stale."""
        meter = meter_of(*asked[0])
        rivals = [each for each in asked if meter_of(*each) == meter]
        version, keys = self.model.version(meter), [f"key-{next(self.keys)}" for _ in rivals]
        answers = self.at_once(
            *(
                self.send(mutation, key, version, arguments)
                for (mutation, arguments), key in zip(rivals, keys, strict=True)
            )
        )
        won = [answer["__typename"] == "MeterChanged" for answer in answers]
        assert sum(won) <= 1
        for each, key, answer, winner in zip(rivals, keys, answers, won, strict=True):
            if winner:
                expected = self.expected(*each)
                self.check(key, Sent(each[0], version, each[1], answer), expected)
            elif any(won):
                assert answer["__typename"] in {"StaleVersion", *BROKEN}, answer
            else:
                assert answer["__typename"] in BROKEN, answer

    @rule(
        openings=st.integers(1, 60),
        ago=st.lists(HOURS, min_size=1, max_size=4),
        amount=st.sampled_from((1, 10 * EUR, 7 * EUR + 123_456)),
        charged_ago=HOURS,
    )
    def ingest(
        self, openings: int, ago: list[timedelta], amount: int, charged_ago: timedelta
    ) -> None:
        """Open conversations of new contacts, and charge something; some of it comes late."""
        instants = [
            self.now - timedelta(microseconds=1) - ago[n % len(ago)] for n in range(openings)
        ]
        ids = [f"m{next(self.contacts)}" for _ in instants]
        charged_at, charge_id = self.now - charged_ago, f"c{next(self.contacts)}"
        events = [
            message(self.name, at.isoformat(), contact=id_, id=id_)
            for at, id_ in zip(instants, ids, strict=True)
        ]
        events.append(charge(self.name, charged_at.isoformat(), money(amount), id=charge_id))
        halves = events[::2], events[1::2]
        self.at_once(
            take(self.house.world, *halves[0]),
            take(self.house.world, *halves[1], *halves[0]),  # the first ones come twice
        )
        self.model.open(instants, self.now)
        counted = self.model.charge(charged_at, amount, self.now)
        self.reversible += [
            Reversible(
                {"event": {"source": "inbox", "id": ids[0]}},
                partial(self.model.reverse_conversation, instants[0]),
            ),
            Reversible(
                {"event": {"source": "carrier", "id": charge_id}},
                partial(self.model.reverse_charge, counted, amount),
            ),
        ]

    @rule(pick=PICKS, times=st.sampled_from((1, 1, 3)))
    def reverse(self, pick: int, times: int) -> None:
        """Take something back as operators do, sometimes several of them at once."""
        if not self.reversible:
            return
        taken = self.reversible.pop(pick % len(self.reversible))
        answers = self.at_once(*(self.take_back(taken) for _ in range(times)))
        assert sorted(answers) == ["AlreadyReversed"] * (times - 1) + ["Reversed"]
        taken.forget(self.now)
        self.reversed.append(taken)

    @rule(pick=PICKS)
    def reverse_again(self, pick: int) -> None:
        """Take back what was taken back before."""
        if self.reversed:
            taken = self.reversed[pick % len(self.reversed)]
            assert self.at_once(self.take_back(taken)) == ["AlreadyReversed"]

    @rule(later=HOURS)
    def wait(self, later: timedelta) -> None:
        self.now += later

    @rule(before=st.sampled_from((timedelta(milliseconds=100), timedelta(0))))
    def renew(self, before: timedelta) -> None:
        """Let time go by to the next renewal, or to the last instant before it."""
        bound = self.model.bounds[self.model.number(self.now) + 1]
        self.now = max(self.now, bound - before)

    @rule(pick=PICKS, again=st.integers(2, 4))
    def replay(self, pick: int, again: int) -> None:
        """Send a change again, several times at once: it is answered as it was."""
        if not self.sent:
            return
        key, sent = self.picked(pick)
        answers = self.at_once(
            *(self.send(sent.mutation, key, sent.version, sent.arguments) for _ in range(again))
        )
        assert answers == [sent.answer] * again

    @rule(pick=PICKS)
    def conflict(self, pick: int) -> None:
        """Use a key for something else."""
        if not self.sent:
            return
        key, sent = self.picked(pick)
        [answer] = self.at_once(self.send(sent.mutation, key, sent.version + 1, sent.arguments))
        assert answer["__typename"] == "IdempotencyConflict"

    @rule(asked=CHANGES, off=st.sampled_from((-1, 1)))
    def stale(self, asked: tuple[str, dict[str, Any]], off: int) -> None:
        """Decide on a version that is not the meter's."""
        version = self.model.version(meter_of(*asked))
        key = f"key-{next(self.keys)}"
        [answer] = self.at_once(self.send(asked[0], key, version + off, asked[1]))
        assert (answer["__typename"], answer["version"]) == ("StaleVersion", version)

    # --- what must hold at every step

    @invariant()
    def model_and_answers_are_equal(self) -> None:
        shown = self.ask(SHOWN)["account"]
        assert shown["commitmentChanges"]["nodes"] == self.model.ledger()[:100]
        future, *begun = shown["cycles"]["nodes"]
        current = self.model.number(self.now)
        assert future["conversationUsage"]["pending"] == self.model.used[current + 1]
        assert future["cost"] == self.model.cost(current + 1)
        for node in begun:
            del node["state"], node["conversationUsage"]["pending"]
            number = node["number"]
            assert node == self.model.cycle(number, current=number == current)
        assert [node["number"] for node in begun] == list(range(current, -1, -1))
        assert self.run(self.automatic_steps()) == sorted(
            (cycle, blocks) for cycle, made in self.model.automatic.items() for blocks in made
        )

    @override
    def teardown(self) -> None:
        assert self.run(self.broken()) == {}

    # --- how

    @property
    def now(self) -> datetime:
        return self.house.world.clock.now

    @now.setter
    def now(self, instant: datetime) -> None:
        self.house.world.clock.now = instant

    def picked(self, pick: int) -> tuple[str, Sent]:
        return list(self.sent.items())[pick % len(self.sent)]

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.house.runner.run(coroutine)

    def at_once(self, *coroutines: Coroutine[Any, Any, T]) -> list[T]:
        async def all_() -> list[T]:
            return await asyncio.gather(*coroutines)

        self.house.operations += len(coroutines)
        self.house.races += len(coroutines) > 1
        return self.run(all_())

    async def request(
        self, document: str, variables: dict[str, Any] | None = None, role: Role = Role.ADMIN
    ) -> dict[str, Any]:
        bearer = self.house.client.token(role, self.name if role is Role.ADMIN else None)
        reply = await self.house.client.graphql(document, variables, bearer=bearer)
        assert "errors" not in reply, reply
        data: dict[str, Any] = reply["data"]
        return data

    def ask(self, document: str) -> dict[str, Any]:
        return self.run(self.request(document))

    async def send(
        self, mutation: str, key: str, version: int, arguments: dict[str, Any]
    ) -> dict[str, Any]:
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        given = {"idempotencyKey": key, "expectedVersion": version, **arguments}
        answer: dict[str, Any] = (await self.request(CHANGE % (kind, mutation), {"input": given}))[
            mutation
        ]
        return answer

    async def take_back(self, taken: Reversible) -> str:
        given = {
            "accountId": str(account_id_of(self.name)),
            "original": taken.original,
            "reason": "A mistake.",
            "idempotencyKey": f"key-{next(self.keys)}",
        }
        data = await self.request(REVERSE, {"input": given}, Role.OPERATOR)
        return str(data["reverse"]["__typename"])

    async def broken(self) -> dict[str, int]:
        async with acquire(self.house.world.pool) as conn:
            return await broken(conn, account_id_of(self.name), at=self.now)

    async def automatic_steps(self) -> list[tuple[int, int]]:
        async with acquire(self.house.world.pool) as conn:
            rows = await conn.fetch(
                "SELECT cycle, amount FROM automatic_grant WHERE account_id = $1",
                account_id_of(self.name),
            )
        return sorted((row["cycle"], row["amount"]) for row in rows)

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

    def check(self, key: str, sent: Sent, expected: str) -> None:
        """Compare an answer with what the model has just come to."""
        assert sent.answer["__typename"] == expected, sent
        if expected == "MeterChanged":
            row, shown = self.model.rows[-1], ("version", "cycleNumber", "effectiveAt", "price")
            assert [sent.answer[name] for name in shown] == [
                sent.version + 1,
                row.cycle,
                zulu(row.effective_at),
                money(row.price),
            ]
            self.sent[key] = sent
            if row.kind != "COMMITMENT":
                self.reversible.append(
                    Reversible(
                        {"grant": f"{row.meter}-{row.version}"},
                        partial(self.model.reverse_purchase, row),
                    )
                )


def test_any_operations_in_any_order_do_what_the_model_does(house: House, *, long: bool) -> None:
    class Machine(AnyOperations):
        pass

    Machine.house = house
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=300 if long else 10,
            stateful_step_count=40,
            deadline=None,
            # What fails is made shorter only where there is time: that takes minutes.
            phases=set(Phase) - (set() if long else {Phase.shrink}),
            suppress_health_check=list(HealthCheck),
        ),
    )
    _LOG.info("%d operations, %d races", house.operations, house.races)
    assert house.races
