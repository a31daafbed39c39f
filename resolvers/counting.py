"""What follows from new facts: windows, sums by day, and late changes to closed cycles.

And from a fact that is reversed, the same the other way round. Runs under the lock of the
facts' accounts, after the facts, or the reversal, are stored, each statement with a snapshot
of its own: a batch that waited for the lock sees what the one before it wrote.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from billing import window
from billing.account import Account
from billing.commitment import AdjustmentReason, Meter
from billing.cycle import Cycle, booking_number, landing_number, moved_number
from billing.event import Charge, EventId, Fact, Message
from billing.figures import ChargeSum
from billing.reversal import counting_number
from billing.window import WINDOW, Change, Key
from db import adjustment, conversation, event, rollup
from db.adjustment import Booking
from db.pool import Connection
from db.rollup import Bucket
from resolvers import crossing


async def count(
    conn: Connection,
    accounts: Mapping[UUID, Account],
    facts: Mapping[EventId, Fact],
    *,
    at: datetime,
) -> None:
    """Bring windows, rollups and adjustments up to date with `facts`, just stored.

    `accounts` are those of the facts as they are under the lock; `at` is read under it.
    """
    charges = {id_: fact for id_, fact in facts.items() if isinstance(fact, Charge)}
    causes: dict[tuple[Key, datetime], EventId] = {}
    for id_, fact in facts.items():
        if isinstance(fact, Message) and fact.counts:
            key = Key(id_.account_id, fact.contact, fact.channel)
            causes.setdefault((key, fact.occurred_at), id_)
    changes = await _changes(conn, causes)
    opened = await _store_windows(conn, accounts, changes)
    await rollup.add_charges(conn, _charge_days(accounts, charges))
    bookings = [
        *_moved_conversations(accounts, causes, changes, AdjustmentReason.LATE, at),
        *_late_charges(accounts, charges, at),
    ]
    await adjustment.insert(conn, bookings, recorded_at=at)
    await _cross(conn, accounts, opened, charges, bookings, at)


async def uncount_message(
    conn: Connection, account: Account, id_: EventId, message: Message, *, at: datetime
) -> tuple[int | None, list[Booking]]:
    """Take a message, whose reversal was just stored, off its windows.

    Returns the cycle in which that counts, None for none, and what was booked of it.
    """
    key = Key(account.id, message.contact, message.channel)
    change = await _removal(conn, key, message.occurred_at) if message.counts else None
    if change is None:
        return None, []
    number = landing_number(account, change.cause, change.cause + WINDOW)
    accounts, changes = {account.id: account}, [(key, change)]
    opened = await _store_windows(conn, accounts, changes)
    bookings = list(
        _moved_conversations(
            accounts, {(key, change.cause): id_}, changes, AdjustmentReason.REVERSAL, at
        )
    )
    await adjustment.insert(conn, bookings, recorded_at=at)
    await _cross(conn, accounts, opened, {}, bookings, at)
    return None if number is None else counting_number(account, number, at), bookings


async def uncount_charge(  # noqa: PLR0913 (a charge, and where it counts)
    conn: Connection,
    account: Account,
    id_: EventId,
    charge: Charge,
    *,
    booked_cycle: int | None,
    at: datetime,
) -> tuple[int | None, list[Booking]]:
    """Take a charge, which may be booked in another cycle than its own, off the sums.

    Returns the cycle in which that counts, None for none, and what was booked of it.
    """
    day = _day(account, charge.occurred_at, charge.occurred_at)
    number = landing_number(account, charge.occurred_at, charge.occurred_at)
    if day is not None:
        less = ChargeSum(-charge.amount_micros, -1)
        await rollup.add_charges(conn, {(account.id, day, charge.feature): less})
    if number is None:
        return None, []
    counting = counting_number(account, number if booked_cycle is None else booked_cycle, at)
    if counting == number:
        return number, []
    booking = Booking(
        adjustment_id=uuid4(),
        event_id=id_,
        occurred_at=charge.occurred_at,
        meter=Meter.CARRIER,
        label=charge.feature,
        change=-charge.amount_micros,
        reason=AdjustmentReason.REVERSAL,
        cycle=number,
        booked_cycle=counting,
    )
    await adjustment.insert(conn, [booking], recorded_at=at)
    return counting, [booking]


async def _cross(  # noqa: PLR0913, PLR0917 (all that may make a cycle's usage grow)
    conn: Connection,
    accounts: Mapping[UUID, Account],
    opened: Iterable[tuple[Key, datetime]],
    charges: Mapping[EventId, Charge],
    bookings: Iterable[Booking],
    at: datetime,
) -> None:
    """Do what follows where cycles have come to use more than before."""
    openings = [(key.account_id, opening, opening + WINDOW) for key, opening in opened]
    costs = [(id_.account_id, fact.occurred_at, fact.occurred_at) for id_, fact in charges.items()]
    grown = {
        Meter.CONVERSATIONS: _grown(accounts, openings, at),
        Meter.CARRIER: _grown(accounts, costs, at),
    }
    for booking in bookings:
        if booking.change > 0:
            grown[booking.meter].add((booking.event_id.account_id, booking.booked_cycle))
    cycles = {
        meter: [Cycle.of(accounts[id_], number, at) for id_, number in sorted(places)]
        for meter, places in grown.items()
    }
    await crossing.check(conn, cycles, at=at)


def _grown(
    accounts: Mapping[UUID, Account],
    counted: Iterable[tuple[UUID, datetime, datetime]],
    at: datetime,
) -> set[tuple[UUID, int]]:
    """Return the cycles, not closed, that what began at one instant and ended at another is in."""
    grown = set()
    for id_, since, instant in counted:
        number = landing_number(accounts[id_], since, instant)
        if number is not None and moved_number(accounts[id_], instant, at) is None:
            grown.add((id_, number))
    return grown


async def _changes(
    conn: Connection, causes: Mapping[tuple[Key, datetime], EventId]
) -> list[tuple[Key, Change]]:
    """Walk the new instants of each key; only a cascade needs the key's stored messages."""
    instants: dict[Key, list[datetime]] = defaultdict(list)
    for key, instant in sorted(causes):
        instants[key].append(instant)
    if not instants:
        return []
    starts = await conversation.starts(conn, [(key, new[0]) for key, new in instants.items()])
    changes: list[tuple[Key, Change]] = []
    cascades: list[tuple[Key, datetime]] = []
    for key, new in instants.items():
        result = window.insert(starts.get(key, ()), new, None)
        if isinstance(result, datetime):
            cascades.append((key, result))
        else:
            changes += [(key, change) for change in result]
    if cascades:
        stored = await event.counting_from(conn, cascades)
        for key, _ in cascades:
            result = window.insert(starts[key], instants[key], stored[key])
            assert not isinstance(result, datetime)
            changes += [(key, change) for change in result]
    return changes


