"""GraphQL over a WebSocket: graphql-transport-ws to the letter, and what a connection may do."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from billing.account import account_id_of
from billing.plan import Interval
from billing.terms_change import TermsRequest
from db import usage
from db.embedded import Cluster
from db.pool import UnavailableError
from edge import live, token
from edge.bucket import Buckets, Rate, Rates
from edge.documents import Documents, Trust
from edge.live import EVENT_SECONDS
from edge.websocket import PROTOCOL, REASON_BYTES_MAX, RUNNING_MAX
from resolvers import service_key, terms
from resolvers.principal import Role, Scope
from resolvers.terms import NO_COMMITMENTS
from resolvers.watcher import WATCHERS_OF_CALLER_MAX, Watchers
from tests.support import tokens
from tests.support.fixtures import shared_world
from tests.support.http import AUDIENCE, ISSUER, SECRET, Client, client
from tests.support.sockets import Socket, connected
from tests.support.world import World, message, utc

USED = "subscription { usageChanged { cycle { conversationUsage { used } } } }"
SPENT = "subscription { usageChanged { cycle { carrierBalance { spent } } } }"


def used(number: int) -> dict[str, Any]:
    cycle = {"conversationUsage": {"used": number}}
    return {"id": "1", "type": "next", "payload": {"data": {"usageChanged": {"cycle": cycle}}}}


def refused(code: str, id_: str = "1") -> dict[str, Any]:
    """What an operation is refused with, but for the words."""
    return {"id": id_, "type": "error", "payload": [code]}


async def coded(socket: Socket) -> dict[str, Any]:
    """Return the next message with the codes of its errors only."""
    heard = await socket.hear()
    assert heard["type"] == "error"
    return heard | {"payload": [error["extensions"]["code"] for error in heard["payload"]]}


async def _accounts(world: World) -> World:
    await world.account("acme", carrier="50")
    await world.account("globex")
    await world.account("initech", trial=True)
    return world


@asynccontextmanager
async def _opened(world: World, watchers: Watchers, **given: Any) -> AsyncIterator[Client]:
    made = client(
        world.schema, world.pool, world.ingest_pool, world.clock, watchers=watchers, **given
    )
    async with made as opened:
        yield opened


SHORT = {"client_seconds": 0.3, "socket_idle_seconds": 0.3}
"""Patience that ends soon."""


@pytest.fixture
def watchers() -> Watchers:
    return Watchers()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(cluster: Cluster, template: str) -> AsyncIterator[World]:
    """A world of those who only look."""
    async with shared_world(cluster, template) as made:
        yield await _accounts(made)


@pytest_asyncio.fixture(loop_scope="session")
async def app(shared: World, watchers: Watchers) -> AsyncIterator[Client]:
    """The application to those who only look."""
    origins = ["https://app.example"]
    async with _opened(shared, watchers, socket_origins=origins, **SHORT) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def watched(world: World) -> World:
    """A world of one's own."""
    return await _accounts(world)


@pytest_asyncio.fixture(loop_scope="session")
async def own(watched: World, watchers: Watchers) -> AsyncIterator[Client]:
    """The application to a world of one's own."""
    async with _opened(watched, watchers, **SHORT) as opened:
        yield opened


def bearing(bearer: str) -> dict[str, str]:
    return {"authorization": f"Bearer {bearer}"}


def admin(app: Client, account: str = "acme") -> str:
    return app.token(Role.ADMIN, account)


async def take_one(watched: World, watchers: Watchers, contact: str, account: str = "acme") -> None:
    """Open one conversation more of the current cycle, and tell whoever watches."""
    await watched.take(message(account, "2026-11-10T10:00", contact=contact))
    watchers.tell([account_id_of(account)])


# --- Beginning --------------------------------------------------------------------------------


async def test_another_subprotocol_is_not_spoken(app: Client) -> None:
    for protocols in ((), ("graphql-ws",)):
        async with connected(app.app, protocols=protocols) as socket:
            assert await socket.closed() == (4406, "Subprotocol not acceptable")
    async with connected(app.app, protocols=("graphql-ws", PROTOCOL)) as socket:
        await socket.begin()


