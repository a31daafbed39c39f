"""Reversing messages, charges and grants, each once (D24)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from pydantic import TypeAdapter

from billing.account import Account
from billing.commitment import GrantKind, Meter
from billing.cycle import Cycle, current_cycle
from billing.errors import AlreadyReversedError, NotFoundError
from billing.event import EventId, Message
from billing.reversal import (
    NetChange,
    Reversal,
    check_open,
    check_reason,
    counting_number,
)
from billing.snapshot import CycleSnapshot, snapshot
from db import event, reversal, usage
from db.adjustment import Booking
from db.meter_change import Record
from db.pool import Connection, transact
from db.text import storable
from resolvers import access, counting, crossing, terms
from resolvers.context import Context
from resolvers.idempotency import Once


@dataclass(frozen=True, slots=True)
class EventName:
    """An event by the names that its source gave it and itself."""

    source: str
    id: str


@dataclass(frozen=True, slots=True)
class GrantName:
    """A purchase or an automatic grant by the id that cycles show."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an operator asks for: `idempotency_key` names it, however often it is sent."""

    account_id: str
    original: EventName | GrantName
    reason: str
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversalOutcome:
    """What came of it: kept, and given again to whoever sends it again.

    `cycle` is the current one, the first where it has not started, the last where the
    account has ended; None where there is nothing to see.
    """

    reversal: Reversal
    computed_at: datetime
    cycle: CycleSnapshot | None


_OUTCOME = TypeAdapter(ReversalOutcome)

_PURCHASES = (GrantKind.BLOCKS, GrantKind.TOP_UP)


async def reverse(ctx: Context, request: Request) -> ReversalOutcome:
    """Take back a message, a charge or a grant, as if it had not been.

    It is no change of an admin's to a meter: no version counts it (D23).

    Raises:
        NotFoundError: there is no such account, or it has no such event or grant.
        BadInputError: the reason or the key is malformed.
        AlreadyReversedError: the original was reversed before.
        AccountEndedError: the account has no cycle left in which it could count.
        IdempotencyConflictError: the key was used for something else.
    """
    user = access.operator(ctx)
    account_id = access.account_id(ctx, request.account_id, field="accountId")
    check_reason(request.reason)
    once = Once.of(
        _OUTCOME, request.idempotency_key, "reverse", *_canonical(request.original), request.reason
    )

    async def work(conn: Connection) -> ReversalOutcome:
        account = await terms.locked(conn, account_id)
        known = await once.known(conn, account_id)
        if known is not None:
            return known
        at = ctx.clock()
        record = Record(at, user.subject, request.reason)
        if isinstance(request.original, EventName):
            done = await _reverse_event(conn, account, request.original, record)
        else:
            done = await _reverse_grant(conn, account, request.original, record)
        outcome = ReversalOutcome(
            reversal=done, computed_at=at, cycle=await _snapshot(conn, account, at)
        )
        await once.keep(conn, account_id, outcome, at=at)
        return outcome

    return await transact(ctx.pool, work)


def _canonical(original: EventName | GrantName) -> tuple[str, ...]:
    if isinstance(original, EventName):
        return "event", original.source, original.id
    return "grant", original.id


async def _reverse_event(
    conn: Connection, account: Account, name: EventName, record: Record
) -> Reversal:
    """Record that an event is reversed, and take it off all that it counts in."""
    id_ = EventId(account.id, name.source, name.id)
    known = await event.stored(conn, [id_]) if storable(name.source + name.id) else {}
    if id_ not in known:
        raise NotFoundError("There is no such event.")
    check_open(account, record.at)
    if not await reversal.insert_event(conn, id_, record):
        raise AlreadyReversedError("The event was reversed before.")
    fact = known[id_]
    if isinstance(fact, Message):
        meter, label = Meter.CONVERSATIONS, fact.channel
        number, bookings = await counting.uncount_message(conn, account, id_, fact, at=record.at)
    else:
        meter, label = Meter.CARRIER, fact.feature
        booked_cycle = await reversal.booked_cycle(conn, id_)
        number, bookings = await counting.uncount_charge(
            conn, account, id_, fact, booked_cycle=booked_cycle, at=record.at
        )
    return Reversal(meter=meter, label=label, cycle_number=number, adjustments=_net(bookings))


def _net(bookings: Sequence[Booking]) -> tuple[NetChange, ...]:
    return tuple(
        NetChange(
            meter=booking.meter,
            label=booking.label,
            change=booking.change,
            cycle_number=booking.cycle,
            booked_in_cycle=booking.booked_cycle,
        )
        for booking in sorted(bookings, key=attrgetter("cycle"))
    )


async def _reverse_grant(
    conn: Connection, account: Account, name: GrantName, record: Record
) -> Reversal:
    """Record that a grant counts negatively; what was bought may be missing from then on (D15)."""
    found = await reversal.grant(conn, account.id, name.id) if storable(name.id) else None
    if found is None:
        raise NotFoundError("There is no such purchase or automatic grant.")
    check_open(account, record.at)
    number = counting_number(account, found.cycle, record.at)
    if not await reversal.insert_grant(conn, account.id, found, record, cycle=number):
        raise AlreadyReversedError("The grant was reversed before.")
    meter = found.kind.meter
    if found.kind in _PURCHASES and number in account.cycle_numbers(record.at):
        cycle = Cycle.of(account, number, record.at)
        await crossing.check(conn, {meter: [cycle]}, at=record.at)
    return Reversal(meter=meter, grant_kind=found.kind, cycle_number=number)


async def _snapshot(conn: Connection, account: Account, at: datetime) -> CycleSnapshot | None:
    """Take down the cycle that the answer shows; a trial has no usage overview (R2)."""
    numbers = account.cycle_numbers(at)
    if not numbers or account.in_trial(at):
        return None
    cycle = current_cycle(account, at) or Cycle.of(account, numbers[-1], at)
    [figures] = await usage.of_cycles(conn, [cycle], meters=frozenset(Meter))
    return snapshot(cycle, figures)
