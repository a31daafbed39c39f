"""Previews: what a change would do.

A change to a meter is decided as the mutation decides it, and not written; a change of terms is
made in a transaction that is undone. So a preview and its mutation cannot disagree.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from billing.account import Account
from billing.commitment import Meter
from billing.cycle import Cycle, current_cycle, next_cycle
from billing.errors import BadInputError, BillingError
from billing.meter import WhichCycle
from billing.preview import (
    BlocksPreview,
    MeterPreview,
    Side,
    TermsPreview,
    blocks_preview,
    coming_cycle,
    ended_cycle,
    meter_preview,
    terms_preview,
)
from billing.terms_change import TermsRequest
from billing.view import Sums, views
from db import usage
from db.meter_change import Record
from db.pool import Connection, acquire, rehearse
from resolvers import access, meter, terms
from resolvers.context import Context, UnavailableError
from resolvers.meter import Action
from resolvers.terms import Commitments

PREVIEWS_MAX = 10
"""Previews in an operation: each takes as long as a change."""

T = TypeVar("T")


async def commitment_change(
    ctx: Context,
    account_id: str | None,
    *,
    committed: Meter,
    blocks: int | None,
    amount_micros: int | None,
) -> MeterPreview:
    """Preview a commitment: blocks of conversations, or micro-euros of carrier costs.

    Raises:
        BadInputError: the amount is missing, the other meter's, or nobody may name it.
    """
    amounts = {Meter.CONVERSATIONS: blocks, Meter.CARRIER: amount_micros}
    for one, field in ((Meter.CONVERSATIONS, "blocks"), (Meter.CARRIER, "amount")):
        if (amounts[one] is None) is (one is committed):
            raise BadInputError(
                "blocks are given for CONVERSATIONS, amount is for CARRIER.", field=field
            )
    amount = amounts[committed]
    assert amount is not None
    return await _meter(ctx, account_id, meter.committing(committed, amount))


async def blocks(
    ctx: Context, account_id: str | None, *, blocks: int, cycle: WhichCycle
) -> BlocksPreview:
    """Preview a purchase of blocks for one cycle."""
    return blocks_preview(await _meter(ctx, account_id, meter.buying(blocks, cycle)))


async def top_up(ctx: Context, account_id: str | None, *, amount_micros: int) -> MeterPreview:
    """Preview a top-up of the current cycle's balance."""
    return await _meter(ctx, account_id, meter.topping_up(amount_micros))


async def _meter(ctx: Context, account_id: str | None, action: Action) -> MeterPreview:
    """Preview a change to a meter.

    Raises:
        NotFoundError, TrialNoAccessError: the caller may not have the account's meters.
        RuleError: what the change itself would raise.
    """
    user = access.admin_or_operator(ctx)
    id_ = access.account_id(ctx, account_id, field="accountId")

    at = ctx.now

    async def work() -> MeterPreview:
        async with acquire(ctx.pool) as conn:
            account, stand = await meter.standing(
                ctx, conn, id_, lambda account: _around(account, at)
            )
        state = meter.stands(account, stand, action.meter, user, at=at)
        decision = meter.decide(state, stand, action)
        effective_on = meter.effective_on(account, decision.change)
        return meter_preview(
            state, decision.change, stand.sums, decision.after, effective_on=effective_on
        )

    return await in_turn(ctx, work)


def _around(account: Account, at: datetime) -> list[Cycle]:
    return views([current_cycle(account, at), next_cycle(account, at)])


async def terms_change(
    ctx: Context, account_id: str, request: TermsRequest, commitments: Commitments
) -> TermsPreview:
    """Preview a change of terms; an admin, who cannot make it, may ask too.

    Raises:
        NotFoundError, TrialNoAccessError: the caller may not have the account's cycles.
        BadInputError, RuleError: what the change itself would raise.
    """
    user = access.admin_or_operator(ctx)
    id_ = access.account_id(ctx, account_id, field="accountId")
    terms.check(request, commitments)

    async def work(conn: Connection) -> TermsPreview:
        account = await terms.locked(conn, id_)
        check_access(ctx, account)
        record = Record(ctx.clock(), user.subject, "changeTerms")
        at = record.at
        sums = await sums_of(conn, current_cycle(account, at), coming_cycle(account, at))
        applied = await terms.apply(conn, account, request, commitments, record)
        after, change = applied.account, applied.change
        new = Cycle.of(after, change.terms.first_cycle, at)
        sums_after = await sums_of(conn, new, ended_cycle(after, change, at))
        return terms_preview(Side(account, sums), Side(after, sums_after), change, at=at)

    return await in_turn(ctx, lambda: rehearse(ctx.pool, work))


def check_access(ctx: Context, account: Account) -> None:
    """Refuse what has no usage overview (R2).

    Raises:
        TrialNoAccessError: the account is in the free trial.
    """
    refusal = access.usage_refusal(ctx, account)
    if refusal is not None:
        raise refusal


async def sums_of(conn: Connection, *cycles: Cycle | None) -> Sums:
    """Read the sums of cycles in all their views."""
    wanted = views(cycles)
    return dict(
        zip(wanted, await usage.of_cycles(conn, wanted, meters=frozenset(Meter)), strict=True)
    )


async def in_turn(ctx: Context, preview: Callable[[], Awaitable[T]]) -> T:
    """Run a preview when those asked for before it in the operation have run.

    So an operation takes one connection at a time, and does not wait for its own locks.

    Raises:
        BadInputError: the operation asks for more than `PREVIEWS_MAX`.
    """
    found: T = await ctx.loaders.of(_one_by_one).load(preview)
    return found


async def _one_by_one(
    _: Context, previews: Sequence[Callable[[], Awaitable[T]]]
) -> list[T | Exception]:
    found: list[T | Exception] = []
    for place, preview in enumerate(previews):
        try:
            if place >= PREVIEWS_MAX:
                raise BadInputError(
                    f"An operation has at most {PREVIEWS_MAX} previews.", field="input"
                )
            found.append(await preview())
        except (BillingError, UnavailableError) as error:
            found.append(error)
    return found
