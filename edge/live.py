"""What a WebSocket is asked to run: once, or again whenever what it watches has changed.

Each event of a subscription is an operation of its own: its caller is identified anew, it costs
what it costs, and has a time and a context like those of a request.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import GraphQLError, GraphQLFormattedError, OperationType

from edge.admission import limited
from edge.body import RequestError
from edge.bucket import Bucket, ThrottledError
from edge.cost import shown
from edge.counted import CUT, Counted
from edge.graphql_reply import fingerprint
from edge.graphql_request import Asked
from edge.note import begin
from edge.operation import Answer, Operation, Operations, answer_of, session_of
from edge.reply import OUTCOME_UNKNOWN, UNAVAILABLE
from edge.state import State
from resolvers.context import OutcomeUnknownError, UnavailableError
from resolvers.principal import Principal, User
from resolvers.watcher import TooManyWatchersError, Watcher

EVENT_SECONDS = 0.25
"""The shortest time between two events of a subscription."""

EVENTS_AT_ONCE = 4
"""Events that a process works out at the same time; the others wait, and requests do not."""

RETRY_SECONDS = 1.0
"""How long after an event that could not be had it is tried again, at least; at most twice that."""


class RefusedError(Exception):
    """The operation does not run, or no longer; `errors` are for the client.

    A request would have been refused with that `status`.
    """

    def __init__(self, errors: list[GraphQLFormattedError], status: int) -> None:
        super().__init__()
        self.errors = errors
        self.status = status


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for an operation, and how they are told what comes of it."""

    state: State
    identify: Callable[[], Awaitable[Principal]]
    tell: Callable[[Answer], Awaitable[None]]


class Live:
    """Runs operations."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._turns = asyncio.Semaphore(EVENTS_AT_ONCE)

    async def run(self, asked: Asked, caller: Caller) -> None:
        """Run an operation to its end and tell the caller each answer.

        Raises:
            RefusedError: it did not run, or what it watches cannot be had any more.
        """
        principal = await caller.identify()
        counted = Counted(caller.state["metrics"], begin(caller.state["spans"]))
        try:
            await self._run(asked, caller, principal, counted)
        except RefusedError as error:
            counted.end(error.status, error.errors)
            raise
        except asyncio.CancelledError:
            counted.end(CUT)
            raise
        finally:
            counted.end(500)

    async def _run(
        self, asked: Asked, caller: Caller, principal: Principal, counted: Counted
    ) -> None:
        bucket = caller.state["buckets"].of(principal)
        cost = 0
        try:
            operation = self._operations.find(asked, caller.state["documents"], bucket)
            cost = operation.cost
            if operation.kind is OperationType.SUBSCRIPTION:
                with caller.state["watchers"].watching(_name(principal)) as watcher:
                    await self._watch(operation, caller, bucket, watcher, counted)
            else:
                bucket.take(cost)
                async with caller.state["admission"].enter():
                    answer = await self._once(operation, caller, bucket, principal)
                if answer.refused:
                    raise RefusedError(list(answer.errors), 400)
                await caller.tell(answer)
                counted.end(200, answer.errors)
        except (RequestError, GraphQLError, ThrottledError, TooManyWatchersError) as error:
            raise RefusedError([_refusal(error, bucket, cost)], _status(error)) from None
        except UnavailableError as error:
            raise RefusedError([_cut(error)], 503) from None

    async def _once(
        self,
        operation: Operation,
        caller: Caller,
        bucket: Bucket,
        principal: Principal,
        watcher: Watcher | None = None,
    ) -> Answer:
        session = session_of(caller.state, principal, watcher)
        result = await self._operations.run(operation, session)
        return answer_of(result, bucket, operation.cost)

    async def _watch(
        self,
        operation: Operation,
        caller: Caller,
        bucket: Bucket,
        watcher: Watcher,
        counted: Counted,
    ) -> None:
        """Tell what is new for as long as there is something to watch."""
        told: object = None
        count = partial(caller.state["metrics"].pushed, operation.name)
        while True:
            answer = await self._event(operation, caller, bucket, watcher)
            if answer.empty and answer.errors:
                count("refused")
                raise RefusedError(list(answer.errors), 200)
            news = fingerprint(answer.data), answer.errors
            if news != told:
                await caller.tell(answer)
                told = news
                counted.end(200, answer.errors)
                count("told")
            else:
                count("unchanged")
            if answer.empty:
                return
            await asyncio.sleep(EVENT_SECONDS)
            await _news(watcher, caller.state)

    async def _event(
        self, operation: Operation, caller: Caller, bucket: Bucket, watcher: Watcher
    ) -> Answer:
        """Work out an event, however long that takes: it is of the last state then."""
        while True:
            principal = await caller.identify()
            watcher.told.clear()
            try:
                bucket.take(operation.cost)
                async with self._turns, limited(caller.state["admission"].seconds):
                    return await self._once(operation, caller, bucket, principal, watcher)
            except ThrottledError as error:
                seconds = float(error.seconds)
            except UnavailableError:
                seconds = RETRY_SECONDS
            caller.state["metrics"].pushed(operation.name, "postponed")
            await asyncio.sleep(seconds * random.uniform(1, 2))  # noqa: S311 (nothing is secret)


async def _news(watcher: Watcher, state: State) -> None:
    """Wait until the watcher is told of something, or what it has shown is over."""
    seconds = None
    if watcher.until is not None:
        seconds = max(0.0, (watcher.until - state["clock"]()).total_seconds())
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await watcher.told.wait()


def _name(principal: Principal) -> object:
    """Name a caller, whichever of their tokens they use."""
    if isinstance(principal, User):
        return principal.subject, principal.role, principal.account_id
    return principal


def _refusal(error: Exception, bucket: Bucket, cost: int) -> GraphQLFormattedError:
    """Say why an operation does not run."""
    match error:
        case GraphQLError():
            return error.formatted
        case RequestError():
            return _error(str(error), error.code)
        case ThrottledError():
            return _error(str(error), "THROTTLED", cost=shown(bucket, cost, None))
        case _:
            return _error("There are too many subscriptions.", "TOO_MANY_SUBSCRIPTIONS")


def _status(error: Exception) -> int:
    """Return the status with which a request is refused for the same reason."""
    match error:
        case GraphQLError():
            return 400
        case RequestError():
            return error.status
        case _:
            return 429


def _cut(error: UnavailableError) -> GraphQLFormattedError:
    if isinstance(error, OutcomeUnknownError):
        return _error(OUTCOME_UNKNOWN, "OUTCOME_UNKNOWN")
    return _error(UNAVAILABLE, "UNAVAILABLE")


def _error(message: str, code: str, **more: Any) -> GraphQLFormattedError:  # noqa: ANN401 (any JSON value)
    return {"message": message, "extensions": {"code": code, **more}}
