"""One run of a plan: columns of response values, where they stand, and what went wrong.

An error is a value. It stays in its row and rises from field to object to list until a place
that may be null takes it in; one error is reported for each null that comes of it. Nothing is
raised on the way, and no path is worked out before somebody asks for it.
"""

from asyncio import TaskGroup
from bisect import bisect_right
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, cast

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    located_error,
)
from graphql.execution import Executor
from graphql.pyutils import Path
from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Site:
    """A field where it stands in the document; part of a plan."""

    key: str
    parent_type: GraphQLObjectType
    definition: GraphQLField
    nodes: list[FieldNode]


class Place:
    """A column where it stands in the response: knows the path of each of its rows."""

    __slots__ = ("above", "site")

    def __init__(self, above: "Place | None", site: Site) -> None:
        self.above = above
        self.site = site

    def path(self, row: int) -> Path:
        """Return where a row of a field's column stands."""
        above = None if self.above is None else self.above.path(row)
        return Path(above, self.site.key, self.site.parent_type.name)

    def field_path(self, row: int) -> Path:
        """Return where the field stands of which the row is a value, or an item of one."""
        return self.path(row)


class ItemsPlace(Place):
    """The items of a column of lists, which have been laid end to end."""

    __slots__ = ("_ends", "_lists")

    def __init__(self, lists: Place, lengths: Sequence[int]) -> None:
        super().__init__(lists, lists.site)
        self._lists = lists
        self._ends = list(accumulate(lengths))

    @override
    def path(self, row: int) -> Path:
        owner = bisect_right(self._ends, row)
        start = self._ends[owner - 1] if owner else 0
        return self._lists.path(owner).add_key(row - start)

    @override
    def field_path(self, row: int) -> Path:
        return self._lists.field_path(bisect_right(self._ends, row))


class SomePlace(Place):
    """Some rows of a column, which have been laid side by side."""

    __slots__ = ("_all", "_rows")

    def __init__(self, all_: Place, rows: Sequence[int]) -> None:
        super().__init__(all_, all_.site)
        self._all = all_
        self._rows = rows

    @override
    def path(self, row: int) -> Path:
        return self._all.path(self._rows[row])

    @override
    def field_path(self, row: int) -> Path:
        return self._all.field_path(self._rows[row])


class Failure(NamedTuple):
    """An exception and the row in which it happened."""

    error: Exception
    place: Place
    row: int

    def located(self) -> GraphQLError:
        """Return it as clients get it, with its path."""
        path = self.place.path(self.row).as_list()
        return located_error(self.error, self.place.site.nodes, path)


Failures: TypeAlias = Mapping[int, Failure]
"""Failures by their row."""

NO_FAILURES: Failures = MappingProxyType({})


class Column(NamedTuple):
    """Response values, one for each row; those of failed rows are None."""

    values: list[Any]
    failures: Failures = NO_FAILURES


Values: TypeAlias = list[Any]
"""What a source gives: a value for each parent; an exception is that parent's error."""


class Later:
    """A column that is finished when all that it waits for is there."""

    __slots__ = ("_finish",)

    def __init__(self, finish: Callable[[], Column]) -> None:
        self._finish = finish

    def column(self) -> Column:
        """Finish it."""
        return self._finish()


class Pending(NamedTuple):
    """What waits for a source's values.

    Where these have `begun` to be loaded, it may be awaited after others: a task gains nothing.
    """

    values: Coroutine[Any, Any, Values]
    begun: bool = False


class Waiting:
    """What a source is waited for, and how its field goes on then."""

    __slots__ = ("go_on", "pending", "started")

    def __init__(self, pending: Pending, go_on: "Callable[[Values], Started]") -> None:
        self.pending = pending
        self.go_on = go_on
        self.started: Started | None = None

    def column(self) -> Column:
        """Finish what the field has gone on with."""
        assert self.started is not None, "a run waits for all that was asked"
        return finished(self.started)


Started: TypeAlias = Column | Later | Waiting
"""A column that is there, or that is being waited for."""


def finished(started: Started) -> Column:
    """Return a column, now that nothing is waited for any more."""
    return started if isinstance(started, Column) else started.column()


def then(started: Started, go_on: Callable[[Column], Column]) -> Started:
    """Go on with a column as soon as it is there: now, if it is."""
    if isinstance(started, Column):
        return go_on(started)
    return Later(lambda: go_on(finished(started)))


def together(started: list[Started], join: Callable[[list[Column]], Column]) -> Started:
    """Join columns as soon as all of them are there: now, if they are."""
    if all(isinstance(each, Column) for each in started):
        return join(cast(list[Column], started))
    return Later(lambda: join(list(map(finished, started))))


def laid_out(
    parts: Iterable[tuple[Sequence[int], Column]], size: int, failures: Failures
) -> Column:
    """Put columns of some rows each, and failures of others, in one of `size` rows."""
    values: list[Any] = [None] * size
    found = dict(failures)
    for rows, column in parts:
        for row, value in zip(rows, column.values, strict=True):
            values[row] = value
        found |= {rows[row]: failure for row, failure in column.failures.items()}
    return Column(values, found)


@dataclass(slots=True)
class Run:
    """One run: what all of its columns share; `objects` counts those that have fields."""

    executor: Executor[Any]
    context: Any
    objects: int = 0
    _waiting: list[Waiting] = field(default_factory=list)
    _nulls: list[tuple[Failure, Place, int]] = field(default_factory=list)

    def wait(self, pending: Pending, go_on: Callable[[Values], Started]) -> Started:
        """Go on with what a source was asked for once all that is asked by now is there."""
        waiting = Waiting(pending, go_on)
        self._waiting.append(waiting)
        return waiting

    async def finish(self, started: Started) -> Column:
        """Wait, level by level, for all that is asked, and return the column.

        What is asked for in one level, wherever in the document it stands, is begun in one turn
        of the event loop: what goes through a loader shares a batch, and with it a snapshot.
        """
        level: list[Waiting] = []
        try:
            while self._waiting:
                level, self._waiting = self._waiting, []
                for each, values in zip(level, await _all_of(level), strict=True):
                    each.started = each.go_on(values)
        finally:
            for each in (*level, *self._waiting):  # what is cut leaves nothing half begun
                each.pending.values.close()
        return finished(started)

    def info(self, place: Place, row: int) -> GraphQLResolveInfo[Any]:
        """Return what the resolver of the field in a row is told."""
        site = place.site
        return self.executor.build_resolve_info(
            site.definition, site.nodes, site.parent_type, place.field_path(row)
        )

    def take_in(self, failures: Failures, place: Place) -> None:
        """Note failures that end here, since these rows may be null."""
        self._nulls += [(failure, place, row) for row, failure in failures.items()]

    def errors(self, data: dict[str, Any]) -> list[GraphQLError]:
        """Return one error for each null in `data` that one made.

        Nulls that went down with an object around them have no place in `data`, and no error.
        """
        return [
            failure.located()
            for failure, place, row in self._nulls
            if _stands(data, place.path(row).as_list())
        ]


def _stands(data: Any, path: list[str | int]) -> bool:
    for key in path:
        if data is None:
            return False
        data = data[key]
    return True


async def _all_of(level: Sequence[Waiting]) -> list[Values]:
    """Return what was asked for: at once what has not begun, where that is more than one thing."""
    pending = [each.pending for each in level]
    if sum(not each.begun for each in pending) <= 1:
        return [await each.values for each in pending]
    async with TaskGroup() as group:
        tasks = [group.create_task(each.values) for each in pending]
    return [task.result() for task in tasks]
