"""What the application hands to each request."""

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict, cast

from starlette.requests import HTTPConnection

from db.pool import Pool
from edge.token import TokenVerifier
from resolvers.known_accounts import KnownAccounts
from resolvers.service_key import KnownKeys


class State(TypedDict):
    """Made when the application starts, by `server.py`."""

    pool: Pool
    ingest_pool: Pool
    clock: Callable[[], datetime]
    tokens: TokenVerifier
    key_pepper: bytes
    keys: KnownKeys
    accounts: KnownAccounts


def state_of(connection: HTTPConnection) -> State:
    """Return the application's state."""
    return cast(State, connection.scope["state"])
