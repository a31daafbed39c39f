"""Counting what happens, for Prometheus. No label is a client's word."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.metrics_core import Metric

from edge.note import Note
from resolvers.ingest import Outcome

SOCKET = "socket"
"""Stands for the route of an operation that came over a WebSocket."""

OTHER = "other"
"""Stands for the name of an operation that is none of the trusted documents."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
"""Bounds between which requests are counted by how long they took; streams take longer."""

STATEMENTS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24)
"""Bounds between which requests are counted by how many statements they ran."""

LAG_SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600, 86_400)
"""Bounds between which batches are counted by how late they came."""


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "kontingent_requests",
            "Requests replied to, and operations on WebSockets, by the code of the first error.",
            ["route", "operation", "status", "code"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "kontingent_request_seconds",
            "How long they took.",
            ["route", "operation"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._statements = Histogram(
            "kontingent_request_statements",
            "How many named statements a GraphQL request ran.",
            ["operation"],
            buckets=STATEMENTS,
            registry=self._registry,
        )
        self._pushes = Counter(
            "kontingent_subscription_events",
            "Events of subscriptions, the first of each too, by what became of them: told, "
            "unchanged (it would have said the same again), refused (it ends), or postponed "
            "(it is tried again).",
            ["operation", "result"],
            registry=self._registry,
        )
        self._limits = Counter(
            "kontingent_limits_hit",
            "Documents refused because they are too large, by the limit.",
            ["limit"],
            registry=self._registry,
        )
        self._events = Counter(
            "kontingent_events",
            "Events sent, by what became of each: accepted, duplicate, conflict, rejected.",
            ["result"],
            registry=self._registry,
        )
        self._rejections = Counter(
            "kontingent_events_rejected",
            "Rejected events, by the reason.",
            ["reason"],
            registry=self._registry,
        )
        self._lag = Histogram(
            "kontingent_ingest_lag_seconds",
            "How old the newest event of a batch was that brought anything new, once stored.",
            buckets=LAG_SECONDS,
            registry=self._registry,
        )

    def replied(self, note: Note, seconds: float) -> None:
        """Count a request, or an operation on a WebSocket."""
        operation = note.operation
        if note.route in {"/graphql", SOCKET}:
            operation = operation or OTHER
            self._statements.labels(operation).observe(note.statements)
        self._requests.labels(note.route, operation, note.status, note.code).inc()
        self._seconds.labels(note.route, operation).observe(seconds)
        if note.limit:
            self._limits.labels(note.limit).inc()

    def pushed(self, operation: str, result: str) -> None:
        """Count an event of a subscription."""
        self._pushes.labels(operation or OTHER, result).inc()

    def took(self, outcome: Outcome, lag_seconds: float) -> None:
        """Count a batch of events that was taken in."""
        results = {
            "accepted": outcome.accepted,
            "duplicate": outcome.duplicates - outcome.conflicts,
            "conflict": outcome.conflicts,
            "rejected": outcome.rejected,
        }
        for result, count in results.items():
            self._events.labels(result).inc(count)
        for reason, count in outcome.reasons.items():
            self._rejections.labels(reason).inc(count)
        if outcome.accepted:
            self._lag.observe(lag_seconds)

    def collect(self) -> Iterator[Metric]:
        """Yield all that was counted."""
        return iter(self._registry.collect())
