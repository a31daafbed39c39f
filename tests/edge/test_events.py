"""``POST /events``: one event, a batch, a stream; limits at the limit and one past it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

import server
from db.pool import acquire
from edge import events
from edge.events import (
    BATCH,
    BATCH_BRACKETS_MAX,
    BODY_BYTES_MAX,
    COMMIT_LINES,
    SINGLE,
    STREAM,
    STREAMS_MAX,
)
from resolvers import service_key
from resolvers.principal import Role, Scope
from schema.root import Schema
from tests.support.facts import blocked, stored
from tests.support.http import PEPPER, SECRET, Client, client
from tests.support.world import World, contents

URL = "/events"
OUTCOME = {"accepted": 0, "duplicates": 0, "conflicts": 0, "rejected": 0, "errors": []}


def event(n: int, **changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": "message",
        "source": "/inbox",
        "id": f"m-{n}",
        "time": "2026-11-20T10:00:00Z",
        "subject": "acme",
        "data": {
            "contact": f"c-{n}",
            "channel": "CHAT",
            "direction": "outbound",
            "automated": False,
        },
        **changes,
    }


def line(n: int, **changes: Any) -> bytes:
    return orjson.dumps(event(n, **changes), option=orjson.OPT_APPEND_NEWLINE)


class Sender:
    """A service that has a key."""

    def __init__(self, client_: Client, key: str) -> None:
        self.client = client_
        self.key = key

    async def post(
        self, content: Any, content_type: str, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Post a body and return the status and the reply."""
        reply = await self.reply(content, content_type, **headers)
        return reply.status_code, orjson.loads(reply.content)

    async def reply(self, content: Any, content_type: str, **headers: str) -> httpx2.Response:
        given = {"authorization": f"Bearer {self.key}", "content-type": content_type}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.http.post(URL, content=content, headers={**given, **named})

    async def taken(self, content: Any, content_type: str) -> dict[str, Any]:
        """Post a body that is taken, and return what differs from an empty outcome."""
        status, outcome = await self.post(content, content_type)
        assert (status, outcome.keys()) == (200, OUTCOME.keys())
        return {name: value for name, value in outcome.items() if value}


@pytest.fixture
async def sender(world: World, schema: Schema) -> AsyncIterator[Sender]:
    """A service with a key, and an account to send events of."""
    await world.account("acme", zone="UTC")
    async with client(schema, world.pool, world.ingest_pool, world.clock) as made:
        yield Sender(made, await made.key(Scope.INGEST))


@asynccontextmanager
async def impatient(world: World, sender: Sender) -> AsyncIterator[Sender]:
    """The same service before an application whose clients have a fifth of a second."""
    made = client(world.schema, world.pool, world.ingest_pool, world.clock, client_seconds=0.2)
    async with made as hurried:
        yield Sender(hurried, sender.key)


async def ids(world: World) -> list[str]:
    async with acquire(world.pool) as conn:
        return [row[0] for row in await conn.fetch("SELECT event_id FROM event ORDER BY event_id")]


# --- who may


@pytest.mark.parametrize("content_type", [SINGLE, BATCH, STREAM, "text/plain"])
async def test_only_a_service_with_the_scope(
    world: World, sender: Sender, content_type: str
) -> None:
    body = line(1)
    before = await contents(world.pool)
    refusals = [
        ({}, 401, "UNAUTHENTICATED"),
        ({"authorization": "Bearer kk_aaaaaaaa.x"}, 401, "UNAUTHENTICATED"),
        ({"authorization": "Basic YTpi"}, 401, "UNAUTHENTICATED"),
        ({"authorization": f"Bearer {sender.key[:-1]}"}, 401, "UNAUTHENTICATED"),
        (
            {"authorization": f"Bearer {sender.client.token(Role.OPERATOR)}"},
            401,
            "UNAUTHENTICATED",
        ),
        (
            {"authorization": f"Bearer {await sender.client.key(Scope.SEND)}"},
            403,
            "SCOPE_MISSING",
        ),
    ]
    for headers, status, code in refusals:
        reply = await sender.client.http.post(
            URL, content=body, headers={"content-type": content_type, **headers}
        )
        assert (reply.status_code, reply.json()["code"]) == (status, code)
        assert ("www-authenticate" in reply.headers) == (status == 401)
    assert await contents(world.pool) == before


