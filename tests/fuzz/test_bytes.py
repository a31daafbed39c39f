"""Bytes that are hardly HTTP, and frames that are hardly a protocol's."""

import contextlib
import json
import re
import socket
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from edge.app import HEADERS
from edge.websocket import PROTOCOL
from tests.fuzz.target import Target, examples

REQUESTS, CONVERSATIONS = 120, 50

STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n"
POST = b"POST /graphql HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
SMUGGLING = {
    "length and chunks": POST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "chunks and length": POST + CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n",
    "a list of lengths": POST + b"Content-Length: 0, 40\r\n\r\n",
    "a signed length": POST + b"Content-Length: +0\r\n\r\n",
    "a hexadecimal length": POST + b"Content-Length: 0x0\r\n\r\n",
    "a space before the colon": POST + b"Content-Length : 40\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a huge length": POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
    "another coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n",
    "chunked before the last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a folded header": POST + b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n\r\n",
    "a bare line feed": b"POST /graphql HTTP/1.1\nHost: t\nContent-Length: 0\n\n",
    "a bare return": POST + b"X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a huge chunk": POST + CHUNKED + b"\r\n" + b"f" * 17 + b"\r\n",
    "a negative chunk": POST + CHUNKED + b"\r\n-1\r\n",
    "a chunk without an end": POST + CHUNKED + b"\r\n1\r\nab0\r\n\r\n",
    "a zero in a header": POST + b"X: a\0b\r\n\r\n",
    "no host and no version": b"GET /graphql\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}
"""Each may be read in two ways; what follows it must be nobody's request."""

PIECES = (
    *(b"GET ", b"POST ", b"/graphql", b"/events", b"/livez", b" HTTP/1.1\r\n", b" HTTP/9.9\r\n"),
    *(b"\r\n", b"\n", b"\r", b"\0", b":", b" ", b"Host: t\r\n", b"Content-Length: 5\r\n", CHUNKED),
    *(b"5\r\nhello\r\n", b"0\r\n\r\n", b"\xff\xfe", b"Expect: 100-continue\r\n", b"%00", b"?a=%zz"),
    *(b"Upgrade: websocket\r\nConnection: Upgrade\r\n", b"Connection: close\r\n", SMUGGLED, POST),
)


def exchange(target: Target, sent: bytes) -> bytes:
    """Send bytes and nothing more, and return all that comes until the connection ends."""
    received = b""
    with (
        socket.create_connection(("127.0.0.1", target.served.port), timeout=20) as sock,
        contextlib.suppress(ConnectionError),
    ):
        sock.sendall(sent)
        sock.shutdown(socket.SHUT_WR)
        while part := sock.recv(65_536):
            received += part
    for status in STATUS.findall(received):
        target.check(int(status), received)
    return received


@pytest.mark.parametrize("kind", SMUGGLING)
def test_nothing_is_smuggled(target: Target, kind: str) -> None:
    received = exchange(target, SMUGGLING[kind] + SMUGGLED)
    assert STATUS.findall(received) in ([], [b"400"])
    assert target.http.get("/livez").status_code == 200


def test_whatever_is_sent(target: Target, *, long: bool) -> None:
    pieces = st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=12)

    @given(pieces.map(b"".join))
    @examples(REQUESTS, long=long)
    def send(sent: bytes) -> None:
        exchange(target, sent)

    with target.steady() as warm:
        send()
        warm()
        send()


MESSAGES = (
    *(
        '{"type":"connection_init"}',
        '{"type":"ping"}',
        '{"type":"pong"}',
        "",
        "{",
        "[]",
        "5",
        "null",
    ),
    '{"type":"connection_init","payload":{"authorization":"Bearer x"}}',
    '{"type":"connection_init","payload":{"authorization":5}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ account { id } }"}}',
    '{"type":"subscribe","id":"1","payload":{"query":"subscription { usageChanged { id } }"}}',
    '{"type":"subscribe","id":"2","payload":{"query":"{"}}',
    *('{"type":"subscribe","id":5}', '{"type":"subscribe"}', '{"type":"complete","id":"1"}'),
    *(
        '{"type":"next","id":"1"}',
        '{"type":[]}',
        '{"type":"ping","payload":' + "[" * 900 + "]" * 900 + "}",
    ),
)
LAST = '{"type":"ping","payload":{"last":1}}'
CLOSED = {1000, 1002, 1003, 1007, 1009, 1013, 4400, 4401, 4403, 4406, 4408, 4409, 4429}
"""The codes of those who close because of what a client did, or has done by now."""


def test_whatever_is_said_on_a_socket(target: Target, *, long: bool) -> None:
    said = st.lists(
        st.sampled_from(MESSAGES) | st.text(max_size=20) | st.binary(max_size=20), max_size=8
    )

    @given(said, st.sampled_from(sorted(target.callers)), st.booleans())
    @examples(CONVERSATIONS, long=long)
    def converse(messages: Sequence[str | bytes], caller: str, known: bool) -> None:  # noqa: FBT001 (hypothesis gives it)
        address = f"ws://127.0.0.1:{target.served.port}/graphql"
        protocol = Subprotocol(PROTOCOL if known else "graphql-ws")
        with connect(
            address,
            subprotocols=[protocol],
            additional_headers=target.callers[caller],
            compression=None,
        ) as socket_:
            received = b""
            with contextlib.suppress(ConnectionClosed):
                for message in (*messages, LAST):
                    socket_.send(message)
                while b'"last"' not in received:
                    part = socket_.recv(timeout=20)
                    received += part.encode() if isinstance(part, str) else part
            target.check(0, received, caller)
        assert socket_.close_code in CLOSED

    with target.steady() as warm:
        converse()
        warm()
        converse()


@pytest.mark.parametrize(
    ("path", "origin"), [("/graphql", "https://evil.example"), ("/elsewhere", None)]
)
def test_a_socket_is_refused_as_a_request_is(target: Target, path: str, origin: str | None) -> None:
    address = f"ws://127.0.0.1:{target.served.port}{path}"
    came = None if origin is None else Origin(origin)
    with pytest.raises(InvalidStatus) as caught:
        connect(address, subprotocols=[Subprotocol(PROTOCOL)], origin=came)
    reply = caught.value.response
    target.check(reply.status_code, bytes(reply.body))
    assert (reply.status_code, json.loads(reply.body)["code"]) == (403, "FORBIDDEN")
    assert [reply.headers[name.decode()].encode() for name, _ in HEADERS] == [v for _, v in HEADERS]
    assert len(reply.headers["x-request-id"]) == 32
    assert reply.headers["cache-control"] == "no-store"


def test_frames_that_are_none(target: Target, *, long: bool) -> None:
    """Whatever follows the handshake."""
    handshake = (
        b"GET /graphql HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )

    @given(st.binary(min_size=1, max_size=40))
    @examples(CONVERSATIONS, long=long)
    def send(frames: bytes) -> None:
        assert exchange(target, handshake + frames).startswith(b"HTTP/1.1 101 ")

    with target.steady() as warm:
        send()
        warm()
        send()
