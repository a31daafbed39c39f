"""What the next cycle brings to a meter (D20)."""

from dataclasses import dataclass
from datetime import date, datetime

from billing.commitment import Meter
from billing.cycle import Cycle, CycleState, next_cycle
from billing.figures import Figures


@dataclass(frozen=True, slots=True)
class ScheduledAmount:
    """A commitment that takes effect with the next cycle: blocks, or micro-euros."""

    amount: int
    effective_at: datetime
    effective_on: date


def scheduled_amount(cycle: Cycle, figures: Figures, meter: Meter) -> ScheduledAmount | None:
    """Return what the cycle after the current one brings; None where that is the same."""
    if cycle.state is not CycleState.CURRENT:
        return None
    amount = figures.committed(meter, cycle.number + 1)
    if amount == figures.committed(meter, cycle.number):
        return None
    following = next_cycle(cycle.account, cycle.computed_at)
    if following is None:
        return None
    return ScheduledAmount(amount, following.starts_at, following.starts_on)
