"""Real support messages, taken in from a file: every number is known (see demo/README.md)."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from billing.account import account_id_of
from edge import backfill
from resolvers import account
from tests.support.facts import DAY, codes, conversations_shown, shown, summary
from tests.support.world import World, contents, message, utc

FILE = Path(__file__).resolve().parents[2] / "demo" / "support-messages.ndjson"
CONVERSATIONS = 1_020
"""Windows of all companies, counted once by hand-written code that knows nothing of the product."""


def counted() -> Counter[str]:
    """Count each company's conversations from the file alone: no code of the product is used."""
    messages: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    known: set[tuple[str, str, str]] = set()
    for text in FILE.read_text(encoding="utf-8").splitlines():
        event = orjson.loads(text)
        id_ = event["subject"], event["source"], event["id"]
        data = event["data"]
        if id_ not in known and data["direction"] == "outbound" and not data["automated"]:
            at = datetime.fromisoformat(event["time"]).astimezone(UTC)
            messages[event["subject"], data["contact"], data["channel"]].append(at)
        known.add(id_)
    conversations: Counter[str] = Counter()
    for (company, _, _), instants in messages.items():
        open_until = datetime.min.replace(tzinfo=UTC)
        for at in sorted(instants):
            if at >= open_until:
                open_until = at + timedelta(days=7)
                conversations[company] += 1
    return conversations


def chunks(*lines: bytes) -> Iterator[bytes]:
    return iter([line + b"\n" for line in lines])


def line(subject: str, time: str, id_: str = "1") -> bytes:
    event = message(subject, time, channel="CHAT", id=id_)
    return orjson.dumps(
        {
            "specversion": "1.0",
            "type": "message",
            "source": event.source,
            "id": event.id,
            "time": time,
            "subject": subject,
            "data": {
                "contact": "maria",
                "channel": "CHAT",
                "direction": "outbound",
                "automated": False,
            },
        }
    )


async def test_the_shared_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "BATCH_LINES", 500)
    by_hand = counted()
    assert (len(by_hand), by_hand.total()) == (25, CONVERSATIONS)

    assert await backfill.create_accounts(world.context(), backfill.chunks(FILE)) == 25
    progress: list[int] = []
    outcome = await backfill.take(
        world.ingest_pool, backfill.chunks(FILE), clock=world.clock, advance=progress.append
    )
    assert summary(outcome) == (2_342, 7, 1, 0)
    assert progress == [500, 500, 500, 500, 349]

    assert {
        company: sum(conversations_shown((await shown(world, company)).values()).values())
        for company in by_hand
    } == by_hand

    before = await contents(world.pool)
    world.clock.now += 10 * DAY
    assert await backfill.create_accounts(world.context(), backfill.chunks(FILE)) == 0
    outcome = await backfill.take(
        world.ingest_pool, backfill.chunks(FILE), clock=world.clock, advance=progress.append
    )
    assert summary(outcome) == (0, 2_349, 1, 0)
    assert await contents(world.pool) == before


async def test_an_account_starts_with_its_earliest_event(world: World) -> None:
    lines = [
        line("acme", "2026-11-03T23:30:00+01:00", "1"),
        line("acme", "2026-11-02T00:30:00+01:00", "2"),
        b"no event",
        b"",
        line("zoo", "2026-11-20T10:00:00Z", "3"),
    ]
    assert await backfill.create_accounts(world.context(), chunks(*lines)) == 2
    made = await account.one(world.context(), str(account_id_of("acme")))
    schedule = made.account.schedule
    assert schedule is not None
    assert (made.plan, made.time_zone, made.name) == ("Backfill", "UTC", "acme")
    assert schedule.starts_at == made.signed_up_at == utc("2026-11-01")
    assert made.account.backfill_until == world.clock.now + 3 * DAY
    assert made.account.price_list(0).included == 0
    outcome = await backfill.take(
        world.ingest_pool, chunks(*lines), clock=world.clock, advance=lambda _: None
    )
    assert summary(outcome) == (3, 0, 0, 1)
    assert codes(outcome) == [(2, "UNREADABLE")]


async def test_accounts_that_are_there_stay_as_they_are(world: World) -> None:
    await world.account("acme")
    before = await contents(world.pool)
    lines = [line("acme", "2026-11-03T10:00:00Z")]
    assert await backfill.create_accounts(world.context(), chunks(*lines)) == 0
    assert await contents(world.pool) == before


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        pytest.param("1970-01-01T00:00:00Z", "BEFORE_ACCOUNT", id="before_all_cycles"),
        pytest.param("2026-11-24T00:00:00Z", "IN_FUTURE", id="in_the_future"),
    ],
)
async def test_an_instant_that_cannot_be_right_spoils_no_account(
    world: World, odd: str, code: str
) -> None:
    lines = [
        line("acme", odd, "1"),
        line("acme", "2026-11-03T10:00:00Z", "2"),
        line("zoo", odd, "3"),
        line("bar", "2026-11-20T10:00:00Z", "4"),
    ]
    assert await backfill.create_accounts(world.context(), chunks(*lines)) == 2
    outcome = await backfill.take(
        world.ingest_pool, chunks(*lines), clock=world.clock, advance=lambda _: None
    )
    assert summary(outcome) == (2, 0, 0, 2)
    assert codes(outcome) == [(0, code), (2, "UNKNOWN_ACCOUNT")]


async def test_a_file_of_any_kind(world: World, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"")
    progress: list[int] = []
    assert await backfill.create_accounts(world.context(), backfill.chunks(path)) == 0
    outcome = await backfill.take(
        world.ingest_pool, backfill.chunks(path), clock=world.clock, advance=progress.append
    )
    assert summary(outcome) == (0, 0, 0, 0)
    path.write_bytes(b"\x00\xff" * 100_000 + b"\r\n" + line("acme", "2026-11-03T10:00:00Z"))
    assert await backfill.create_accounts(world.context(), backfill.chunks(path)) == 1
    outcome = await backfill.take(
        world.ingest_pool, backfill.chunks(path), clock=world.clock, advance=progress.append
    )
    assert summary(outcome) == (1, 0, 0, 1)
    assert outcome.errors[0].message == "line 1: is longer than 64,000 bytes."
    assert progress == [0, 2]
