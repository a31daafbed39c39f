"""What events come to, counted from scratch, and what is stored and shown of them.

The count shares with the product only the rule for windows (`billing.window.opened`, which
has tests of its own); cycles and days come from the tests' own calendar.
"""

import asyncio
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from types import ModuleType
from typing import Any, TypeAlias

import pytest

from billing.account import account_id_of
from billing.event import Charge, Event, EventId, Fact, Message
from billing.window import WINDOW, opened
from db import event
from db.pool import Pool, acquire
from resolvers import ingest
from resolvers.ingest import EventError, Outcome
from tests.billing.oracle import Stretch, first_instant, walk, wall
from tests.support.world import World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)

Window: TypeAlias = tuple[str, str, datetime]
"""Contact, channel, instant of opening."""

Day: TypeAlias = tuple[datetime, str]
"""Start of a rollup's bucket, channel or feature."""

Sums: TypeAlias = dict[str, tuple[int, int]]
"""Micro-euros and number of charges by feature."""


@dataclass(frozen=True)
class Recount:
    """One account's terms and stored facts, and everything that follows from them."""

    stretches: Sequence[Stretch]
    facts: Sequence[Fact]
    ended_at: datetime | None = None
    cycles_max: int = 40

    @cached_property
    def bounds(self) -> list[datetime]:
        """Starts of the cycles, cut at the account's end."""
        bounds = walk(self.stretches, self.cycles_max)
        if self.ended_at is None:
            return bounds
        return [*(bound for bound in bounds if bound < self.ended_at), self.ended_at]

    def windows(self) -> list[Window]:
        instants: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        for fact in self.facts:
            if isinstance(fact, Message) and fact.counts:
                instants[fact.contact, fact.channel].append(fact.occurred_at)
        return sorted(
            (contact, channel, opening)
            for (contact, channel), messages in instants.items()
            for opening in opened(messages)
        )

    def counted(self) -> list[Window]:
        """Return the windows that belong to a cycle: opened in cycle 0 or later (D6)."""
        return [window for window in self.windows() if window[2] >= self.bounds[0]]

    def charged(self) -> list[Charge]:
        """Return the charges that belong to a cycle."""
        return [
            fact
            for fact in self.facts
            if isinstance(fact, Charge) and fact.occurred_at >= self.bounds[0]
        ]

    def conversation_days(self) -> dict[Day, int]:
        days = Counter(
            (self.day_start(opening + WINDOW), channel) for _, channel, opening in self.counted()
        )
        return dict(days)

    def charge_days(self) -> dict[Day, tuple[int, int]]:
        days: dict[Day, list[int]] = defaultdict(list)
        for charge in self.charged():
            days[self.day_start(charge.occurred_at), charge.feature].append(charge.amount_micros)
        return {day: (sum(amounts), len(amounts)) for day, amounts in days.items()}

    def spend_days(self) -> dict[datetime, int]:
        days: Counter[datetime] = Counter()
        for charge in self.charged():
            days[self.day_start(charge.occurred_at)] += charge.amount_micros
        return {day: amount for day, amount in days.items() if amount}

    def conversations(self, start: datetime, end: datetime) -> dict[str, int]:
        """Count the conversations that close in a stretch of time, by channel."""
        return dict(
            Counter(
                channel for _, channel, opening in self.counted() if start <= opening + WINDOW < end
            )
        )

    def charges(self, start: datetime, end: datetime) -> Sums:
        """Add up the charges of a stretch of time by feature."""
        return charge_sums(charge for charge in self.charged() if start <= charge.occurred_at < end)

    def day_start(self, at: datetime) -> datetime:
        """Find the start of the bucket that holds `at` by trying the days around it."""
        uncut = walk(self.stretches, self.stretches[-1].first_cycle)
        starts = [uncut[stretch.first_cycle] for stretch in self.stretches]
        place = bisect_right(starts, at) - 1
        zone = self.stretches[place].zone
        today = wall(zone, at).date()
        days = [first_instant(zone, today + n * DAY) for n in (-1, 0, 1)]
        start = max(starts[place], *(day for day in days if day <= at))
        if self.ended_at is not None and at >= self.ended_at:
            return max(start, self.ended_at)
        return start


def charge_sums(charges: Iterable[Charge]) -> Sums:
    amounts: dict[str, list[int]] = defaultdict(list)
    for charge in charges:
        amounts[charge.feature].append(charge.amount_micros)
    return {feature: (sum(values), len(values)) for feature, values in amounts.items()}


# --- what is stored


