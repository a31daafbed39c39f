"""Figures as tables for people."""

from collections.abc import Iterable

from rich.table import Table

from bench.ingest import Step
from bench.run import Figures

_TITLES = {
    "floor": "floor",
    "strawberry": "Strawberry, straightforward",
    "postgraphile": "PostGraphile",
    "mercurius-jit": "mercurius-jit",
}


def of_operations(figures: Figures) -> Table:
    """Lay the operations out: a row for each on each server."""
    table = Table(title="Medians over the rounds; CPU in ms per request")
    for heading in ("operation", "server"):
        table.add_column(heading)
    for heading in ("requests/s", "p50 ms", "p99 ms", "server", "PostgreSQL", "both"):
        table.add_column(heading, justify="right")
    for name, servers in figures.operations.items():
        for server, found in servers.items():
            table.add_row(
                name,
                server,
                f"{found['requests_per_second']:,.0f}",
                *(f"{found[key]:.2f}" for key in ("p50_ms", "p99_ms")),
                *(f"{found[key]:.3f}" for key in ("server_ms", "postgres_ms", "cpu_ms")),
                end_section=server == list(servers)[-1],
            )
    return table


def of_ratios(figures: Figures) -> Table:
    """Lay out how much more or less the server takes than the others."""
    table = Table(title="CPU of the server with PostgreSQL's, as a multiple of others'")
    table.add_column("operation")
    table.add_column("leaves", justify="right")
    others = list(dict.fromkeys(other for ratios in figures.ratios.values() for other in ratios))
    for other in others:
        table.add_column(_TITLES[other], justify="right")
    for name, ratios in figures.ratios.items():
        found = (f"{ratios[other]:.2f}" if other in ratios else "" for other in others)
        table.add_row(name, f"{figures.leaves[name]:,}", *found)
    return table


def of_ingest(steps: Iterable[Step]) -> Table:
    """Lay the steps of taking events in out."""
    table = Table(title="Messages taken in, durably; CPU in µs per message")
    table.add_column("stored", justify="right")
    for heading in ("way", "late", "connections"):
        table.add_column(heading)
    for heading in ("messages/s", "client or server", "PostgreSQL", "bare insert's share"):
        table.add_column(heading, justify="right")
    for step in steps:
        table.add_row(
            f"{step.stored:,}",
            step.way,
            f"{step.late_percent} %",
            str(step.connections),
            f"{step.per_second:,.0f}",
            f"{step.own_us:.1f}",
            f"{step.postgres_us:.1f}",
            "" if step.share is None else f"{step.share:.2f}",
        )
    return table
