"""Half-open stretches of time."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The instants t with ``start <= t < end``, both in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        assert self.start.tzinfo is UTC
        assert self.end.tzinfo is UTC
        assert self.start < self.end

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end
