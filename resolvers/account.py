"""Accounts: reading them, recording them, ending them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from billing.account import EXTERNAL_ID, TRIAL, Account, AccountAt, account_id_of
from billing.errors import AccountEndedError, AccountExistsError, BadInputError
from billing.instant import is_zone
from billing.money import CURRENCY, quoted
from billing.plan import check_plan_name
from billing.terms_change import AS_IT_IS, TermsRequest, first_terms
from db import account, meter_change, price_list
from db.meter_change import Record
from db.pool import Connection, UnavailableError, acquire, transact
from resolvers import access, terms
from resolvers.context import Context
from resolvers.known_accounts import OutdatedError
from resolvers.page import PAGE_DEFAULT, Paged, cursor_of, page_size, read_cursor
from resolvers.terms import NO_COMMITMENTS, Commitments

T = TypeVar("T")

READS_MAX = 3
"""How often an account is read that changes between being read and being asked for."""

NAME_MAX = 200
"""Characters of an account's name."""

SIGNED_UP_AT_MIN = datetime(2000, 1, 1, tzinfo=UTC)
"""The earliest instant at which an account may have signed up."""

ENDED_AT_MAX = datetime(2200, 1, 1, tzinfo=UTC)
"""The latest instant at which an account may end: calendars end with the year 9999."""

BACKFILL = timedelta(hours=72)
"""How long after its recording an account's past may be filled in, unless said otherwise (D7)."""


async def by_ids(ctx: Context, ids: Sequence[UUID]) -> list[AccountAt | Exception]:
    """Load accounts with their terms, or assume that they are as the process knows them."""
    found = ctx.assumed.take(ids)
    if missing := [id_ for id_ in ids if id_ not in found]:
        async with acquire(ctx.pool) as conn:
            read = await account.by_ids(conn, missing)
        found |= {id_: ctx.accounts.keep(each) for id_, each in read.items()}
    return [
        AccountAt(found[id_], ctx.now) if id_ in found else access.account_not_found()
        for id_ in ids
    ]


async def confirm(ctx: Context) -> None:
    """Confirm the accounts that an operation has assumed and that no statement has confirmed yet.

    Raises:
        OutdatedError: some are no longer as the process knows them, or were not before.
    """
    if ctx.assumed.outdated:
        raise OutdatedError
    if assumed := ctx.assumed.unconfirmed:
        async with acquire(ctx.pool) as conn:
            ctx.assumed.confirm(assumed, await account.outdated(conn, assumed))


async def known(
    ctx: Context,
    conn: Connection,
    account_id: UUID,
    ask: Callable[[Account], Awaitable[T | None]],
) -> tuple[Account, T]:
    """Ask for something of an account as the process knows it; read it anew where that is stale.

    `ask` returns None where more is stored of the account by now than it was given.

    Raises:
        NotFoundError: there is none.
        UnavailableError: it changes too often to be read.
    """
    found = ctx.accounts.get(account_id) or await _read(ctx, conn, account_id)
    for _ in range(READS_MAX):
        answer = await ask(found)
        if answer is not None:
            return found, answer
        found = await _read(ctx, conn, account_id)
    raise UnavailableError("The account changes faster than it can be read.")


async def _read(ctx: Context, conn: Connection, account_id: UUID) -> Account:
    found = await account.by_ids(conn, [account_id])
    if account_id not in found:
        raise access.account_not_found()
    return ctx.accounts.keep(found[account_id])


async def one(ctx: Context, id: str | None = None) -> AccountAt:
    """Return the account named by `id`, the caller's own where it names none.

    Raises:
        NotFoundError: there is none, or it is not the caller's.
    """
    account_id = access.account_id(ctx, id)
    assumed = ctx.assumed.take([account_id])
    if assumed:
        return AccountAt(assumed[account_id], ctx.now)
    found: AccountAt = await ctx.loaders.of(by_ids).load(account_id)
    return found


