"""Transactions that are tried again, and a database that is not to be had."""

import asyncio
import time

import asyncpg
import pytest

from db.pool import (
    ATTEMPTS_MAX,
    INGESTING,
    READING,
    Connection,
    OutcomeUnknownError,
    Pool,
    UnavailableError,
    acquire,
    committing,
    connect,
    open_pool,
    ping,
    pooled,
    rehearse,
    transact,
    watched_commits,
)


@pytest.mark.parametrize("error", [asyncpg.DeadlockDetectedError, asyncpg.SerializationError])
async def test_a_conflict_starts_the_transaction_anew_and_leaves_nothing_of_before(
    pool: Pool, error: type[Exception]
) -> None:
    attempts: list[int] = []

    async def work(conn: Connection) -> int:
        attempts.append(len(attempts))
        await conn.execute("CREATE TABLE left_over ()")  # fails if it is there from before
        if len(attempts) < ATTEMPTS_MAX:
            raise error
        return len(attempts)

    assert await transact(pool, work) == ATTEMPTS_MAX


async def test_conflict_after_conflict_is_given_up(pool: Pool) -> None:
    attempts: list[int] = []

    async def work(_: Connection) -> None:
        await asyncio.sleep(0)
        attempts.append(len(attempts))
        raise asyncpg.DeadlockDetectedError

    with pytest.raises(UnavailableError, match="DeadlockDetectedError"):
        await transact(pool, work)
    assert len(attempts) == ATTEMPTS_MAX


async def test_any_other_failure_is_tried_once_and_leaves_nothing(pool: Pool) -> None:
    attempts: list[int] = []

    async def work(conn: Connection) -> None:
        attempts.append(len(attempts))
        await conn.execute("CREATE TABLE left_over ()")
        raise ValueError("no conflict")

    with pytest.raises(ValueError, match="no conflict"):
        await transact(pool, work)
    async with acquire(pool) as conn:
        assert await conn.fetchval("SELECT to_regclass('left_over')") is None
    assert attempts == [0]


async def test_what_is_rehearsed_is_seen_by_itself_and_leaves_nothing(pool: Pool) -> None:
    async def work(conn: Connection) -> int:
        await conn.execute("CREATE TABLE left_over AS SELECT 7 AS n")
        found: int = await conn.fetchval("SELECT n FROM left_over")
        return found

    assert [await rehearse(pool, work) for _ in range(2)] == [7, 7]
    async with acquire(pool) as conn:
        assert await conn.fetchval("SELECT to_regclass('left_over')") is None


async def test_a_rehearsal_that_fails_leaves_nothing_and_a_connection_fit_for_use(
    pool: Pool,
) -> None:
    async def work(conn: Connection) -> None:
        await conn.execute("CREATE TABLE left_over ()")
        await conn.execute("SELECT 1 / 0")

    for _ in range(5):  # more than the pool has connections
        with pytest.raises(asyncpg.DivisionByZeroError):
            await rehearse(pool, work)
    async with acquire(pool) as conn:
        assert await conn.fetchval("SELECT to_regclass('left_over')") is None


async def test_a_conflict_starts_a_rehearsal_anew(pool: Pool) -> None:
    attempts: list[int] = []

    async def work(conn: Connection) -> int:
        attempts.append(len(attempts))
        await conn.execute("CREATE TABLE left_over ()")
        if len(attempts) < ATTEMPTS_MAX:
            raise asyncpg.DeadlockDetectedError
        return len(attempts)

    assert await rehearse(pool, work) == ATTEMPTS_MAX


async def test_a_rehearsal_that_is_cancelled_leaves_nothing_and_holds_no_lock(pool: Pool) -> None:
    reached = asyncio.Event()

    async def work(conn: Connection) -> None:
        await conn.execute("CREATE TABLE left_over ()")
        reached.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(rehearse(pool, work))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with acquire(pool) as conn:
        await conn.execute("CREATE TABLE left_over ()")  # waits for whoever makes one, too


async def test_a_rehearsal_whose_connection_breaks_is_unavailable(pool: Pool) -> None:
    async def work(conn: Connection) -> None:
        await conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(UnavailableError):
        await rehearse(pool, work)


async def test_a_closed_pool_is_unavailable(pool: Pool) -> None:
    await pool.close()
    with pytest.raises(UnavailableError, match="InterfaceError"):
        async with acquire(pool):
            pass


async def test_a_database_that_cannot_be_reached_is_said_so_without_its_password() -> None:
    dsn = "postgresql://user:hunter2@127.0.0.1:1/db"
    for opening in (connect(dsn), open_pool(dsn, size_max=1, session=READING)):
        with pytest.raises(UnavailableError, match="cannot be reached") as caught:
            await opening
        assert "hunter2" not in str(caught.value)


