"""What follows from new facts: windows, sums by day, and late changes to closed cycles.

And from a fact that is reversed, the same the other way round. Runs under the lock of the
facts' accounts, after the facts, or the reversal, are stored, each statement with a snapshot
of its own: a batch that waited for the lock sees what the one before it wrote.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID, uuid4

from billing import window
from billing.account import Account
from billing.commitment import AdjustmentReason, Meter
from billing.cycle import Cycle, booking_number
from billing.event import Charge, EventId, Facts, Message, SourceId
from billing.figures import ChargeSum
from billing.landing import Landing, Landings
from billing.reversal import counting_number
from billing.window import WINDOW, Change, Key
from db import adjustment, conversation, event, rollup
from db.adjustment import Booking
from db.pool import Connection
from db.rollup import Bucket
from resolvers import crossing

_Seen: TypeAlias = Mapping[UUID, Landings]
"""The accounts, as they are under the lock."""

_Arrived: TypeAlias = Mapping[Key, Sequence[tuple[datetime, SourceId]]]
"""Counting messages by key, sorted by instant."""

_Changes: TypeAlias = Sequence[tuple[Key, Sequence[Change]]]
"""What changed by key, sorted by cause."""

_Grown: TypeAlias = set[tuple[UUID, int]]
"""Cycles that use more than before, by account and number."""


async def count(
    conn: Connection, accounts: Mapping[UUID, Account], facts: Facts, *, at: datetime
) -> None:
    """Bring windows, rollups and adjustments up to date with `facts`, just stored.

    `accounts` are those of the facts as they are under the lock; `at` is read under it.
    """
    seen = {id_: Landings(accounts[id_], at) for id_ in facts}
    messages, charges = _messages(facts), _charges(facts)
    changes = await _changes(conn, messages)
    grown = {
        Meter.CONVERSATIONS: await _store_windows(conn, seen, changes),
        Meter.CARRIER: await _store_charges(conn, seen, charges),
    }
    bookings = [
        *_moved_conversations(seen, messages, changes, AdjustmentReason.LATE),
        *_late_charges(seen, charges),
    ]
    await adjustment.insert(conn, bookings, recorded_at=at)
    await _cross(conn, seen, grown, bookings, at)


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
    seen, changes = {account.id: Landings(account, at)}, [(key, [change])]
    grown = {Meter.CONVERSATIONS: await _store_windows(conn, seen, changes)}
    reversed_ = {key: [(change.cause, (id_.source, id_.id))]}
    bookings = list(_moved_conversations(seen, reversed_, changes, AdjustmentReason.REVERSAL))
    await adjustment.insert(conn, bookings, recorded_at=at)
    await _cross(conn, seen, grown, bookings, at)
    landing = seen[account.id].of(change.cause, change.cause + WINDOW)
    if landing is None or landing.cycle is None:
        return None, bookings
    return counting_number(account, landing.cycle, at), bookings


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
    landing = Landings(account, at).of(charge.occurred_at, charge.occurred_at)
    if landing is None:
        return None, []
    less = ChargeSum(-charge.amount_micros, -1)
    await rollup.add_charges(conn, {(account.id, landing.day, charge.feature): less})
    number = landing.cycle
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


async def _cross(
    conn: Connection,
    seen: _Seen,
    grown: Mapping[Meter, _Grown],
    bookings: Iterable[Booking],
    at: datetime,
) -> None:
    """Do what follows where cycles have come to use more than before."""
    cycles: dict[Meter, list[Cycle]] = {}
    for meter, places in grown.items():
        booked = {
            (booking.event_id.account_id, booking.booked_cycle)
            for booking in bookings
            if booking.meter is meter and booking.change > 0
        }
        cycles[meter] = [Cycle.of(seen[id_].account, n, at) for id_, n in sorted(places | booked)]
    await crossing.check(conn, cycles, at=at)


def _messages(facts: Facts) -> _Arrived:
    """Return the counting messages of each key: the keys and, within them, the instants sorted."""
    arrived: dict[Key, list[tuple[datetime, SourceId]]] = defaultdict(list)
    for account_id in sorted(facts):
        own = sorted(
            (fact.contact, fact.channel, fact.occurred_at, id_)
            for id_, fact in facts[account_id].items()
            if isinstance(fact, Message) and fact.counts
        )
        for contact, channel, instant, id_ in own:
            arrived[Key(account_id, contact, channel)].append((instant, id_))
    return arrived


def _charges(facts: Facts) -> dict[EventId, Charge]:
    return {
        EventId(account_id, *id_): fact
        for account_id, own in facts.items()
        for id_, fact in own.items()
        if isinstance(fact, Charge)
    }


async def _changes(conn: Connection, arrived: _Arrived) -> _Changes:
    """Walk the new instants of each key; only a cascade needs the key's stored messages."""
    if not arrived:
        return []
    starts = await conversation.starts(conn, [(key, came[0][0]) for key, came in arrived.items()])
    changes: list[tuple[Key, Sequence[Change]]] = []
    cascades: list[tuple[Key, list[datetime], datetime]] = []
    for (key, came), windows in zip(arrived.items(), starts, strict=True):
        result = window.insert(windows, [instant for instant, _ in came], None)
        if isinstance(result, datetime):
            cascades.append((key, windows, result))
        elif result:
            changes.append((key, result))
    if cascades:
        stored = await event.counting_from(conn, [(key, since) for key, _, since in cascades])
        for (key, windows, _), instants in zip(cascades, stored, strict=True):
            result = window.insert(windows, [instant for instant, _ in arrived[key]], instants)
            assert not isinstance(result, datetime)
            changes.append((key, result))
    return changes