async def stored_facts(pool: Pool, external_id: str) -> dict[EventId, Fact]:
    async with acquire(pool) as conn:
        ids = await conn.fetch(
            "SELECT account_id, source, event_id FROM event WHERE account_id = $1",
            account_id_of(external_id),
        )
        return await event.stored(conn, [EventId(*row) for row in ids])


async def reversed_ids(pool: Pool, external_id: str) -> set[EventId]:
    async with acquire(pool) as conn:
        ids = await conn.fetch(
            "SELECT account_id, source, event_id FROM event_reversal WHERE account_id = $1",
            account_id_of(external_id),
        )
    return {EventId(*row) for row in ids}


@dataclass(frozen=True)
class Derived:
    """The rows that follow from facts; buckets that came back to nothing are left out."""

    windows: list[Window]
    conversation_days: dict[Day, int]
    charge_days: dict[Day, tuple[int, int]]
    spend_days: dict[datetime, int]


async def stored(pool: Pool, external_id: str) -> Derived:
    account_id = account_id_of(external_id)
    async with acquire(pool) as conn:
        windows = await conn.fetch(
            "SELECT contact, channel, opened_at FROM conversation WHERE account_id = $1",
            account_id,
        )
        conversations = await conn.fetch(
            "SELECT day, channel, n FROM conversation_day WHERE account_id = $1", account_id
        )
        charges = await conn.fetch(
            "SELECT day, feature, amount_micros, n FROM charge_day WHERE account_id = $1",
            account_id,
        )
        spending = await conn.fetch(
            "SELECT day, amount_micros FROM spend_day WHERE account_id = $1", account_id
        )
    return Derived(
        sorted((contact, channel, opening) for contact, channel, opening in windows),
        {(day, channel): n for day, channel, n in conversations if n},
        {(day, feature): (amount, n) for day, feature, amount, n in charges if n},
        {day: amount for day, amount in spending if amount},
    )


def derived(recount: Recount) -> Derived:
    return Derived(
        recount.windows(),
        recount.conversation_days(),
        recount.charge_days(),
        recount.spend_days(),
    )


async def recounted(
    pool: Pool,
    external_id: str,
    *stretches: Stretch,
    ended_at: datetime | None = None,
) -> Recount:
    """Count what is stored and not reversed."""
    facts = await stored_facts(pool, external_id)
    gone = await reversed_ids(pool, external_id)
    counting = [fact for id_, fact in facts.items() if id_ not in gone]
    return Recount(stretches, counting, ended_at)


# --- what is shown

_CYCLES = """
query ($id: ID!, $after: String) {
  account(id: $id) {
    cycles(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        number
        state
        conversationUsage {
          used
          completed
          inProgress
          pending
          byChannel { channel used pending }
          adjustments { channel change reason cycleNumber }
        }
        carrierBalance {
          spent
          byFeature { feature amount charges }
        }
      }
    }
  }
}
"""


@dataclass(frozen=True)
class Shown:
    """One cycle as the query shows it: conversations by channel, micro-euros by feature.

    `late` are the adjustments it carries for late messages: channel, closed cycle and change;
    `taken_back` are those for reversed ones.
    """

    number: int
    state: str
    completed: int | None
    used: dict[str, int]
    pending: dict[str, int]
    spent: Sums
    late: list[tuple[str, int, int]]
    taken_back: list[tuple[str, int, int]] = field(default_factory=list)


async def shown(world: World, external_id: str) -> dict[int, Shown]:
    """Ask for all of an account's cycles as an operator, and check that the parts add up."""
    found: dict[int, Shown] = {}
    after: str | None = None
    while True:
        variables = {"id": str(account_id_of(external_id)), "after": after}
        page = (await world.data(_CYCLES, variables))["account"]["cycles"]
        found |= {node["number"]: _shown(node) for node in page["nodes"]}
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def _shown(node: Mapping[str, Any]) -> Shown:
    usage, balance = node["conversationUsage"], node["carrierBalance"]
    channels = usage["byChannel"]
    if node["state"] == "FUTURE":
        assert usage["used"] is None
        assert usage["pending"] == sum(channel["pending"] for channel in channels)
    else:
        assert usage["pending"] == 0
        assert usage["used"] == sum(channel["used"] for channel in channels)
        assert usage["used"] == usage["completed"] + usage["inProgress"]
        assert micros(balance["spent"]) == sum(
            micros(feature["amount"]) for feature in balance["byFeature"]
        )
    carried = {
        reason: [
            (each["channel"], each["cycleNumber"], each["change"])
            for each in usage["adjustments"]
            if each["reason"] == reason
        ]
        for reason in ("LATE", "REVERSAL")
    }
    return Shown(
        number=node["number"],
        state=node["state"],
        completed=usage["completed"],
        used={each["channel"]: each["used"] for each in channels if each["used"]},
        pending={each["channel"]: each["pending"] for each in channels if each["pending"]},
        spent={
            each["feature"]: (micros(each["amount"]), each["charges"])
            for each in (balance["byFeature"] if balance else ())
        },
        late=carried["LATE"],
        taken_back=carried["REVERSAL"],
    )


