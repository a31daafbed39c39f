"""Shapes: how a column of values becomes a column of response values.

Each shape knows whether its places may be null. Where they may, nulls and failures end; where
they may not, a null is a failure, and failures go on upwards, to the place around.
"""

from abc import ABC, abstractmethod
from types import NoneType
from typing import Any

from graphql import GraphQLError, GraphQLLeafType
from graphql.pyutils import Undefined, is_iterable
from typing_extensions import override

from schema.columns import leaf
from schema.columns.run import (
    Column,
    Failure,
    Failures,
    ItemsPlace,
    Place,
    Run,
    Site,
    SomePlace,
    Started,
    laid_out,
    then,
)

_NOT_THERE = (NoneType, type(Undefined), Exception)


class Shape(ABC):
    """What the type of a field, or of the items of a list, makes of values."""

    def __init__(self, site: Site, *, required: bool) -> None:
        self.site = site
        self._required = required

    def start(self, run: Run, values: list[Any], place: Place) -> Started:
        """Turn values, with errors and nulls among them, into response values."""
        if not any(issubclass(kind, _NOT_THERE) for kind in set(map(type, values))):
            started = self._start(run, values, place)
            return then(started, lambda column: self._settled(run, column, place))
        rows = [row for row, value in enumerate(values) if not isinstance(value, _NOT_THERE)]
        failures = {
            row: Failure(value, place, row)
            for row, value in enumerate(values)
            if isinstance(value, Exception)
        }
        started = self._start(run, [values[row] for row in rows], SomePlace(place, rows))

        def put_back(some: Column) -> Column:
            column = laid_out([(rows, some)], len(values), failures)
            return self._settled(run, self._checked(column, place), place)

        return then(started, put_back)

    @abstractmethod
    def _start(self, run: Run, values: list[Any], place: Place) -> Started:
        """Turn values that are there into response values, or into failures."""

    def _settled(self, run: Run, column: Column, place: Place) -> Column:
        if self._required or not column.failures:
            return column
        run.take_in(column.failures, place)
        return Column(column.values)

    def _checked(self, column: Column, place: Place) -> Column:
        """Let nulls fail where there may be none."""
        if not self._required:
            return column
        nulls = {
            row: Failure(TypeError(self._nothing()), place, row)
            for row, value in enumerate(column.values)
            if value is None and row not in column.failures
        }
        return Column(column.values, {**column.failures, **nulls})

    def _nothing(self) -> str:
        field = f"{self.site.parent_type}.{self.site.nodes[0].name.value}"
        return f"Cannot return null for non-nullable field {field}."


class Leaf(Shape):
    """A scalar or an enumeration."""

    def __init__(self, site: Site, type_: GraphQLLeafType, *, required: bool) -> None:
        super().__init__(site, required=required)
        self._type = type_
        self._quick = leaf.quick(type_)

    @override
    def start(self, run: Run, values: list[Any], place: Place) -> Started:
        """Serialise a whole column at once, where nothing can be the matter with it."""
        done = self.serialise(values)
        return super().start(run, values, place) if done is None else Column(done)

    def serialise(self, values: list[Any]) -> list[Any] | None:
        """Return response values; None where something may be the matter with one."""
        done = self._quick(values)
        return None if done is None or (self._required and None in done) else done

    @override
    def _start(self, run: Run, values: list[Any], place: Place) -> Column:
        done: list[Any] = [None] * len(values)
        failures = {}
        for row, value in enumerate(values):
            try:
                done[row] = leaf.complete(self._type, value)
            except Exception as error:  # noqa: BLE001 (a value)
                failures[row] = Failure(error, place, row)
        return Column(done, failures)


class ListOf(Shape):
    """A list: the items of all lists are one column."""

    def __init__(self, site: Site, items: Shape, *, required: bool) -> None:
        super().__init__(site, required=required)
        self._items = items

    @override
    def _start(self, run: Run, values: list[Any], place: Place) -> Started:
        lists, failures = [], {}
        for row, value in enumerate(values):
            try:
                lists.append(self._list(value))
            except Exception as error:  # noqa: BLE001 (a value)
                lists.append([])
                failures[row] = Failure(error, place, row)
        lengths = list(map(len, lists))
        items = [item for found in lists for item in found]
        started = self._items.start(run, items, ItemsPlace(place, lengths))
        return then(started, lambda column: _cut(column, lengths, failures))

    def _list(self, value: Any) -> list[Any] | tuple[Any, ...]:
        if isinstance(value, list | tuple):
            return value
        if not is_iterable(value):
            field = f"{self.site.parent_type}.{self.site.nodes[0].name.value}"
            raise GraphQLError(f"Expected Iterable, but did not find one for field '{field}'.")
        return list(value)


def _cut(items: Column, lengths: list[int], failures: Failures) -> Column:
    """Cut items into lists again; a list fails with the first of its items that does."""
    found: dict[int, Failure] = dict(failures)
    lists: list[Any] = []
    start = 0
    for row, length in enumerate(lengths):
        end = start + length
        if items.failures:
            failed = next((item for item in range(start, end) if item in items.failures), None)
            if failed is not None:
                found[row] = items.failures[failed]
        lists.append(None if row in found else items.values[start:end])
        start = end
    return Column(lists, found)