@pytest.mark.parametrize(
    ("origin", "comes"),
    [
        ("http://test", True),
        ("https://test", True),
        ("https://app.example", True),
        ("http://app.example", False),
        ("https://app.example.evil", False),
        ("https://test.evil", False),
        ("null", False),
        ("", False),
    ],
)
async def test_a_page_comes_from_here_or_from_a_listed_origin(
    app: Client, origin: str, *, comes: bool
) -> None:
    async with connected(app.app, headers={"origin": origin}) as socket:
        if comes:
            await socket.begin()
        else:  # before it was accepted: that is a 403
            assert (await socket.frame())["type"] == "websocket.close"


async def test_who_does_not_begin_is_cut(app: Client) -> None:
    async with connected(app.app) as socket:
        await socket.say({"type": "ping"})
        assert await socket.hear() == {"type": "pong"}
        assert await socket.closed() == (4408, "Connection initialisation timeout")


async def test_a_connection_begins_once(app: Client) -> None:
    async with connected(app.app) as socket:
        await socket.begin(admin(app))
        await socket.say({"type": "connection_init"})
        assert await socket.closed() == (4429, "Too many initialisation requests")


async def test_nothing_runs_before_the_beginning(app: Client) -> None:
    async with connected(app.app, headers=bearing(admin(app))) as socket:
        await socket.subscribe("1", "{ account { name } }")
        assert await socket.closed() == (4401, "Unauthorized")


async def test_credentials_come_in_the_header_or_in_the_first_message(app: Client) -> None:
    acme = {"id": "1", "type": "next", "payload": {"data": {"account": {"name": "Acme"}}}}
    async with connected(app.app, headers=bearing(admin(app))) as socket:
        await socket.begin()
        await socket.subscribe("1", "{ account { name } }")
        assert await socket.hear() == acme
    async with connected(app.app, headers=bearing(admin(app, "globex"))) as socket:
        await socket.begin(admin(app))
        await socket.subscribe("1", "{ account { name } }")
        assert await socket.hear() == acme


async def test_nobody_may_begin_and_have_what_nobody_may_have(app: Client) -> None:
    async with connected(app.app) as socket:
        await socket.begin()
        await socket.subscribe("1", "{ __typename }")
        assert (await socket.hear())["payload"] == {"data": {"__typename": "Query"}}
        assert await socket.hear() == {"id": "1", "type": "complete"}
        await socket.subscribe("1", USED)
        assert await coded(socket) == refused("UNAUTHENTICATED")


FORGED = {
    "empty": "",
    "garbage": "a.b.c",
    "alg none": ".".join([tokens.part(b'{"alg":"none"}'), tokens.part(b"{}"), ""]),
    "another secret": tokens.hs256(key=b"x" * 32),
    "no key": "kk_aaaaaaaa." + "a" * 43,
    "too long": "a" * 5_000 + "..",
    "not ASCII": "ä.ö.ü",
}


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("by", ["header", "message"])
async def test_what_does_not_verify_is_refused(app: Client, forged: str, by: str) -> None:
    sent = bearing(FORGED[forged])
    async with connected(app.app, headers=sent if by == "header" else {}) as socket:
        payload = sent if by == "message" else {}
        await socket.say({"type": "connection_init", "payload": payload})
        code, reason = await socket.closed()
        assert (code, reason[:11]) == (4403, "Forbidden: ")
        assert len(reason.encode()) <= REASON_BYTES_MAX


@pytest.mark.parametrize("authorization", [5, ["Bearer"], {"a": 1}, True])
async def test_credentials_are_a_string(app: Client, authorization: object) -> None:
    async with connected(app.app) as socket:
        await socket.say({"type": "connection_init", "payload": {"authorization": authorization}})
        assert await socket.closed() == (4400, "authorization must be a string.")


# --- Conversing -------------------------------------------------------------------------------


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("{", "A message must be JSON."),
        ("[]", "A message must be a JSON object."),
        ('{"type": "start"}', "There is no message of this type."),
        (b"{}", "A message must be text."),
    ],
)
async def test_what_is_no_message_ends_the_connection(
    app: Client, frame: object, reason: str, *, begun: bool
) -> None:
    async with connected(app.app) as socket:
        if begun:
            await socket.begin(admin(app))
            await socket.subscribe("1", USED)
            assert await socket.hear() == used(0)
        await socket.say(frame)
        assert await socket.closed() == (4400, reason)


