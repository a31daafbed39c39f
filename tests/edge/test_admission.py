"""So many requests at a time, each for so long; whoever is cut lets go of the database."""

import asyncio
import time

import httpx2
import pytest
from starlette.requests import Request
from starlette.types import Message

from db.pool import Pool, acquire, connect, transact
from edge.admission import Admission, limited
from resolvers.context import OutcomeUnknownError, UnavailableError
from resolvers.principal import Role, Scope
from tests.support.facts import blocked
from tests.support.http import client
from tests.support.world import World

CUT = "The service is briefly unavailable. Try again."
NAME = {"query": "{ account { name cycle { conversationUsage { used } } } }"}
BATCH = "application/cloudevents-batch+json"


def code(reply: httpx2.Response) -> str:
    content = reply.json()
    found: str = content.get("code") or content["errors"][0]["extensions"]["code"]
    return found


async def test_as_many_as_there_are_places_are_let_in() -> None:
    admission = Admission(places=2, seconds=5)
    async with admission.enter(), admission.enter():
        with pytest.raises(UnavailableError):
            async with admission.enter():
                pass
    async with admission.enter(), admission.enter():  # places are given back
        pass


async def test_without_a_place_everything_is_refused_at_once(world: World) -> None:
    made = client(world.schema, world.pool, world.ingest_pool, world.clock, places=0)
    async with made as http:
        admin = {"authorization": f"Bearer {http.token(Role.ADMIN, 'acme')}"}
        key = {"authorization": f"Bearer {await http.key(Scope.INGEST)}"}
        replies = [
            await http.http.post("/graphql", json=NAME, headers=admin),
            await http.http.get("/export?chart=usage", headers=admin),
            await http.http.post("/events", content=b"[]", headers={**key, "content-type": BATCH}),
        ]
        page = await http.http.get("/app")
    for reply in replies:
        assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
        assert code(reply) == "UNAVAILABLE"
    assert page.status_code != 503


async def test_a_request_takes_no_longer_than_its_time_and_lets_go(world: World) -> None:
    await world.account("acme", signed_up_at="2026-10-01")
    made = client(world.schema, world.pool, world.ingest_pool, world.clock, request_seconds=0.3)
    async with made as http, acquire(world.ingest_pool) as conn:
        admin = {"authorization": f"Bearer {http.token(Role.ADMIN, 'acme')}"}
        async with conn.transaction():
            await conn.execute("LOCK TABLE conversation_day, account")
            began = time.monotonic()
            replies = await asyncio.gather(
                *(http.http.post("/graphql", json=NAME, headers=admin) for _ in range(4))
            )
            assert time.monotonic() - began < 1
        for reply in replies:
            assert (reply.status_code, code(reply)) == (503, "UNAVAILABLE")
            assert reply.json()["data"] is None
        async with asyncio.timeout(1):
            for _ in range(8):  # twice as many as the pool has connections
                reply = await http.http.post("/graphql", json=NAME, headers=admin)
                assert reply.status_code == 200, reply.text


async def test_what_was_cut_is_not_worked_on_any_longer(world: World, dsn: str) -> None:
    """The server finds out that nobody waits, though it was not asked to stop."""
    watcher = await connect(dsn)
    pids: list[int] = []

    async def sleep() -> None:
        async with limited(0.1), acquire(world.pool) as conn:
            pids.append(await conn.fetchval("SELECT pg_backend_pid()"))
            await conn.execute("SELECT pg_sleep(60)")

    with pytest.raises(UnavailableError):
        await sleep()
    async with asyncio.timeout(1.5):
        while await watcher.fetchval(  # noqa: ASYNC110 (PostgreSQL tells nobody)
            "SELECT true FROM pg_stat_activity WHERE pid = $1", *pids
        ):
            await asyncio.sleep(0.02)
    await watcher.close()


async def test_a_commit_that_is_cut_may_have_happened(world: World) -> None:
    await world.account("acme", zone="UTC")
    made = client(world.schema, world.pool, world.ingest_pool, world.clock, request_seconds=0.5)
    async with made as http, acquire(world.pool) as conn:
        key = await http.key(Scope.INGEST)
        await conn.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(5); RETURN NULL; END $$;"
            "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION slow()"
        )
        reply = await http.http.post(
            "/events",
            json=[EVENT],
            headers={"authorization": f"Bearer {key}", "content-type": BATCH},
        )
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
    assert reply.json() == {
        "code": "OUTCOME_UNKNOWN",
        "message": "The service was cut off while it stored this: it may be stored, or not. "
        "Send the same again.",
    }


async def test_a_mutation_whose_commit_is_cut_says_so_too(world: World) -> None:
    made = client(world.schema, world.pool, world.ingest_pool, world.clock, request_seconds=0.5)
    async with made as http, acquire(world.pool) as conn:
        await conn.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(5); RETURN NULL; END $$;"
            "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON account DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION slow()"
        )
        reply = await http.http.post(
            "/graphql",
            json={"query": CREATE},
            headers={"authorization": f"Bearer {http.token(Role.OPERATOR)}"},
        )
    assert reply.status_code == 503
    assert reply.json()["data"] is None
    assert code(reply) == "OUTCOME_UNKNOWN"


CREATE = """mutation {
  a: createAccount(input: {externalId: "a", name: "A", timeZone: "UTC", plan: "Boost",
    interval: MONTHLY}) { __typename }
  b: createAccount(input: {externalId: "b", name: "B", timeZone: "UTC", plan: "Boost",
    interval: MONTHLY}) { __typename }
}"""

EVENT = {
    "specversion": "1.0",
    "type": "message",
    "source": "/inbox",
    "id": "m-1",
    "time": "2026-11-20T10:00:00Z",
    "subject": "acme",
    "data": {"contact": "c", "channel": "CHAT", "direction": "outbound", "automated": False},
}


async def test_who_is_cut_after_a_commit_is_not_told_that_nothing_is_stored(pool: Pool) -> None:
    """Neither when the time is up then, nor when what comes next cannot be had."""

    async def cut(seconds: float, *, committed: bool, refused: bool) -> type[Exception]:
        try:
            async with limited(seconds):
                if committed:
                    await transact(pool, lambda conn: conn.execute("SELECT 1"))
                if refused:
                    raise UnavailableError
                await asyncio.Event().wait()
        except UnavailableError as error:
            return type(error)
        raise AssertionError

    assert await cut(0.3, committed=True, refused=False) is OutcomeUnknownError
    assert await cut(5, committed=True, refused=True) is OutcomeUnknownError
    assert await cut(0.05, committed=False, refused=False) is UnavailableError
    assert await cut(5, committed=False, refused=True) is UnavailableError


async def test_a_client_that_leaves_is_not_worked_for(world: World) -> None:
    gone = asyncio.Event()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async with acquire(world.ingest_pool) as conn, conn.transaction():
        await conn.execute("LOCK TABLE account")

        async def ask() -> None:
            request = Request({"type": "http"}, receive)
            async with limited(5, request), acquire(world.pool) as waiting:
                await waiting.execute("SELECT count(*) FROM account")

        asking = asyncio.create_task(ask())
        await blocked(world.ingest_pool)
        gone.set()
        async with asyncio.timeout(1):
            with pytest.raises(UnavailableError):
                await asking
