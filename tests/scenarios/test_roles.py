"""The application under the roles of its database: everything it does, it may do.

It is 2026-11-22 12:00 UTC; the account is monthly from 2026-09-01 in UTC.
"""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any

import asyncpg
import pytest

import server
from billing.account import account_id_of
from db.pool import INGESTING, READING, acquire, open_pool
from db.roles import API, INGEST
from edge.settings import Settings
from jobs import closing
from jobs.closing import Swept
from jobs.delivery import Delivery
from jobs.mail import Sender
from jobs.webhook import Poster
from resolvers import outbox, service_key
from resolvers.principal import Scope
from resolvers.service_key import KnownKeys
from schema.root import Schema
from tests.billing.oracle import Stretch
from tests.support.clock import Clock
from tests.support.facts import derived, recounted, stored, summary, take
from tests.support.http import PEPPER, SECRET
from tests.support.roles import users
from tests.support.world import World, charge, contents, message, utc

ACME = str(account_id_of("acme"))
CHANGED = """mutation ($id: ID!) {
    blocks: changeConversationCommitment(input: {accountId: $id, idempotencyKey: "1",
        expectedVersion: 0, blocks: 1}) { __typename }
    bought: addConversationBlocks(input: {accountId: $id, idempotencyKey: "2",
        expectedVersion: 1, blocks: 1}) { __typename }
    alert: setLowBalanceAlert(input: {accountId: $id, idempotencyKey: "3", expectedVersion: 0,
        threshold: "20", recipients: [{email: "anna@example.com", language: EN}]}) { __typename }
    recharge: setAutoRecharge(input: {accountId: $id, idempotencyKey: "4", expectedVersion: 0,
        autoRecharge: {threshold: "1", amount: "5", perCycleMax: "50"}}) { __typename } }"""
OPERATED = """mutation ($id: ID!) {
    said: reverse(input: {accountId: $id, original: {event: {source: "inbox", id: "said"}},
        reason: "Twice.", idempotencyKey: "5"}) { __typename }
    paid: reverse(input: {accountId: $id, original: {event: {source: "carrier", id: "paid"}},
        reason: "Twice.", idempotencyKey: "6"}) { __typename }
    bought: reverse(input: {accountId: $id, original: {grant: "CONVERSATIONS-2"},
        reason: "Twice.", idempotencyKey: "7"}) { __typename }
    erased: eraseContact(input: {accountId: $id, contact: "peter", reason: "Asked."}) { __typename }
    moved: changeTerms(input: {accountId: $id, plan: "Pro"}) { __typename }
    ended: endAccount(input: {accountId: $id}) { __typename } }"""
PREVIEWED = """query ($id: ID!) {
    previewBlocks(input: {accountId: $id, blocks: 1}) { __typename }
    previewTermsChange(input: {accountId: $id, timeZone: "Europe/Berlin"}) { __typename }
    previewSend(input: {accountId: $id, contacts: ["maria"], channel: "SMS"}) { __typename }
    sendAllowed(account: "acme", feature: "VOICE") { reason }
    deadLetters { nodes { id } }
    account(id: $id) { settings { autoRechargeVersion } commitmentChanges { nodes { version } }
        cycles { nodes { conversationUsage { used } carrierBalance { spent } } } } }"""


@pytest.fixture
async def apart(dsn: str, clock: Clock, schema: Schema) -> AsyncIterator[World]:
    """A world in which the API and whatever takes events in are users of their own."""
    async with (
        users(dsn) as logins,
        await open_pool(logins[API], size_max=4, session=READING) as pool,
        await open_pool(logins[INGEST], size_max=4, session=INGESTING) as ingest_pool,
    ):
        made = World(pool, ingest_pool, clock, schema)
        await made.plans()
        yield made


def members(answers: dict[str, Any]) -> dict[str, str]:
    return {name: answer["__typename"] for name, answer in answers.items()}


