"""What is a message of graphql-transport-ws, and what is not."""

import json

import pytest

from edge.graphql_request import Asked
from edge.message import (
    ID_CHARS_MAX,
    Complete,
    Init,
    Message,
    MessageError,
    Ping,
    Pong,
    Subscribe,
    read,
)

ASKED = Asked("{ a }", None, {}, None)
LONGEST = "x" * ID_CHARS_MAX


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"type": "connection_init"}, Init({})),
        ({"type": "connection_init", "payload": None}, Init({})),
        ({"type": "connection_init", "payload": {"a": 1}}, Init({"a": 1})),
        ({"type": "ping"}, Ping({})),
        ({"type": "ping", "payload": {"a": 1}}, Ping({"a": 1})),
        ({"type": "pong", "payload": {"a": 1}}, Pong()),
        ({"type": "complete", "id": "1"}, Complete("1")),
        ({"type": "complete", "id": LONGEST}, Complete(LONGEST)),
        ({"type": "subscribe", "id": "1", "payload": {"query": "{ a }"}}, Subscribe("1", ASKED)),
        (
            {
                "type": "subscribe",
                "id": "1",
                "payload": {"query": "{ a }", "variables": None, "extensions": None},
            },
            Subscribe("1", ASKED),
        ),
        (
            {
                "type": "subscribe",
                "id": "1",
                "payload": {"documentId": "sha256:0", "variables": {"a": 1}, "operationName": "A"},
            },
            Subscribe("1", Asked(None, "sha256:0", {"a": 1}, "A")),
        ),
    ],
)
def test_a_message_is_read(content: object, message: Message) -> None:
    assert read(json.dumps(content)) == message


NO_ID = f"An id must be a string of 1 to {ID_CHARS_MAX} characters."
NO_TYPE = "There is no message of this type."
NO_OBJECT = "A message must be a JSON object."
ONE_OF_THEM = "Either query or documentId must be given."


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ([], NO_OBJECT),
        (["connection_init"], NO_OBJECT),
        (5, NO_OBJECT),
        (None, NO_OBJECT),
        ("ping", NO_OBJECT),
        ({}, NO_TYPE),
        ({"type": None}, NO_TYPE),
        ({"type": ["ping"]}, NO_TYPE),
        ({"type": {"a": 1}}, NO_TYPE),
        ({"type": "PING"}, NO_TYPE),
        ({"type": "start"}, NO_TYPE),
        ({"type": "connection_ack"}, NO_TYPE),
        ({"type": "next", "id": "1", "payload": {}}, NO_TYPE),
        ({"type": "connection_init", "payload": []}, "A payload must be an object."),
        ({"type": "ping", "payload": "a"}, "A payload must be an object."),
        ({"type": "pong", "payload": 0}, "A payload must be an object."),
        ({"type": "complete"}, NO_ID),
        ({"type": "complete", "id": 1}, NO_ID),
        ({"type": "complete", "id": ""}, NO_ID),
        ({"type": "complete", "id": LONGEST + "x"}, NO_ID),
        ({"type": "subscribe", "payload": {"query": "{ a }"}}, NO_ID),
        ({"type": "subscribe", "id": "1"}, ONE_OF_THEM),
        ({"type": "subscribe", "id": "1", "payload": {}}, ONE_OF_THEM),
        ({"type": "subscribe", "id": "1", "payload": []}, "A payload must be an object."),
        (
            {"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "documentId": "a"}},
            ONE_OF_THEM,
        ),
        ({"type": "subscribe", "id": "1", "payload": {"query": 5}}, "query must be a string."),
        (
            {"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "variables": []}},
            "variables must be an object.",
        ),
        (
            {"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "operationName": 5}},
            "operationName must be a string.",
        ),
        (
            {"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "extensions": 5}},
            "extensions must be an object.",
        ),
    ],
)
def test_what_is_no_message_is_told_why(content: object, why: str) -> None:
    with pytest.raises(MessageError) as caught:
        read(json.dumps(content))
    assert str(caught.value) == why


@pytest.mark.parametrize(
    "text", ["", "{", "{'a': 1}", "NaN", "[" * 100_000, '{"type": 1' + "0" * 9]
)
def test_what_is_not_json_is_no_message(text: str) -> None:
    with pytest.raises(MessageError) as caught:
        read(text)
    assert str(caught.value) == "A message must be JSON."


def test_bytes_are_no_message() -> None:
    with pytest.raises(MessageError) as caught:
        read(None)
    assert str(caught.value) == "A message must be text."
