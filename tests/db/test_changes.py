"""The count of an account's changes: it goes up with its numbers, and with nothing else."""

import re
from pathlib import Path

import pytest
import pytest_asyncio

from billing.account import account_id_of
from billing.terms_change import TermsRequest
from db import queries
from db.pool import acquire
from resolvers import account, terms
from resolvers.terms import NO_COMMITMENTS
from tests.support.fixtures import schema
from tests.support.fixtures import world as empty
from tests.support.world import World, admin, charge, message

__all__ = ["empty", "schema"]


@pytest_asyncio.fixture(loop_scope="session")
async def world(empty: World) -> World:
    await empty.account("acme", anchor="2026-10-25", carrier="50")
    await empty.account("globex", anchor="2026-10-25")
    return empty


async def changes(world: World) -> tuple[int, int]:
    """Return the counts of acme and of globex."""
    async with acquire(world.pool) as conn:
        rows = await conn.fetch("SELECT account_id, changes FROM account")
    found = dict(map(tuple, rows))
    return found[account_id_of("acme")], found[account_id_of("globex")]


ROOT = Path(__file__).parents[2]
BUY = """mutation ($key: String! = "k") { addConversationBlocks(input: {blocks: 1, cycle: CURRENT,
    expectedVersion: 0, idempotencyKey: $key}) { __typename } }"""
PREVIEW = "{ previewBlocks(input: {blocks: 1, cycle: CURRENT}) { __typename } }"


async def test_a_batch_counts_once_for_each_account_whose_numbers_change(world: World) -> None:
    acme, globex = await changes(world)
    sent = [
        message("acme", "2026-11-02T10:00"),
        message("acme", "2026-11-03T10:00"),  # inside of that window
        charge("globex", "2026-11-02T10:00", "1"),
    ]
    await world.take(*sent)
    assert await changes(world) == (acme + 1, globex + 1)
    await world.take(*sent)
    await world.take(message("acme", "2026-11-04T10:00", automated=True))
    assert await changes(world) == (acme + 1, globex + 1)


async def test_a_change_counts_and_neither_its_repetition_nor_its_preview_nor_a_refusal(
    world: World,
) -> None:
    acme, globex = await changes(world)
    await world.data(PREVIEW, principal=admin("acme"))
    assert await changes(world) == (acme, globex)
    for _ in range(2):
        await world.data(BUY, principal=admin("acme"))
        assert await changes(world) == (acme + 1, globex)
    await world.data(BUY, {"key": "stale"}, principal=admin("acme"))
    assert await changes(world) == (acme + 1, globex)


@pytest.mark.parametrize("changing", ["terms", "end"])
async def test_terms_and_end_count(world: World, changing: str) -> None:
    acme, globex = await changes(world)
    id_ = str(account_id_of("acme"))
    if changing == "end":
        await account.end(world.context(), id_)
    else:
        await terms.change(world.context(), id_, TermsRequest(time_zone="UTC"), NO_COMMITMENTS)
    assert await changes(world) == (acme + 1, globex)


def test_whatever_counts_a_change_has_it_announced() -> None:
    counting = {
        path.stem for path in queries.SQL.glob("*.sql") if "changes + 1" in path.read_text("utf-8")
    }
    noting = {
        path.stem
        for path in (ROOT / "db").glob("*.py")
        if re.search(r"\bnote\(\w*\[|\bnote\(ids\)", path.read_text("utf-8"))
    }
    assert noting == counting