async def test_pings_are_answered_with_what_they_carry(app: Client) -> None:
    async with connected(app.app) as socket:
        await socket.say({"type": "ping"})
        assert await socket.hear() == {"type": "pong"}
        await socket.say({"type": "pong"})
        await socket.begin()
        await socket.say({"type": "ping", "payload": {"a": [1]}})
        assert await socket.hear() == {"type": "pong", "payload": {"a": [1]}}


async def test_queries_and_mutations_run_once(own: Client) -> None:
    buy = """mutation { addConversationBlocks(input: {blocks: 1, cycle: CURRENT,
        expectedVersion: 0, idempotencyKey: "k"}) { ... on MeterChanged { version } } }"""
    async with connected(own.app) as socket:
        await socket.begin(admin(own))
        for _ in range(2):  # the id is free again
            await socket.subscribe("1", buy)
            assert (await socket.hear())["payload"] == {
                "data": {"addConversationBlocks": {"version": 1}}
            }
            assert await socket.hear() == {"id": "1", "type": "complete"}
        await socket.subscribe(
            "2",
            "query A { account { id } } query B { account { id } }",
        )
        assert await coded(socket) == refused("OPERATION_TOO_LARGE", "2")
        await socket.subscribe(
            "2",
            "query A($at: Int) { account { cycle(number: $at) { number } } }",
            variables={"at": 0},
            operationName="A",
        )
        assert (await socket.hear())["payload"] == {"data": {"account": {"cycle": {"number": 0}}}}


