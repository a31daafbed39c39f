"""`/graphql` as HTTP: methods, types, tags, trusted documents, costs."""

import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
import pytest
import pytest_asyncio

from db import account as db_account
from db.embedded import Cluster
from edge.bucket import Buckets, Rate, Rates
from edge.documents import Documents, Trust, hash_of
from edge.graphql_request import ID_MAX, PARAMETERS_MAX, URL_BYTES_MAX
from edge.limits import ALIASES_MAX
from resolvers.known_accounts import KnownAccounts
from resolvers.principal import Role
from schema import root
from tests.edge.test_bucket import Watch
from tests.support.fixtures import shared_world
from tests.support.http import Client, client
from tests.support.world import World, contents

JSON, GRAPHQL_JSON = "application/json", "application/graphql-response+json"
NAME = "{ account { name } }"
CYCLE = "query C($n: Int) { account { cycle(number: $n) { number computedAt } } }"
END = """mutation {
  endAccount(input: {accountId: "x"}) { __typename }
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(cluster: Cluster, template: str) -> AsyncIterator[World]:
    async with shared_world(cluster, template) as world:
        await world.account("acme", anchor="2026-09-25")
        yield world


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def http(shared: World) -> AsyncIterator[Client]:
    async with client(shared.schema, shared.pool, shared.ingest_pool, shared.clock) as made:
        yield made


async def get(http: Client, headers: dict[str, str] | None = None, **query: Any) -> httpx2.Response:
    bearer = {"authorization": f"Bearer {http.token(Role.ADMIN, 'acme')}"}
    return await http.http.get(
        f"/graphql?{urlencode(query)}", headers={**bearer, **(headers or {})}
    )


async def post(http: Client, content: Any, **headers: str) -> httpx2.Response:
    bearer = {"authorization": f"Bearer {http.token(Role.ADMIN, 'acme')}"}
    return await http.http.post("/graphql", json=content, headers={**bearer, **headers})


def codes(reply: httpx2.Response) -> tuple[int, list[str]]:
    errors = reply.json().get("errors", [])
    return reply.status_code, [error["extensions"]["code"] for error in errors]


# --- GET --------------------------------------------------------------------------------------


async def test_a_query_can_be_got(http: Client) -> None:
    reply = await get(http, query=CYCLE, variables='{"n": 1}', operationName="C", extensions="{}")
    assert reply.json()["data"]["account"]["cycle"]["number"] == 1
    assert reply.headers["cache-control"] == "private, no-cache"
    assert reply.headers["vary"] == "Authorization, Accept"
    assert reply.headers["content-type"] == JSON


async def test_an_answer_that_is_known_is_not_sent_again(http: Client) -> None:
    tag = (await get(http, query=NAME)).headers["etag"]
    assert tag.startswith('W/"')
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}'):
        reply = await get(http, {"if-none-match": known}, query=NAME)
        assert (reply.status_code, reply.content) == (304, b"")
        assert reply.headers["etag"] == tag
        assert reply.headers["cache-control"] == "private, no-cache"
    for other in ('W/"other"', "*", ""):
        assert (await get(http, {"if-none-match": other}, query=NAME)).status_code == 200


async def test_the_tag_is_that_of_the_numbers_not_of_the_moment(
    http: Client, shared: World
) -> None:
    before = await get(http, query=CYCLE)
    shared.clock.now += timedelta(seconds=1)
    after = await get(http, query=CYCLE)
    assert before.json()["data"] != after.json()["data"]
    assert before.headers["etag"] == after.headers["etag"]
    other = await get(http, query=CYCLE, variables='{"n": 0}')
    assert other.headers["etag"] != before.headers["etag"]


async def test_neither_posts_nor_errors_are_kept(http: Client) -> None:
    posted = await post(http, {"query": NAME})
    failed = await get(http, query='{ account(id: "x") { name } }')
    refused = await get(http, query="{ nothing }")
    for reply in (posted, failed, refused):
        assert (reply.headers["cache-control"], reply.headers.get("etag")) == ("no-store", None)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_mutation_needs_post(http: Client, shared: World, method: str) -> None:
    before = await contents(shared.pool)
    reply = await http.http.request(
        method,
        f"/graphql?query={quote(END)}",
        headers={"authorization": f"Bearer {http.token(Role.OPERATOR)}"},
    )
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")
    assert await contents(shared.pool) == before


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        pytest.param("", 400, "BAD_REQUEST", id="nothing"),
        pytest.param("query=%FF", 400, "BAD_REQUEST", id="invalid_utf_8"),
        pytest.param("query=%7Ba%7D&query=%7Bb%7D", 400, "BAD_REQUEST", id="twice"),
        pytest.param("query=%7Ba%7D&variables=x", 400, "BAD_REQUEST", id="variables_no_json"),
        pytest.param("query=%7Ba%7D&variables=[]", 400, "BAD_REQUEST", id="variables_a_list"),
        pytest.param("query=%7Ba%7D&extensions=5", 400, "BAD_REQUEST", id="extensions_a_number"),
        pytest.param(
            "query=%7B__typename%7D" + "".join(f"&p{n}=1" for n in range(PARAMETERS_MAX)),
            400,
            "BAD_REQUEST",
            id="a_parameter_too_many",
        ),
        pytest.param("query=".ljust(URL_BYTES_MAX + 1, "x"), 414, "URL_TOO_LONG", id="too_long"),
        pytest.param("documentId=" + "x" * (ID_MAX + 1), 400, "BAD_REQUEST", id="long_id"),
        pytest.param("documentId=" + "x" * ID_MAX, 400, "PERSISTED_QUERY_NOT_FOUND", id="no_id"),
        pytest.param("query=subscription%7Ba%7D", 400, "BAD_REQUEST", id="subscription"),
    ],
)
async def test_a_url_that_is_no_request_is_refused(
    http: Client, query: str, status: int, code: str
) -> None:
    reply = await http.http.get(f"/graphql?{query}")
    assert codes(reply) == (status, [code])


async def test_as_many_parameters_and_as_long_a_url_as_allowed_are_taken(http: Client) -> None:
    more = "".join(f"&p{n}=1" for n in range(PARAMETERS_MAX - 1))
    query = f"query=%7B__typename%7D{more}".ljust(URL_BYTES_MAX, "1")
    assert (await http.http.get(f"/graphql?{query}")).json()["data"] == {"__typename": "Query"}


# --- Types ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("types", "status"),
    [
        (["application/json"], 200),
        (["Application/JSON ; Charset=UTF-8"], 200),
        (['application/json; charset="utf8"'], 200),
        (["application/json; boundary=x"], 200),
        (["application/json; charset=utf-16"], 415),
        (["application/json", "application/json"], 415),
        (["application/json, text/plain"], 415),
        (["application/graphql"], 415),
        (["application/jsonx"], 415),
        (["multipart/form-data; boundary=x"], 415),
        (["json"], 415),
        ([";;"], 415),
        ([""], 415),
        ([], 415),
    ],
)
async def test_a_body_must_be_said_to_be_json_once(
    http: Client, types: list[str], status: int
) -> None:
    reply = await http.http.post(
        "/graphql",
        content=b'{"query": "{ __typename }"}',
        headers=[("content-type", each) for each in types],
    )
    assert reply.status_code == status


async def test_what_the_client_does_not_take_is_not_sent(http: Client) -> None:
    reply = await post(http, {"query": NAME}, accept="text/html")
    assert codes(reply) == (406, ["NOT_ACCEPTABLE"])
    assert reply.headers["content-type"] == GRAPHQL_JSON


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            b'{"query": "{ __typename }", "variables": {"n": %s}}' % (b"9" * 20_000), id="digits"
        ),
        pytest.param(b'{"query": "{ __typename }", "variables": {"n": 1e999}}', id="infinity"),
        pytest.param(b'\xef\xbb\xbf{"query": "{ __typename }"}', id="byte_order_mark"),
        pytest.param('{"query": "{ __typename }"}'.encode("utf-16"), id="utf_16"),
        pytest.param(b'{"query": "{ __typename }", "documentId": "x"}', id="both"),
        pytest.param(b'{"query": "{ __typename }", "extensions": "x"}', id="extensions"),
        pytest.param(b'{"extensions": {"persistedQuery": {"sha256Hash": 5}}}', id="no_hash"),
    ],
)
async def test_odd_bodies_are_bad_requests(http: Client, body: bytes) -> None:
    reply = await http.http.post("/graphql", content=body, headers={"content-type": JSON})
    assert codes(reply) == (400, ["BAD_REQUEST"])


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL_JSON, 400)])
@pytest.mark.parametrize(
    ("document", "limit"),
    [
        pytest.param("query A { __typename } query B { __typename }", "operations", id="two"),
        pytest.param(
            f"{{ account {{ {' '.join(f'a{n}: id' for n in range(ALIASES_MAX + 1))} }} }}",
            "aliases",
            id="aliases",
        ),
        pytest.param(
            "{ accounts(first: 100) { nodes { cycles(first: 100) { edges { node { id } } } } } }",
            "cost",
            id="more_than_a_customer_ever_has",
        ),
    ],
)
async def test_what_is_too_large_is_told_which_limit_it_is_beyond(
    http: Client, document: str, limit: str, accept: str, status: int
) -> None:
    reply = await post(http, {"query": document}, accept=accept)
    assert codes(reply) == (status, ["OPERATION_TOO_LARGE"])
    assert "data" not in reply.json()
    [error] = reply.json()["errors"]
    assert error["extensions"]["limit"] == limit
    assert error["extensions"]["found"] > error["extensions"]["most"]


# --- Costs ------------------------------------------------------------------------------------


async def test_what_was_reckoned_with_and_is_not_there_is_given_back(shared: World) -> None:
    watch = Watch()
    rates = Rates(Rate(1_000, 10), Rate(5_000, 100))
    async with client(
        shared.schema,
        shared.pool,
        shared.ingest_pool,
        shared.clock,
        buckets=Buckets(rates, watch),
    ) as http:
        query = "{ account { cycles(first: 50) { nodes { number } } } }"

        async def status(document: str = query) -> dict[str, Any]:
            reply = await post(http, {"query": document})
            cost: dict[str, Any] = reply.json()["extensions"]["cost"]
            return cost

        # The account, the page and its cycles 0 to 2.
        assert await status() == {
            "requestedQueryCost": 52,
            "actualQueryCost": 5,
            "throttleStatus": {
                "maximumAvailable": 1_000,
                "currentlyAvailable": 995,
                "restoreRate": 10,
            },
        }
        assert (await status())["throttleStatus"]["currentlyAvailable"] == 990
        watch.seconds += 0.5
        assert (await status("{ __typename }"))["throttleStatus"]["currentlyAvailable"] == 994
        operator = await http.http.post(
            "/graphql",
            json={"query": "{ accounts { nodes { id } } }"},
            headers={"authorization": f"Bearer {http.token(Role.OPERATOR)}"},
        )
        assert (
            operator.json()["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 4_998
        )


async def test_nothing_is_given_back_of_what_failed(http: Client) -> None:
    failing = "{ account { cycle(number: 99) { id } cycles { nodes { id } } } }"
    reply = await post(http, {"query": failing})
    assert codes(reply) == (200, ["CYCLE_OUT_OF_RANGE"])
    cost = reply.json()["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (23, 23)


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
async def test_who_asks_for_too_much_is_told_when_to_come_again(shared: World, accept: str) -> None:
    watch = Watch()
    buckets = Buckets(Rates(Rate(60, 10)), watch)
    async with client(
        shared.schema, shared.pool, shared.ingest_pool, shared.clock, buckets=buckets
    ) as http:
        query = {"query": "{ account { cycles(first: 50) { nodes { number } } } }"}
        for _ in range(2):
            assert (await post(http, query, accept=accept)).status_code == 200
        shared.statements.clear()
        reply = await post(http, query, accept=accept)
        assert codes(reply) == (429, ["THROTTLED"])
        assert shared.statements == []
        assert reply.headers["retry-after"] == "1"
        assert "data" not in reply.json()
        assert reply.json()["extensions"]["cost"] == {
            "requestedQueryCost": 52,
            "actualQueryCost": None,
            "throttleStatus": {"maximumAvailable": 60, "currentlyAvailable": 50, "restoreRate": 10},
        }
        watch.seconds += 1
        assert (await post(http, query)).status_code == 200


async def test_what_never_runs_costs_next_to_nothing(shared: World) -> None:
    buckets = Buckets(Rates(Rate(1_000, 1)), Watch())
    async with client(
        shared.schema, shared.pool, shared.ingest_pool, shared.clock, buckets=buckets
    ) as http:
        for document in ("{", "{ nothing }", "{ account { cycles { nodes { nothing } } } }"):
            assert "errors" in (await post(http, {"query": document})).json()
        reply = await post(http, {"query": "{ __typename }"})
        throttle = reply.json()["extensions"]["cost"]["throttleStatus"]
        assert throttle["currentlyAvailable"] == 1_000 - 3


# --- Trusted documents ------------------------------------------------------------------------


@pytest.mark.parametrize("trust", list(Trust))
async def test_a_document_can_be_named_by_its_hash(shared: World, trust: Trust) -> None:
    documents, known = Documents(trust, {hash_of(NAME): NAME}), hash_of(NAME)
    apollo = {"persistedQuery": {"version": 1, "sha256Hash": known}}
    async with client(
        shared.schema, shared.pool, shared.ingest_pool, shared.clock, documents=documents
    ) as http:
        for reply in (
            await post(http, {"documentId": f"sha256:{known}"}),
            await post(http, {"extensions": apollo}),
            await post(http, {"query": NAME}),
            await get(http, documentId=f"sha256:{known}"),
            await get(http, extensions=json.dumps(apollo)),
        ):
            assert reply.json()["data"] == {"account": {"name": "Acme"}}
        for document_id in ("sha256:0", "md5:x", ""):
            reply = await post(http, {"documentId": document_id})
            assert codes(reply) == (400, ["PERSISTED_QUERY_NOT_FOUND"])


async def test_where_documents_must_be_trusted_others_are_refused_unparsed(shared: World) -> None:
    documents = Documents(Trust.ENFORCE, {hash_of(NAME): NAME})
    async with client(
        shared.schema, shared.pool, shared.ingest_pool, shared.clock, documents=documents
    ) as http:
        for document in (f"{NAME} ", "{ __typename }", "{", "", "{ __schema { types { name } } }"):
            for reply in (
                await post(http, {"query": document}),
                await get(http, query=document or " "),
            ):
                assert codes(reply) == (400, ["DOCUMENT_NOT_TRUSTED"])


async def test_what_is_not_trusted_is_logged_by_its_hash(
    shared: World, caplog: pytest.LogCaptureFixture
) -> None:
    documents = Documents(Trust.LOG, {hash_of(NAME): NAME})
    async with client(
        shared.schema, shared.pool, shared.ingest_pool, shared.clock, documents=documents
    ) as http:
        await post(http, {"query": NAME})
        assert caplog.records == []
        reply = await post(http, {"query": "{ canary: __typename }"})
        assert reply.json()["data"] == {"canary": "Query"}
    [line] = [record for record in caplog.records if record.name == "kontingent.graphql"]
    assert line.__dict__["document"] == hash_of("{ canary: __typename }")
    assert "canary" not in str(line.__dict__)


# --- What is told -----------------------------------------------------------------------------

MISSPELT = [
    "{ acount { id } }",
    "{ account(i: 5) { id } }",
    "query ($x: Inn) { account(id: $x) { id } }",
    "{ account { ... on Acount { id } } }",
    "{ previewCommitmentChange(input: {metre: CARRIER}) { price } }",
    "{ previewCommitmentChange(input: {meter: CARIER}) { price } }",
]


@pytest.mark.parametrize("document", MISSPELT)
async def test_what_the_schema_has_is_told_only_where_it_may_be_read(
    shared: World, http: Client, document: str
) -> None:
    closed = root.build(introspection=False)
    async with client(closed, shared.pool, shared.ingest_pool, shared.clock) as other:
        assert "Did you mean" not in (await post(other, {"query": document})).text
    assert "Did you mean" in (await post(http, {"query": document})).text


async def test_the_schema_cannot_be_read_where_it_may_not(shared: World) -> None:
    closed = root.build(introspection=False)
    async with client(closed, shared.pool, shared.ingest_pool, shared.clock) as http:
        for document in ("{ __schema { types { name } } }", '{ __type(name: "Query") { name } }'):
            reply = await post(http, {"query": document})
            assert "data" not in reply.json()
            assert set(codes(reply)[1]) == {"GRAPHQL_VALIDATION_FAILED"}


async def test_nothing_that_a_client_sent_is_in_the_log(
    http: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("canary")

    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(KnownAccounts, "get", lambda *_: None)
    monkeypatch.setattr(db_account, "by_ids", fail)
    await post(http, {"query": "query canary { canary: account { name } }"})
    await post(http, {"query": '{ account(id: "canary") { name } }'})
    await post(http, {"query": "{ canary }"})
    await post(http, {"query": "{ canary"})
    await post(http, {"query": CYCLE, "variables": {"n": "canary"}})
    await get(http, query="{ canary }")
    failures = [line for line in caplog.records if line.name == "kontingent.graphql"]
    assert [line.__dict__["field"] for line in failures] == ["account"]
    lines = [record for record in caplog.records if record.name.startswith("kontingent")]
    told = [{**line.__dict__, "exc_info": None, "exc_text": None} for line in lines]
    assert len(told) > 0
    assert "canary" not in str(told)  # what the formatter makes of exceptions: test_log.py
