"""Tokens: whose they are, who signed them, for whom, until when (D1).

The header is never believed: it only picks among keys and algorithms that the settings name.
Claims are checked against the operation's clock, not the library's.
"""

import asyncio
import json
import logging
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from typing_extensions import override

from billing.account import EXTERNAL_ID, account_id_of
from resolvers.principal import Role, User

TOKEN_BYTES_MAX = 4096
"""The longest token."""

LEEWAY = timedelta(seconds=5)
"""How far the clocks of issuer and server may be apart."""

SECRET_BYTES_MIN = 32
"""The shortest secret of HS256: as long as its hash."""

SYMMETRIC = "HS256"
"""How tokens are signed where the settings give a secret."""

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
_REFUSED_HEADERS = {"b64", "crit", "jku", "jwk", "x5c", "x5u"}
_JWS = jwt.PyJWS(options={"enforce_minimum_key_length": True})


class InvalidTokenError(Exception):
    """The token does not name a caller; the message is for the client and holds none of it."""


class KeysUnavailableError(Exception):
    """No key set could be had so far, so no token can be judged. It may pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenConfig:
    """Whom to believe: one shared secret or one JWKS URL, never both.

    Raises:
        ValueError: both or neither is given, or the one given is not fit for its use.
    """

    issuer: str
    audience: str
    secret: bytes | None = field(default=None, repr=False)
    jwks_url: str | None = None

    def __post_init__(self) -> None:
        if (self.secret is None) == (self.jwks_url is None):
            raise ValueError("give either a secret or a JWKS URL")
        if self.secret is not None:
            check_secret(self.secret)
        if self.jwks_url is not None:
            check_jwks_url(self.jwks_url)


def check_secret(secret: bytes) -> None:
    """Refuse a secret that others may guess or know.

    Raises:
        ValueError: it is too short, or somebody's public key.
    """
    if len(secret) < SECRET_BYTES_MIN:
        raise ValueError(f"must be at least {SECRET_BYTES_MIN} bytes long")
    try:
        jwt.get_algorithm_by_name(SYMMETRIC).prepare_key(secret)
    except jwt.InvalidKeyError:
        raise ValueError("must be random, not a public key or certificate") from None


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


def issue(  # noqa: PLR0913 - a token's claims
    secret: bytes,
    *,
    subject: str,
    role: Role,
    account: str | None,
    issuer: str,
    audience: str,
    at: datetime,
    lifetime: timedelta,
) -> str:
    """Sign a token with HS256, for demos and tests; `account` is the external id.

    Raises:
        ValueError: the secret is too weak, or a claim is one that `verify` would refuse.
    """
    check_secret(secret)
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "role": role.value,
        "iat": int(at.timestamp()),
        "exp": int((at + lifetime).timestamp()),
    }
    if account is not None:
        claims["account"] = account
    if account is None and role is not Role.OPERATOR:
        raise ValueError(f"the role {role.value} needs an account")
    _Claims.model_validate_json(json.dumps(claims))
    return jwt.encode(claims, secret, SYMMETRIC)


_Seconds = Annotated[int, Field(ge=0, le=253_402_300_799)]  # up to the year 9999


class _Claims(BaseModel):
    """What a token must say, types and all; what else it says is not read."""

    model_config = ConfigDict(strict=True, frozen=True)

    exp: _Seconds
    iat: _Seconds
    nbf: _Seconds = 0
    sub: Annotated[str, Field(max_length=255, pattern=r"^\P{C}+$")]
    aud: str | list[str]
    iss: str
    role: Role
    account: Annotated[str, Field(pattern=f"^(?:{EXTERNAL_ID.pattern})$")] | None = None


class TokenVerifier:
    """Turns tokens into users. Made once; the keys it fetches are shared by all requests."""

    def __init__(
        self, config: TokenConfig, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._config = config
        self._jwks = _Jwks(config.jwks_url, monotonic) if config.jwks_url else None

    async def verify(self, token: str, *, at: datetime) -> User:
        """Return whom `token` names at `at`.

        Raises:
            InvalidTokenError: nobody, for whatever reason.
            KeysUnavailableError: the keys to tell could never be fetched.
        """
        if len(token) > TOKEN_BYTES_MAX:
            raise InvalidTokenError(f"The token is longer than {TOKEN_BYTES_MAX} bytes.")
        if not token.isascii():
            raise InvalidTokenError("The token is malformed.")
        try:
            key, algorithm = await self._key(jwt.get_unverified_header(token))
            payload = _JWS.decode(token, key, [algorithm])
        except jwt.InvalidSignatureError:
            raise InvalidTokenError("The token's signature is wrong.") from None
        except jwt.PyJWTError:
            raise InvalidTokenError("The token is malformed.") from None
        return self._user(payload, at)

    async def _key(self, header: dict[str, Any]) -> tuple[bytes | jwt.PyJWK, str]:
        """Return the key to verify with and its algorithm, of which there is one each."""
        if refused := _REFUSED_HEADERS & header.keys():
            raise InvalidTokenError(f"The token's header {min(refused)} is not allowed.")
        secret = self._config.secret
        for algorithm in (SYMMETRIC,) if secret is not None else ASYMMETRIC:
            if header.get("alg") == algorithm:
                break
        else:
            raise InvalidTokenError("The token's algorithm is not allowed.")
        if secret is not None:
            return secret, algorithm
        assert self._jwks is not None
        if not header.get("kid"):
            raise InvalidTokenError("The token names no key.")
        return await self._jwks.key(header["kid"], algorithm), algorithm

    def _user(self, payload: bytes, at: datetime) -> User:
        try:
            claims = _Claims.model_validate_json(payload)
        except ValidationError as error:
            where = error.errors()[0]["loc"]
            name = where[0] if where else "set"
            raise InvalidTokenError(f"The token's claim {name} is missing or malformed.") from None
        if claims.iss != self._config.issuer:
            raise InvalidTokenError("The token is from another issuer.")
        if self._config.audience not in (
            [claims.aud] if isinstance(claims.aud, str) else claims.aud
        ):
            raise InvalidTokenError("The token is for another audience.")
        expires_at = datetime.fromtimestamp(claims.exp, UTC)
        if expires_at <= at - LEEWAY:
            raise InvalidTokenError("The token has expired.")
        if datetime.fromtimestamp(max(claims.iat, claims.nbf), UTC) > at + LEEWAY:
            raise InvalidTokenError("The token is not valid yet.")
        if claims.account is None and claims.role is not Role.OPERATOR:
            raise InvalidTokenError("The token's claim account is missing or malformed.")
        account_id = None if claims.account is None else account_id_of(claims.account)
        return User(claims.sub, claims.role, account_id, expires_at)


class _Jwks:
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
