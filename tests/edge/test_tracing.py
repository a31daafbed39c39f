"""Spans: what is done for a request, by names that are ours, and nothing else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from db.pool import acquire
from edge.documents import Documents, Trust, hash_of
from resolvers.principal import Role, Scope
from tests.support.http import Client, client
from tests.support.world import World

sdk = pytest.importorskip("opentelemetry.sdk.trace.export", reason="OpenTelemetry is no extra here")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")

NAMED = "query Name { account { name } }"
PARENT = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"


@dataclass(frozen=True, slots=True)
class Traced:
    http: Client
    exporter: Any

    def spans(self) -> list[tuple[str, str | None, dict[str, Any]]]:
        """Return name, name of the parent, and attributes of each span, in order of their ends."""
        done = self.exporter.get_finished_spans()
        names = {span.context.span_id: span.name for span in done}
        return [
            (span.name, span.parent and names.get(span.parent.span_id), dict(span.attributes))
            for span in done
        ]


@pytest.fixture
async def traced(world: World) -> AsyncIterator[Traced]:
    from edge.tracing import Tracing  # noqa: PLC0415 (an extra)

    exporter = memory.InMemorySpanExporter()
    documents = Documents(Trust.OFF, {hash_of(NAMED): NAMED})
    made = client(
        world.schema,
        world.pool,
        world.ingest_pool,
        world.clock,
        raising=False,
        documents=documents,
        spans=Tracing(sdk.SimpleSpanProcessor(exporter)),
    )
    async with made as http:
        await world.account("acme")
        yield Traced(http, exporter)


async def test_a_request_has_an_operation_which_has_statements(traced: Traced) -> None:
    await traced.http.graphql(NAMED, bearer=traced.http.token(Role.ADMIN, "acme"))
    statement, operation, request = traced.spans()
    assert statement == (
        "account.by_ids",
        "GraphQL Name",
        {"db.system.name": "postgresql", "db.query.summary": "account.by_ids"},
    )
    assert operation == (
        "GraphQL Name",
        "POST /graphql",
        {"graphql.operation.name": "Name"},
    )
    assert len(request[2].pop("kontingent.request.id")) == 32
    assert request == (
        "POST /graphql",
        None,
        {
            "http.request.method": "POST",
            "http.route": "/graphql",
            "http.response.status_code": 200,
        },
    )


async def test_of_a_client_nothing_is_in_them_but_the_numbers_of_its_span(
    traced: Traced,
) -> None:
    headers = {
        "authorization": f"Bearer {traced.http.token(Role.ADMIN, 'acme')}",
        "traceparent": PARENT,
        "tracestate": "canary=canary",
        "baggage": "canary=canary",
        "user-agent": "canary",
    }
    body = {"query": 'query canary { account(id: "canary") { canary: name } }'}
    await traced.http.http.post("/graphql?canary", json=body, headers=headers)
    await traced.http.http.get("/canary", headers={"traceparent": "canary"})
    *_, first, second = [
        span for span in traced.exporter.get_finished_spans() if span.name.split()[-1][0] in "/o"
    ]
    assert (first.name, second.name) == ("POST /graphql", "GET other")
    assert f"{first.context.trace_id:032x}" == PARENT.split("-")[1]
    assert f"{first.parent.span_id:016x}" == PARENT.split("-")[2]
    assert second.parent is None
    for span in traced.exporter.get_finished_spans():
        assert "canary" not in span.to_json()


async def test_what_fails_is_marked_without_a_word_of_why(world: World, traced: Traced) -> None:
    async with acquire(world.pool) as conn:
        await conn.execute("ALTER TABLE event ADD CHECK (contact <> 'canary')")
    data = {"contact": "canary", "channel": "A", "direction": "inbound", "automated": False}
    event = {
        "specversion": "1.0",
        "type": "message",
        "source": "/inbox",
        "id": "1",
        "time": "2026-11-20T10:00:00Z",
        "subject": "acme",
        "data": data,
    }
    reply = await traced.http.http.post(
        "/events",
        json=event,
        headers={
            "authorization": f"Bearer {await traced.http.key(Scope.INGEST)}",
            "content-type": "application/cloudevents+json",
        },
    )
    assert reply.status_code == 500
    done = traced.exporter.get_finished_spans()
    failed = [(span.name, span.events) for span in done if not span.status.is_unset]
    assert failed == [("event.insert", ()), ("POST /events", ())]
    assert done[-1].attributes["error.type"] == "INTERNAL"
    assert not any("canary" in span.to_json() for span in done)
