"""The keys that tokens are signed with, fetched from a URL and kept (JWKS)."""

import asyncio
import json
import logging
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from typing_extensions import override

ASYMMETRIC = ("RS256", "ES256")
"""How they are signed where the settings give a JWKS URL."""

JWKS_LIFESPAN_SECONDS = 300
"""From this age on keys are refreshed beside the requests; from twice this age before them."""

JWKS_RETRY_SECONDS = 30
"""The shortest time between two refreshes, whoever names unknown keys or has no answer."""

JWKS_FIRST_RETRY_SECONDS = 5
"""The same as long as there are no keys at all."""

JWKS_TIMEOUT_SECONDS = 2.0
"""How long the keys may take to come."""

JWKS_BYTES_MAX = 65_536
"""The longest key set."""

_LOG = logging.getLogger(__name__)
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class InvalidTokenError(Exception):
    """The token does not name a caller; the message is for the client and holds none of it."""


class KeysUnavailableError(Exception):
    """No key set could be had so far, so no token can be judged. It may pass."""


def check_jwks_url(url: str) -> None:
    """Refuse a URL on whose way keys could be exchanged.

    Raises:
        ValueError: it is not https, unless loopback; it holds a password, or is no URL.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("not a URL") from None  # the library's words quote it
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or local):
        raise ValueError("must be https (http only to this machine)")
    if "@" in parts.netloc:
        raise ValueError("must name no user and no password")


class KeySet:
    """The keys behind a URL, by id and algorithm. The last good ones are kept."""

    def __init__(self, url: str, monotonic: Callable[[], float]) -> None:
        self._url = url
        self._monotonic = monotonic
        self._keys: dict[tuple[str, str], jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None

    async def key(self, kid: str, algorithm: str) -> jwt.PyJWK:
        """Return a key, after a refresh where that may change the answer."""
        known = (kid, algorithm) in self._keys
        age_s = self._monotonic() - self._fetched_at
        if not known or age_s >= JWKS_LIFESPAN_SECONDS:
            self._refresh_if_due()
        if self._refreshing and (not known or age_s >= 2 * JWKS_LIFESPAN_SECONDS):
            await asyncio.wait({self._refreshing})  # shared: our cancellation leaves it alone
        if not self._keys:
            raise KeysUnavailableError("The keys that tokens are signed with cannot be fetched.")
        try:
            return self._keys[kid, algorithm]
        except KeyError:
            raise InvalidTokenError("The token's key is not known.") from None

    def _refresh_if_due(self) -> None:
        """Begin a refresh. A running one is younger than any pause, so it is the only one."""
        now_s = self._monotonic()
        pause_s = JWKS_RETRY_SECONDS if self._keys else JWKS_FIRST_RETRY_SECONDS
        if now_s - self._tried_at >= pause_s:
            self._tried_at = now_s
            self._refreshing = asyncio.create_task(self._refresh())

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(JWKS_TIMEOUT_SECONDS):
                self._keys = await asyncio.to_thread(_fetch, self._url)
        except Exception as error:  # noqa: BLE001 - whatever it is, the last good keys are kept
            _LOG.warning("JWKS not refreshed: %s", type(error).__name__)
        else:
            self._fetched_at = self._monotonic()


def _fetch(url: str) -> dict[tuple[str, str], jwt.PyJWK]:
    """Fetch the keys that may sign tokens. It blocks; name lookup knows no timeout at all.

    Raises:
        ValueError: there are none, or the answer is too long. And whatever else can go wrong.
    """
    local = urlsplit(url).scheme == "http"
    proxies: dict[str, str] | None = {} if local else None  # None: the system's
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler(proxies))
    with opener.open(url, timeout=JWKS_TIMEOUT_SECONDS) as response:
        body = response.read(JWKS_BYTES_MAX + 1)
    if len(body) > JWKS_BYTES_MAX:
        raise ValueError("key set too long")
    keys = {
        (key.key_id, key.algorithm_name): key
        for key in jwt.PyJWKSet.from_dict(json.loads(body))
        if isinstance(key.key_id, str)
        and key.public_key_use in ("sig", None)
        and key.algorithm_name in ASYMMETRIC
        and isinstance(key.key, RSAPublicKey | EllipticCurvePublicKey)
    }
    if not keys:
        raise ValueError("no key to verify with")
    return keys


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Keys come from the URL of the settings or not at all."""

    @override
    def redirect_request(self, *_: Any) -> None:
        return None
