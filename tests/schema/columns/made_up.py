"""A made-up world behind the project's schema: any value, and any fault, follows from its place.

Batch functions, root fields and guards are replaced by ones that draw what they give by the hash
of what they are asked, so that every executor meets the same values and the same faults, whatever
the order in which it asks.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    is_abstract_type,
    is_enum_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

import billing.grant
import schema.grant
from billing import errors
from schema.columns.batch import Policy, Relation

DEFINITION = "strawberry-definition"
BASES: Mapping[type, type] = {
    schema.grant.BlockGrant: billing.grant.BlockGrant,
    schema.grant.BalanceGrant: billing.grant.BalanceGrant,
}
"""Where a type asks whether a value is the domain's, what a value has to be."""

FAULTS: Sequence[Callable[[str], Exception]] = (
    lambda place: errors.BadInputError(place, field="first"),
    errors.NotFoundError,
    errors.CycleOutOfRangeError,
    RuntimeError,
    AttributeError,
    LookupError,
)
REFUSALS = (errors.UnauthenticatedError, errors.AdminOnlyError, errors.OperatorOnlyError)
RULES = (
    errors.AccountExistsError,
    errors.PlanNotOfferedError,
    errors.NothingToChangeError,
    errors.AccountEndedError,
    errors.LimitExceededError,
    errors.IdempotencyConflictError,
)


REPLACED = {"relation", "policy"}
"""The metadata of fields that ask for something."""


