"""What clients say over a WebSocket: the messages of graphql-transport-ws, read strictly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from edge.body import RequestError
from edge.graphql_request import Asked, asked_by

ID_CHARS_MAX = 64
"""Characters of the id that a client gives an operation."""


class MessageError(Exception):
    """It is no message of the protocol."""


@dataclass(frozen=True, slots=True)
class Init:
    """Begins; nothing else may come before."""

    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ping:
    """Is to be answered at once, with the same payload."""

    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pong:
    """Answers, or only says that the client is there."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Starts an operation, of whatever kind."""

    id: str
    asked: Asked


@dataclass(frozen=True, slots=True)
class Complete:
    """Wants no more of an operation."""

    id: str


Message: TypeAlias = Init | Ping | Pong | Subscribe | Complete


def read(text: str | None) -> Message:
    """Read a frame, which is None if it is not of text.

    Raises:
        MessageError: it is no message of the protocol.
    """
    if text is None:
        raise MessageError("A message must be text.")
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise MessageError("A message must be JSON.") from None
    if not isinstance(content, dict):
        raise MessageError("A message must be a JSON object.")
    match content.get("type"):
        case "connection_init":
            return Init(_payload(content))
        case "ping":
            return Ping(_payload(content))
        case "pong":
            _payload(content)
            return Pong()
        case "subscribe":
            return Subscribe(_id(content), _asked(content))
        case "complete":
            return Complete(_id(content))
        case _:
            raise MessageError("There is no message of this type.")


def _payload(content: Mapping[str, Any]) -> Mapping[str, Any]:
    payload = content.get("payload")
    if payload is None:
        return {}
    if not isinstance(payload, dict):
        raise MessageError("A payload must be an object.")
    return payload


def _id(content: Mapping[str, Any]) -> str:
    id_ = content.get("id")
    if not isinstance(id_, str) or not 1 <= len(id_) <= ID_CHARS_MAX:
        raise MessageError(f"An id must be a string of 1 to {ID_CHARS_MAX} characters.")
    return id_


def _asked(content: Mapping[str, Any]) -> Asked:
    try:
        return asked_by(_payload(content))
    except RequestError as error:
        raise MessageError(str(error)) from None
