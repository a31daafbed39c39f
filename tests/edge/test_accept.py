"""Which media type a client gets."""

import pytest

from edge.accept import RANGES_MAX, preferred

JSON, GRAPHQL = "application/json", "application/graphql-response+json"


@pytest.mark.parametrize(
    ("header", "media_type"),
    [
        ("", JSON),
        (" , ", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        ("Application/GraphQL-Response+JSON", GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8", GRAPHQL),
        (f"{GRAPHQL}, {JSON}", JSON),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON};q=0.9", JSON),
        (f"{JSON} ; Q=0.1 , {GRAPHQL}; q=1.0", GRAPHQL),
        (f"{JSON};q=0, */*", GRAPHQL),
        (f"*/*;q=0.1, {GRAPHQL}", GRAPHQL),
        ("application/*;q=0, */*", None),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/*,*/*;q=0.8", JSON),
        ("text/html", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=0.000", None),
        (f"{JSON};q=nonsense", JSON),
        ("nonsense", None),
        ("*", None),
        (";q=1", None),
        ("text/html," * (RANGES_MAX - 1) + GRAPHQL, GRAPHQL),
        ("text/html," * RANGES_MAX + GRAPHQL, None),
    ],
)
def test_the_type_liked_best_is_chosen(header: str, media_type: str | None) -> None:
    assert preferred(header, (JSON, GRAPHQL)) == media_type
