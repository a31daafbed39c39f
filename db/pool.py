"""Opening and typing of asyncpg's pool, and transactions that are tried again."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import asyncpg
import stamina
from asyncpg.pool import PoolConnectionProxy

from db import change
from db.announcing import announce_now, announce_soon
from db.statements import Telling

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Row: TypeAlias = asyncpg.Record

T = TypeVar("T")

CONFLICTS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""Failures of a transaction that the same transaction, tried again, gets over."""

BROKEN = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a statement on a connection whose loss is just being noticed
    asyncpg.LockNotAvailableError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    OSError,
    TimeoutError,
)
"""What is the database's fault, or that of the way to it; each passes."""

REFUSED = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError)
"""What of that says that the statement has done nothing."""

ATTEMPTS_MAX = 4
"""How often a transaction is tried."""

ACQUIRE_SECONDS = 1.0
"""How long an operation waits for a connection."""

GRACE_SECONDS = 5.0
"""How long a statement is waited for beyond its time: a frozen server ends none itself."""

UNREADABLE = (
    "The database's URL cannot be read: are all signs of the password percent-encoded "
    "that have a meaning in URLs?"
)
"""What is the matter with a URL that neither is one nor may be shown."""

CLOSE_SECONDS = 2.0
"""How long a pool may take to close its connections, before it drops them."""

SHORT = {
    "jit": "off",  # compiling a statement takes longer than any of ours
    "max_parallel_workers_per_gather": "0",  # and so does starting workers for it
    "client_connection_check_interval": "500ms",  # nobody waits for what was cut short
    # To plan a large statement anew takes longer than to run it; and with arrays as parameters
    # the planner leaves the nested loop for large batches.
    "plan_cache_mode": "force_generic_plan",
    # What is read is in memory as a rule: an index is not four times as dear as the whole table.
    "random_page_cost": "1.1",
}
"""How the statements of all sessions are run: they are short, there are many, and few differ."""

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
}
"""Limits of the sessions that take events in, where one account's batches queue up."""


EXAMINING = {
    **SHORT,
    "statement_timeout": "60s",
    "lock_timeout": "1500ms",
    "default_transaction_read_only": "on",
}
"""Limits of the sessions that look at everything and change nothing."""


NotAllowedError = asyncpg.InsufficientPrivilegeError
"""What is raised where the database's user lacks a right."""


class UnavailableError(Exception):
    """The database cannot be had just now, or took too long; try again later."""


class OutcomeUnknownError(UnavailableError):
    """The way to the database was cut in mid-COMMIT: what was to be written may be, or may not."""


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
            command_timeout=float(session["statement_timeout"].removesuffix("s")) + GRACE_SECONDS,
            init=on_connect,
            connection_class=Telling,
            reset=_leave,
            server_settings={"timezone": "UTC", "application_name": "kontingent", **session},
        )
    assert pool is not None
    return pool


@asynccontextmanager
async def pooled(dsn: str, *, size_max: int, session: dict[str, str]) -> AsyncIterator[Pool]:
    """Open a pool as `open_pool` does, and close it at the end, whatever the database does."""
    pool = await open_pool(dsn, size_max=size_max, session=session)
    try:
        yield pool
    finally:
        with suppress(TimeoutError):  # a close that is cut short drops the connections
            async with asyncio.timeout(CLOSE_SECONDS):
                await announce_now(pool)
                await pool.close()


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
    except ValueError:
        raise UnavailableError(UNREADABLE) from None  # its words quote a part of the URL


@asynccontextmanager
async def acquire(pool: Pool) -> AsyncIterator[Connection]:
    """Borrow a connection, waiting at most a second for it.

    Whoever is cancelled meanwhile drops it: to ask the server to stop may take for ever. Whose
    numbers have been changed on it is announced soon after it was given back.

    Raises:
        UnavailableError: there is none to be had, or it failed in use.
    """
    _BORROWERS[pool] += 1
    try:
        async with asyncio.timeout(ACQUIRE_SECONDS):  # asyncpg's own takes a task
            conn = await pool.acquire()
        try:
            with change.noting() as changed:
                yield conn
        except asyncio.CancelledError:
            _drop(conn)
            raise
        finally:
            await pool.release(conn)
        if changed:
            announce_soon(pool, changed)
    except BROKEN as error:
        raise UnavailableError(type(error).__name__) from error
    finally:
        _BORROWERS[pool] -= 1
        if not _BORROWERS[pool]:
            del _BORROWERS[pool]


_BORROWERS: Counter[Pool] = Counter()


@dataclass(frozen=True, slots=True)
class Usage:
    """A pool's connections that are in use and those that are not, and who waits for one."""

    busy: int
    idle: int
    waiting: int


def usage_of(pool: Pool) -> Usage:
    """Tell how much of a pool is in use."""
    idle = pool.get_idle_size()
    busy = pool.get_size() - idle
    return Usage(busy, idle, max(0, _BORROWERS[pool] - busy))


def _drop(conn: Connection) -> None:
    with suppress(asyncpg.InterfaceError):  # it is gone already
        conn.terminate()


async def ping(pool: Pool) -> None:
    """Ask the database for a sign of life.

    Raises:
        UnavailableError: it gives none.
    """
    async with acquire(pool) as conn:
        await conn.execute("SELECT 1")


@dataclass(slots=True)
class Commits:
    """What became of the COMMITs of some work: whether one was begun, so that it may be stored."""

    begun: bool = False


_COMMITS: ContextVar[Commits | None] = ContextVar("commits", default=None)


@contextmanager
def watched_commits() -> Iterator[Commits]:
    """Watch the COMMITs of the block, in whichever tasks it has them done."""
    commits = Commits()
    token = _COMMITS.set(commits)
    try:
        yield commits
    finally:
        _COMMITS.reset(token)


async def transact(pool: Pool, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
    """Run `work` in a READ COMMITTED transaction and return what it does once committed.

    Deadlocks and serialisation failures start it anew, so `work` must hold no state of
    its own from one attempt to the next.

    Raises:
        UnavailableError: the database cannot be had just now, or the conflicts do not end.
        OutcomeUnknownError: it was lost in mid-COMMIT.
    """

    async def committed(conn: Connection) -> T:
        transaction = conn.transaction()
        await transaction.start()
        try:
            done = await work(conn)
        except Exception:
            await transaction.rollback()
            raise
        async with committing():
            await transaction.commit()
        return done

    return await _attempted(pool, committed)


@asynccontextmanager
async def committing() -> AsyncIterator[None]:
    """Run what commits: a COMMIT, or, outside a transaction, a statement that writes.

    Raises:
        OutcomeUnknownError: the way to the database was cut meanwhile.
    """
    commits = _COMMITS.get() or Commits()
    before, commits.begun = commits.begun, True
    try:
        yield
    except Exception as error:
        if isinstance(error, BROKEN) and not isinstance(error, REFUSED):
            raise OutcomeUnknownError(type(error).__name__) from error
        commits.begun = before
        raise


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
            with change.noting():  # of what is undone nothing is announced
                done = await work(conn)
        except Exception:
            await transaction.rollback()
            raise
        await transaction.rollback()
        return done

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
