"""Changing meters: exactly once, against the version that the caller saw (D20 to D23)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import TypeAdapter

import db.account
import db.standing
from billing.account import Account
from billing.commitment import ChangeKind, Meter, MeterChange
from billing.cycle import Cycle, current_cycle, next_cycle
from billing.errors import BadInputError, StaleVersionError
from billing.figures import Figures
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
from billing.view import Sums, whole
from db.effect import Effects
from db.meter_change import Record
from db.pool import Connection, acquire, transact
from db.standing import Stand, Written
from resolvers import access, crossing
from resolvers.account import known
from resolvers.context import Context
from resolvers.crossing import Crossing
from resolvers.idempotency import Once, Request
from resolvers.principal import Role, User

ATTEMPTS_MAX = 3
"""How often a change is decided without a lock before it takes its turn with one."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a change comes to: what it makes of the cycles' sums, and what follows from it."""

    change: MeterChange
    after: Sums
    effects: Effects


def stands(account: Account, stand: Stand, meter: Meter, user: User, *, at: datetime) -> MeterState:
    """Return how `meter` stands at `at`, for `user`.

    Raises:
        AccountEndedError: the account has ended.
    """
    limited = user.role is not Role.OPERATOR
    return meter_state(account, stand.sums, meter, at, limited=limited)


def decide(state: MeterState, stand: Stand, action: Action) -> Decision:
    """Decide what a change comes to; nothing is written.

    Raises:
        RuleError: the action's rule forbids it.
    """
    change = action.rule(state)
    changed = {
        view: figures.with_change(change, view.number) for view, figures in stand.sums.items()
    }
    crossings = [
        Crossing(cycle, change.meter, changed[whole(cycle)], stand.settings)
        for cycle in _affected(state, change)
    ]
    crossing.grant(crossings)
    effects = crossing.effects_of(crossings, stand.marks, lifted=True)
    after = {view: _granted(figures, view, effects) for view, figures in changed.items()}
    return Decision(change=change, after=after, effects=effects)


def _granted(figures: Figures, view: Cycle, effects: Effects) -> Figures:
    for grant in effects.grants:
        if grant.cycle == view.number:
            figures = figures.with_grant(grant.grant_kind, grant.amount, grant.price_micros)
    return figures


async def standing(
    ctx: Context,
    conn: Connection,
    account_id: UUID,
    views_of: Callable[[Account], list[Cycle]],
    *,
    key: str | None = None,
) -> tuple[Account, Stand]:
    """Read how an account stands in views of its cycles: in one statement, if it is known.

    Raises:
        NotFoundError, TrialNoAccessError: the caller may not have the account's meters.
        UnavailableError: the account changes too often to be read.
    """
    found, stand = await known(
        ctx,
        conn,
        account_id,
        lambda account: db.standing.read(conn, account, views_of(account), key=key),
    )
    refusal = access.usage_refusal(ctx, found)
    if refusal is not None:
        raise refusal
    return found, stand


async def _change(ctx: Context, request: Request, action: Action) -> MeterOutcome:
    """Make a change, once for each idempotency key.

    The order is key, version, rules (D22); a failure stores nothing, so that it can be
    mended and sent again. What it is decided on is read without a lock; it is written only if
    the account's numbers are still the same, and otherwise decided anew.

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

    async def attempt(conn: Connection) -> MeterOutcome | None:
        at = ctx.clock()
        account, stand = await standing(
            ctx, conn, account_id, lambda account: _looked_at(account, at), key=once.key
        )
        given = once.given(stand.kept)
        if given is not None:
            return given
        state = stands(account, stand, action.meter, user, at=at)
        if request.expected_version != state.version:
            raise StaleVersionError(
                f"The meter is at version {state.version}.", version=state.version
            )
        decision = decide(state, stand, action)
        outcome = _outcome(account, state, decision)
        written = Written(
            account_id=account_id,
            changes=stand.changes,
            change=decision.change,
            record=Record(at, user.subject, action.mutation),
            key=once.key,
            kept=once.kept(outcome),
            effects=decision.effects,
        )
        return outcome if await db.standing.write(conn, written) else None

    for _ in range(ATTEMPTS_MAX):
        async with acquire(ctx.pool) as conn:
            outcome = await attempt(conn)
        if outcome is not None:
            return outcome

    async def in_turn(conn: Connection) -> MeterOutcome:
        await db.account.lock(conn, [account_id])
        outcome = await attempt(conn)
        assert outcome is not None
        return outcome

    return await transact(ctx.pool, in_turn)


def _looked_at(account: Account, at: datetime) -> list[Cycle]:
    """Return the views that a change is decided on: the cycle it shows, and what it may fill."""
    cycles = [current_cycle(account, at), next_cycle(account, at)]
    around = [cycle for cycle in cycles if cycle is not None]
    return [*around[:1], *map(whole, around)]


def _outcome(account: Account, state: MeterState, decision: Decision) -> MeterOutcome:
    cycle = state.current or state.following
    assert cycle is not None
    return MeterOutcome(
        change=decision.change,
        effective_on=effective_on(account, decision.change),
        computed_at=cycle.computed_at,
        cycle=snapshot(cycle, decision.after[cycle]),
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
