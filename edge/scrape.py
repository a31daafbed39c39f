"""``GET /metrics``: what was counted, and how things stand, in the form that Prometheus reads."""

import asyncio
import hmac
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from db.pool import usage_of
from edge.reply import problem
from edge.state import State, state_of
from resolvers import outbox
from resolvers.context import UnavailableError
from resolvers.outbox import Backlog
from schema.columns.executor import TALLY

OUTBOX_SECONDS = 1.0
"""How long the database may take to tell what the queue holds; without it there is the rest."""


class Metrics:
    """The endpoint: for whoever has its token, since it tells how much business there is."""

    def __init__(self, token: str) -> None:
        self._authorization = f"Bearer {token}".encode()

    async def respond(self, request: Request) -> Response:
        """Reply with all metrics."""
        given = request.headers.get("authorization", "").encode("latin-1")
        if not hmac.compare_digest(given, self._authorization):
            return problem(401, "UNAUTHENTICATED", "Metrics are shown for their token.")
        state = state_of(request)
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        content = encode(_Standing(state, await _backlog(state)))
        return Response(content, headers={"cache-control": "no-store", "content-type": media_type})


async def _backlog(state: State) -> Backlog | None:
    with suppress(UnavailableError, TimeoutError):
        async with asyncio.timeout(OUTBOX_SECONDS):
            return await outbox.backlog(state["pool"])
    return None


@dataclass(frozen=True, slots=True)
class _Standing(Collector):
    """What was counted, with how things stand at this moment."""

    state: State
    backlog: Backlog | None

    @override
    def collect(self) -> Iterator[Metric]:
        yield from self.state["metrics"].collect()
        yield from self._pools()
        yield from self._admissions()
        yield _gauge("subscribers", "Live subscriptions.", {"": len(self.state["watchers"])})
        executions = CounterMetricFamily(
            "kontingent_executions",
            "Operations and events of subscriptions, by what ran them, of the process.",
            labels=["executor"],
        )
        executions.add_metric(["columns"], TALLY.columns)
        executions.add_metric(["fallback"], TALLY.fallbacks)
        yield executions
        if self.backlog is not None:
            yield from self._outbox(self.backlog)

    def _pools(self) -> Iterator[Metric]:
        pools = {"queries": self.state["pool"], "ingest": self.state["ingest_pool"]}
        usages = {name: usage_of(pool) for name, pool in pools.items()}
        for state in ("busy", "idle", "waiting"):
            yield _gauge(
                f"pool_{state}",
                "Operations that wait for a connection."
                if state == "waiting"
                else f"Connections to the database that are {state}.",
                {name: getattr(usage, state) for name, usage in usages.items()},
                label="pool",
            )

    def _admissions(self) -> Iterator[Metric]:
        admissions = {
            "queries": self.state["admission"],
            "ingest": self.state["ingest_admission"],
        }
        yield _gauge(
            "in_flight",
            "Requests that have a place.",
            {name: each.taken for name, each in admissions.items()},
            label="pool",
        )
        refused = CounterMetricFamily(
            "kontingent_refused", "Requests for which there was no place.", labels=["pool"]
        )
        for name, each in admissions.items():
            refused.add_metric([name], each.refused)
        yield refused

    def _outbox(self, backlog: Backlog) -> Iterator[Metric]:
        counts = {"pending": backlog.pending, "dead": backlog.dead}
        yield _gauge("outbox", "Notices and letters: pending, or given up.", counts, label="state")
        overdue = 0.0
        if backlog.due_at is not None:
            overdue = max(0.0, (self.state["clock"]() - backlog.due_at).total_seconds())
        yield _gauge("outbox_overdue_seconds", "How long the oldest is overdue.", {"": overdue})


def _gauge(
    name: str, description: str, values: Mapping[str, float], *, label: str | None = None
) -> Metric:
    """Make a gauge; without a label it has one value."""
    labels = [] if label is None else [label]
    gauge = GaugeMetricFamily(f"kontingent_{name}", description, labels=labels)
    for value_of, value in values.items():
        gauge.add_metric([value_of][: len(labels)], value)
    return gauge
