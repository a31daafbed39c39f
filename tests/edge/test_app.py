"""What every reply has in common, and those to requests that nobody answers."""

import logging
from collections.abc import AsyncIterator
from unittest.mock import patch

import httpx2
import pytest

from db.pool import Pool
from schema.root import Schema
from tests.support.clock import Clock
from tests.support.http import client

COMMON = {
    "cache-control": "no-store",
    "content-type": "application/json",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


async def ask(schema: Schema, pool: Pool, clock: Clock, method: str, path: str) -> httpx2.Response:
    async with client(schema, pool, pool, clock) as opened:
        reply = await opened.http.request(method, path)
    assert {name: reply.headers[name] for name in COMMON} == COMMON
    return reply


async def test_the_root_says_where_to_go(schema: Schema, pool: Pool, clock: Clock) -> None:
    reply = await ask(schema, pool, clock, "GET", "/")
    assert reply.status_code == 200
    assert reply.json() == {"name": "Kontingent", "graphql": "/graphql", "events": "/events"}


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        (("GET", "/nowhere"), (404, "NOT_FOUND", None)),
        (("DELETE", "/events"), (405, "METHOD_NOT_ALLOWED", "POST")),
    ],
)
async def test_what_nobody_answers_is_refused_in_json(
    schema: Schema,
    pool: Pool,
    clock: Clock,
    request_line: tuple[str, str],
    expected: tuple[int, str, str | None],
) -> None:
    reply = await ask(schema, pool, clock, *request_line)
    assert (reply.status_code, reply.json()["code"], reply.headers.get("allow")) == expected


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/?token=canary", {"path": "/", "status": 200}),
        ("/canary", {"path": "other", "status": 404, "code": "NOT_FOUND"}),
        ("/assets/canary", {"path": "/assets/{name}", "status": 404, "code": "NOT_FOUND"}),
    ],
)
async def test_each_request_is_one_line_in_the_log_without_what_was_asked(  # noqa: PLR0913, PLR0917 (fixtures)
    schema: Schema,
    pool: Pool,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    path: str,
    told: dict[str, object],
) -> None:
    caplog.set_level(logging.INFO, "kontingent.http")
    await ask(schema, pool, clock, "GET", path)
    (line,) = caplog.records
    expected = {"method": "GET", "statements": 0, **told}
    assert line.getMessage() == "request"
    assert {name: line.__dict__.get(name) for name in expected} == expected
    assert "canary" not in str(line.__dict__)


async def test_a_request_has_an_id_of_the_servers_own(
    schema: Schema, pool: Pool, clock: Clock
) -> None:
    async with client(schema, pool, pool, clock) as opened:
        given = {"x-request-id": "canary"}
        ids = [(await opened.http.get("/", headers=given)).headers["x-request-id"] for _ in "ab"]
    assert len({*ids, "canary"}) == 3
    assert all(len(id_) == 32 for id_ in ids)


async def test_an_unexpected_failure_says_nothing_of_itself(
    schema: Schema, pool: Pool, clock: Clock
) -> None:
    async with client(schema, pool, pool, clock, raising=False) as opened:
        with patch("edge.graphql.caller", side_effect=RuntimeError("canary")):
            reply = await opened.http.post("/graphql", json={"query": "{ __typename }"})
    assert reply.status_code == 500
    assert reply.json() == {"code": "INTERNAL", "message": "Internal error."}
    assert {name: reply.headers[name] for name in COMMON} == COMMON
    assert (reply.headers["connection"], len(reply.headers["x-request-id"])) == ("close", 32)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        pytest.param("/events", {}, 401, id="refused"),
        pytest.param("/graphql", {"content-type": "text/plain"}, 415, id="not_taken"),
        pytest.param("/graphql", {"content-type": "application/json"}, 413, id="too_long"),
    ],
)
async def test_what_is_refused_is_not_read_on(  # noqa: PLR0913, PLR0917 (a request's facts)
    schema: Schema, pool: Pool, clock: Clock, path: str, headers: dict[str, str], status: int
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1_000
            yield b" " * 1_000

    async with client(schema, pool, pool, clock) as opened:
        reply = await opened.http.post(path, content=endless(), headers=headers)
    assert (reply.status_code, reply.headers["connection"]) == (status, "close")
    assert sent <= 101_000


async def test_a_body_that_says_that_it_is_too_long_is_not_read_at_all(
    schema: Schema, pool: Pool, clock: Clock
) -> None:
    sent: list[int] = []

    async def unread() -> AsyncIterator[bytes]:
        sent.append(1)
        yield b" "

    async with client(schema, pool, pool, clock) as opened:
        reply = await opened.http.post(
            "/graphql",
            content=unread(),
            headers={"content-type": "application/json", "content-length": "100001"},
        )
    assert (reply.status_code, reply.headers["connection"], sent) == (413, "close", [])


async def test_what_is_read_whole_leaves_the_connection_open(
    schema: Schema, pool: Pool, clock: Clock
) -> None:
    async with client(schema, pool, pool, clock) as opened:
        replies = [
            await opened.http.get("/"),
            await opened.http.post("/graphql", json={"query": "{ nothing }"}),
        ]
    assert ["connection" in reply.headers for reply in replies] == [False, False]


@pytest.mark.parametrize("https", [True, False])
async def test_browsers_are_told_to_come_by_https_where_people_do(
    schema: Schema, pool: Pool, clock: Clock, *, https: bool
) -> None:
    async with client(schema, pool, pool, clock, https=https) as opened:
        reply = await opened.http.get("/")
    assert reply.headers.get("strict-transport-security") == ("max-age=31536000" if https else None)
