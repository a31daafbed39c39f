"""How much a caller may ask for: buckets of cost that fill up again.

Each process has its own: behind several, a caller has as many times as much.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from resolvers.lru import Lru
from resolvers.principal import Anonymous, Principal, Role, Service, User

BUCKETS_MAX = 10_000
"""Callers that are remembered. Who is forgotten, having asked longest ago, has a full bucket."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What a bucket holds, and what comes back each second."""

    maximum: int
    per_second: int


CUSTOMER = Rate(20_000, 2_000)
"""The bucket of each customer, and of all together who name no caller."""

PLATFORM = Rate(1_000_000, 100_000)
"""The bucket of each operator and each service."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates in force."""

    customer: Rate = CUSTOMER
    platform: Rate = PLATFORM

    def of(self, principal: Principal) -> Rate:
        """Return the rate of a caller."""
        match principal:
            case Service() | User(role=Role.OPERATOR):
                return self.platform
            case _:
                return self.customer


class ThrottledError(Exception):
    """The bucket does not hold enough; in `seconds` it will."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too much was asked for of late: try again in {seconds:,} s.")
        self.seconds = seconds


class Bucket:
    """One caller's bucket: full at first."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self.rate = rate
        self._clock = clock
        self._held = float(rate.maximum)
        self._at = clock()

    def held(self) -> float:
        """Return what it holds now."""
        before, self._at = self._at, self._clock()
        filled = self._held + (self._at - before) * self.rate.per_second
        self._held = min(filled, float(self.rate.maximum))
        return self._held

    def take(self, cost: int) -> None:
        """Take a cost out.

        Raises:
            ThrottledError: it holds less; nothing is taken.
        """
        missing = cost - self.held()
        if missing > 0:
            raise ThrottledError(math.ceil(missing / self.rate.per_second))
        self._held -= cost

    def give_back(self, cost: int) -> None:
        """Put back what was not needed."""
        self._held = min(self.held() + cost, float(self.rate.maximum))


class Buckets:
    """The buckets of a process, by caller; `clock` counts seconds and is never set."""

    def __init__(self, rates: Rates, clock: Callable[[], float]) -> None:
        self._rates = rates
        self._clock = clock
        self._buckets: Lru[object, Bucket] = Lru(BUCKETS_MAX)

    def of(self, principal: Principal) -> Bucket:
        """Return a caller's bucket."""
        key = _key(principal)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = Bucket(self._rates.of(principal), self._clock)
            self._buckets.put(key, bucket)
        return bucket


def _key(principal: Principal) -> object:
    """Name a caller, whichever of their tokens they use."""
    match principal:
        case User(subject, role, account_id):
            return subject, role, account_id
        case Service(key_prefix):
            return key_prefix
        case Anonymous():
            return None
