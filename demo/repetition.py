"""Repeating a company's messages, each time moved by whole weeks.

Whole weeks keep each message's weekday and hour real. Every repetition is numbered and
has its own contacts, so that its conversations are other people's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from demo.sequences import Entry, by_company

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Stream:
    """One company's messages, repeated every so many weeks, back from now.

    One repetition ended in the week before now, or `lag_weeks` earlier; later ones are
    cut off at now. `last_weeks` leaves out what is older.
    """

    company: str
    every_weeks: int
    lag_weeks: int = 0
    last_weeks: int | None = None


class Repeated(NamedTuple):
    """A real message as it happens again, in repetition `number`."""

    company: str
    number: int
    entry: Entry
    occurred_at: datetime

    @property
    def suffix(self) -> str:
        """How the ids of its events end: unique within the account."""
        return f"{self.entry.key}-r{self.number}"

    @property
    def contact(self) -> str:
        """The person who writes or is written to."""
        return f"{self.entry.contact}-r{self.number}"


def repeat(streams: Sequence[Stream], start: datetime, now: datetime) -> Iterator[Repeated]:
    """Yield what happens in ``[start, now)``, numbering the repetitions from 0."""
    number = 0
    for stream in streams:
        entries = by_company()[stream.company]
        since = _since(stream, start, now)
        for weeks in _shifts(stream, entries, since, now):
            shift = weeks * WEEK
            for entry in entries:
                occurred_at = entry.occurred_at + shift
                if since <= occurred_at < now:
                    yield Repeated(stream.company, number, entry, occurred_at)
            number += 1


def _since(stream: Stream, start: datetime, now: datetime) -> datetime:
    return start if stream.last_weeks is None else max(start, now - stream.last_weeks * WEEK)


def _shifts(stream: Stream, entries: Sequence[Entry], since: datetime, now: datetime) -> range:
    """Return by how many weeks to move the messages, oldest repetition first.

    From where the last message reaches `since` to where the first one reaches `now`.
    """
    first, last = entries[0].occurred_at, entries[-1].occurred_at
    newest_whole = (now - last) // WEEK - stream.lag_weeks
    oldest = (since - last) // WEEK
    oldest += (newest_whole - oldest) % stream.every_weeks
    return range(oldest, (now - first) // WEEK + 1, stream.every_weeks)
