"""A client that costs little: HTTP/1.1 over connections that are kept."""

import asyncio
from dataclasses import dataclass

_LENGTH = b"content-length: "


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply's status and body."""

    status: int
    body: bytes


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, port: int) -> "Client":
        """Connect to a server on this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 22))

    async def ask(self, request: bytes) -> Reply:
        """Send a request and read the whole reply."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        at = head.lower().index(_LENGTH) + len(_LENGTH)
        length = int(head[at : head.index(b"\r\n", at)])
        return Reply(int(head[9:12]), await self._reader.readexactly(length))

    async def close(self) -> None:
        """End the connection."""
        self._writer.close()
        await self._writer.wait_closed()
