"""The queue of notices: claimed, addressed to those whom they are for, and what was given up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from billing.account import Account, AccountStatus
from billing.cycle import Cycle
from billing.errors import BadInputError, NotDeadError, NotFoundError
from billing.notice import Letter, Notice, NoticeKind
from billing.setting import NOTHING_SET, Language, Settings
from billing.webhook import Webhook
from db import account, outbox, setting
from db.outbox import Backlog, Claimed, Dead, Queued, Settled
from db.page import Position
from db.pool import Connection, Pool, acquire, transact
from resolvers import access, crossing
from resolvers.context import Context
from resolvers.page import PAGE_DEFAULT, Paged, page, paged_rows

__all__ = ["Backlog", "Claimed", "Settled"]

BATCH_MAX = 32
"""Entries that are claimed at once."""

CLAIM = timedelta(minutes=5)
"""How long a claim lasts: longer than a batch takes, or somebody else sends it too."""


KEPT = timedelta(days=90)
"""How long what was delivered stays to be looked up: it names people."""


async def claim(pool: Pool, at: datetime) -> list[Claimed]:
    """Take what is due; what is not settled by the end of the claim is due again."""
    async with acquire(pool) as conn:
        return await outbox.claim(conn, at=at, until=at + CLAIM, limit=BATCH_MAX)


async def address(conn: Connection, entry: Claimed, *, at: datetime) -> None:
    """Put a letter for each recipient, with all that it tells, in the place of a due notice.

    Nothing is told that does not hold any more, nor of an account in trial or ended, nor where
    there is nobody to tell.
    """
    assert isinstance(entry.content, Notice)
    found = (await account.by_ids(conn, [entry.account_id]))[entry.account_id]
    set_now = (await setting.of_accounts(conn, [found.id])).get(found.id, NOTHING_SET)
    active = found.status(at) is AccountStatus.ACTIVE
    targets = _targets(entry.content, set_now) if active else {}
    letter = await _letter(conn, found, entry, at) if targets else None
    queued = [] if letter is None else _queued(entry, letter, targets)
    state = Settled.DONE if queued else Settled.DROPPED
    if await outbox.settle(conn, entry, state, at=at):
        await outbox.insert(conn, queued, recorded_at=at)


async def webhook(pool: Pool, account_id: UUID) -> Webhook | None:
    """Return where an account's notices are posted now: a retry goes where it is set by then."""
    async with acquire(pool) as conn:
        found = await setting.of_accounts(conn, [account_id])
    return found.get(account_id, NOTHING_SET).webhook


async def settle(
    pool: Pool, entry: Claimed, state: Settled, *, at: datetime, error: str | None = None
) -> None:
    """End an entry, unless its claim ran out and somebody else has it."""
    async with acquire(pool) as conn:
        await outbox.settle(conn, entry, state, at=at, error=error)


async def postpone(pool: Pool, entry: Claimed, *, error: str, due_at: datetime) -> None:
    """Have an entry tried again from `due_at` on."""
    async with acquire(pool) as conn:
        await outbox.postpone(conn, entry, error=error, due_at=due_at)


async def backlog(pool: Pool) -> Backlog:
    """Count what the queue holds."""
    async with acquire(pool) as conn:
        return await outbox.backlog(conn)


async def forget(pool: Pool, at: datetime) -> None:
    """Drop what was settled long ago."""
    async with acquire(pool) as conn:
        await outbox.forget(conn, before=at - KEPT)


def _targets(notice: Notice, set_now: Settings) -> dict[str, Language | None]:
    """Return the addresses that a notice goes to; the one of the webhook has no language."""
    alert = set_now.low_balance_alert
    recipients = set_now.reminder_recipients
    if notice.kind is NoticeKind.LOW_BALANCE and alert is not None:
        recipients = alert.recipients or recipients
    targets: dict[str, Language | None] = {each.email: each.language for each in recipients}
    if set_now.webhook is not None:
        targets[set_now.webhook.url] = None
    return targets