async def test_all_that_the_application_does_it_may_do(apart: World) -> None:
    apart.clock.now = utc("2026-09-01")
    await apart.account("acme", anchor="2026-09-01", zone="UTC", backfill_until="2026-09-01")
    await apart.data(
        """mutation ($id: ID!) { changeCarrierCommitment(input: {accountId: $id,
            idempotencyKey: "0", expectedVersion: 0, amount: "25"}) { __typename } }""",
        {"id": ACME},
    )
    apart.clock.now = utc("2026-09-20")
    await apart.take(message("acme", "2026-09-10", id="said"))
    apart.clock.now = utc("2026-11-22T12:00")
    assert await closing.sweep(apart.ingest_pool, apart.clock) == Swept(cycles=2, accounts=1)
    assert members(await apart.data(CHANGED, {"id": ACME})) == {
        "blocks": "MeterChanged",
        "bought": "MeterChanged",
        "alert": "LowBalanceAlertChanged",
        "recharge": "AutoRechargeChanged",
    }
    taken = await take(
        apart,
        message("acme", "2026-11-20", contact="peter", id="open"),
        message("acme", "2026-09-12", contact="late", id="late"),
        charge("acme", "2026-11-21", "24.5", id="paid"),  # which recharges, and tells of it
    )
    assert summary(taken) == (3, 0, 0, 0)
    mails: list[EmailMessage] = []

    async def send(mail: EmailMessage) -> None:
        mails.append(mail)

    delivery = Delivery(
        pool=apart.ingest_pool,
        clock=apart.clock,
        pepper=PEPPER,
        sender=Sender("usage@kontingent.example", "https://app.example"),
        send=send,
        poster=Poster(),
    )
    while await delivery.batch():
        pass
    assert [mail["To"] for mail in mails] == ["anna@example.com"]
    await outbox.forget(apart.ingest_pool, apart.clock() + timedelta(days=91))
    await apart.data(PREVIEWED, {"id": ACME})
    assert members(await apart.data(OPERATED, {"id": ACME})) == {
        "said": "Reversed",
        "paid": "Reversed",
        "bought": "Reversed",
        "erased": "ContactErased",
        "moved": "ChangeTermsSuccess",
        "ended": "EndAccountSuccess",
    }
    stretch = Stretch(0, 1, date(2026, 9, 1), "UTC")
    ended = await recounted(apart.pool, "acme", stretch, ended_at=utc("2026-12-01"))
    assert await stored(apart.pool, "acme") == derived(ended)


async def test_a_server_is_one_user_that_answers_and_one_that_takes_events_in(dsn: str) -> None:
    async with users(dsn) as logins:
        settings = Settings.read(
            {
                "DATABASE_URL": logins[API],
                "KONTINGENT_INGEST_DATABASE_URL": logins[INGEST],
                "KONTINGENT_TOKEN_SECRET": SECRET.decode(),
                "KONTINGENT_KEY_PEPPER": PEPPER.decode(),
            }
        )
        application = server.create_app(settings, logins[API])
        async with application.router.lifespan_context(application) as state:
            assert state is not None
            async with acquire(state["pool"]) as answering, acquire(state["ingest_pool"]) as taking:
                names = [await conn.fetchval("SELECT current_user") for conn in (answering, taking)]
                sessions = await taking.fetchval(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND usename = current_user"
                )
    assert [name.rpartition("_")[0] for name in names] == [API, INGEST]
    assert sessions >= 2  # those of the jobs too


async def test_keys_are_made_used_and_revoked_by_the_api(apart: World) -> None:
    at = apart.clock()
    key = await service_key.create(
        apart.pool, PEPPER, name="chat", scopes=[Scope.INGEST], expires_at=None, at=at
    )
    known = KnownKeys()
    assert await service_key.authenticate(apart.pool, PEPPER, key, known=known, at=at) is not None
    assert [each.last_used_at for each in await service_key.listed(apart.pool)] == [at]
    assert await service_key.revoke(apart.pool, key.partition(".")[0], at)


async def test_whoever_answers_takes_no_events_in(apart: World) -> None:
    await apart.account("acme")
    before = await contents(apart.pool)
    apart.ingest_pool = apart.pool
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"table event$"):
        await apart.take(message("acme", "2026-11-20"))
    del before["label"]
    after = await contents(apart.pool)
    del after["label"]
    assert after == before