async def test_other_content_types(sender: Sender) -> None:
    for content_type in (
        *("application/json", "text/plain", "", "application/cloudevents"),
        "application/cloudevents+xml",
    ):
        assert await sender.post(line(1), content_type) == (
            415,
            {
                "code": "UNSUPPORTED_MEDIA_TYPE",
                "message": "Content-Type must be application/cloudevents+json, "
                "application/cloudevents-batch+json or application/x-ndjson.",
            },
        )


@pytest.mark.parametrize("content_type", [SINGLE, BATCH, STREAM])
async def test_bodies_come_as_they_are(sender: Sender, content_type: str) -> None:
    for encoding in ("gzip", "br", "identity, gzip"):
        assert await sender.post(line(1), content_type, content_encoding=encoding) == (
            415,
            {"code": "UNSUPPORTED_ENCODING", "message": "Content-Encoding is not taken."},
        )


async def test_only_post(sender: Sender) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert (await sender.client.http.request(method, URL)).status_code == 405


# --- one event, and a batch


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (SINGLE, line(1)),
        (f"{SINGLE}; charset=utf-8", line(1)),
        ("Application/CloudEvents+JSON", line(1)),
        (BATCH, b"[" + line(1) + b"]"),
        (STREAM, line(1)),
        (f"{STREAM};charset=UTF-8", line(1)),
    ],
)
async def test_one_event(world: World, sender: Sender, content_type: str, body: bytes) -> None:
    assert await sender.taken(body, content_type) == {"accepted": 1}
    assert await sender.taken(body, content_type) == {"duplicates": 1}
    assert await ids(world) == ["m-1"]
    assert len((await stored(world.pool, "acme")).windows) == 1


async def test_the_reply_in_full(sender: Sender) -> None:
    conflict = event(1, time="2026-11-20T11:00:00Z")
    unknown = event(2, subject="nobody")
    batch = [event(1), conflict, unknown, event(1), {"id": "m-3"}, 5]
    reply = await sender.reply(orjson.dumps(batch), BATCH)
    assert reply.json() == {
        "accepted": 1,
        "duplicates": 2,
        "conflicts": 1,
        "rejected": 3,
        "errors": [
            {
                "index": 2,
                "id": "m-2",
                "code": "UNKNOWN_ACCOUNT",
                "message": 'subject: no account "nobody".',
            },
            {
                "index": 4,
                "id": "m-3",
                "code": "INVALID_EVENT",
                "message": "type: must be one of message, carrier_charge.",
            },
            {
                "index": 5,
                "id": None,
                "code": "INVALID_EVENT",
                "message": "the event must be a JSON object.",
            },
        ],
    }
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"


async def test_an_empty_batch(sender: Sender) -> None:
    assert await sender.taken(b"[]", BATCH) == {}


UNREADABLE = (
    b"",
    b"{",
    line(1) + line(2),
    b"\xff",
    b"[\x00]",
    b"[NaN]",
    b'["\\ud800"]',
    b"[" * 20_000,
    b"[" + b"9" * 20_000 + b"]",
)


@pytest.mark.parametrize("content_type", [SINGLE, BATCH])
async def test_a_body_that_is_unreadable_as_a_whole(sender: Sender, content_type: str) -> None:
    for body in UNREADABLE:
        assert await sender.post(body, content_type) == (
            400,
            {"code": "UNREADABLE", "message": "The body is not JSON."},
        )


async def test_a_batch_is_an_array(sender: Sender) -> None:
    for body in (b"{}", line(1), b"null", b"5", b'"x"'):
        assert await sender.post(body, BATCH) == (
            400,
            {"code": "UNREADABLE", "message": "The body of a batch must be a JSON array."},
        )


async def test_a_single_event_that_is_bad_is_rejected_like_any(sender: Sender) -> None:
    outcome = await sender.taken(b"[" + line(1) + b"]", SINGLE)
    assert (outcome["rejected"], outcome["errors"][0]["code"]) == (1, "INVALID_EVENT")


