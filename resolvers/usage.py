"""The sums of cycles: both meters of all of an operation's cycles in one statement."""

from collections.abc import Sequence

from billing.commitment import Meter
from billing.cycle import Cycle
from billing.figures import Figures
from db import usage
from db.pool import acquire
from resolvers.context import Context


async def of_meters(ctx: Context, keys: Sequence[tuple[Cycle, Meter]]) -> list[Figures]:
    """Load the sums behind meters of cycles; two meters of a cycle share them."""
    cycles = list(dict.fromkeys(cycle for cycle, _ in keys))
    meters = frozenset(meter for _, meter in keys)
    async with acquire(ctx.pool) as conn:
        figures = await usage.of_cycles(conn, cycles, meters=meters)
    by_cycle = dict(zip(cycles, figures, strict=True))
    return [by_cycle[cycle] for cycle, _ in keys]


async def figures_of(ctx: Context, cycles: Sequence[Cycle], meter: Meter) -> list[Figures]:
    """Return the sums of cycles for one meter, in order.

    Goes through the operation's loader, where the other meter's request joins it.
    """
    found: list[Figures] = await ctx.loaders.of(of_meters).load_many(
        (cycle, meter) for cycle in cycles
    )
    return found
