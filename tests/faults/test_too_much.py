"""Requests that are larger than any of ours cost the server next to nothing."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import pytest

from tests.support.running import Served, serving

CPU_SECONDS_MAX = 0.1
MEMORY_BYTES_MAX = 10_000_000
TIMES, TIMES_LONG = 3, 20

POST = "POST {} HTTP/1.1\r\nHost: t\r\nContent-Type: {}\r\n"
GRAPHQL = POST.format("/graphql", "application/json").encode()
EVENTS = POST.format("/events", "application/x-ndjson").encode()
CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n" + b"f4240\r\n%b\r\n" % (b" " * 1_000_000) * 20
REQUESTS = {
    "a long body that says so": GRAPHQL + b"Content-Length: 20000000\r\n\r\n" + b" " * 20_000_000,
    "a long body that does not": GRAPHQL + CHUNKS,
    "a stream of nobody": EVENTS + CHUNKS,
    "a long header": b"GET / HTTP/1.1\r\na: " + b"b" * 20_000_000,
    "many headers": b"GET / HTTP/1.1\r\n" + b"a:\r\n" * 1_000_000,
    "many requests": b"GET / HTTP/1.1\r\nHost: t\r\n\r\n" * 100_000,
    "blank lines": b"\r\n" * 1_000_000,
}


async def send(served: Served, request: bytes) -> float:
    """Send it, as far as that goes; return the processor's time that it took the server."""
    before = served.cpu_seconds()
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    with contextlib.suppress(ConnectionError):
        writer.write(request)
        while await reader.read(100_000):
            pass
    writer.transport.abort()
    await asyncio.sleep(0.01)
    return served.cpu_seconds() - before


async def costs(served: Served, requests: Sequence[bytes], times: int) -> list[float]:
    return [median([await send(served, each) for _ in range(times)]) for each in requests]


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="it is read from /proc")
async def test_what_is_too_much_costs_next_to_nothing(
    own_dsn: str, tmp_path: Path, *, long: bool
) -> None:
    async with serving(own_dsn, tmp_path) as served:
        await send(served, b"GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        before = served.peak_bytes()
        measured = await costs(served, list(REQUESTS.values()), TIMES_LONG if long else TIMES)
        found = dict(zip(REQUESTS, measured, strict=True))
        assert {name: cost for name, cost in found.items() if cost > CPU_SECONDS_MAX} == {}
        assert served.peak_bytes() - before < MEMORY_BYTES_MAX
