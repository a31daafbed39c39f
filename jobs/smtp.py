"""Mails given to a mail server, or shown in the log where none is set."""

import asyncio
import contextlib
import logging
import re
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from jobs.undelivered import UndeliveredError

SMTP_SECONDS = 30.0
"""How long giving one mail to the server may take."""

QUIT_SECONDS = 2.0
"""How long the server may take to say goodbye."""

PORTS = {"smtp": 587, "smtps": 465}
"""Where a mail server listens, unless its URL says so."""

_LOG = logging.getLogger(__name__)
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_FOR_GOOD = range(500, 600)
_REFUSALS = {
    SMTPRecipientRefused: "the recipient",
    SMTPDataError: "the mail",
    SMTPAuthenticationError: "user or password",
}
_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])")


async def show(mail: EmailMessage) -> None:
    """Show a mail in the log: what becomes of one where no mail server is set."""
    text = mail.get_body(("plain",))
    assert text is not None
    _LOG.info(
        "a mail to %s, which goes nowhere as no mail server is set:\n%s\n\n%s",
        mail["To"],
        mail["Subject"],
        text.get_content().rstrip(),
    )


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server. `tls` is from the first byte; otherwise it begins where that is offered.

    Where somebody logs in it must be offered, unless the server is this machine's.
    """

    host: str
    port: int
    tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    trust: ssl.SSLContext | None = field(default=None, repr=False)

    @classmethod
    def of(cls, url: str) -> "Relay":
        """Read a URL such as ``smtp://user:password@mail.example:587``."""
        parts = urlsplit(url)
        assert parts.hostname is not None
        return cls(
            parts.hostname,
            parts.port or PORTS[parts.scheme],
            parts.scheme == "smtps",
            None if parts.username is None else unquote(parts.username),
            None if parts.password is None else unquote(parts.password),
        )

    async def greet(self) -> None:
        """Reach the server, and log in where somebody is to.

        Raises:
            UndeliveredError: it cannot be reached, or lets nobody in.
        """
        client = self._client()
        try:
            async with asyncio.timeout(SMTP_SECONDS):
                await client.connect()
                await client.quit(timeout=QUIT_SECONDS)
        except (SMTPException, OSError) as error:
            raise _undelivered(error) from None
        finally:
            client.close()

    async def send(self, mail: EmailMessage) -> None:
        """Give a mail to the server.

        Raises:
            UndeliveredError: it does not take the mail. It is final where it refuses the
                recipient or the mail for good.
        """
        client = self._client()
        try:
            async with asyncio.timeout(SMTP_SECONDS):
                await client.connect()
                await client.send_message(mail)
            with contextlib.suppress(SMTPException, OSError):  # the mail is taken, come what may
                await client.quit(timeout=QUIT_SECONDS)
        except (SMTPException, OSError) as error:
            raise _undelivered(error) from None
        finally:
            client.close()

    def _client(self) -> SMTP:
        must_start_tls = self.username is not None and self.host not in _LOOPBACK and not self.tls
        return SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            use_tls=self.tls,
            start_tls=True if must_start_tls else None,
            tls_context=self.trust,
            timeout=SMTP_SECONDS,
        )


def _undelivered(error: Exception) -> UndeliveredError:
    if isinstance(error, SMTPRecipientsRefused):
        [error] = error.recipients  # a mail has one
    if isinstance(error, SMTPResponseException):
        return _refused(error)
    if isinstance(error, TimeoutError):
        return UndeliveredError("The mail server took too long.")
    if isinstance(error, OSError):
        return UndeliveredError("There is no connection to the mail server, or it broke.")
    return UndeliveredError("The mail server offers no TLS, or no way to log in.")


def _refused(reply: SMTPResponseException) -> UndeliveredError:
    """Tell of a reply its codes; its text may say anything."""
    what = next((what for kind, what in _REFUSALS.items() if isinstance(reply, kind)), "to serve")
    status = _STATUS.match(reply.message)
    code = f"{reply.code} {status[0]}" if status else str(reply.code)
    final = isinstance(reply, SMTPRecipientRefused | SMTPDataError) and reply.code in _FOR_GOOD
    return UndeliveredError(f"The mail server refused {what}: {code}.", final=final)
