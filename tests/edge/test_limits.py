"""How large operations may be, how they are reckoned, and that reckoning itself costs little."""

import contextlib
import time
import tracemalloc
from collections.abc import Callable

import pytest
from graphql import get_introspection_query, parse

from billing.series import POINTS_MAX
from billing.setting import RECIPIENTS_MAX
from edge.limits import (
    ALIASES_MAX,
    COST_MAX,
    DEPTH_MAX,
    DIRECTIVES_MAX,
    FIELDS_MAX,
    FRAGMENTS_MAX,
    INTROSPECTION_DEPTH_MAX,
    NESTING_MAX,
    OPERATIONS_MAX,
    REPEATS_MAX,
    ROOT_FIELDS_MAX,
    TooLargeError,
    measure,
)
from edge.manifest import MANIFEST, read
from schema.columns.batch import ENTRIES
from schema.documents import TOKENS_MAX
from schema.root import Schema
from tests.support.hostile import WALKED


def measured(schema: Schema, document: str, **variables: object) -> int:
    return measure(schema.core, parse(document, max_tokens=TOKENS_MAX), variables).cost


def names(count: int, name: str = "f") -> str:
    return " ".join(f"{name}{number}" for number in range(count))


def nested(depth: int, opened: str = "{ a ") -> str:
    return opened * depth + "}" * depth


def of_cost(count: int) -> str:
    """Write an operation of this cost, which is from 49,905 to 50,004."""
    return f"""{{
        a: accounts(first: 100) {{
          nodes {{ cycles(first: 40) {{
            nodes {{ conversationUsage {{ byChannel {{ used }} }} }}
          }} }}
        }}  # 1 + 100 · (2 + 40 · 12) = 48,201
        b: accounts(first: 100) {{
          nodes {{ cycles(first: 15) {{ nodes {{ number }} }} }}
        }}  # 1 + 100 · 17 = 1,701
        account {{ cycles(first: {count - 49_904}) {{ nodes {{ number }} }} }}  # 2 more
    }}"""


LIMITS: list[tuple[str, int, Callable[[int], str]]] = [
    (
        "operations",
        OPERATIONS_MAX,
        lambda count: " ".join(f"query Q{number} {{ f }}" for number in range(count)),
    ),
    (
        "fragments",
        FRAGMENTS_MAX,
        lambda count: " ".join(
            ["{ f }", *(f"fragment F{number} on Query {{ f }}" for number in range(count))]
        ),
    ),
    ("rootFields", ROOT_FIELDS_MAX, lambda count: f"{{ {names(count)} }}"),
    (
        "rootFields",
        ROOT_FIELDS_MAX,
        lambda count: f"{{ f ... {{ g }} ...F }} fragment F on Query {{ {names(count - 2)} }}",
    ),
    ("fields", FIELDS_MAX, lambda count: f"{{ a {{ {names(count - 1)} }} }}"),
    (
        "fields",
        FIELDS_MAX,
        lambda count: (
            f"{{ a {{ {names(count - 1 - 900)} {'...F ' * 45} }} }} "
            f"fragment F on A {{ {names(20, 'g')} }}"
        ),
    ),
    (
        "aliases",
        ALIASES_MAX,
        lambda count: (
            f"{{ a: b {{ {' '.join(f'a{number}: f' for number in range(count - 1))} }} }}"
        ),
    ),
    ("repeats", REPEATS_MAX, lambda count: f"{{ a {{ {'f ' * (count + 1)} }} }}"),
    ("repeats", REPEATS_MAX, lambda count: f"{{ a {{ f {'... { f } ' * count} }} }}"),
    ("directives", DIRECTIVES_MAX, lambda count: f"{{ f {'@x ' * count} }}"),
    (
        "directives",
        DIRECTIVES_MAX,
        lambda count: (
            "query ($v: Int @x) @x { ... @x { f } ...F @x } fragment F on Query "
            f"{'@x ' * (count - 4)} {{ f }}"
        ),
    ),
    ("depth", DEPTH_MAX, nested),
    ("depth", DEPTH_MAX, lambda count: f"{{ a {{ ...F }} }} fragment F on A {nested(count - 1)}"),
    (
        "introspectionDepth",
        INTROSPECTION_DEPTH_MAX,
        lambda count: f"{{ __schema {nested(count)} }}",
    ),
    (
        "nesting",
        NESTING_MAX,
        lambda count: f"{nested(count - 1, '{ ... ')[: -count + 1]} {{ f }}" + "}" * (count - 1),
    ),
    ("cost", COST_MAX, of_cost),
]


@pytest.mark.parametrize(
    ("limit", "most", "write"),
    LIMITS,
    ids=[f"{number}_{one[0]}" for number, one in enumerate(LIMITS)],
)
def test_what_is_at_a_limit_passes_and_what_is_past_it_is_refused(
    schema: Schema, limit: str, most: int, write: Callable[[int], str]
) -> None:
    measured(schema, write(most))
    with pytest.raises(TooLargeError) as caught:
        measured(schema, write(most + 1))
    assert (caught.value.limit, caught.value.most, caught.value.found) == (limit, most, most + 1)


def test_the_sdl_names_the_limits(schema: Schema) -> None:
    assert schema.core.query_type is not None
    assert schema.core.query_type.description == (
        f"What can be read. A document of more than {OPERATIONS_MAX} operation, {FRAGMENTS_MAX} "
        f"fragments, {ROOT_FIELDS_MAX} root fields, {DEPTH_MAX} levels ({INTROSPECTION_DEPTH_MAX} "
        f"of introspection), {NESTING_MAX} nested selections, {FIELDS_MAX:,} fields, "
        f"{ALIASES_MAX} aliases, {REPEATS_MAX} repeated fields or {DIRECTIVES_MAX} directives, or "
        f"of a cost beyond {COST_MAX:,}, is refused: OPERATION_TOO_LARGE. It costs 1 for each "
        f"object that it can bring: a connection brings as many as are asked for, another list "
        f"{ENTRIES}, one of recipients {RECIPIENTS_MAX}, the points of a series {POINTS_MAX}."
    )


