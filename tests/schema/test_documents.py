"""Documents that are kept: the valid ones, so many, and each parsed and validated once."""

from collections.abc import Iterator
from unittest.mock import Mock, patch

import pytest
import strawberry.schema.schema
from graphql import parse, validate

import schema.documents
from schema import root
from schema.documents import DOCUMENTS_MAX, KeptDocuments
from tests.support.world import World


@pytest.fixture
def parsing() -> Iterator[Mock]:
    with patch.object(schema.documents, "parse", wraps=parse) as wrapped:
        yield wrapped


@pytest.fixture
def validating() -> Iterator[Mock]:
    with patch.object(strawberry.schema.schema, "validate", wraps=validate) as wrapped:
        yield wrapped


async def test_a_valid_document_is_parsed_and_validated_once(
    world: World, parsing: Mock, validating: Mock
) -> None:
    world.schema = root.build()
    text = "query ($skip: Boolean!) { __typename @skip(if: $skip) }"
    world.schema.parse(text)
    assert await world.data(text, {"skip": False}) == {"__typename": "Query"}
    assert await world.data(text, {"skip": True}) == {}
    assert (parsing.call_count, validating.call_count) == (1, 1)


async def test_what_never_runs_is_not_kept(world: World, parsing: Mock, validating: Mock) -> None:
    world.schema = root.build()
    for document in ("{ nothing }", "query A { __typename } query B { __typename }") * 2:
        assert (await world.execute(document)).errors
    assert (parsing.call_count, validating.call_count) == (4, 2)


async def test_a_document_that_is_kept_still_needs_its_operation_named(world: World) -> None:
    two = "query A { a: __typename } query B { b: __typename }"
    assert (await world.execute(two, operation="A")).data == {"a": "Query"}
    assert (await world.execute(two)).errors
    assert (await world.execute(two, operation="B")).data == {"b": "Query"}


async def test_schemas_do_not_share_what_is_valid(world: World) -> None:
    text = "{ __schema { queryType { name } } }"
    world.schema = root.build()
    await world.data(text)
    world.schema = root.build(introspection=False)
    assert (await world.execute(text)).errors


def test_only_so_many_are_kept() -> None:
    kept, texts = KeptDocuments(), [f"{{ f{number} }}" for number in range(DOCUMENTS_MAX + 1)]
    for text in texts[:-1]:
        kept.keep(text, kept.parse(text))
    assert kept.valid(texts[0])
    kept.keep(texts[-1], kept.parse(texts[-1]))
    assert [text for text in texts if not kept.valid(text)] == [texts[1]]
