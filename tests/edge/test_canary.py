"""What a server is told and what it keeps secret is in no log line, nor in anybody's reply."""

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from billing.account import account_id_of
from billing.commitment import Meter
from billing.notice import Notice, NoticeKind
from billing.setting import Language, Recipient
from billing.webhook import Webhook
from db import outbox
from db.outbox import Queued
from db.pool import acquire
from edge.events import BATCH, SINGLE, STREAM
from edge.websocket import PROTOCOL
from resolvers import service_key
from resolvers.principal import Role, Scope
from tests.jobs.queue import rows, tell
from tests.support.http import PEPPER, SECRET
from tests.support.running import Served, bearer, serving
from tests.support.world import World

WORD = "canary"
"""Is part of all that clients send, but for what makes their requests good."""

METRICS = "metrics-metrics-metrics-metrics-"
MAIL_PASSWORD = "hunter2-of-mail"
REFUSING = """
    ALTER TABLE account ADD CHECK (name NOT LIKE '%refused%');
    ALTER TABLE event ADD CHECK (contact NOT LIKE '%refused%');
"""
"""Makes statements fail in a way that nobody expects, with the row in the error's detail."""

CREATE = """mutation ($name: String!) { createAccount(input: {externalId: $name, name: $name,
    timeZone: "UTC", plan: "Boost", interval: MONTHLY}) { __typename } }"""
SET_WEBHOOK = """mutation { setWebhook(input: {url: "https://canary.example/canary",
    expectedVersion: 1, idempotencyKey: "canary", rotateSecret: true})
    { ... on WebhookChanged { secret } } }"""
DOCUMENTS = [
    ("query canary($canary: ID) { account(id: $canary) { name } }", {"canary": "canary"}),
    ("query canary { canary: account { canary: name } }", None),
    ("{ canary }", None),
    ('{ account(id: "canary', None),
    ('{ account { cycle(number: "canary") { number } } }', None),
    ("query ($canary: Int!) { __typename }", {"canary": {"canary": "canary"}}),
    ("{ " + " ".join(f"canary{n}: __typename" for n in range(31)) + " }", None),
    ('mutation { eraseContact(input: {contact: "canary"}) { __typename } }', None),
]


def event(n: int, **changes: Any) -> bytes:
    contact = {"contact": f"canary {n}", "channel": "CANARY", "direction": "outbound"}
    content = {
        "specversion": "1.0",
        "type": "message",
        "source": "/canary",
        "id": f"canary {n}",
        "time": datetime.now(UTC).isoformat(),
        "subject": "acme",
        "data": {**contact, "automated": False},
    }
    return json.dumps({**content, **changes}).encode()


BAD_EVENTS = [
    event(2, subject="canary"),
    event(3, type="canary"),
    event(4, data={"contact": "canary refused"}),
    event(5, time="canary"),
]
REFUSED = event(6, data=json.loads(event(6))["data"] | {"contact": "canary refused"})


