"""The HTTP application: its routes, and what every reply has in common."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge import export, probes, scrape
from edge.accept import preferred
from edge.cors import Cors
from edge.demo import Demo
from edge.events import Events
from edge.graphql import METHODS, GraphQL
from edge.graphql_reply import GRAPHQL_JSON, JSON
from edge.jwks import InvalidTokenError, KeysUnavailableError
from edge.note import Note, begin, noted
from edge.operation import Operations
from edge.page import (
    ENTRY,
    ENTRY_OF_DEMO,
    ENTRY_OF_GRAPHIQL,
    PATH,
    POLICY_OF_GRAPHIQL,
    Assets,
    Document,
)
from edge.reply import OUTCOME_UNKNOWN, UNAVAILABLE, problem, reply
from edge.state import State, state_of
from edge.websocket import WebSockets
from resolvers.context import OutcomeUnknownError, UnavailableError
from schema.root import Schema

HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
"""Headers of every reply that has none of that name: the API is no page, and in no frame."""

HSTS = (b"strict-transport-security", b"max-age=31536000")
"""One more, where people come by https."""

REQUEST_ID = b"x-request-id"
"""One that differs: the id under which the log has the request."""

SHARED = ("/graphql", "/export")
"""What pages of other origins may ask, if theirs is listed."""

_LOG = logging.getLogger("kontingent.http")


def build(  # noqa: PLR0913 (what an application is made of)
    schema: Schema,
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[State]],
    *,
    origin: str | None = None,
    demo: Demo | None = None,
    cors_origins: Sequence[str] = (),
    socket_origins: Sequence[str] = (),
    https: bool = False,
    metrics_token: str | None = None,
    graphiql: bool = False,
) -> Starlette:
    """Build the application; `lifespan` opens and closes what its requests use.

    The page may be in a frame of `origin`; a `demo` shows its users at the root. Pages of
    `cors_origins` may use the API, and those of `socket_origins` WebSockets. With `https` browsers
    are told to come by nothing else. With a `metrics_token` there are metrics for whoever has it.
    With `graphiql` people find that where programs find the API.
    """
    operations = Operations(schema)
    respond = GraphQL(operations).respond
    return Starlette(
        routes=[
            *([] if demo is None else _demo_routes(demo)),
            Route("/", _signpost),
            Route(PATH, Document(ENTRY, origin, demo=demo is not None).respond),
            Route("/assets/{name}", Assets().respond),
            Route(
                "/graphql",
                _with_graphiql(respond, demo=demo is not None) if graphiql else respond,
                methods=METHODS,
            ),
            WebSocketRoute("/graphql", WebSockets(operations, socket_origins).respond),
            Route("/events", Events().respond, methods=["POST"]),
            Route("/export", _admitted(export.respond)),
            Route("/livez", probes.live),
            Route("/readyz", probes.Readiness().respond),
            *([] if metrics_token is None else _metrics_routes(metrics_token)),
        ],
        lifespan=lifespan,
        middleware=[
            Middleware(Frame, headers=[*HEADERS, HSTS] if https else HEADERS),
            Middleware(Cors, paths=SHARED, origins=cors_origins),
        ],
        exception_handlers={
            InvalidTokenError: _unauthenticated,
            KeysUnavailableError: _unavailable,
            UnavailableError: _unavailable,
            OutcomeUnknownError: _outcome_unknown,
            HTTPException: _refused,
            Exception: _failed,
        },
    )


def _admitted(
    respond: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Let `respond` have a place and its time; it reads no body."""

    async def within(request: Request) -> Response:
        async with state_of(request)["admission"].enter(request):
            return await respond(request)

    return within


def _with_graphiql(
    respond: Callable[[Request], Awaitable[Response]], *, demo: bool
) -> Callable[[Request], Awaitable[Response]]:
    """Show GraphiQL to people: they like HTML best, and ask for nothing in particular."""
    shown = Document(ENTRY_OF_GRAPHIQL, demo=demo, translated=False, policy=POLICY_OF_GRAPHIQL)
    offered = (JSON, GRAPHQL_JSON, "text/html")

    async def either(request: Request) -> Response:
        asks = request.method == "POST" or bool(request.scope["query_string"])
        wants_page = preferred(request.headers.get("accept", ""), offered) == "text/html"
        return await (shown.respond if wants_page and not asks else respond)(request)

    return either


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


