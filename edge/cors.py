"""Letting pages of listed origins use the API. Tokens go in a header: there are no credentials."""

from collections.abc import Collection, Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

PREFLIGHT_SECONDS = 7_200
"""How long a browser may remember what it was allowed."""


class Cors(CORSMiddleware):
    """Starlette's, for some paths only."""

    def __init__(self, app: ASGIApp, *, paths: Collection[str], origins: Sequence[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match"],
            expose_headers=["Content-Disposition", "ETag", "Retry-After", "WWW-Authenticate"],
            max_age=PREFLIGHT_SECONDS,
        )
        self._paths = frozenset(paths if origins else ())

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self._paths:
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
