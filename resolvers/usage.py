"""The sums of cycles: both meters of all of an operation's cycles in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing.commitment import Meter
from billing.cycle import Cycle
from billing.figures import Figures
from db import usage
from db.pool import acquire
from resolvers.context import Context


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """Cycles whose sums are wanted for some meters, and whether with the grants one by one.

    What an operation wants at once is loaded at once; a request is one key, whatever its size.
    """

    cycles: Sequence[Cycle]
    meters: frozenset[Meter]
    grants: bool = False


async def of_all(ctx: Context, keys: Sequence[Wanted]) -> list[list[Figures]]:
    """Load the sums of all that is wanted; two meters of a cycle share them."""
    cycles = list(dict.fromkeys(cycle for wanted in keys for cycle in wanted.cycles))
    meters = frozenset[Meter]().union(*(wanted.meters for wanted in keys))
    grants_of = {cycle for wanted in keys if wanted.grants for cycle in wanted.cycles}
    assumed = ctx.assumed.of({cycle.account.id for cycle in cycles})
    async with acquire(ctx.pool) as conn:
        figures, outdated = await usage.of_assumed_cycles(
            conn, cycles, meters=meters, grants_of=grants_of, assumed=assumed
        )
    ctx.assumed.confirm(assumed, outdated)
    by_cycle = dict(zip(cycles, figures, strict=True))
    return [[by_cycle[cycle] for cycle in wanted.cycles] for wanted in keys]


async def figures_of(ctx: Context, cycles: Sequence[Cycle], meter: Meter) -> list[Figures]:
    """Return the sums of cycles for one meter, in order.

    Goes through the operation's loader, where the other meter's request joins it.
    """
    return await _figures(ctx, Wanted(cycles, frozenset({meter})))


async def figures_with_grants_of(ctx: Context, cycles: Sequence[Cycle]) -> list[Figures]:
    """Return the sums of cycles for both meters, in order, and their grants one by one."""
    return await _figures(ctx, Wanted(cycles, frozenset(Meter), grants=True))


async def _figures(ctx: Context, wanted: Wanted) -> list[Figures]:
    found: list[Figures] = await ctx.loaders.of(of_all).load(wanted)
    return found