def _metrics_routes(token: str) -> list[Route]:
    return [Route("/metrics", scrape.Metrics(token).respond)]


class Frame:
    """Puts the common headers on every reply, and tells of it: one line in the log, and metrics.

    Where the reply comes before the request's end, the rest is not read: the connection closes.
    """

    def __init__(self, app: ASGIApp, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application inside."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        note = begin(scope["state"]["spans"])
        own = [*self._headers, (REQUEST_ID, note.id.encode())]
        if scope["type"] == "websocket":
            await self._app(scope, receive, _refusing(scope, receive, send, own))
            return
        started = time.perf_counter()
        read = not _has_body(scope)

        async def received() -> Message:
            nonlocal read
            message = await receive()
            read = read or not message.get("more_body", False)
            return message

        async def framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                note.status = message["status"]
                given = {name for name, _ in message["headers"]}
                common = [(name, value) for name, value in own if name not in given]
                if not read:
                    common.append((b"connection", b"close"))
                message["headers"] = [*message["headers"], *common]
            await send(message)

        with note.spanning(scope):
            try:
                await self._app(scope, received, framed)
            except Exception:
                note.code = "INTERNAL"
                raise
            finally:
                seconds = time.perf_counter() - started
                route = scope.get("route")  # its path: what is asked for may be anything
                note.route = "other" if route is None else route.path
                scope["state"]["metrics"].replied(note, seconds)
                _tell(note, scope["method"], seconds)


def _refusing(
    scope: Scope, receive: Receive, send: Send, headers: Sequence[tuple[bytes, bytes]]
) -> Send:
    """Let a WebSocket that is closed before it was accepted be refused as a request is."""
    accepted = "websocket.http.response" not in scope.get("extensions", {})

    async def framed(message: Message) -> None:
        nonlocal accepted
        accepted = accepted or message["type"] == "websocket.accept"
        if accepted or message["type"] != "websocket.close":
            await send(message)
            return
        refusal = problem(403, "FORBIDDEN", "WebSockets are for /graphql and listed origins.")
        refusal.raw_headers.extend(headers)
        await refusal(scope, receive, send)

    return framed


def _tell(note: Note, method: str, seconds: float) -> None:
    """Log a request: of what its client wrote nothing but the method, of which there are few."""
    told = {
        "method": method,
        "path": note.route,
        "operation": note.operation,
        "status": note.status,
        "code": note.code,
        "ms": round(seconds * 1000, 1),
        "statements": note.statements,
    }
    _LOG.info("request", extra={name: value for name, value in told.items() if value != ""})


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


async def _signpost(_request: Request) -> Response:
    return reply({"name": "Kontingent", "graphql": "/graphql", "events": "/events"})


async def _unauthenticated(_request: Request, error: Exception) -> Response:
    return problem(401, "UNAUTHENTICATED", str(error))


async def _unavailable(_request: Request, _error: Exception) -> Response:
    return problem(503, "UNAVAILABLE", UNAVAILABLE, retry_seconds=1)


async def _outcome_unknown(_request: Request, _error: Exception) -> Response:
    return problem(503, "OUTCOME_UNKNOWN", OUTCOME_UNKNOWN, retry_seconds=1)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    refusal = problem(status, status.name, f"{status.description or status.phrase}.")
    refusal.headers.update(error.headers or {})
    return refusal


async def _failed(_request: Request, _error: Exception) -> Response:
    """Reply outside of the frame, after which the server closes the connection."""
    failure = problem(500, "INTERNAL", "Internal error.")
    own = [(b"connection", b"close"), (REQUEST_ID, noted().id.encode())]
    failure.raw_headers.extend([*HEADERS, *own])
    return failure
