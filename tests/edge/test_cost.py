"""What operations cost: remembered, and counted in their answers."""

from unittest.mock import patch

import orjson
import pytest
from graphql import parse

import edge.cost
from edge.cost import MEASURED_MAX, Costs, objects_in
from edge.limits import TooLargeError, measure
from schema.root import Schema

PAGES = "query ($n: Int, $id: ID) { account(id: $id) { cycles(first: $n) { nodes { id } } } }"


def test_a_document_is_measured_once_for_each_size_of_its_pages(schema: Schema) -> None:
    costs, document = Costs(schema.core), parse(PAGES)

    def cost(**variables: object) -> int:
        return costs.of(PAGES, document, variables)

    with patch.object(edge.cost, "measure", wraps=measure) as measuring:
        assert [cost(n=5), cost(n=5), cost(n=5, id="x"), cost(n=5.0)] == [7, 7, 7, 7]
        assert measuring.call_count == 1
        assert [cost(n=6), cost(), cost(n=None), cost(n="5"), cost(n=[])] == [8, 22, 22, 22, 22]
        assert measuring.call_count == 4


def test_what_costs_nothing_costs_1(schema: Schema) -> None:
    text = "{ __typename }"
    assert Costs(schema.core).of(text, parse(text), {}) == 1


def test_what_is_too_large_is_not_remembered(schema: Schema) -> None:
    costs, text = Costs(schema.core), "query A { a } query B { b }"
    for _ in range(2):
        with pytest.raises(TooLargeError):
            costs.of(text, parse(text), {})


def test_only_so_many_documents_are_remembered(schema: Schema) -> None:
    costs, document = Costs(schema.core), parse("{ a }")
    with patch.object(edge.cost, "measure", wraps=measure) as measuring:
        for number in [*range(MEASURED_MAX), 0, MEASURED_MAX, 0, 1]:
            costs.of(str(number), document, {})
        assert measuring.call_count == MEASURED_MAX + 2


@pytest.mark.parametrize(
    ("data", "count"),
    [
        pytest.param(None, 1, id="null"),
        pytest.param({"a": None, "b": 5}, 1, id="no_object"),
        pytest.param({"a": {"b": 1}}, 1, id="one"),
        pytest.param({"a": {"b": [{"c": 1}, {"c": {"_d": 1}}, []]}}, 4, id="nested"),
        pytest.param({"a": {"b": '{"c":1}', "c": '{"', "d": "{", "e": "\\{"}}, 1, id="texts"),
        pytest.param({"a": ["{", "x"], "b": ["{"]}, 1, id="texts_that_end_in_a_brace"),
    ],
)
def test_objects_are_counted_exactly(data: object, count: int) -> None:
    assert objects_in(orjson.dumps(data)) == count
