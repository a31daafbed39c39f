"""Users in the roles of the database, for as long as a test needs them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from db import roles
from db.pool import Connection
from db.roles import API, INGEST, READ, ROLES


@asynccontextmanager
async def users(dsn: str) -> AsyncIterator[dict[str, str]]:
    """Make the roles and a user in each who may log in; yields their URLs by role."""
    await roles.apply(dsn)
    owner = await asyncpg.connect(dsn)
    names = {role: f"{role}_{uuid4().hex}" for role in (API, INGEST, READ)}
    try:
        for role, name in names.items():
            await owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'guessed' IN ROLE {role}")
        yield {role: _as(dsn, name) for role, name in names.items()}
    finally:
        await drop(owner, *names.values())
        await owner.close()


async def drop(owner: Connection, *names: str) -> None:
    """Take the roles, and users of that name, out of the cluster."""
    gone = ", ".join((*names, *ROLES))
    await owner.execute(f"DROP OWNED BY {gone}; DROP ROLE {gone}")


def _as(dsn: str, name: str) -> str:
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{name}:guessed@{host}"))
