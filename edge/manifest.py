"""Manifests of trusted documents: JSON objects with each document's text by its hash.

That is also what the build tools of GraphQL clients write.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson
from graphql import (
    DefinitionNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    Node,
    OperationDefinitionNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from edge.documents import PREFIX, hash_of

MANIFEST = Path(__file__).with_name("documents.json")
"""The page's operations and the golden ones, as `./dev print-documents` prints them."""


class ManifestError(Exception):
    """A manifest cannot be used."""


def read(path: Path) -> dict[str, str]:
    """Read a manifest.

    Raises:
        ManifestError: it is none, or a hash is not that of its text.
    """
    try:
        texts = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        raise ManifestError(f"{path} is not a JSON file that can be read.") from None
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise ManifestError(f"{path} must be an object with a text for each hash.")
    found = {hashed.removeprefix(PREFIX): text for hashed, text in texts.items()}
    for hashed, text in found.items():
        if hash_of(text) != hashed:
            raise ManifestError(f"{path}: {hashed} is not the SHA-256 of its text.")
    return found


def write(page: Path, golden: Path) -> bytes:
    """Write the manifest of two folders of `.graphql` files."""
    texts = [*texts_of_page(page), *texts_of(golden)]
    content = {hash_of(text): text for text in texts}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def texts_of(folder: Path) -> list[str]:
    """Return each file's document as a printer writes it."""
    return [print_ast(parse(text)) for text in _files(folder)]


def texts_of_page(folder: Path) -> list[str]:
    """Return each operation with its fragments, to the letter as the page's build writes it."""
    nodes = [node for text in _files(folder) for node in parse(text).definitions]
    return [_as_built(node, nodes) for node in nodes if isinstance(node, OperationDefinitionNode)]


def _files(folder: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.graphql"))]


def _as_built(operation: OperationDefinitionNode, nodes: Sequence[DefinitionNode]) -> str:
    fragments = [node for node in nodes if isinstance(node, FragmentDefinitionNode)]
    used = _Used({node.name.value: node for node in fragments})
    visit(operation, used)
    after = "\n".join(print_ast(node) for node in fragments if node.name.value in used.names)
    # The build's printer puts no blanks inside of the braces of a value.
    return re.sub(r"\{ (.+) \}", r"{\1}", f"\n    {print_ast(operation)}\n    {after}")


class _Used(Visitor):
    """Finds the fragments that a node uses, and those that these use."""

    def __init__(self, fragments: Mapping[str, Node]) -> None:
        super().__init__()
        self.names: set[str] = set()
        self._fragments = fragments

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        name = node.name.value
        if name not in self.names:
            self.names.add(name)
            visit(self._fragments[name], self)
