"""Sources: where a field's values come from, given the parents of its level.

A source is asked for all parents at once. It answers with their values, or with what waits for
them; an exception among the values is the error of that one parent. Asking comes before waiting:
all that a level can ask for is asked for in one turn of the event loop, wherever in the document
it stands, so that what goes through a loader shares a batch, and with it a snapshot.

Only what a resolver returns is awaited: attributes, and what batch functions give, are values.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from inspect import iscoroutinefunction
from operator import attrgetter
from typing import Any, Protocol, TypeAlias

from graphql import GraphQLFieldResolver, VariableNode, Visitor, visit
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import get_argument_values

from schema.columns.batch import Guard, Relation
from schema.columns.run import Pending, Place, Run, Site, Values

Convert: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns arguments as GraphQL knows them into those of a function."""


class Source(Protocol):
    """Where a field's values come from."""

    def ask(self, run: Run, parents: Sequence[Any], place: Place) -> Values | Pending:
        """Return the values of all parents, or what waits for them; raise nothing."""
        ...


class Arguments:
    """A field's arguments: coerced once, unless a variable is among them."""

    def __init__(self, site: Site, details: FieldDetails, convert: Convert) -> None:
        self._site = site
        self._details = details
        self._convert = convert
        self._constant = None if _names_variables(details) else self._once()

    def of(self, run: Run) -> dict[str, Any]:
        """Return the arguments in a run, not to be changed.

        Raises:
            Exception: some cannot be coerced.
        """
        if self._constant is not None:
            return self._constant
        return self._coerce(run.executor.variable_values)

    def _once(self) -> dict[str, Any] | None:
        try:
            return self._coerce(None)
        except Exception:  # noqa: BLE001 (each run tells it again, as the error of the field)
            return None

    def _coerce(self, variables: Any) -> dict[str, Any]:
        node = self._details.node
        return self._convert(get_argument_values(self._site.definition, node, variables))


class TypeName:
    """`__typename`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def ask(self, run: Run, parents: Sequence[Any], place: Place) -> Values:
        """Return the type's name for each parent."""
        return [self._name] * len(parents)


class Attribute:
    """A plain field: an attribute of its parent."""

    def __init__(self, name: str) -> None:
        self.get = attrgetter(name)

    def ask(self, run: Run, parents: Sequence[Any], place: Place) -> Values:
        """Return the attribute of each parent."""
        return _each(self.get, parents)


class Batched:
    """A relation: one call of its batch function, with the keys of all parents."""

    def __init__(self, relation: Relation, arguments: Arguments) -> None:
        self._relation = relation
        self._arguments = arguments
        self._idle = iscoroutinefunction(relation.load)

    def ask(self, run: Run, parents: Sequence[Any], place: Place) -> Values | Pending:
        """Return the call for the parents that have a key, and the errors of those without."""
        try:
            arguments = self._arguments.of(run)
        except Exception as error:  # noqa: BLE001 (a value)
            return [error] * len(parents)
        keys = _each(self._relation.key, parents)
        keyless = {row: key for row, key in enumerate(keys) if isinstance(key, Exception)}
        some = [key for key in keys if not isinstance(key, Exception)] if keyless else keys
        if not some:
            return list(keyless.values())
        if self._idle:
            return Pending(self._begin(run, some, arguments, keyless))
        try:
            found = self._relation.load(run.context, some, **arguments)
            if isinstance(found, Awaitable):
                return Pending(self._wait(found, some, keyless), begun=True)
            values = self._checked(found, some)
        except Exception as error:  # noqa: BLE001 (that of all parents)
            values = [error] * len(some)
        return _with_keyless(values, keyless)

    async def _begin(
        self, run: Run, some: list[Any], arguments: dict[str, Any], keyless: dict[int, Exception]
    ) -> Values:
        return await self._wait(self._relation.load(run.context, some, **arguments), some, keyless)

    async def _wait(
        self, asked: Awaitable[Any], some: list[Any], keyless: dict[int, Exception]
    ) -> Values:
        try:
            values = self._checked(await asked, some)
        except Exception as error:  # noqa: BLE001 (that of all parents)
            values = [error] * len(some)
        return _with_keyless(values, keyless)

    def _checked(self, found: Iterable[Any], keys: list[Any]) -> Values:
        values = list(found)
        if len(values) != len(keys):
            load = self._relation.load.__name__
            raise TypeError(f"{load} gave {len(values)} values for {len(keys)} keys.")
        return values


def _with_keyless(values: Values, keyless: dict[int, Exception]) -> Values:
    """Put the errors of parents without a key in their rows, in ascending order."""
    for row, error in keyless.items():
        values.insert(row, error)
    return values


class Fetched:
    """A root field: its guard, then its function."""

    def __init__(self, guard: Guard, load: Callable[..., Any], arguments: Arguments) -> None:
        self._guard = guard
        self._load = load
        self._arguments = arguments

    def ask(self, run: Run, parents: Sequence[Any], place: Place) -> Pending:
        """Return what loads the value, once it is certain that the caller may have it."""
        return Pending(self._wait(run, len(parents)))

    async def _wait(self, run: Run, rows: int) -> Values:
        try:
            arguments = self._arguments.of(run)
            self._guard(run.context)
            value = await self._load(run.context, **arguments)
        except Exception as error:  # noqa: BLE001 (a value)
            value = error
        return [value] * rows


class Resolver:
    """Any other field: the resolver that Strawberry built for it, called for each parent."""

    def __init__(self, resolve: GraphQLFieldResolver, arguments: Arguments) -> None:
        self._resolve = resolve
        self._arguments = arguments

    def ask(self, run: Run, parents: Sequence[Any], place: Place) -> Values | Pending:
        """Call all resolvers, and wait for those that have to be waited for."""
        values = [self._call(run, parent, place, row) for row, parent in enumerate(parents)]
        is_awaitable = run.executor.is_awaitable
        waiting = [row for row, value in enumerate(values) if is_awaitable(value)]
        return Pending(self._wait(values, waiting)) if waiting else values

    def _call(self, run: Run, parent: Any, place: Place, row: int) -> Any:
        try:
            return self._resolve(parent, run.info(place, row), **self._arguments.of(run))
        except Exception as error:  # noqa: BLE001 (a value)
            return error

    async def _wait(self, values: Values, waiting: list[int]) -> Values:
        found = await asyncio.gather(*(_caught(values[row]) for row in waiting))
        for row, value in zip(waiting, found, strict=True):
            values[row] = value
        return values


async def _caught(value: Any) -> Any:
    try:
        return await value
    except Exception as error:  # noqa: BLE001 (a value)
        return error


def _each(function: Callable[[Any], Any], parents: Sequence[Any]) -> Values:
    """Call `function` for each parent: quickly, and with care only if it raises."""
    try:
        return list(map(function, parents))
    except Exception:  # noqa: BLE001 (row by row finds out whose it is)
        return [_called(function, parent) for parent in parents]


def _called(function: Callable[[Any], Any], parent: Any) -> Any:
    try:
        return function(parent)
    except Exception as error:  # noqa: BLE001 (a value)
        return error


class _VariableFinder(Visitor):
    found = False

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.found = True


def _names_variables(details: FieldDetails) -> bool:
    finder = _VariableFinder()
    for argument in details.node.arguments or ():
        visit(argument, finder)
    return finder.found
