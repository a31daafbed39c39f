"""The numbers of cycles in SQL: one statement, so that one answer is one snapshot."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from billing import span
from billing.account import Account
from billing.commitment import Adjustment, AdjustmentReason, Commitment, GrantKind, Meter
from billing.cycle import Cycle
from billing.figures import ChargeSum, Counts, Figures, GrantRow, Stated
from billing.span import Span
from db import account, queries
from db.columns import columns
from db.pool import Connection, Row, UnavailableError

_SQL = queries.load("usage")

# Enumerations are slow to call, and there are many rows.
_METERS = {meter.value: meter for meter in Meter}
_KINDS = {kind.value: kind for kind in GrantKind}
_REASONS = {reason.value: reason for reason in AdjustmentReason}


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
    asked = Asked(cycles, grants_of)
    given = asked.parameters(meters=meters, assumed=assumed)
    asked.read(await conn.fetch(_SQL["of_cycles"], *given))
    return asked.figures, asked.outdated


class _Run:
    """Cycles of an account that follow one another, and the places of the views of each."""

    __slots__ = ("account", "commitments", "first", "one_by_one", "places", "versions")

    def __init__(self, account: Account, first: int, *, one_by_one: bool) -> None:
        self.account = account
        self.first = first
        self.one_by_one = one_by_one
        self.places: list[list[int]] = []
        self.commitments: list[Commitment] = []
        self.versions: Counts[Meter] = Counts()

    def changed(self, meter: Meter, version: int) -> None:
        """Note a version of a meter; the latest holds."""
        self.versions[meter] = max(self.versions[meter], version)

    @property
    def last(self) -> int:
        """The number of the last cycle."""
        return self.first + len(self.places) - 1


class Asked:
    """What the statement of usage is asked of some cycles, and what it has found.

    `figures` are the sums of the cycles, in their order; `outdated` are the ids of accounts that
    are others by now. Rows are read by position: there are many, and names take twice the time.
    """

    def __init__(self, cycles: Sequence[Cycle], grants_of: Collection[Cycle] = ()) -> None:
        """Ask for `cycles`; of some of them, `grants_of`, with the grants one by one."""
        self._cycles = cycles
        self._stated = {place for place, cycle in enumerate(cycles) if _is_stated(cycle)}
        self._runs = _runs(cycles, grants_of)
        self.outdated: list[UUID] = []
        by_place = {
            place: Figures(commitments=run.commitments, versions=run.versions)
            for run in self._runs
            for places in run.places
            for place in places
        }
        self.figures = [by_place[place] for place in range(len(cycles))]

    def parameters(
        self, *, meters: frozenset[Meter], assumed: Collection[Account] = ()
    ) -> list[Any]:
        """Return what the statement takes: usage only of the meters that are wanted.

        Of a cycle that is known to have a statement nothing is summed.
        """
        days: list[tuple[Any, ...]] = []
        conversations: list[tuple[Any, ...]] = []
        charges: list[tuple[Any, ...]] = []
        for place, cycle in enumerate(self._cycles):
            if place in self._stated:
                continue
            spans = _spans(cycle, meters)
            days += _days(place, cycle, spans)
            conversations += _pieces(place, cycle, spans.landed)
            # A conversation is asked for twice, as landed and as completed: the places of the
            # latter come after all cycles.
            conversations += _pieces(len(self._cycles) + place, cycle, spans.completed)
            charges += _pieces(place, cycle, spans.charged)
        return [
            *columns(map(_run, self._runs), width=5),
            *columns(days, width=7),
            *columns(conversations, width=4),
            *columns(charges, width=4),
            *account.known(assumed),
        ]

    def read(self, rows: Iterable[Row]) -> None:
        """Take over what the statement has found.

        Raises:
            UnavailableError: it lacks a cycle's statement that was there before: this database
                is behind another one.
        """
        for row in rows:
            self._PARTS[row[0]](self, row)
        if any(self.figures[place].stated is None for place in self._stated):
            raise UnavailableError("A statement that is known is not here yet.")

    def _read_conversations(self, row: Row) -> None:
        place, count = row[1], row[4]
        if place >= len(self.figures):
            self.figures[place - len(self.figures)].completed += count
            return
        figures = self.figures[place]
        figures.conversations[row[3]] += count
        figures.completed += row[5]

    def _read_charges(self, row: Row) -> None:
        self.figures[row[1]].charges[row[3]].add(row[4], row[5])

    def _read_statement(self, row: Row) -> None:
        """Take a meter's lines over; a statement without lines has one row without a meter."""
        meter, labels, amounts = row[3], row[10], row[11]
        for place in self._places(row):
            if not self._cycles[place].closed:
                continue
            figures = self.figures[place]
            if figures.stated is None:
                figures.stated = Stated()
            if meter == "CONVERSATIONS":
                figures.stated.conversations = dict(zip(labels, amounts, strict=True))
            elif meter == "CARRIER":
                charges = map(ChargeSum, amounts, row[12])
                figures.stated.charges = dict(zip(labels, charges, strict=True))

    def _read_booked(self, row: Row) -> None:
        for place in self._places(row):
            self.figures[place].booked.append(_adjustment(row))

    def _read_moved(self, row: Row) -> None:
        for place in self._places(row):
            self.figures[place].moved.append(_adjustment(row))

    def _read_commitment(self, row: Row) -> None:
        run, meter, version = self._runs[row["place"] - 1], _METERS[row["label"]], row["ref"]
        run.changed(meter, version)
        if row["number"] is not None:
            run.commitments.append(Commitment(meter, version, row["number"], row["amount"]))

    def _read_grant(self, row: Row) -> None:
        run, kind = self._runs[row["place"] - 1], _KINDS[row["label"]]
        if row["ref"] is not None:
            run.changed(kind.meter, row["ref"])
        if row["number"] is None:
            return
        for place in self._places(row):
            figures = self.figures[place]
            figures.granted[kind] += row["amount"]
            figures.grant_prices_micros[kind] += row["n"]
            if run.one_by_one:
                figures.grants.append(_grant(kind, row))

    def _read_outdated(self, row: Row) -> None:
        self.outdated.append(UUID(row["id"]))

    def _places(self, row: Row) -> list[int]:
        """Return the places of the views of the cycle that a row of a run is of."""
        run: _Run = self._runs[row[1] - 1]
        number: int = row[2]
        return run.places[number - run.first]

    _PARTS: ClassVar[Mapping[str, Callable[["Asked", Row], None]]] = {
        "conversations": _read_conversations,
        "charges": _read_charges,
        "stated": _read_statement,
        "booked": _read_booked,
        "moved": _read_moved,
        "committed": _read_commitment,
        "granted": _read_grant,
        "outdated": _read_outdated,
    }
    """What takes over the rows of each part of the statement."""


