"""Keys of the platform's services in SQL. They belong to no account."""

from dataclasses import dataclass, field
from datetime import datetime

from db import queries
from db.pool import Connection, Row

_SQL = queries.load("service_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceKey:
    """A key's stored facts. Of the key itself only `prefix` can be read."""

    prefix: str
    name: str
    secret_hash: bytes = field(repr=False)
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def live(self, at: datetime) -> bool:
        """Tell whether the key opens anything at `at`."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


async def insert(conn: Connection, key: ServiceKey) -> None:
    """Record a new key."""
    await conn.execute(
        _SQL["insert"],
        key.prefix,
        key.name,
        key.secret_hash,
        sorted(key.scopes),
        key.created_at,
        key.expires_at,
    )


async def by_prefix(conn: Connection, prefix: str) -> ServiceKey | None:
    """Fetch the key that begins with `prefix`."""
    row = await conn.fetchrow(_SQL["by_prefix"], prefix)
    return None if row is None else _key(row)


async def listed(conn: Connection) -> list[ServiceKey]:
    """Fetch all keys, the oldest first."""
    return [_key(row) for row in await conn.fetch(_SQL["listed"])]


async def revoke(conn: Connection, prefix: str, *, at: datetime) -> bool:
    """Revoke a key; False where there is none, or it was revoked before."""
    return await conn.fetchval(_SQL["revoke"], prefix, at) is not None


async def touch(conn: Connection, prefix: str, *, at: datetime, unless_after: datetime) -> None:
    """Record a use, unless one after `unless_after` is recorded."""
    await conn.execute(_SQL["touch"], prefix, at, unless_after)


def _key(row: Row) -> ServiceKey:
    return ServiceKey(**{**row, "scopes": frozenset(row["scopes"])})
