"""What goes wrong, as clients see it over HTTP: the field and the reason, and nothing internal."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from billing.account import account_id_of
from db import account as db_account
from db.embedded import Cluster
from db.pool import acquire
from edge.graphql_request import BODY_BYTES_MAX
from resolvers.known_accounts import KnownAccounts
from resolvers.page import CURSOR_MAX, PAGE_MAX
from resolvers.principal import Role
from schema.documents import TOKENS_MAX
from schema.errors import MESSAGE_MAX
from tests.support.fixtures import shared_world
from tests.support.http import Client, client
from tests.support.world import World

GRAPHQL_JSON = "application/graphql-response+json"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(cluster: Cluster, template: str) -> AsyncIterator[World]:
    async with shared_world(cluster, template) as world:
        await world.account("acme", anchor="2026-09-25")
        yield world


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def http(shared: World) -> AsyncIterator[Client]:
    async with client(shared.schema, shared.pool, shared.ingest_pool, shared.clock) as made:
        yield made


async def ask(
    http: Client, document: str, variables: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Ask as the account's admin, or as an operator where the document is one's."""
    operating = "mutation" in document or "accounts" in document
    bearer = http.token(Role.OPERATOR) if operating else http.token(Role.ADMIN, "acme")
    return await http.graphql(document, variables, bearer=bearer)


CYCLE_AT = "query ($value: DateTime) { account { cycle(at: $value) { number } } }"
CYCLE_NUMBER = "query ($value: Int) { account { cycle(number: $value) { number } } }"
CREATE = (
    'mutation ($value: %s) { createAccount(input: {externalId: "x", name: "X", timeZone: '
    '"UTC", plan: "Boost", interval: MONTHLY, %s: $value}) { __typename } }'
)
COMMITTING = CREATE % ("Money", "carrierCommitment")


