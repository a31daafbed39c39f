"""What every reply has in common, and those to requests that nobody answers."""

import logging
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


async def test_each_request_is_one_line_in_the_log_without_its_query(
    schema: Schema, pool: Pool, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kontingent.http")
    await ask(schema, pool, clock, "GET", "/?token=canary")
    (line,) = caplog.records
    assert (line.getMessage(), line.__dict__["path"], line.__dict__["status"]) == (
        "request",
        "/",
        200,
    )
    assert "canary" not in str(line.__dict__)


async def test_an_unexpected_failure_says_nothing_of_itself(
    schema: Schema, pool: Pool, clock: Clock
) -> None:
    async with client(schema, pool, pool, clock, raising=False) as opened:
        with patch("edge.graphql.caller", side_effect=RuntimeError("canary")):
            reply = await opened.http.post("/graphql")
    assert reply.status_code == 500
    assert reply.json() == {"code": "INTERNAL", "message": "Internal error."}
