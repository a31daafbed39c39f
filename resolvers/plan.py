"""Plans: price lists that operators add, each in force from an instant on."""

from collections.abc import Sequence

from billing.errors import BadInputError, PriceListExistsError
from billing.plan import PriceList, check_price_lists
from db import price_list
from db.pool import Connection, transact
from resolvers import access
from resolvers.context import Context


async def create(ctx: Context, price_lists: Sequence[PriceList]) -> Sequence[PriceList]:
    """Add price lists of one plan, all or none.

    Raises:
        BadInputError: something of them is malformed or outside its limits, or would change
            what past cycles of the plan's accounts include.
        PriceListExistsError: the plan has one for that interval from that instant on.
    """
    user = access.operator(ctx)
    check_price_lists(price_lists)

    async def work(conn: Connection) -> None:
        known = {
            (price_list_.interval, price_list_.effective_from)
            for price_list_ in await price_list.of_plan(conn, price_lists[0].plan)
        }
        intervals = {interval for interval, _ in known}
        for added in price_lists:
            new = (added.interval, added.effective_from) not in known
            if new and added.interval in intervals and added.effective_from < ctx.now:
                raise BadInputError(
                    "It must not be in the past: the plan has a price list for that time.",
                    field="effectiveFrom",
                )
            if not await price_list.insert(
                conn, added, recorded_at=ctx.now, recorded_by=user.subject
            ):
                raise PriceListExistsError(
                    f"{added.plan} has a {added.interval.value.lower()} price list from "
                    f"{added.effective_from.isoformat()} on already."
                )

    await transact(ctx.pool, work)
    return price_lists