class _Spans(NamedTuple):
    """What is to be summed of a cycle."""

    landed: Span
    completed: Span
    charged: Span


_NOTHING = Span()


def _spans(cycle: Cycle, meters: frozenset[Meter]) -> _Spans:
    conversations, charges = Meter.CONVERSATIONS in meters, Meter.CARRIER in meters
    return _Spans(
        span.landed(cycle) if conversations else _NOTHING,
        span.completed(cycle) if conversations else _NOTHING,
        span.charged(cycle) if charges else _NOTHING,
    )


def _is_stated(cycle: Cycle) -> bool:
    """Whether a cycle's numbers are those of a statement that is known to be there."""
    latest = cycle.account.latest_statement
    return latest is not None and cycle.number <= latest and cycle.closed


def _runs(cycles: Sequence[Cycle], grants_of: Collection[Cycle]) -> list[_Run]:
    """Lay cycles out in runs."""
    places: dict[tuple[UUID, bool], dict[int, list[int]]] = {}
    for place, cycle in enumerate(cycles):
        key = cycle.account.id, bool(grants_of) and cycle in grants_of
        places.setdefault(key, {}).setdefault(cycle.number, []).append(place)
    runs: list[_Run] = []
    for (_, one_by_one), numbers in places.items():
        run: _Run | None = None
        for number in sorted(numbers):
            if run is None or number > run.last + 1:
                account = cycles[numbers[number][0]].account
                run = _Run(account, number, one_by_one=one_by_one)
                runs.append(run)
            run.places.append(numbers[number])
    return runs


def _run(run: _Run) -> tuple[Any, ...]:
    """Return a row of the runs: account id, cycles, the first that may be unstated, how."""
    latest = run.account.latest_statement
    unstated = run.first if latest is None else max(run.first, latest + 1)
    return run.account.id, run.first, run.last, unstated, run.one_by_one


def _days(place: int, cycle: Cycle, spans: _Spans) -> list[tuple[Any, ...]]:
    """Return a row of the whole days of a cycle, all of which begin where it does."""
    start = next((each.days.start for each in spans if each.days is not None), None)
    if start is None:
        return []
    landed, completed, charged = (start if each.days is None else each.days.end for each in spans)
    closed = cycle.number if cycle.closed else None
    return [(place, cycle.account.id, start, completed, landed, charged, closed)]


def _pieces(place: int, cycle: Cycle, span: Span) -> list[tuple[Any, ...]]:
    """Return rows of pieces of days."""
    return [(place, cycle.account.id, piece.start, piece.end) for piece in span.pieces]


def _adjustment(row: Row) -> Adjustment:
    return Adjustment(
        meter=_METERS[row["id"]],
        label=row["label"],
        change=row["amount"],
        events=row["n"],
        reason=_REASONS[row["reason"]],
        cycle_number=row["ref"],
    )


def _grant(kind: GrantKind, row: Row) -> GrantRow:
    return GrantRow(
        id=row["id"],
        kind=kind,
        amount=row["amount"],
        price_micros=row["n"],
        reason=row["reason"],
        recorded_at=row["at"],
    )
