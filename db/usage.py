"""The numbers of cycles in SQL: one statement, so that one answer is one snapshot."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from billing import span
from billing.commitment import Adjustment, AdjustmentReason, Commitment, GrantKind, Meter
from billing.cycle import Cycle
from billing.figures import Figures
from billing.period import Period
from billing.span import Span
from db import queries
from db.pool import Connection, Row

_SQL = queries.load("usage")

Place: TypeAlias = tuple[int, UUID]
"""Where in the caller's list a row of the answer belongs, and whose it is."""


async def of_cycles(
    conn: Connection, cycles: Sequence[Cycle], *, meters: frozenset[Meter]
) -> list[Figures]:
    """Fetch the sums of cycles, in their order; usage only of the meters asked for.

    A conversation is asked for twice, as landed and as completed: the places of the
    latter come after all cycles.
    """
    conversations: list[tuple[Place, Span]] = []
    charges: list[tuple[Place, Span]] = []
    for place, cycle in enumerate(cycles):
        account_id = cycle.account.id
        if Meter.CONVERSATIONS in meters:
            conversations.append(((place, account_id), span.landed(cycle)))
            conversations.append(((len(cycles) + place, account_id), span.completed(cycle)))
        if Meter.CARRIER in meters:
            charges.append(((place, account_id), span.charged(cycle)))
    account_ids = list({cycle.account.id for cycle in cycles})
    rows = await conn.fetch(
        _SQL["of_cycles"],
        *_days(conversations),
        *_pieces(conversations),
        *_days(charges),
        *_pieces(charges),
        list(range(len(cycles))),
        [cycle.account.id for cycle in cycles],
        [cycle.number for cycle in cycles],
        account_ids,
    )
    figures = [Figures() for _ in cycles]
    commitments: dict[UUID, list[Commitment]] = defaultdict(list)
    versions: dict[UUID, dict[Meter, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        if row["part"] == "committed":
            commitments[account_ids[row["place"] - 1]].append(_commitment(row))
        elif row["part"] == "version":
            versions[account_ids[row["place"] - 1]][Meter(row["label"])] = row["amount"]
        elif row["place"] < len(cycles):
            _add(figures[row["place"]], row)
        else:
            figures[row["place"] - len(cycles)].completed += row["amount"]
    for cycle, figure in zip(cycles, figures, strict=True):
        figure.commitments = commitments[cycle.account.id]
        figure.versions = versions[cycle.account.id]
    return figures


def _add(figures: Figures, row: Row) -> None:
    part, label = row["part"], row["label"]
    if part == "conversations":
        figures.conversations[label] += row["amount"]
    elif part == "charges":
        figures.charges[label].add(row["amount"], row["n"])
    elif part == "granted":
        figures.granted[GrantKind(label)] += row["amount"]
        figures.grant_prices_micros[GrantKind(label)] += row["n"]
    else:
        side, meter = part.split()
        adjustment = Adjustment(
            meter=Meter(meter),
            label=label,
            change=row["amount"],
            events=row["n"],
            reason=AdjustmentReason(row["reason"]),
            cycle_number=row["number"],
        )
        (figures.booked if side == "booked" else figures.moved).append(adjustment)


def _commitment(row: Row) -> Commitment:
    return Commitment(Meter(row["label"]), row["n"], row["number"], row["amount"])


def _days(spans: Iterable[tuple[Place, Span]]) -> tuple[list[Any], ...]:
    return _columns((place, span.days) for place, span in spans if span.days is not None)


def _pieces(spans: Iterable[tuple[Place, Span]]) -> tuple[list[Any], ...]:
    return _columns((place, piece) for place, span in spans for piece in span.pieces)


def _columns(ranges: Iterable[tuple[Place, Period]]) -> tuple[list[Any], ...]:
    """Turn ranges into columns: places, account ids, starts, ends."""
    rows = list(ranges)
    return (
        [place for (place, _), _ in rows],
        [account_id for (_, account_id), _ in rows],
        [period.start for _, period in rows],
        [period.end for _, period in rows],
    )
