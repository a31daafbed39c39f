"""Delivery: notices become letters, letters arrive at least once or are given up."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from standardwebhooks import Webhook as Verifier

from billing.account import account_id_of
from billing.commitment import GrantKind, Meter
from billing.notice import Notice, NoticeKind
from billing.setting import LowBalanceAlert, Recipient
from billing.webhook import Webhook
from db.pool import UnavailableError, acquire
from jobs.address import PublicNetwork
from jobs.delivery import (
    ATTEMPTS_MAX,
    DELAYS,
    JITTER,
    SENDING_MAX,
    SETTLING_MAX,
    Delivery,
    delay,
)
from jobs.mail import Sender
from jobs.smtp import SMTP_SECONDS
from jobs.undelivered import UndeliveredError
from jobs.webhook import WEBHOOK_SECONDS, Poster
from resolvers import account, outbox
from resolvers.outbox import BATCH_MAX, CLAIM, KEPT, Settled
from resolvers.webhook_secret import webhook_secret
from tests.jobs.letters import letter
from tests.jobs.queue import ANNA, BEN, Row, ids, post, queue, rows, tell
from tests.jobs.servers import Hook, Identity, identity, listening
from tests.support.http import PEPPER
from tests.support.world import World, charge

SENDER = Sender("Kontingent <usage@kontingent.example>", "https://app.example")
TICK = timedelta(microseconds=1)
FOREVER = timedelta(days=3)
"""Longer than anything is tried."""


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("hooks"))


@dataclass(slots=True)
class Outside:
    """Where mails go in these tests: a list, once what is in the way is out of it."""

    mails: list[EmailMessage] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    before: Callable[[], Awaitable[object]] | None = None

    async def send(self, mail: EmailMessage) -> None:
        if self.before is not None:
            await self.before()
        if self.failures:
            raise self.failures.pop(0)
        self.mails.append(mail)

    @property
    def ids(self) -> list[str]:
        return [mail["Message-ID"] for mail in self.mails]


def delivery(world: World, outside: Outside, tls: Identity | None = None) -> Delivery:
    """Make a delivery; with `tls`, webhooks are on this machine, whatever their host."""

    async def here(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    return Delivery(
        pool=world.pool,
        clock=world.clock,
        pepper=PEPPER,
        sender=SENDER,
        send=outside.send,
        poster=Poster() if tls is None else Poster(PublicNetwork(here, lambda _: True), tls.trust),
    )


def message_id(id: UUID) -> str:
    return f"<{id}@kontingent.example>"


# --- notices


async def test_a_notice_becomes_a_letter_to_each_recipient_and_the_webhook(
    world: World, tls: Identity
) -> None:
    outside = Outside()
    await world.account("acme", carrier="30")
    async with listening(Hook(), tls.server) as hook:
        await tell(world, ANNA, BEN, webhook=Webhook(url=hook.url, secret_number=3))
        await world.take(charge("acme", "2026-11-20", "23.01"))
        [notice_id] = await ids(world.pool)
        work = delivery(world, outside, tls)
        world.statements.clear()
        assert await work.batch()
        assert world.statements == [
            "outbox.claim",
            "account.by_ids",
            "setting.of_accounts",
            "usage.of_cycles",
            "reminder.of_cycles",
            "outbox.settle",
            "outbox.insert",
        ]
        assert await rows(world.pool) == [
            Row(None, "DONE", 1, None),
            Row("anna@acme.example", "PENDING", 0, None),
            Row("ben@acme.example", "PENDING", 0, None),
            Row(hook.url, "PENDING", 0, None),
        ]
        assert (outside.mails, hook.posts) == ([], [])
        assert await work.batch()
        assert not await work.batch()
    assert [(row.state, row.attempts) for row in await rows(world.pool)] == 4 * [("DONE", 1)]
    by_recipient = {mail["To"]: mail for mail in outside.mails}
    assert {to: str(mail["Subject"]) for to, mail in by_recipient.items()} == {
        "anna@acme.example": "Acme: 76\xa0% des Guthabens für Anbieterkosten verbraucht",
        "ben@acme.example": "Acme: 76% of the carrier-cost balance used",
    }
    assert sorted(outside.ids) == sorted(
        message_id(uuid5(notice_id, each.email)) for each in (ANNA, BEN)
    )
    [posted] = hook.posts
    assert posted.headers["webhook-id"] == str(uuid5(notice_id, hook.url))
    verifier = Verifier(webhook_secret(PEPPER, account_id_of("acme"), 3))
    timestamp = int(posted.headers["webhook-timestamp"])
    assert timestamp == world.clock().timestamp()
    assert posted.headers["webhook-signature"] == verifier.sign(
        posted.headers["webhook-id"], world.clock(), posted.body.decode()
    )
    assert b'"percent":75' in posted.body
    assert b'"used":"23.01","base":"30.00","left":"6.99"' in posted.body


async def test_a_letter_tells_what_held_when_it_was_written(world: World) -> None:
    outside = Outside(failures=[UndeliveredError("Not now.")])
    await world.account("acme", carrier="30")
    await tell(world, BEN)
    await world.take(charge("acme", "2026-11-20", "23.01"))
    work = delivery(world, outside)
    assert await work.batch()
    assert await work.batch()
    world.clock.now += FOREVER
    await world.take(charge("acme", "2026-11-21", "1"))
    assert await work.batch()
    [mail] = outside.mails
    body = mail.get_body(("plain",))
    assert body is not None
    assert "€23.01 of €30.00" in body.get_content()
    assert mail["Date"] == "Sun, 22 Nov 2026 12:00:00 +0000"


@pytest.mark.parametrize(
    ("own", "told"), [((BEN,), ["ben@acme.example"]), ((), ["anna@acme.example"])]
)
async def test_a_low_balance_goes_to_its_own_recipients_if_it_has_some(
    world: World, own: tuple[Recipient, ...], told: list[str]
) -> None:
    outside = Outside()
    await world.account("acme", carrier="30")
    await tell(world, ANNA, alert=LowBalanceAlert(threshold_micros=20_000_000, recipients=own))
    await world.take(charge("acme", "2026-11-20", "10"))
    work = delivery(world, outside)
    assert await work.batch()
    assert await work.batch()
    assert [mail["To"] for mail in outside.mails] == told


async def test_with_nobody_to_tell_nothing_is_asked(world: World) -> None:
    await world.account("acme", carrier="30")
    await world.take(charge("acme", "2026-11-20", "23"))
    world.statements.clear()
    assert await delivery(world, Outside()).batch()
    assert await rows(world.pool) == [Row(None, "DROPPED", 1, None)]
    assert world.statements == [
        "outbox.claim",
        "account.by_ids",
        "setting.of_accounts",
        "outbox.settle",
    ]


async def test_what_does_not_hold_any_more_is_not_told(world: World) -> None:
    outside = Outside()
    await world.account("acme", carrier="30")
    await tell(world, ANNA)
    await world.take(charge("acme", "2026-11-20", "23"))
    await world.grant("acme", GrantKind.TOP_UP, 0, 30_000_000)
    work = delivery(world, outside)
    assert await work.batch()
    assert not await work.batch()
    assert await rows(world.pool) == [Row(None, "DROPPED", 1, None)]
    assert outside.mails == []


async def test_a_notice_for_a_cycle_to_come_waits_for_it(world: World) -> None:
    await world.account("acme")
    await tell(world, ANNA)
    notice = Notice(kind=NoticeKind.RECHARGED, meter=Meter.CARRIER, cycle=0, amount_micros=1)
    world.clock.now += timedelta(hours=1)
    await queue(world, notice)
    world.clock.now -= TICK
    work = delivery(world, Outside())
    assert not await work.batch()
    world.clock.now += TICK
    assert await work.batch()


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "trial"])
async def test_nothing_is_told_of_an_account_that_ended_or_is_on_trial(
    world: World, *, ended: bool
) -> None:
    await world.account("acme", trial=not ended)
    await tell(world, ANNA)
    await queue(world, Notice(kind=NoticeKind.RECHARGED, meter=Meter.CARRIER, cycle=0))
    if ended:
        await account.end(world.context(), str(account_id_of("acme")))
    assert await delivery(world, Outside()).batch()
    assert await rows(world.pool) == [Row(None, "DROPPED", 1, None)]


# --- retries


async def test_an_attempt_that_fails_is_made_again_with_the_same_letter(
    world: World, tls: Identity
) -> None:
    await world.account("acme")
    async with listening(Hook([500, 302]), tls.server) as hook:
        await tell(world, webhook=Webhook(url=hook.url, secret_number=1))
        await post(world, [letter()], hook.url, None)
        work, waits = delivery(world, Outside(), tls), []
        for attempts, error in ((1, "The answer was 500."), (2, "The answer was 302.")):
            assert await work.batch()
            assert await rows(world.pool) == [Row(hook.url, "PENDING", attempts, error)]
            waits.append(delay(letter().id, attempts))
            world.clock.now += waits[-1] - TICK
            assert not await work.batch()
            world.clock.now += TICK
        assert await work.batch()
    assert await rows(world.pool) == [Row(hook.url, "DONE", 3, None)]
    assert len({(each.body, each.headers["webhook-id"]) for each in hook.posts}) == 1
    assert len({each.headers["webhook-signature"] for each in hook.posts}) == 3


async def test_after_the_last_attempt_a_delivery_is_given_up_until_an_operator_wants_it(
    world: World,
) -> None:
    outside = Outside(failures=[UndeliveredError(f"Failure {n}.") for n in range(ATTEMPTS_MAX)])
    await world.account("acme")
    await post(world, [letter()], ANNA.email, ANNA.language)
    work = delivery(world, outside)
    for attempt in range(ATTEMPTS_MAX):
        assert await work.batch()
        state = "PENDING" if attempt + 1 < ATTEMPTS_MAX else "DEAD"
        assert await rows(world.pool) == [
            Row(ANNA.email, state, attempt + 1, f"Failure {attempt}.")
        ]
        world.clock.now += FOREVER
    assert not await work.batch()
    replayed = await world.data(
        "mutation ($id: ID!) { replayDelivery(input: {id: $id}) { __typename } }",
        {"id": str(letter().id)},
    )
    assert replayed == {"replayDelivery": {"__typename": "ReplayDeliverySuccess"}}
    assert await work.batch()
    assert outside.ids == [message_id(letter().id)]
    assert await rows(world.pool) == [Row(ANNA.email, "DONE", 1, None)]


async def test_a_final_failure_is_not_tried_again(world: World, tls: Identity) -> None:
    outside = Outside(failures=[UndeliveredError("Nobody there.", final=True)])
    await world.account("acme")
    async with listening(Hook([410]), tls.server) as hook:
        await tell(world, webhook=Webhook(url=hook.url, secret_number=1))
        await post(world, [letter()], ANNA.email, ANNA.language)
        await post(world, [letter(id=uuid4())], hook.url, None)
        assert await delivery(world, outside, tls).batch()
    assert await rows(world.pool) == [
        Row(ANNA.email, "DEAD", 1, "Nobody there."),
        Row(hook.url, "DEAD", 1, "The answer was 410."),
    ]


async def test_what_nobody_expects_is_a_failure_like_any_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    outside = Outside(failures=[ValueError("hunter2")])
    await world.account("acme")
    await post(world, [letter()], ANNA.email, ANNA.language)
    await post(world, [letter(id=uuid4())], BEN.email, BEN.language)
    assert await delivery(world, outside).batch()
    assert sorted((row.state, row.error) for row in await rows(world.pool)) == [
        ("DONE", None),
        ("PENDING", "It failed unexpectedly: ValueError."),
    ]
    assert [record.getMessage() for record in caplog.records] == ["a delivery failed"]


async def test_where_the_database_fails_an_entry_is_left_to_the_end_of_its_claim(
    world: World,
) -> None:
    outside = Outside(failures=[UnavailableError("gone")])
    await world.account("acme")
    await post(world, [letter()], ANNA.email, ANNA.language)
    work = delivery(world, outside)
    assert await work.batch()
    assert await rows(world.pool) == [Row(ANNA.email, "PENDING", 1, None)]
    world.clock.now += CLAIM - TICK
    assert not await work.batch()
    world.clock.now += TICK
    assert await work.batch()
    assert outside.ids == [message_id(letter().id)]


async def test_a_post_goes_to_the_webhook_that_is_set_by_then(world: World, tls: Identity) -> None:
    await world.account("acme")
    async with (
        listening(Hook([500]), tls.server) as before,
        listening(Hook(), tls.server) as after,
    ):
        await tell(world, webhook=Webhook(url=before.url, secret_number=1))
        await post(world, [letter()], before.url, None)
        work = delivery(world, Outside(), tls)
        assert await work.batch()
        world.clock.now += FOREVER
        await tell(world, webhook=Webhook(url=after.url, secret_number=2), version=2)
        assert await work.batch()
        assert (len(before.posts), len(after.posts)) == (1, 1)
        await post(world, [letter(id=uuid4())], after.url, None)
        await tell(world, version=3)
        assert await work.batch()
    assert (len(before.posts), len(after.posts)) == (1, 1)
    assert [row.state for row in await rows(world.pool)].count("DROPPED") == 1


async def test_delivery_to_what_is_not_public_is_given_up(world: World) -> None:
    await world.account("acme")
    await tell(world, webhook=Webhook(url="https://localhost/", secret_number=1))
    await post(world, [letter()], "https://localhost/", None)
    assert await delivery(world, Outside()).batch()
    assert await rows(world.pool) == [
        Row("https://localhost/", "DEAD", 1, "The host's address is not public.")
    ]


# --- claims


async def test_two_workers_side_by_side_send_nothing_twice(world: World) -> None:
    outside = Outside(before=lambda: asyncio.sleep(0.001))
    await world.account("acme")
    letters = [letter(id=uuid4()) for _ in range(2 * BATCH_MAX + 10)]
    await post(world, letters, ANNA.email, ANNA.language)

    async def drain(work: Delivery) -> None:
        while await work.batch():
            pass

    await asyncio.gather(*(drain(delivery(world, outside)) for _ in range(2)))
    assert Counter(outside.ids) == Counter(message_id(each.id) for each in letters)
    assert Counter(row.state for row in await rows(world.pool)) == {"DONE": len(letters)}


async def test_a_batch_has_so_many_entries_and_sends_so_many_at_once(world: World) -> None:
    on_their_way, most = 0, 0

    async def count() -> None:
        nonlocal on_their_way, most
        on_their_way += 1
        most = max(most, on_their_way)
        await asyncio.sleep(0.01)
        on_their_way -= 1

    outside = Outside(before=count)
    await world.account("acme")
    await post(world, [letter(id=uuid4()) for _ in range(BATCH_MAX + 1)], ANNA.email, ANNA.language)
    work = delivery(world, outside)
    assert await work.batch()
    assert (len(outside.mails), most) == (BATCH_MAX, SENDING_MAX)
    assert await work.batch()
    assert not await work.batch()
    assert len(outside.mails) == BATCH_MAX + 1


async def test_what_was_cut_short_is_sent_again_with_the_same_id(world: World) -> None:
    started, never = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        started.set()
        await never.wait()

    await world.account("acme")
    await post(world, [letter()], ANNA.email, ANNA.language)
    task = asyncio.create_task(delivery(world, Outside(before=hang)).batch())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    outside = Outside()
    work = delivery(world, outside)
    assert not await work.batch()
    world.clock.now += CLAIM
    assert await work.batch()
    assert outside.ids == [message_id(letter().id)]
    assert await rows(world.pool) == [Row(ANNA.email, "DONE", 2, None)]


async def test_whoever_comes_back_after_the_claim_settles_nothing(world: World) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        started.set()
        await go_on.wait()

    await world.account("acme")
    await post(world, [letter()], ANNA.email, ANNA.language)
    slow = Outside(before=wait, failures=[UndeliveredError("Too late.", final=True)])
    task = asyncio.create_task(delivery(world, slow).batch())
    await started.wait()
    world.clock.now += CLAIM
    assert await delivery(world, Outside(failures=[UndeliveredError("Not now.")])).batch()
    go_on.set()
    assert await task
    assert await rows(world.pool) == [Row(ANNA.email, "PENDING", 2, "Not now.")]


async def test_what_is_cut_short_at_every_attempt_is_given_up(world: World) -> None:
    await world.account("acme")
    await post(world, [letter()], ANNA.email, ANNA.language)
    async with acquire(world.pool) as conn:
        await conn.execute("UPDATE outbox SET attempts = $1", ATTEMPTS_MAX)
    outside = Outside()
    assert await delivery(world, outside).batch()
    assert await rows(world.pool) == [
        Row(ANNA.email, "DEAD", ATTEMPTS_MAX + 1, "Every attempt was cut short.")
    ]
    assert outside.mails == []


def test_a_claim_lasts_longer_than_a_batch() -> None:
    rounds = -(-BATCH_MAX // SENDING_MAX)
    assert rounds * max(SMTP_SECONDS, WEBHOOK_SECONDS) < CLAIM.total_seconds()


@pytest.mark.parametrize("attempts", range(1, ATTEMPTS_MAX))
def test_the_delay_grows_and_is_spread(attempts: int) -> None:
    shortest, longest = DELAYS[attempts - 1], DELAYS[attempts - 1] * (1 + JITTER)
    assert delay(UUID(int=0), attempts) == shortest
    assert delay(UUID(int=2**128 - 1), attempts) == longest
    assert len({delay(uuid4(), attempts) for _ in range(50)}) > 25
    assert longest < [*DELAYS, timedelta(days=365)][attempts]


async def test_what_was_sent_is_recorded_although_the_database_is_away_for_a_moment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside, refused = Outside(), 0
    settle = outbox.settle

    async def settled(*args: Any, **kwargs: Any) -> None:
        nonlocal refused
        if refused < SETTLING_MAX - 1:
            refused += 1
            raise UnavailableError("TooManyConnectionsError")
        await settle(*args, **kwargs)

    monkeypatch.setattr(outbox, "settle", settled)
    await world.account("acme")
    await post(world, [letter(id=uuid4())], ANNA.email, ANNA.language)
    await delivery(world, outside).batch()
    assert [row.state for row in await rows(world.pool)] == ["DONE"]
    assert len(outside.ids) == 1
    assert refused == SETTLING_MAX - 1


async def test_what_was_delivered_is_forgotten_after_90_days_and_what_was_given_up_is_not(
    world: World,
) -> None:
    await world.account("acme")
    kept = [Settled.DONE, Settled.DROPPED, Settled.DEAD, None]
    letters = [letter(id=uuid4()) for _ in kept]
    await post(world, letters, ANNA.email, ANNA.language)
    entries = {entry.id: entry for entry in await outbox.claim(world.pool, world.clock())}
    for each, state in zip(letters, kept, strict=True):
        if state is not None:
            await outbox.settle(world.pool, entries[each.id], state, at=world.clock())
    await outbox.forget(world.pool, world.clock() + KEPT)
    assert len(await rows(world.pool)) == 4
    await outbox.forget(world.pool, world.clock() + KEPT + timedelta(microseconds=1))
    assert sorted(row.state for row in await rows(world.pool)) == ["DEAD", "PENDING"]
