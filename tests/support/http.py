"""The application behind a client, without a socket; tokens and keys are real ones."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from db.pool import Pool
from edge import app, token
from edge.admission import Admission
from edge.bucket import Buckets, Rates
from edge.demo import Demo
from edge.documents import Documents, Trust
from edge.metrics import Metrics
from edge.note import Spans
from edge.state import State
from edge.token import TokenConfig, TokenVerifier
from resolvers import service_key
from resolvers.known_accounts import KnownAccounts
from resolvers.principal import Role
from resolvers.principal import Scope as KeyScope
from resolvers.service_key import KnownKeys
from resolvers.watcher import Watchers
from schema.root import Schema
from tests.support.clock import Clock

SECRET = b"secret-secret-secret-secret-secr"
PEPPER = b"pepper-pepper-pepper-pepper-pepp"
ISSUER = AUDIENCE = "kontingent"


@dataclass(frozen=True, slots=True)
class Client:
    """Sends requests to the application."""

    http: httpx2.AsyncClient
    app: ASGIApp
    pool: Pool
    clock: Clock
    stopping: asyncio.Event

    def token(self, role: Role, account: str | None = None) -> str:
        return token.issue(
            SECRET,
            subject="anna",
            role=role,
            account=account,
            issuer=ISSUER,
            audience=AUDIENCE,
            at=self.clock(),
            lifetime=timedelta(hours=1),
        )

    async def key(self, *scopes: KeyScope) -> str:
        return await service_key.create(
            self.pool, PEPPER, name="events", scopes=scopes, expires_at=None, at=self.clock()
        )

    async def graphql(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        bearer: str | None = None,
        **body: Any,
    ) -> dict[str, Any]:
        """Run an operation and return the reply, without its cost; the status must be 200."""
        reply = await self.http.post(
            "/graphql",
            json={"query": document, "variables": dict(variables or {}), **body},
            headers={} if bearer is None else {"authorization": f"Bearer {bearer}"},
        )
        assert reply.status_code == 200, reply.text
        content: dict[str, Any] = reply.json()
        content.pop("extensions", None)
        return content


@asynccontextmanager
async def client(  # noqa: PLR0913 (what an application is made of)
    schema: Schema,
    pool: Pool,
    ingest_pool: Pool,
    clock: Clock,
    *,
    raising: bool = True,
    origin: str | None = None,
    demo: Demo | None = None,
    **given: Any,
) -> AsyncIterator[Client]:
    """Start the application on these pools and this clock; yields its client.

    What the application does not expect is raised in the test, unless it is to be replied to.
    """
    stopping = asyncio.Event()
    made = application(
        schema, pool, ingest_pool, clock, origin=origin, demo=demo, stopping=stopping, **given
    )
    async with made as started:
        transport = httpx2.ASGITransport(started, raise_app_exceptions=raising)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as http:
            yield Client(http, started, pool, clock, stopping)


@asynccontextmanager
async def application(  # noqa: PLR0913 (the same)
    schema: Schema,
    pool: Pool,
    ingest_pool: Pool,
    clock: Clock,
    *,
    origin: str | None = None,
    demo: Demo | None = None,
    client_seconds: float = 10.0,
    socket_idle_seconds: float = 60.0,
    request_seconds: float = 4.5,
    places: int = 30,
    stopping: asyncio.Event | None = None,
    buckets: Buckets | None = None,
    documents: Documents | None = None,
    watchers: Watchers | None = None,
    spans: Spans | None = None,
    **given: Any,
) -> AsyncIterator[ASGIApp]:
    """Start the application on these pools and this clock; the rest is for `app.build`."""
    config = TokenConfig(issuer=ISSUER, audience=AUDIENCE, secret=SECRET)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        yield State(
            pool=pool,
            ingest_pool=ingest_pool,
            admission=Admission(places=places, seconds=request_seconds),
            ingest_admission=Admission(places=places, seconds=request_seconds),
            client_seconds=client_seconds,
            socket_idle_seconds=socket_idle_seconds,
            stopping=stopping or asyncio.Event(),
            buckets=buckets or Buckets(Rates(), time.monotonic),
            documents=documents or Documents(Trust.OFF, {}),
            clock=clock,
            tokens=TokenVerifier(config),
            key_pepper=PEPPER,
            keys=KnownKeys(),
            accounts=KnownAccounts(),
            watchers=Watchers() if watchers is None else watchers,
            metrics=Metrics(),
            spans=spans,
        )

    built = app.build(schema, lifespan, origin=origin, demo=demo, **given)
    async with built.router.lifespan_context(built) as state:

        async def started(scope: Scope, receive: Receive, send: Send) -> None:
            scope["state"] = dict(state or {})
            await built(scope, receive, send)

        yield started
