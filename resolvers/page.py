"""Pages of lists, as GraphQL connections: edges with cursors, and what lies beyond."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar

from billing.errors import BadInputError
from billing.instant import EPOCH, TICK
from db.page import Page, Position
from db.text import storable

T = TypeVar("T")

PAGE_DEFAULT = 20
"""Entries of a page where nothing else is asked for."""

PAGE_MAX = 100
"""Entries of the longest page."""

CURSOR_MAX = 1_000
"""Characters of the longest cursor."""


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page begins and ends, and whether the list goes on."""

    has_previous_page: bool
    has_next_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Edge(Generic[T]):
    """One entry and the cursor that names its place."""

    cursor: str
    node: T


@dataclass(frozen=True, slots=True)
class Paged(Generic[T]):
    """One page of a list: its entries, and whether the list goes on before and after them.

    Cursors are written only where they are asked for.
    """

    nodes: Sequence[T]
    cursor: Callable[[T], str] = field(repr=False)
    previous: bool
    following: bool

    @property
    def edges(self) -> list[Edge[T]]:
        """The entries with their cursors."""
        return [Edge(self.cursor(node), node) for node in self.nodes]

    @property
    def page_info(self) -> PageInfo:
        """Where the page begins and ends."""
        start, end = (
            map(self.cursor, (self.nodes[0], self.nodes[-1])) if self.nodes else (None, None)
        )
        return PageInfo(self.previous, self.following, start, end)

    @classmethod
    def of(
        cls, nodes: Sequence[T], cursor: Callable[[T], str], *, previous: bool, following: bool
    ) -> "Paged[T]":
        """Make a page of its entries."""
        return cls(nodes, cursor, previous, following)


def page_size(count: int, *, field: str = "first") -> int:
    """Return `count` if a page may have so many entries.

    Raises:
        BadInputError: it is below 1 or beyond the longest page.
    """
    if not 1 <= count <= PAGE_MAX:
        raise BadInputError(f"It must be from 1 to {PAGE_MAX}.", field=field)
    return count


def cursor_of(*position: str | int) -> str:
    """Write a place in a list as a cursor."""
    text = json.dumps(position, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, *types: type, field: str) -> tuple[str | int, ...]:
    """Read a cursor whose parts have these types.

    Raises:
        BadInputError: it is not one that this list has given.
    """
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        parts = None
    fits = isinstance(parts, list) and [type(part) for part in parts] == list(types)
    if len(cursor) > CURSOR_MAX or not fits:
        raise BadInputError("It is not a cursor of this list.", field=field)
    return tuple(parts)


def position_cursor(position: Position) -> str:
    """Write the sort key of a row as a cursor."""
    at, *texts = position
    return cursor_of((at - EPOCH) // TICK, *texts)


def page(first: int, after: str | None) -> Page:
    """Return the page of rows that a connection's arguments ask for, and one row more.

    Raises:
        BadInputError: `first` or `after` is none that the list takes.
    """
    limit = page_size(first) + 1
    if after is None:
        return Page(None, limit)
    micros, *texts = read_cursor(after, int, str, str, field="after")
    try:
        at = EPOCH + timedelta(microseconds=int(micros))
    except OverflowError:
        raise BadInputError("It is not a cursor of this list.", field="after") from None
    if not all(storable(str(text)) for text in texts):
        raise BadInputError("It is not a cursor of this list.", field="after")
    return Page((at, str(texts[0]), str(texts[1])), limit)


def paged_rows(
    rows: Sequence[T], first: int, after: str | None, *, position: Callable[[T], Position]
) -> Paged[T]:
    """Make a connection of the rows of `page`: the one too many tells that the list goes on."""
    return Paged.of(
        rows[:first],
        lambda row: position_cursor(position(row)),
        previous=after is not None,
        following=len(rows) > first,
    )
