"""Servers to deliver to, of webhooks and of mail, on this machine and with certificates."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from server import clock

HOST = "hooks.example"
"""The name that certificates are for."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A server's certificate, and what a client has to trust in for it."""

    server: ssl.SSLContext
    trust: ssl.SSLContext


def identity(folder: Path, name: str = HOST) -> Identity:
    """Make a certificate that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    at = clock()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / f"{name}.pem"
    file.write_bytes(private + certificate)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return Identity(server, ssl.create_default_context(cadata=certificate.decode()))


@dataclass(frozen=True, slots=True)
class Post:
    """A request as it came in."""

    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Hook:
    """A web server that answers with one status after the other, then always with 200."""

    statuses: list[int] = field(default_factory=list)
    extra: bytes = b""
    posts: list[Post] = field(default_factory=list)
    port: int = 0
    before: Callable[[], Awaitable[None]] | None = None

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}/hook?for=acme"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request and answer it."""
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
            headers = {
                name.lower(): value
                for name, _, value in (line.partition(": ") for line in lines[1:] if line)
            }
            body = await reader.readexactly(int(headers["content-length"]))
            self.posts.append(Post(lines[0].split()[1], headers, body))
            if self.before is not None:
                await self.before()
            status = self.statuses.pop(0) if self.statuses else 200
            writer.write(f"HTTP/1.1 {status} Said\r\n".encode() + self.extra + b"\r\n")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):  # whoever asked has gone
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(hook: Hook, tls: ssl.SSLContext) -> AsyncIterator[Hook]:
    """Let a web server listen for as long as it is needed."""
    server = await asyncio.start_server(hook.answer, "127.0.0.1", 0, ssl=tls)
    hook.port = server.sockets[0].getsockname()[1]
    try:
        yield hook
    finally:
        server.close()


class Mailbox:
    """What a mail server does with mails: it answers as it is told to, then takes them."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.recipient_answer: str | None = None
        self.taken: list[Envelope] = []
        self.port = 0

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's)
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if self.recipient_answer is not None:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = self.answers.pop(0) if self.answers else "250 Taken"
        if answer == "drop":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        if answer.startswith("250"):
            self.taken.append(envelope)
        return answer


@asynccontextmanager
async def receiving(
    mailbox: Mailbox, *, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[Mailbox]:
    """Let a mail server listen for as long as it is needed; `tls` is from the first byte."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mailbox, hostname="mail.example", loop=loop, **options),
        "127.0.0.1",
        0,
        ssl=tls,
    )
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()


@asynccontextmanager
async def silent(tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Let somebody listen who never says a word; yields the port."""
    done = asyncio.Event()

    async def keep(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await done.wait()
        writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        done.set()
        server.close()
        await asyncio.sleep(0)  # whoever was kept is let go
