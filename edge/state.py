"""What the application hands to each request."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TypedDict, cast

from starlette.requests import HTTPConnection

from db.pool import Pool
from edge.admission import Admission
from edge.bucket import Buckets
from edge.documents import Documents
from edge.metrics import Metrics
from edge.note import Spans
from edge.token import TokenVerifier
from resolvers.known_accounts import KnownAccounts
from resolvers.service_key import KnownKeys
from resolvers.watcher import Watchers


class State(TypedDict):
    """Made when the application starts, by `server.py`.

    Each pool has an admission of its own. `client_seconds` is how long a client may take over
    something, and `socket_idle_seconds` how long a WebSocket may be of no use; `stopping` is set
    when no more requests are wanted.
    """

    pool: Pool
    ingest_pool: Pool
    admission: Admission
    ingest_admission: Admission
    client_seconds: float
    socket_idle_seconds: float
    stopping: asyncio.Event
    buckets: Buckets
    documents: Documents
    clock: Callable[[], datetime]
    tokens: TokenVerifier
    key_pepper: bytes
    keys: KnownKeys
    accounts: KnownAccounts
    watchers: Watchers
    metrics: Metrics
    spans: Spans | None


def state_of(connection: HTTPConnection) -> State:
    """Return the application's state."""
    return cast(State, connection.scope["state"])
