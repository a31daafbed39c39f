"""Taking a file of events in, as ``POST /events`` takes a stream."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

from billing.account import account_id_of
from billing.errors import PriceListExistsError
from billing.event import Event
from billing.instant import EPOCH, midnight
from billing.plan import Interval, Limits, PriceList, SurchargePolicy
from billing.terms_change import ANCHOR_DATE_MIN, TermsRequest
from db import account
from db.pool import Pool, acquire
from edge import cloudevent
from edge.lines import Lines
from resolvers import ingest, plan
from resolvers.account import NewAccount, create
from resolvers.context import Context
from resolvers.ingest import EventError, Outcome

BATCH_LINES = 5_000
"""Lines committed at a time."""

CHUNK_BYTES = 1 << 16
"""Bytes read at a time."""

PLAN = "Backfill"
"""The plan of accounts that are made of a file's subjects."""


def chunks(path: Path) -> Iterator[bytes]:
    """Read a file piece by piece."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


async def take(
    pool: Pool,
    stream: Iterable[bytes],
    *,
    clock: Callable[[], datetime],
    advance: Callable[[int], None],
) -> Outcome:
    """Take a stream of NDJSON in and return what became of it.

    `advance` is told how many lines were committed each time.
    """
    outcome = Outcome()
    batch: list[tuple[int, Event | EventError]] = []
    for index, line in _lines(stream):
        batch.append((index, cloudevent.read_line(index, line)))
        if len(batch) == BATCH_LINES:
            await ingest.take(pool, batch, outcome, clock=clock)
            advance(len(batch))
            batch = []
    await ingest.take(pool, batch, outcome, clock=clock)
    advance(len(batch))
    return outcome


async def create_accounts(ctx: Context, stream: Iterable[bytes]) -> int:
    """Record an account for each subject that is unknown, and return how many.

    Each is monthly in UTC from the day of its earliest event on, with nothing included
    and nothing added beyond the quota. An event of a day on which none can begin is left to
    be rejected.
    """
    earliest: dict[str, date] = {}
    for index, line in _lines(stream):
        event = cloudevent.read_line(index, line)
        if isinstance(event, Event):
            day = event.fact.occurred_at.date()
            if ANCHOR_DATE_MIN <= day <= ctx.now.date():
                earliest[event.external_id] = min(day, earliest.get(event.external_id, day))
    async with acquire(ctx.pool) as conn:
        known = await account.by_ids(conn, [account_id_of(subject) for subject in earliest])
    unknown = {
        subject: day for subject, day in earliest.items() if account_id_of(subject) not in known
    }
    if unknown:
        await _offer_plan(ctx)
    for subject, day in unknown.items():
        await create(
            ctx,
            NewAccount(
                external_id=subject,
                name=subject,
                time_zone="UTC",
                signed_up_at=midnight("UTC", day),
                terms=TermsRequest(plan=PLAN, interval=Interval.MONTHLY, anchor_date=day),
            ),
        )
    return len(unknown)


async def _offer_plan(ctx: Context) -> None:
    price_list = PriceList(
        plan=PLAN,
        interval=Interval.MONTHLY,
        effective_from=EPOCH,
        included=0,
        block_price_micros=0,
        surcharge_policy=SurchargePolicy.NONE,
        reminder_percents=(),
        limits=Limits.default(Interval.MONTHLY),
    )
    try:
        await plan.create(ctx, [price_list])
    except PriceListExistsError:
        return


def _lines(stream: Iterable[bytes]) -> Iterator[tuple[int, bytes | None]]:
    lines = Lines()
    for chunk in stream:
        yield from lines.feed(chunk)
    yield from lines.finish()
