"""Requests that are larger than any of ours cost the server next to nothing."""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest

from edge.events import BATCH, STREAM
from resolvers import service_key
from resolvers.principal import Role, Scope
from tests.support.hostile import READ, WALKED
from tests.support.http import PEPPER
from tests.support.running import Served, bearer, serving
from tests.support.world import World

CPU_SECONDS_MAX = 0.1
MEMORY_BYTES_MAX = 10_000_000
TIMES, TIMES_LONG = 1, 20
TIMES_IN_DOUBT = 5
"""How often a request is sent that first seemed to cost too much."""

HEAD = "{} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
JSON = "application/json"
LINES = HEAD.format("POST /events") + f"Content-Type: {STREAM}\r\n"
CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n" + b"f4240\r\n%b\r\n" % (b" " * 1_000_000) * 20
READS = HEAD.format("GET /graphql?query=%7B__typename%7D").encode()


def posted(path: str, media_type: str, body: bytes, *headers: str) -> bytes:
    lines = [f"Content-Type: {media_type}", f"Content-Length: {len(body)}", *headers, "", ""]
    return HEAD.format(f"POST {path}").encode() + "\r\n".join(lines).encode() + body


def asked(query: str, headers: Sequence[str] = (), **variables: object) -> bytes:
    content = {"query": query, "variables": variables}
    return posted("/graphql", JSON, json.dumps(content).encode(), *headers)


BYTES = {
    "a long body that says so": posted("/graphql", JSON, b" " * 20_000_000),
    "a long body that does not": HEAD.format("POST /graphql").encode()
    + f"Content-Type: {JSON}\r\n".encode()
    + CHUNKS,
    "a stream of nobody": LINES.encode() + CHUNKS,
    "a long header": b"GET / HTTP/1.1\r\na: " + b"b" * 20_000_000,
    "many headers": b"GET / HTTP/1.1\r\n" + b"a:\r\n" * 1_000_000,
    "many requests": b"GET / HTTP/1.1\r\nHost: t\r\n\r\n" * 100_000,
    "blank lines": b"\r\n" * 1_000_000,
    "many ranges": READS + b"Accept: " + b"a/b;q=0.1," * 1_500 + b"\r\n\r\n",
    "many tags": READS + b"If-None-Match: " + b'W/"a",' * 2_500 + b"\r\n\r\n",
    "a long token": READS + b"Authorization: Bearer " + b"a.b." * 3_900 + b"\r\n\r\n",
    "many parts of a type": HEAD.format("POST /graphql").encode()
    + f"Content-Type: {JSON}{'; a=b' * 3_000}\r\n\r\n".encode(),
    "many parameters": HEAD.format(f"GET /graphql?{'a=b&' * 3_900}").encode() + b"\r\n",
    "a long path": HEAD.format(f"GET /{'a/' * 7_900}").encode() + b"\r\n",
    "an escaped path": HEAD.format(f"GET /{'%2e%2e%2f' * 1_700}").encode() + b"\r\n",
}
"""Requests that are refused before anybody asks what they want."""

BODIES = {
    "deep arrays": b"[" * 90_000,
    "deep objects": b'{"a":' * 15_000,
    "a long number": b'{"query":' + b"9" * 90_000 + b"}",
    "many members": b"{" + b",".join(b'"%d":0' % n for n in range(9_000)) + b"}",
    "no text": b"\xff" * 90_000,
    "deep variables": b'{"query":"{ a }","variables":{"a":' + b"[" * 900 + b"]" * 900 + b"}}",
    "many variables": b'{"query":"{ account { id } }","variables":{%b}}'
    % b",".join(b'"%d":0' % n for n in range(7_000)),
    "a long name": b'{"query":"{ a }","operationName":"' + b"a" * 90_000 + b'"}',
    "a long hash": b'{"documentId":"' + b"a" * 90_000 + b'"}',
}
"""Bodies for `/graphql`."""

