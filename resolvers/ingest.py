"""Taking events in: each batch is one transaction, acknowledged after its commit."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from billing.account import Account
from billing.batch import Batch, Told
from billing.event import LABELS_MAX, Event, EventId, Fact, Facts, Label, Message
from db import account, event, label
from db.pool import Connection, Pool, acquire, transact, watched_commits
from resolvers import counting

ERRORS_MAX = 1_000
"""How many rejected events a reply names; the rest is counted only."""


@dataclass(frozen=True, slots=True)
class EventError:
    """A rejected event: its index in the request, and its id where it could be read."""

    index: int
    id: str | None
    code: str
    message: str


@dataclass(slots=True)
class Outcome:
    """What became of a request's events; `duplicates` includes `conflicts` (D12).

    `reasons` counts the rejected by their code, also those that `errors` has no room for.
    """

    accepted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: int = 0
    errors: list[EventError] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter, compare=False)

    def reject(self, error: EventError) -> None:
        """Count a rejected event, and name it while there is room."""
        self.rejected += 1
        self.reasons[error.code] += 1
        if len(self.errors) < ERRORS_MAX:
            self.errors.append(error)

    def add(self, other: "Outcome") -> None:
        """Add what became of more events."""
        self.accepted += other.accepted
        self.duplicates += other.duplicates
        self.conflicts += other.conflicts
        self.rejected += other.rejected
        self.reasons += other.reasons
        self.errors += other.errors[: ERRORS_MAX - len(self.errors)]


async def take(
    pool: Pool,
    items: Sequence[tuple[int, Event | EventError]],
    outcome: Outcome,
    *,
    clock: Callable[[], datetime],
) -> None:
    """Store the good ones of `items`, each with its index, and add all up in `outcome`.

    On return all that is counted as accepted is durable. A failure stores nothing of
    the batch and counts nothing.
    """
    events = [(index, item) for index, item in items if isinstance(item, Event)]
    rejected = [item for _, item in items if isinstance(item, EventError)]
    if events:
        told = await _take(pool, events, clock)
        outcome.accepted += told.accepted
        outcome.duplicates += told.duplicates
        outcome.conflicts += told.conflicts
        rejected += [
            EventError(index, event_.id, rejection.code.value, rejection.message)
            for index, event_, rejection in told.rejected
        ]
    for error in sorted(rejected, key=attrgetter("index")):
        outcome.reject(error)


async def _take(
    pool: Pool,
    events: Sequence[tuple[int, Event]],
    clock: Callable[[], datetime],
) -> Told:
    """Store a batch, and tell what became of it."""
    at = clock()
    batch = Batch(events)
    async with acquire(pool) as conn:
        accounts = await account.by_ids(conn, batch.account_ids)
        batch.judge(accounts, at)
        labels = batch.labels()
        missing = await label.missing(conn, labels) if labels else set()
    if missing:
        batch.refuse(await _register(pool, [label_ for label_ in labels if label_ in missing]))
    facts = batch.facts()

    async def store(conn: Connection) -> tuple[Facts, Mapping[EventId, Fact]]:
        new = await event.insert(conn, facts, recorded_at=at)
        others = batch.others(new)
        known = await event.stored(conn, others) if others else {}
        await _count(conn, accounts, new, clock)
        return new, known

    return batch.told(*await transact(pool, store))


async def _register(pool: Pool, labels: Collection[Label]) -> set[Label]:
    """Record new labels up to each account's limit and return the refused ones (D13).

    A transaction of its own: the batch's takes its locks after its inserts, this one
    before.
    """

    async def register(conn: Connection) -> set[Label]:
        account_ids = {label_.account_id for label_ in labels}
        await account.lock(conn, account_ids)
        used = await label.of_accounts(conn, account_ids)
        granted: list[Label] = []
        for label_ in labels:
            names = used[label_.account_id, label_.kind]
            if label_.name in names or len(names) < LABELS_MAX:
                names.add(label_.name)
                granted.append(label_)
        await label.insert(conn, granted)
        return set(labels).difference(granted)

    with watched_commits():  # its own: whatever becomes of them, no event is stored yet
        return await transact(pool, register)


async def _count(
    conn: Connection,
    accounts: Mapping[UUID, Account],
    facts: Facts,
    clock: Callable[[], datetime],
) -> None:
    """Lock the accounts whose numbers change, read them again if need be, and count."""
    counting_ids = [
        id_
        for id_, own in facts.items()
        if any(not isinstance(fact, Message) or fact.counts for fact in own.values())
    ]
    if not counting_ids:
        return
    versions = await account.lock_to_change(conn, counting_ids)
    stale = [id_ for id_, version in versions.items() if accounts[id_].version != version]
    current = {**accounts, **(await account.by_ids(conn, stale) if stale else {})}
    await counting.count(conn, current, facts, at=clock())
