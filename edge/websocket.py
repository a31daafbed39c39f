"""``/graphql`` over a WebSocket: graphql-transport-ws, to the letter.

Credentials come in the header Authorization, or in the first message, since browsers cannot set
headers here: `{"type": "connection_init", "payload": {"authorization": "Bearer …"}}`. They are
never in a cookie. So a page of another origin has nothing to come in with; that its origin must be
listed, as for requests, is a second bar.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import orjson
from graphql import GraphQLFormattedError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from edge.auth import identified
from edge.counted import Counted
from edge.jwks import InvalidTokenError, KeysUnavailableError
from edge.live import Caller, Live, RefusedError
from edge.message import Complete, Init, MessageError, Ping, Pong, Subscribe, read
from edge.note import Note
from edge.operation import Answer, Operations
from edge.state import state_of
from resolvers.context import UnavailableError
from resolvers.principal import Principal, User

PROTOCOL = "graphql-transport-ws"
"""The one subprotocol."""

INIT_SECONDS = 3.0
"""How long a client may take for its first message, at most."""

RUNNING_MAX = 20
"""Operations of a connection at the same time."""

REASON_BYTES_MAX = 123
"""Bytes of the reason why a connection is closed: so much does a frame hold."""

LEFT = (WebSocketDisconnect, WebSocketDisconnected)
"""What is raised to whoever tells a client that has left: the first time, and again."""

_LOG = logging.getLogger("kontingent.http")


class Closing(Exception):  # noqa: N818 (it is how every connection ends)
    """The connection is over: closed by the client, or to be closed with a code and a reason."""

    def __init__(self, code: int, reason: str | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class WebSockets:
    """The endpoint; pages of `origins` may use it, besides those of the server itself."""

    def __init__(self, operations: Operations, origins: Collection[str]) -> None:
        self._live = Live(operations)
        self._origins = frozenset(origins)

    async def respond(self, socket: WebSocket) -> None:
        """Accept a connection and converse with its client until one of the two closes it."""
        if not self._may_come(socket):
            await socket.close()
            return
        if PROTOCOL not in socket.scope["subprotocols"]:
            await socket.accept()
            await socket.close(4406, "Subprotocol not acceptable")
            return
        started = time.perf_counter()
        await socket.accept(PROTOCOL)
        code = await _Connection(socket, self._live).hold()
        seconds = round(time.perf_counter() - started, 1)
        _LOG.info("socket", extra={"path": socket.scope["path"], "code": code, "seconds": seconds})

    def _may_come(self, socket: WebSocket) -> bool:
        """Tell whether a page may come from its origin; what is no page names none."""
        origin = socket.headers.get("origin")
        if origin is None or origin in self._origins:
            return True
        return urlsplit(origin).netloc == socket.headers.get("host")


class _Connection:
    """One connection and the operations that run on it."""

    def __init__(self, socket: WebSocket, live: Live) -> None:
        self._socket = socket
        self._live = live
        self._state = state_of(socket)
        self._authorization = socket.headers.get("authorization")
        self._begun = False
        self._acknowledged = False
        self._expires = float("inf")
        self._running: dict[str, asyncio.Task[None]] = {}
        self._patience = asyncio.timeout(min(INIT_SECONDS, self._state["client_seconds"]))

    async def hold(self) -> int:
        """Converse until the connection is over, and return the code that it was closed with."""
        closing = Closing(1006)
        try:
            async with asyncio.TaskGroup() as group:
                await self._converse(group)
        except* Closing as found:
            closing = _first(found)
        except* LEFT:
            pass
        except* Exception as found:  # noqa: BLE001 (whatever it is, the client is told)
            _LOG.exception("A socket failed.", exc_info=found.exceptions[0])
            closing = Closing(4500, "Internal server error")
        if closing.reason is not None:
            reason = closing.reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore")
            with suppress(*LEFT):  # the client was faster
                await self._socket.close(closing.code, reason)
        return closing.code

    async def _converse(self, group: asyncio.TaskGroup) -> None:
        """Read messages, with patience that ends."""
        try:
            async with self._patience:
                while True:
                    received = await self._socket.receive()
                    if received["type"] == "websocket.disconnect":
                        raise Closing(received.get("code", 1005))
                    await self._take(received.get("text"), group)
        except MessageError as error:
            raise Closing(4400, str(error)) from None
        except TimeoutError:
            raise self._out_of_patience() from None
        finally:
            self._running.clear()  # whatever still runs is cut, and has nobody to tell

    def _out_of_patience(self) -> Closing:
        if not self._begun:
            return Closing(4408, "Connection initialisation timeout")
        if _now() >= self._expires:
            return Closing(4403, "Forbidden: The token has expired.")
        return Closing(1000, "Idle")

    def _be_patient(self) -> None:
        """Wait for as long as the token lasts, and without an operation not that long."""
        idle = float("inf") if self._running else _now() + self._state["socket_idle_seconds"]
        until = min(self._expires, idle)
        self._patience.reschedule(None if until == float("inf") else until)

    async def _take(self, text: str | None, group: asyncio.TaskGroup) -> None:
        match read(text):
            case Init(payload):
                await self._begin(payload)
            case Ping(payload):
                await self._say({"type": "pong", **({"payload": payload} if payload else {})})
            case Pong():
                pass
            case Subscribe() as message:
                await self._start(message, group)
            case Complete(id_):
                self._stop(id_)

    async def _begin(self, payload: Mapping[str, Any]) -> None:
        """Find out who it is."""
        if self._begun:
            raise Closing(4429, "Too many initialisation requests")
        self._begun = True
        authorization = payload.get("authorization", self._authorization)
        if authorization is not None and not isinstance(authorization, str):
            raise MessageError("authorization must be a string.")
        self._authorization = authorization
        principal = await self._identify()
        if isinstance(principal, User):
            left = principal.expires_at - self._state["clock"]()
            self._expires = _now() + left.total_seconds()
        await self._say({"type": "connection_ack"})
        self._acknowledged = True
        self._be_patient()

    async def _identify(self) -> Principal:
        """Tell who it is, as for a request: also a key that was good before may be no more."""
        try:
            return await identified(self._authorization, self._state)
        except InvalidTokenError as error:
            raise Closing(4403, f"Forbidden: {error}") from None
        except (KeysUnavailableError, UnavailableError):
            raise Closing(1013, "Try again later") from None

    async def _start(self, message: Subscribe, group: asyncio.TaskGroup) -> None:
        if not self._acknowledged:
            raise Closing(4401, "Unauthorized")
        if message.id in self._running:
            raise Closing(4409, f"Subscriber for {message.id} already exists")
        if len(self._running) >= RUNNING_MAX:
            error = f"There are {RUNNING_MAX} operations on this connection already."
            refusal: GraphQLFormattedError = {
                "message": error,
                "extensions": {"code": "TOO_MANY_OPERATIONS"},
            }
            Counted(self._state["metrics"], Note()).end(429, [refusal])
            await self._say({"id": message.id, "type": "error", "payload": [refusal]})
            return
        self._running[message.id] = group.create_task(self._run(message))
        self._be_patient()

    def _stop(self, id_: str) -> None:
        """Stop an operation; an unknown one has ended meanwhile."""
        task = self._running.pop(id_, None)
        if task is not None:
            task.cancel()
            self._be_patient()

    async def _run(self, message: Subscribe) -> None:
        """Run an operation; once it is over its id is free, also before the client knows."""
        caller = Caller(self._state, self._identify, partial(self._tell, message.id))
        last: dict[str, Any] = {"id": message.id, "type": "complete"}
        try:
            await self._live.run(message.asked, caller)
        except RefusedError as error:
            last = {"id": message.id, "type": "error", "payload": error.errors}
        if self._running.get(message.id) is not asyncio.current_task():
            return  # it was stopped
        del self._running[message.id]
        self._be_patient()
        await self._say(last)

    async def _tell(self, id_: str, answer: Answer) -> None:
        payload: dict[str, Any] = {
            "data": orjson.Fragment(answer.data),
            "extensions": answer.extensions,
        }
        if answer.errors:
            payload["errors"] = answer.errors
        await self._say({"id": id_, "type": "next", "payload": payload})

    async def _say(self, message: Mapping[str, Any]) -> None:
        await self._socket.send_text(orjson.dumps(message).decode())


def _first(group: BaseExceptionGroup[Closing]) -> Closing:
    """Return the first of the closings: others may have followed from it."""
    found = group.exceptions[0]
    return found if isinstance(found, Closing) else _first(found)


def _now() -> float:
    return asyncio.get_running_loop().time()
