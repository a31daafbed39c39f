"""Running an operation by both executors, which must tell the same."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import GraphQLError

from resolvers.loaders import Loaders
from schema.columns.executor import TALLY, ColumnExecutor


@dataclass
class Caller:
    """A context: whom guards look at, and what was asked of batch functions."""

    name: str = "anna"
    asked: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self)


@dataclass(frozen=True)
class Answer:
    """What an operation gave: errors are their paths, as text, and messages."""

    data: Any
    errors: list[tuple[str, str]]
    asked: list[Any]


def shown(errors: list[GraphQLError] | None) -> list[tuple[str, str]]:
    return sorted((".".join(map(str, each.path or ())), each.message) for each in errors or ())


@contextmanager
def counted(*, columns: int = 0, fallbacks: int = 0) -> Iterator[None]:
    """Check how many operations each executor runs."""
    before = TALLY.columns, TALLY.fallbacks
    yield
    assert (TALLY.columns - before[0], TALLY.fallbacks - before[1]) == (columns, fallbacks)


async def by_columns(
    query: type,
    document: str,
    variables: Mapping[str, Any] | None = None,
    *,
    caller: str = "anna",
    **schema: Any,
) -> Answer:
    """Run an operation by columns alone."""
    built = strawberry.Schema(query, execution_context_class=ColumnExecutor, **schema)
    return await _run(built, document, variables, Caller(caller))


async def by_both(
    query: type,
    document: str,
    variables: Mapping[str, Any] | None = None,
    *,
    caller: str = "anna",
    **schema: Any,
) -> Answer:
    """Run an operation by both executors, and return what both give.

    What was asked is that of the columns: Strawberry's executor may ask in other batches.
    """
    oracle = strawberry.Schema(query, **schema)
    expected = await _run(oracle, document, variables, Caller(caller))
    with counted(columns=1):
        found = await by_columns(query, document, variables, caller=caller, **schema)
    assert found.data == expected.data
    assert str(found.data) == str(expected.data), "keys in the same order"
    assert found.errors == expected.errors
    return found


async def _run(
    schema: strawberry.Schema,
    document: str,
    variables: Mapping[str, Any] | None,
    caller: Caller,
) -> Answer:
    result = await schema.execute(
        document, variable_values=dict(variables or {}), context_value=caller
    )
    return Answer(result.data, shown(result.errors), caller.asked)
