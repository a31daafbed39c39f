"""Plans: price lists that operators add, each in force from an instant on."""

from collections.abc import Sequence

from billing.errors import PriceListExistsError
from billing.plan import PriceList, check_price_lists
from db import price_list
from db.pool import Connection, transact
from resolvers import access
from resolvers.context import Context


async def create(ctx: Context, price_lists: Sequence[PriceList]) -> Sequence[PriceList]:
    """Add price lists of one plan, all or none.

    Raises:
        BadInputError: something of them is malformed or outside its limits.
        PriceListExistsError: the plan has one for that interval from that instant on.
    """
    user = access.operator(ctx)
    check_price_lists(price_lists)

    async def work(conn: Connection) -> None:
        for added in price_lists:
            if not await price_list.insert(
                conn, added, recorded_at=ctx.now, recorded_by=user.subject
            ):
                raise PriceListExistsError(
                    f"{added.plan} has a {added.interval.value.lower()} price list from "
                    f"{added.effective_from.isoformat()} on already."
                )

    await transact(ctx.pool, work)
    return price_lists
