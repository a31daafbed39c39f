"""An operation that has run before runs again without Strawberry around it, and no otherwise."""

from collections.abc import Iterator
from unittest.mock import Mock, patch

import pytest
from strawberry.extensions.runner import SchemaExtensionsRunner

from billing.account import account_id_of
from schema import root
from tests.support.world import OPERATOR, World, admin

ACME = admin("acme")
NAME = "query Name($id: ID) { account(id: $id) { name } }"


@pytest.fixture
def strawberries() -> Iterator[Mock]:
    """Counts the operations that Strawberry runs."""
    with patch.object(
        SchemaExtensionsRunner,
        "operation",
        autospec=True,
        side_effect=SchemaExtensionsRunner.operation,
    ) as runs:
        yield runs


async def test_only_the_first_run_is_strawberrys(world: World, strawberries: Mock) -> None:
    world.schema = root.build()
    await world.account("acme")
    strawberries.reset_mock()
    for operation in (None, "Name", None):
        result = await world.execute(NAME, principal=ACME, operation=operation)
        assert result.data == {"account": {"name": "Acme"}}
    assert strawberries.call_count == 1


async def test_each_run_is_for_its_own_caller(world: World) -> None:
    world.schema = root.build()
    await world.account("acme")
    await world.account("other")
    other = str(account_id_of("other"))
    for principal, variables, name in (
        (admin("acme"), {}, "Acme"),
        (admin("other"), {}, "Other"),
        (OPERATOR, {"id": other}, "Other"),
        (admin("other"), {"id": None}, "Other"),
    ):
        data = await world.data(NAME, variables, principal=principal)
        assert data == {"account": {"name": name}}
    refused = await world.execute(NAME, {"id": other}, principal=admin("acme"))
    assert [(error.extensions or {})["code"] for error in refused.errors or ()] == ["NOT_FOUND"]


async def test_what_is_wrong_with_variables_is_said_as_the_first_time(world: World) -> None:
    world.schema = root.build()
    await world.account("acme")
    told = []
    for known in (False, True):
        if known:
            await world.data(NAME, principal=ACME)
        result = await world.execute(NAME, {"id": {}}, principal=ACME)
        told.append([error.message for error in result.errors or ()])
    assert told[0] == told[1]
    assert len(told[0]) == 1


async def test_one_that_is_not_in_the_document_does_not_run(world: World) -> None:
    world.schema = root.build()
    await world.account("acme")
    await world.data(NAME, principal=ACME)
    result = await world.execute(NAME, principal=ACME, operation="Other")
    assert result.data is None
    assert result.errors


async def test_objects_are_counted_where_nothing_failed(world: World) -> None:
    world.schema = root.build()
    await world.account("acme")
    failing = '{ a: account { name } b: account(id: "x") { name } }'
    counts = [
        (await world.execute(document, principal=ACME)).objects
        for document in ("{ account { cycle { number } } }", failing)
        for _ in range(2)
    ]
    assert counts == [None, 2, None, None]