@pytest.mark.parametrize("content_type", [SINGLE, BATCH])
async def test_a_body_has_a_megabyte(sender: Sender, content_type: str) -> None:
    body = line(1) if content_type == SINGLE else b"[" + line(1) + b"]"
    assert BODY_BYTES_MAX == 1_000_000
    assert await sender.taken(body.ljust(1_000_000), content_type) == {"accepted": 1}
    assert await sender.post(body.ljust(1_000_001), content_type) == (
        413,
        {"code": "BODY_TOO_LONG", "message": "The body is longer than 1,000,000 bytes."},
    )


async def test_a_batch_has_5000_events(world: World, sender: Sender) -> None:
    small = {"type": "message"}
    status, outcome = await sender.post(orjson.dumps([small] * 4_999 + [event(1)]), BATCH)
    assert (status, outcome["accepted"], outcome["rejected"]) == (200, 1, 4_999)
    assert [error["index"] for error in outcome["errors"]] == list(range(1_000))
    assert await sender.post(orjson.dumps([small] * 5_000 + [event(2)]), BATCH) == (
        413,
        {
            "code": "TOO_MANY_EVENTS",
            "message": "The batch has 5,001 events; at most 5,000 are taken.",
        },
    )
    assert await ids(world) == ["m-1"]


async def test_a_batch_has_20000_objects(world: World, sender: Sender) -> None:
    def batch(more: int) -> bytes:
        return orjson.dumps([event(1, more=[[]] * more)])

    brackets = batch(0).count(b"{") + batch(0).count(b"[")
    assert await sender.taken(batch(BATCH_BRACKETS_MAX - brackets), BATCH) == {"accepted": 1}
    assert await sender.post(batch(BATCH_BRACKETS_MAX + 1 - brackets), BATCH) == (
        413,
        {
            "code": "TOO_MANY_OBJECTS",
            "message": "The body has 20,001 objects and arrays; at most 20,000 are taken, "
            "brackets within strings among them.",
        },
    )
    assert await ids(world) == ["m-1"]


async def test_text_that_postgresql_cannot_hold_spoils_nothing(
    world: World, sender: Sender
) -> None:
    charge = event(
        2,
        type="carrier_charge",
        data={"feature": "SMS", "amount": "1", "currency": "EUR", "unit": "a\x00"},
    )
    bad = [event(3, id="a\x00"), event(4, source="a\x00"), charge]
    outcome = await sender.taken(orjson.dumps([event(1), *bad, event(5)]), BATCH)
    assert (outcome["accepted"], outcome["rejected"]) == (2, 3)
    assert await ids(world) == ["m-1", "m-5"]


# --- a stream


async def test_a_broken_line_in_the_middle_of_a_stream(world: World, sender: Sender) -> None:
    stream = (
        line(1)
        + b'{"id": "m-2", \n'
        + b"\n"
        + line(3).replace(b"\n", b"\r\n")
        + b"x" * 64_001
        + b"\n"
        + line(4, id="m-\x00")
        + line(5).replace(b"c-5", b"c-\xff")
        + b"\x00\n"
        + b"  \r\n"
        + line(6).rstrip(b"\n")
    )
    errors = [
        (1, None, "UNREADABLE", "line 2: is not JSON."),
        (4, None, "UNREADABLE", "line 5: is longer than 64,000 bytes."),
        (5, "m-\x00", "INVALID_EVENT", "line 6: id: String should match pattern "),
        (6, None, "UNREADABLE", "line 7: is not JSON."),
        (7, None, "UNREADABLE", "line 8: is not JSON."),
    ]
    for chunk in (100, 1_000, 70_000, len(stream)):
        outcome = await sender.taken(pieces(stream, chunk), STREAM)
        assert outcome["rejected"] == 5
        assert outcome.get("accepted", 0) + outcome.get("duplicates", 0) == 3
        for found, (index, id_, code, message) in zip(outcome["errors"], errors, strict=True):
            assert (found["index"], found["id"], found["code"]) == (index, id_, code)
            assert found["message"].startswith(message)
    assert await ids(world) == ["m-1", "m-3", "m-6"]


