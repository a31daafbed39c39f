"""Carrier cost: one cycle's charges against its balance (R13 to R16, D17 to D19)."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from billing.commitment import GrantKind, Meter
from billing.conversation import percent
from billing.cycle import Cycle, CycleState
from billing.figures import ChargeSum, Figures
from billing.money import apportion, rounded_to_cents, shown_in_cents
from billing.scheduled import ScheduledAmount, scheduled_amount


@dataclass(slots=True, unsafe_hash=True)  # not frozen, as a Cycle is not
class FeatureCost:
    """What one sub-feature cost, in micro-euros.

    `display_micros` are whole cents that add up to the balance's shown total, and
    `percent` are shares of it that add up to 100.
    """

    feature: str
    amount_micros: int
    display_micros: int
    percent: int
    charges: int


@dataclass(slots=True, unsafe_hash=True, kw_only=True)
class CarrierNumbers:
    """What a cycle's carrier costs come to, in micro-units of `currency` (D17)."""

    currency: str
    version: int
    scheduled_change: ScheduledAmount | None
    commitment_micros: int
    topped_up_micros: int
    limit_micros: int
    spent_micros: int
    spent_display_micros: int
    left_micros: int
    overspent_micros: int
    percent: int | None
    send_allowed: bool
    by_feature: tuple[FeatureCost, ...]


@dataclass(slots=True, unsafe_hash=True, kw_only=True)
class CarrierBalance(CarrierNumbers):
    """The same with the cycle, from which the charges behind the numbers are found."""

    cycle: Cycle = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierCharge:
    """One charge dated in a cycle; `booked_in_cycle` is where it counts (D11), unless reversed."""

    source: str
    id: str
    feature: str
    occurred_at: datetime
    amount_micros: int
    quantity_micros: int | None
    unit: str | None
    booked_in_cycle: int
    reversed: bool


def carrier_balance(cycle: Cycle, figures: Figures) -> CarrierBalance | None:
    """Apply the rules of the balance to a cycle's sums; None for the future cycle (D10)."""
    if cycle.state is CycleState.FUTURE:
        return None
    by_feature = figures.charged_by_feature()
    spent = sum([charge.amount_micros for charge in by_feature.values()])
    commitment = figures.committed(Meter.CARRIER, cycle.number)
    granted = figures.granted
    topped_up = granted[GrantKind.TOP_UP] + granted[GrantKind.AUTOMATIC_TOP_UP]
    limit = commitment + topped_up
    return CarrierBalance(
        cycle=cycle,
        currency=cycle.account.currency,
        version=figures.versions[Meter.CARRIER],
        scheduled_change=scheduled_amount(cycle, figures, Meter.CARRIER),
        commitment_micros=commitment,
        topped_up_micros=topped_up,
        limit_micros=limit,
        spent_micros=spent,
        spent_display_micros=rounded_to_cents(spent),
        left_micros=max(0, limit - spent),
        overspent_micros=max(0, spent - limit),
        percent=percent(spent, limit),
        send_allowed=cycle.state is CycleState.CURRENT and spent < limit,
        by_feature=_feature_costs(by_feature),
    )


def _feature_costs(by_feature: dict[str, ChargeSum]) -> tuple[FeatureCost, ...]:
    """Break the total down so that the parts shown add up to it (D19)."""
    charged = sorted(
        [(-charge.amount_micros, feature, charge.charges) for feature, charge in by_feature.items()]
    )
    parts = _parts(tuple([-negative for negative, _, _ in charged]))
    return tuple(
        [
            FeatureCost(feature, amount_micros, display_micros, share, charges)
            for (_, feature, charges), (amount_micros, display_micros, share) in zip(
                charged, parts, strict=True
            )
        ]
    )


@lru_cache(maxsize=4_096)  # most cycles that are looked at are closed: their costs stay the same
def _parts(amounts_micros: tuple[int, ...]) -> tuple[tuple[int, int, int], ...]:
    """Return each amount with what is shown of it and with its share."""
    shown, shares = shown_in_cents(amounts_micros), apportion(100, amounts_micros)
    return tuple(zip(amounts_micros, shown, shares, strict=True))
