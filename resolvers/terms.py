"""Changing what holds for an account, and what it has committed to with it (D5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.account import Account, AccountAt
from billing.commitment import (
    ChangeKind,
    Meter,
    MeterChange,
    commitments_of,
    committed,
    latest_version,
)
from billing.cycle import Cycle
from billing.errors import BadInputError
from billing.event import AHEAD
from billing.instant import DAY
from billing.meter import unit_price_micros
from billing.plan import check_blocks, check_plan_name
from billing.schedule import Schedule
from billing.terms_change import TermsChange, TermsRequest, change_terms
from billing.window import WINDOW
from db import account, meter_change, price_list, rollup
from db.meter_change import Record
from db.pool import Connection, transact
from resolvers import access, crossing
from resolvers.context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitments:
    """What the two meters are committed to: blocks, and micro-euros; None where not named."""

    blocks: int | None = None
    carrier_micros: int | None = None

    def of(self, meter: Meter) -> int | None:
        """Return the amount named for `meter`."""
        return self.blocks if meter is Meter.CONVERSATIONS else self.carrier_micros


FIELDS = {Meter.CONVERSATIONS: "conversationBlocks", Meter.CARRIER: "carrierCommitment"}
"""What the inputs call the meters' commitments."""

NO_COMMITMENTS = Commitments()


@dataclass(frozen=True, slots=True)
class ChangedTerms:
    """The account after a change of terms, and when that takes effect."""

    account: AccountAt
    effective_at: datetime
    cancelled_scheduled: bool


@dataclass(frozen=True, slots=True)
class AppliedTerms:
    """An account with the change of terms just made to it."""

    account: Account
    change: TermsChange


async def change(
    ctx: Context, id: str, request: TermsRequest, commitments: Commitments
) -> ChangedTerms:
    """Change an account's terms from its next cycle on, or from now on to yearly.

    A change of interval names the new commitments of both meters, the first terms may; any
    other change leaves them.

    Raises:
        NotFoundError: there is no such account.
        BadInputError: something of the input is malformed, missing or superfluous.
        RuleError: the terms cannot follow the ones in force.
    """
    user = access.operator(ctx)
    account_id = access.account_id(ctx, id, field="accountId")
    check(request, commitments)

    async def work(conn: Connection) -> ChangedTerms:
        before = await locked(conn, account_id)
        record = Record(ctx.clock(), user.subject, "changeTerms")
        applied = await apply(conn, before, request, commitments, record)
        return ChangedTerms(
            AccountAt(applied.account, record.at),
            applied.change.effective_at,
            applied.change.cancels,
        )

    return await transact(ctx.pool, work)


def check(request: TermsRequest, commitments: Commitments) -> None:
    """Refuse input that no account can have.

    Raises:
        BadInputError: the plan cannot be one's name, or nobody may commit to so much.
    """
    check_commitments(commitments)
    if request.plan is not None:
        check_plan_name(request.plan, field="plan")


async def apply(
    conn: Connection,
    before: Account,
    request: TermsRequest,
    commitments: Commitments,
    record: Record,
) -> AppliedTerms:
    """Change the terms of an account, with all that follows from it. It must be locked.

    Raises:
        BadInputError: something of the input is malformed, missing or superfluous.
        RuleError: the terms cannot follow the ones in force.
    """
    at = record.at
    plan = request.plan or AccountAt(before, at).plan
    result = change_terms(
        before,
        request,
        [] if plan is None else await price_list.of_plan(conn, plan),
        at=at,
        next_seq=await account.next_seq(conn, before.id),
    )
    await account.insert_terms(conn, before.id, result.terms, recorded_at=at, recorded_by=record.by)
    after = (await account.by_ids(conn, [before.id]))[before.id]
    past = await meter_change.of_account(conn, before.id)
    for changed in _commitments(before, after, result, commitments, past):
        await meter_change.insert(conn, before.id, changed, record)
    starts = [row.starts_at for row in (result.terms, result.replaced) if row is not None]
    await rebuild(conn, before, after, since=min(starts), at=at)
    first = [Cycle.of(after, result.terms.first_cycle, at)]
    await crossing.check(conn, dict.fromkeys(Meter, first), at=at, lifted=True)
    return AppliedTerms(after, result)


