"""Trusted documents: what is in the manifest, and what of it is taken."""

import json
from pathlib import Path

import pytest
from graphql import parse, validate

import server
from edge.documents import Trust, hash_of
from edge.manifest import MANIFEST, ManifestError, read, texts_of_page
from schema.root import Schema

ROOT = Path(__file__).parents[2]
TEXT = "{ __typename }"


def test_a_hash_is_that_of_the_standard() -> None:
    # The example of GraphQL over HTTP, appendix A.
    assert (
        hash_of("query($id:ID!){user(id:$id){name}}")
        == "71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b"
    )


def test_the_committed_manifest_is_the_one_of_the_operations_as_they_are() -> None:
    assert MANIFEST.read_bytes() == server.trusted_documents()


def test_what_is_in_it_runs(schema: Schema) -> None:
    texts = read(MANIFEST).values()
    assert len(texts) > 20
    for text in texts:
        assert validate(schema.core, parse(text)) == []


def test_the_page_sends_these_texts_to_the_letter() -> None:
    built = [path.read_text("utf-8") for path in (ROOT / "web/dist/assets").glob("*.js")]
    texts = texts_of_page(ROOT / "web" / "src" / "operations")
    assert [text for text in texts if not any(text in script for script in built)] == []


def test_a_manifest_of_a_build_tool_is_read(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    path.write_text(json.dumps({hash_of(TEXT): TEXT, f"sha256:{hash_of('{ a }')}": "{ a }"}))
    assert read(path) == {hash_of(TEXT): TEXT, hash_of("{ a }"): "{ a }"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(None, "is not a JSON file that can be read.", id="missing"),
        pytest.param("{", "is not a JSON file that can be read.", id="cut_off"),
        pytest.param("[]", "must be an object with a text for each hash.", id="list"),
        pytest.param('{"x": 5}', "must be an object with a text for each hash.", id="number"),
        pytest.param(
            json.dumps({hash_of(TEXT): "{ other }"}),
            "is not the SHA-256 of its text.",
            id="another_text",
        ),
    ],
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, content: str | None, why: str) -> None:
    path = tmp_path / "app.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ManifestError) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).endswith(why)


def test_the_modes_are_those_promised() -> None:
    assert [trust.value for trust in Trust] == ["off", "log", "enforce"]
