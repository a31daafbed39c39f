"""Carrier cost: a cycle's balance, and the charges behind it."""

from collections.abc import Awaitable, Sequence

from billing.carrier import CarrierBalance, CarrierCharge, carrier_balance
from billing.commitment import Meter
from billing.cycle import Cycle
from db import event
from db.page import Position
from db.pool import acquire
from resolvers.context import Context
from resolvers.page import PAGE_DEFAULT, Paged, page, paged_rows
from resolvers.usage import of_cycles


def balances_of_cycles(
    ctx: Context, cycles: Sequence[Cycle]
) -> Awaitable[list[CarrierBalance | None]]:
    """Return what the carrier costs of cycles come to; None for a future one."""
    return of_cycles(ctx, cycles, carrier_balance, Meter.CARRIER)


async def pages_of_balances(
    ctx: Context,
    balances: Sequence[CarrierBalance],
    first: int = PAGE_DEFAULT,
    after: str | None = None,
) -> list[Paged[CarrierCharge]]:
    """Return a page of the charges dated in a cycle, newest first.

    Raises:
        BadInputError: the operation lists more than one cycle.
    """
    wanted = page(first, after)
    found = []
    for balance in balances:
        ctx.list_facts_of(balance.cycle)
        async with acquire(ctx.pool) as conn:
            rows = await event.charges(conn, balance.cycle, wanted)
        found.append(paged_rows(rows, first, after, position=_position))
    return found


def _position(row: CarrierCharge) -> Position:
    return row.occurred_at, row.source, row.id
