"""Asking for things together without a task: what is lighter than a loader, for one call of it."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Joint(Generic[K, V]):
    """Calls a batch function once for all that is asked for when something of it is awaited.

    Unlike a loader it knows no keys that are the same, and keeps no values.
    """

    def __init__(self, load: Callable[[list[K]], Awaitable[Sequence[V]]]) -> None:
        self._load = load
        self._next: _Call[K, V] = _Call()

    def ask(self, key: K) -> "Asked[K, V]":
        """Ask for one thing more; it is there once it is awaited."""
        self._next.keys.append(key)
        return Asked(self, self._next, len(self._next.keys) - 1)

    async def settle(self, call: "_Call[K, V]") -> None:
        """Make a call, or wait for whoever makes it already."""
        if call.settled is not None:
            await asyncio.shield(call.settled)
            return
        call.settled = asyncio.get_running_loop().create_future()
        try:
            await asyncio.sleep(0)  # who asks in this turn of the event loop still takes part
            self._next = _Call()
            call.values = await self._load(call.keys)
        except BaseException as error:
            call.error = error
            raise
        finally:
            if self._next is call:  # cut before it began: nobody may join it any more
                self._next = _Call()
            call.settled.set_result(None)


class _Call(Generic[K, V]):
    """One call: what is asked for, and what comes of it."""

    __slots__ = ("error", "keys", "settled", "values")

    def __init__(self) -> None:
        self.keys: list[K] = []
        self.values: Sequence[V] | None = None
        self.error: BaseException | None = None
        self.settled: asyncio.Future[None] | None = None


class Asked(Generic[K, V]):
    """One thing that is asked for."""

    __slots__ = ("_call", "_joint", "_place")

    def __init__(self, joint: Joint[K, V], call: _Call[K, V], place: int) -> None:
        self._joint = joint
        self._call = call
        self._place = place

    def __await__(self) -> Generator[object, None, V]:
        """Wait for it.

        Raises:
            BaseException: what the batch function has raised.
        """
        call = self._call
        if call.values is None and call.error is None:
            yield from self._joint.settle(call).__await__()
        if call.error is not None:
            raise call.error
        assert call.values is not None
        return call.values[self._place]
