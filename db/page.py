"""Which part of a sorted list to fetch."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

Position: TypeAlias = tuple[datetime, str, str]
"""The sort key of a row: its instant and two texts that tell equal instants apart."""


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limit` rows beyond `after`."""

    after: Position | None
    limit: int

    def __post_init__(self) -> None:
        assert self.limit > 0

    @property
    def parameters(self) -> tuple[object, ...]:
        """The position's three parts, NULLs for none, and the limit."""
        return (*(self.after or (None, None, None)), self.limit)
