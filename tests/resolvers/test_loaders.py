"""Batches are the operation's own: none of them outlives it."""

import asyncio
from collections.abc import Sequence

import pytest

from resolvers.loaders import Loaders


class Batches:
    """A batch function that tells what became of its runs, and waits for `going_on`."""

    def __init__(self) -> None:
        self.became: list[str] = []
        self.begun = asyncio.Event()
        self.going_on = asyncio.Event()

    async def load(self, _: None, keys: Sequence[int]) -> list[int]:
        self.became.append("begun")
        self.begun.set()
        try:
            await self.going_on.wait()
        except asyncio.CancelledError:
            self.became.append("cancelled")
            raise
        self.became.append("ended")
        return list(keys)


async def test_a_cut_operation_cancels_its_batches() -> None:
    batches, loaders = Batches(), Loaders(None)

    async def operation() -> None:
        async with loaders.owned():
            await loaders.of(batches.load).load(1)

    running = asyncio.create_task(operation())
    await batches.begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert batches.became == ["begun", "cancelled"]


async def test_what_was_still_to_be_dispatched_does_not_begin() -> None:
    batches, loaders = Batches(), Loaders(None)

    async def operation() -> None:
        async with loaders.owned():
            waiting = loaders.of(batches.load).load(1)
            raise ValueError(waiting.done())

    with pytest.raises(ValueError, match="False"):
        await operation()
    await asyncio.sleep(0.01)
    assert batches.became == []


async def test_an_operation_that_needs_no_more_of_a_batch_waits_for_its_end() -> None:
    batches, loaders = Batches(), Loaders(None)
    async with loaders.owned():
        loading = loaders.of(batches.load).load(1)
        await batches.begun.wait()
        loading.cancel()  # as graphql-core does with the siblings of a failed field
        asyncio.get_running_loop().call_later(0.05, batches.going_on.set)
    assert batches.became == ["begun", "ended"]
