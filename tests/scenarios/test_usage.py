"""What messages come to, over HTTP from event to page, with a moved clock."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from db.pool import Pool
from resolvers.principal import Role, Scope
from schema.root import Schema
from tests.support import http
from tests.support.http import Client
from tests.support.world import World, utc

SHOWN = """{ account {
    cycles(first: 10) { nodes { number state
        conversationUsage { quota automatic used pending adjustments { change cycleNumber } } } }
    cycle { grants(first: 100) { nodes { ... on BlockGrant { conversations price reason filled } } }
        conversationUsage { version scheduledChange { blocks } } }
    nextCycle { grants { nodes { ... on BlockGrant { conversations price reason } } }
        cost { automatic } } } }"""
COMMIT = """mutation ($blocks: Int!, $version: Int!) { changeConversationCommitment(input: {
    blocks: $blocks, expectedVersion: $version, idempotencyKey: "k"
}) { __typename ... on MeterChanged { effectiveOn } } }"""


@dataclass
class Acme:
    """An account: its admin, and the service that reports its messages."""

    world: World
    client: Client
    key: str

    def at(self, instant: str) -> None:
        self.world.clock.now = utc(instant)

    async def report(self, instants: Iterable[datetime], contact: str | None = None) -> int:
        """Post a message for each instant: to one contact, or each to its own."""
        events = [
            {
                "specversion": "1.0",
                "type": "message",
                "source": "/chat",
                "id": f"{contact}-{n}-{at.isoformat()}",
                "time": at.isoformat(),
                "subject": "acme",
                "data": {
                    "contact": contact or f"c{n}",
                    "channel": "CHAT",
                    "direction": "outbound",
                    "automated": False,
                },
            }
            for n, at in enumerate(instants)
        ]
        reply = await self.client.http.post(
            "/events",
            json=events,
            headers={
                "content-type": "application/cloudevents-batch+json",
                "authorization": f"Bearer {self.key}",
            },
        )
        assert reply.status_code == 200, reply.text
        assert reply.json()["rejected"] == 0
        accepted: int = reply.json()["accepted"]
        return accepted

    async def ask(self, document: str, **variables: object) -> dict[str, Any]:
        bearer = self.client.token(Role.ADMIN, "acme")
        reply = await self.client.graphql(document, variables, bearer=bearer)
        assert "errors" not in reply, reply
        data: dict[str, Any] = reply["data"]
        return data

    async def usage(self, number: int) -> dict[str, Any]:
        nodes = (await self.ask(SHOWN))["account"]["cycles"]["nodes"]
        [found] = [node["conversationUsage"] for node in nodes if node["number"] == number]
        return dict(found)


@pytest.fixture
async def acme(world: World, schema: Schema, pool: Pool, ingest_pool: Pool) -> AsyncIterator[Acme]:
    async with http.client(schema, pool, ingest_pool, world.clock) as client:
        yield Acme(world, client, await client.key(Scope.INGEST))


def times(count: int, first: str) -> list[datetime]:
    return [utc(first) + timedelta(seconds=n) for n in range(count)]


async def test_600_pending_conversations_and_a_next_quota_of_500(acme: Acme) -> None:
    acme.at("2026-11-22T12:00")
    await acme.world.account("acme", anchor="2026-10-25", blocks=1)
    assert await acme.report(times(600, "2026-11-20T09:00")) == 600
    assert (await acme.ask(SHOWN))["account"]["nextCycle"]["cost"] == {"automatic": "0.00"}
    done = await acme.ask(COMMIT, blocks=0, version=1)
    assert done["changeConversationCommitment"] == {
        "__typename": "MeterChanged",
        "effectiveOn": "2026-11-25",
    }
    coming = (await acme.ask(SHOWN))["account"]["nextCycle"]
    assert coming["cost"] == {"automatic": "21.60"}
    assert coming["grants"]["nodes"] == [
        {"conversations": 500, "price": "0.00", "reason": "INCLUDED"},
        {"conversations": 100, "price": "21.60", "reason": "AUTOMATIC"},
    ]
    acme.at("2026-11-25T12:00")
    begun = await acme.usage(1)
    assert (begun["used"], begun["quota"], begun["automatic"]) == (600, 600, 100)


async def test_one_batch_crosses_the_quotas_of_this_cycle_and_the_next(acme: Acme) -> None:
    acme.at("2026-11-22T12:00")
    await acme.world.account("acme", anchor="2026-10-25")
    this, following = times(650, "2026-11-10T09:00"), times(520, "2026-11-20T09:00")
    assert await acme.report([*this, *following]) == 1_170
    shown = (await acme.ask(SHOWN))["account"]
    assert shown["cycle"]["grants"]["nodes"] == [
        {"conversations": 500, "price": "0.00", "reason": "INCLUDED", "filled": 500},
        {"conversations": 100, "price": "21.60", "reason": "AUTOMATIC", "filled": 100},
        {"conversations": 100, "price": "21.60", "reason": "AUTOMATIC", "filled": 50},
    ]
    assert shown["nextCycle"]["cost"] == {"automatic": "21.60"}
    assert await acme.report([*this, *following]) == 0
    assert (await acme.usage(0))["automatic"] == 200
    acme.at("2026-11-25T12:00")
    begun = await acme.usage(1)
    assert (begun["used"], begun["quota"]) == (520, 600)


async def test_a_late_message_moves_a_window_from_the_open_cycle_into_a_closed_one(
    acme: Acme,
) -> None:
    acme.at("2026-09-01T12:00")
    await acme.world.account("acme", anchor="2026-09-01", backfill_until="2026-09-01")
    acme.at("2026-09-28T12:00")
    assert await acme.report([utc("2026-09-26T10:00")], "maria") == 1
    acme.at("2026-10-05T12:00")
    assert [(await acme.usage(n))["used"] for n in (0, 1)] == [0, 1]
    assert await acme.report([utc("2026-09-22T10:00")], "maria") == 1
    assert [(await acme.usage(n))["used"] for n in (0, 1)] == [0, 1]
    assert (await acme.usage(1))["adjustments"] == [{"change": 1, "cycleNumber": 0}]
