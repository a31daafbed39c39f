"""Reading a request's body whole, under a cap and a deadline."""

import asyncio

from starlette.requests import ClientDisconnect, Request


class RequestError(Exception):
    """The request cannot be taken; `status` and `code` say why."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def check_encoding(request: Request) -> None:
    """Make sure that the body comes as it is.

    Raises:
        RequestError: it is compressed.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RequestError(415, "UNSUPPORTED_ENCODING", "Content-Encoding is not taken.")


async def read_body(request: Request, *, bytes_max: int) -> bytes:
    """Read the whole body.

    Raises:
        RequestError: it is longer than `bytes_max`, encoded, too slow, or was cut off.
    """
    check_encoding(request)
    if int(request.headers.get("content-length", 0)) > bytes_max:
        raise _too_long(bytes_max)
    seconds: float = request.state.client_seconds
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > bytes_max:
                    raise _too_long(bytes_max)
                parts.append(chunk)
    except TimeoutError:
        raise RequestError(408, "TIMEOUT", f"The body took over {seconds:g} s.") from None
    except ClientDisconnect:
        raise RequestError(400, "CUT_OFF", "The body was cut off.") from None
    return b"".join(parts)


def _too_long(bytes_max: int) -> RequestError:
    return RequestError(413, "BODY_TOO_LONG", f"The body is longer than {bytes_max:,} bytes.")