@pytest.mark.parametrize(
    ("document", "value", "field", "message"),
    [
        pytest.param(
            CYCLE_AT,
            "2026-11-22T12:00:00",
            "value",
            'value: "2026-11-22T12:00:00" has no offset: write Z or one like +01:00.',
            id="instant_without_offset",
        ),
        pytest.param(
            CYCLE_AT,
            "2026-02-30T12:00:00Z",
            "value",
            'value: "2026-02-30T12:00:00Z" names a day or time that does not exist.',
            id="no_such_day",
        ),
        pytest.param(
            CYCLE_AT,
            "22.11.2026",
            "value",
            'value: "22.11.2026" is not an RFC 3339 instant such as 2026-11-22T20:00:00Z.',
            id="no_instant",
        ),
        pytest.param(
            CYCLE_AT,
            1_700_000_000,
            "value",
            'value: expected a string such as "2026-11-22T20:00:00Z".',
            id="unix_time",
        ),
        pytest.param(
            COMMITTING, "NaN", "value", 'value: "NaN" is not a plain decimal number.', id="nan"
        ),
        pytest.param(
            COMMITTING,
            "Infinity",
            "value",
            'value: "Infinity" is not a plain decimal number.',
            id="infinity",
        ),
        pytest.param(
            COMMITTING, "1e3", "value", 'value: "1e3" is not a plain decimal number.', id="exponent"
        ),
        pytest.param(
            COMMITTING,
            "0.0000001",
            "value",
            'value: "0.0000001" has more than 6 digits after the point.',
            id="over_precise",
        ),
        pytest.param(
            COMMITTING,
            12.5,
            "value",
            'value: expected a string such as "12.50", so that nothing is rounded.',
            id="float",
        ),
        pytest.param(
            COMMITTING,
            "1000000000.01",
            "value",
            'value: "1000000000.01" is beyond 1000000000.',
            id="over_a_billion",
        ),
        pytest.param(
            COMMITTING,
            "٣",
            "value",
            'value: "٣" is not a plain decimal number.',
            id="digits_of_another_script",
        ),
        pytest.param(
            COMMITTING, "", "value", 'value: "" is not a plain decimal number.', id="empty_money"
        ),
        pytest.param(
            CREATE % ("Date", "anchorDate"),
            "2026-13-01",
            "value",
            'value: "2026-13-01" is not a day such as 2026-11-22.',
            id="no_date",
        ),
        pytest.param(
            CYCLE_NUMBER,
            2**31,
            "value",
            "value: Int cannot represent non 32-bit signed integer value: 2147483648",
            id="int_out_of_range",
        ),
        pytest.param(
            CYCLE_NUMBER,
            "1",
            "value",
            "value: Int cannot represent non-integer value: '1'",
            id="string_as_int",
        ),
    ],
)
async def test_a_malformed_value_names_its_variable_and_what_is_wrong(
    http: Client, document: str, value: Any, field: str, message: str
) -> None:
    reply = await ask(http, document, {"value": value})
    assert "data" not in reply
    [error] = reply["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": field}
    assert error["message"] == message


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ('at: "2026-11-22T12:00:00"', "at"),
        ("at: 5", "at"),
        ("number: 2147483648", "number"),
        ("number: 1.0", "number"),
        ('number: "1"', "number"),
        ("number: true", "number"),
    ],
)
async def test_a_malformed_literal_names_its_argument(
    http: Client, arguments: str, field: str
) -> None:
    reply = await ask(http, f"{{ account {{ cycle({arguments}) {{ number }} }} }}")
    assert "data" not in reply
    assert [error["extensions"] for error in reply["errors"]] == [
        {"code": "BAD_USER_INPUT", "field": field}
    ]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        pytest.param('{ account(id: "acme") { id } }', "id", id="external_id"),
        pytest.param('{ account(id: "") { id } }', "id", id="no_id"),
        pytest.param("{ account(id: 5) { id } }", "id", id="number"),
        pytest.param(
            f'{{ account(id: "{{{account_id_of("acme")}}}") {{ id }} }}', "id", id="in_braces"
        ),
        pytest.param(f'{{ account(id: "{"1" * 40}") {{ id }} }}', "id", id="too_long"),
        pytest.param("{ accounts(first: 0) { nodes { id } } }", "first", id="first_0"),
        pytest.param("{ accounts(first: -1) { nodes { id } } }", "first", id="first_negative"),
        pytest.param(
            f"{{ accounts(first: {PAGE_MAX + 1}) {{ nodes {{ id }} }} }}", "first", id="first_over"
        ),
        pytest.param('{ accounts(after: "%") { nodes { id } } }', "after", id="cursor"),
        pytest.param(
            f'{{ accounts(after: "{"W" * (CURSOR_MAX + 1)}") {{ nodes {{ id }} }} }}',
            "after",
            id="long_cursor",
        ),
        pytest.param("{ account { cycle(number: -1) { id } } }", "number", id="negative"),
        pytest.param(
            '{ account { cycle(number: 1, at: "2026-11-22T12:00:00Z") { id } } }',
            "number",
            id="both",
        ),
    ],
)
async def test_an_argument_that_no_list_or_account_takes_is_named(
    http: Client, document: str, field: str
) -> None:
    [error] = (await ask(http, document))["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": field}


async def test_an_operator_without_an_id_is_told_to_name_one(http: Client) -> None:
    reply = await http.graphql("{ account { id } }", bearer=http.token(Role.OPERATOR))
    assert reply == {
        "data": {"account": None},
        "errors": [
            {
                "message": "An operator has no account: name one.",
                "locations": [{"line": 1, "column": 3}],
                "path": ["account"],
                "extensions": {"code": "BAD_USER_INPUT", "field": "id"},
            }
        ],
    }


