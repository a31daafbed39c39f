"""WebSockets as uvicorn speaks them, with patience and room that end."""

import asyncio

from typing_extensions import override
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame

from edge.protocol import Config

FRAGMENTS_MAX = 100
"""Frames of a message: each may be empty, and is kept until the last one has come."""


class SocketProtocol(WebSocketsSansIOProtocol):
    """One connection: it is cut when its client does not read, and closed when it takes it apart.

    Pings of the server find out who is gone.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._client_seconds = config.client_seconds
        self._cutting: asyncio.TimerHandle | None = None
        self._over = False

    @override
    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < FRAGMENTS_MAX:
            super().handle_cont(event)
            return
        self.conn.fail(1009, "Too many frames")
        self.handle_parser_exception()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._cut_later()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if not self._over:
            self._cut_never()

    @override
    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True  # uvicorn would log that nobody replied

    @override
    async def run_asgi(self) -> None:
        await super().run_asgi()
        self._over = True
        self._cut_later()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._over = True
        self._cut_never()

    def _cut_later(self) -> None:
        if self._cutting is None:
            self._cutting = self.loop.call_later(self._client_seconds, self.transport.abort)

    def _cut_never(self) -> None:
        if self._cutting is not None:
            self._cutting.cancel()
            self._cutting = None
