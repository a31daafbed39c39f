"""What cycles cost."""

from collections.abc import Awaitable, Sequence

from billing.commitment import Meter
from billing.cost import CycleCost, cycle_cost
from billing.cycle import Cycle
from resolvers import usage
from resolvers.context import Context


def of_cycles(ctx: Context, cycles: Sequence[Cycle]) -> Awaitable[list[CycleCost]]:
    """Return what each cycle costs, as far as it is known now."""
    return usage.of_cycles(ctx, cycles, cycle_cost, Meter.CONVERSATIONS)
