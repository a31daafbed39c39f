"""The sums of cycles: both meters of all of an operation's cycles in one statement."""

from collections.abc import Sequence

from billing.commitment import Meter
from billing.cycle import Cycle
from billing.figures import Figures
from db import usage
from db.pool import acquire
from resolvers.context import Context


async def of_meters(ctx: Context, keys: Sequence[tuple[Cycle, Meter, bool]]) -> list[Figures]:
    """Load the sums behind meters of cycles; two meters of a cycle share them.

    Each key says whether the cycle's grants are wanted one by one, too.
    """
    cycles = list(dict.fromkeys(cycle for cycle, _, _ in keys))
    meters = frozenset(meter for _, meter, _ in keys)
    grants_of = {cycle for cycle, _, grants in keys if grants}
    assumed = ctx.assumed.of({cycle.account.id for cycle in cycles})
    async with acquire(ctx.pool) as conn:
        figures, outdated = await usage.of_assumed_cycles(
            conn, cycles, meters=meters, grants_of=grants_of, assumed=assumed
        )
    ctx.assumed.confirm(assumed, outdated)
    by_cycle = dict(zip(cycles, figures, strict=True))
    return [by_cycle[cycle] for cycle, _, _ in keys]


async def figures_of(ctx: Context, cycles: Sequence[Cycle], meter: Meter) -> list[Figures]:
    """Return the sums of cycles for one meter, in order.

    Goes through the operation's loader, where the other meter's request joins it.
    """
    return await _figures(ctx, [(cycle, meter, False) for cycle in cycles])


async def figures_with_grants_of(ctx: Context, cycles: Sequence[Cycle]) -> list[Figures]:
    """Return the sums of cycles for both meters, in order, and their grants one by one."""
    found = await _figures(ctx, [(cycle, meter, True) for meter in Meter for cycle in cycles])
    return found[: len(cycles)]


async def _figures(ctx: Context, keys: Sequence[tuple[Cycle, Meter, bool]]) -> list[Figures]:
    found: list[Figures] = await ctx.loaders.of(of_meters).load_many(keys)
    return found
