"""Reads ``db/sql/*.sql`` into named queries."""

import re
from pathlib import Path

SQL = Path(__file__).parent / "sql"

_HEADER = re.compile(r"^-- name: (?P<name>[a-z_]+)$", re.MULTILINE)

_WITH = re.compile(r"^-- with: (?P<noun>[a-z_]+)\.(?P<name>[a-z_]+)$", re.MULTILINE)
"""Stands for the text of another query, of which this one takes the parameters first."""


def load(noun: str) -> dict[str, str]:
    """Return the queries of ``db/sql/<noun>.sql`` by name.

    Each text starts with ``/* <noun>.<name> */``, so that logs, pg_stat_statements
    and the tests' lists of statements call a query by its name.

    Raises:
        ValueError: a name is used twice, or the file holds no query.
    """
    parts = _HEADER.split((SQL / f"{noun}.sql").read_text(encoding="utf-8"))[1:]
    found = {
        name: f"/* {noun}.{name} */ {_WITH.sub(_text, body).strip()}"
        for name, body in zip(parts[0::2], parts[1::2], strict=True)
    }
    if not found or len(found) != len(parts) // 2:
        raise ValueError(f"db/sql/{noun}.sql: query names must be unique and at least one")
    return found


def _text(place: re.Match[str]) -> str:
    """Return the query that a line stands for, without its name and its end."""
    query = load(place["noun"])[place["name"]]
    return query.partition("*/")[2].strip().removesuffix(";")
