"""Giving mails to a mail server: real conversations with one, and what it may answer."""

import asyncio
import logging
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

import jobs.smtp
from billing.setting import Language
from jobs.mail import Sender, mail
from jobs.smtp import Relay, show
from jobs.undelivered import UndeliveredError
from tests.jobs.letters import ID, letter
from tests.jobs.servers import Identity, Mailbox, identity, receiving, silent

SENDER = Sender("Kontingent <usage@kontingent.example>", "https://app.example")
NAME = "localhost"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("mail"), NAME)


def reminder() -> EmailMessage:
    return mail(letter(), "anna@acme.example", Language.DE, SENDER)


def relay(mailbox: Mailbox, **changes: Any) -> Relay:
    return Relay(**{"host": "127.0.0.1", "port": mailbox.port, "tls": False, **changes})


def authenticate(_server: Any, _session: Any, _envelope: Any, _name: str, given: Any) -> AuthResult:
    right = given == LoginPassword(b"usage", b"p@ss word")
    return AuthResult(success=right, handled=False)


async def refusal(relay_: Relay) -> tuple[str, bool]:
    """Send a mail that is not taken; return why not, and whether that is final."""
    with pytest.raises(UndeliveredError) as caught:
        await relay_.send(reminder())
    assert caught.value.__suppress_context__
    return str(caught.value), caught.value.final


async def test_a_mail_is_taken_as_it_was_written() -> None:
    async with receiving(Mailbox()) as mailbox:
        await relay(mailbox).send(reminder())
    [taken] = mailbox.taken
    assert taken.mail_from == "usage@kontingent.example"
    assert taken.rcpt_tos == ["anna@acme.example"]
    assert isinstance(taken.content, bytes)
    read = message_from_bytes(taken.content, policy=policy.default)
    assert read["Message-ID"] == f"<{ID}@kontingent.example>"
    assert read["Subject"] == reminder()["Subject"]
    assert (
        read.as_bytes()
        == message_from_bytes(reminder().as_bytes(), policy=policy.default).as_bytes()
    )


@pytest.mark.parametrize(
    ("answer", "error", "final"),
    [
        ("451 4.3.0 Try later, anna@acme.example", "refused the mail: 451 4.3.0.", False),
        ("452 hunter2", "refused the mail: 452.", False),
        ("554 5.7.1 Spam: hunter2", "refused the mail: 554 5.7.1.", True),
    ],
)
async def test_a_mail_that_is_refused_for_now_can_be_sent_again(
    answer: str, error: str, *, final: bool
) -> None:
    async with receiving(Mailbox()) as mailbox:
        mailbox.answers = [answer]
        assert await refusal(relay(mailbox)) == (f"The mail server {error}", final)
        await relay(mailbox).send(reminder())
    assert len(mailbox.taken) == 1


@pytest.mark.parametrize(
    ("answer", "error", "final"),
    [
        ("450 4.2.1 Mailbox busy", "refused the recipient: 450 4.2.1.", False),
        ("550 5.1.1 No such user", "refused the recipient: 550 5.1.1.", True),
        ("550 1.2.3.4 is on a list", "refused the recipient: 550.", True),
    ],
)
async def test_a_recipient_may_be_refused(answer: str, error: str, *, final: bool) -> None:
    async with receiving(Mailbox()) as mailbox:
        mailbox.recipient_answer = answer
        assert await refusal(relay(mailbox)) == (f"The mail server {error}", final)
    assert mailbox.taken == []


async def test_a_connection_that_breaks_is_said_in_words() -> None:
    broken = ("There is no connection to the mail server, or it broke.", False)
    async with receiving(Mailbox()) as mailbox:
        mailbox.answers = ["drop"]
        assert await refusal(relay(mailbox)) == broken
    assert await refusal(relay(mailbox)) == broken  # nobody listens any more


async def test_a_server_that_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.smtp, "SMTP_SECONDS", 0.1)
    async with silent() as port:
        assert await refusal(Relay("127.0.0.1", port, tls=False)) == (
            "The mail server took too long.",
            False,
        )


