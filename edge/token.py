"""Tokens: whose they are, who signed them, for whom, until when (D1).

The header is never believed: it only picks among keys and algorithms that the settings name.
Claims are checked against the operation's clock, not the library's.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from billing.account import EXTERNAL_ID, account_id_of
from edge.jwks import ASYMMETRIC, InvalidTokenError, KeySet, check_jwks_url
from resolvers.lru import Lru
from resolvers.principal import Role, User

TOKEN_BYTES_MAX = 4096
"""The longest token."""

LEEWAY = timedelta(seconds=5)
"""How far the clocks of issuer and server may be apart."""

TOKENS_MAX = 1_000
"""Tokens that are remembered once their signature was found to be right."""

SECRET_BYTES_MIN = 32
"""The shortest secret of HS256: as long as its hash."""

SYMMETRIC = "HS256"
"""How tokens are signed where the settings give a secret."""

_REFUSED_HEADERS = {"b64", "crit", "jku", "jwk", "x5c", "x5u"}
_JWS = jwt.PyJWS(options={"enforce_minimum_key_length": True})


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


def _claims(payload: bytes) -> _Claims:
    try:
        return _Claims.model_validate_json(payload)
    except ValidationError as error:
        where = error.errors()[0]["loc"]
        name = where[0] if where else "set"
        raise InvalidTokenError(f"The token's claim {name} is missing or malformed.") from None


class _Signed(NamedTuple):
    """A token whose signature was right, by that key."""

    header: dict[str, Any]
    key: bytes | jwt.PyJWK
    claims: _Claims


class TokenVerifier:
    """Turns tokens into users. Made once; the keys it fetches are shared by all requests.

    A token is sent again and again: its signature is checked once for each key, of so many
    tokens, and what else it needs, its time above all, each time.
    """

    def __init__(
        self, config: TokenConfig, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._config = config
        self._jwks = KeySet(config.jwks_url, monotonic) if config.jwks_url else None
        self._verified: Lru[str, _Signed] = Lru(TOKENS_MAX)

    async def verify(self, token: str, *, at: datetime) -> User:
        """Return whom `token` names at `at`.

        Raises:
            InvalidTokenError: nobody, for whatever reason.
            KeysUnavailableError: the keys to tell could never be fetched.
        """
        if len(token) > TOKEN_BYTES_MAX:
            raise InvalidTokenError(f"The token is longer than {TOKEN_BYTES_MAX} bytes.")
        signed = self._verified.get(token)
        if signed is None or signed.key is not (await self._key(signed.header))[0]:
            signed = await self._signed(token)
        user = self._user(signed.claims, at)
        self._verified.put(token, signed)
        return user

    async def _signed(self, token: str) -> "_Signed":
        """Check the signature of a token, and read what it says."""
        if not token.isascii():
            raise InvalidTokenError("The token is malformed.")
        try:
            header = jwt.get_unverified_header(token)
            key, algorithm = await self._key(header)
            payload = _JWS.decode(token, key, [algorithm])
        except jwt.InvalidSignatureError:
            raise InvalidTokenError("The token's signature is wrong.") from None
        except jwt.PyJWTError:
            raise InvalidTokenError("The token is malformed.") from None
        return _Signed(header, key, _claims(payload))

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

    def _user(self, claims: _Claims, at: datetime) -> User:
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
