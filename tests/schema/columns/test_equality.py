"""Both executors give the same, whatever is asked, whoever asks, whatever goes wrong.

Strawberry's own executor is the oracle. Operations over the whole schema are generated, varied,
and run by both over the same made-up world. What is the same: `data` and so every null; the root
fields that were run, in order; one error for each null that an error made, with path, code and
message. Where several errors could have made a null, either executor reports the one that it
meets first: there only the null is compared.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import orjson
import pytest
from graphql import DocumentNode, GraphQLError, GraphQLSchema, StringValueNode, parse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import mutations, queries
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

import schema.root
from edge.cost import objects_in
from resolvers.context import Session
from resolvers.principal import Anonymous, Principal, Role, Scope, Service, User
from schema.columns.executor import TALLY, ColumnExecutor
from schema.root import Schema
from tests.conftest import NOW
from tests.schema.columns.made_up import MadeUp, behind
from tests.schema.columns.variation import Variation, varied
from tests.support.clock import Clock
from tests.support.world import OPERATOR, admin

EXAMPLES, EXAMPLES_LONG = 20, 1_000
VARIATIONS = 4
"""Of each generated operation."""

WORLDS = 6
"""In which each variation is run, by some caller."""

CALLERS: tuple[Principal, ...] = (
    Anonymous(),
    OPERATOR,
    admin("acme"),
    User("max", Role.MEMBER, OPERATOR.account_id, OPERATOR.expires_at),
    Service("key", frozenset({Scope.SEND})),
)
STRINGS: dict[str, st.SearchStrategy[Any]] = {
    "Money": st.sampled_from(("0.00", "25.00", "1000.123456")),
    "Quantity": st.sampled_from(("0.00", "1.5")),
    "DateTime": st.sampled_from(("2026-11-22T20:00:00Z", "2026-01-01T00:00:00+01:00")),
    "Date": st.sampled_from(("2026-11-22", "2028-02-29")),
}
DEEP = ("account", "accounts")
"""The root fields below which most of the schema lies."""

GOLDEN = [
    parse(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parents[2] / "operations").glob("*.graphql"))
]
"""The operations that clients run."""

ONE_OF = {"ReverseOriginalInput": '{ grant: "a grant" }'}
SCALARS = {
    name: texts.map(lambda text: StringValueNode(value=text)) for name, texts in STRINGS.items()
}

_LOG = logging.getLogger(__name__)

Told: TypeAlias = tuple[tuple[str | int, ...], str, str]
"""An error's path, code and message."""


@dataclass(frozen=True)
class Seen:
    """What a client and the world see of a run."""

    data: Any
    errors: list[Told]
    asked: list[str]

    def by_null(self) -> dict[tuple[str | int, ...], set[Told]]:
        """Return the errors behind each null, leaving out what went down with another null."""
        found: dict[tuple[str | int, ...], set[Told]] = {}
        for error in self.errors:
            found.setdefault(self._null(error[0]), set()).add(error)
        return found

    def _null(self, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
        at = self.data
        for depth, key in enumerate(path):
            if at is None:
                return path[:depth]
            at = at[key]
        assert at is None, path
        return path


def told(error: GraphQLError) -> Told:
    code = (error.extensions or {}).get("code", "")
    return tuple(error.path or ()), str(code), error.message


async def run(schema: Schema, world: MadeUp, asked: Variation, caller: Principal) -> Seen:
    """Run an operation for a caller.

    Nothing in the made-up world asks the pool, so that there is none.
    """
    session = Session(None, Clock(NOW), caller, b"")  # type: ignore[arg-type]
    result = await schema.execute(
        asked.document, variable_values=dict(asked.variables), context_value=session
    )
    if result.objects is not None:
        assert max(1, result.objects) == objects_in(orjson.dumps(result.data))
    return Seen(result.data, [told(error) for error in result.errors or ()], list(world.asked))


@dataclass
class Judge:
    """Compares both executors, and counts what it has seen."""

    schema: Schema
    graph: GraphQLSchema
    world: MadeUp
    counts: Counter[str]

    async def compare(self, asked: Variation, seed: str, faults: int, caller: Principal) -> None:
        """Run an operation by both executors over the same world."""
        seen = []
        for executor in (StrawberryGraphQLCoreExecutionContext, ColumnExecutor):
            self.world.begin(seed, faults)
            self.schema.execution_context_class = executor
            seen.append(await run(self.schema, self.world, asked, caller))
        self._judge(*seen)

    def _judge(self, expected: Seen, found: Seen) -> None:
        self.counts["runs"] += 1
        if not all(path for path, _, _ in expected.errors):
            assert found == expected
            self.counts["refused before they ran"] += 1
            return
        assert found.data == expected.data
        assert list(_keys(found.data)) == list(_keys(expected.data))
        assert sorted(found.asked) == sorted(expected.asked)
        nulls, expected_nulls = found.by_null(), expected.by_null()
        assert nulls.keys() == expected_nulls.keys()
        assert len(nulls) == len(found.errors), "one error for each null"
        same = all(errors <= expected_nulls[null] for null, errors in nulls.items())
        self.counts["with errors"] += bool(found.errors)
        self.counts["without data"] += found.data is None
        self.counts["other permitted errors"] += not same


def _keys(data: Any) -> Iterator[str]:
    """Yield all keys of an answer in their order."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield key
            yield from _keys(value)
    elif isinstance(data, list):
        for value in data:
            yield from _keys(value)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    built = schema.root.build()
    world = MadeUp(built._schema)  # noqa: SLF001 (graphql-core's own is behind it)
    with behind(world):
        yield Judge(built, world.graph, world, Counter())


# graphql-core leaves coroutines behind where a sibling has failed; ours leaves none.
@pytest.mark.filterwarnings(r"ignore:coroutine 'Executor\.:RuntimeWarning")
@pytest.mark.filterwarnings(
    "ignore:.*coroutine object Executor:pytest.PytestUnraisableExceptionWarning"
)
def test_generated_operations_give_the_same(
    judge: Judge,
    long: bool,  # noqa: FBT001
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "kontingent.graphql")
    sdl = judge.schema.as_str()
    kinds = [
        generate(sdl, fields=fields, custom_scalars=SCALARS, print_ast=lambda document: document)
        for generate, fields in ((queries, DEEP), (queries, None), (mutations, None))
    ]
    kinds.append(st.sampled_from(GOLDEN))
    seeds = count()

    @settings(
        max_examples=EXAMPLES_LONG if long else EXAMPLES,
        deadline=None,
        derandomize=not long,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(document=st.one_of(kinds))
    def compare(document: DocumentNode) -> None:
        seed = next(seeds)
        random = Random(seed)
        with asyncio.Runner() as runner:
            for _ in range(VARIATIONS):
                asked = varied(judge.graph, document, random, ONE_OF)
                for number in range(WORLDS):
                    caller, faults = random.choice(CALLERS), random.choice((0, 4, 12))
                    turned = asked.turned(random)
                    runner.run(judge.compare(turned, f"{seed} {number} ", faults, caller))

    before = TALLY.columns, TALLY.fallbacks
    compare()
    _LOG.info("%s", dict(judge.counts))
    runs = judge.counts["runs"] - judge.counts["refused before they ran"]
    assert (TALLY.columns - before[0], TALLY.fallbacks - before[1]) == (runs, 0)
    assert runs >= (20_000 if long else 400)
    assert judge.counts["with errors"] >= runs / 5
    assert judge.counts["other permitted errors"] <= runs / 50