async def page(
    ctx: Context, first: int = PAGE_DEFAULT, after: str | None = None
) -> Paged[AccountAt]:
    """Return a page of all accounts, by id."""
    access.operator(ctx)
    size = page_size(first)
    beyond = None if after is None else _id(str(read_cursor(after, str, field="after")[0]))
    async with acquire(ctx.pool) as conn:
        ids = await account.page_ids(conn, after=beyond, limit=size + 1)
    found: list[AccountAt] = await ctx.loaders.of(by_ids).load_many(ids[:size])
    return Paged.of(
        found,
        lambda account_at: cursor_of(str(account_at.id)),
        previous=after is not None,
        following=len(ids) > size,
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInputError("It is not a cursor of this list.", field="after") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What an operator says of an account to be recorded.

    With `trial` it has no terms yet; otherwise `terms` names plan and interval.
    """

    external_id: str
    name: str
    time_zone: str
    signed_up_at: datetime | None = None
    backfill_until: datetime | None = None
    trial: bool = False
    terms: TermsRequest = AS_IT_IS
    commitments: Commitments = NO_COMMITMENTS


async def create(ctx: Context, new: NewAccount) -> AccountAt:
    """Record an account, in trial or with its first terms and commitments.

    Raises:
        AccountExistsError: its external id is taken.
        BadInputError: something of `new` is malformed, missing or superfluous.
        PlanNotOfferedError: the plan has no such price list when cycle 0 starts.
    """
    user = access.operator(ctx)
    _check(new, ctx.now)
    recorded = _recorded(new, ctx.now)
    record = Record(ctx.now, user.subject, "createAccount")

    async def work(conn: Connection) -> Account:
        if not await account.insert(conn, recorded, recorded_by=user.subject):
            raise AccountExistsError(f"There is an account {quoted(new.external_id)} already.")
        if new.trial:
            return recorded
        first = first_terms(
            new.terms,
            await price_list.of_plan(conn, new.terms.plan or ""),
            time_zone=new.time_zone,
            began_at=recorded.signed_up_at,
        )
        await account.insert_terms(
            conn, recorded.id, first, recorded_at=ctx.now, recorded_by=user.subject
        )
        made = (await account.by_ids(conn, [recorded.id]))[recorded.id]
        for commitment in terms.first_commitments(made, new.commitments):
            await meter_change.insert(conn, made.id, commitment, record)
        return made

    return AccountAt(await transact(ctx.pool, work), ctx.now)


async def end(ctx: Context, id: str, at: datetime | None = None) -> AccountAt:
    """Let an account end: its last cycle ends there, later events are rejected (D6).

    Raises:
        NotFoundError: there is no such account.
        BadInputError: `at` has gone by, or is too far ahead.
        AccountEndedError: it has ended already.
    """
    access.operator(ctx)
    account_id = access.account_id(ctx, id, field="accountId")

    async def work(conn: Connection) -> AccountAt:
        before = await terms.locked(conn, account_id)
        now = ctx.clock()
        ended_at = now if at is None else at
        if ended_at < now:
            raise BadInputError("An account cannot end in the past.", field="at")
        if ended_at > ENDED_AT_MAX:
            raise BadInputError(f"It must be until {ENDED_AT_MAX:%Y-%m-%d}.", field="at")
        if before.ended_at is not None and before.ended_at <= now:
            raise AccountEndedError("The account has ended already.")
        await account.end(conn, account_id, at=ended_at)
        after = (await account.by_ids(conn, [account_id]))[account_id]
        since = min(ended_at, before.ended_at or ended_at)
        await terms.rebuild(conn, before, after, since=since, at=now)
        return AccountAt(after, now)

    return await transact(ctx.pool, work)


def _check(new: NewAccount, now: datetime) -> None:
    if not EXTERNAL_ID.fullmatch(new.external_id):
        raise BadInputError("It must be 1 to 64 visible ASCII characters.", field="externalId")
    if not 1 <= len(new.name) <= NAME_MAX or not new.name.isprintable():
        raise BadInputError(f"It must be 1 to {NAME_MAX} printable characters.", field="name")
    if not is_zone(new.time_zone):
        raise BadInputError(f"{quoted(new.time_zone)} is not an IANA time zone.", field="timeZone")
    if new.signed_up_at is not None and not SIGNED_UP_AT_MIN <= new.signed_up_at <= now:
        raise BadInputError(
            f"It must be from {SIGNED_UP_AT_MIN:%Y-%m-%d} on, and not in the future.",
            field="signedUpAt",
        )
    terms.check_commitments(new.commitments)
    if new.terms.plan is not None:
        check_plan_name(new.terms.plan, field="plan")
    if new.trial and (new.terms != AS_IT_IS or new.commitments != NO_COMMITMENTS):
        raise BadInputError("A trial has neither terms nor commitments.", field="trial")


def _recorded(new: NewAccount, now: datetime) -> Account:
    signed_up_at = new.signed_up_at or now
    return Account(
        id=account_id_of(new.external_id),
        external_id=new.external_id,
        name=new.name,
        currency=CURRENCY,
        time_zone=new.time_zone,
        signed_up_at=signed_up_at,
        trial_ends_at=signed_up_at + TRIAL if new.trial else None,
        recorded_at=now,
        backfill_until=new.backfill_until or now + BACKFILL,
        ended_at=None,
        version=0,
        schedule=None,
        price_lists=(),
    )
