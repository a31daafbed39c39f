"""Plans: named price lists, each in force from a date on (R8)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from billing.errors import PlanNotOfferedError
from billing.money import MICROS

BLOCK_SIZE = 100
"""Conversations in a block."""


class Interval(Enum):
    """How long a cycle lasts (R3)."""

    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"

    @property
    def months(self) -> int:
        """Months from one cycle's start to the next one's."""
        return 1 if self is Interval.MONTHLY else 12


class SurchargePolicy(Enum):
    """What happens when more conversations are used than the quota holds (R12)."""

    SURCHARGE_BLOCKS = "SURCHARGE_BLOCKS"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Limits:
    """How far customers may go by themselves (D20); operators go beyond."""

    commitment_blocks_max: int = 100
    purchase_blocks_max: int = 100
    carrier_commitment_micros_min: int = 25 * MICROS
    carrier_commitment_micros_max: int = 1_000 * MICROS
    top_up_micros_min: int = 1 * MICROS
    top_up_micros_max: int = 1_000 * MICROS

    @classmethod
    def default(cls, interval: Interval) -> "Limits":
        """Return the published limits; a yearly carrier commitment goes to EUR 12,000."""
        if interval is Interval.YEARLY:
            return cls(carrier_commitment_micros_max=12_000 * MICROS)
        return cls()

    def replaced(self, **limits: int | None) -> "Limits":
        """Return these limits with those that are given in their place."""
        return replace(self, **{name: value for name, value in limits.items() if value is not None})


REMINDER_PERCENTS = {Interval.MONTHLY: (75, 90, 100), Interval.YEARLY: (50, 75, 90, 100)}
"""The published reminder thresholds (R17)."""


@dataclass(frozen=True, slots=True)
class PriceList:
    """What a plan costs and includes, for one interval, from an instant on."""

    plan: str
    interval: Interval
    effective_from: datetime
    included: int
    block_price_micros: int
    surcharge_policy: SurchargePolicy
    reminder_percents: tuple[int, ...]
    limits: Limits


def price_list_at(
    price_lists: Iterable[PriceList], plan: str, interval: Interval, at: datetime
) -> PriceList:
    """Return the price list of `plan` and `interval` in force at `at`.

    Raises:
        PlanNotOfferedError: there is none.
    """
    found = [
        price_list
        for price_list in price_lists
        if price_list.plan == plan
        and price_list.interval is interval
        and price_list.effective_from <= at
    ]
    if not found:
        raise PlanNotOfferedError(
            f'Plan "{plan}" has no {interval.value.lower()} price list in force on {at:%Y-%m-%d}.'
        )
    return max(found, key=lambda price_list: price_list.effective_from)
