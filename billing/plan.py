"""Plans: named price lists, each in force from a date on (R8)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from billing.errors import BadInputError, PlanNotOfferedError
from billing.money import MICROS, format_micros

BLOCK_SIZE = 100
"""Conversations in a block."""

PLAN_NAME_MAX = 64
"""Characters of a plan's name."""

INCLUDED_MAX = 1_000_000_000
"""Conversations that a plan may include in a cycle."""

BLOCK_PRICE_MICROS_MAX = 10_000 * MICROS
"""What a block may cost at most: prices of a million blocks stay within 64 bits."""

BLOCKS_MAX = 1_000_000
"""Blocks that even an operator may commit to or buy: quotas stay within 32 bits."""

REMINDERS_MAX = 10
"""Reminder thresholds of a price list."""

PERCENT_MIN, PERCENT_MAX = 1, 100
"""The lowest and the highest of them."""


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


def check_plan_name(name: str, *, field: str) -> None:
    """Refuse what cannot be a plan's name.

    Raises:
        BadInputError: it is empty, too long, or cannot be printed.
    """
    if not 1 <= len(name) <= PLAN_NAME_MAX or not name.isprintable():
        raise BadInputError(f"It must be 1 to {PLAN_NAME_MAX} printable characters.", field=field)


def check_blocks(blocks: int, *, least: int = 0, field: str) -> None:
    """Refuse a number of blocks that not even an operator may name.

    Raises:
        BadInputError: it is below `least`, or above a million.
    """
    if not least <= blocks <= BLOCKS_MAX:
        raise BadInputError(f"It must be {least} to {BLOCKS_MAX:,}.", field=field)


def check_price_lists(price_lists: Sequence[PriceList]) -> None:
    """Refuse price lists, to be added to one plan at once, that no plan can have.

    Raises:
        BadInputError: there is none, two are for one interval, or one is outside its limits.
    """
    intervals = [price_list.interval for price_list in price_lists]
    if not intervals or len(set(intervals)) < len(intervals):
        raise BadInputError("It must be one for each interval offered.", field="priceLists")
    for price_list in price_lists:
        check_plan_name(price_list.plan, field="name")
        if not 0 <= price_list.included <= INCLUDED_MAX:
            raise BadInputError(f"It must be 0 to {INCLUDED_MAX:,}.", field="included")
        if not 0 <= price_list.block_price_micros <= BLOCK_PRICE_MICROS_MAX:
            most = format_micros(BLOCK_PRICE_MICROS_MAX)
            raise BadInputError(f"It must be 0 to {most}.", field="blockPrice")
        _check_reminders(price_list.reminder_percents)
        _check_limits(price_list.limits)


def _check_reminders(percents: Sequence[int]) -> None:
    within = all(PERCENT_MIN <= percent <= PERCENT_MAX for percent in percents)
    if len(percents) > REMINDERS_MAX or not within or list(percents) != sorted(set(percents)):
        raise BadInputError(
            f"It must be at most {REMINDERS_MAX} percentages from {PERCENT_MIN} to {PERCENT_MAX}, "
            "ascending.",
            field="reminderPercents",
        )


def _check_limits(limits: Limits) -> None:
    for blocks_max, field in (
        (limits.commitment_blocks_max, "commitmentBlocksMax"),
        (limits.purchase_blocks_max, "purchaseBlocksMax"),
    ):
        check_blocks(blocks_max, field=field)
    for least, most, field in (
        (
            limits.carrier_commitment_micros_min,
            limits.carrier_commitment_micros_max,
            "carrierCommitment",
        ),
        (limits.top_up_micros_min, limits.top_up_micros_max, "topUp"),
    ):
        if least < 0:
            raise BadInputError("It must not be negative.", field=f"{field}Min")
        if most < least:
            raise BadInputError("It must not be below the least.", field=f"{field}Max")


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
