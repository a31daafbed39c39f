"""Subscriptions of all kinds, and whatever is said around them: no failure, no leak, no growth."""

import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeAlias

import pytest
from graphql import GraphQLSchema, build_schema
from hypothesis import given
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from edge.events import BATCH
from edge.websocket import PROTOCOL, RUNNING_MAX
from tests.fuzz.target import METRICS, Target, examples
from tests.fuzz.test_schema import IDS, SCALARS, SDL

CONVERSATIONS = 60
SECONDS = 20
SAID = ("connection_ack", "pong", "next", "error", "complete")
CLOSED = (1000, 4400, 4401, 4403, 4409, 4429)
IDLE = re.compile(r'^kontingent_(subscribers|in_flight\{pool="queries"\}) 0\.0$', re.MULTILINE)
USED = "subscription { usageChanged { cycle { conversationUsage { used } } } }"

SCHEMA = build_schema(SDL)
WATCHING = queries(
    GraphQLSchema(query=SCHEMA.subscription_type),
    custom_scalars={name: st.sampled_from(of).map(nodes.String) for name, of in SCALARS.items()},
).map("subscription {}".format)
"""Subscriptions with whatever they may select, and arguments that fit their types."""

TORN = st.tuples(WATCHING, st.integers(0, 200)).map(lambda torn: torn[0][: torn[1]])
DOCUMENTS = st.one_of(WATCHING, WATCHING, TORN, st.just(USED), st.just("{ account { name } }"))
IDS_OF_CLIENT = st.sampled_from(("1", "2", "3"))
Step: TypeAlias = tuple[str, dict[str, Any]]
"""A type of message, and its other members; an "event" is sent to the account beside it."""

STEPS = st.one_of(
    st.builds(
        lambda id_, text: ("subscribe", {"id": id_, "payload": {"query": text}}),
        IDS_OF_CLIENT,
        DOCUMENTS,
    ),
    st.builds(lambda id_: ("complete", {"id": id_}), IDS_OF_CLIENT),
    st.sampled_from([("ping", {}), ("pong", {}), ("event", {}), ("connection_init", {})]),
)
CONVERSATION = st.lists(STEPS, max_size=8).map(lambda steps: [("connection_init", {}), *steps])

_NUMBERS = count()


def an_event(target: Target) -> None:
    """Open a conversation of the account that asks."""
    number = next(_NUMBERS)
    event = {
        "specversion": "1.0",
        "type": "message",
        "source": "/subscriptions",
        "id": str(number),
        "time": datetime.now(UTC).isoformat(),
        "subject": "acme",
        "data": {
            "contact": f"fuzz {number}",
            "channel": "CHAT",
            "direction": "outbound",
            "automated": False,
        },
    }
    headers = {**target.callers["an ingester"], "content-type": BATCH}
    reply = target.http.post("/events", content=json.dumps([event]), headers=headers)
    assert (reply.status_code, reply.json()["accepted"]) == (200, 1)


@contextlib.contextmanager
def connected(target: Target, caller: str) -> Iterator[ClientConnection]:
    with connect(
        f"ws://127.0.0.1:{target.served.port}/graphql",
        subprotocols=[Subprotocol(PROTOCOL)],
        additional_headers=target.callers[caller],
        compression=None,
        ping_interval=None,  # they are random, and Hypothesis would take them for a case's
    ) as socket:
        yield socket


def say(socket: ClientConnection, type_: str, **members: Any) -> None:
    socket.send(json.dumps({"type": type_, **members}))


def hear(
    target: Target, socket: ClientConnection, caller: str, seconds: float = SECONDS
) -> dict[str, Any]:
    """Return what is said next: it is a message that was thought of, and tells no secret."""
    text = str(socket.recv(timeout=seconds))
    target.check(0, text.encode(), caller)
    message: dict[str, Any] = json.loads(text)
    assert message["type"] in SAID
    return message


def converse(target: Target, caller: str, steps: Sequence[Step]) -> None:
    """Say it all, and wait until everything that was asked has had an answer."""
    asked = set[str]()
    with connected(target, caller) as socket, contextlib.suppress(ConnectionClosed):
        for type_, members in steps:
            if type_ == "event":
                an_event(target)
                continue
            say(socket, type_, **members)
            if type_ == "subscribe":
                asked.add(members["id"])
            asked -= {members["id"]} if type_ == "complete" else set()
        say(socket, "ping", payload={"last": True})
        ponged = False
        while asked or not ponged:
            message = hear(target, socket, caller)
            asked.discard(message.get("id", ""))
            ponged = ponged or message.get("payload") == {"last": True}
    assert socket.close_code in CLOSED


@pytest.mark.usefixtures("target")
def test_whatever_is_watched(target: Target, *, long: bool) -> None:
    told = 0

    @given(
        CONVERSATION,
        st.sampled_from(sorted(target.callers)),
        st.sampled_from(sorted(target.accounts)),
    )
    @examples(CONVERSATIONS, long=long)
    def ask(steps: list[Step], caller: str, whose: str) -> None:
        id_ = rf'\1: "{target.accounts[whose]}"'
        for _, members in steps:
            if "payload" in members:
                members["payload"]["query"] = IDS.sub(id_, members["payload"]["query"])
        converse(target, caller, steps)
        with contextlib.suppress(TimeoutError):
            while True:
                hear(target, patient, "an admin", seconds=0)

    with target.steady() as warm, connected(target, "an admin") as patient:
        say(patient, "connection_init")
        say(patient, "subscribe", id="kept", payload={"query": USED})
        ask()
        warm()
        ask()
        an_event(target)
        told = _last_told(target, patient)
    assert told >= 1
    _at_rest(target)


def test_sockets_are_left_without_a_word(target: Target) -> None:
    """Whoever leaves while much runs for them leaves nothing behind."""
    with target.steady() as warm:
        warm()
        for _ in range(5):
            with connected(target, "an admin") as socket:
                say(socket, "connection_init")
                for number in range(RUNNING_MAX):
                    say(socket, "subscribe", id=str(number), payload={"query": USED})
                an_event(target)
                socket.socket.close()
    _at_rest(target)


def _last_told(target: Target, patient: ClientConnection) -> int:
    """Return the number that somebody who watched all the time was told last, as it is now."""
    admin = target.callers["an admin"]
    question = {"query": USED.replace("subscription", "query").replace("usageChanged", "account")}
    data = target.http.post("/graphql", json=question, headers=admin).json()["data"]
    now: int = data["account"]["cycle"]["conversationUsage"]["used"]
    while True:
        message = hear(target, patient, "an admin")
        assert message["type"] in {"connection_ack", "next"}
        told = message.get("payload", {}).get("data")
        if told and told["usageChanged"]["cycle"]["conversationUsage"]["used"] == now:
            return now


def _at_rest(target: Target) -> None:
    """Make sure that nobody is watched for any more, and nobody has a place."""
    headers = {"authorization": f"Bearer {METRICS}"}
    found = ""
    for _ in range(100):
        found = target.http.get("/metrics", headers=headers).text
        if len(IDLE.findall(found)) == 2:
            return
    pytest.fail(found)
