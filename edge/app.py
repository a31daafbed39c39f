"""The HTTP application: its routes, and what every reply has in common."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.demo import Demo
from edge.events import Events
from edge.graphql import GraphQL
from edge.jwks import InvalidTokenError, KeysUnavailableError
from edge.page import ENTRY, ENTRY_OF_DEMO, PATH, Assets, Document
from edge.reply import problem, reply
from edge.state import State
from resolvers.context import UnavailableError
from schema.root import Schema

HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
"""Headers of every reply that has none of that name: the API is no page, and in no frame."""

_LOG = logging.getLogger("kontingent.http")


def build(
    schema: Schema,
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[State]],
    *,
    origin: str | None = None,
    demo: Demo | None = None,
) -> Starlette:
    """Build the application; `lifespan` opens and closes what its requests use.

    The page may be in a frame of `origin`; a `demo` shows its users at the root.
    """
    return Starlette(
        routes=[
            *([] if demo is None else _demo_routes(demo)),
            Route("/", _signpost),
            Route(PATH, Document(ENTRY, origin, demo=demo is not None).respond),
            Route("/assets/{name}", Assets().respond),
            Route("/graphql", GraphQL(schema).respond, methods=["POST"]),
            Route("/events", Events().respond, methods=["POST"]),
        ],
        lifespan=lifespan,
        middleware=[Middleware(Frame)],
        exception_handlers={
            InvalidTokenError: _unauthenticated,
            KeysUnavailableError: _unavailable,
            UnavailableError: _unavailable,
            HTTPException: _refused,
            Exception: _failed,
        },
    )


def _demo_routes(demo: Demo) -> list[Route]:
    """Return the demo's routes; programs, which do not ask for HTML, still get the signpost."""
    chooser = Document(ENTRY_OF_DEMO, demo=True)

    async def root(request: Request) -> Response:
        wants_page = "text/html" in request.headers.get("accept", "")
        return await (chooser.respond if wants_page else _signpost)(request)

    return [
        Route("/", root),
        Route("/demo/users", demo.list_users),
        Route("/demo/token", demo.give_token, methods=["POST"]),
    ]


class Frame:
    """Puts the common headers on every reply, and one line about it in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application inside."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = {name for name, _ in message["headers"]}
                common = [(name, value) for name, value in HEADERS if name not in given]
                message["headers"] = [*message["headers"], *common]
            await send(message)

        try:
            await self._app(scope, receive, framed)
        finally:
            _LOG.info(
                "request",
                extra={
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "ms": round((time.perf_counter() - started) * 1000, 1),
                },
            )


async def _signpost(_request: Request) -> Response:
    return reply({"name": "Kontingent", "graphql": "/graphql", "events": "/events"})


async def _unauthenticated(_request: Request, error: Exception) -> Response:
    return problem(401, "UNAUTHENTICATED", str(error))


async def _unavailable(_request: Request, _error: Exception) -> Response:
    return problem(503, "UNAVAILABLE", "The service is briefly unavailable.", retry_seconds=1)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    refusal = problem(status, status.name, f"{status.description or status.phrase}.")
    refusal.headers.update(error.headers or {})
    return refusal


async def _failed(_request: Request, _error: Exception) -> Response:
    return problem(500, "INTERNAL", "Internal error.")
