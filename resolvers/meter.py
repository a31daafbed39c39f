"""Changing meters: exactly once, against the version that the caller saw (D20 to D23)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import TypeAdapter

from billing.account import Account, AccountAt
from billing.commitment import ChangeKind, LedgerEntry, Meter, MeterChange
from billing.cycle import Cycle
from billing.errors import BadInputError, StaleVersionError
from billing.instant import local
from billing.meter import (
    MeterState,
    WhichCycle,
    add_blocks,
    cancel_scheduled,
    change_commitment,
    meter_state,
    top_up,
)
from billing.plan import check_blocks
from billing.snapshot import CycleSnapshot, snapshot
from db import meter_change, usage
from db.meter_change import Record
from db.page import Position
from db.pool import Connection, acquire
from resolvers import access, crossing
from resolvers.context import Context
from resolvers.idempotency import Once, Request, change_once
from resolvers.page import PAGE_DEFAULT, Paged, page, paged_rows
from resolvers.principal import Role, User

_VERSION = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterOutcome:
    """What came of a change: kept, and given again to whoever sends it again."""

    change: MeterChange
    effective_on: date
    computed_at: datetime
    cycle: CycleSnapshot


_OUTCOME = TypeAdapter(MeterOutcome)

Rule = Callable[[MeterState], MeterChange]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A change that can be made, or only previewed: the mutation, its input and its rule."""

    mutation: str
    arguments: tuple[object, ...]
    meter: Meter
    rule: Rule


def committing(meter: Meter, amount: int) -> Action:
    """Return the change that commits to `amount` a cycle: blocks, or micro-euros.

    Raises:
        BadInputError: not even an operator may commit an account to it.
    """
    if meter is Meter.CONVERSATIONS:
        check_blocks(amount, field="blocks")
        mutation = "changeConversationCommitment"
    else:
        if amount < 0:
            raise BadInputError("It must not be negative.", field="amount")
        mutation = "changeCarrierCommitment"
    return Action(
        mutation=mutation,
        arguments=(amount,),
        meter=meter,
        rule=lambda state: change_commitment(state, amount),
    )


def buying(blocks: int, cycle: WhichCycle) -> Action:
    """Return the change that buys `blocks` of 100 conversations for one cycle.

    Raises:
        BadInputError: not even an operator may buy so many.
    """
    check_blocks(blocks, least=1, field="blocks")
    return Action(
        mutation="addConversationBlocks",
        arguments=(blocks, cycle.value),
        meter=Meter.CONVERSATIONS,
        rule=lambda state: add_blocks(state, blocks, cycle),
    )


def topping_up(amount_micros: int) -> Action:
    """Return the change that adds `amount_micros` to the current cycle's balance.

    Raises:
        BadInputError: it is not more than 0.
    """
    if amount_micros <= 0:
        raise BadInputError("It must be more than 0.", field="amount")
    return Action(
        mutation="topUpCarrierBalance",
        arguments=(amount_micros,),
        meter=Meter.CARRIER,
        rule=lambda state: top_up(state, amount_micros),
    )


async def change_conversation_commitment(
    ctx: Context, request: Request, *, blocks: int
) -> MeterOutcome:
    """Commit to `blocks` of 100 conversations a cycle."""
    return await _change(ctx, request, committing(Meter.CONVERSATIONS, blocks))


async def change_carrier_commitment(
    ctx: Context, request: Request, *, amount_micros: int
) -> MeterOutcome:
    """Commit to `amount_micros` of carrier cost a cycle."""
    return await _change(ctx, request, committing(Meter.CARRIER, amount_micros))


async def add_conversation_blocks(
    ctx: Context, request: Request, *, blocks: int, cycle: WhichCycle
) -> MeterOutcome:
    """Buy `blocks` of 100 conversations for one cycle."""
    return await _change(ctx, request, buying(blocks, cycle))


async def top_up_carrier_balance(
    ctx: Context, request: Request, *, amount_micros: int
) -> MeterOutcome:
    """Add `amount_micros` to the current cycle's balance."""
    return await _change(ctx, request, topping_up(amount_micros))


async def cancel_scheduled_change(ctx: Context, request: Request, *, meter: Meter) -> MeterOutcome:
    """Cancel what is scheduled on `meter`."""
    cancelling = Action(
        mutation="cancelScheduledChange",
        arguments=(meter.value,),
        meter=meter,
        rule=cancel_scheduled,
    )
    return await _change(ctx, request, cancelling)


