"""Filling an empty database with the demo, through the same doors as any client."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import groupby

from billing.account import account_id_of
from billing.errors import AccountExistsError, PriceListExistsError
from billing.instant import TICK
from billing.terms_change import AS_IT_IS, TermsRequest
from db.pool import Pool
from demo.accounts import DemoAccount
from demo.plans import PLANS
from edge import backfill
from resolvers import plan
from resolvers.account import NewAccount, create
from resolvers.context import Context
from resolvers.idempotency import Request
from resolvers.ingest import Outcome
from resolvers.setting import set_reminder_recipients
from resolvers.terms import NO_COMMITMENTS, Commitments


async def feed(  # noqa: PLR0913 (what it is fed, and when)
    ctx: Context,
    ingest_pool: Pool,
    accounts: Sequence[DemoAccount],
    events: Iterable[bytes],
    *,
    at: datetime,
    advance: Callable[[int], None],
) -> Outcome:
    """Record plans and accounts, and take their events in, all at the instant `at`.

    What is there already is left alone, so a feed that was interrupted can be run again.
    `advance` is told how many events were committed each time.
    """
    for _, price_lists in groupby(PLANS, key=lambda price_list: price_list.plan):
        with suppress(PriceListExistsError):
            await plan.create(ctx, list(price_lists))
    for account in accounts:
        with suppress(AccountExistsError):
            await create(ctx, _new(account, at + TICK))
        if account.told:
            await set_reminder_recipients(ctx, _once(account), account.told)
    stream = (event + b"\n" for event in events)
    return await backfill.take(ingest_pool, stream, clock=lambda: at, advance=advance)


def _once(account: DemoAccount) -> Request:
    """Name the one change of settings that the demo makes to an account."""
    id_ = str(account_id_of(account.external_id))
    return Request(account_id=id_, idempotency_key="demo", expected_version=0)


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
