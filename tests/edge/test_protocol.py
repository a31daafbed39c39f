"""Connections over a real socket: slow clients are cut, too large requests refused."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterable, Sized
from contextlib import asynccontextmanager

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from edge.protocol import (
    HEADER_BYTES_MAX,
    HEADERS_MAX,
    PIPELINED_MAX,
    READ_BYTES_MIN,
    Config,
    Protocol,
)

SECONDS = 0.3
LARGE = b"x" * 20_000_000
GET = b"GET / HTTP/1.1\r\nHost: test\r\n"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    content = LARGE if request.url.path == "/large" else str(len(await request.body())).encode()
    await Response(content)(scope, receive, send)


@asynccontextmanager
async def listening(
    connections_max: int = 100, seconds: float = SECONDS
) -> AsyncIterator[tuple[int, Sized]]:
    """Serve; yields the port and the connections that are open."""
    config = Config(
        application,
        client_seconds=seconds,
        connections_max=connections_max,
        timeout_keep_alive=1,
    )
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: Protocol(config, state, {}), "127.0.0.1", 0
    )
    yield server.sockets[0].getsockname()[1], state.connections
    server.close()
    for connection in list(state.connections):
        connection.transport.abort()
    while state.connections:  # noqa: ASYNC110 (it tells nobody)
        await asyncio.sleep(0.01)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with listening() as (opened, _):
        yield opened


async def seconds_until_cut(port: int, parts: Iterable[bytes], pause: float) -> float:
    """Send the parts, each after a pause; return after how long the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()

    async def send() -> None:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause)

    sending = asyncio.create_task(send())
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionError):
            while await reader.read(1_000):
                pass
    took = time.monotonic() - began
    sending.cancel()
    writer.transport.abort()
    return took


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([], id="nothing"),
        pytest.param([b"GET /", *[b"x"] * 100], id="an_address"),
        pytest.param([b"GET / HTTP/1.1\r\n", *[b"a: b\r\n"] * 90], id="headers"),
        pytest.param([b"\r\n"] * 100, id="blank_lines"),
    ],
)
async def test_headers_are_waited_for_so_long_and_no_longer(port: int, parts: list[bytes]) -> None:
    assert SECONDS - 0.05 < await seconds_until_cut(port, parts, 0.05) < SECONDS + 0.3


@pytest.mark.parametrize("rest", [[], [b"\r\n"] * 100, [b"GET /", *[b"x"] * 100]])
async def test_the_next_request_is_waited_for_no_longer_either(
    port: int, rest: list[bytes]
) -> None:
    took = await seconds_until_cut(port, [GET + b"\r\n", *rest], 0.05)
    assert took < 1.3  # a second of keeping it alive, or the time for headers


async def reply_to(port: int, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    reply = b""
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionError):
            reply = await reader.read(100)
    writer.transport.abort()
    return reply


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        pytest.param(GET + b"a: b\r\n" * (HEADERS_MAX - 1) + b"\r\n", True, id="most_headers"),
        pytest.param(GET + b"a: b\r\n" * HEADERS_MAX + b"\r\n", False, id="too_many_headers"),
        pytest.param(
            GET + b"a:" + b"b" * (HEADER_BYTES_MAX - 10) + b"\r\n\r\n", True, id="longest_header"
        ),
        pytest.param(
            GET + b"a:" + b"b" * (HEADER_BYTES_MAX - 9) + b"\r\n\r\n", False, id="too_long_header"
        ),
        pytest.param(GET + b"a:" + b"b" * 1_000_000, False, id="a_header_without_end"),
        pytest.param(b"GET /" + b"a" * 1_000_000, False, id="an_address_without_end"),
        pytest.param(b"\r\n" * 100_000, False, id="blank_lines_without_end"),
        pytest.param(b"\x16\x03\x01\x02\x00", False, id="no_http"),
    ],
)
async def test_headers_have_room_and_no_more(port: int, sent: bytes, *, taken: bool) -> None:
    reply = await reply_to(port, sent)
    assert reply.startswith(b"HTTP/1.1 200 ") if taken else reply[:13] in (b"HTTP/1.1 400 ", b"")


async def test_a_trailer_without_end_is_refused(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\na: ")
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < 20_000_000:
            writer.write(b"b" * 100_000)
            await writer.drain()
            await asyncio.sleep(0.001)
            sent += 100_000
    assert sent < 20_000_000
    writer.transport.abort()


async def test_a_body_of_many_chunks_is_no_header(port: int) -> None:
    chunks = b"1\r\nx\r\n" * 10_000 + b"0\r\n\r\n"
    head = b"POST / HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head + chunks)
    reply = await reader.read()
    assert reply.endswith(b"\r\n\r\n10000")
    writer.close()


@pytest.mark.parametrize("more", [0, 1])
async def test_so_many_requests_may_be_sent_ahead(port: int, more: int) -> None:
    count = 1 + PIPELINED_MAX + more
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write((GET + b"\r\n") * (count - 1) + GET + b"Connection: close\r\n\r\n")
    reply = await reader.read()
    assert (reply.count(b"HTTP/1.1 200 ") == count) is (more == 0)
    writer.close()


async def test_more_connections_than_allowed_are_closed() -> None:
    async with listening(connections_max=2) as (port, _):
        kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        assert await reply_to(port, GET + b"\r\n") == b""
        kept[0][1].close()
        await asyncio.sleep(0.05)
        assert (await reply_to(port, GET + b"\r\n")).startswith(b"HTTP/1.1 200 ")
        kept[1][1].close()


def slow_reader(port: int) -> socket.socket:
    """Connect with as little room as there can be, and ask for a large reply."""
    reading = socket.socket()
    reading.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    reading.connect(("127.0.0.1", port))
    reading.sendall(b"GET /large HTTP/1.1\r\nHost: test\r\n\r\n")
    reading.setblocking(False)  # noqa: FBT003 (the library's own)
    return reading


@pytest.mark.parametrize("bytes_read", [0, 10, READ_BYTES_MIN // 50])
async def test_whoever_reads_too_slowly_is_cut(bytes_read: int) -> None:
    async with listening() as (port, connections):
        loop, reading, began = asyncio.get_running_loop(), slow_reader(port), time.monotonic()
        await asyncio.sleep(SECONDS / 2)
        assert len(connections) == 1
        while connections and time.monotonic() - began < 5:
            await asyncio.sleep(SECONDS / 20)
            if bytes_read:
                await loop.sock_recv(reading, bytes_read)
        assert time.monotonic() - began < 4 * SECONDS
        reading.close()


async def test_whoever_reads_steadily_gets_it_all() -> None:
    seconds = 3 * SECONDS  # a busy machine may pause whoever reads
    async with listening(seconds=seconds) as (port, _):
        loop, began, received = asyncio.get_running_loop(), time.monotonic(), 0
        with slow_reader(port) as reading:
            while received < len(LARGE):
                part = await loop.sock_recv(reading, 200_000)
                assert part, "it was cut"
                received += len(part)
                if time.monotonic() - began <= seconds:
                    await asyncio.sleep(0.001)
        assert time.monotonic() - began > seconds
