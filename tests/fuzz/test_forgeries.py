"""Every classic forgery is taken to servers that run, over HTTP and over a WebSocket.

One has a secret that tokens are signed with, the other a URL of keys.
"""

import json
import time
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import pytest_asyncio
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from edge.websocket import PROTOCOL
from tests.fuzz.target import Target
from tests.support import keys
from tests.support.http import SECRET
from tests.support.keys import Provider, provided
from tests.support.running import Served, serving
from tests.support.tokens import CLAIMS, forgeries, hs256

QUESTION = {"query": "{ account { name } }"}
NAMES = forgeries(SECRET, 0)
NAMES_OF_KEYS = keys.forgeries(0, "")


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[Provider]:
    """Keys that forgeries name: nobody is to ask for them."""
    with provided() as made:
        yield made


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """The keys of the settings."""
    with provided() as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def believing(
    target: Target, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    """A server of the same database that believes the keys of a URL."""
    folder = tmp_path_factory.mktemp("believing")
    async with serving(target.dsn, folder, token_secret="", jwks_url=provider.url) as served:
        yield served


def test_a_good_token_is_taken(target: Target) -> None:
    now = int(time.time())
    good = hs256({**CLAIMS, "iat": now, "exp": now + 600}, key=SECRET)
    take(target, target.served, good)


@pytest.mark.parametrize("name", NAMES)
def test_a_forged_one_is_refused(target: Target, name: str) -> None:
    refuse(target, target.served, forgeries(SECRET, int(time.time()))[name])


@pytest.mark.parametrize("name", keys.good(0))
def test_one_that_is_signed_with_a_key_is_taken(
    target: Target, believing: Served, name: str
) -> None:
    take(target, believing, keys.good(int(time.time()))[name])


def test_those_that_pretend_to_be_are_refused(
    target: Target, believing: Served, provider: Provider, elsewhere: Provider
) -> None:
    """All of them, one after the other: the keys are asked for once more, at most."""
    asked = len(provider.asked)
    made = keys.forgeries(int(time.time()), elsewhere.url)
    assert list(made) == list(NAMES_OF_KEYS)
    for forged in made.values():
        refuse(target, believing, forged)
    assert len(provider.asked) - asked <= 1
    assert elsewhere.asked == []
    take(target, believing, keys.good(int(time.time()))["RSA"])
    said = believing.said()
    assert "Traceback" not in said


def take(target: Target, served: Served, good: str) -> None:
    reply = asked(target, served, good)
    assert reply.json()["data"] == {"account": {"name": "Acme"}}
    assert said_on_socket(served, good) == (0, '{"type":"connection_ack"}')


def refuse(target: Target, served: Served, forged: str) -> None:
    reply = asked(target, served, forged)
    assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Bearer"), forged
    assert reply.json()["code"] == "UNAUTHENTICATED"
    target.check(reply.status_code, reply.content)
    assert said_on_socket(served, forged)[0] == 4403, forged


def asked(target: Target, served: Served, bearer: str) -> httpx2.Response:
    headers = {"authorization": f"Bearer {bearer}"}
    return target.http.post(f"{served.address}/graphql", json=QUESTION, headers=headers)


def said_on_socket(served: Served, bearer: str) -> tuple[int, str]:
    """Begin with this token; return the code that the socket is closed with, or what is said."""
    address = f"ws://127.0.0.1:{served.port}/graphql"
    init = {"type": "connection_init", "payload": {"authorization": f"Bearer {bearer}"}}
    with connect(address, subprotocols=[Subprotocol(PROTOCOL)], compression=None) as socket:
        socket.send(json.dumps(init))
        try:
            return 0, str(socket.recv(timeout=20))
        except ConnectionClosed:
            return int(socket.close_code or 0), ""
