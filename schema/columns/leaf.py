"""Scalars and enumerations: a column of one kind is serialised at once.

Row by row, by graphql-core's own rules, defines the result. The quick ways below may only be
faster: each takes the columns for which it gives the same, and leaves the others.
"""

from collections.abc import Callable
from types import NoneType
from typing import Any, TypeAlias

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
)
from graphql.execution import Executor
from graphql.pyutils import Undefined

Quick: TypeAlias = Callable[[list[Any]], list[Any] | None]
"""Serialises a column without errors in it, or returns None if that is not for sure."""

_ABSENT = {NoneType, type(Undefined)}
_LEFT = (Exception, type(Undefined))


def complete(type_: GraphQLLeafType, value: Any) -> Any:
    """Serialise one value that is there.

    Raises:
        Exception: it is none of the type; which exception, is the type's matter.
    """
    return Executor.complete_leaf_value(type_, value)


def quick(type_: GraphQLLeafType) -> Quick:
    """Return the quick way to serialise a column of values of `type_`, and of nulls."""
    if type_ is GraphQLInt:
        return _ints
    if type_ in (GraphQLString, GraphQLID):
        return _as_they_are(str)
    if type_ is GraphQLBoolean:
        return _as_they_are(bool)
    if isinstance(type_, GraphQLEnumType):
        return _members(type_)
    return _others(type_)


def _kinds(values: list[Any]) -> set[type]:
    return set(map(type, values))


def _as_they_are(kind: type) -> Quick:
    takes = {kind, NoneType}

    def serialise(values: list[Any]) -> list[Any] | None:
        return values if _kinds(values) <= takes else None

    return serialise


def _ints(values: list[Any]) -> list[Any] | None:
    kinds = _kinds(values)
    if not kinds <= {int, NoneType}:
        return None
    there = [value for value in values if value is not None] if NoneType in kinds else values
    if there and not GRAPHQL_MIN_INT <= min(there) <= max(there) <= GRAPHQL_MAX_INT:
        return None
    return values


def _members(type_: GraphQLEnumType) -> Quick:
    """Look the names of an enumeration's members up."""
    members = getattr(type_, "wrapped_cls", ())
    names = {member: type_.coerce_output_value(member) for member in members}
    takes = {members, NoneType}

    def serialise(values: list[Any]) -> list[Any] | None:
        if not _kinds(values) <= takes:
            return None
        try:
            return [None if value is None else names[value] for value in values]
        except KeyError:
            return None

    return serialise


def _others(type_: GraphQLLeafType) -> Quick:
    """Call the scalar's own function for each value."""
    coerce = type_.coerce_output_value

    def serialise(values: list[Any]) -> list[Any] | None:
        kinds = _kinds(values)
        there = [value for value in values if value is not None] if NoneType in kinds else values
        if any(issubclass(kind, _LEFT) for kind in kinds):
            return None
        try:
            done = list(map(coerce, there))
        except Exception:  # noqa: BLE001 (row by row finds out whose it is)
            return None
        if not _ABSENT.isdisjoint(_kinds(done)):
            return None
        if there is values:
            return done
        found = iter(done)
        return [None if value is None else next(found) for value in values]

    return serialise
