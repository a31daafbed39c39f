"""What is asked for together comes from one call, whoever waits for it."""

import asyncio
from collections.abc import Sequence

import pytest

from resolvers.joint import Joint
from resolvers.loaders import Loaders


class Calls:
    """A batch function that doubles; `failing` makes it raise, `going_on` holds it up."""

    def __init__(self) -> None:
        self.of: list[list[int]] = []
        self.failing = False
        self.begun = asyncio.Event()
        self.going_on = asyncio.Event()
        self.going_on.set()

    async def load(self, keys: Sequence[int]) -> list[int]:
        self.of.append(list(keys))
        self.begun.set()
        await self.going_on.wait()
        if self.failing:
            raise LookupError(keys)
        return [2 * key for key in keys]


async def test_all_that_is_asked_before_waiting_is_one_call() -> None:
    calls = Calls()
    joint = Joint(calls.load)
    first, second = joint.ask(1), joint.ask(2)
    assert calls.of == []
    assert [await second, await first, await first] == [4, 2, 2]
    assert calls.of == [[1, 2]]
    assert await joint.ask(1) == 2
    assert calls.of == [[1, 2], [1]]


async def test_those_who_wait_at_once_share_a_call() -> None:
    calls = Calls()
    joint = Joint(calls.load)

    async def ask(key: int) -> int:
        return await joint.ask(key)

    assert await asyncio.gather(*map(ask, (1, 2, 3))) == [2, 4, 6]
    assert calls.of == [[1, 2, 3]]


async def test_what_is_asked_during_a_call_is_another_one() -> None:
    calls = Calls()
    calls.going_on.clear()
    joint = Joint(calls.load)
    first = asyncio.ensure_future(joint.ask(1))
    await calls.begun.wait()
    second = asyncio.ensure_future(joint.ask(2))
    await asyncio.sleep(0)
    calls.going_on.set()
    assert (await first, await second) == (2, 4)
    assert calls.of == [[1], [2]]


async def test_an_error_is_that_of_all_who_asked_and_of_nobody_else() -> None:
    calls = Calls()
    calls.failing = True
    joint = Joint(calls.load)
    asked = [joint.ask(1), joint.ask(2)]
    for each in (*asked, *asked):
        with pytest.raises(LookupError):
            await each
    calls.failing = False
    assert await joint.ask(3) == 6
    assert calls.of == [[1, 2], [3]]


async def test_who_leaves_takes_nothing_from_who_stays() -> None:
    calls = Calls()
    calls.going_on.clear()
    joint = Joint(calls.load)
    calling, leaving = (asyncio.ensure_future(joint.ask(key)) for key in (1, 2))
    await calls.begun.wait()
    leaving.cancel()
    await asyncio.sleep(0)
    calls.going_on.set()
    assert await calling == 2
    assert leaving.cancelled()


async def test_who_calls_and_is_cut_leaves_nobody_waiting() -> None:
    calls = Calls()
    calls.going_on.clear()
    joint = Joint(calls.load)
    calling, waiting = (asyncio.ensure_future(joint.ask(key)) for key in (1, 2))
    await calls.begun.wait()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_who_is_cut_before_the_call_begins_leaves_nobody_waiting() -> None:
    calls = Calls()
    joint = Joint(calls.load)
    calling, waiting = (asyncio.ensure_future(joint.ask(key)) for key in (1, 2))
    await asyncio.sleep(0)
    calling.cancel()
    async with asyncio.timeout(1):
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert calls.of == []
    assert await joint.ask(3) == 6


async def test_an_operation_has_one_for_each_batch_function() -> None:
    given: list[tuple[str, list[int]]] = []

    async def load(ctx: str, keys: Sequence[int]) -> list[int]:
        given.append((ctx, list(keys)))
        return list(keys)

    loaders = Loaders("the operation")
    asked = [loaders.joint(load).ask(key) for key in (1, 2)]
    assert [await each for each in asked] == [1, 2]
    assert given == [("the operation", [1, 2])]
