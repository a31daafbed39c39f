"""Every classic forgery is taken to a server that runs, over HTTP and over a WebSocket."""

import json
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from edge.websocket import PROTOCOL
from tests.fuzz.target import Target
from tests.support.http import SECRET
from tests.support.tokens import CLAIMS, forgeries, hs256

QUESTION = {"query": "{ account { name } }"}
NAMES = forgeries(SECRET, 0)


def token(name: str) -> str:
    return forgeries(SECRET, int(time.time()))[name]


def test_a_good_token_is_taken(target: Target) -> None:
    now = int(time.time())
    good = hs256({**CLAIMS, "iat": now, "exp": now + 600}, key=SECRET)
    headers = {"authorization": f"Bearer {good}"}
    reply = target.http.post("/graphql", json=QUESTION, headers=headers)
    assert reply.json()["data"] == {"account": {"name": "Acme"}}
    assert said_on_socket(target, good) == (0, '{"type":"connection_ack"}')


@pytest.mark.parametrize("name", NAMES)
def test_a_forged_one_is_refused(target: Target, name: str) -> None:
    forged = token(name)
    headers = {"authorization": f"Bearer {forged}"}
    reply = target.http.post("/graphql", json=QUESTION, headers=headers)
    assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Bearer")
    assert reply.json()["code"] == "UNAUTHENTICATED"
    target.check(reply.status_code, reply.content)
    assert said_on_socket(target, forged)[0] == 4403


def said_on_socket(target: Target, forged: str) -> tuple[int, str]:
    """Begin with this token; return the code that the socket is closed with, or what is said."""
    address = f"ws://127.0.0.1:{target.served.port}/graphql"
    init = {"type": "connection_init", "payload": {"authorization": f"Bearer {forged}"}}
    with connect(address, subprotocols=[Subprotocol(PROTOCOL)], compression=None) as socket:
        socket.send(json.dumps(init))
        try:
            return 0, str(socket.recv(timeout=20))
        except ConnectionClosed:
            return int(socket.close_code or 0), ""
