"""Transactions that are tried again, and a database that is not to be had."""

import asyncio

import asyncpg
import pytest

from db.pool import (
    ATTEMPTS_MAX,
    READING,
    Connection,
    Pool,
    UnavailableError,
    acquire,
    connect,
    open_pool,
    transact,
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
