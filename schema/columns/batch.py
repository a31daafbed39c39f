"""Declaring relations: one batch function, whichever executor drives it.

A batch function takes ``(ctx, keys, **arguments)`` and returns values in key order; a
value may be an exception, the error of that one parent. Its parameters after the first
two are the field's arguments. It gets each key once through a loader, and as often as it
comes by columns. Nothing here knows the project's types.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from graphql import GraphQLField

ENTRIES = 10
"""How many entries a list without pages is reckoned at, where its field does not say.

The longest list of channels or features has twice as many: most have three.
"""

Guard = Callable[[Any], object]
"""Raises where the caller in a context may not have the field."""


@dataclass(frozen=True, slots=True)
class Relation:
    """How a field of many parents is loaded; kept in the field's metadata."""

    load: Callable[..., Any]
    key: Callable[[Any], Any]
    cost: int


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may have a root field, and what loads it; kept in the field's metadata.

    A field that is written out has no `load`.
    """

    guard: Guard
    load: Callable[..., Any] | None = None


def reckoned(entries: int) -> dict[str, int]:
    """Return the metadata of a list without pages that says at how many it is reckoned."""
    return {"entries": entries}


def entries_of(field: GraphQLField) -> int:
    """Return at how many entries a list without pages is reckoned."""
    definition = field.extensions.get("strawberry-definition")  # introspection's have none
    return ENTRIES if definition is None else int(definition.metadata.get("entries", ENTRIES))


def batched(
    load: Callable[..., Any],
    *,
    description: str,
    key: Callable[[Any], Any] = lambda parent: parent,
    arguments: Mapping[str, Any] | None = None,
    cost: int = 1,
) -> Any:
    """Declare a field that is loaded for all parents of its level at once.

    Args:
        load: The batch function.
        description: What clients read.
        key: What of a parent the batch function takes.
        arguments: A description for each of the function's arguments.
        cost: What one parent's value is reckoned at.
    """

    def resolve(parent: Any, info: strawberry.Info[Any, Any], **given: Any) -> Any:
        # Asked for at once, not when a task gets its turn: parents at different depths of the
        # document then share a batch, and with it a snapshot.
        return info.context.loaders.of(load, **given).load(key(parent))

    return strawberry.field(
        resolver=_typed(resolve, load, skip=2, parent=True, arguments=arguments),
        description=description,
        metadata={"relation": Relation(load, key, cost)},
    )


def fetched(
    load: Callable[..., Any],
    *,
    description: str,
    guard: Guard,
    arguments: Mapping[str, Any] | None = None,
) -> Any:
    """Declare a root field: `load` takes ``(ctx, **arguments)`` once `guard` has let it."""

    async def resolve(info: strawberry.Info[Any, Any], **given: Any) -> Any:
        guard(info.context)
        return await load(info.context, **given)

    return strawberry.field(
        resolver=_typed(resolve, load, skip=1, parent=False, arguments=arguments),
        description=description,
        metadata={"policy": Policy(guard, load)},
    )


def guarded(guard: Guard, *, description: str) -> Callable[[Callable[..., Any]], Any]:
    """Declare a root field written out as ``(info, …)``, which runs once `guard` has let it."""

    def declare(resolve: Callable[..., Any]) -> Any:
        @functools.wraps(resolve)
        async def run(info: strawberry.Info[Any, Any], **given: Any) -> Any:
            guard(info.context)
            return await resolve(info, **given)

        return strawberry.mutation(
            resolver=run, description=description, metadata={"policy": Policy(guard)}
        )

    return declare


def _typed(
    resolve: Callable[..., Any],
    load: Callable[..., Any],
    *,
    skip: int,
    parent: bool,
    arguments: Mapping[str, Any] | None,
) -> Callable[..., Any]:
    """Give `resolve` the signature of a resolver written out for `load`'s arguments."""
    parameters = list(inspect.signature(load).parameters.values())[skip:]
    described = dict(arguments or {})
    assert described.keys() == {parameter.name for parameter in parameters}, load
    own = [
        inspect.Parameter(
            "info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info
        )
    ]
    if parent:
        own.insert(0, inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD))
    resolve.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            *own,
            *(
                parameter.replace(
                    kind=inspect.Parameter.KEYWORD_ONLY,
                    annotation=_annotation(parameter, described[parameter.name]),
                )
                for parameter in parameters
            ),
        ]
    )
    return resolve


def _annotation(parameter: inspect.Parameter, described: Any) -> Any:
    """Return a parameter's type with its description, or the whole annotation where given."""
    if isinstance(described, str):
        return Annotated[parameter.annotation, strawberry.argument(description=described)]
    return described