@pytest.mark.parametrize(
    ("document", "code"),
    [
        pytest.param("", "GRAPHQL_PARSE_FAILED", id="empty"),
        pytest.param("{", "GRAPHQL_PARSE_FAILED", id="cut_off"),
        pytest.param("{ account { cycles", "GRAPHQL_PARSE_FAILED", id="cut_off_later"),
        pytest.param('{ account(id: "\\uD800") { id } }', "GRAPHQL_PARSE_FAILED", id="surrogate"),
        pytest.param("{ nothing }", "GRAPHQL_VALIDATION_FAILED", id="unknown_field"),
        pytest.param("{ account }", "GRAPHQL_VALIDATION_FAILED", id="no_selection"),
        pytest.param("query ($x: Nope) { __typename }", "GRAPHQL_VALIDATION_FAILED", id="type"),
        pytest.param("query ($x: Int) { __typename }", "GRAPHQL_VALIDATION_FAILED", id="unused"),
        pytest.param(
            "query ($x: Query) { __typename }", "GRAPHQL_VALIDATION_FAILED", id="no_input"
        ),
        pytest.param("fragment F on Query { __typename }", "GRAPHQL_VALIDATION_FAILED", id="none"),
        pytest.param(
            "{ ...F } fragment F on Query { ...F }", "GRAPHQL_VALIDATION_FAILED", id="circle"
        ),
        pytest.param(
            "{" + " __typename" * (TOKENS_MAX + 1) + " }", "GRAPHQL_PARSE_FAILED", id="tokens"
        ),
        pytest.param("{ a" * 1_000 + " }" * 1_000, "GRAPHQL_PARSE_FAILED", id="nested_deep"),
        pytest.param(
            "{ account(id: " + "[" * 1_500 + "]" * 400 + ") { id } }",
            "GRAPHQL_PARSE_FAILED",
            id="lists_nested_deep",
        ),
    ],
)
async def test_a_document_that_cannot_run_says_why(http: Client, document: str, code: str) -> None:
    reply = await ask(http, document)
    assert "data" not in reply
    assert reply["errors"]
    assert {error["extensions"]["code"] for error in reply["errors"]} == {code}


async def test_as_many_tokens_as_allowed_are_parsed(http: Client) -> None:
    reply = await ask(http, "{" + " __typename" * (TOKENS_MAX - 2) + "}")
    assert [error["extensions"]["code"] for error in reply["errors"]] == ["OPERATION_TOO_LARGE"]


