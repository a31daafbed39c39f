"""A server that is told to stop: in order, or at once if told twice."""

import asyncio
import signal
import time
from pathlib import Path

import pytest

from db.pool import acquire
from resolvers import service_key
from resolvers.principal import Role, Scope
from tests.support.facts import blocked
from tests.support.http import PEPPER
from tests.support.running import Served, bearer, serving
from tests.support.world import World

QUESTION = {"query": "{ account { name } }"}


async def told_twice(served: Served) -> float:
    """Stop it in a hurry; return how long that took."""
    began = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    await asyncio.sleep(0.3)
    served.process.send_signal(signal.SIGTERM)
    await served.ended()
    return time.monotonic() - began


async def test_what_has_begun_ends_and_nothing_new_does(
    dsn: str, own_world: World, tmp_path: Path
) -> None:
    await own_world.account("acme")
    key = await service_key.create(
        own_world.pool,
        PEPPER,
        name="stream",
        scopes=[Scope.INGEST],
        expires_at=None,
        at=own_world.clock(),
    )
    made = serving(dsn, tmp_path, stop_delay_seconds="0.5")
    async with made as served, served.client() as http:
        _, idle = await asyncio.open_connection("127.0.0.1", served.port)
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(
            b"POST /events HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: application/x-ndjson\r\n"
            + f"Authorization: Bearer {key}\r\n\r\n1\r\n\n\r\n".encode()
        )
        async with acquire(own_world.pool) as conn:
            transaction = conn.transaction()
            await transaction.start()
            await conn.execute("LOCK TABLE account")
            asking = asyncio.create_task(
                http.post("/graphql", json=QUESTION, headers=bearer(Role.ADMIN, "acme"))
            )
            await blocked(own_world.ingest_pool)
            began = time.monotonic()
            served.process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.3)
            ready, live = await http.get("/readyz"), await http.get("/livez")
            assert (ready.status_code, live.status_code) == (503, 200)
            await asyncio.sleep(0.7)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", served.port)
            assert served.process.poll() is None
            await transaction.rollback()
        reply = await asking
        assert (reply.status_code, reply.json()["data"]) == (200, {"account": {"name": "Acme"}})
        refusal = await reader.read()
        assert refusal.startswith(b"HTTP/1.1 503 ")
        assert b"Send the stream again" in refusal
        assert await served.ended() == 128 + signal.SIGTERM
        assert time.monotonic() - began < 4
        assert "Traceback" not in served.said()
        writer.close()
        idle.close()


async def test_what_does_not_end_is_cut_after_the_time_for_draining(
    dsn: str, tmp_path: Path
) -> None:
    made = serving(dsn, tmp_path, drain_seconds="1", client_seconds="60")
    async with made as served:
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"POST /graphql HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n")
        writer.write(b"Content-Length: 10\r\n\r\n")  # and never a body
        await asyncio.sleep(0.2)
        began = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        await served.ended()
        assert 0.9 < time.monotonic() - began < 3
        writer.close()


async def test_told_twice_it_stops_at_once(dsn: str, tmp_path: Path) -> None:
    async with serving(dsn, tmp_path, client_seconds="60") as served:
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"POST /graphql HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n")
        writer.write(b"Content-Length: 10\r\n\r\n")  # and never a body
        await asyncio.sleep(0.2)
        assert await told_twice(served) < 2
        writer.close()
