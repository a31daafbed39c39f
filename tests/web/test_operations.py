"""The page's operations: they are fit for the schema, and say what they are for."""

from pathlib import Path

import pytest
from graphql import build_schema, parse, validate
from graphql.language import DocumentNode, OperationDefinitionNode

from schema import root

OPERATIONS = Path(__file__).parents[2] / "web" / "src" / "operations"
FILES = sorted(OPERATIONS.glob("*.graphql"))
FRAGMENTS = [path for path in FILES if path.read_text("utf-8").startswith("fragment ")]


def document() -> DocumentNode:
    """Return all of them as one document, as the build reads them."""
    return parse("\n".join(path.read_text("utf-8") for path in FILES))


def test_all_are_fit_for_the_schema() -> None:
    sdl = (Path(root.__file__).parent / "schema.graphql").read_text("utf-8")
    assert validate(build_schema(sdl), document()) == []


@pytest.mark.parametrize("path", sorted(set(FILES) - set(FRAGMENTS)), ids=lambda path: path.stem)
def test_each_is_in_a_file_of_its_name_that_says_what_for(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("# ")
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.name is not None
    assert operation.name.value == path.stem


def test_all_queries_are_about_the_account_that_the_address_names() -> None:
    texts = [path.read_text("utf-8") for path in set(FILES) - set(FRAGMENTS)]
    queries = [text for text in texts if "\nquery " in text]
    assert len(queries) > 1
    assert all("$account: ID" in text and "account {" not in text for text in queries)
