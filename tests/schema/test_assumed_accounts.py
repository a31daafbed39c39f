"""Queries by a process that knows the accounts: one statement less, and never an old answer."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from billing.account import account_id_of
from billing.plan import Interval
from billing.terms_change import TermsRequest
from resolvers import account, plan, terms
from resolvers.context import Session
from resolvers.known_accounts import KnownAccounts
from resolvers.principal import Principal
from resolvers.terms import Commitments
from schema.root import Schema
from tests.operations.test_operations import document
from tests.support.world import OPERATOR, World, admin, message, price_list, utc

BUY = """mutation { addConversationBlocks(input: {blocks: 1, cycle: CURRENT, expectedVersion: 0,
    idempotencyKey: "k"}) { __typename ... on MeterChanged { cycle { number } } } }"""
USED = "{ account { plan interval cycle { endsOn conversationUsage { used quota } } } }"


@dataclass
class Process:
    """A server of its own: what it knows outlives a request."""

    world: World
    schema: Schema
    accounts: KnownAccounts = field(default_factory=KnownAccounts)

    async def data(
        self,
        text: str,
        variables: dict[str, Any] | None = None,
        *,
        principal: Principal | None = None,
    ) -> Any:
        world = self.world
        world.statements.clear()
        session = Session(
            world.pool, world.clock, principal or admin("acme"), b"p" * 32, self.accounts
        )
        result = await self.schema.execute(
            text, variable_values=variables or {}, context_value=session
        )
        assert result.errors is None, result.errors
        return result.data


@pytest_asyncio.fixture(loop_scope="session")
async def process(world: World, schema: Schema) -> Process:
    """A process that knows the account acme already."""
    await world.account("acme", anchor="2026-10-25", carrier="50")
    await world.take(message("acme", "2026-11-02T10:00"))
    made = Process(world, schema)
    await made.data(USED)
    assert world.statements == ["account.by_ids", "usage.of_cycles"]
    return made


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        pytest.param(document("mobile"), ["usage.of_cycles"], id="mobile"),
        pytest.param(document("dashboard"), ["usage.of_cycles"], id="dashboard"),
        pytest.param(document("calendar"), ["account.outdated"], id="no_numbers"),
        pytest.param(
            document("details"),
            ["usage.of_cycles", "conversation.page", "event.charges"],
            id="details",
        ),
        pytest.param("{ __typename }", [], id="no_account"),
    ],
)
async def test_an_account_that_is_known_needs_no_statement_of_its_own(
    process: Process, text: str, statements: list[str]
) -> None:
    cold = await Process(process.world, process.schema).data(text)
    assert await process.data(text) == cold
    assert process.world.statements == statements


async def test_of_a_page_only_the_unknown_accounts_are_read(process: Process) -> None:
    await process.world.account("globex", anchor="2026-10-25")
    overview = (
        "{ accounts { nodes { externalId cycles { nodes { conversationUsage { used } } } } } }"
    )
    for statements in (["account.by_ids"], []):
        data = await process.data(overview, principal=OPERATOR)
        assert len(data["accounts"]["nodes"]) == 2
        assert process.world.statements == ["account.page_ids", *statements, "usage.of_cycles"]


async def test_terms_that_another_process_changes_show_at_once(process: Process) -> None:
    await terms.change(
        process.world.context(),
        str(account_id_of("acme")),
        TermsRequest(interval=Interval.YEARLY, now=True),
        Commitments(blocks=0, carrier_micros=0),
    )
    for statements in (
        ["usage.of_cycles", "account.by_ids", "usage.of_cycles"],
        ["usage.of_cycles"],
    ):
        data = await process.data(USED)
        assert data["account"]["interval"] == "YEARLY"
        assert process.world.statements == statements


async def test_an_account_that_another_process_ends_is_ended_at_once(process: Process) -> None:
    await account.end(process.world.context(), str(account_id_of("acme")))
    for statements in (["account.outdated", "account.by_ids"], ["account.outdated"]):
        assert await process.data("{ account { status } }") == {"account": {"status": "ENDED"}}
        assert process.world.statements == statements


async def test_a_newer_price_list_shows_at_once(process: Process) -> None:
    newer = price_list("Boost", Interval.MONTHLY, 77, effective_from="2026-11-24T00:00")
    await plan.create(process.world.context(), [newer])
    process.world.clock.now = utc("2026-11-26T12:00")  # in the next cycle
    data = await process.data(USED)
    assert process.world.statements == ["usage.of_cycles", "account.by_ids", "usage.of_cycles"]
    assert data["account"]["cycle"]["conversationUsage"] == {"used": 0, "quota": 77}


async def test_a_change_reads_once_and_writes_once(process: Process) -> None:
    data = await process.data(BUY)
    assert data["addConversationBlocks"]["cycle"] == {"number": 0}
    assert process.world.statements == ["standing.read", "standing.write"]


async def test_a_change_by_terms_that_are_others_by_now_is_decided_by_those(
    process: Process,
) -> None:
    await account.end(process.world.context(), str(account_id_of("acme")))
    data = await process.data(BUY)
    assert data["addConversationBlocks"] == {"__typename": "AccountEnded"}
    assert process.world.statements == ["standing.read", "account.by_ids", "standing.read"]