async def pieces(stream: bytes, size: int) -> AsyncIterator[bytes]:
    for n in range(0, len(stream), size):
        yield stream[n : n + size]


async def test_an_empty_stream(sender: Sender) -> None:
    assert await sender.taken(b"", STREAM) == {}
    assert await sender.taken(b"\n\n  \r\n", STREAM) == {}


async def test_1001_bad_lines_list_1000_errors(sender: Sender) -> None:
    outcome = await sender.taken(b"{}\n" * 1_000 + b"x\n" + line(1), STREAM)
    assert (outcome["accepted"], outcome["rejected"]) == (1, 1_001)
    assert [error["index"] for error in outcome["errors"]] == list(range(1_000))


async def test_indexes_go_on_from_batch_to_batch(world: World, sender: Sender) -> None:
    """A stream may be longer than any batch."""
    lines = [line(0, subject="nobody")] * 4_500
    lines[COMMIT_LINES - 1 : COMMIT_LINES + 1] = [line(1), line(2)]
    outcome = await sender.taken(b"".join(lines), STREAM)
    assert (outcome["accepted"], outcome["rejected"]) == (2, 4_498)
    assert [error["index"] for error in outcome["errors"]] == list(range(1_000))
    assert await ids(world) == ["m-1", "m-2"]


class Slow:
    """A stream that goes on when it is told to."""

    def __init__(self) -> None:
        self._parts: asyncio.Queue[bytes | None] = asyncio.Queue()

    def send(self, part: bytes) -> None:
        self._parts.put_nowait(part)

    def finish(self) -> None:
        self._parts.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (part := await self._parts.get()) is not None:
            yield part


async def until(condition: Callable[[], Any]) -> None:
    """Wait until a query says yes."""
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 (PostgreSQL tells nobody)
            await asyncio.sleep(0.005)


async def test_a_stream_commits_every_2000_lines(world: World, sender: Sender) -> None:
    slow = Slow()
    posting = asyncio.create_task(sender.taken(slow, STREAM))
    slow.send(b"".join(line(n) for n in range(COMMIT_LINES + 1)))

    async def committed() -> bool:
        return len(await ids(world)) == COMMIT_LINES == 2_000

    await until(committed)
    slow.finish()
    assert await posting == {"accepted": 2_001}


