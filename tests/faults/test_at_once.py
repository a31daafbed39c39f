"""Clients of a real server who do the same at once: it is done once, and nobody gets in a knot."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import orjson
import pytest

from billing.account import account_id_of
from db.invariant import broken
from db.pool import acquire
from resolvers.principal import Role
from tests.billing.oracle import Stretch
from tests.faults.scene import Scene
from tests.support.facts import derived, recounted, stored
from tests.support.load import BATCH, Load
from tests.support.running import bearer

MUTATION = """mutation ($input: %s!) { %s(input: $input) {
  __typename
  ... on StaleVersion { version }
  ... on MeterChanged { version effectiveAt computedAt carrierBalance { limit toppedUp } }
} }"""
TOP_UP = MUTATION % ("TopUpCarrierBalanceInput", "topUpCarrierBalance")
COMMIT = MUTATION % ("ChangeCarrierCommitmentInput", "changeCarrierCommitment")
CONNECTIONS = 16


async def answer(http: httpx2.AsyncClient, path: str, content: Any, headers: dict[str, str]) -> Any:
    """Send it until the server has room for it."""
    while True:
        reply = await http.post(
            path, content=orjson.dumps(content), headers={"content-type": BATCH, **headers}
        )
        if reply.status_code == 200:
            content = reply.json()
            assert not content.get("errors"), content
            return content
        assert reply.status_code == 503, reply.text
        await asyncio.sleep(float(reply.headers["retry-after"]) * random.random())


async def change(
    http: httpx2.AsyncClient, document: str, account: str, **given: object
) -> dict[str, Any]:
    """Make a change as an admin, and return the one member of its reply."""
    headers = {**bearer(Role.ADMIN, account), "content-type": "application/json"}
    content = {"query": document, "variables": {"input": given}}
    [member] = (await answer(http, "/graphql", content, headers))["data"].values()
    return dict(member)


def message(account: str, n: int, at: datetime, contact: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": "message",
        "source": "/at-once",
        "id": f"m-{n}",
        "time": at.isoformat(),
        "subject": account,
        "data": {
            "contact": contact,
            "channel": "CHAT",
            "direction": "outbound",
            "automated": False,
        },
    }


async def send(
    http: httpx2.AsyncClient, load: Load, batches: Sequence[Sequence[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Send one batch after the other."""
    headers = {"authorization": f"Bearer {load.key}"}
    return [await answer(http, "/events", batch, headers) for batch in batches]


@pytest.mark.parametrize("_round", range(2))
async def test_the_same_key_24_times_at_once(scene: Scene, _round: int) -> None:
    async with scene.served.client() as http:
        account = (await scene.load(http)).accounts[0]
        answers = await asyncio.gather(
            *(
                change(
                    http, TOP_UP, account, amount="7", idempotencyKey="the-key", expectedVersion=1
                )
                for _ in range(24)
            )
        )
    assert answers == [answers[0]] * 24
    assert (answers[0]["version"], answers[0]["carrierBalance"]["toppedUp"]) == (2, "7.00")
    async with acquire(scene.world.pool) as conn:
        ledger = await conn.fetch(
            "SELECT version FROM meter_change WHERE account_id = $1 ORDER BY version",
            account_id_of(account),
        )
        assert [row["version"] for row in ledger] == [1, 2]
        assert await broken(conn, account_id_of(account), at=datetime.now(UTC)) == {}


async def test_eight_admins_on_one_commitment(scene: Scene) -> None:
    """In each round one wins, and all others are told the version that they have to look at."""
    async with scene.served.client() as http:
        account = (await scene.load(http)).accounts[0]
        waiting, version = list(range(8)), 1
        while waiting:
            answers = await asyncio.gather(
                *(
                    change(
                        http,
                        COMMIT,
                        account,
                        amount=str(100 + admin),
                        idempotencyKey=f"{admin}-{version}",
                        expectedVersion=version,
                    )
                    for admin in waiting
                )
            )
            won = [
                admin
                for admin, answer in zip(waiting, answers, strict=True)
                if answer["__typename"] == "MeterChanged"
            ]
            version += 1
            stale = [answer["version"] for answer in answers if "effectiveAt" not in answer]
            assert (len(won), stale) == (1, [version] * (len(waiting) - 1))
            waiting.remove(won[0])
    async with acquire(scene.world.pool) as conn:
        amounts = await conn.fetch(
            "SELECT amount FROM meter_change WHERE account_id = $1 AND version > 1",
            account_id_of(account),
        )
    assert sorted(row["amount"] for row in amounts) == [(100 + n) * 1_000_000 for n in range(8)]


async def test_batches_in_opposite_orders(scene: Scene) -> None:
    """Each of many connections sends the same events of three accounts, every other reversed."""
    async with scene.served.client() as http:
        load = await scene.load(http)
        at = datetime.now(UTC) - timedelta(days=20)
        events = [
            message(account, n, at + timedelta(hours=n), f"c-{n % 5}")
            for n in range(40)
            for account in load.accounts
        ]
        orders = [events if n % 2 else events[::-1] for n in range(CONNECTIONS)]
        outcomes = await asyncio.gather(*(send(http, load, [order]) for order in orders))
    found = [outcome for [outcome] in outcomes]
    assert sum(outcome["accepted"] for outcome in found) == len(events)
    assert sum(outcome["duplicates"] for outcome in found) == (CONNECTIONS - 1) * len(events)
    async with acquire(scene.world.pool) as conn:
        for account in load.accounts:
            assert await broken(conn, account_id_of(account), at=datetime.now(UTC)) == {}


async def test_one_contact_from_sixteen_connections_in_any_order(scene: Scene) -> None:
    chance = random.Random(16)
    async with scene.served.client() as http:
        load = await scene.load(http)
        account, began = load.accounts[0], datetime.now(UTC) - timedelta(days=35)
        events = [
            message(account, n, began + timedelta(hours=chance.randrange(800), seconds=n), "maria")
            for n in range(96)
        ]
        orders = [chance.sample(events, len(events)) for _ in range(CONNECTIONS)]
        batches = [[order[n : n + 24] for n in range(0, 96, 24)] for order in orders]
        outcomes = await asyncio.gather(*(send(http, load, each) for each in batches))
    found = [outcome for sent in outcomes for outcome in sent]
    assert sum(outcome["accepted"] for outcome in found) == 96
    assert sum(outcome["duplicates"] for outcome in found) == 15 * 96
    assert sum(outcome["rejected"] + outcome["conflicts"] for outcome in found) == 0
    anchor = datetime.now(UTC).date() - timedelta(days=40)
    recount = await recounted(scene.world.pool, account, Stretch(0, 1, anchor, "Europe/Amsterdam"))
    assert await stored(scene.world.pool, account) == derived(recount)
