"""The sums of one cycle as they are stored, before any rule is applied to them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from billing.commitment import (
    Adjustment,
    ChangeKind,
    Commitment,
    GrantKind,
    Meter,
    MeterChange,
    commitments_of,
    committed,
)

K = TypeVar("K")


class Counts(dict[K, int]):
    """Numbers by what they count, 0 where there is none; quicker to make than a Counter."""

    def __missing__(self, _: K) -> int:
        """Return 0, and keep nothing."""
        return 0


@dataclass(slots=True)
class ChargeSum:
    """What a feature cost: micro-euros, and in how many charges."""

    amount_micros: int = 0
    charges: int = 0

    def add(self, amount_micros: int, charges: int) -> None:
        """Add charges, or take them off where the figures are negative."""
        self.amount_micros += amount_micros
        self.charges += charges


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One purchase or automatic grant, or, with a negative `amount`, the reversal of one.

    `amount` is in blocks or micro-euros; a reversal has the `id` of its original.
    """

    id: str
    kind: GrantKind
    amount: int
    price_micros: int
    reason: str
    recorded_at: datetime


@dataclass(slots=True)
class Stated:
    """What the statement of a cycle says: conversations by channel, and charges by feature."""

    conversations: dict[str, int] = field(default_factory=dict)
    charges: dict[str, ChargeSum] = field(default_factory=dict)


@dataclass(slots=True)
class Figures:
    """One cycle's sums, all of one snapshot.

    `conversations` are windows by channel that land in the cycle; `completed` is how many
    of them are closed. `booked` are the adjustments that this cycle carries for others,
    `moved` those that others carry for it. `granted` is in blocks or micro-euros; `commitments`
    are those that may hold in this cycle and the one after, `versions` the account's. `stated` is
    what the statement of a closed cycle says, in the place of all sums of usage; None where there
    is none yet. `grants` are there only where they were asked for.
    """

    conversations: dict[str, int] = field(default_factory=Counts)
    completed: int = 0
    charges: dict[str, ChargeSum] = field(default_factory=lambda: defaultdict(ChargeSum))
    booked: list[Adjustment] = field(default_factory=list)
    moved: list[Adjustment] = field(default_factory=list)
    granted: dict[GrantKind, int] = field(default_factory=Counts)
    grant_prices_micros: dict[GrantKind, int] = field(default_factory=Counts)
    versions: dict[Meter, int] = field(default_factory=Counts)
    commitments: list[Commitment] = field(default_factory=list)
    stated: Stated | None = None
    grants: list[GrantRow] = field(default_factory=list)

    def committed(self, meter: Meter, number: int) -> int:
        """Return what `meter` is committed to in cycle `number`."""
        return committed(self.commitments, meter, number)

    def with_change(self, change: MeterChange, number: int) -> "Figures":
        """Return the sums of cycle `number` as they are once a meter is changed so."""
        changed = replace(
            self,
            commitments=[*self.commitments, *commitments_of([change])],
            versions=Counts({**self.versions, change.meter: change.version}),
        )
        if change.kind is ChangeKind.COMMITMENT or change.cycle != number:
            return changed
        return changed.with_grant(GrantKind(change.kind.value), change.amount, change.price_micros)

    def with_grant(self, kind: GrantKind, amount: int, price_micros: int) -> "Figures":
        """Return the sums of the cycle with one grant more."""
        granted, prices_micros = Counts(self.granted), Counts(self.grant_prices_micros)
        granted[kind] += amount
        prices_micros[kind] += price_micros
        return replace(self, granted=granted, grant_prices_micros=prices_micros)

    def used_by_channel(self) -> dict[str, int]:
        """Return the conversations that count in the cycle, by channel, without zeros.

        A closed cycle shows no channel that only came late, and none shows one whose
        windows have all moved elsewhere.
        """
        if self.stated is not None:
            return self.stated.conversations
        used = dict(self.conversations)
        for adjustment, sign in self._adjustments(Meter.CONVERSATIONS):
            used[adjustment.label] = used.get(adjustment.label, 0) + sign * adjustment.change
        return {channel: count for channel, count in used.items() if count}

    def charged_by_feature(self) -> dict[str, ChargeSum]:
        """Return the charges that count in the cycle, by feature, without those of none."""
        if self.stated is not None:
            return self.stated.charges
        charged = {
            feature: ChargeSum(charge.amount_micros, charge.charges)
            for feature, charge in self.charges.items()
        }
        for adjustment, sign in self._adjustments(Meter.CARRIER):
            charged.setdefault(adjustment.label, ChargeSum()).add(
                sign * adjustment.change, sign * adjustment.charges
            )
        return {
            feature: charge
            for feature, charge in charged.items()
            if charge.amount_micros or charge.charges
        }

    def _adjustments(self, meter: Meter) -> Iterator[tuple[Adjustment, int]]:
        """Yield the meter's adjustments with the sign they have in this cycle."""
        for adjustments, sign in ((self.booked, 1), (self.moved, -1)):
            for adjustment in adjustments:
                if adjustment.meter is meter:
                    yield adjustment, sign
