"""The sums of cycles: both meters of all of an operation's cycles in one statement."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from billing.commitment import Meter
from billing.cycle import Cycle
from billing.figures import Figures
from db import usage
from db.pool import acquire
from resolvers.context import Context

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Wanted(Generic[T]):
    """Values of cycles, each by `rule` from a cycle and its sums.

    The sums are those of some meters, and may be with the grants one by one.
    """

    cycles: Sequence[Cycle]
    rule: Callable[[Cycle, Figures], T]
    meters: frozenset[Meter]
    grants: bool


async def of_all(ctx: Context, keys: Sequence[Wanted[T]]) -> list[list[T]]:
    """Load what is wanted by one statement; two meters of a cycle share its sums."""
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
    return [[wanted.rule(cycle, by_cycle[cycle]) for cycle in wanted.cycles] for wanted in keys]


def of_cycles(
    ctx: Context,
    cycles: Sequence[Cycle],
    rule: Callable[[Cycle, Figures], T],
    *meters: Meter,
    grants: bool = False,
) -> Awaitable[list[T]]:
    """Ask for a value of each cycle, in order; all that the operation asks for comes at once."""
    return ctx.loaders.joint(of_all).ask(Wanted(cycles, rule, frozenset(meters), grants))
