"""How admins may change a meter, and what each change comes to (R11, R14, R15, D20)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from billing.account import Account
from billing.commitment import ChangeKind, GrantKind, Meter, MeterChange
from billing.cycle import Cycle, current_cycle, next_cycle
from billing.errors import (
    AccountEndedError,
    CommitmentNeededError,
    LimitExceededError,
    NoCurrentCycleError,
    NothingToChangeError,
)
from billing.money import format_micros
from billing.plan import BLOCKS_MAX, Limits, PriceList
from billing.view import Sums


class WhichCycle(Enum):
    """For which cycle blocks are bought."""

    CURRENT = "CURRENT"
    NEXT = "NEXT"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterState:
    """A meter as it stands at the instant of a change, read under the account's lock.

    `current` is None before cycle 0, `following` where the account ends first; never both.
    `committed` is in force now, `scheduled` is what the next cycle brings, if it is
    another amount; `bought` are blocks by cycle. Customers are `limited` by the plan,
    operators go beyond.
    """

    meter: Meter
    version: int
    current: Cycle | None
    following: Cycle | None
    committed: int
    scheduled: int | None
    bought: Mapping[int, int]
    limited: bool

    def limits(self, cycle: Cycle) -> Limits | None:
        """Return how far the caller may go in `cycle`; None where there is no limit."""
        return cycle.price_list.limits if self.limited else None


def meter_state(
    account: Account, sums: Sums, meter: Meter, at: datetime, *, limited: bool
) -> MeterState:
    """Return how `meter` stands at `at`, for a caller whom the plan's limits bind or not.

    `sums` are of views of the current cycle and the next, where there are such.

    Raises:
        AccountEndedError: the account has ended.
    """
    current, following = current_cycle(account, at), next_cycle(account, at)
    if current is None and following is None:
        raise AccountEndedError("The account has ended.")
    figures = next(iter(sums.values()))  # what is asked of them is the same in all
    holding = 0 if current is None else figures.committed(meter, current.number)
    coming = holding if following is None else figures.committed(meter, following.number)
    return MeterState(
        meter=meter,
        version=figures.versions[meter],
        current=current,
        following=following,
        committed=holding,
        scheduled=None if coming == holding else coming,
        bought={view.number: each.granted[GrantKind.BLOCKS] for view, each in sums.items()},
        limited=limited,
    )


def change_commitment(state: MeterState, amount: int) -> MeterChange:
    """Commit to `amount`: at once from nothing, otherwise from the next cycle on.

    It takes the place of what is scheduled; the amount in force cancels that.

    Raises:
        LimitExceededError: a customer may not commit to so little or so much.
        NothingToChangeError: the amount is in force and nothing is scheduled.
        AccountEndedError: the account ends before the change would take effect.
    """
    if amount == state.committed and state.scheduled is None:
        raise NothingToChangeError("This amount is in force, and nothing is scheduled.")
    starts = state.committed == 0 and amount > 0 and state.current is not None
    cycle = _current(state) if starts else _next(state)
    if amount != state.committed:
        _check_commitment(state, cycle, amount)
    return _change(state, ChangeKind.COMMITMENT, cycle, amount)


def cancel_scheduled(state: MeterState) -> MeterChange:
    """Cancel what is scheduled, which is to name the amount in force.

    Raises:
        NothingToChangeError: nothing is scheduled.
    """
    return change_commitment(state, state.committed)


def add_blocks(state: MeterState, blocks: int, which: WhichCycle) -> MeterChange:
    """Buy blocks of conversations for one cycle.

    Raises:
        LimitExceededError: more than a customer may buy at once, or anybody for a cycle.
        NoCurrentCycleError: for the current cycle, before cycle 0.
        AccountEndedError: for the next cycle, which there will not be.
    """
    cycle = _current(state) if which is WhichCycle.CURRENT else _next(state)
    limits = state.limits(cycle)
    if limits is not None and blocks > limits.purchase_blocks_max:
        raise LimitExceededError(
            f"At most {limits.purchase_blocks_max} blocks can be bought at once.",
            field="blocks",
            blocks_max=limits.purchase_blocks_max,
        )
    room = BLOCKS_MAX - state.bought.get(cycle.number, 0)
    if blocks > room:
        raise LimitExceededError(
            f"At most {BLOCKS_MAX:,} blocks can be bought for a cycle.",
            field="blocks",
            blocks_max=room,
        )
    return _change(state, ChangeKind.BLOCKS, cycle, blocks)


def top_up(state: MeterState, amount_micros: int) -> MeterChange:
    """Add balance to the current cycle.

    Raises:
        CommitmentNeededError: less is committed to than a commitment has at least (R15).
        LimitExceededError: less or more than a customer may add at once.
        NoCurrentCycleError: before cycle 0.
    """
    cycle = _current(state)
    least = cycle.price_list.limits.carrier_commitment_micros_min
    if state.committed < max(least, 1):
        raise CommitmentNeededError(
            f"A top-up needs a commitment of at least {format_micros(least)}."
        )
    limits = state.limits(cycle)
    if limits is not None:
        low, high = limits.top_up_micros_min, limits.top_up_micros_max
        if not low <= amount_micros <= high:
            raise LimitExceededError(
                f"A top-up is from {format_micros(low)} to {format_micros(high)}.",
                field="amount",
                amount_micros=(low, high),
            )
    return _change(state, ChangeKind.TOP_UP, cycle, amount_micros)


def unit_price_micros(price_list: PriceList, meter: Meter) -> int:
    """Return what one of the meter's units costs: a block, or a micro-euro of balance."""
    return price_list.block_price_micros if meter is Meter.CONVERSATIONS else 1


def _check_commitment(state: MeterState, cycle: Cycle, amount: int) -> None:
    limits = state.limits(cycle)
    if limits is None or amount == 0:
        return
    if state.meter is Meter.CONVERSATIONS and amount > limits.commitment_blocks_max:
        raise LimitExceededError(
            f"At most {limits.commitment_blocks_max} blocks can be committed to.",
            field="blocks",
            blocks_max=limits.commitment_blocks_max,
        )
    low, high = limits.carrier_commitment_micros_min, limits.carrier_commitment_micros_max
    if state.meter is Meter.CARRIER and not low <= amount <= high:
        raise LimitExceededError(
            f"A commitment is 0, or from {format_micros(low)} to {format_micros(high)}.",
            field="amount",
            amount_micros=(low, high),
        )


def _current(state: MeterState) -> Cycle:
    if state.current is None:
        raise NoCurrentCycleError("The account's first cycle has not started.")
    return state.current


def _next(state: MeterState) -> Cycle:
    if state.following is None:
        raise AccountEndedError("The account ends with the current cycle.")
    return state.following


def _change(state: MeterState, kind: ChangeKind, cycle: Cycle, amount: int) -> MeterChange:
    at_once = cycle.computed_at in cycle.period
    return MeterChange(
        meter=state.meter,
        version=state.version + 1,
        kind=kind,
        cycle=cycle.number,
        amount=amount,
        amount_before=state.committed if kind is ChangeKind.COMMITMENT else 0,
        price_micros=amount * unit_price_micros(cycle.price_list, state.meter),
        effective_at=cycle.computed_at if at_once else cycle.period.start,
    )
