"""Opening and typing of asyncpg's pool, and transactions that are tried again."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeAlias, TypeVar

import asyncpg
import stamina
from asyncpg.pool import PoolConnectionProxy

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Row: TypeAlias = asyncpg.Record

T = TypeVar("T")

CONFLICTS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""Failures of a transaction that the same transaction, tried again, gets over."""

BROKEN = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.LockNotAvailableError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    OSError,
    TimeoutError,
)
"""What is the database's fault, or that of the way to it; each passes."""

ATTEMPTS_MAX = 4
"""How often a transaction is tried."""

ACQUIRE_SECONDS = 1.0
"""How long an operation waits for a connection."""

SHORT = {
    "jit": "off",  # compiling a statement takes longer than any of ours
    "max_parallel_workers_per_gather": "0",  # and so does starting workers for it
}
"""How the statements of all sessions are planned: they are short, and there are many."""

READING = {
    **SHORT,
    "statement_timeout": "3s",
    "lock_timeout": "1500ms",
    "idle_in_transaction_session_timeout": "5s",
}
"""Limits of the sessions that answer queries and mutations."""

INGESTING = {
    **SHORT,
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",
    # With arrays as parameters the planner otherwise leaves the nested loop for large batches.
    "plan_cache_mode": "force_generic_plan",
}
"""Limits of the sessions that take events in, where one account's batches queue up."""


class UnavailableError(Exception):
    """The database cannot be had just now, or took too long; try again later."""


async def open_pool(
    dsn: str,
    *,
    size_max: int,
    session: dict[str, str],
    on_connect: Callable[[Connection], Coroutine[Any, Any, None]] | None = None,
) -> Pool:
    """Open a pool whose sessions run in UTC under the limits of `session`.

    Raises:
        UnavailableError: the database cannot be reached.
    """
    assert size_max > 0
    with _reaching():
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=size_max,
            init=on_connect,
            reset=_leave,
            server_settings={"timezone": "UTC", "application_name": "kontingent", **session},
        )
    assert pool is not None
    return pool


async def _leave(_: Connection) -> None:
    """Hand a session on as it is, which saves a round trip each time it is given back.

    Nothing here changes a session: there is no SET but SET LOCAL, no LISTEN, no advisory lock.
    A transaction left open is rolled back before.
    """


async def connect(dsn: str) -> Connection:
    """Open one connection outside any pool.

    Raises:
        UnavailableError: the database cannot be reached.
    """
    with _reaching():
        return await asyncpg.connect(dsn)


@contextmanager
def _reaching() -> Iterator[None]:
    """Say in a sentence why a database cannot be reached: for whoever starts the server."""
    try:
        yield
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise UnavailableError(f"The database cannot be reached: {error}") from error


@asynccontextmanager
async def acquire(pool: Pool) -> AsyncIterator[Connection]:
    """Borrow a connection, waiting at most a second for it.

    Raises:
        UnavailableError: there is none to be had, or it failed in use.
    """
    try:
        async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            yield conn
    except BROKEN as error:
        raise UnavailableError(type(error).__name__) from error


async def transact(pool: Pool, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
    """Run `work` in a READ COMMITTED transaction and return what it does once committed.

    Deadlocks and serialisation failures start it anew, so `work` must hold no state of
    its own from one attempt to the next.

    Raises:
        UnavailableError: the database cannot be had just now, or the conflicts do not end.
    """

    async def committed(conn: Connection) -> T:
        async with conn.transaction():
            return await work(conn)

    return await _attempted(pool, committed)


async def rehearse(pool: Pool, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
    """Run `work` as `transact` does and return what it does, but never commit it.

    It takes the same locks, and holds them for as long as it runs.

    Raises:
        UnavailableError: the database cannot be had just now, or the conflicts do not end.
    """

    async def undone(conn: Connection) -> T:
        transaction = conn.transaction()
        await transaction.start()
        try:
            return await work(conn)
        finally:
            await transaction.rollback()

    return await _attempted(pool, undone)


async def _attempted(pool: Pool, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
    """Run `work` on a connection, anew after each conflict."""
    try:
        async for attempt in stamina.retry_context(
            on=CONFLICTS,
            attempts=ATTEMPTS_MAX,
            wait_initial=0.01,
            wait_jitter=0.05,
            wait_max=0.2,
        ):
            with attempt:
                async with acquire(pool) as conn:
                    return await work(conn)
    except CONFLICTS as error:
        raise UnavailableError(type(error).__name__) from error
    raise AssertionError("stamina returns or raises")
