"""Sockets that are slow in four ways are cut in time, while others are served."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

from edge.page import Assets
from resolvers.principal import Role
from tests.support.running import bearer, serving
from tests.support.world import World

SECONDS = 1.0
QUESTION = {"query": "{ account { name cycle { conversationUsage { used } } } }"}
POST = b"POST /graphql HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
LARGEST = max(Assets()._found.items(), key=lambda found: len(found[1].content))[0]  # noqa: SLF001
DOWNLOADS = f"GET /assets/{LARGEST} HTTP/1.1\r\nHost: t\r\n\r\n".encode() * 16
OTHERS = 5
"""Sockets that come and go meanwhile: to the database, and of those who ask."""

KINDS = {
    "no byte": (b"", b""),
    "headers": (b"GET / HTTP/1.1\r\n", b"a: b\r\n"),
    "body": (POST + b"Content-Length: 1000\r\n\r\n", b" "),
    "reading": (DOWNLOADS, b""),
}
"""What each kind sends at once, and then again and again."""


@contextlib.asynccontextmanager
async def slow_sockets(port: int, count: int) -> AsyncIterator[None]:
    """Open so many sockets of each kind, which go on being slow until they are cut."""
    async with contextlib.AsyncExitStack() as opened:
        for first, then in KINDS.values():
            for _ in range(count):
                sock = opened.enter_context(socket.socket())
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                sock.setblocking(False)  # noqa: FBT003 (the library's own)
                dribbling = asyncio.create_task(_dribble(sock, port, first, then))
                opened.callback(dribbling.cancel)
        yield


async def _dribble(sock: socket.socket, port: int, first: bytes, then: bytes) -> None:
    loop = asyncio.get_running_loop()
    with contextlib.suppress(ConnectionError):
        await loop.sock_connect(sock, ("127.0.0.1", port))
        await loop.sock_sendall(sock, first)
        while True:
            await asyncio.sleep(SECONDS / 5)
            await loop.sock_sendall(sock, then)
            if first is DOWNLOADS:
                await loop.sock_recv(sock, 10)


def open_sockets(pid: int) -> int:
    """Count the sockets that a process has open."""
    count = 0
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            count += path.readlink().name.startswith("socket:")
    return count


async def test_slow_sockets_are_cut_while_others_are_served(
    dsn: str, own_world: World, tmp_path: Path, *, long: bool
) -> None:
    count = 200 if long else 40
    await own_world.account("acme")
    headers = bearer(Role.ADMIN, "acme")
    made = serving(dsn, tmp_path, client_seconds=str(SECONDS), keep_alive_seconds="1")
    async with made as served, served.client() as http:

        async def ask() -> None:
            began = time.monotonic()
            reply = await http.post(
                "/graphql", json=QUESTION, headers={**headers, "connection": "close"}
            )
            assert reply.status_code == 200, reply.text
            assert time.monotonic() - began < 3

        await ask()
        before = open_sockets(served.process.pid)
        async with slow_sockets(served.port, count):
            await asyncio.sleep(SECONDS / 2)
            assert open_sockets(served.process.pid) > before + len(KINDS) * count // 2
            began = time.monotonic()
            while open_sockets(served.process.pid) > before + OTHERS:
                await ask()
                assert time.monotonic() - began < 10 * SECONDS
        assert "Traceback" not in served.said()
