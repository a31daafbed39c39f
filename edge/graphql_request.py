"""Reading what a client asks of `/graphql` (GraphQL over HTTP)."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request

from edge.body import RequestError, read_body

BODY_BYTES_MAX = 100_000
"""The longest body."""

URL_BYTES_MAX = 32_000
"""The longest query of a URL."""

PARAMETERS_MAX = 10
"""Parameters of a URL."""

ID_MAX = 100
"""Characters of a document's identifier."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for: a document or the identifier of one, and how to run it."""

    query: str | None
    document_id: str | None
    variables: Mapping[str, Any]
    operation_name: str | None


async def read(request: Request) -> Asked:
    """Read the document or its identifier, the variables and the operation's name.

    Raises:
        RequestError: the request cannot be had, or is not of the right shape.
    """
    return asked_by(await _body(request) if request.method == "POST" else _members(request))


def asked_by(members: Mapping[str, Any]) -> Asked:
    """Return what the members of a request ask for.

    Raises:
        RequestError: they are not of the right shape.
    """
    query = _member(members, "query", str)
    variables = _member(members, "variables", dict)
    name = _member(members, "operationName", str)
    extensions = _member(members, "extensions", dict)
    document_id = _member(members, "documentId", str)
    if query is None and document_id is None:
        document_id = _hash_of_apollo(extensions or {})
    if (query is None) == (document_id is None):
        raise _bad("Either query or documentId must be given.")
    if len(document_id or "") > ID_MAX:
        raise _bad(f"documentId must be at most {ID_MAX} characters.")
    return Asked(query, document_id, variables or {}, name or None)


def _members(request: Request) -> dict[str, Any]:
    """Read a URL's parameters; variables and extensions are JSON there."""
    query: bytes = request.scope["query_string"]
    if len(query) > URL_BYTES_MAX:
        raise RequestError(
            414, "URL_TOO_LONG", f"The query of the URL is longer than {URL_BYTES_MAX:,} bytes."
        )
    try:
        pairs = parse_qsl(query.decode("ascii"), max_num_fields=PARAMETERS_MAX, errors="strict")
    except ValueError:
        raise _bad("The query of the URL cannot be read.") from None
    members: dict[str, Any] = dict(pairs)
    if len(members) < len(pairs):
        raise _bad("A parameter of the URL is given twice.")
    for name in ("variables", "extensions"):
        if name in members:
            members[name] = _json(members[name].encode(), name)
    return members


async def _body(request: Request) -> dict[str, Any]:
    """Read a body, which must be JSON.

    A page of another origin can have a browser send neither this type nor the header with the
    token without asking first (CORS), so that there is nothing to forge a request with.
    """
    _check_type(request.headers.getlist("content-type"))
    members = _json(await read_body(request, bytes_max=BODY_BYTES_MAX), "The body")
    if not isinstance(members, dict):
        raise _bad("The body must be a JSON object.")
    return members


def _check_type(given: list[str]) -> None:
    """Make sure that the body is said to be JSON, once, in the encoding that JSON has."""
    header = Message()
    header["content-type"] = given[0] if len(given) == 1 else ""
    charset = header.get_content_charset("utf-8")
    if header.get_content_type() != "application/json" or charset not in {"utf-8", "utf8"}:
        raise RequestError(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "Content-Type must be application/json, in UTF-8.",
        )


def _json(text: bytes, name: str) -> Any:  # noqa: ANN401 (any JSON value)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _bad(f"{name} is not JSON.") from None


def _member(members: Mapping[str, Any], name: str, type_: type) -> Any:  # noqa: ANN401 (what the type says)
    value = members.get(name)
    if value is not None and not isinstance(value, type_):
        raise _bad(f"{name} must be {'a string' if type_ is str else 'an object'}.")
    return value


def _hash_of_apollo(extensions: Mapping[str, Any]) -> str | None:
    """Return the identifier where Apollo's clients have it."""
    persisted = extensions.get("persistedQuery")
    hashed = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    return hashed if isinstance(hashed, str) else None


def _bad(message: str) -> RequestError:
    return RequestError(400, "BAD_REQUEST", message)