def micros(amount: str) -> int:
    """Read a decimal digit by digit."""
    whole, _, fraction = amount.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole)) * 1_000_000 + int(fraction.ljust(6, "0")))


def conversations_shown(cycles: Iterable[Shown]) -> dict[str, int]:
    """Add up `used` over cycles, and `pending` of the future one."""
    total: Counter[str] = Counter()
    for cycle in cycles:
        total.update(cycle.used)
        total.update(cycle.pending)
    return {channel: n for channel, n in total.items() if n}


def charges_shown(cycles: Iterable[Shown]) -> Sums:
    amounts: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for cycle in cycles:
        for feature, (amount, n) in cycle.spent.items():
            amounts[feature] += amount
            numbers[feature] += n
    return {feature: (amounts[feature], n) for feature, n in numbers.items() if n}


@dataclass(frozen=True)
class Adjusted:
    """A stored adjustment, without its id."""

    meter: str
    label: str
    change: int
    cycle: int
    booked_cycle: int
    event_id: str
    occurred_at: datetime
    reason: str = "LATE"


async def adjustments(pool: Pool, external_id: str) -> list[Adjusted]:
    """Fetch the account's adjustments in the order in which they were recorded."""
    async with acquire(pool) as conn:
        rows = await conn.fetch(
            "SELECT meter, label, change, cycle, booked_cycle, event_id, occurred_at, reason"
            "  FROM adjustment WHERE account_id = $1"
            " ORDER BY recorded_at, occurred_at, cycle, meter",
            account_id_of(external_id),
        )
    return [Adjusted(*row) for row in rows]


# --- taking in


async def take(world: World, *items: Event | EventError, noted: bool = False) -> Outcome:
    """Take items in as one batch, whatever becomes of them; `noted` lists its statements."""
    pool = world.pool if noted else world.ingest_pool
    outcome = Outcome()
    await ingest.take(pool, list(enumerate(items)), outcome, clock=world.clock)
    assert outcome.accepted + outcome.duplicates + outcome.rejected == len(items)
    return outcome


def summary(outcome: Outcome) -> tuple[int, int, int, int]:
    """Return what was accepted, duplicate, of that in conflict, and rejected."""
    return outcome.accepted, outcome.duplicates, outcome.conflicts, outcome.rejected


def codes(outcome: Outcome) -> list[tuple[int, str]]:
    """Return index and code of each rejected event."""
    return [(error.index, error.code) for error in outcome.errors]


def moved(original: Event, by: timedelta) -> Event:
    """Return the same id with another instant: what comes second is a conflict."""
    return replace(
        original, fact=replace(original.fact, occurred_at=original.fact.occurred_at + by)
    )


async def blocked(pool: Pool, count: int = 1) -> None:
    """Wait until so many sessions of this database wait for a lock."""
    async with asyncio.timeout(5), acquire(pool) as conn:
        while count > await conn.fetchval(  # noqa: ASYNC110 (PostgreSQL tells nobody)
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ):
            await asyncio.sleep(0.005)


# --- the steps of a batch, and where one can be held up


@dataclass
class Gate:
    """Holds up whoever comes through while it is shut, and says that somebody came."""

    opening: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self) -> None:
        self.opening.set()


@asynccontextmanager
async def holding(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, step: str, event_id: str
) -> AsyncIterator[Gate]:
    """Let the first batch with a new event of this id stop after a step, its transaction open."""
    gate = Gate()
    work = getattr(module, step)

    async def held(*args: Any, **kwargs: Any) -> Any:
        result = await work(*args, **kwargs)
        ids = {id_ for arg in args if isinstance(arg, dict) for id_ in event_ids(arg)}
        if not gate.reached.is_set() and event_id in ids:
            gate.reached.set()
            await gate.opening.wait()
        return result

    with monkeypatch.context() as patch:
        patch.setattr(module, step, held)
        try:
            async with asyncio.timeout(10):
                yield gate
        finally:
            gate.open()


def event_ids(argument: dict[Any, Any]) -> list[str]:
    """Return the ids of the events in what may be facts by account."""
    groups = [own for own in argument.values() if isinstance(own, dict)]
    return [id_ for own in groups for _, id_ in own]
