"""Messages as they come in: many accounts, a fifth of all from one, in order or a part late."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import orjson

from bench.data import CHANNELS, NOW
from billing.event import Direction, Event, Message, MessageKind

CONTACTS = 5_000
"""Contacts of each account that write: some have a conversation open, others do not."""

BUSIEST_PERCENT = 20
"""How much of the traffic is one account's."""

LATE_MAX = timedelta(hours=72)
"""How late what is late may be."""

_BEGAN = timedelta(hours=20)
_STEP = timedelta(milliseconds=20)


def names(accounts: int) -> list[str]:
    """Return what the platform calls the accounts; the first is the busiest."""
    return [f"traffic-{number:03}" for number in range(accounts)]


@dataclass(slots=True)
class Traffic:
    """A stream of messages, the same in each run."""

    late_percent: int
    accounts: list[str]
    _random: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 (no secret)
    _count: int = 0

    def batch(self, size: int) -> list[Event]:
        """Return the next messages."""
        return [self._next() for _ in range(size)]

    def _next(self) -> Event:
        draw = self._random
        self._count += 1
        at = NOW - _BEGAN + self._count * _STEP
        if draw.randrange(100) < self.late_percent:
            at -= LATE_MAX * draw.random()
        busiest = draw.randrange(100) < BUSIEST_PERCENT
        return Event(
            self.accounts[0 if busiest else draw.randrange(1, len(self.accounts))],
            "/traffic",
            f"{self.late_percent}-{self._count:010}",
            Message(
                occurred_at=at,
                contact=f"t-{draw.randrange(CONTACTS):05}",
                channel=CHANNELS[draw.randrange(len(CHANNELS))],
                direction=Direction.OUTBOUND,
                automated=False,
                kind=MessageKind.MESSAGE,
            ),
        )


def as_body(batch: list[Event]) -> bytes:
    """Write messages as a batch of CloudEvents."""
    return orjson.dumps(list(_cloud_events(batch)))


def _cloud_events(batch: list[Event]) -> Iterator[dict[str, object]]:
    for event in batch:
        fact = event.fact
        assert isinstance(fact, Message)
        yield {
            "specversion": "1.0",
            "type": "message",
            "source": event.source,
            "id": event.id,
            "time": fact.occurred_at.isoformat(),
            "subject": event.external_id,
            "data": {
                "contact": fact.contact,
                "channel": fact.channel,
                "direction": fact.direction.value,
                "automated": fact.automated,
                "kind": fact.kind.value,
            },
        }