async def _letter(conn: Connection, found: Account, entry: Claimed, at: datetime) -> Letter | None:
    """Take down what a notice tells now; None where it does not hold any more."""
    assert isinstance(entry.content, Notice)
    cycle = Cycle.of(found, entry.content.cycle, at)
    confirmed = await crossing.confirm(conn, entry.content, cycle)
    if confirmed is None:
        return None
    holding, stands = confirmed
    return Letter(
        id=entry.id,
        notice=holding,
        account_id=found.id,
        external_id=found.external_id,
        account_name=found.name,
        starts_on=cycle.starts_on,
        ends_on=cycle.ends_on,
        time_zone=cycle.time_zone,
        currency=found.currency,
        used=stands.used,
        base=stands.base,
        left=stands.left,
        written_at=at,
    )


def _queued(entry: Claimed, letter: Letter, targets: Mapping[str, Language | None]) -> list[Queued]:
    """Make a copy of the letter for each address, with an id that follows from both."""
    copies = {target: replace(letter, id=uuid5(entry.id, target)) for target in targets}
    return [
        Queued(
            id=copy.id,
            account_id=entry.account_id,
            content=copy,
            due_at=letter.written_at,
            target=target,
            language=targets[target],
        )
        for target, copy in copies.items()
    ]


# --- what operators see and do


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A delivery that was given up. Of a webhook, `target` is the host: a URL may be secret."""

    id: UUID
    account_id: UUID
    kind: NoticeKind
    target: str | None
    attempts: int
    last_error: str
    recorded_at: datetime
    died_at: datetime

    @classmethod
    def of(cls, dead: Dead) -> "DeadLetter":
        """Show an entry of the queue."""
        entry, content = dead.entry, dead.entry.content
        return cls(
            id=entry.id,
            account_id=entry.account_id,
            kind=(content if isinstance(content, Notice) else content.notice).kind,
            target=entry.target if entry.language else _origin(entry.target),
            attempts=entry.attempts,
            last_error=dead.error,
            recorded_at=entry.recorded_at,
            died_at=dead.settled_at,
        )


@dataclass(frozen=True, slots=True)
class Replayed:
    """A delivery that is tried again from `due_at` on."""

    id: UUID
    due_at: datetime


async def dead_letters(
    ctx: Context, first: int = PAGE_DEFAULT, after: str | None = None
) -> Paged[DeadLetter]:
    """Return a page of what was given up, newest first.

    Raises:
        BadInputError: `first` or `after` is none that the list takes.
    """
    access.operator(ctx)
    wanted = page(first, after)
    if wanted.after is not None and access.uuid_of(wanted.after[1]) is None:
        raise BadInputError("It is not a cursor of this list.", field="after")
    async with acquire(ctx.pool) as conn:
        rows = [DeadLetter.of(dead) for dead in await outbox.dead(conn, wanted)]
    return paged_rows(rows, first, after, position=_position)


async def replay(ctx: Context, id: str) -> Replayed:
    """Have a delivery that was given up tried again, with all its attempts.

    Raises:
        BadInputError: `id` is no id.
        NotFoundError: there is no such delivery.
        NotDeadError: it was not given up, or is tried again already.
    """
    access.operator(ctx)
    wanted = access.uuid_of(id)
    if wanted is None:
        raise BadInputError("It is not a delivery's id.", field="id")

    async def work(conn: Connection) -> Replayed:
        at = ctx.clock()
        if await outbox.replay(conn, wanted, at=at) is not None:
            return Replayed(wanted, at)
        if not await outbox.exists(conn, wanted):
            raise NotFoundError("There is no such delivery.", field="id")
        raise NotDeadError("Only a delivery that was given up can be tried again.", field="id")

    return await transact(ctx.pool, work)


def _position(row: DeadLetter) -> Position:
    return row.recorded_at, str(row.id), ""


def _origin(url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
