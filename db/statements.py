"""Telling whoever asks for whom a statement has run: by its name, never by its text."""

import time
from collections.abc import Awaitable
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

import asyncpg
from typing_extensions import override

_BEFORE, _AFTER = "/* ", " */"

T = TypeVar("T")


class Hearer(Protocol):
    """Is told of each named statement once it has ended."""

    def __call__(self, name: str, seconds: float, *, failed: bool) -> None:
        """Hear of one."""


_HEARER: ContextVar[Hearer | None] = ContextVar("hearer", default=None)


def hear(hearer: Hearer) -> None:
    """Have `hearer` told of the statements of this task, and of those that it starts."""
    _HEARER.set(hearer)


class Telling(asyncpg.Connection):
    """A connection that tells: at once, and in a tenth of the time of asyncpg's query loggers."""

    __slots__ = ()

    @override
    async def execute(self, query: str, *args: Any, **given: Any) -> str:
        return await _told(query, super().execute(query, *args, **given))

    @override
    async def fetch(self, query: str, *args: Any, **given: Any) -> Any:
        return await _told(query, super().fetch(query, *args, **given))

    @override
    async def fetchrow(self, query: str, *args: Any, **given: Any) -> Any:
        return await _told(query, super().fetchrow(query, *args, **given))

    @override
    async def fetchval(self, query: str, *args: Any, **given: Any) -> Any:
        return await _told(query, super().fetchval(query, *args, **given))


async def _told(query: str, running: Awaitable[T]) -> T:
    hearer = _HEARER.get()
    if hearer is None or not query.startswith(_BEFORE):
        return await running
    began, failed = time.perf_counter(), True
    try:
        done = await running
        failed = False
    finally:
        name = query[len(_BEFORE) :].partition(_AFTER)[0]
        hearer(name, time.perf_counter() - began, failed=failed)
    return done
