"""What one would write at first: Strawberry as it comes, on the same types and resolvers.

Its own executor and ASGI view, its caches of parsed and validated documents, aiodataloader.
"""

import contextlib
from collections.abc import AsyncGenerator

import strawberry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from typing_extensions import override

from bench.data import NOW
from db.pool import READING, Pool, pooled
from edge.app import HEADERS, Frame
from edge.metrics import Metrics
from edge.settings import Settings
from edge.token import TokenConfig, TokenVerifier
from resolvers.context import Context, Session
from schema.failures import HANDLERS
from schema.root import Mutation, Query
from schema.scalars import SCALARS

CACHED_MAX = 100
"""Documents that are kept."""


def build(settings: Settings) -> ASGIApp:
    """Build the application."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[lambda: ParserCache(CACHED_MAX), lambda: ValidationCache(CACHED_MAX)],
        exception_handlers=HANDLERS,
    )
    view = View(schema, settings)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[dict[str, object]]:
        assert settings.database_url is not None
        async with pooled(
            settings.database_url, size_max=settings.pool_size, session=READING
        ) as pool:
            view.pool = pool
            yield {"metrics": Metrics(), "spans": None}  # what the frame asks for

    return Starlette(
        routes=[Route("/graphql", view)],
        lifespan=lifespan,
        middleware=[Middleware(Frame, headers=HEADERS)],
    )


class View(GraphQL[Context, None]):
    """The view with who is calling."""

    pool: Pool

    def __init__(self, schema: strawberry.Schema, settings: Settings) -> None:
        super().__init__(schema)
        secrets = settings.secrets()
        assert secrets.token_secret is not None
        self._pepper = secrets.key_pepper.get_secret_value().encode()
        self._tokens = TokenVerifier(
            TokenConfig(
                issuer=settings.token_issuer,
                audience=settings.token_audience,
                secret=secrets.token_secret.get_secret_value().encode(),
            )
        )

    @override
    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Context:
        token = request.headers["authorization"].removeprefix("Bearer ")
        user = await self._tokens.verify(token, at=NOW)
        return Context.of(Session(self.pool, lambda: NOW, user, self._pepper))
