"""Reads ``db/sql/*.sql`` into named queries."""

import re
from pathlib import Path

SQL = Path(__file__).parent / "sql"

_HEADER = re.compile(r"^-- name: (?P<name>[a-z_]+)$", re.MULTILINE)


def load(noun: str) -> dict[str, str]:
    """Return the queries of ``db/sql/<noun>.sql`` by name.

    Each text starts with ``/* <noun>.<name> */``, so that logs, pg_stat_statements
    and the tests' lists of statements call a query by its name.

    Raises:
        ValueError: a name is used twice, or the file holds no query.
    """
    parts = _HEADER.split((SQL / f"{noun}.sql").read_text(encoding="utf-8"))[1:]
    found = {
        name: f"/* {noun}.{name} */ {body.strip()}"
        for name, body in zip(parts[0::2], parts[1::2], strict=True)
    }
    if not found or len(found) != len(parts) // 2:
        raise ValueError(f"db/sql/{noun}.sql: query names must be unique and at least one")
    return found