def check_commitments(commitments: Commitments) -> None:
    """Refuse amounts that not even an operator may commit an account to.

    Raises:
        BadInputError: one is negative, or too many blocks.
    """
    blocks, carrier_micros = commitments.blocks, commitments.carrier_micros
    if blocks is not None:
        check_blocks(blocks, field=FIELDS[Meter.CONVERSATIONS])
    if carrier_micros is not None and carrier_micros < 0:
        raise BadInputError("It must not be negative.", field=FIELDS[Meter.CARRIER])


async def locked(conn: Connection, account_id: UUID) -> Account:
    """Lock an account and read it under the lock.

    Raises:
        NotFoundError: there is none.
    """
    try:
        await account.lock(conn, [account_id])
    except LookupError:
        raise access.account_not_found() from None
    return (await account.by_ids(conn, [account_id]))[account_id]


async def rebuild(
    conn: Connection, before: Account, after: Account, *, since: datetime, at: datetime
) -> None:
    """Lay the days anew that a change of schedule from `since` on cuts or moves.

    The last are those in which something dated ahead closes, and one for clocks that differ.
    """
    if after.schedule is None:
        return
    starts = [_day_start(schedule, since) for schedule in (before.schedule, after.schedule)]
    until = at + AHEAD + WINDOW + DAY
    await rollup.rebuild(conn, after.id, after.schedule, since=min(starts), until=until)


def _day_start(schedule: Schedule | None, at: datetime) -> datetime:
    return at if schedule is None or at < schedule.starts_at else schedule.day_start(at)


def first_commitments(account: Account, commitments: Commitments) -> list[MeterChange]:
    """Return what an account commits to from cycle 0 on."""
    amounts = [(meter, commitments.of(meter)) for meter in Meter]
    return [_commitment(account, [], meter, 0, amount) for meter, amount in amounts if amount]


def _commitments(
    before: Account,
    after: Account,
    result: TermsChange,
    named: Commitments,
    past: Sequence[MeterChange],
) -> list[MeterChange]:
    """Return the changes to commitments that come with a change of terms.

    Where the change of interval that was scheduled does not come, neither do its
    commitments: what holds now goes on.

    Raises:
        BadInputError: commitments are missing with a change of interval, or named with
            neither that nor the first terms.
    """
    number = result.terms.first_cycle
    may_name = result.interval_changed or number == 0
    changes = []
    for meter, field in FIELDS.items():
        amount = named.of(meter)
        if result.interval_changed and amount is None:
            raise BadInputError("A change of interval names the new commitment.", field=field)
        if not may_name and amount is not None:
            raise BadInputError(
                "Only a change of interval or the first terms name commitments.", field=field
            )
        if amount is None and _undoes_interval(before, result):
            amount = committed(commitments_of(past), meter, max(0, number - 1))
        if amount is not None:
            changes.append(_commitment(after, past, meter, number, amount))
    return changes


def _commitment(
    account: Account, past: Sequence[MeterChange], meter: Meter, number: int, amount: int
) -> MeterChange:
    """Return the change that makes `amount` hold from cycle `number` on, after all others."""
    assert account.schedule is not None
    return MeterChange(
        meter=meter,
        version=latest_version(past, meter) + 1,
        kind=ChangeKind.COMMITMENT,
        cycle=number,
        amount=amount,
        amount_before=committed(commitments_of(past), meter, max(0, number - 1)),
        price_micros=amount * unit_price_micros(account.price_list(number), meter),
        effective_at=account.schedule.start(number),
    )


def _undoes_interval(before: Account, result: TermsChange) -> bool:
    """Tell whether the row that now never starts would have changed the interval."""
    if result.replaced is None or result.replaced.first_cycle == 0:
        return False
    assert before.schedule is not None
    holding = before.schedule.terms_of(result.replaced.first_cycle - 1)
    return result.replaced.interval is not holding.interval
