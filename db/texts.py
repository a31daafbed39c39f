"""Rows as columns, where there may be many: columns of texts travel as one text each.

Of each element of an array asyncpg asks whether it is an array as well, which takes longer than
to send it. Of a text it need not ask, and PostgreSQL's ``string_to_array`` takes one apart as
fast as it reads an array.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

# Made for this, and a control character: no text that is taken has one (`billing.event.PLAIN`).
_SEPARATOR = "\x1f"


def columns_joined(
    rows: Iterable[Sequence[Any]], *, width: int, texts: Collection[int]
) -> list[Any]:
    """Turn rows into columns as `db.columns.columns` does, those at `texts` into one text each.

    Statements take them apart at the separator, and an empty one is NULL to them.
    """
    turned: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * width
    return [_joined(column) if place in texts else column for place, column in enumerate(turned)]


def _joined(texts: Sequence[str | None]) -> str:
    one = _SEPARATOR.join([text or "" for text in texts])
    assert one.count(_SEPARATOR) == max(0, len(texts) - 1)
    return one
