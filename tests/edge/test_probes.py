"""What a balancer is told."""

import asyncio

import pytest

from db.pool import Pool
from edge import probes
from schema.root import Schema
from tests.support.clock import Clock
from tests.support.http import client

READY = (200, {"status": "ready"})


def not_ready(why: str) -> tuple[int, dict[str, str]]:
    return 503, {"code": "UNAVAILABLE", "message": why}


async def test_a_server_is_ready_until_it_is_to_stop_and_lives_on(
    schema: Schema, pool: Pool, clock: Clock
) -> None:
    async with client(schema, pool, pool, clock, places=0) as opened:

        async def ask(path: str) -> tuple[int, dict[str, str]]:
            reply = await opened.http.get(path)
            return reply.status_code, reply.json()

        assert await ask("/readyz") == READY
        opened.stopping.set()
        assert await ask("/readyz") == not_ready("The server is stopping.")
        assert await ask("/livez") == (200, {"status": "live"})


async def test_without_its_database_a_server_lives_but_is_not_ready(
    schema: Schema, pool: Pool, clock: Clock
) -> None:
    async with client(schema, pool, pool, clock) as opened:
        await pool.close()
        ready, live = [await opened.http.get(path) for path in ("/readyz", "/livez")]
    assert (ready.status_code, ready.json()) == not_ready("The database does not answer.")
    assert ready.headers["retry-after"] == "1"
    assert live.status_code == 200


async def test_all_who_ask_at_once_are_one_question(
    schema: Schema, pool: Pool, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def ping(_: Pool) -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.05)

    monkeypatch.setattr(probes, "ping", ping)
    async with client(schema, pool, pool, clock) as opened:
        replies = await asyncio.gather(*(opened.http.get("/readyz") for _ in range(50)))
    assert [reply.status_code for reply in replies] == [200] * 50
    assert asked == 1


async def test_a_database_that_hangs_is_waited_for_a_second_and_a_half(
    schema: Schema, pool: Pool, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ping(_: Pool) -> None:
        await asyncio.Event().wait()

    assert probes.READY_SECONDS == 1.5
    monkeypatch.setattr(probes, "ping", ping)
    monkeypatch.setattr(probes, "READY_SECONDS", 0.05)
    async with client(schema, pool, pool, clock) as opened:
        reply = await opened.http.get("/readyz")
    assert (reply.status_code, reply.json()) == not_ready("The database does not answer.")
