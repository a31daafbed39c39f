"""Time in tests."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Clock:
    """Shows `now` until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now