async def test_a_session_is_handed_on_with_its_limits_and_without_a_question(dsn: str) -> None:
    async with await open_pool(dsn, size_max=1, session=READING) as opened:
        async with acquire(opened) as conn:
            before = await conn.fetchval("SELECT pg_backend_pid()")
        async with acquire(opened) as conn, conn.transaction():
            await conn.execute("SET LOCAL statement_timeout = '1s'")
        watcher = await connect(dsn)
        asked = await watcher.fetchval(
            "SELECT query FROM pg_stat_activity WHERE pid = $1 AND state = 'idle'", before
        )
        await watcher.close()
        async with acquire(opened) as conn:
            kept = await conn.fetchrow(
                "SELECT pg_backend_pid(), current_setting('lock_timeout'), "
                "current_setting('statement_timeout')"
            )
    assert asked == "COMMIT;"
    assert tuple(kept or ()) == (before, "1500ms", "3s")


async def test_whoever_is_cut_short_leaves_no_transaction_behind(dsn: str) -> None:
    async with await open_pool(dsn, size_max=1, session=READING) as opened:
        begun = asyncio.Event()

        async def work(conn: Connection) -> None:
            await conn.execute("CREATE TABLE left_over ()")
            begun.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(transact(opened, work))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with acquire(opened) as conn:
            assert not conn.is_in_transaction()
            assert await conn.fetchval("SELECT to_regclass('left_over')") is None


@pytest.mark.parametrize("session", [READING, INGESTING])
async def test_sessions_have_their_limits(dsn: str, session: dict[str, str]) -> None:
    async with await open_pool(dsn, size_max=1, session=session) as opened, acquire(opened) as conn:
        for name, value in {**session, "TimeZone": "UTC"}.items():
            shown = await conn.fetchval("SELECT current_setting($1)", name)
            assert shown == value, name


async def test_a_statement_is_not_waited_for_for_ever(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.pool.GRACE_SECONDS", -9.9)  # as if the server would not
    async with pooled(dsn, size_max=1, session=INGESTING) as opened:
        with pytest.raises(UnavailableError, match="TimeoutError"):
            await transact(opened, lambda conn: conn.execute("SELECT pg_sleep(5)"))
        await ping(opened)


async def test_whoever_is_cancelled_drops_a_connection_at_once(dsn: str) -> None:
    async with pooled(dsn, size_max=1, session=INGESTING) as opened:
        await ping(opened)
        task = asyncio.create_task(
            transact(opened, lambda conn: conn.execute("SELECT pg_sleep(5)"))
        )
        await asyncio.sleep(0.1)
        task.cancel()
        began = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < 0.1
        await ping(opened)


AT_COMMIT = """
    CREATE TABLE written ();
    CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM {}; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON written DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION at_commit();
"""


async def write(pool: Pool) -> None:
    await transact(pool, lambda conn: conn.execute("INSERT INTO written DEFAULT VALUES"))


async def test_a_connection_that_is_lost_in_a_commit_leaves_its_outcome_unknown(pool: Pool) -> None:
    async with acquire(pool) as conn:
        await conn.execute(AT_COMMIT.format("pg_terminate_backend(pg_backend_pid())"))
    with pytest.raises(OutcomeUnknownError):
        await write(pool)
    await ping(pool)


@pytest.mark.parametrize("what", ["pg_sleep(5)", "1"])
async def test_a_commit_is_noted_also_in_a_task(pool: Pool, what: str) -> None:
    """Whoever is cut in mid-COMMIT or after it cannot say that nothing is stored."""
    async with acquire(pool) as conn:
        await conn.execute(AT_COMMIT.format(what))

    async def work() -> None:
        await asyncio.create_task(write(pool))
        await asyncio.Event().wait()

    with watched_commits() as commits:
        task = asyncio.create_task(work())
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert commits.begun
    await ping(pool)


@pytest.mark.parametrize("error", [asyncpg.LockNotAvailableError, asyncpg.SerializationError])
async def test_a_commit_that_is_refused_has_stored_nothing(error: type[Exception]) -> None:
    with watched_commits() as commits:
        with pytest.raises(error):
            async with committing():
                raise error
        assert not commits.begun


async def test_a_pool_that_cannot_close_drops_its_connections(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.pool.CLOSE_SECONDS", 0.1)
    async with pooled(dsn, size_max=1, session=READING) as opened:
        conn = await opened.acquire()  # and never given back
    with pytest.raises(asyncpg.InterfaceError, match="released"):
        await conn.execute("SELECT 1")
