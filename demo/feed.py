"""Filling an empty database with the demo, through the same doors as any client."""

from collections.abc import Callable
from datetime import datetime
from itertools import groupby

from billing.errors import AccountExistsError, PriceListExistsError
from billing.instant import TICK
from billing.terms_change import AS_IT_IS, TermsRequest
from db.pool import Pool
from demo.accounts import DemoAccount, accounts
from demo.events import lines
from demo.plans import PLANS
from edge import backfill
from resolvers import plan
from resolvers.account import NewAccount, create
from resolvers.context import Context
from resolvers.ingest import Outcome
from resolvers.terms import NO_COMMITMENTS, Commitments


async def feed(
    ctx: Context, ingest_pool: Pool, *, laid_out_at: datetime, advance: Callable[[int], None]
) -> Outcome:
    """Record plans and accounts, and take their events in, all at the instant `laid_out_at`.

    Everything follows from that instant, so a feed that was interrupted can be run again
    and adds what is missing. `advance` is told how many events were committed each time.
    """
    for _, price_lists in groupby(PLANS, key=lambda price_list: price_list.plan):
        try:
            await plan.create(ctx, list(price_lists))
        except PriceListExistsError:
            continue
    made = accounts(laid_out_at)
    for account in made:
        try:
            await create(ctx, _new(account, laid_out_at + TICK))
        except AccountExistsError:
            continue
    stream = (line + b"\n" for line in lines(made, laid_out_at))
    return await backfill.take(ingest_pool, stream, clock=lambda: laid_out_at, advance=advance)


def _new(account: DemoAccount, backfill_until: datetime) -> NewAccount:
    """Say what is recorded of an account, whose past closes as soon as it is filled in."""
    trial = account.plan is None
    return NewAccount(
        external_id=account.external_id,
        name=account.name,
        time_zone=account.time_zone,
        signed_up_at=account.signed_up_at,
        backfill_until=backfill_until,
        trial=trial,
        terms=AS_IT_IS
        if trial
        else TermsRequest(
            plan=account.plan, interval=account.interval, anchor_date=account.anchor_date
        ),
        commitments=NO_COMMITMENTS
        if trial
        else Commitments(blocks=account.conversation_blocks, carrier_micros=account.carrier_micros),
    )
