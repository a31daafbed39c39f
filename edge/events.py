"""``POST /events``: CloudEvents in, as one, as a batch or as a stream of lines."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TypeAlias

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from billing.event import Event
from edge import cloudevent
from edge.admission import limited
from edge.auth import caller
from edge.body import RequestError, check_encoding, read_body
from edge.lines import Lines
from edge.reply import problem, reply
from edge.state import state_of
from resolvers import ingest
from resolvers.ingest import EventError, Outcome
from resolvers.principal import Scope, Service

Item: TypeAlias = tuple[int, Event | EventError]
"""What was read at an index."""

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
STREAM = "application/x-ndjson"

BODY_BYTES_MAX = 1_000_000
"""The longest body of one event or one batch."""

BATCH_EVENTS_MAX = 5_000
"""Events in one batch."""

BATCH_BRACKETS_MAX = 20_000
"""Objects and arrays in one batch: read, each takes a hundred times the bytes that it came in."""

STREAMS_MAX = 4
"""Streams taken in at the same time."""

COMMIT_LINES = 2_000
"""A stream is committed each time that it has brought so many lines."""

COMMIT_SECONDS = 1.0
"""And no later than this after the first line that is not committed."""

AUTHENTICATE_SECONDS = 1.0
"""How long it may take to tell who sends, which is before anything is read."""


class Events:
    """The endpoint, with the slots that streams share."""

    def __init__(self) -> None:
        self._streams = asyncio.Semaphore(STREAMS_MAX)

    async def respond(self, request: Request) -> Response:
        """Take events in and reply with what became of them."""
        async with state_of(request)["ingest_admission"].enter(seconds=AUTHENTICATE_SECONDS):
            principal = await caller(request)
        if not isinstance(principal, Service):
            return problem(401, "UNAUTHENTICATED", "Events are taken with a service key.")
        if Scope.INGEST not in principal.scopes:
            return problem(403, "SCOPE_MISSING", "The service key has no scope ingest.")
        media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        try:
            if media_type == STREAM:
                return await self._stream(request)
            if media_type in (SINGLE, BATCH):
                return await _body(request, media_type)
        except RequestError as error:
            return problem(
                error.status,
                error.code,
                str(error),
                retry_seconds=1 if error.status == 503 else None,  # noqa: PLR2004 (the status)
            )
        return problem(
            415, "UNSUPPORTED_MEDIA_TYPE", f"Content-Type must be {SINGLE}, {BATCH} or {STREAM}."
        )

    async def _stream(self, request: Request) -> Response:
        check_encoding(request)
        if self._streams.locked():
            raise RequestError(503, "TOO_MANY_STREAMS", f"{STREAMS_MAX} streams are open.")
        async with self._streams, aclosing(_batches(request)) as batches:
            outcome = Outcome()
            async for items in batches:
                async with limited(state_of(request)["ingest_admission"].seconds):
                    await _take(request, items, outcome)
            return _told(outcome)


async def _body(request: Request, media_type: str) -> Response:
    body = await read_body(request, bytes_max=BODY_BYTES_MAX)
    async with state_of(request)["ingest_admission"].enter(request):
        return await _whole(request, body, media_type)


async def _whole(request: Request, body: bytes, media_type: str) -> Response:
    brackets = body.count(b"{") + body.count(b"[")
    if brackets > BATCH_BRACKETS_MAX:
        return problem(
            413,
            "TOO_MANY_OBJECTS",
            f"The body has {brackets:,} objects and arrays; at most {BATCH_BRACKETS_MAX:,} are "
            "taken, brackets within strings among them.",
        )
    try:
        raw = orjson.loads(body)
    except orjson.JSONDecodeError:
        return problem(400, "UNREADABLE", "The body is not JSON.")
    if media_type == SINGLE:
        raw = [raw]
    elif not isinstance(raw, list):
        return problem(400, "UNREADABLE", "The body of a batch must be a JSON array.")
    if len(raw) > BATCH_EVENTS_MAX:
        return problem(
            413,
            "TOO_MANY_EVENTS",
            f"The batch has {len(raw):,} events; at most {BATCH_EVENTS_MAX:,} are taken.",
        )
    outcome = Outcome()
    await _take(request, [(i, cloudevent.read(i, event)) for i, event in enumerate(raw)], outcome)
    return _told(outcome)


def _told(outcome: Outcome) -> Response:
    return reply(
        {
            "accepted": outcome.accepted,
            "duplicates": outcome.duplicates,
            "conflicts": outcome.conflicts,
            "rejected": outcome.rejected,
            "errors": outcome.errors,
        }
    )


async def _take(request: Request, items: Sequence[Item], outcome: Outcome) -> None:
    """Take a batch in and count it, whatever becomes of those that follow."""
    state = state_of(request)
    batch = Outcome()
    await ingest.take(state["ingest_pool"], items, batch, clock=state["clock"])
    newest = max(
        (item.fact.occurred_at for _, item in items if isinstance(item, Event)),
        default=state["clock"](),
    )
    state["metrics"].took(batch, (state["clock"]() - newest).total_seconds())
    outcome.add(batch)


async def _batches(request: Request) -> AsyncGenerator[list[Item]]:
    """Yield the stream's events, as many at a time as one transaction is to take.

    Raises:
        RequestError: no line ended for too long, the stream was cut off, or the server stops.
    """
    loop = asyncio.get_running_loop()
    lines = Lines()
    batch: list[Item] = []
    due_at = 0.0
    line_at = loop.time()
    async with aclosing(_chunks(request)) as chunks:
        async for chunk in chunks:
            if b"\n" in chunk:
                line_at = loop.time()
            _check_going_on(request, loop.time() - line_at)
            for index, line in lines.feed(chunk):
                if not batch:
                    due_at = loop.time() + COMMIT_SECONDS
                batch.append((index, cloudevent.read_line(index, line)))
                if len(batch) == COMMIT_LINES:
                    yield batch
                    batch, line_at = [], loop.time()
            if batch and loop.time() >= due_at:
                yield batch
                batch, line_at = [], loop.time()
    yield batch + [(index, cloudevent.read_line(index, line)) for index, line in lines.finish()]


def _check_going_on(request: Request, quiet_seconds: float) -> None:
    """Make sure that the stream may go on. Blank lines keep one open that has nothing to say.

    Raises:
        RequestError: no line has ended for too long, or the server stops.
    """
    state = state_of(request)
    if state["stopping"].is_set():
        raise RequestError(
            503, "UNAVAILABLE", "The server stops. Send the stream again: nothing counts twice."
        )
    if quiet_seconds >= state["client_seconds"]:
        raise RequestError(408, "TIMEOUT", f"No line ended for {state['client_seconds']:g} s.")


async def _chunks(request: Request) -> AsyncGenerator[bytes]:
    """Yield the body's chunks, and an empty one for each second without any.

    Raises:
        RequestError: the stream was cut off.
    """
    stream = request.stream()
    coming = asyncio.ensure_future(anext(stream, None))
    try:
        while True:
            done, _ = await asyncio.wait({coming}, timeout=COMMIT_SECONDS)
            if done:
                chunk = coming.result()
                if chunk is None:
                    return
                yield chunk
                coming = asyncio.ensure_future(anext(stream, None))
            else:
                yield b""
    except ClientDisconnect:
        raise RequestError(400, "CUT_OFF", "The body was cut off.") from None
    finally:
        coming.cancel()
