"""A wire between two processes that can be slow, dead, torn, or torn in mid-reply."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

Address: TypeAlias = Path | int
"""A Unix socket, or a port of this machine."""

Pipe: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]

CHUNK_BYTES = 1 << 16
_AT_ONCE = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Wire:
    """Hands on what comes, after `latency_seconds` and only while it is `passing`.

    With `cutting` it hands on one half of the next reply, and tears that connection. What was
    under way when it stopped passing arrives once it passes again, whether or not the sender is
    still there: as on a real way, a request may come to its end after its client has given up.
    """

    target: Address
    address: Address = 0
    latency_seconds: float = 0.0
    cutting: bool = False
    cuts: int = 0
    passing: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def reset(self) -> None:
        """Tear all connections."""
        for writer in list(self._writers):
            _tear(writer)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError):
                await self._converse((reader, writer))
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def close(self) -> None:
        """End all connections."""
        self.passing.set()
        self.reset()
        await asyncio.gather(*map(_cancelled, list(self._tasks)))

    async def _converse(self, near: Pipe) -> None:
        await self.passing.wait()
        far = await _connect(self.target)
        self._writers.add(far[1])
        pumps = [
            asyncio.create_task(self._pump(near[0], far[1], replies=False)),
            asyncio.create_task(self._pump(far[0], near[1], replies=True)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await asyncio.gather(*map(_cancelled, pumps))
            far[1].transport.abort()
            self._writers.discard(far[1])

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, replies: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                if self.latency_seconds:
                    await asyncio.sleep(self.latency_seconds)
                await self.passing.wait()
                if replies and self.cutting:
                    self.cutting = False
                    self.cuts += 1
                    writer.write(data[: len(data) // 2])
                    await writer.drain()
                    return
                writer.write(data)
                await writer.drain()


@contextlib.asynccontextmanager
async def wire(target: Address, path: Path | None = None) -> AsyncIterator[Wire]:
    """Lay a wire to `target`; it begins at a Unix socket, or at a port of its own."""
    laid = Wire(target)
    laid.passing.set()
    if path is None:
        server = await asyncio.start_server(laid.accept, "127.0.0.1", 0)
        laid.address = server.sockets[0].getsockname()[1]
    else:
        server = await asyncio.start_unix_server(laid.accept, path)
        laid.address = path
    try:
        yield laid
    finally:
        server.close()
        await laid.close()


async def _connect(target: Address) -> Pipe:
    if isinstance(target, int):
        return await asyncio.open_connection("127.0.0.1", target)
    return await asyncio.open_unix_connection(target)


def _tear(writer: asyncio.StreamWriter) -> None:
    """Close a connection so that the other end sees a reset, not an end."""
    sock = writer.get_extra_info("socket")
    if sock.family != socket.AF_UNIX:
        with contextlib.suppress(OSError):  # it is closed already
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    writer.transport.abort()


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