async def test_a_refused_field_comes_with_the_rest(app: Client) -> None:
    async with connected(app.app) as socket:
        await socket.begin(admin(app, "initech"))
        await socket.subscribe("1", "{ account { name cycle { number } } }")
        payload = (await socket.hear())["payload"]
        assert payload["data"] == {"account": {"name": "Initech", "cycle": None}}
        [error] = payload["errors"]
        assert error["extensions"] == {"code": "TRIAL_NO_ACCESS"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { a: usageChanged { id } b: usageChanged { id } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{" + " a {" * 13 + " b " + "}" * 14, "OPERATION_TOO_LARGE"),
        ('subscription { usageChanged(accountId: "x") { id } }', "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_run_is_an_error_of_its_own(app: Client, query: str, code: str) -> None:
    async with connected(app.app) as socket:
        await socket.begin(admin(app))
        await socket.subscribe("1", query)
        assert await coded(socket) == refused(code)
        await socket.subscribe("1", USED)
        assert await socket.hear() == used(0)


async def test_an_id_names_one_operation_at_a_time(app: Client) -> None:
    async with connected(app.app) as socket:
        await socket.begin(admin(app))
        await socket.subscribe("ä" * 64, USED)
        await socket.hear()
        await socket.subscribe("ä" * 64, USED)
        code, reason = await socket.closed()
        assert code == 4409
        assert reason.startswith("Subscriber for ä")
        assert len(reason.encode()) <= REASON_BYTES_MAX


async def test_what_is_stopped_says_nothing_more_and_its_id_is_free(
    own: Client, watched: World, watchers: Watchers
) -> None:
    async with connected(own.app) as socket:
        await socket.begin(admin(own))
        await socket.say({"type": "complete", "id": "unknown"})
        await socket.subscribe("1", USED)
        assert await socket.hear() == used(0)
        await socket.say({"type": "complete", "id": "1"})
        await socket.subscribe("1", SPENT)
        assert (await socket.hear())["payload"]["data"] == {
            "usageChanged": {"cycle": {"carrierBalance": {"spent": "0.00"}}}
        }
        await take_one(watched, watchers, "maria")
        assert await socket.silent(2 * EVENT_SECONDS)  # not even to who watches something else


async def test_a_connection_runs_so_many_operations(app: Client) -> None:
    async with connected(app.app) as socket:
        await socket.begin(admin(app))
        for number in range(RUNNING_MAX):
            await socket.subscribe(str(number), USED)
            await socket.hear()
        await socket.subscribe("more", USED)
        assert await coded(socket) == refused("TOO_MANY_OPERATIONS", "more")
        await socket.say({"type": "complete", "id": "0"})
        await socket.subscribe("more", USED)
        assert (await socket.hear())["type"] == "next"


async def test_a_caller_has_so_many_subscriptions(app: Client) -> None:
    async with AsyncExitStack() as stack:
        sockets = []
        for _ in range(WATCHERS_OF_CALLER_MAX // RUNNING_MAX):
            socket = await stack.enter_async_context(connected(app.app))
            sockets.append(socket)
            await socket.begin(admin(app))
            for number in range(RUNNING_MAX):
                await socket.subscribe(str(number), "subscription { usageChanged { id } }")
                await socket.hear()
        another = await stack.enter_async_context(connected(app.app))
        await another.begin(admin(app))
        await another.subscribe("1", USED)
        assert await coded(another) == refused("TOO_MANY_SUBSCRIPTIONS")
        await sockets[0].leave()
        await asyncio.sleep(0.05)
        await another.subscribe("1", USED)
        assert await another.hear() == used(0)


async def test_an_idle_connection_is_closed(app: Client) -> None:
    async with connected(app.app) as socket:
        await socket.begin(admin(app))
        started = time.perf_counter()
        await socket.subscribe("1", USED)
        await socket.hear()
        assert await socket.silent(0.5)  # it is of use
        await socket.say({"type": "complete", "id": "1"})
        assert await socket.closed() == (1000, "Idle")
        assert time.perf_counter() - started > 0.8


# --- Rights that end --------------------------------------------------------------------------


async def test_a_connection_ends_with_its_token(own: Client, watched: World) -> None:
    short = token.issue(
        SECRET,
        subject="anna",
        role=Role.ADMIN,
        account="acme",
        issuer=ISSUER,
        audience=AUDIENCE,
        at=watched.clock(),
        lifetime=timedelta(seconds=1),
    )
    async with connected(own.app) as socket:
        await socket.begin(short)
        await socket.subscribe("1", USED)
        assert await socket.hear() == used(0)
        assert await socket.closed(2) == (4403, "Forbidden: The token has expired.")


async def test_rights_are_looked_at_again_with_each_event(
    own: Client, watched: World, watchers: Watchers
) -> None:
    async with connected(own.app) as socket:
        await socket.begin(admin(own))
        await socket.subscribe("1", USED)
        assert await socket.hear() == used(0)
        watched.clock.now += timedelta(hours=2)  # faster than the time that passes
        watchers.tell([account_id_of("acme")])
        assert await socket.closed() == (4403, "Forbidden: The token has expired.")


async def test_a_key_that_is_revoked_runs_nothing_more(own: Client, watched: World) -> None:
    ask = '{ sendAllowed(account: "acme", feature: "VOICE") { allowed } }'
    key = await own.key(Scope.SEND)
    async with connected(own.app) as socket:
        await socket.begin(key)
        await socket.subscribe("1", ask)
        assert (await socket.hear())["payload"] == {"data": {"sendAllowed": {"allowed": True}}}
        assert await socket.hear() == {"id": "1", "type": "complete"}
        await service_key.revoke(watched.pool, key.partition(".")[0], watched.clock())
        watched.clock.now += timedelta(seconds=service_key.KEY_CACHE_SECONDS)
        await socket.subscribe("1", ask)
        code, reason = await socket.closed()
        assert (code, reason) == (
            4403,
            "Forbidden: The service key is unknown, expired or revoked.",
        )


# --- What a caller may ask for ----------------------------------------------------------------


async def test_who_asks_for_too_much_is_told_and_a_subscription_waits(
    watched: World, watchers: Watchers
) -> None:
    seconds = [0.0]
    buckets = Buckets(Rates(Rate(6, 3), Rate(6, 3)), lambda: seconds[0])
    async with (
        _opened(watched, watchers, buckets=buckets) as app,
        connected(app.app) as socket,
    ):
        await socket.begin(admin(app))
        await socket.subscribe("1", USED)  # that is 3
        assert await socket.hear() == used(0)
        await socket.subscribe("2", "{ account { cycle { conversationUsage { used } } } }")
        assert (await socket.hear())["type"] == "next"
        assert (await socket.hear())["type"] == "complete"
        await socket.subscribe("2", "{ account { name } }")
        [error] = (await socket.hear())["payload"]
        assert error["extensions"]["code"] == "THROTTLED"
        assert error["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 0
        await take_one(watched, watchers, "maria")
        assert await socket.silent(2 * EVENT_SECONDS)
        seconds[0] = 60.0
        assert await socket.hear(8) == used(1)


async def test_documents_are_trusted_as_over_http(shared: World, watchers: Watchers) -> None:
    documents = Documents(Trust.ENFORCE, {"0" * 64: "{ __typename }"})
    async with (
        _opened(shared, watchers, documents=documents) as app,
        connected(app.app) as socket,
    ):
        await socket.begin(admin(app))
        await socket.subscribe("1", "{ account { name } }")
        assert await coded(socket) == refused("DOCUMENT_NOT_TRUSTED")
        for document, code in (("1" * 64, "PERSISTED_QUERY_NOT_FOUND"), ("0" * 64, None)):
            payload = {"documentId": f"sha256:{document}"}
            await socket.say({"id": "1", "type": "subscribe", "payload": payload})
            if code is None:
                assert (await socket.hear())["payload"] == {"data": {"__typename": "Query"}}
            else:
                assert await coded(socket) == refused(code)


# --- What is left behind ----------------------------------------------------------------------


async def test_nothing_is_left_of_what_has_ended(app: Client, watchers: Watchers) -> None:
    async with connected(app.app) as socket:
        await socket.begin(admin(app))
        await socket.subscribe("1", USED)
        await socket.hear()
        before = len(asyncio.all_tasks())
        for _ in range(1_000):
            await socket.subscribe("2", USED)
            await socket.say({"type": "complete", "id": "2"})
        await socket.say({"type": "ping"})
        while (await socket.hear())["type"] != "pong":
            pass
        await asyncio.sleep(0.05)
        assert len(asyncio.all_tasks()) == before
        assert watchers.watched() == [account_id_of("acme")]
    assert watchers.watched() == []


async def test_a_connection_is_one_line_in_the_log_without_what_was_said(
    app: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with connected(app.app) as socket:
        await socket.begin(admin(app))
        await socket.subscribe("canary", '{ account(id: "canary") { id } }')
        await socket.hear()
        await socket.say("canary")
        await socket.closed()
    lines = [record.__dict__ for record in caplog.records if record.name == "kontingent.http"]
    assert [(line["msg"], line["path"], line["code"]) for line in lines] == [
        ("socket", "/graphql", 4400)
    ]
    assert "canary" not in str([record.__dict__ for record in caplog.records])


# --- Events -----------------------------------------------------------------------------------


async def test_another_cycle_is_shown_when_it_begins(own: Client, watched: World) -> None:
    watched.clock.now = utc("2026-12-24T22:59:59.9")  # in Amsterdam it is the 25th in a moment
    async with connected(own.app) as socket:
        await socket.begin(admin(own))
        await socket.subscribe("1", "subscription { usageChanged { cycle { number } } }")
        data = (await socket.hear())["payload"]["data"]
        assert data == {"usageChanged": {"cycle": {"number": 1}}}
        watched.clock.now = utc("2026-12-24T23:00")
        data = (await socket.hear())["payload"]["data"]
        assert data == {"usageChanged": {"cycle": {"number": 2}}}


async def test_a_trial_is_refused_its_numbers_until_it_ends(
    own: Client, watched: World, watchers: Watchers
) -> None:
    async with connected(own.app) as socket:
        await socket.begin(admin(own, "initech"))
        await socket.subscribe("1", "subscription { usageChanged { status cycle { number } } }")
        payload = (await socket.hear())["payload"]
        assert payload["data"] == {"usageChanged": {"status": "TRIAL", "cycle": None}}
        assert [error["extensions"]["code"] for error in payload["errors"]] == ["TRIAL_NO_ACCESS"]
        id_ = account_id_of("initech")
        request = TermsRequest(plan="Boost", interval=Interval.MONTHLY)
        await terms.change(watched.context(), str(id_), request, NO_COMMITMENTS)
        watchers.tell([id_])
        payload = (await socket.hear())["payload"]
        assert payload == {"data": {"usageChanged": {"status": "ACTIVE", "cycle": {"number": 0}}}}


async def test_an_event_that_cannot_be_had_comes_later(
    own: Client, watched: World, watchers: Watchers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RETRY_SECONDS", 0.05)
    async with connected(own.app) as socket:
        await socket.begin(admin(own))
        await socket.subscribe("1", USED)
        assert await socket.hear() == used(0)
        await watched.take(message("acme", "2026-11-10T10:00"))
        with monkeypatch.context() as broken:
            broken.setattr(usage, "of_assumed_cycles", unavailable)
            watchers.tell([account_id_of("acme")])
            assert await socket.silent(0.5)
        assert await socket.hear() == used(1)


async def unavailable(*_: object, **__: object) -> None:
    raise UnavailableError("Away.")
