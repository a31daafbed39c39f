"""Usage over time: what a cycle's usage is made of, day by day or month by month."""

from collections.abc import Sequence

from billing.account import AccountAt
from billing.cycle import Cycle, current_cycle, cycle_numbered
from billing.series import SeriesFigures, SeriesStep, UsageSeries, usage_series
from db import series
from db.pool import acquire
from resolvers.context import Context
from resolvers.cycle import viewed


async def of_accounts(
    ctx: Context,
    accounts: Sequence[AccountAt],
    cycle: int | None = None,
    by: SeriesStep = SeriesStep.DAY,
) -> list[UsageSeries | Exception | None]:
    """Return the usage over time of one cycle of each account, the current one unless numbered."""

    def find(account: AccountAt) -> Cycle | None:
        if cycle is None:
            return current_cycle(account.account, ctx.now)
        return cycle_numbered(account.account, cycle, ctx.now, field="cycle")

    found = [viewed(ctx, account, find) for account in accounts]
    cycles = [each for each in found if isinstance(each, Cycle)]
    figures: list[SeriesFigures] = await ctx.loaders.of(of_cycles).load_many(cycles)
    by_cycle = dict(zip(cycles, figures, strict=True))
    return [
        usage_series(each, by, by_cycle[each]) if isinstance(each, Cycle) else each
        for each in found
    ]


async def of_cycles(ctx: Context, cycles: Sequence[Cycle]) -> list[SeriesFigures]:
    """Load what is stored of cycles by time: of all series of an operation in one statement."""
    async with acquire(ctx.pool) as conn:
        return await series.of_cycles(conn, cycles)
