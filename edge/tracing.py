"""Spans for OpenTelemetry: of requests, operations and statements, by names that are ours."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import Scope

from edge.note import Note

EXPORT_SECONDS = 3.0
"""How long sending spans may take; it is done in a thread of its own."""

FAILED = 500
"""The first status that is the server's fault."""

PARENT = "traceparent"
"""The header that names the span that a request comes from: numbers, and nothing else is taken."""


def sent_to(endpoint: str) -> "Tracing":
    """Return what makes spans that are sent to a collector, the last ones as the process ends."""
    url = f"{endpoint}/v1/traces"
    return Tracing(BatchSpanProcessor(OTLPSpanExporter(url, timeout=EXPORT_SECONDS)))


class Tracing:
    """Makes spans. None of them has the words of an error."""

    def __init__(self, processor: SpanProcessor) -> None:
        provider = TracerProvider(resource=Resource.create({"service.name": "kontingent"}))
        provider.add_span_processor(processor)
        self._tracer = provider.get_tracer("kontingent")
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def request(self, scope: Scope, note: Note) -> Iterator[None]:
        """Span a request; what is known of it at its end is told then."""
        parent = Headers(scope=scope).get(PARENT)
        with self._tracer.start_as_current_span(
            scope["method"],
            context=None if parent is None else self._propagator.extract({PARENT: parent}),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": scope["method"], "kontingent.request.id": note.id},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            finally:
                span.update_name(f"{scope['method']} {note.route}")
                span.set_attributes(
                    {"http.route": note.route, "http.response.status_code": note.status}
                )
                if note.code:
                    span.set_attribute("error.type", note.code)
                if note.status >= FAILED:
                    span.set_status(StatusCode.ERROR)

    def operation(self, name: str) -> AbstractContextManager[object]:
        """Span an operation."""
        return self._tracer.start_as_current_span(
            f"GraphQL {name}".rstrip(),
            attributes={"graphql.operation.name": name} if name else None,
            record_exception=False,
            set_status_on_exception=False,
        )

    def statement(self, name: str, seconds: float, *, failed: bool) -> None:
        """Span a statement that has just ended."""
        ended = time.time_ns()
        span = self._tracer.start_span(
            name,
            kind=SpanKind.CLIENT,
            attributes={"db.system.name": "postgresql", "db.query.summary": name},
            start_time=ended - int(seconds * 1e9),
        )
        if failed:
            span.set_status(StatusCode.ERROR)
        span.end(ended)
