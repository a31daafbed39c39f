"""Keys of the platform's services: made, listed, revoked, recognised (D1).

A key is ``kk_ab12cd34.<secret>``: a prefix to find and name it by, and 32 random bytes. Stored is
its HMAC under a pepper that the database never sees; a slow hash is for what people think up.
For a rotation two keys live at a time: make the new one, hand it out, revoke the old one.
"""

import asyncio
import hmac
import logging
import re
import secrets
from base64 import b32encode
from collections.abc import Collection
from datetime import datetime, timedelta

import db.service_key
from billing.errors import BadInputError
from db.pool import Pool, acquire
from db.service_key import ServiceKey
from resolvers.lru import Lru
from resolvers.principal import Scope, Service

NAME_CHARS_MAX = 100
"""The longest name of a key."""

PEPPER_BYTES_MIN = 32
"""The shortest pepper: as long as the hash."""

TOUCH_INTERVAL = timedelta(minutes=1)
"""How old a recorded use is before a new one is written."""

TOUCH_SECONDS = 0.5
"""How long writing it may hold up a request."""

KEY_CACHE_SECONDS = 5
"""How long a process trusts what it read of a key: a revoked one works so long at most."""

KEYS_MAX = 1_000
"""How many keys a process remembers at a time."""

_LOG = logging.getLogger(__name__)
_CACHE_TIME = timedelta(seconds=KEY_CACHE_SECONDS)
_KEY = re.compile(r"(?P<prefix>kk_[a-z2-7]{8})\.[A-Za-z0-9_-]{43}")
_NO_HASH = bytes(32)


class KnownKeys:
    """Keys that were right when they were read, by the hash of the whole key.

    Made once for the application. A key with any other secret has another hash.
    """

    def __init__(self) -> None:
        self._keys: Lru[bytes, tuple[datetime, ServiceKey]] = Lru(KEYS_MAX)

    def get(self, hash_: bytes, at: datetime) -> ServiceKey | None:
        """Return a key as it was a moment ago; None where that is too long ago."""
        found = self._keys.get(hash_)
        if found is None:
            return None
        read_at, key = found
        return key if timedelta() <= at - read_at < _CACHE_TIME else None

    def keep(self, hash_: bytes, key: ServiceKey, at: datetime) -> None:
        """Remember a key that was read at `at`."""
        self._keys.put(hash_, (at, key))


async def create(  # noqa: PLR0913 - a key's facts
    pool: Pool,
    pepper: bytes,
    *,
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None,
    at: datetime,
) -> str:
    """Make a key and return it whole, for the only time.

    Raises:
        BadInputError: a name of no or too many characters, no scope, an expiry not to come.
    """
    if not 1 <= len(name) <= NAME_CHARS_MAX or not name.isprintable():
        raise BadInputError(
            f"A key's name has 1 to {NAME_CHARS_MAX} printable characters.", field="name"
        )
    if not scopes:
        raise BadInputError("A key needs at least one scope.", field="scopes")
    if expires_at is not None and expires_at <= at:
        raise BadInputError("A key expires in the future or never.", field="expiresAt")
    prefix = f"kk_{b32encode(secrets.token_bytes(5)).decode('ascii').lower()}"
    key = f"{prefix}.{secrets.token_urlsafe(32)}"
    stored = ServiceKey(
        prefix=prefix,
        name=name,
        secret_hash=_hash(pepper, key),
        scopes=frozenset(scope.value for scope in scopes),
        created_at=at,
        expires_at=expires_at,
    )
    async with acquire(pool) as conn:
        await db.service_key.insert(conn, stored)
    return key


async def listed(pool: Pool) -> list[ServiceKey]:
    """Return all keys, the oldest first, also those that open nothing any more."""
    async with acquire(pool) as conn:
        return await db.service_key.listed(conn)


async def revoke(pool: Pool, prefix: str, at: datetime) -> bool:
    """Revoke a key at once; False where there is none, or it was revoked before."""
    async with acquire(pool) as conn:
        return await db.service_key.revoke(conn, prefix, at=at)


async def authenticate(
    pool: Pool, pepper: bytes, key: str, *, known: KnownKeys, at: datetime
) -> Service | None:
    """Return the service that `key` belongs to; None for any key that opens nothing.

    A well-formed key costs one query, one hash and one comparison, whether its prefix is known
    or not; one that was right a moment ago costs the hash only.
    """
    form = _KEY.fullmatch(key)
    if form is None:
        return None
    hash_ = _hash(pepper, key)
    stored = known.get(hash_, at) or await _read(pool, form["prefix"], hash_, known=known, at=at)
    if stored is None or not stored.live(at):
        return None
    return Service(stored.prefix, frozenset(map(Scope, stored.scopes)))


async def _read(
    pool: Pool, prefix: str, hash_: bytes, *, known: KnownKeys, at: datetime
) -> ServiceKey | None:
    """Read a key and note its use; None where there is none or its secret is another one."""
    async with acquire(pool) as conn:
        stored = await db.service_key.by_prefix(conn, prefix)
    expected = _NO_HASH if stored is None else stored.secret_hash
    right = hmac.compare_digest(hash_, expected)
    if stored is None or not right or not stored.live(at):
        return None
    known.keep(hash_, stored, at)
    await _touch(pool, stored, at)
    return stored


async def _touch(pool: Pool, key: ServiceKey, at: datetime) -> None:
    """Record a use now and then; a use that cannot be recorded is a use all the same."""
    unless_after = at - TOUCH_INTERVAL
    if key.last_used_at is not None and key.last_used_at > unless_after:
        return
    try:
        async with asyncio.timeout(TOUCH_SECONDS), acquire(pool) as conn:
            await db.service_key.touch(conn, key.prefix, at=at, unless_after=unless_after)
    except Exception as error:  # noqa: BLE001 - whatever it is, the request is not to blame
        _LOG.warning("use of %s is not recorded: %s", key.prefix, type(error).__name__)


def _hash(pepper: bytes, key: str) -> bytes:
    assert len(pepper) >= PEPPER_BYTES_MIN
    return hmac.digest(pepper, key.encode("ascii"), "sha256")