async def test_an_operation_is_known_by_its_name(http: Client) -> None:
    document = "query A { a: __typename }"
    assert await http.graphql(document, operationName="A") == {"data": {"a": "Query"}}
    reply = await http.graphql(document, operationName="B")
    assert "data" not in reply
    assert reply["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_a_missing_variable_is_named(http: Client) -> None:
    reply = await ask(http, "query ($n: Int!) { account { cycle(number: $n) { id } } }")
    assert "data" not in reply
    assert [(error["message"], error["extensions"]) for error in reply["errors"]] == [
        (
            "n: Expected a value of non-null type 'Int!' to be provided.",
            {"code": "BAD_USER_INPUT", "field": "n"},
        )
    ]


async def test_a_message_quotes_so_much_and_no_more(http: Client) -> None:
    async def message(count: int) -> str:
        document = f'{{ account {{ cycle(number: "{"x" * count}") {{ id }} }} }}'
        return str((await ask(http, document))["errors"][0]["message"])

    around = len(await message(0))
    longest = await message(MESSAGE_MAX - around)
    assert (len(longest), longest[-2:]) == (MESSAGE_MAX, 'x"')
    cut = await message(MESSAGE_MAX - around + 1)
    assert (len(cut), cut[-2:]) == (MESSAGE_MAX, "x…")


async def test_a_hundred_malformed_values_take_no_longer_than_one(http: Client) -> None:
    values = ", ".join(["{}"] * 600)
    document = f"{{ account {{ cycle(at: {{a: [{values}]}}) {{ id }} }} }}"
    contacts = f"{{ previewSend(input: {{contacts: [{values}]}}) {{ __typename }} }}"
    for text in (document, contacts):
        started = time.thread_time()
        reply = await ask(http, text)
        assert time.thread_time() - started < 0.5
        assert "data" not in reply


PLAIN = {"query": "{ __typename }"}
JSON = "application/json"


def _nested(depth: int) -> bytes:
    inner = b"[" * depth + b"]" * depth
    return b'{"query": "{ __typename }", "variables": {"x": ' + inner + b"}}"


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        pytest.param(b"5", {}, 400, "BAD_REQUEST", id="number"),
        pytest.param(b'"x"', {}, 400, "BAD_REQUEST", id="string"),
        pytest.param(b"null", {}, 400, "BAD_REQUEST", id="null"),
        pytest.param(b"[]", {}, 400, "BAD_REQUEST", id="list"),
        pytest.param(b"[{}]", {}, 400, "BAD_REQUEST", id="batch"),
        pytest.param(b"", {}, 400, "BAD_REQUEST", id="empty"),
        pytest.param(b"{", {}, 400, "BAD_REQUEST", id="cut_off"),
        pytest.param(b"{}", {}, 400, "BAD_REQUEST", id="no_query"),
        pytest.param(b'{"query": null}', {}, 400, "BAD_REQUEST", id="null_query"),
        pytest.param(b'{"query": 5}', {}, 400, "BAD_REQUEST", id="query_no_string"),
        pytest.param(
            b'{"query": "{ __typename }", "variables": []}',
            {},
            400,
            "BAD_REQUEST",
            id="variables_no_object",
        ),
        pytest.param(
            b'{"query": "{ __typename }", "operationName": 1}',
            {},
            400,
            "BAD_REQUEST",
            id="name_no_string",
        ),
        pytest.param(b'{"query": "\xff"}', {}, 400, "BAD_REQUEST", id="invalid_utf_8"),
        pytest.param(b'{"query": "\\ud800"}', {}, 400, "BAD_REQUEST", id="half_a_pair"),
        pytest.param(b'{"query": NaN}', {}, 400, "BAD_REQUEST", id="nan"),
        pytest.param(_nested(2_000), {}, 400, "BAD_REQUEST", id="nested_deep"),
        pytest.param(
            json.dumps(PLAIN).encode(),
            {"content-type": "text/plain"},
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            id="text",
        ),
        pytest.param(
            b"query=%7B__typename%7D",
            {"content-type": "application/x-www-form-urlencoded"},
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            id="form",
        ),
        pytest.param(
            json.dumps(PLAIN).encode(),
            {"content-type": ""},
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            id="no_type",
        ),
        pytest.param(
            b"\x1f\x8b", {"content-encoding": "gzip"}, 415, "UNSUPPORTED_ENCODING", id="gzip"
        ),
        pytest.param(
            json.dumps(PLAIN).encode().ljust(BODY_BYTES_MAX + 1),
            {},
            413,
            "BODY_TOO_LONG",
            id="a_byte_too_long",
        ),
    ],
)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
async def test_a_body_that_is_no_request_is_refused_with_its_own_status(  # noqa: PLR0913, PLR0917
    http: Client, body: bytes, headers: dict[str, str], status: int, code: str, accept: str
) -> None:
    reply = await http.http.post(
        "/graphql", content=body, headers={"content-type": JSON, "accept": accept, **headers}
    )
    assert reply.status_code == status
    assert reply.headers["content-type"] == accept
    [error] = reply.json()["errors"]
    assert error["extensions"] == {"code": code}
    assert "data" not in reply.json()


@pytest.mark.parametrize("seconds", [0.01, 10.0])
async def test_a_body_that_does_not_arrive_in_time_is_given_up(
    shared: World, seconds: float
) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield json.dumps(PLAIN).encode()
        await asyncio.sleep(0.05)

    made = client(
        shared.schema, shared.pool, shared.ingest_pool, shared.clock, client_seconds=seconds
    )
    async with made as http:
        reply = await http.http.post("/graphql", content=slowly(), headers={"content-type": JSON})
    assert reply.status_code == (408 if seconds < 0.05 else 200)


async def test_the_longest_body_is_taken(http: Client) -> None:
    body = json.dumps(PLAIN).encode().ljust(BODY_BYTES_MAX)
    reply = await http.http.post("/graphql", content=body, headers={"content-type": JSON})
    assert (reply.status_code, reply.json()["data"]) == (200, {"__typename": "Query"})


