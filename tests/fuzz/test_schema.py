"""Operations over the whole SDL, and what only looks like one: no failure, no leak, no growth."""

import json
import re
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from hypothesis_graphql import nodes
from schemathesis import Case

from tests.fuzz.target import Target, examples, graphql

OPERATIONS, DOCUMENTS, BODIES = 60, 60, 60

SDL = (Path(__file__).parents[2] / "schema" / "schema.graphql").read_text(encoding="utf-8")
SCALARS = {
    "Money": ("5", "0.0000001", "-1", "1e9", "25.00"),
    "Quantity": ("1", "1.5"),
    "DateTime": ("2026-11-22T20:00:00Z", "2026-11-22", "9999-12-31T23:59:59+14:00"),
    "Date": ("2026-11-22", "2026-02-30", "0001-01-01"),
}
ODD = "".join(map(chr, (0, 9, 34, 92, 123, 125, 0x2028, 0xFEFF, 0xFFFF, 0x1F600)))
TOKENS = (
    *("query", "mutation", "subscription", "fragment F on Account", "on", "null", "true", "..."),
    *("{", "}", "(", ")", "[", "]", "!", "$v", ":", "=", "@", "@skip(if: true)", "#", ",", "&"),
    *("account", "cycle", "__schema", "__typename", "id", '"', '"""', "\\u0000", "1e999", "-0"),
    *("account(id: 5)", "...F", "{ ...F }", "9" * 400, "\ufeff"),
)
IDS = re.compile(r'\b(id|accountId|account): (?:"[^"]*"|null)')

for _name, _values in SCALARS.items():
    schemathesis.graphql.scalar(_name, st.sampled_from(_values).map(nodes.String))

SCHEMA = schemathesis.graphql.from_file(SDL)
OPERATIONS_OF = [SCHEMA[root][name] for root in ("Query", "Mutation") for name in SCHEMA[root]]
CASES = st.sampled_from(OPERATIONS_OF).flatmap(lambda operation: operation.as_strategy())
"""Operations of every root field, with arguments that fit their types."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
MEMBERS = ("query", "variables", "operationName", "extensions", "documentId", "odd")


def test_whatever_the_schema_allows(target: Target, *, long: bool) -> None:
    sent = 0

    @given(CASES, st.sampled_from(sorted(target.callers)), st.sampled_from(sorted(target.accounts)))
    @examples(OPERATIONS, long=long)
    def ask(case: Case[Any], caller: str, whose: str) -> None:
        nonlocal sent
        case.body = IDS.sub(rf'\1: "{target.accounts[whose]}"', str(case.body))
        graphql(target, caller, {"query": case.body})
        sent += 1
        if sent == OPERATIONS // 2:
            warm()

    with target.steady() as warm:
        ask()
    assert sent >= OPERATIONS


def test_whatever_is_hardly_a_document(target: Target, *, long: bool) -> None:
    words = st.lists(st.sampled_from(TOKENS), max_size=30).map(" ".join)
    torn = st.tuples(
        CASES.map(lambda case: str(case.body)), st.integers(0, 400), st.text(max_size=5)
    )
    documents = st.one_of(
        st.text(max_size=60),
        st.text(ODD, max_size=20),
        words,
        torn.map(lambda t: t[0][: t[1]] + t[2]),
    )

    @given(documents, st.sampled_from(sorted(target.callers)))
    @examples(DOCUMENTS, long=long)
    def ask(document: str, caller: str) -> None:
        text = document.encode(errors="ignore").decode()
        reply = graphql(target, caller, {"query": text})
        assert reply.status_code in (200, 400)

    with target.steady() as warm:
        ask()
        warm()
        ask()


def test_whatever_is_hardly_a_request(target: Target, *, long: bool) -> None:
    @given(
        st.one_of(
            st.binary(max_size=80),
            st.dictionaries(st.sampled_from(MEMBERS), JSON).map(_written),
            JSON.map(_written),
        ),
        st.sampled_from(("application/json", "application/json; charset=utf-8", "text/plain", "")),
        st.sampled_from(("POST", "GET", "PUT", "HEAD", "OPTIONS", "BREW")),
    )
    @examples(BODIES, long=long)
    def ask(body: bytes, content_type: str, method: str) -> None:
        headers = {"content-type": content_type, **target.callers["an admin"]}
        reply = target.http.request(method, "/graphql", content=body, headers=headers)
        target.check(reply.status_code, reply.content)

    with target.steady() as warm:
        ask()
        warm()
        ask()


def _written(value: Any) -> bytes:
    """Write what may not be JSON: NaN, and halves of characters."""
    return json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")
