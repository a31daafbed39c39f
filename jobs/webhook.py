"""Letters posted to webhooks: JSON, signed as Standard Webhooks says, to the public web only."""

import asyncio
import hmac
import ssl
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeAlias

import orjson
from httpcore2 import (
    AsyncConnectionPool,
    AsyncNetworkBackend,
    NetworkError,
    ProtocolError,
    TimeoutException,
)

from billing.commitment import Meter
from billing.money import format_micros
from billing.notice import Letter
from jobs.address import NotPublicError, PublicNetwork
from jobs.undelivered import UndeliveredError

WEBHOOK_SECONDS = 10.0
"""How long a post may take, from the first question for an address to the reply's status."""

HANDSHAKE_SECONDS = 4.0
"""How long agreeing on keys may take: that alone is not cleaned up when the whole is cut short."""

Headers: TypeAlias = list[tuple[bytes | str, bytes | str]]
"""Of a post, by name."""

SECRET_PREFIX = "whsec_"  # noqa: S105 (what all such secrets begin with)


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts to where `network` lets it, if the certificate is one to `trust`.

    Neither redirects nor proxies are followed, and of the reply only the status is read.
    """

    network: AsyncNetworkBackend = field(default_factory=PublicNetwork)
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    async def post(self, letter: Letter, url: str, secret: str, *, at: datetime) -> None:
        """Post a letter; any status of success is its delivery.

        Raises:
            UndeliveredError: it cannot be posted, is refused, or nobody answers in time. It is
                final where the host is not public, or says that it is gone (410).
        """
        body = payload(letter)
        headers = [
            ("content-type", "application/json"),
            ("user-agent", "Kontingent"),
            *signed(str(letter.id), body, secret, at=at),
        ]
        try:
            async with asyncio.timeout(WEBHOOK_SECONDS):
                status = await self._status(url, headers, body)
        except NotPublicError:
            raise UndeliveredError("The host's address is not public.", final=True) from None
        except (TimeoutError, TimeoutException):
            raise UndeliveredError(
                f"There was no answer within {WEBHOOK_SECONDS:.0f} seconds."
            ) from None
        except (NetworkError, ProtocolError, OSError) as error:
            raise UndeliveredError(_why(error)) from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise UndeliveredError(f"The answer was {status}.", final=status == HTTPStatus.GONE)

    async def _status(self, url: str, headers: Headers, body: bytes) -> int:
        async with (
            AsyncConnectionPool(ssl_context=self.trust, network_backend=self.network) as pool,
            pool.stream(
                "POST",
                url,
                headers=headers,
                content=body,
                extensions={"timeout": {"connect": HANDSHAKE_SECONDS}},
            ) as reply,
        ):
            return reply.status


def signed(id: str, body: bytes, secret: str, *, at: datetime) -> Headers:
    """Return the headers by which a receiver knows who posts, when, and whether again."""
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    timestamp = str(int(at.timestamp()))
    signature = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, "sha256")
    return [
        ("webhook-id", id),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", f"v1,{b64encode(signature).decode()}"),
    ]


def payload(letter: Letter) -> bytes:
    """Write a letter as JSON, the same at every attempt.

    Usage is in whole conversations, or in money as a decimal string; what a notice of this
    kind does not tell is null.
    """
    notice = letter.notice

    def amount(value: int) -> int | str:
        return value if notice.meter is Meter.CONVERSATIONS else format_micros(value)

    def money(micros: int | None) -> str | None:
        return None if micros is None else format_micros(micros)

    data: dict[str, Any] = {
        "accountId": letter.account_id,
        "externalId": letter.external_id,
        "accountName": letter.account_name,
        "meter": notice.meter.value,
        "cycle": notice.cycle,
        "startsOn": letter.starts_on,
        "endsOn": letter.ends_on,
        "timeZone": letter.time_zone,
        "currency": letter.currency,
        "used": amount(letter.used),
        "base": amount(letter.base),
        "left": amount(letter.left),
        "percent": notice.percent,
        "threshold": money(notice.threshold_micros),
        "amount": money(notice.amount_micros),
        "reason": notice.reason,
    }
    content = {"type": notice.kind.value.lower(), "timestamp": letter.written_at, "data": data}
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)


def _why(error: Exception) -> str:
    """Say what is wrong with the connection, as far as it is the host's certificate."""
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args):
        return "The host's certificate cannot be trusted."
    return "There is no connection to the host, or it broke."
