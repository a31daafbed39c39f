"""Writing what `/graphql` replies (GraphQL over HTTP)."""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import orjson
from graphql import GraphQLFormattedError
from starlette.requests import Request
from starlette.responses import Response

from edge.accept import preferred
from edge.body import RequestError
from edge.note import noted
from edge.reply import OUTCOME_UNKNOWN, UNAVAILABLE, reply

JSON, GRAPHQL_JSON = "application/json", "application/graphql-response+json"
"""The media types of replies; the first is for clients that like both as much."""

_COMPUTED_AT = re.compile(rb'"computedAt":"[^"]*"')


class Replier:
    """Replies to one request in the media type that its client likes best."""

    def __init__(self, request: Request) -> None:
        self._asks_again = request.method != "POST"
        self._known = request.headers.get("if-none-match", "")
        self._preferred = preferred(request.headers.get("accept", ""), (JSON, GRAPHQL_JSON))

    def check_acceptable(self) -> None:
        """Make sure that the client takes what is replied.

        Raises:
            RequestError: it takes neither media type.
        """
        if self._preferred is None:
            raise RequestError(406, "NOT_ACCEPTABLE", f"Accept must allow {GRAPHQL_JSON}.")

    def refuse(
        self,
        error: RequestError,
        *,
        extensions: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Say why the request was refused as a whole."""
        content: dict[str, Any] = {
            "errors": [{"message": str(error), "extensions": {"code": error.code}}]
        }
        if extensions is not None:
            content["extensions"] = extensions
        return self._reply(content, error.status, headers)

    def cut(self, *, unknown: bool) -> Response:
        """Say that an operation was cut short: of what it found, nothing is shown.

        `unknown` is whether what it was to store may be stored.
        """
        code = "OUTCOME_UNKNOWN" if unknown else "UNAVAILABLE"
        message = OUTCOME_UNKNOWN if unknown else UNAVAILABLE
        error = {"message": message, "extensions": {"code": code}}
        return self._reply({"data": None, "errors": [error]}, 503, {"retry-after": "1"})

    def refuse_document(self, errors: Sequence[GraphQLFormattedError]) -> Response:
        """Say why a document did not run.

        Clients of before that specification get 200 with `application/json`.
        """
        status = 400 if self._preferred == GRAPHQL_JSON else 200
        return self._reply({"errors": errors}, status)

    def answer(
        self,
        data: bytes,
        errors: Sequence[GraphQLFormattedError],
        extensions: Mapping[str, Any],
    ) -> Response:
        """Write what came of an operation; of a GET, nothing if the client has it already."""
        content: dict[str, Any] = {"data": orjson.Fragment(data), "extensions": extensions}
        if errors:
            content["errors"] = errors
        if errors or not self._asks_again:
            return self._reply(content, 200)
        tag = f'"{fingerprint(data)}"'
        headers = {
            "cache-control": "private, no-cache",
            "etag": f"W/{tag}",
            "vary": "Authorization, Accept",
        }
        if tag in (known.strip().removeprefix("W/") for known in self._known.split(",")):
            return Response(status_code=304, headers=headers)
        return self._reply(content, 200, headers)

    def _reply(
        self,
        content: Mapping[str, Any],
        status: int,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        if errors := content.get("errors"):
            told = errors[0]["extensions"]
            noted().code, noted().limit = told["code"], told.get("limit", "")
        return reply(
            content,
            status=status,
            headers=dict(headers or {}),
            media_type=self._preferred or GRAPHQL_JSON,
        )


def fingerprint(data: bytes) -> str:
    """Name what an answer says, whenever it was worked out.

    Hence the tag is weak: with 304 the numbers that the client has are those of now.
    """
    return sha256(_COMPUTED_AT.sub(b"", data)).hexdigest()[:32]