async def test_a_stream_commits_what_has_waited_for_a_second(
    world: World, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert events.COMMIT_SECONDS == 1
    monkeypatch.setattr(events, "COMMIT_SECONDS", 0.05)
    slow = Slow()
    posting = asyncio.create_task(sender.taken(slow, STREAM))
    slow.send(line(1) + line(2)[:50])

    async def committed() -> bool:
        return await ids(world) == ["m-1"]

    await until(committed)
    slow.send(line(2)[50:])
    slow.finish()
    assert await posting == {"accepted": 2}


async def test_an_idle_stream_is_ended_and_keeps_what_came(
    world: World, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "COMMIT_SECONDS", 0.05)
    slow = Slow()
    slow.send(line(1) + b"\n")

    async def dribble() -> None:
        for byte in line(2)[:-1]:
            slow.send(bytes([byte]))
            await asyncio.sleep(0.02)

    async with impatient(world, sender) as hurried, asyncio.timeout(5):
        dribbling = asyncio.create_task(dribble())
        reply = await hurried.reply(slow, STREAM)
        dribbling.cancel()
    assert (reply.status_code, reply.json()) == (
        408,
        {"code": "TIMEOUT", "message": "No line ended for 0.2 s."},
    )
    assert reply.headers["connection"] == "close"
    assert await ids(world) == ["m-1"]
    assert await sender.taken(line(1) + line(2), STREAM) == {"accepted": 1, "duplicates": 1}


async def test_a_stream_with_nothing_to_say_is_kept_open_by_blank_lines(
    world: World, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "COMMIT_SECONDS", 0.05)
    slow = Slow()
    async with impatient(world, sender) as hurried:
        posting = asyncio.create_task(hurried.taken(slow, STREAM))
        for _ in range(6):
            slow.send(b"\n")
            await asyncio.sleep(0.1)
        slow.send(line(1))
        slow.finish()
        assert await posting == {"accepted": 1}


async def test_streams_end_when_the_server_stops(
    world: World, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "COMMIT_SECONDS", 0.05)
    slow = Slow()
    async with impatient(world, sender) as hurried:
        posting = asyncio.create_task(hurried.reply(slow, STREAM))
        slow.send(line(1))

        async def committed() -> bool:
            return await ids(world) == ["m-1"]

        await until(committed)
        hurried.client.stopping.set()
        reply = await posting
        assert (await hurried.post(line(2), STREAM))[0] == 503
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
    assert reply.json() == {
        "code": "UNAVAILABLE",
        "message": "The server stops. Send the stream again: nothing counts twice.",
    }
    assert await ids(world) == ["m-1"]


async def test_the_fifth_stream_is_refused(
    world: World, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "COMMIT_SECONDS", 0.05)
    slow = [Slow() for _ in range(STREAMS_MAX)]
    posting = [asyncio.create_task(sender.taken(stream, STREAM)) for stream in slow]
    for n, stream in enumerate(slow):
        stream.send(line(n))

    async def committed() -> bool:
        return await ids(world) == ["m-0", "m-1", "m-2", "m-3"]

    await until(committed)
    reply = await sender.reply(line(9), STREAM)
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
    assert reply.json() == {"code": "TOO_MANY_STREAMS", "message": "4 streams are open."}
    assert await sender.taken(line(8), SINGLE) == {"accepted": 1}
    slow[2].finish()
    assert await posting[2] == {"accepted": 1}
    assert await sender.taken(line(9), STREAM) == {"accepted": 1}
    for stream in (slow[0], slow[1], slow[3]):
        stream.finish()
    assert [await each for each in posting] == [{"accepted": 1}] * 4


# --- acknowledged means durable


@pytest.mark.parametrize(
    ("content_type", "body"), [(SINGLE, line(1)), (BATCH, b"[" + line(1) + b"]"), (STREAM, line(1))]
)
async def test_nothing_is_acknowledged_before_its_commit(
    world: World, sender: Sender, content_type: str, body: bytes
) -> None:
    """Here COMMIT itself waits, for a deferred trigger."""
    async with acquire(world.pool) as conn:
        await defer(conn, "PERFORM pg_advisory_xact_lock(42);")
        await conn.execute("SELECT pg_advisory_lock(42)")
        posting = asyncio.create_task(sender.taken(body, content_type))
        await blocked(world.pool)
        assert not posting.done()
        assert await ids(world) == []
        await conn.execute("SELECT pg_advisory_unlock(42)")
        assert await posting == {"accepted": 1}
    assert await ids(world) == ["m-1"]


async def test_a_commit_that_fails_is_not_acknowledged(world: World, sender: Sender) -> None:
    before = await contents(world.pool)
    async with acquire(world.pool) as conn:
        await defer(conn, "RAISE SQLSTATE '57P01';")
    for content_type in (SINGLE, STREAM):
        reply = await sender.reply(line(1), content_type)
        assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
        assert reply.json()["code"] == "OUTCOME_UNKNOWN"
    after = await contents(world.pool)
    del before["label"], after["label"]
    assert after == before


async def test_a_conflict_that_never_ends_is_no_error_of_ours(world: World, sender: Sender) -> None:
    """Tried again a few times, then left to the client."""
    async with acquire(world.pool) as conn:
        await defer(conn, "RAISE SQLSTATE '40001';")
    reply = await sender.reply(line(1), SINGLE)
    assert (reply.status_code, reply.json()["code"]) == (503, "UNAVAILABLE")
    async with acquire(world.pool) as conn:
        await conn.execute("DROP TRIGGER deferred ON event")
    assert await sender.taken(line(1), SINGLE) == {"accepted": 1}


async def test_the_sessions_that_take_events_in_wait_for_the_disk(world: World) -> None:
    """The tests' own PostgreSQL does not: by its command line, which only the tests have."""
    async with acquire(world.ingest_pool) as conn:
        source = await conn.fetchval(
            "SELECT source FROM pg_settings WHERE name = 'synchronous_commit'"
        )
    assert source == "command line"


async def defer(conn: Any, body: str) -> None:
    """Let each COMMIT of a new event run `body`."""
    await conn.execute(
        "CREATE FUNCTION deferred() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {body} RETURN NULL; END $$"
    )
    await conn.execute(
        "CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION deferred()"
    )


def test_limits_are_those_that_are_promised() -> None:
    limits: Sequence[int] = (BODY_BYTES_MAX, events.BATCH_EVENTS_MAX, COMMIT_LINES, STREAMS_MAX)
    assert limits == (1_000_000, 5_000, 2_000, 4)


# --- over a real socket, to a process of its own


@dataclass(frozen=True)
class Service:
    """A server that runs, and the database below it."""

    process: asyncio.subprocess.Process
    port: int
    world: World
    key: str
    said: list[str]

    async def open_stream(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Begin a chunked request; what is written to it is yet to be framed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            b"POST /events HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: application/x-ndjson\r\n"
            + f"Authorization: Bearer {self.key}\r\n\r\n".encode()
        )
        return reader, writer

    async def stream(self, parts: Iterable[bytes]) -> dict[str, Any]:
        """Send a stream and return the outcome, without what is zero."""
        reader, writer = await self.open_stream()
        for part in parts:
            await send(writer, part)
        writer.write(b"0\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        outcome = orjson.loads(await reader.readexactly(length))
        writer.close()
        return {name: value for name, value in outcome.items() if value}

    def peak_bytes(self) -> int:
        """Return the most memory that the server has held so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024


async def send(writer: asyncio.StreamWriter, part: bytes) -> None:
    writer.write(b"%x\r\n%b\r\n" % (len(part), part))
    await writer.drain()


@pytest.fixture
async def service(world: World, dsn: str) -> AsyncIterator[Service]:
    await world.account("acme", anchor="2019-12-31", signed_up_at="2019-12-31")
    key = await service_key.create(
        world.pool, PEPPER, name="events", scopes=[Scope.INGEST], expires_at=None, at=world.clock()
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(server.__file__)),
        "serve",
        "--port=0",
        env={
            **os.environ,
            "DATABASE_URL": dsn,
            "KONTINGENT_TOKEN_SECRET": SECRET.decode(),
            "KONTINGENT_KEY_PEPPER": PEPPER.decode(),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    said: list[str] = []
    async with asyncio.timeout(20):
        while not said or "Serving at" not in said[-1]:
            said.append((await process.stdout.readline()).decode())
            assert said[-1], said
    port = int(said[-1].split("http://127.0.0.1:")[1].split(",")[0])
    output = process.stdout

    async def listen() -> None:
        while text := await output.readline():
            said.append(text.decode())

    listening = asyncio.create_task(listen())
    try:
        yield Service(process, port, world, key, said)
    finally:
        process.terminate()
        await process.wait()
        await listening


async def test_a_stream_that_is_cut_keeps_what_was_committed(service: Service) -> None:
    whole, due = b"", 0

    async def committed() -> bool:
        return len(await ids(service.world)) == due

    for _ in range(STREAMS_MAX + 1):  # none of them keeps its slot
        numbers = range(due, due + COMMIT_LINES + 1)
        whole = b"".join(line(n, time="2020-01-01T00:00:00Z") for n in numbers)
        due += COMMIT_LINES
        _, writer = await service.open_stream()
        await send(writer, whole[:-10])
        await until(committed)
        writer.transport.abort()
    assert await service.stream([whole]) == {"accepted": 1, "duplicates": 2_000}
    assert [text for text in service.said if "Traceback" in text or "rror" in text] == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
async def test_a_stream_of_any_length_takes_the_same_memory(service: Service) -> None:
    def parts(first: int, count: int) -> Iterable[bytes]:
        text = "x" * 10_000
        for n in range(first, first + count):
            yield line(n, time="2020-01-01T00:00:00Z", text=text)

    assert await service.stream(parts(0, 2_500)) == {"accepted": 2_500}
    before = service.peak_bytes()
    assert await service.stream(parts(0, 7_500)) == {"accepted": 5_000, "duplicates": 2_500}
    assert service.peak_bytes() - before < 15_000_000  # of 75 million sent