def test_fragments_that_nothing_spreads_are_measured_too(schema: Schema) -> None:
    with pytest.raises(TooLargeError, match="aliases 31, at most 30"):
        measured(
            schema,
            f"{{ f }} fragment F on A {{ {' '.join(f'a{number}: f' for number in range(31))} }}",
        )


@pytest.mark.parametrize(
    ("document", "variables", "cost"),
    [
        pytest.param("{ __typename }", {}, 0, id="nothing"),
        pytest.param("{ account { id name } }", {}, 1, id="an_object"),
        pytest.param("{ account { cycle { cost { total } } } }", {}, 3, id="objects"),
        pytest.param("{ accounts { nodes { id } } }", {}, 1 + 20, id="the_default_page"),
        pytest.param("{ accounts { pageInfo { endCursor } } }", {}, 2, id="no_entries"),
        pytest.param("{ accounts(first: 3) { edges { node { id } } } }", {}, 7, id="edges"),
        pytest.param("{ accounts(first: 101) { nodes { id } } }", {}, 101, id="beyond_a_page"),
        pytest.param("{ accounts(first: -5) { nodes { id } } }", {}, 1, id="less_than_nothing"),
        pytest.param(
            f"{{ accounts(first: {'9' * 5_000}) {{ nodes {{ id }} }} }}", {}, 101, id="many_digits"
        ),
        pytest.param(
            "{ account { cycles(first: 2, last: 7) { nodes { id } } } }", {}, 9, id="the_larger"
        ),
        pytest.param(
            "query ($n: Int!) { accounts(first: $n) { nodes { id } } }", {"n": 5}, 6, id="variable"
        ),
        pytest.param(
            "query ($n: Int!) { accounts(first: $n) { nodes { id } } }",
            {"n": 100.0},
            101,
            id="whole_float",
        ),
        pytest.param(
            "query ($n: Int! = 100) { accounts(first: $n) { nodes { id } } }", {}, 101, id="default"
        ),
        pytest.param(
            "query ($n: Int! = 100) { accounts(first: $n) { nodes { id } } }",
            {"n": 1},
            2,
            id="instead_of_the_default",
        ),
        pytest.param(
            "query ($n: Int) { account { cycles(first: $n) { nodes { id } } } }",
            {"n": None},
            22,
            id="null",
        ),
        pytest.param(
            "query ($n: Int!) { accounts(first: $n) { nodes { id } } }", {"n": ["x"]}, 21, id="odd"
        ),
        pytest.param(
            "{ accounts(first: 2) { ...P } } fragment P on AccountConnection { nodes { ...A } } "
            "fragment A on Account { cycle { id } }",
            {},
            1 + 2 * 2,
            id="fragments",
        ),
        pytest.param(
            "{ account { cycle { conversationUsage { byChannel { used } } } } }",
            {},
            3 + 10,
            id="a_list_without_pages",
        ),
        pytest.param(
            "{ account { settings { reminderRecipients { email } } } }", {}, 2 + 20, id="recipients"
        ),
        pytest.param("{ account { usageSeries { points { spent } } } }", {}, 2 + 380, id="points"),
        pytest.param(
            "mutation { topUpCarrierBalance { ... on MeterChanged { cycle { startsOn } } } }",
            {},
            2,
            id="mutation",
        ),
        pytest.param(get_introspection_query(), {}, 0, id="introspection"),
        pytest.param("{ nothing { nothing } }", {}, 1, id="unknown"),
        pytest.param("{ ...F } fragment F on Query { ...F }", {}, 0, id="circle"),
        pytest.param("{ ...F } fragment F on Nothing { a { b } }", {}, 1, id="unknown_type"),
        pytest.param("fragment F on Query { account { id } }", {}, 0, id="no_operation"),
    ],
)
def test_an_operation_costs_the_objects_it_can_bring(
    schema: Schema, document: str, variables: dict[str, object], cost: int
) -> None:
    assert measured(schema, document, **variables) == cost


def test_a_hundred_accounts_with_fifteen_cycles_can_be_seen_at_once(schema: Schema) -> None:
    document = """{ accounts(first: 100) { nodes { cycles(first: 15) {
        nodes {
          conversationUsage { byChannel { used } adjustments { change } }
          carrierBalance { byFeature { amount } }
        }
        pageInfo { hasNextPage }
      } } } }"""
    assert measured(schema, document) == 1 + 100 * (1 + 2 + 15 * (1 + 21 + 11)) == 49_801


def test_what_clients_run_is_within_all_limits(schema: Schema) -> None:
    everything = dict.fromkeys(("first", "cycles"), 100)
    for text in read(MANIFEST).values():
        assert measured(schema, text, **everything) <= COST_MAX


@pytest.mark.parametrize("document", WALKED.values(), ids=WALKED)
def test_what_is_hostile_costs_no_more_than_what_is_long(schema: Schema, document: str) -> None:
    parsed = parse(document, max_tokens=TOKENS_MAX)

    def run() -> None:
        with contextlib.suppress(TooLargeError):
            measure(schema.core, parsed, {})

    started = time.thread_time()
    run()
    assert time.thread_time() - started < 0.1
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
