"""PostgreSQL frozen under load: nobody waits long, and nothing is lost or done twice."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from db import embedded
from db.embedded import Cluster
from db.migrate import migrate
from db.pool import acquire
from resolvers import service_key
from resolvers.principal import Role, Scope
from tests.conftest import NOW
from tests.support.http import PEPPER
from tests.support.running import bearer, frozen, serving
from tests.support.world import World

ACCOUNTS = 6
VERSION = "{ account { cycle { carrierBalance { version } } } }"
TOP_UP = """mutation ($key: String!, $version: Int!) {
  topUpCarrierBalance(input: {amount: "5", idempotencyKey: $key, expectedVersion: $version}) {
    __typename
  }
}"""
READ = {"query": "{ account { name cycle { conversationUsage { used } } } }"}
CODES = {"UNAVAILABLE", "OUTCOME_UNKNOWN"}


class Load:
    """Clients that go on as long as they may; what was not acknowledged is sent again."""

    def __init__(self, http: httpx2.AsyncClient, key: str, versions: dict[str, int]) -> None:
        self.http = http
        self.key = {"authorization": f"Bearer {key}"}
        self.versions = versions
        self.slowest = 0.0
        self.codes: list[str] = []
        self.events = 0
        self.stopping = False

    async def send(self, path: str, content: Any, headers: dict[str, str]) -> bool:
        """Send a request; return whether it was acknowledged."""
        began = time.monotonic()
        reply = await self.http.post(path, json=content, headers=headers)
        self.slowest = max(self.slowest, time.monotonic() - began)
        if reply.status_code == 200:
            assert not reply.json().get("errors"), reply.text
            return True
        assert (reply.status_code, reply.headers["retry-after"]) == (503, "1"), reply.text
        refusal = reply.json()
        self.codes.append(refusal.get("code") or refusal["errors"][0]["extensions"]["code"])
        return False

    async def until_taken(self, path: str, content: Any, headers: dict[str, str]) -> None:
        while not await self.send(path, content, headers):  # noqa: ASYNC110 (nobody tells)
            await asyncio.sleep(0.05)

    async def top_up(self, account: str) -> None:
        for n in itertools.count():
            if self.stopping:
                return
            version = self.versions[account]
            variables = {"key": f"key-{n}", "version": version}
            content = {"query": TOP_UP, "variables": variables}
            headers = bearer(Role.ADMIN, account)
            await self.until_taken("/graphql", content, headers)
            self.versions[account] = version + 1

    async def ingest(self, account: str) -> None:
        headers = {**self.key, "content-type": "application/cloudevents-batch+json"}
        for n in itertools.count():
            if self.stopping:
                return
            batch = [event(account, 10 * n + i) for i in range(10)]
            await self.until_taken("/events", batch, headers)
            self.events += len(batch)

    async def read(self, account: str) -> None:
        headers = bearer(Role.ADMIN, account)
        while not self.stopping:
            await self.send("/graphql", READ, headers)


def event(account: str, n: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": "message",
        "source": "/inbox",
        "id": f"m-{n}",
        "time": datetime.now(UTC).isoformat(),
        "subject": account,
        "data": {
            "contact": f"c-{n}",
            "channel": "CHAT",
            "direction": "outbound",
            "automated": False,
        },
    }


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A PostgreSQL of the test's own."""
    with embedded.temporary() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def dsn(own_cluster: Cluster) -> str:
    """Its database, migrated."""
    await migrate(own_cluster.dsn(), at=NOW)
    return own_cluster.dsn()


async def test_a_frozen_database_keeps_nobody_waiting(
    own_cluster: Cluster, own_world: World, tmp_path: Path, *, long: bool
) -> None:
    seconds = 4.5 if long else 1.0
    names = [f"account-{n}" for n in range(ACCOUNTS)]
    for name in names:
        await own_world.account(name, anchor="2026-10-01", carrier="50")
    key = await service_key.create(
        own_world.pool,
        PEPPER,
        name="load",
        scopes=[Scope.INGEST],
        expires_at=None,
        at=datetime.now(UTC),
    )
    made = serving(own_cluster.dsn(), tmp_path, request_seconds=str(seconds))
    async with made as served, served.client() as http:
        versions = {}
        for name in names:
            reply = await http.post(
                "/graphql", json={"query": VERSION}, headers=bearer(Role.ADMIN, name)
            )
            versions[name] = reply.json()["data"]["account"]["cycle"]["carrierBalance"]["version"]
        before = dict(versions)
        load = Load(http, key, versions)
        async with asyncio.TaskGroup() as running:
            for name in names:
                for work in (load.top_up, load.ingest, load.read):
                    running.create_task(work(name))
            await asyncio.sleep(0.5)
            with frozen(own_cluster):
                await asyncio.sleep(8 if long else 2)
                ready = await http.get("/readyz")
                live = await http.get("/livez")
            assert (ready.status_code, live.status_code) == (503, 200)
            thawed = time.monotonic()
            await load.until_taken("/graphql", READ, bearer(Role.ADMIN, names[0]))
            assert time.monotonic() - thawed < 1
            await asyncio.sleep(0.5)
            load.stopping = True
    assert load.slowest < min(seconds + 1.5, 6)
    assert set(load.codes) <= CODES
    assert "UNAVAILABLE" in load.codes
    async with acquire(own_world.pool) as conn:
        assert await conn.fetchval("SELECT count(*) FROM event") == load.events
        bought = await conn.fetchval("SELECT count(*) FROM meter_change WHERE kind = 'TOP_UP'")
    assert bought == sum(versions.values()) - sum(before.values())
