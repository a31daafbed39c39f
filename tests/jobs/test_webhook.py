"""Posts to webhooks: signed, to a real server, and never anywhere else."""

import json
import os
from dataclasses import replace
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

import jobs.webhook
from billing.account import account_id_of
from billing.notice import Letter
from jobs.address import CONNECT_SECONDS, PublicNetwork
from jobs.undelivered import UndeliveredError
from jobs.webhook import HANDSHAKE_SECONDS, WEBHOOK_SECONDS, Poster, payload
from resolvers.webhook_secret import webhook_secret
from server import clock
from tests.jobs.letters import (
    BALANCE_REMINDER,
    ID,
    LOW_BALANCE,
    RECHARGE_FAILED,
    RECHARGED,
    letter,
)
from tests.jobs.servers import HOST, Hook, Identity, identity, listening, silent
from tests.support.http import PEPPER

SECRET = webhook_secret(PEPPER, account_id_of("acme"), 1)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("hooks"))


def poster(tls: Identity) -> Poster:
    """Make a poster that may post to this machine, whatever the host."""

    async def here(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    return Poster(PublicNetwork(here, lambda _: True), tls.trust)


async def failure(poster_: Poster, url: str) -> tuple[str, bool]:
    """Post a letter that does not arrive; return why not, and whether that is final."""
    with pytest.raises(UndeliveredError) as caught:
        await poster_.post(letter(), url, SECRET, at=clock())
    return str(caught.value), caught.value.final


async def test_a_post_is_verified_by_whoever_knows_the_secret(tls: Identity) -> None:
    async with listening(Hook(), tls.server) as hook:
        await poster(tls).post(letter(), hook.url, SECRET, at=clock())
    [post] = hook.posts
    assert post.target == "/hook?for=acme"
    assert post.headers["content-type"] == "application/json"
    assert post.headers["webhook-id"] == str(ID)
    content = Webhook(SECRET).verify(post.body, post.headers)
    assert content["type"] == "reminder"
    other = webhook_secret(PEPPER, account_id_of("acme"), 2)
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(post.body, post.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(post.body + b" ", post.headers)


FACTS = {
    "accountId": str(account_id_of("acme")),
    "externalId": "acme",
    "accountName": "Acme Support",
    "cycle": 12,
    "startsOn": "2026-10-25",
    "endsOn": "2026-11-24",
    "timeZone": "Europe/Amsterdam",
    "currency": "EUR",
}
BALANCE = {"meter": "CARRIER", "used": "27.005", "base": "30.00", "left": "2.995"}
NOTHING = {"percent": None, "threshold": None, "amount": None, "reason": None}


@pytest.mark.parametrize(
    ("letter_", "type_", "data"),
    [
        (
            letter(),
            "reminder",
            {"meter": "CONVERSATIONS", "used": 1_127, "base": 1_500, "left": 373, "percent": 75},
        ),
        (letter(BALANCE_REMINDER), "reminder", {**BALANCE, "percent": 90}),
        (letter(LOW_BALANCE), "low_balance", {**BALANCE, "threshold": "10.00"}),
        (letter(RECHARGED), "recharged", {**BALANCE, "amount": "1250.50"}),
        (
            letter(RECHARGE_FAILED),
            "recharge_failed",
            {
                **BALANCE,
                "threshold": "10.00",
                "amount": "25.00",
                "reason": "At most 100.00 may be added automatically in a cycle.",
            },
        ),
    ],
)
def test_what_is_posted(letter_: Letter, type_: str, data: dict[str, Any]) -> None:
    assert json.loads(payload(letter_)) == {
        "type": type_,
        "timestamp": "2026-11-22T12:00:00Z",
        "data": {**FACTS, **NOTHING, **data},
    }


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_any_success_is_a_delivery(tls: Identity, status: int) -> None:
    async with listening(Hook([status]), tls.server) as hook:
        await poster(tls).post(letter(), hook.url, SECRET, at=clock())
    assert len(hook.posts) == 1


@pytest.mark.parametrize(
    ("status", "final"), [(300, False), (400, False), (404, False), (410, True), (500, False)]
)
async def test_anything_else_is_none(tls: Identity, status: int, *, final: bool) -> None:
    async with listening(Hook([status]), tls.server) as hook:
        assert await failure(poster(tls), hook.url) == (f"The answer was {status}.", final)
        await poster(tls).post(letter(), hook.url, SECRET, at=clock())
    first, second = hook.posts
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(tls: Identity, status: int) -> None:
    async with (
        listening(Hook(), tls.server) as inside,
        listening(Hook([status]), tls.server) as hook,
    ):
        hook.extra = f"Location: {inside.url}\r\n".encode()
        assert await failure(poster(tls), hook.url) == (f"The answer was {status}.", False)
    assert inside.posts == []
    assert len(hook.posts) == 1


async def test_no_proxy_of_the_environment_is_asked(
    tls: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening(Hook(), tls.server) as proxy, listening(Hook(), tls.server) as hook:
        for name in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setitem(os.environ, name, f"http://127.0.0.1:{proxy.port}")
        await poster(tls).post(letter(), hook.url, SECRET, at=clock())
    assert (len(hook.posts), proxy.posts) == (1, [])


async def test_a_body_without_end_is_not_read(tls: Identity) -> None:
    async with listening(Hook(), tls.server) as hook:
        hook.extra = b"Content-Length: 1000000000000\r\n"
        await poster(tls).post(letter(), hook.url, SECRET, at=clock())
    assert len(hook.posts) == 1


async def test_headers_without_end_are_not_read(tls: Identity) -> None:
    async with listening(Hook(), tls.server) as hook:
        hook.extra = b"X: " + 1_000_000 * b"x" + b"\r\n"
        said, final = await failure(poster(tls), hook.url)
    assert (said, final) == ("There is no connection to the host, or it broke.", False)


async def test_an_answer_that_does_not_come_is_not_waited_for(
    tls: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.webhook, "WEBHOOK_SECONDS", 0.2)
    monkeypatch.setattr(jobs.webhook, "HANDSHAKE_SECONDS", 0.1)
    late = ("There was no answer within 0 seconds.", False)
    async with silent(tls.server) as port:
        assert await failure(poster(tls), f"https://{HOST}:{port}/") == late
    async with silent() as port:  # not even of TLS
        assert await failure(poster(tls), f"https://{HOST}:{port}/") == late


def test_a_handshake_ends_before_the_whole_is_cut_short() -> None:
    assert CONNECT_SECONDS + HANDSHAKE_SECONDS < WEBHOOK_SECONDS


async def test_nobody_there_is_said_in_words(tls: Identity) -> None:
    async with listening(Hook(), tls.server) as hook:
        pass
    assert await failure(poster(tls), hook.url) == (
        "There is no connection to the host, or it broke.",
        False,
    )
    assert await failure(Poster(trust=tls.trust), "https://nobody.invalid/") == (
        "There is no connection to the host, or it broke.",
        False,
    )


async def test_a_certificate_must_be_of_the_host_and_trusted(tls: Identity) -> None:
    untrusted = ("The host's certificate cannot be trusted.", False)
    async with listening(Hook(), tls.server) as hook:
        other = hook.url.replace(HOST, "other.example")
        assert await failure(poster(tls), other) == untrusted
        assert await failure(replace(poster(tls), trust=Poster().trust), hook.url) == untrusted
    assert hook.posts == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001"]
)
async def test_nothing_is_posted_inside(tls: Identity, host: str) -> None:
    async with listening(Hook(), tls.server) as hook:
        strict = Poster(trust=tls.trust)
        assert await failure(strict, f"https://{host}:{hook.port}/") == (
            "The host's address is not public.",
            True,
        )
    assert hook.posts == []


def test_posters_are_strict_unless_told_otherwise() -> None:
    assert isinstance(Poster().network, PublicNetwork)
    assert Poster().trust.check_hostname