class Talk:
    """Sends requests, and keeps what is replied."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self.replies: list[httpx2.Response] = []

    async def ask(self, method: str, path: str, **given: Any) -> httpx2.Response:
        headers = {
            "cookie": "canary=canary",
            "user-agent": "canary",
            "x-request-id": "canary",
            "x-canary": "canary",
            **given.pop("headers", {}),
        }
        reply = await self._http.request(method, path, headers=headers, **given)
        self.replies.append(reply)
        return reply


@pytest.fixture
async def stage(world: World) -> World:
    """An account, a notice to be mailed and posted, and tables that refuse some rows."""
    world.clock.now = datetime.now(UTC)
    await world.account("acme", anchor="2026-01-01", signed_up_at="2026-01-01")
    await tell(
        world,
        Recipient("canary@canary.example", Language.EN),
        webhook=Webhook(url="https://canary.invalid/canary", secret_number=1),
    )
    notice = Notice(kind=NoticeKind.RECHARGED, meter=Meter.CARRIER, cycle=0, amount_micros=5)
    async with acquire(world.pool) as conn:
        queued = Queued(
            id=UUID(int=7), account_id=account_id_of("acme"), content=notice, due_at=world.clock()
        )
        await outbox.insert(conn, [queued], recorded_at=world.clock())
        await conn.execute(REFUSING)
    return world


async def converse(served: Served, key: str, world: World) -> tuple[Talk, list[str]]:
    """Send requests of every kind; returns what was replied, and the secrets of the webhook."""
    admin, operator = bearer(Role.ADMIN, "acme"), bearer(Role.OPERATOR)
    async with served.client() as http:
        talk = Talk(http)
        for document, variables in DOCUMENTS:
            body = {"query": document, "variables": variables, "operationName": "canary"}
            await talk.ask("POST", "/graphql", json=body, headers=admin)
            await talk.ask("GET", f"/graphql?query={quote(document)}", headers=admin)
        set_now = await talk.ask("POST", "/graphql", json={"query": SET_WEBHOOK}, headers=admin)
        for headers in ({"authorization": "Bearer c.a.canary"}, {"authorization": "canary canary"}):
            await talk.ask("POST", "/graphql", json={"query": "{ canary }"}, headers=headers)
            await talk.ask("POST", "/events", content=event(1), headers=headers)
        for content, media_type in (
            (b'{"canary', "application/json"),
            (b"canary", "canary/canary"),
        ):
            given = {"content-type": media_type}
            await talk.ask("POST", "/graphql", content=content, headers=given)
        for path in ("/canary", "/assets/canary", "/export?chart=canary", "/metrics?canary"):
            await talk.ask("GET", path, headers=admin)
        failing = {"query": CREATE, "variables": {"name": "canary-refused"}}
        failed = await talk.ask("POST", "/graphql", json=failing, headers=operator)
        assert failed.json()["errors"][0]["extensions"]["code"] == "INTERNAL", failed.text
        sending = {"authorization": f"Bearer {key}"}
        bodies = [
            (SINGLE, event(1)),
            (SINGLE, event(1, source="/canary", data=json.loads(event(8))["data"])),
            (BATCH, b"[" + b",".join(BAD_EVENTS) + b"]"),
            (BATCH, b"[canary"),
            (STREAM, b"canary\n" + b"\n".join(BAD_EVENTS)),
            (SINGLE, REFUSED),
            (STREAM, REFUSED),
        ]
        for media_type, content in bodies:
            given = {"content-type": media_type, **sending}
            await talk.ask("POST", "/events", content=content, headers=given)
        assert [reply.status_code for reply in talk.replies[-2:]] == [500, 500]
        await _wait_for_deliveries(world)
    await _babble(served.port)
    await _babble_over_sockets(served.port, admin)
    return talk, [set_now.json()["data"]["setWebhook"]["secret"]]


async def _wait_for_deliveries(world: World) -> None:
    """Wait until mail and post have failed: nobody is where they go."""
    for _ in range(300):
        if all(row.error for row in await rows(world.pool) if row.state != "DONE"):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(await rows(world.pool))


async def _babble(port: int) -> None:
    """Send what is no HTTP."""
    for content in (
        b"canary canary canary\r\n\r\n",
        b"GET /canary HTTP/1.1\r\nHost: t\r\ncanary\x00: canary\r\n\r\n",
        b"CANARY /graphql HTTP/1.1\r\nHost: t\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: t\r\nContent-Length: canary\r\n\r\ncanary",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(content)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                assert b"canary" not in await reader.read(1_000)
        writer.close()


async def _babble_over_sockets(port: int, admin: dict[str, str]) -> None:
    """Converse over WebSockets, well at first."""
    credentials = {"type": "connection_init", "payload": {**admin, "canary": "canary"}}
    subscription = "subscription canary { canary: usageChanged { name } }"
    begun = json.dumps(credentials)
    asked = [
        json.dumps({"type": "subscribe", "id": f"canary {n}", "payload": {"query": query}})
        for n, query in enumerate([subscription, "{ canary }", "{ canary: __typename"])
    ]
    for talk in (
        [begun, *asked],
        [begun, begun],
        ["canary"],
        [json.dumps({"type": "canary"})],
        [b"canary"],
        ['{"type": "connection_init", "payload": {"authorization": "Bearer c.a.canary"}}'],
    ):
        made = connect(
            f"ws://127.0.0.1:{port}/graphql?canary", subprotocols=[Subprotocol(PROTOCOL)]
        )
        async with made as socket:
            for message in talk:
                with suppress(ConnectionClosed):
                    await socket.send(message)
            with suppress(TimeoutError, ConnectionClosed):
                async with asyncio.timeout(0.3):
                    while True:
                        await socket.recv()


@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_no_secret_and_no_word_of_a_client_is_logged(
    stage: World, dsn: str, tmp_path: Path, log_format: str
) -> None:
    key = await service_key.create(
        stage.pool,
        PEPPER,
        name="canary",
        scopes=[Scope.INGEST],
        expires_at=None,
        at=stage.clock() - timedelta(minutes=1),
    )
    made = serving(
        dsn,
        tmp_path,
        log_format=log_format,
        metrics_token=METRICS,
        smtp_url=f"smtp://canary:{MAIL_PASSWORD}@127.0.0.1:9",
        mail_from="canary@canary.example",
        trusted_documents="log",
        page_origin="https://canary.example",
    )
    async with made as served:
        talk, hooks = await converse(served, key, stage)
        said = served.said()
    admins = [bearer(role, "acme")["authorization"].split()[1] for role in (Role.ADMIN,)]
    password = dsn.partition("://")[2].partition("@")[0].partition(":")[2]
    own = [SECRET.decode(), PEPPER.decode(), METRICS, MAIL_PASSWORD, password]
    assert all(len(secret) > 10 for secret in [*own, *hooks, *admins])
    for secret in [*own, *hooks, *admins, key, key.partition(".")[2], "eyJ"]:
        assert secret not in said
    assert [line for line in said.splitlines() if WORD in line.lower()] == []
    assert "UniqueViolation" not in said  # only what was to fail has
    assert said.count("CheckViolationError") == 3
    for reply in talk.replies:
        assert not any(secret in reply.text for secret in [*own, key])
        assert reply.status_code < 500 or WORD not in reply.text
        assert "refused" not in reply.text or "contact" not in reply.text
    if log_format == "json":
        lines = [json.loads(line) for line in said.splitlines() if not line.startswith("Serving ")]
        answered = [line for line in lines if line["event"] == "request"]
        ids = [line["request_id"] for line in answered]
        assert len(set(ids)) == len(ids) >= len(talk.replies)
        assert {reply.headers.get("x-request-id", ids[0]) for reply in talk.replies} <= set(ids)
        failed = [line for line in lines if line.get("error") == "CheckViolationError"]
        assert {line["request_id"] for line in failed} < set(ids)