@pytest.mark.parametrize(
    ("accept", "document", "status"),
    [
        pytest.param(JSON, "{ nothing }", 200, id="older_clients"),
        pytest.param(GRAPHQL_JSON, "{ nothing }", 400, id="what_never_ran"),
        pytest.param(GRAPHQL_JSON, "{ account { id } }", 200, id="what_ran_and_failed"),
        pytest.param(GRAPHQL_JSON, "{ __typename }", 200, id="what_went_well"),
    ],
)
async def test_the_status_tells_what_never_ran(
    http: Client, accept: str, document: str, status: int
) -> None:
    reply = await http.http.post("/graphql", json={"query": document}, headers={"accept": accept})
    assert (reply.status_code, reply.headers["content-type"]) == (status, accept)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_other_methods_than_get_and_post_are_not_answered(http: Client, method: str) -> None:
    assert (await http.http.request(method, "/graphql")).status_code == 405


async def test_an_unexpected_failure_tells_its_place_and_nothing_else(
    http: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: Any) -> None:
        await asyncio.sleep(0)
        raise RuntimeError("secret: relation account, password hunter2")

    monkeypatch.setattr(KnownAccounts, "get", lambda *_: None)
    monkeypatch.setattr(db_account, "by_ids", fail)
    reply = await ask(http, "{ __typename account { name } }")
    assert reply == {
        "data": {"__typename": "Query", "account": None},
        "errors": [
            {
                "message": "Internal error.",
                "locations": [{"line": 1, "column": 14}],
                "path": ["account"],
                "extensions": {"code": "INTERNAL"},
            }
        ],
    }
    assert "hunter2" in caplog.text  # those who run it are told


async def test_a_client_is_not_told_what_the_database_says(http: Client, shared: World) -> None:
    async with acquire(shared.pool) as conn:
        await conn.execute("ALTER TABLE conversation_day RENAME TO away")
    try:
        reply = await ask(http, "{ account { name cycle { conversationUsage { used } } } }")
    finally:
        async with acquire(shared.pool) as conn:
            await conn.execute("ALTER TABLE away RENAME TO conversation_day")
    assert reply["data"] == {"account": {"name": "Acme", "cycle": None}}
    assert [(error["message"], error["extensions"]) for error in reply["errors"]] == [
        ("Internal error.", {"code": "INTERNAL"})
    ]


UNAVAILABLE = {
    "data": None,
    "errors": [
        {
            "message": "The service is briefly unavailable. Try again.",
            "extensions": {"code": "UNAVAILABLE"},
        }
    ],
}


async def test_a_database_that_is_away_is_unavailable(world: World) -> None:
    await world.account("acme")
    async with client(world.schema, world.pool, world.ingest_pool, world.clock) as http:
        await world.pool.close()
        reply = await http.http.post(
            "/graphql",
            json={"query": "{ __typename account { name } }"},
            headers={"authorization": f"Bearer {http.token(Role.ADMIN, 'acme')}"},
        )
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
    assert reply.json() == UNAVAILABLE


async def test_a_key_that_cannot_be_looked_up_is_503(world: World) -> None:
    async with client(world.schema, world.pool, world.ingest_pool, world.clock) as http:
        await world.pool.close()
        reply = await http.http.post(
            "/graphql", json=PLAIN, headers={"authorization": f"Bearer kk_aaaaaaaa.{'x' * 43}"}
        )
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
    assert reply.json() == UNAVAILABLE


@pytest.mark.parametrize(
    "authorization", ["Basic eDp5", "Bearer", "Bearer x", "Bearer a.b.c", "Bearer kk_aaaaaaaa.x"]
)
async def test_credentials_that_do_not_verify_are_401(http: Client, authorization: str) -> None:
    reply = await http.http.post("/graphql", json=PLAIN, headers={"authorization": authorization})
    assert (reply.status_code, reply.json()["code"]) == (401, "UNAUTHENTICATED")
    assert reply.headers["www-authenticate"].startswith("Bearer")


async def test_without_credentials_the_document_runs(http: Client) -> None:
    assert await http.graphql("{ __typename }") == {"data": {"__typename": "Query"}}


async def test_every_reply_has_the_common_headers(http: Client) -> None:
    for request in (
        http.http.post("/graphql", json=PLAIN),
        http.http.post("/graphql", content=b"5", headers={"content-type": JSON}),
        http.http.get("/nowhere"),
    ):
        reply: httpx2.Response = await request
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in reply.headers["content-security-policy"]