def drawn(place: str, below: int) -> int:
    """Return a number from 0, always the same for a place."""
    digest = blake2b(place.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % below


def happens(place: str, permille: int) -> bool:
    return drawn(place, 1_000) < permille


@dataclass
class MadeUp:
    """What the schema's types hold; `faults` per mille of all values go wrong in each way."""

    graph: GraphQLSchema
    faults: int = 0
    seed: str = ""
    asked: list[str] = field(default_factory=list)
    _rows: dict[str, type] = field(default_factory=dict)

    def value(self, type_: GraphQLOutputType, place: str) -> Any:
        """Draw a value that a source may give for a type: mostly one of it."""
        if happens(f"{place}?error", self.faults):
            return self.fault(place)
        if is_non_null_type(type_):
            if happens(f"{place}?null", self.faults):
                return None
            type_ = type_.of_type
        elif happens(f"{place}?null", 100):
            return None
        if happens(f"{place}?wrong", self.faults // 2):
            return drawn(place, 2) or object()
        return self._there(type_, place)

    def _there(self, type_: GraphQLOutputType, place: str) -> Any:
        if is_list_type(type_):
            items = [
                self.value(type_.of_type, f"{place}/{index}")
                for index in range(drawn(f"{place}?length", 5))
            ]
            return (items, tuple(items), iter(items))[drawn(f"{place}?kind", 8) % 3]
        if is_object_type(type_):
            return self.row(type_, place)
        if is_abstract_type(type_):
            return self.row(self._type_of(type_, place), place)
        return self._leaf(type_, place)

    def _type_of(self, type_: GraphQLAbstractType, place: str) -> GraphQLObjectType:
        assert self.graph.query_type is not None
        if happens(f"{place}?type", self.faults):
            return self.graph.query_type
        possible = list(self.graph.get_possible_types(type_))
        return possible[drawn(f"{place}?type", len(possible))]

    def row(self, type_: GraphQLObjectType, place: str) -> Any:
        """Make an object of a type whose attributes are drawn when they are read."""
        if type_.name not in self._rows:
            self._rows[type_.name] = self._row_type(type_)
        made: Any = object.__new__(self._rows[type_.name])
        object.__setattr__(made, "place", place)
        return made

    def _row_type(self, type_: GraphQLObjectType) -> type:
        definition = type_.extensions[DEFINITION]
        base = BASES.get(definition.origin, definition.origin)
        types = {
            each.extensions[DEFINITION].python_name: each.type for each in type_.fields.values()
        }

        def get(row: Any, name: str) -> Any:
            if name not in types:
                return object.__getattribute__(row, name)
            place = f"{row.place}/{name}"
            if happens(f"{place}?raise", self.faults // 2):
                raise self.fault(place)
            return self.value(types[name], place)

        def same(row: Any, other: Any) -> bool:
            return type(row) is type(other) and row.place == other.place

        return type(
            type_.name,
            (base,),
            {
                "__getattribute__": get,
                "__eq__": same,
                "__hash__": lambda row: hash(row.place),
                "__repr__": lambda row: row.place,
            },
        )

    def _leaf(self, type_: Any, place: str) -> Any:
        number = drawn(f"{place}?leaf", 1_000)
        if is_enum_type(type_):
            assert isinstance(type_, GraphQLEnumType)
            return list(type_.wrapped_cls)[number % len(type_.values)]  # type: ignore[attr-defined]
        if type_.name == "Int" and number < self.faults:
            return 2**31
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
        makes: dict[str, Any] = {
            "Int": number,
            "Boolean": bool(number % 2),
            "String": f"text {number}",
            "ID": f"id {number}" if number % 2 else number,
            "DateTime": at,
            "Date": date(2026, 1, 1) + timedelta(days=number),
        }
        return makes.get(type_.name, number * 1_000)

    def fault(self, place: str) -> Exception:
        return FAULTS[drawn(f"{place}?which", len(FAULTS))](f"At {place}.")

    # --- what is asked

    def begin(self, seed: str, faults: int) -> None:
        """Become another world, of which nothing has been asked yet."""
        self.seed, self.faults = seed, faults
        self.asked.clear()

    def relation(self, name: str, type_: GraphQLOutputType, declared: Relation) -> Relation:
        """Make a batch function that draws a value for each key."""

        async def load(_: Any, keys: Sequence[Any], **arguments: Any) -> list[Any]:
            call = f"{name}({sorted(arguments.items())!r})"
            await _turns(call)
            if happens(f"{self.seed}{call}?batch", self.faults):
                raise self.fault(call)
            return [self.value(type_, f"{key.place}/{call}") for key in keys]

        def key(parent: Any) -> Any:
            if happens(f"{parent.place}/{name}?key", self.faults // 2):
                raise self.fault(f"{parent.place}/{name}")
            return declared.key(parent)

        return Relation(load, key, declared.cost)

    def guard(self, name: str) -> Callable[[Any], None]:
        """Make a guard that refuses some callers."""

        def refuse(ctx: Any) -> None:
            place = f"{self.seed}{ctx.principal} {name}"
            self.asked.append(f"guard {name}")
            if happens(place, 50):
                raise REFUSALS[drawn(place, len(REFUSALS))](f"No {name}.")

        return refuse

    def fetch(self, name: str, type_: GraphQLOutputType) -> Callable[..., Any]:
        """Make what a root field runs: it may break a rule, where there are rules to break."""
        rules = _has_failures(type_)

        async def load(_: Any, **arguments: Any) -> Any:
            call = f"{self.seed}{name}({sorted(arguments.items())!r})"
            self.asked.append(call)
            await _turns(call)
            if rules and happens(f"{call}?rule", 300):
                raise RULES[drawn(f"{call}?rules", len(RULES))](f"Not {name}.", field="amount")
            if happens(f"{call}?raise", self.faults):
                raise self.fault(call)
            return self.value(type_, call)

        return load


async def _turns(place: str) -> None:
    """Let others run, for no turn of the loop or some."""
    for _ in range(drawn(place, 3)):
        await asyncio.sleep(0)


def _has_failures(type_: GraphQLOutputType) -> bool:
    inner = type_.of_type if is_non_null_type(type_) else type_
    return isinstance(inner, GraphQLUnionType)


@contextmanager
def behind(world: MadeUp) -> Iterator[None]:
    """Let a world answer what the fields of its schema ask, whoever executes."""
    undo: list[Callable[[], None]] = []
    for type_ in world.graph.type_map.values():
        if not isinstance(type_, GraphQLObjectType):
            continue
        for graphql_name, definition in type_.fields.items():
            declared = definition.extensions.get(DEFINITION)
            if declared is not None and not declared.metadata.keys().isdisjoint(REPLACED):
                name = f"{type_.name}.{graphql_name}"
                undo.append(_replace(declared, world, name, definition.type))
    try:
        yield
    finally:
        for each in undo:
            each()


def _replace(
    declared: Any, world: MadeUp, name: str, type_: GraphQLOutputType
) -> Callable[[], None]:
    """Put made-up functions in a field's resolver and metadata; returns what puts them back."""
    function = declared.base_resolver.wrapped_func
    cells = dict(zip(function.__code__.co_freevars, function.__closure__, strict=True))
    before = declared.metadata, {key: cell.cell_contents for key, cell in cells.items()}
    relation, policy = declared.metadata.get("relation"), declared.metadata.get("policy")
    if relation is not None:
        made = world.relation(name, type_, relation)
        cells["load"].cell_contents = made.load
        cells["key"].cell_contents = made.key
        declared.metadata = MappingProxyType({"relation": made})
    else:
        guard, load = world.guard(name), world.fetch(name, type_)
        cells["guard"].cell_contents = guard
        if policy.load is not None:
            cells["load"].cell_contents = load
            declared.metadata = MappingProxyType({"policy": Policy(guard, load)})
        else:

            async def resolve(info: Any, **given: Any) -> Any:
                return await load(info.context, **given)

            cells["resolve"].cell_contents = resolve

    def undo() -> None:
        declared.metadata = before[0]
        for key, content in before[1].items():
            cells[key].cell_contents = content

    return undo
