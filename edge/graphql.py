"""``POST /graphql``: GraphQL over HTTP."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from strawberry.types import ExecutionResult

from edge.auth import caller
from edge.body import RequestError, read_body
from edge.reply import reply
from edge.state import state_of
from resolvers.context import Session
from schema.root import Schema

BODY_BYTES_MAX = 100_000
"""The longest request."""

GRAPHQL_JSON = "application/graphql-response+json"


class GraphQL:
    """The endpoint."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    async def respond(self, request: Request) -> Response:
        """Run one operation."""
        principal = await caller(request)
        try:
            document, variables, operation_name = await _read(request)
        except RequestError as error:
            return _refused(request, error)
        state = state_of(request)
        result = await self._schema.execute(
            document,
            variable_values=variables,
            operation_name=operation_name,
            context_value=Session(
                state["pool"], state["clock"], principal, state["key_pepper"], state["accounts"]
            ),
        )
        assert isinstance(result, ExecutionResult)
        return _answer(request, result)


async def _read(request: Request) -> tuple[str, dict[str, Any] | None, str | None]:
    """Read the document, the variables and the operation's name.

    Raises:
        RequestError: the body cannot be had, or is not a JSON object of the right shape.
    """
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != "application/json":
        raise RequestError(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be application/json.")
    try:
        body = orjson.loads(await read_body(request, bytes_max=BODY_BYTES_MAX))
    except orjson.JSONDecodeError:
        raise RequestError(400, "BAD_REQUEST", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise RequestError(400, "BAD_REQUEST", "The body must be a JSON object.")
    return (
        _member(body, "query", str, needed=True),
        _member(body, "variables", dict),
        _member(body, "operationName", str),
    )


def _member(body: dict[str, Any], name: str, type_: type, *, needed: bool = False) -> Any:  # noqa: ANN401 (what the type says)
    value = body.get(name)
    if value is None and not needed:
        return None
    if not isinstance(value, type_):
        kind = "a string" if type_ is str else "an object"
        raise RequestError(400, "BAD_REQUEST", f"{name} must be {kind}.")
    return value


def _answer(request: Request, result: ExecutionResult) -> Response:
    """Write a result; what never ran has no data, and says so in the status (GraphQL over HTTP).

    Clients of before that specification get 200 with `application/json`.
    """
    errors = [error.formatted for error in result.errors or ()]
    ran = result.data is not None or any("path" in error for error in errors)
    content: dict[str, Any] = {"data": result.data} if ran else {}
    if errors:
        content["errors"] = errors
    modern = GRAPHQL_JSON in request.headers.get("accept", "")
    return reply(
        content,
        status=400 if modern and not ran else 200,
        media_type=GRAPHQL_JSON if modern else "application/json",
    )


def _refused(request: Request, error: RequestError) -> Response:
    modern = GRAPHQL_JSON in request.headers.get("accept", "")
    return reply(
        {"errors": [{"message": str(error), "extensions": {"code": error.code}}]},
        status=error.status,
        media_type=GRAPHQL_JSON if modern else "application/json",
    )
