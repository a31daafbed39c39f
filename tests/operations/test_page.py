"""The operations of the page, one after the other as an admin goes through it.

Their answers are kept in `page.json`; the numbers are those of `small`, worked out by hand there.
"""

import json
import re
from pathlib import Path
from typing import Any

from graphql import OperationDefinitionNode, parse

from edge import manifest
from tests.support.world import World, admin

FOLDER = Path(__file__).parents[2] / "web" / "src" / "operations"
VISIT = Path(__file__).with_name("page.json")
MADE_ANEW = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|whsec_.+")
"""Identifiers and secrets: others each time."""


def operations() -> dict[str, str]:
    """Return the texts of all operations by their names, as the page sends them."""
    return {_name_of(text): text for text in manifest.texts_of_page(FOLDER)}


def _name_of(text: str) -> str:
    (operation,) = (
        node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode)
    )
    assert operation.name is not None
    return operation.name.value


def without_what_is_made_anew(value: Any) -> Any:
    if isinstance(value, list):
        return [without_what_is_made_anew(one) for one in value]
    if isinstance(value, dict):
        return {name: without_what_is_made_anew(one) for name, one in value.items()}
    return "*" if isinstance(value, str) and MADE_ANEW.fullmatch(value) else value


async def test_a_visit_of_the_page(small: World) -> None:
    texts, visit = operations(), json.loads(VISIT.read_text("utf-8"))
    assert {step["operation"] for step in visit} == set(texts)
    for step in visit:
        text, variables = texts[step["operation"]], step["variables"]
        data = await small.data(text, variables, principal=admin("acme"))
        assert without_what_is_made_anew(data) == step["data"], step["operation"]
