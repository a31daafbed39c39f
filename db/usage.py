"""The numbers of cycles in SQL: one statement, so that one answer is one snapshot."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from billing import span
from billing.account import Account
from billing.commitment import Adjustment, AdjustmentReason, Commitment, GrantKind, Meter
from billing.cycle import Cycle
from billing.figures import ChargeSum, Figures, GrantRow
from billing.span import Span
from db import account, queries
from db.columns import columns
from db.pool import Connection, Row

_SQL = queries.load("usage")

Place: TypeAlias = tuple[int, UUID, int | None]
"""Where in the caller's list a row belongs, whose it is, and the cycle's number if closed."""


async def of_cycles(
    conn: Connection,
    cycles: Sequence[Cycle],
    *,
    meters: frozenset[Meter],
    grants_of: Collection[Cycle] = (),
) -> list[Figures]:
    """Fetch the sums of cycles, in their order; usage only of the meters asked for.

    Of `grants_of`, some of the cycles, the grants come one by one too.
    """
    figures, _ = await of_assumed_cycles(
        conn, cycles, meters=meters, grants_of=grants_of, assumed=()
    )
    return figures


async def of_assumed_cycles(
    conn: Connection,
    cycles: Sequence[Cycle],
    *,
    meters: frozenset[Meter],
    grants_of: Collection[Cycle],
    assumed: Collection[Account],
) -> tuple[list[Figures], list[UUID]]:
    """Fetch the sums of cycles, and the ids of those `assumed` accounts that are others by now."""
    given = parameters(cycles, meters=meters, grants_of=grants_of, assumed=assumed)
    return read(cycles, await conn.fetch(_SQL["of_cycles"], *given))


def parameters(
    cycles: Sequence[Cycle],
    *,
    meters: frozenset[Meter],
    grants_of: Collection[Cycle] = (),
    assumed: Collection[Account] = (),
) -> list[Any]:
    """Return what the query takes.

    A conversation is asked for twice, as landed and as completed: the places of the
    latter come after all cycles.
    """
    conversations: list[tuple[Place, Span]] = []
    charges: list[tuple[Place, Span]] = []
    for place, cycle in enumerate(cycles):
        account_id, closed = cycle.account.id, cycle.number if cycle.closed else None
        if Meter.CONVERSATIONS in meters:
            conversations.append(((place, account_id, closed), span.landed(cycle)))
            conversations.append(((len(cycles) + place, account_id, closed), span.completed(cycle)))
        if Meter.CARRIER in meters:
            charges.append(((place, account_id, closed), span.charged(cycle)))
    return [
        *_days(conversations),
        *_pieces(conversations),
        *_days(charges),
        *_pieces(charges),
        *_cycles(enumerate(cycles)),
        _account_ids(cycles),
        *_cycles((place, cycle) for place, cycle in enumerate(cycles) if cycle in grants_of),
        *account.known(assumed),
    ]


def read(cycles: Sequence[Cycle], rows: Sequence[Row]) -> tuple[list[Figures], list[UUID]]:
    """Read what the query has found: the sums of `cycles`, and the ids of outdated accounts."""
    outdated = [UUID(row["id"]) for row in rows if row["part"] == "outdated"]
    sums = (row for row in rows if row["part"] != "outdated")
    return _figures(cycles, _account_ids(cycles), sums), outdated


def _account_ids(cycles: Sequence[Cycle]) -> list[UUID]:
    """Return the ids of the accounts, in an order that their places stand for."""
    return list(dict.fromkeys(cycle.account.id for cycle in cycles))


def _figures(
    cycles: Sequence[Cycle], account_ids: Sequence[UUID], rows: Iterable[Row]
) -> list[Figures]:
    figures = [Figures() for _ in cycles]
    commitments: dict[UUID, list[Commitment]] = defaultdict(list)
    versions: dict[UUID, dict[Meter, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        if row["part"] == "committed":
            commitments[account_ids[row["place"] - 1]].append(_commitment(row))
        elif row["part"] == "version":
            versions[account_ids[row["place"] - 1]][Meter(row["label"])] = row["amount"]
        elif row["part"] == "stated":
            if cycles[row["place"]].closed:
                _state(figures[row["place"]], row)
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
    elif part == "grant":
        figures.grants.append(_grant(row))
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


def _state(figures: Figures, row: Row) -> None:
    """Take a line of a statement over; the only row of one without lines has no label."""
    if figures.stated is None:
        figures.stated = {meter: {} for meter in Meter}
    if row["label"] is not None:
        figures.stated[Meter(row["reason"])][row["label"]] = ChargeSum(row["amount"], row["n"])


def _grant(row: Row) -> GrantRow:
    return GrantRow(
        id=row["id"],
        kind=GrantKind(row["label"]),
        amount=row["amount"],
        price_micros=row["n"],
        reason=row["reason"],
        recorded_at=row["at"],
    )


def _commitment(row: Row) -> Commitment:
    return Commitment(Meter(row["label"]), row["n"], row["number"], row["amount"])


def _cycles(places: Iterable[tuple[int, Cycle]]) -> list[list[Any]]:
    """Turn cycles into columns: places, account ids, numbers."""
    rows = [(place, cycle.account.id, cycle.number) for place, cycle in places]
    return columns(rows, width=3)


def _days(spans: Iterable[tuple[Place, Span]]) -> list[list[Any]]:
    """Turn whole days into columns: places, account ids, starts, ends, numbers if closed."""
    rows = [
        (place, account_id, span.days.start, span.days.end, closed)
        for (place, account_id, closed), span in spans
        if span.days is not None
    ]
    return columns(rows, width=5)


def _pieces(spans: Iterable[tuple[Place, Span]]) -> list[list[Any]]:
    """Turn pieces of days into columns: places, account ids, starts, ends."""
    rows = [
        (place, account_id, piece.start, piece.end)
        for (place, account_id, _), span in spans
        for piece in span.pieces
    ]
    return columns(rows, width=4)
