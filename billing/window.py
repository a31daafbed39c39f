"""Conversation windows (R5, R6, D8): what opens one, and which ones a history holds.

The windows of a key (account, contact, channel) are a pure function of the sorted
instants of its counting messages: the first opens one, and so does each first one at
or after the end of the window before. `opened` says that directly; `insert` and
`remove` keep a stored result equal to it as messages come and are taken back, in any order.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

WINDOW = timedelta(hours=168)
"""How long a conversation lasts: elapsed hours, whatever the clocks do."""


def opened(instants: Iterable[datetime]) -> list[datetime]:
    """Return the instants at which windows open, computed from scratch.

    `instants` are those of the key's counting messages, in any order.
    """
    starts: list[datetime] = []
    for instant in sorted(instants):
        if not starts or instant >= starts[-1] + WINDOW:
            starts.append(instant)
    return starts


class Key(NamedTuple):
    """Whose conversation it is: one account's with one contact on one channel (D8)."""

    account_id: UUID
    contact: str
    channel: str


class Change(NamedTuple):
    """What one message did to its key's windows, by the instants at which they open."""

    cause: datetime
    removed: tuple[datetime, ...]
    added: tuple[datetime, ...]


def insert(
    starts: Sequence[datetime], new: Iterable[datetime], stored: Sequence[datetime] | None
) -> list[Change] | datetime:
    """Add counting messages to a key's windows and return what each one changed.

    Args:
        starts: Sorted instants at which the key's windows open, at least all those that
            end after the earliest of `new`.
        new: Instants of the messages that arrived.
        stored: Sorted instants of the key's counting messages, `new` included, from the
            first that needs them on; None when they are not loaded.

    Returns:
        The changes in order of instant, or the instant from which on `stored` is needed.
    """
    windows = list(starts)
    changes: list[Change] = []
    for instant in sorted(new):
        following = bisect_right(windows, instant)
        if following and instant < windows[following - 1] + WINDOW:
            continue
        if following == len(windows) or windows[following] >= instant + WINDOW:
            windows.insert(following, instant)
            changes.append(Change(instant, (), (instant,)))
        elif stored is None:
            return instant
        else:
            removed, added = _lay(windows, instant, stored)
            changes.append(Change(instant, removed, added))
    return changes


def net(changes: Sequence[Change]) -> tuple[Iterable[datetime], Iterable[datetime]]:
    """Return which windows go and which come, by one key's changes one after the other."""
    if len(changes) == 1:
        return changes[0].removed, changes[0].added
    balance: Counter[datetime] = Counter()
    for change in changes:
        balance.update(change.added)
        balance.subtract(change.removed)
    gone = [opening for opening, n in balance.items() if n < 0]
    return gone, [opening for opening, n in balance.items() if n > 0]


def remove(
    starts: Sequence[datetime], instant: datetime, stored: Sequence[datetime] | None
) -> Change | datetime | None:
    """Take one counting message away from a key's windows and return what that changed.

    Args:
        starts: Sorted instants at which the key's windows open, at least all those that
            end after `instant`.
        instant: That of the message.
        stored: Sorted instants of the key's other counting messages from `instant` on;
            None when they are not loaded.

    Returns:
        The change; None where there is none, since the message opened no window or another
        one did at the same instant; or the instant from which on `stored` is needed.
    """
    if not _contains(starts, instant):
        return None
    if stored is None:
        return instant
    following = _first_at_or_after(stored, instant)
    if following == instant:
        return None
    removed, added = _lay(list(starts), following, stored)
    return Change(instant, (instant, *removed), added)


def _lay(
    windows: list[datetime], start: datetime | None, stored: Sequence[datetime]
) -> tuple[tuple[datetime, ...], tuple[datetime, ...]]:
    """Lay the chain of windows anew from `start` on, and return what it removes and adds.

    Stops where the new chain meets a window that is there already: from a window's
    start on, the chain depends on nothing before it.
    """
    removed: list[datetime] = []
    added: list[datetime] = []
    while start is not None and not _contains(windows, start):
        low = bisect_right(windows, start)
        high = bisect_left(windows, start + WINDOW)
        removed += windows[low:high]
        del windows[low:high]
        added.append(start)
        insort(windows, start)
        start = _first_at_or_after(stored, start + WINDOW)
    return tuple(removed), tuple(added)


def _first_at_or_after(instants: Sequence[datetime], at: datetime) -> datetime | None:
    place = bisect_left(instants, at)
    return instants[place] if place < len(instants) else None


def _contains(instants: Sequence[datetime], at: datetime) -> bool:
    place = bisect_left(instants, at)
    return place < len(instants) and instants[place] == at
