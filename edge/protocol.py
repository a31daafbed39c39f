"""HTTP/1.1 as uvicorn speaks it, with patience and room that end."""

import asyncio
import math
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

HEADERS_MAX = 100
"""Headers of a request, with the trailers of its body."""

HEADER_BYTES_MAX = 16_000
"""Bytes of its address, headers and trailers; a token has at most 4,000."""

PIPELINED_MAX = 16
"""Requests that a client may send before the reply to the first of them."""

FRAME_BYTES_MAX = 128_000
"""The longest message of a client over a WebSocket, of however many frames."""

READ_BYTES_MIN = 16_000
"""What a client must read of a reply in the time that it has for anything."""


class Config(uvicorn.Config):
    """uvicorn's settings, and how long to wait for how many clients."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        client_seconds: float,
        connections_max: int,
        **given: Any,  # noqa: ANN401 (what uvicorn takes)
    ) -> None:
        super().__init__(
            app,
            http=Protocol,
            ws="edge.socket_protocol:SocketProtocol",
            ws_max_size=FRAME_BYTES_MAX,
            ws_ping_interval=client_seconds,
            ws_ping_timeout=client_seconds,
            ws_per_message_deflate=False,
            log_config=None,
            access_log=False,
            server_header=False,
            **given,
        )
        self.client_seconds = client_seconds
        self.connections_max = connections_max


class TooMuchError(Exception):
    """A request is larger than any of ours; the parser hands it on as its own error."""


class Protocol(HttpToolsProtocol):
    """One connection: it is cut when its client is too slow, or sends more than there is to send.

    Deadlines that the application knows of are its own: for a body, and for what it does.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._client_seconds = config.client_seconds
        self._connections_max = config.connections_max
        self._awaited: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._unread: float = 0
        self._header_bytes = 0
        self._idle_bytes = 0

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # so it is there
        super().connection_made(transport)
        if len(self.connections) > self._connections_max:
            transport.abort()
        else:
            self._await_request()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_awaiting()
        if self._reading is not None:
            self._reading.cancel()

    # --- What comes: headers in time, and no more than there is room for

    @override
    def data_received(self, data: bytes) -> None:
        if not self._busy():
            self._await_request()
        self._idle_bytes += len(data)
        super().data_received(data)
        if self._idle_bytes > HEADER_BYTES_MAX and not self.transport.is_closing():
            self.send_400_response("Too much of a header.")

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._header_bytes = 0

    @override
    def on_url(self, url: bytes) -> None:
        self._make_room(url)
        super().on_url(url)

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        self._make_room(name + value)
        if len(self.headers) == HEADERS_MAX:
            raise TooMuchError
        super().on_header(name, value)

    @override
    def on_headers_complete(self) -> None:
        self._stop_awaiting()
        self._idle_bytes = 0
        if len(self.pipeline) == PIPELINED_MAX:
            raise TooMuchError
        super().on_headers_complete()

    @override
    def on_body(self, body: bytes) -> None:
        self._idle_bytes = 0
        super().on_body(body)

    def _busy(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # None, whatever uvicorn declares
        return cycle is not None and not cycle.response_complete

    def _make_room(self, part: bytes) -> None:
        self._header_bytes += len(part)
        if self._header_bytes > HEADER_BYTES_MAX:
            raise TooMuchError

    def _await_request(self) -> None:
        if self._awaited is None:
            self._awaited = self.loop.call_later(self._client_seconds, self.transport.close)

    def _stop_awaiting(self) -> None:
        if self._awaited is not None:
            self._awaited.cancel()
            self._awaited = None

    # --- What goes: a reply is read in time

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reading()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread = math.inf  # whatever it is by now: some of it has been read

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch_reading()

    @override
    def send_400_response(self, msg: str) -> None:
        super().send_400_response(msg)
        self._watch_reading()

    def _watch_reading(self) -> None:
        if self._reading is None and self.transport.get_write_buffer_size():
            self._unread = self.transport.get_write_buffer_size()
            self._reading = self.loop.call_later(self._client_seconds, self._judge_reading)

    def _judge_reading(self) -> None:
        self._reading = None
        if self.transport.get_write_buffer_size() > max(self._unread - READ_BYTES_MIN, 0):
            self.transport.abort()
        else:
            self._watch_reading()
