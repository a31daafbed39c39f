"""What the floor's statements take: the instants between which they sum, by the product's rules.

They are worked out once. Cycles that are open follow one another, and so do their days; a piece of
a day is at most at the end.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bench.data import NOW
from billing import span
from billing.account import Account, AccountAt
from billing.cycle import Cycle, current_cycle, next_cycle
from billing.span import Span
from db.columns import columns

CYCLES = 15
"""Cycles of a dashboard."""


def page(each: Account) -> list[Any]:
    """Return what the statement of one account's cycles takes."""
    cycles = _newest(each)
    opened = [cycle for cycle in reversed(cycles) if not cycle.closed]
    return [
        *_account(each, cycles),
        *columns([_cycle(cycle)[1:] for cycle in cycles], width=5),
        opened[0].number,
        [cycle.starts_at for cycle in opened],
        *_bounds([span.landed(cycle) for cycle in opened]),
        *_bounds([span.charged(cycle) for cycle in opened]),
    ]


def pages(accounts: Sequence[Account]) -> list[Any]:
    """Return what the statement of many accounts' cycles takes."""
    cycles = {each.id: _newest(each) for each in accounts}
    every = [cycle for found in cycles.values() for cycle in found]
    opened = [cycle for cycle in every if not cycle.closed]
    landed = [(cycle, span.landed(cycle)) for cycle in opened]
    charged = [(cycle, span.charged(cycle)) for cycle in opened]
    return [
        *columns([_account(each, cycles[each.id]) for each in accounts], width=5),
        *columns([_cycle(cycle) for cycle in every], width=6),
        *_days(landed),
        *_pieces(landed),
        *_days(charged),
        *_pieces(charged),
    ]


def _newest(each: Account) -> list[Cycle]:
    return [Cycle.of(each, number, NOW) for number in reversed(each.cycle_numbers(NOW)[-CYCLES:])]


def _bounds(spans: Sequence[Span]) -> list[datetime]:
    """Return where the days of cycles that follow one another begin and end, and a piece after."""
    days = [each.days for each in spans if each.days is not None]
    pieces = [piece for each in spans for piece in each.pieces]
    assert len(pieces) <= 1
    return [
        *((days[0].start, days[-1].end) if days else (NOW, NOW)),
        *((pieces[0].start, pieces[0].end) if pieces else (NOW, NOW)),
    ]


def _account(each: Account, cycles: Sequence[Cycle]) -> tuple[Any, ...]:
    closed = [cycle.number for cycle in cycles if cycle.closed]
    at = AccountAt(each, NOW)
    return each.id, at.plan, at.time_zone, min(closed), max(closed)


def _cycle(cycle: Cycle) -> tuple[Any, ...]:
    return (
        cycle.account.id,
        cycle.number,
        cycle.state.value,
        cycle.starts_on.isoformat(),
        cycle.ends_on.isoformat(),
        cycle.price_list.included,
    )


def _days(spans: Sequence[tuple[Cycle, Span]]) -> list[list[Any]]:
    rows = [
        (cycle.account.id, cycle.number, each.days.start, each.days.end)
        for cycle, each in spans
        if each.days is not None
    ]
    return columns(rows, width=4)


def _pieces(spans: Sequence[tuple[Cycle, Span]]) -> list[list[Any]]:
    rows = [
        (cycle.account.id, cycle.number, piece.start, piece.end)
        for cycle, each in spans
        for piece in each.pieces
    ]
    return columns(rows, width=4)


def periods(accounts: Sequence[Account]) -> list[tuple[Any, ...]]:
    """Return the rows of the peers' table of cycles."""
    return [
        (*_cycle(cycle), place, *_instants(cycle))
        for each in accounts
        for place, cycle in enumerate(_newest(each), 1)
    ]


def _instants(cycle: Cycle) -> Sequence[datetime | None]:
    if cycle.closed:
        return [None] * 8
    return _bounds([span.landed(cycle)]) + _bounds([span.charged(cycle)])


def current(each: Account) -> list[Any]:
    """Return what statements about the current cycle take."""
    cycle = current_cycle(each, NOW)
    assert cycle is not None
    return [
        each.id,
        cycle.number,
        cycle.price_list.included,
        *_bounds([span.landed(cycle)]),
        *_bounds([span.charged(cycle)]),
    ]


def last_day(each: Account) -> str:
    """Return the last day of the current cycle, as it is shown."""
    cycle = current_cycle(each, NOW)
    assert cycle is not None
    return cycle.ends_on.isoformat()


def coming(each: Account) -> list[Any]:
    """Return what a commitment from the next cycle on takes besides."""
    cycle = next_cycle(each, NOW)
    assert cycle is not None
    return [
        NOW,
        cycle.starts_at,
        cycle.starts_on.isoformat(),
        cycle.price_list.block_price_micros,
        cycle.price_list.limits.commitment_blocks_max,
        *(at.isoformat().replace("+00:00", "Z") for at in (cycle.starts_at, NOW)),
    ]
