"""One loader per batch function and its arguments, all made anew for each operation."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from inspect import isawaitable
from typing import Any, Generic, TypeAlias, TypeVar

from aiodataloader import DataLoader
from typing_extensions import override

from resolvers.joint import Joint

C = TypeVar("C")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

BatchFunction: TypeAlias = Callable[
    ..., Awaitable[Sequence[V | Exception]] | Sequence[V | Exception]
]
"""``(ctx, keys, **arguments) -> values in key order``; an exception is one key's error.

One that has nothing to wait for is no coroutine function.
"""


class Batch(DataLoader[K, V]):
    """A DataLoader whose waiters can be cancelled one by one.

    graphql-core cancels the siblings of a failed non-null field. `load` hands the
    same future to every waiter, so without the shield one cancelled field would
    cancel all others that asked for the same key, and with them the request.
    """

    @override
    def load(self, key: K) -> "asyncio.Future[V]":
        return asyncio.shield(super().load(key))


class Loaders(Generic[C]):
    """The loaders of one operation, each made when it is first asked for.

    A loader runs its batches in tasks of its own, which nobody would cancel with the operation.
    """

    def __init__(self, ctx: C) -> None:
        self._ctx = ctx
        self._loaders: dict[Hashable, Batch[Any, Any]] = {}
        self._joints: dict[Hashable, Joint[Any, Any]] = {}
        self._running: set[asyncio.Task[Any]] = set()
        self._over = False

    @asynccontextmanager
    async def owned(self) -> AsyncIterator[None]:
        """Let no batch outlive the block: wait for those under way; cancel them if it is cut."""
        try:
            yield
            while self._running:
                await asyncio.wait(self._running)
        finally:
            self._over = True
            for task in self._running:
                task.cancel()
            if self._running:
                await asyncio.wait(self._running)

    def of(self, load: BatchFunction[V], **arguments: Hashable) -> Batch[Any, V]:
        """Return the loader of a batch function called with `arguments`."""
        place = (load, *sorted(arguments.items()))
        if place not in self._loaders:

            async def run(keys: list[Any]) -> list[Any]:
                if self._over:
                    raise asyncio.CancelledError
                task = asyncio.current_task()
                assert task is not None
                self._running.add(task)
                task.add_done_callback(self._running.discard)
                found = load(self._ctx, keys, **arguments)
                return list(await found if isawaitable(found) else found)

            self._loaders[place] = Batch(run)
        return self._loaders[place]

    def joint(self, load: Callable[..., Awaitable[Sequence[V]]]) -> Joint[Any, V]:
        """Return what asks a batch function for all that is asked in one turn of the event loop."""
        if load not in self._joints:
            self._joints[load] = Joint(functools.partial(load, self._ctx))
        return self._joints[load]