async def _removal(conn: Connection, key: Key, instant: datetime) -> Change | None:
    """Find what one message less changes; only a window's first one needs the stored ones."""
    starts = (await conversation.starts(conn, [(key, instant)])).get(key, [])
    result = window.remove(starts, instant, None)
    if isinstance(result, datetime):
        stored = (await event.counting_from(conn, [(key, result)])).get(key, [])
        result = window.remove(starts, instant, stored)
        assert not isinstance(result, datetime)
    return result


async def _store_windows(
    conn: Connection, accounts: Mapping[UUID, Account], changes: list[tuple[Key, Change]]
) -> list[tuple[Key, datetime]]:
    """Store the net change of windows with its rollup, and return those that are new."""
    net: Counter[tuple[Key, datetime]] = Counter()
    for key, change in changes:
        net.update((key, opening) for opening in change.added)
        net.subtract((key, opening) for opening in change.removed)
    await conversation.delete(conn, [place for place, n in net.items() if n < 0])
    opened = [place for place, n in net.items() if n > 0]
    await conversation.insert(conn, opened)
    days: Counter[Bucket] = Counter()
    for (key, opening), n in net.items():
        day = _day(accounts[key.account_id], opening, opening + WINDOW)
        if day is not None:
            days[key.account_id, day, key.channel] += n
    await rollup.add_conversations(conn, days)
    return opened


def _charge_days(
    accounts: Mapping[UUID, Account], charges: Mapping[EventId, Charge]
) -> dict[Bucket, ChargeSum]:
    days: dict[Bucket, ChargeSum] = defaultdict(ChargeSum)
    for id_, charge in charges.items():
        day = _day(accounts[id_.account_id], charge.occurred_at, charge.occurred_at)
        if day is not None:
            days[id_.account_id, day, charge.feature].add(charge.amount_micros, 1)
    return days


def _day(account: Account, since: datetime, at: datetime) -> datetime | None:
    """Return the start of the day that holds `at`; None for what began before cycle 0 (D6)."""
    schedule = account.schedule
    return None if schedule is None or since < schedule.starts_at else schedule.day_start(at)


def _moved_conversations(
    accounts: Mapping[UUID, Account],
    causes: Mapping[tuple[Key, datetime], EventId],
    changes: list[tuple[Key, Change]],
    reason: AdjustmentReason,
    at: datetime,
) -> Iterator[Booking]:
    """Yield, per message, its net change to each closed cycle; no change, no booking (D11)."""
    for key, change in changes:
        account = accounts[key.account_id]
        net: Counter[int | None] = Counter()
        net.update(_closed_numbers(account, change.added, at))
        net.subtract(_closed_numbers(account, change.removed, at))
        for number, n in net.items():
            if number is not None and n:
                yield Booking(
                    adjustment_id=uuid4(),
                    event_id=causes[key, change.cause],
                    occurred_at=change.cause,
                    meter=Meter.CONVERSATIONS,
                    label=key.channel,
                    change=n,
                    reason=reason,
                    cycle=number,
                    booked_cycle=booking_number(account, at),
                )


def _closed_numbers(
    account: Account, openings: tuple[datetime, ...], at: datetime
) -> Iterator[int | None]:
    """Yield the closed cycle that each window lands in, None for one that counts nowhere."""
    for opening in openings:
        number = landing_number(account, opening, opening + WINDOW)
        yield None if number is None else moved_number(account, opening + WINDOW, at)


def _late_charges(
    accounts: Mapping[UUID, Account], charges: Mapping[EventId, Charge], at: datetime
) -> Iterator[Booking]:
    """Yield a booking for each charge dated in a closed cycle (D11)."""
    for id_, charge in charges.items():
        account = accounts[id_.account_id]
        number = moved_number(account, charge.occurred_at, at)
        if number is not None:
            yield Booking(
                adjustment_id=uuid4(),
                event_id=id_,
                occurred_at=charge.occurred_at,
                meter=Meter.CARRIER,
                label=charge.feature,
                change=charge.amount_micros,
                reason=AdjustmentReason.LATE,
                cycle=number,
                booked_cycle=booking_number(account, at),
            )
