"""One loader per batch function and its arguments, all made anew for each operation."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from aiodataloader import DataLoader
from typing_extensions import override

C = TypeVar("C")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

BatchFunction: TypeAlias = Callable[..., Awaitable[Sequence[V | Exception]]]
"""``(ctx, keys, **arguments) -> values in key order``; an exception is one key's error."""


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
    """The loaders of one operation, each made when it is first asked for."""

    def __init__(self, ctx: C) -> None:
        self._ctx = ctx
        self._loaders: dict[Hashable, Batch[Any, Any]] = {}

    def of(self, load: BatchFunction[V], **arguments: Hashable) -> Batch[Any, V]:
        """Return the loader of a batch function called with `arguments`."""
        place = (load, *sorted(arguments.items()))
        if place not in self._loaders:

            async def run(keys: list[Any]) -> list[Any]:
                return list(await load(self._ctx, keys, **arguments))

            self._loaders[place] = Batch(run)
        return self._loaders[place]

    def forget(self) -> None:
        """Drop every loaded value: call it after a write and between a stream's events."""
        for loader in self._loaders.values():
            loader.clear_all()
