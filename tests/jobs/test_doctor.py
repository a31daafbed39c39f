"""The doctor's look at the way out."""

import pytest

import jobs.smtp
from jobs.doctor import mails
from jobs.smtp import Relay
from resolvers.doctor import Finding, Level
from tests.jobs.servers import Mailbox, receiving, silent


async def test_a_mail_server_is_greeted_and_gets_no_mail() -> None:
    async with receiving(Mailbox()) as mailbox:
        relay = Relay("127.0.0.1", mailbox.port, tls=False)
        assert await mails(relay, needed=True) == Finding(
            "mails", Level.OK, "127.0.0.1 takes them."
        )
        assert mailbox.taken == []


@pytest.mark.parametrize(("needed", "level"), [(True, Level.WARNING), (False, Level.OK)])
async def test_no_mail_server(level: Level, *, needed: bool) -> None:
    finding = await mails(None, needed=needed)
    assert (finding.level, finding.message) == (level, "They are shown in the log.")
    assert (finding.remedy is not None) == needed


async def test_a_mail_server_that_is_not_there_or_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = await mails(Relay("127.0.0.1", 9, tls=False), needed=True)
    assert (gone.level, gone.message) == (
        Level.FAILURE,
        "There is no connection to the mail server, or it broke.",
    )
    monkeypatch.setattr(jobs.smtp, "SMTP_SECONDS", 0.1)
    async with silent() as port:
        slow = await mails(Relay("127.0.0.1", port, tls=False), needed=True)
    assert (slow.level, slow.message) == (Level.FAILURE, "The mail server took too long.")


async def test_a_mail_server_that_lets_nobody_in() -> None:
    async with receiving(Mailbox()) as mailbox:
        relay = Relay("127.0.0.1", mailbox.port, tls=False, username="usage", password="guessed")
        finding = await mails(relay, needed=True)
    assert finding.level is Level.FAILURE
    assert "guessed" not in f"{finding}"
