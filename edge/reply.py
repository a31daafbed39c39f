"""JSON replies of the endpoints that are not GraphQL."""

from typing import Any

import orjson
from starlette.responses import Response

from edge.note import noted


def reply(
    content: Any,  # noqa: ANN401 (any JSON value)
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    """Reply with JSON that nobody may store."""
    return Response(
        orjson.dumps(content),
        status_code=status,
        headers={"cache-control": "no-store", **(headers or {})},
        media_type=media_type,
    )


UNAVAILABLE = "The service is briefly unavailable. Try again."

OUTCOME_UNKNOWN = (
    "The service was cut off while it stored this: it may be stored, or not. Send the same again."
)


def problem(status: int, code: str, message: str, *, retry_seconds: int | None = None) -> Response:
    """Reply that the request as a whole was refused, and why."""
    noted().code = code
    headers = {} if retry_seconds is None else {"retry-after": str(retry_seconds)}
    if status == 401:  # noqa: PLR2004 (the status itself)
        headers["www-authenticate"] = "Bearer"
    return reply({"code": code, "message": message}, status=status, headers=headers)