async def stand(
    conn: Connection, account: Account, meter: Meter, user: User, *, at: datetime
) -> MeterState:
    """Read how `meter` stands at `at`, for `user`. The account must be locked.

    Raises:
        AccountEndedError: the account has ended.
    """
    changes = await meter_change.of_account(conn, account.id)
    return meter_state(account, changes, meter, at, limited=user.role is not Role.OPERATOR)


async def apply(
    conn: Connection, account: Account, state: MeterState, action: Action, record: Record
) -> MeterChange:
    """Make a change to the meter that stands so, with all that follows from it.

    Raises:
        RuleError: the action's rule forbids it.
    """
    change = action.rule(state)
    await meter_change.insert(conn, account.id, change, record)
    affected = {change.meter: _affected(state, change)}
    await crossing.check(conn, affected, at=record.at, lifted=True)
    return change


async def ledgers_of_accounts(
    ctx: Context,
    accounts: Sequence[AccountAt],
    first: int = PAGE_DEFAULT,
    after: str | None = None,
    meter: Meter | None = None,
) -> list[Paged[LedgerEntry] | Exception]:
    """Return a page of each account's changes to its meters, newest first (D21)."""
    wanted = page(first, after)
    if wanted.after is not None and not _VERSION.fullmatch(wanted.after[2]):
        raise BadInputError("It is not a cursor of this list.", field="after")
    refusals = [access.usage_refusal(ctx, account.account) for account in accounts]
    ids = [account.id for account, refused in zip(accounts, refusals, strict=True) if not refused]
    entries: dict[UUID, list[LedgerEntry]] = {}
    if ids:
        async with acquire(ctx.pool) as conn:
            entries = await meter_change.pages(conn, ids, meter=meter, page=wanted)
    return [
        refused or paged_rows(entries.get(account.id, []), first, after, position=_position)
        for account, refused in zip(accounts, refusals, strict=True)
    ]


def _position(entry: LedgerEntry) -> Position:
    return entry.recorded_at, entry.meter.value, str(entry.version)


async def _change(ctx: Context, request: Request, action: Action) -> MeterOutcome:
    """Make a change, once for each idempotency key.

    The order is key, version, rules (D22); a failure stores nothing, so that it can be
    mended and sent again.

    Raises:
        NotFoundError, TrialNoAccessError: the caller may not have the account's meters.
        BadInputError: the key is malformed.
        RuleError: what the action's rule raises, a key used for something else, a stale version.
    """
    user = access.admin_or_operator(ctx)
    account_id = access.account_id(ctx, request.account_id, field="accountId")
    once = Once.of(
        _OUTCOME,
        request.idempotency_key,
        action.mutation,
        request.expected_version,
        *action.arguments,
    )

    async def change(conn: Connection, account: Account, at: datetime) -> MeterOutcome:
        state = await stand(conn, account, action.meter, user, at=at)
        if request.expected_version != state.version:
            raise StaleVersionError(
                f"The meter is at version {state.version}.", version=state.version
            )
        record = Record(at, user.subject, action.mutation)
        made = await apply(conn, account, state, action, record)
        return await _outcome(conn, account, state, made)

    return await change_once(ctx, account_id, once, change)


async def _outcome(
    conn: Connection, account: Account, state: MeterState, change: MeterChange
) -> MeterOutcome:
    cycle = state.current or state.following
    assert cycle is not None
    figures = await usage.of_cycles(conn, [cycle], meters=frozenset(Meter))
    return MeterOutcome(
        change=change,
        effective_on=effective_on(account, change),
        computed_at=cycle.computed_at,
        cycle=snapshot(cycle, figures[0]),
    )


def effective_on(account: Account, change: MeterChange) -> date:
    """Return the local day on which a change takes effect."""
    assert account.schedule is not None
    zone = account.schedule.terms_of(change.cycle).time_zone
    return local(zone, change.effective_at).date()


def _affected(state: MeterState, change: MeterChange) -> list[Cycle]:
    """Return the cycles whose quota or balance is another one with `change` (D15).

    Also a commitment that starts now may lower the next cycle's quota. Of a balance to come
    nothing is spent, so that there is nothing to be checked.
    """
    checked = [state.current] if change.meter is Meter.CARRIER else [state.current, state.following]
    goes_on = change.kind is ChangeKind.COMMITMENT
    return [
        cycle
        for cycle in checked
        if cycle is not None
        and (cycle.number == change.cycle or (goes_on and cycle.number > change.cycle))
    ]
