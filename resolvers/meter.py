"""Changing meters: exactly once, against the version that the caller saw (D20 to D23)."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import TypeAdapter

from billing.account import Account, AccountAt
from billing.commitment import ChangeKind, LedgerEntry, Meter, MeterChange
from billing.errors import BadInputError, IdempotencyConflictError, StaleVersionError
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
from db import idempotency, meter_change, usage
from db.idempotency import Asked, Kept
from db.meter_change import Record
from db.page import Position
from db.pool import Connection, acquire, transact
from resolvers import access, surcharge, terms
from resolvers.context import Context
from resolvers.page import PAGE_DEFAULT, Paged, page, paged_rows
from resolvers.principal import Role

KEY = re.compile(r"[!-~]{1,128}")
"""What an idempotency key may be: 1 to 128 visible ASCII characters."""

_VERSION = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What all changes to meters have in common.

    `account_id` is None for the caller's own. `expected_version` is the meter's that the
    caller saw; `idempotency_key` names the change, however often it is sent.
    """

    account_id: str | None
    idempotency_key: str
    expected_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterOutcome:
    """What came of a change: kept, and given again to whoever sends it again."""

    change: MeterChange
    effective_on: date
    computed_at: datetime
    cycle: CycleSnapshot


_OUTCOME = TypeAdapter(MeterOutcome)

Rule = Callable[[MeterState], MeterChange]


async def change_conversation_commitment(
    ctx: Context, request: Request, *, blocks: int
) -> MeterOutcome:
    """Commit to `blocks` of 100 conversations a cycle."""
    check_blocks(blocks, field="blocks")
    return await _change(
        ctx,
        request,
        Meter.CONVERSATIONS,
        _asked("changeConversationCommitment", request, blocks),
        lambda state: change_commitment(state, blocks),
    )


async def change_carrier_commitment(
    ctx: Context, request: Request, *, amount_micros: int
) -> MeterOutcome:
    """Commit to `amount_micros` of carrier cost a cycle."""
    if amount_micros < 0:
        raise BadInputError("It must not be negative.", field="amount")
    return await _change(
        ctx,
        request,
        Meter.CARRIER,
        _asked("changeCarrierCommitment", request, amount_micros),
        lambda state: change_commitment(state, amount_micros),
    )


async def add_conversation_blocks(
    ctx: Context, request: Request, *, blocks: int, cycle: WhichCycle
) -> MeterOutcome:
    """Buy `blocks` of 100 conversations for one cycle."""
    check_blocks(blocks, least=1, field="blocks")
    return await _change(
        ctx,
        request,
        Meter.CONVERSATIONS,
        _asked("addConversationBlocks", request, blocks, cycle.value),
        lambda state: add_blocks(state, blocks, cycle),
    )


async def top_up_carrier_balance(
    ctx: Context, request: Request, *, amount_micros: int
) -> MeterOutcome:
    """Add `amount_micros` to the current cycle's balance."""
    if amount_micros <= 0:
        raise BadInputError("It must be more than 0.", field="amount")
    return await _change(
        ctx,
        request,
        Meter.CARRIER,
        _asked("topUpCarrierBalance", request, amount_micros),
        lambda state: top_up(state, amount_micros),
    )


async def cancel_scheduled_change(ctx: Context, request: Request, *, meter: Meter) -> MeterOutcome:
    """Cancel what is scheduled on `meter`."""
    return await _change(
        ctx,
        request,
        meter,
        _asked("cancelScheduledChange", request, meter.value),
        cancel_scheduled,
    )


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


async def _change(
    ctx: Context, request: Request, meter: Meter, asked: Asked, rule: Rule
) -> MeterOutcome:
    """Apply a rule to a meter, once for each idempotency key.

    The order is key, version, rules (D22); a failure stores nothing, so that it can be
    mended and sent again.

    Raises:
        NotFoundError, TrialNoAccessError: the caller may not have the account's meters.
        BadInputError: the key is malformed.
        RuleError: what `rule` raises, a key used for something else, a stale version.
    """
    user = access.admin_or_operator(ctx)
    account_id = access.account_id(ctx, request.account_id, field="accountId")
    if not KEY.fullmatch(request.idempotency_key):
        raise BadInputError("It must be 1 to 128 visible ASCII characters.", field="idempotencyKey")

    async def work(conn: Connection) -> MeterOutcome:
        account = await terms.locked(conn, account_id)
        refusal = access.usage_refusal(ctx, account)
        if refusal is not None:
            raise refusal
        known = await idempotency.find(conn, account_id, request.idempotency_key)
        if known is not None:
            return _again(known, asked)
        at = ctx.clock()
        changes = await meter_change.of_account(conn, account_id)
        state = meter_state(account, changes, meter, at, limited=user.role is not Role.OPERATOR)
        if request.expected_version != state.version:
            raise StaleVersionError(
                f"The meter is at version {state.version}.", version=state.version
            )
        change = rule(state)
        record = Record(at, user.subject, asked.mutation)
        await meter_change.insert(conn, account_id, change, record)
        if state.following is not None and _commits(change):
            await surcharge.cover(conn, [state.following], at=at)
        outcome = await _outcome(conn, account, state, change)
        kept = Kept(asked, _OUTCOME.dump_json(outcome).decode())
        await idempotency.insert(conn, account_id, request.idempotency_key, kept, at=at)
        return outcome

    return await transact(ctx.pool, work)


def _asked(mutation: str, request: Request, *arguments: object) -> Asked:
    """Return what a key stands for: the mutation and its canonical input."""
    text = json.dumps([mutation, request.expected_version, *arguments])
    return Asked(mutation, hashlib.sha256(text.encode()).digest())


def _again(known: Kept, asked: Asked) -> MeterOutcome:
    if known.asked != asked:
        raise IdempotencyConflictError("The idempotency key was used for something else.")
    return _OUTCOME.validate_json(known.outcome)


async def _outcome(
    conn: Connection, account: Account, state: MeterState, change: MeterChange
) -> MeterOutcome:
    cycle = state.current or state.following
    assert cycle is not None
    figures = await usage.of_cycles(conn, [cycle], meters=frozenset(Meter))
    assert account.schedule is not None
    zone = account.schedule.terms_of(change.cycle).time_zone
    return MeterOutcome(
        change=change,
        effective_on=local(zone, change.effective_at).date(),
        computed_at=cycle.computed_at,
        cycle=snapshot(cycle, figures[0]),
    )


def _commits(change: MeterChange) -> bool:
    """Tell whether it may lower the next cycle's quota: also one that starts now may (D15)."""
    return change.meter is Meter.CONVERSATIONS and change.kind is ChangeKind.COMMITMENT
