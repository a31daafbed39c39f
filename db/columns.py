"""Rows as columns: what ``unnest`` takes."""

from collections.abc import Iterable, Sequence
from typing import Any


def columns(rows: Iterable[Sequence[Any]], *, width: int) -> list[list[Any]]:
    """Turn rows of `width` values into `width` columns, also where there are no rows."""
    turned = [list(column) for column in zip(*rows, strict=True)]
    return turned or [[] for _ in range(width)]
