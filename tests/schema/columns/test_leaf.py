"""The quick ways to serialise a column: they give what row by row gives, or leave it."""

import math
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLScalarType,
    GraphQLString,
)
from graphql.pyutils import Undefined
from hypothesis import given
from hypothesis import strategies as st

from schema.columns import leaf
from tests.billing.build import PURE


@strawberry.enum
class Colour(Enum):
    RED = "r"
    BLUE = "b"
    AZURE = "b"  # noqa: PIE796 (an alias)


@strawberry.type
class _Query:
    colour: Colour


COLOURS = strawberry.Schema(_Query)._schema.type_map["Colour"]  # noqa: SLF001
PLAIN = GraphQLEnumType("Plain", {"RED": "r", "BLUE": "b"})
FUSSY = GraphQLScalarType(
    "Fussy", serialize=lambda value: {"none": None, "undefined": Undefined}.get(value, value * 2)
)
INSTANT = GraphQLScalarType("Instant", serialize=lambda value: value.isoformat())
TYPES: list[Any] = [
    GraphQLInt,
    GraphQLFloat,
    GraphQLString,
    GraphQLID,
    GraphQLBoolean,
    COLOURS,
    PLAIN,
    FUSSY,
    INSTANT,
]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**31) - 1, 2**31),
    st.sampled_from((2**31 - 1, 2**31, -(2**31), -(2**31) - 1)),
    st.floats(),
    st.sampled_from(("", "r", "b", "none", "undefined", "1", Colour.RED, Colour.BLUE)),
    st.sampled_from((Undefined, Decimal("1.5"), object, [], datetime(2026, 1, 1, tzinfo=UTC))),
    st.builds(ValueError, st.just("A value.")),
)


def row_by_row(type_: Any, values: list[Any]) -> list[Any] | None:
    """Serialise by graphql-core's rules; None if there is a failure among the values."""
    done: list[Any] = []
    for value in values:
        if isinstance(value, Exception):
            return None
        if value is None or value is Undefined:
            done.append(None)
        else:
            try:
                done.append(leaf.complete(type_, value))
            except Exception:  # noqa: BLE001
                return None
    return done


@PURE
@given(
    type_=st.sampled_from(TYPES),
    values=st.one_of(
        st.lists(VALUES, max_size=4),
        st.lists(st.integers(2**31 - 2, 2**31), max_size=4),
        st.lists(st.sampled_from((Colour.RED, Colour.BLUE, None)), max_size=4),
        st.lists(st.sampled_from(("none", "undefined", "more", None)), max_size=4),
    ),
)
def test_quick_is_what_row_by_row_gives_or_nothing(type_: Any, values: list[Any]) -> None:
    before = repr(values)
    done = leaf.quick(type_)(values)
    if done is not None:
        expected = row_by_row(type_, values)
        assert repr(done) == repr(expected)
        assert list(map(type, done)) == list(map(type, expected or []))
    assert repr(values) == before


@pytest.mark.parametrize(
    ("type_", "values", "done"),
    [
        pytest.param(GraphQLInt, [1, -(2**31), 2**31 - 1], [1, -(2**31), 2**31 - 1], id="ints"),
        pytest.param(GraphQLInt, [1, 2**31], None, id="int_too_large"),
        pytest.param(GraphQLInt, [1, -(2**31) - 1], None, id="int_too_small"),
        pytest.param(GraphQLInt, [None, 2**31], None, id="int_too_large_beside_null"),
        pytest.param(GraphQLInt, [1, None], [1, None], id="int_and_null"),
        pytest.param(GraphQLInt, [None, None], [None, None], id="nulls"),
        pytest.param(GraphQLInt, [1, True], None, id="int_and_bool"),
        pytest.param(GraphQLString, ["a", None], ["a", None], id="strings"),
        pytest.param(GraphQLString, ["a", 1], None, id="string_and_int"),
        pytest.param(GraphQLBoolean, [True, None], [True, None], id="booleans"),
        pytest.param(GraphQLBoolean, [1], None, id="boolean_of_int"),
        pytest.param(GraphQLFloat, [1.5, 2], [1.5, 2.0], id="floats"),
        pytest.param(GraphQLFloat, [math.inf], None, id="float_infinite"),
        pytest.param(COLOURS, [Colour.BLUE, None], ["BLUE", None], id="members"),
        pytest.param(COLOURS, ["b"], None, id="value_of_a_member"),
        pytest.param(FUSSY, ["a", None], ["aa", None], id="scalar"),
        pytest.param(FUSSY, ["a", "none"], None, id="scalar_serialises_to_none"),
        pytest.param(FUSSY, [None, "none"], None, id="scalar_serialises_to_none_beside_null"),
        pytest.param(FUSSY, ["undefined"], None, id="scalar_serialises_to_undefined"),
        pytest.param(FUSSY, [ValueError("a")], None, id="error"),
        pytest.param(INSTANT, ["a"], None, id="scalar_raises"),
        pytest.param(INSTANT, [], [], id="nothing"),
    ],
)
def test_what_is_quick(type_: Any, values: list[Any], done: list[Any] | None) -> None:
    assert leaf.quick(type_)(values) == done