CHANGE = """mutation ($amount: Money!, $key: String!) {
  topUpCarrierBalance(input: {amount: $amount, idempotencyKey: $key, expectedVersion: 0}) {
    __typename
  }
}"""
VALUES: dict[str, tuple[str, dict[str, object]]] = {
    "a long amount": (CHANGE, {"amount": "9" * 90_000, "key": "k"}),
    "a long fraction": (CHANGE, {"amount": "0." + "9" * 90_000, "key": "k"}),
    "an exponent": (CHANGE, {"amount": "1e999999999", "key": "k"}),
    "a long key": (CHANGE, {"amount": "1", "key": "k" * 90_000}),
    "a long id": ("query ($id: ID) { account(id: $id) { id } }", {"id": "0" * 90_000}),
    "a long cursor": (
        "query ($after: String) { accounts(first: 1, after: $after) { nodes { id } } }",
        {"after": "QUFB" * 20_000},
    ),
    "a large page": ("{ accounts(first: 2147483647) { nodes { id } } }", {}),
    "a long instant": (
        "query ($at: DateTime) { account { cycle(asOf: $at) { number } } }",
        {"at": "2026-" + "1" * 90_000},
    ),
    "a list for a value": ("query ($id: ID) { account(id: $id) { id } }", {"id": ["a"] * 15_000}),
}
"""Values for the arguments of those who may ask."""

EVENTS = {
    "deep arrays": b"[" * 900_000,
    "a long number": b"[" + b"9" * 900_000 + b"]",
    "too many numbers": b"[" + b",".join([b"0"] * 400_000) + b"]",
    "too many objects": b"[" + b",".join([b"{}"] * 300_000) + b"]",
    "too many fractions": b"[" + b",".join([b"1.5"] * 240_000) + b"]",
    "too many members": b"[" + b",".join([b'{"":0}'] * 140_000) + b"]",
    "too many within one": b'[{"data":[' + b",".join([b"{}"] * 300_000) + b"]}]",
    "a long id": b'[{"id":"' + b"a" * 900_000 + b'"}]',
    "many attributes": b"[{" + b",".join(b'"a%d":0' % n for n in range(80_000)) + b"}]",
    "no text": b"\xff" * 900_000,
    "no events": b"[" + b",".join([b"{}"] * 5_000) + b"]",
    "events of nobody": b"[%b]"
    % b",".join([b'{"type":"message","data":{"contact":5},"id":"%d"}' % n for n in range(1_500)]),
}
"""Batches for `/events`."""


def requests(key: str) -> dict[str, bytes]:
    """Return all that is tried; the service with this key sends the events."""
    admin = [f"{name}: {value}" for name, value in bearer(Role.ADMIN, "acme").items()]
    service = f"authorization: Bearer {key}"
    return {
        **BYTES,
        **{f"body: {name}": posted("/graphql", JSON, body) for name, body in BODIES.items()},
        **{f"document: {name}": asked(text, admin) for name, text in (WALKED | READ).items()},
        **{f"value: {name}": asked(text, admin, **given) for name, (text, given) in VALUES.items()},
        **{
            f"batch: {name}": posted("/events", BATCH, body, service)
            for name, body in EVENTS.items()
        },
    }


class Cost(NamedTuple):
    """What a request took of the processor and, at most, of the memory."""

    seconds: float
    bytes: int

    def too_much(self) -> bool:
        return self.seconds > CPU_SECONDS_MAX or self.bytes > MEMORY_BYTES_MAX


async def send(served: Served, request: bytes) -> Cost:
    """Send it, as far as that goes, and return what it cost."""
    served.forget_peak()
    held, before = served.held_bytes(), served.cpu_seconds()
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    with contextlib.suppress(ConnectionError):
        writer.write(request)
        said = await reader.read(100_000)
        assert not said.startswith(b"HTTP/1.1 5"), said
        while await reader.read(100_000):
            pass
    writer.transport.abort()
    await asyncio.sleep(0.01)
    return Cost(served.cpu_seconds() - before, served.peak_bytes() - held)


async def cost(served: Served, request: bytes, times: int) -> Cost:
    """Return what it costs as a rule."""
    found = [await send(served, request) for _ in range(times)]
    if any(each.too_much() for each in found):
        found += [await send(served, request) for _ in range(TIMES_IN_DOUBT)]
    seconds, held = zip(*found, strict=True)
    return Cost(median(seconds), int(median(held)))


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="it is read from /proc")
async def test_what_is_too_much_costs_next_to_nothing(
    dsn: str, own_world: World, tmp_path: Path, *, long: bool
) -> None:
    await own_world.account("acme")
    key = await service_key.create(
        own_world.pool,
        PEPPER,
        name="e",
        scopes=[Scope.INGEST],
        expires_at=None,
        at=own_world.clock(),
    )
    async with serving(dsn, tmp_path) as served:
        await send(served, READS + b"\r\n")
        times = TIMES_LONG if long else TIMES
        found = {name: await cost(served, each, times) for name, each in requests(key).items()}
        assert {name: cost for name, cost in found.items() if cost.too_much()} == {}
        said = served.said()
        assert ("Traceback" in said, "[error" in said) == (False, False)
