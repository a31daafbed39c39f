"""What is counted of requests and events, and who may read it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from billing.commitment import Meter
from billing.notice import Notice, NoticeKind
from db import outbox, usage
from db.outbox import Queued
from db.pool import UnavailableError, acquire, usage_of
from edge import live, scrape
from edge.bucket import Buckets, Rate, Rates
from edge.documents import Documents, Trust, hash_of
from edge.events import BATCH, STREAM
from edge.websocket import RUNNING_MAX
from resolvers.principal import Role, Scope
from resolvers.watcher import Watchers
from tests.support.http import Client, client
from tests.support.sockets import connected
from tests.support.world import World, message

TOKEN = "metrics-metrics-metrics-metrics-"
NAMED = "query Name { account { name } }"
DOCUMENTS = Documents(Trust.OFF, {hash_of(NAMED): NAMED})
IDS = {minutes: UUID(int=minutes + 9) for minutes in (5, -5, 0)}
SAMPLE = re.compile(r"^kontingent_(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


@asynccontextmanager
async def served(world: World, **given: Any) -> AsyncIterator[Client]:
    made = client(
        world.schema,
        world.pool,
        world.ingest_pool,
        world.clock,
        metrics_token=TOKEN,
        **{"documents": DOCUMENTS, **given},
    )
    async with made as opened:
        yield opened


async def scraped(http: Client) -> dict[str, float]:
    """Return all samples but those of buckets and of when something was made."""
    reply = await http.http.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert reply.status_code == 200
    found = {
        f"{name}{{{labels}}}" if labels else name: float(value)
        for name, labels, value in SAMPLE.findall(reply.text)
        if not name.endswith(("_bucket", "_created"))
    }
    assert found
    return found


def only(samples: dict[str, float], *beginnings: str) -> dict[str, float]:
    return {name: value for name, value in samples.items() if name.startswith(beginnings)}


async def test_they_are_for_whoever_has_their_token(world: World) -> None:
    async with served(world) as http:
        for given in ({}, {"authorization": TOKEN}, {"authorization": f"Bearer {TOKEN}x"}):
            reply = await http.http.get("/metrics", headers=given)
            assert (reply.status_code, reply.json()["code"]) == (401, "UNAUTHENTICATED")
        reply = await http.http.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert reply.headers["content-type"].startswith("text/plain; version=")
        assert reply.headers["cache-control"] == "no-store"


async def test_without_a_token_there_are_none(world: World) -> None:
    async with client(world.schema, world.pool, world.ingest_pool, world.clock) as http:
        reply = await http.http.get("/metrics", headers={"authorization": "Bearer None"})
    assert reply.status_code == 404


async def test_requests_are_counted_by_what_is_known_of_them(world: World) -> None:
    await world.account("acme")
    async with served(world) as http:
        bearer = http.token(Role.ADMIN, "acme")
        await http.graphql(NAMED, bearer=bearer)
        hashed = {"documentId": f"sha256:{hash_of(NAMED)}"}
        headers = {"authorization": f"Bearer {bearer}"}
        assert (await http.http.post("/graphql", json=hashed, headers=headers)).status_code == 200
        await http.graphql("query Canary { account { id } }", bearer=bearer)
        await http.graphql(NAMED)
        await http.graphql("{ canary }")
        await http.graphql("{ a: __typename" + " a: __typename" * 31 + " }")
        await http.http.post("/graphql", content=b"canary")
        await http.http.get("/canary")
        await http.http.get("/assets/canary")
        await http.http.get("/livez")
        found = await scraped(http)
    assert only(found, "requests_total", "limits_hit_total") == {
        'requests_total{code="",operation="Name",route="/graphql",status="200"}': 2,
        'requests_total{code="UNAUTHENTICATED",operation="Name",route="/graphql",status="200"}': 1,
        'requests_total{code="",operation="other",route="/graphql",status="200"}': 1,
        'requests_total{code="GRAPHQL_VALIDATION_FAILED",operation="other",route="/graphql",'
        'status="200"}': 1,
        'requests_total{code="OPERATION_TOO_LARGE",operation="other",route="/graphql",'
        'status="200"}': 1,
        'requests_total{code="UNSUPPORTED_MEDIA_TYPE",operation="other",route="/graphql",'
        'status="415"}': 1,
        'requests_total{code="NOT_FOUND",operation="",route="other",status="404"}': 1,
        'requests_total{code="NOT_FOUND",operation="",route="/assets/{name}",status="404"}': 1,
        'requests_total{code="",operation="",route="/livez",status="200"}': 1,
        'limits_hit_total{limit="aliases"}': 1,
    }
    assert only(found, "request_statements") == {
        'request_statements_count{operation="Name"}': 3,
        'request_statements_sum{operation="Name"}': 2,
        'request_statements_count{operation="other"}': 4,
        'request_statements_sum{operation="other"}': 1,
    }
    assert found['request_seconds_count{operation="Name",route="/graphql"}'] == 3


WATCHED = "subscription Watched { usageChanged { name cycle { conversationUsage { used } } } }"


async def test_operations_on_sockets_are_counted_as_requests_are(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RETRY_SECONDS", 0.01)
    acme = await world.account("acme")
    watchers = Watchers()
    documents = Documents(Trust.OFF, {hash_of(text): text for text in (NAMED, WATCHED)})
    async with served(world, watchers=watchers, documents=documents) as http:
        async with connected(http.app) as socket:
            await socket.begin(http.token(Role.ADMIN, "acme"))
            for document in (NAMED, "{ account { id } }", "mutation { canary }", "{ __typename"):
                await socket.subscribe("1", document)
                while (await socket.hear())["type"] == "next":
                    pass
            await socket.subscribe("1", WATCHED)
            await socket.hear()
            watchers.tell([acme])
            assert await socket.silent(2 * live.EVENT_SECONDS)
            await world.take(message("acme", "2026-11-10T10:00"))
            with monkeypatch.context() as broken:
                broken.setattr(usage, "of_assumed_cycles", unavailable)
                watchers.tell([acme])
                assert await socket.silent(live.EVENT_SECONDS)
            await socket.hear()
            await socket.say({"id": "1", "type": "complete"})
            await socket.subscribe("2", "subscription { usageChanged { id } }", variables={})
            await socket.hear()
        async with connected(http.app) as socket:
            await socket.begin()
            await socket.subscribe("1", WATCHED)
            assert (await socket.hear())["type"] == "error"
        found = await scraped(http)
    requests = {
        tuple(re.findall(r'"(.*?)"', name)): value
        for name, value in only(found, "requests_total").items()
        if 'route="socket"' in name
    }
    assert requests == {
        ("", "Name", "socket", "200"): 1,
        ("", "other", "socket", "200"): 2,
        ("GRAPHQL_VALIDATION_FAILED", "other", "socket", "400"): 1,
        ("GRAPHQL_PARSE_FAILED", "other", "socket", "400"): 1,
        ("", "Watched", "socket", "200"): 1,
        ("UNAUTHENTICATED", "Watched", "socket", "200"): 1,
    }
    pushed = only(found, "subscription_events_total")
    assert pushed.pop('subscription_events_total{operation="Watched",result="postponed"}') >= 1
    assert pushed == {
        'subscription_events_total{operation="Watched",result="told"}': 2,
        'subscription_events_total{operation="Watched",result="unchanged"}': 1,
        'subscription_events_total{operation="Watched",result="refused"}': 1,
        'subscription_events_total{operation="other",result="told"}': 1,
    }
    assert found['request_seconds_count{operation="Name",route="socket"}'] == 1
    assert found['request_statements_sum{operation="Name"}'] == 1
    assert found['request_statements_count{operation="Watched"}'] == 2


async def unavailable(*_: object, **__: object) -> None:
    raise UnavailableError("Away.")


async def test_operations_on_sockets_that_are_refused_or_cut_are_counted(world: World) -> None:
    await world.account("acme")
    scant = Buckets(Rates(customer=Rate(5, 1)), clock=lambda: 0.0)
    async with (
        served(world, buckets=scant, places=0) as http,
        connected(http.app) as socket,
    ):
        await socket.begin(http.token(Role.ADMIN, "acme"))
        codes = list[str]()
        while codes[-1:] != ["THROTTLED"]:
            await socket.subscribe("1", "{ account { id } }")
            codes.append((await socket.hear())["payload"][0]["extensions"]["code"])
        for number in range(RUNNING_MAX + 1):
            await socket.subscribe(str(number), WATCHED)  # waits: there is nothing to pay with
        assert (await socket.hear())["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
        for number in range(RUNNING_MAX):
            await socket.say({"id": str(number), "type": "complete"})
        await socket.subscribe("1", "{")
        assert (await socket.hear())["type"] == "error"
        found = only(await scraped(http), "requests_total")
    assert {tuple(re.findall(r'"(.*?)"', name)): value for name, value in found.items()} == {
        ("UNAVAILABLE", "other", "socket", "503"): len(codes) - 1,
        ("THROTTLED", "other", "socket", "429"): 1,
        ("TOO_MANY_OPERATIONS", "other", "socket", "429"): 1,
        ("GRAPHQL_PARSE_FAILED", "other", "socket", "400"): 1,
        ("", "other", "socket", "499"): RUNNING_MAX,
    }


async def test_who_is_throttled_or_finds_no_place_is_counted(world: World) -> None:
    scant = Buckets(Rates(customer=Rate(1, 1)), clock=lambda: 0.0)
    async with served(world, buckets=scant, places=1) as http:
        await http.graphql("{ __typename account { id } }")
        assert (await http.http.post("/graphql", json={"query": NAMED})).status_code == 429
        full = only(await scraped(http), "in_flight", "refused")
    async with served(world, places=0) as http:
        await http.http.post("/graphql", json={"query": NAMED})
        none = only(await scraped(http), "refused", "requests_total")
    assert full == {
        'in_flight{pool="queries"}': 0,
        'in_flight{pool="ingest"}': 0,
        'refused_total{pool="queries"}': 0,
        'refused_total{pool="ingest"}': 0,
    }
    assert none == {
        'refused_total{pool="queries"}': 1,
        'refused_total{pool="ingest"}': 0,
        'requests_total{code="UNAVAILABLE",operation="other",route="/graphql",status="503"}': 1,
    }


def event(id_: str, at: str, **changes: Any) -> dict[str, Any]:
    data = {"contact": "c", "channel": "CHAT", "direction": "outbound", "automated": False}
    return {
        "specversion": "1.0",
        "type": "message",
        "source": "/inbox",
        "id": id_,
        "time": at,
        "subject": "acme",
        "data": {**data, **changes},
    }


@pytest.mark.parametrize("media_type", [BATCH, STREAM])
async def test_events_are_counted_by_what_became_of_each(world: World, media_type: str) -> None:
    await world.account("acme")
    newest = world.clock() - timedelta(seconds=40)
    sent = [
        event("1", "2026-11-20T10:00:00Z"),
        event("2", newest.isoformat()),
        event("1", "2026-11-20T10:00:00Z"),
        event("1", "2026-11-20T10:00:00Z", channel="MAIL"),
        event("3", "2026-11-20T10:00:00Z") | {"subject": "canary"},
        {"canary": 5},
    ]
    body = orjson.dumps(sent) if media_type == BATCH else b"\n".join(map(orjson.dumps, sent))
    async with served(world) as http:
        headers = {"authorization": f"Bearer {await http.key(Scope.INGEST)}"}
        headers["content-type"] = media_type
        for _ in range(2):
            reply = await http.http.post("/events", content=body, headers=headers)
            assert reply.status_code == 200
        found = only(await scraped(http), "events", "ingest_lag")
    assert found == {
        'events_total{result="accepted"}': 2,
        'events_total{result="duplicate"}': 4,
        'events_total{result="conflict"}': 2,
        'events_total{result="rejected"}': 4,
        'events_rejected_total{reason="UNKNOWN_ACCOUNT"}': 2,
        'events_rejected_total{reason="INVALID_EVENT"}': 2,
        "ingest_lag_seconds_count": 1,
        "ingest_lag_seconds_sum": 40,
    }


async def test_what_waits_and_what_was_given_up_is_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await world.account("acme")
    notice = Notice(kind=NoticeKind.REMINDER, meter=Meter.CONVERSATIONS, cycle=0, percent=75)
    async with acquire(world.pool) as conn:
        for minutes, id_ in IDS.items():
            due_at = world.clock() - timedelta(minutes=minutes)
            queued = Queued(id=id_, account_id=account_id, content=notice, due_at=due_at)
            await outbox.insert(conn, [queued], recorded_at=world.clock())
        await conn.execute(
            "UPDATE outbox SET state = 'DEAD', error = '', settled_at = due_at"
            " WHERE outbox_id = $1",
            IDS[0],
        )
    async with served(world) as http:
        assert only(await scraped(http), "outbox") == {
            'outbox{state="pending"}': 2,
            'outbox{state="dead"}': 1,
            "outbox_overdue_seconds": 300,
        }
        monkeypatch.setattr(scrape, "OUTBOX_SECONDS", 0.05)
        async with acquire(world.ingest_pool) as conn, conn.transaction():
            await conn.execute("LOCK TABLE outbox")
            assert only(await scraped(http), "outbox") == {}


async def test_a_pool_tells_who_has_a_connection_and_who_waits(world: World) -> None:
    size = world.pool.get_max_size()
    held = [acquire(world.pool) for _ in range(size)]
    for each in held:
        await each.__aenter__()
    waiting = asyncio.create_task(acquire(world.pool).__aenter__())
    await asyncio.sleep(0.01)
    assert (usage := usage_of(world.pool)).waiting == 1
    assert (usage.busy, usage.idle) == (size, 0)
    waiting.cancel()
    for each in held:
        await each.__aexit__(None, None, None)
    await asyncio.gather(waiting, return_exceptions=True)
    async with served(world) as http:
        found = only(await scraped(http), "pool", "subscribers")
    assert found.pop('pool_idle{pool="ingest"}') >= 1
    assert found == {
        'pool_busy{pool="queries"}': 0,
        'pool_idle{pool="queries"}': size,
        'pool_waiting{pool="queries"}': 0,
        'pool_busy{pool="ingest"}': 0,
        'pool_waiting{pool="ingest"}': 0,
        "subscribers": 0,
    }