async def _removal(conn: Connection, key: Key, instant: datetime) -> Change | None:
    """Find what one message less changes; only a window's first one needs the stored ones."""
    [starts] = await conversation.starts(conn, [(key, instant)])
    result = window.remove(starts, instant, None)
    if isinstance(result, datetime):
        [stored] = await event.counting_from(conn, [(key, result)])
        result = window.remove(starts, instant, stored)
        assert not isinstance(result, datetime)
    return result


async def _store_windows(conn: Connection, seen: _Seen, changes: _Changes) -> _Grown:
    """Store the net change of windows with its rollup, and return what has grown by that."""
    net = [(key, *window.net(some)) for key, some in changes]
    gone = [(key, opening) for key, removed, _ in net for opening in removed]
    come = [(key, opening) for key, _, added in net for opening in added]
    await conversation.delete(conn, gone)
    await conversation.insert(conn, come)
    landed: Counter[tuple[UUID, Landing | None, str]] = Counter()
    landed.update(_landed(seen, come))
    landed.subtract(_landed(seen, gone))
    days: dict[Bucket, int] = {}
    grown: _Grown = set()
    for (account_id, landing, channel), n in landed.items():
        if landing is not None:
            days[account_id, landing.day, channel] = n
            if n > 0 and landing.cycle is not None and not landing.moved:
                grown.add((account_id, landing.cycle))
    await rollup.add_conversations(conn, days)
    return grown


def _landed(
    seen: _Seen, windows: Iterable[tuple[Key, datetime]]
) -> Iterator[tuple[UUID, Landing | None, str]]:
    """Yield where windows land, with account and channel."""
    for key, opening in windows:
        landing = seen[key.account_id].of(opening, opening + WINDOW)
        yield key.account_id, landing, key.channel


async def _store_charges(
    conn: Connection, seen: _Seen, charges: Mapping[EventId, Charge]
) -> _Grown:
    """Add charges to the rollup, and return what has grown by that."""
    days: dict[Bucket, ChargeSum] = defaultdict(ChargeSum)
    grown: _Grown = set()
    for id_, charge in charges.items():
        landing = seen[id_.account_id].of(charge.occurred_at, charge.occurred_at)
        if landing is not None:
            days[id_.account_id, landing.day, charge.feature].add(charge.amount_micros, 1)
            if landing.cycle is not None and not landing.moved:
                grown.add((id_.account_id, landing.cycle))
    await rollup.add_charges(conn, days)
    return grown


def _moved_conversations(
    seen: _Seen, causes: _Arrived, changes: _Changes, reason: AdjustmentReason
) -> Iterator[Booking]:
    """Yield, per message, its net change to each closed cycle; no change, no booking (D11)."""
    for key, some in changes:
        landings = seen[key.account_id]
        if not landings.closed(some[0].cause + WINDOW):  # nor is what changes after it
            continue
        for change in some:
            net: Counter[int | None] = Counter()
            net.update(_closed_numbers(landings, change.added))
            net.subtract(_closed_numbers(landings, change.removed))
            id_ = next(id_ for instant, id_ in causes[key] if instant == change.cause)
            for number, n in net.items():
                if number is not None and n:
                    yield Booking(
                        adjustment_id=uuid4(),
                        event_id=EventId(key.account_id, *id_),
                        occurred_at=change.cause,
                        meter=Meter.CONVERSATIONS,
                        label=key.channel,
                        change=n,
                        reason=reason,
                        cycle=number,
                        booked_cycle=booking_number(landings.account, landings.at),
                    )


def _closed_numbers(landings: Landings, openings: Iterable[datetime]) -> Iterator[int | None]:
    """Yield the closed cycle that each window lands in, None for one that counts in its own."""
    for opening in openings:
        landing = landings.of(opening, opening + WINDOW)
        yield landing.cycle if landing is not None and landing.moved else None


def _late_charges(seen: _Seen, charges: Mapping[EventId, Charge]) -> Iterator[Booking]:
    """Yield a booking for each charge dated in a closed cycle (D11)."""
    for id_, charge in charges.items():
        landings = seen[id_.account_id]
        landing = landings.of(charge.occurred_at, charge.occurred_at)
        if landing is not None and landing.cycle is not None and landing.moved:
            yield Booking(
                adjustment_id=uuid4(),
                event_id=id_,
                occurred_at=charge.occurred_at,
                meter=Meter.CARRIER,
                label=charge.feature,
                change=charge.amount_micros,
                reason=AdjustmentReason.LATE,
                cycle=landing.cycle,
                booked_cycle=booking_number(landings.account, landings.at),
            )
