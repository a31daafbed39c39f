"""The usage of cycles by time in SQL: one statement, so that one answer is one snapshot."""

from collections.abc import Callable, Sequence
from typing import Any

from billing import span
from billing.commitment import Meter
from billing.cycle import Cycle
from billing.series import SeriesFigures
from billing.span import Span
from db import queries
from db.columns import columns
from db.pool import Connection, Row

_SQL = queries.load("series")


async def of_cycles(conn: Connection, cycles: Sequence[Cycle]) -> list[SeriesFigures]:
    """Fetch what is stored of cycles by time, in their order."""
    rows = await conn.fetch(
        _SQL["of_cycles"],
        *_stretches(cycles, span.landed),
        *_stretches(cycles, span.charged),
        *columns([(i, each.account.id, each.number) for i, each in enumerate(cycles)], width=3),
    )
    figures = [SeriesFigures() for _ in cycles]
    for row in rows:
        _add(figures[row["place"]], cycles[row["place"]], row)
    return figures


def _add(figures: SeriesFigures, cycle: Cycle, row: Row) -> None:
    meter, amount = Meter(row["meter"]), row["amount"]
    if row["part"] == "day":
        figures.days[meter][row["day"]] += amount
    elif row["part"] == "adjusted":
        figures.adjusted[meter] += amount
    elif cycle.closed:
        figures.stated = {**(figures.stated or {}), meter: amount}


def _stretches(cycles: Sequence[Cycle], spanned: Callable[[Cycle], Span]) -> list[list[Any]]:
    """Turn what to sum of cycles into columns: four of whole days, four of pieces of days."""
    days: list[tuple[Any, ...]] = []
    pieces: list[tuple[Any, ...]] = []
    for place, cycle in enumerate(cycles):
        found = spanned(cycle)
        if found.days is not None:
            days.append((place, cycle.account.id, found.days.start, found.days.end))
        pieces += [(place, cycle.account.id, piece.start, piece.end) for piece in found.pieces]
    return columns(days, width=4) + columns(pieces, width=4)
