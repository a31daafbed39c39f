"""What cycles cost."""

from collections.abc import Sequence

from billing.commitment import Meter
from billing.cost import CycleCost, cycle_cost
from billing.cycle import Cycle
from resolvers.context import Context
from resolvers.usage import figures_of


async def of_cycles(ctx: Context, cycles: Sequence[Cycle]) -> list[CycleCost]:
    """Return what each cycle costs, as far as it is known now."""
    figures = await figures_of(ctx, cycles, Meter.CONVERSATIONS)
    return [cycle_cost(*pair) for pair in zip(cycles, figures, strict=True)]
