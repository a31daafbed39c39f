"""A WebSocket to the application, without a network: what it says is heard as it is."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

from starlette.types import ASGIApp, Message

from edge.websocket import PROTOCOL

SECONDS = 5.0
"""How long to wait for what must come."""


class Socket:
    """The client's end."""

    def __init__(self) -> None:
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()

    async def run(self, app: ASGIApp, headers: dict[str, str], protocols: list[str]) -> None:
        scope = {
            "type": "websocket",
            "scheme": "ws",
            "path": "/graphql",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "subprotocols": protocols,
        }
        self._to_app.put_nowait({"type": "websocket.connect"})
        await app(scope, self._to_app.get, self._from_app.put)

    async def say(self, message: object) -> None:
        """Send a message: JSON, unless it is a text or bytes."""
        frame: dict[str, Any] = {"type": "websocket.receive"}
        if isinstance(message, bytes):
            frame["bytes"] = message
        else:
            frame["text"] = message if isinstance(message, str) else json.dumps(message)
        self._to_app.put_nowait(frame)

    async def leave(self) -> None:
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def frame(self, seconds: float = SECONDS) -> Message:
        async with asyncio.timeout(seconds):
            return await self._from_app.get()

    async def hear(self, seconds: float = SECONDS) -> dict[str, Any]:
        """Return the next message, without what it cost."""
        frame = await self.frame(seconds)
        assert frame["type"] == "websocket.send", frame
        message: dict[str, Any] = json.loads(frame["text"])
        if message["type"] == "next":
            message["payload"].pop("extensions")
        return message

    async def silent(self, seconds: float) -> bool:
        """Whether nothing is said for so long."""
        try:
            await self.frame(seconds)
        except TimeoutError:
            return True
        return False

    async def closed(self, seconds: float = SECONDS) -> tuple[int, str]:
        """Return the code and the reason with which it is closed, after whatever else is said."""
        while (frame := await self.frame(seconds))["type"] != "websocket.close":
            pass
        return frame["code"], frame.get("reason") or ""

    async def begin(self, bearer: str | None = None) -> None:
        """Say who it is."""
        payload = {} if bearer is None else {"payload": {"authorization": f"Bearer {bearer}"}}
        await self.say({"type": "connection_init", **payload})
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, id_: str, query: str, **payload: Any) -> None:
        await self.say({"id": id_, "type": "subscribe", "payload": {"query": query, **payload}})


@asynccontextmanager
async def connected(
    app: ASGIApp,
    *,
    protocols: Sequence[str] = (PROTOCOL,),
    headers: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Socket]:
    """Connect to the application; whatever happens to it is raised at the end."""
    socket = Socket()
    running = asyncio.create_task(socket.run(app, {"host": "test", **headers}, list(protocols)))
    try:
        frame = await socket.frame()
        if frame["type"] == "websocket.accept":
            assert frame["subprotocol"] in {None, *protocols}
        else:
            socket._from_app.put_nowait(frame)  # noqa: SLF001 (it is refused: to be found)
        yield socket
    finally:
        await socket.leave()
        async with asyncio.timeout(SECONDS):
            await running