async def test_a_server_that_does_not_say_goodbye_has_the_mail_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Silent(Mailbox):
        async def handle_QUIT(self, *_: Any) -> str:  # noqa: N802 (aiosmtpd's)
            await asyncio.sleep(0.5)
            return "221 Bye"

    monkeypatch.setattr(jobs.smtp, "QUIT_SECONDS", 0.01)
    async with receiving(Silent()) as mailbox:
        await relay(mailbox).send(reminder())
    assert len(mailbox.taken) == 1


# --- TLS and logging in

LOGIN: dict[str, Any] = {"username": "usage", "password": "p@ss word"}
AUTH: dict[str, Any] = {"authenticator": authenticate, "auth_required": True}


async def test_starttls_is_used_where_it_is_offered(tls: Identity) -> None:
    async with receiving(Mailbox(), tls_context=tls.server, require_starttls=True) as mailbox:
        await relay(mailbox, host=NAME, trust=tls.trust).send(reminder())
    assert len(mailbox.taken) == 1


async def test_a_user_logs_in_under_tls(tls: Identity) -> None:
    async with receiving(Mailbox(), tls_context=tls.server, **AUTH) as mailbox:
        await relay(mailbox, host=NAME, trust=tls.trust, **LOGIN).send(reminder())
        wrong = {**LOGIN, "password": "hunter2"}
        assert await refusal(relay(mailbox, host=NAME, trust=tls.trust, **wrong)) == (
            "The mail server refused user or password: 535 5.7.8.",
            False,
        )
        said, final = await refusal(relay(mailbox, host=NAME, trust=tls.trust))
        assert (said, final) == ("The mail server refused to serve: 530 5.7.0.", False)
    assert len(mailbox.taken) == 1


async def test_tls_from_the_first_byte(tls: Identity) -> None:
    async with receiving(Mailbox(), tls=tls.server, auth_require_tls=False) as mailbox:
        await relay(mailbox, host=NAME, tls=True, trust=tls.trust).send(reminder())
    assert len(mailbox.taken) == 1


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tls: Identity) -> None:
    stranger = ssl.create_default_context()
    broken = ("There is no connection to the mail server, or it broke.", False)
    async with receiving(Mailbox(), tls_context=tls.server) as mailbox:
        assert await refusal(relay(mailbox, host=NAME, trust=stranger)) == broken
        assert await refusal(relay(mailbox, trust=tls.trust)) == broken  # another name
    assert mailbox.taken == []


async def test_no_password_goes_through_the_internet_unencrypted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs.smtp, "_LOOPBACK", frozenset())
    async with receiving(Mailbox(), auth_require_tls=False, authenticator=authenticate) as mailbox:
        assert await refusal(relay(mailbox, **LOGIN)) == (
            "The mail server offers no TLS, or no way to log in.",
            False,
        )
        monkeypatch.undo()
        await relay(mailbox, **LOGIN).send(reminder())
    assert len(mailbox.taken) == 1


# --- settings


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", Relay("mail.example", 587, tls=False)),
        ("smtp://[::1]:25", Relay("::1", 25, tls=False)),
        ("smtps://mail.example", Relay("mail.example", 465, tls=True)),
        (
            "smtps://us%40er:p%40ss%20word@mail.example:4650",
            Relay("mail.example", 4650, tls=True, username="us@er", password="p@ss word"),
        ),
    ],
)
def test_a_url_names_the_server(url: str, expected: Relay) -> None:
    assert Relay.of(url) == expected
    assert "p@ss" not in repr(expected)


async def test_without_a_server_mails_are_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await show(mail(letter(), "anna@acme.example", Language.EN, SENDER))
    [record] = caplog.records
    assert record.getMessage().startswith(
        "a mail to anna@acme.example, which goes nowhere as no mail server is set:\n"
        "Acme Support: 75% of standard conversations used\n\n"
        "In the cycle from 25 October 2026"
    )
