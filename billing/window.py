"""Conversation windows (R5, R6, D8): what opens one, and which ones a history holds.

The windows of a key (account, contact, channel) are a pure function of the sorted
instants of its counting messages: the first opens one, and so does each first one at
or after the end of the window before. `opened` says that directly; `insert` keeps
a stored result equal to it as messages arrive in any order.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Change:
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
            changes.append(_cascade(windows, instant, stored))
    return changes


def _cascade(windows: list[datetime], instant: datetime, stored: Sequence[datetime]) -> Change:
    """Open a window that overlaps the ones after it, and lay those anew.

    Stops where the new chain meets a window that is there already: from a window's
    start on, the chain depends on nothing before it.
    """
    removed: list[datetime] = []
    added: list[datetime] = []
    start: datetime | None = instant
    while start is not None:
        low = bisect_right(windows, start)
        high = bisect_left(windows, start + WINDOW)
        removed += windows[low:high]
        del windows[low:high]
        added.append(start)
        insort(windows, start)
        start = _first_at_or_after(stored, start + WINDOW)
        if start is not None and _contains(windows, start):
            break
    return Change(instant, tuple(removed), tuple(added))


def _first_at_or_after(instants: Sequence[datetime], at: datetime) -> datetime | None:
    place = bisect_left(instants, at)
    return instants[place] if place < len(instants) else None


def _contains(instants: Sequence[datetime], at: datetime) -> bool:
    place = bisect_left(instants, at)
    return place < len(instants) and instants[place] == at
