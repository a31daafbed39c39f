"""Watchers: who is told of what, and how many there may be."""

from contextlib import ExitStack
from uuid import UUID

import pytest

from resolvers.watcher import (
    WATCHERS_MAX,
    WATCHERS_OF_CALLER_MAX,
    TooManyWatchersError,
    Watchers,
)

ONE, TWO = UUID(int=1), UUID(int=2)


def test_those_who_watch_an_account_are_told_of_it_and_nobody_else() -> None:
    watchers = Watchers()
    with (
        watchers.watching("anna") as anna,
        watchers.watching("bob") as bob,
        watchers.watching("eve") as eve,
    ):
        anna.watch(ONE)
        bob.watch(ONE)
        eve.watch(TWO)
        watchers.tell([ONE])
        assert [each.told.is_set() for each in (anna, bob, eve)] == [True, True, False]


def test_who_looks_elsewhere_or_leaves_is_not_told_and_is_forgotten() -> None:
    watchers = Watchers()
    with watchers.watching("anna") as anna:
        assert watchers.watched() == []
        anna.watch(ONE)
        anna.watch(ONE)
        assert watchers.watched() == [ONE]
        anna.watch(TWO)
        assert watchers.watched() == [TWO]
        watchers.tell([ONE])
        assert not anna.told.is_set()
    assert watchers.watched() == []
    watchers.tell([TWO])
    assert not anna.told.is_set()


def test_a_caller_may_have_so_many() -> None:
    watchers = Watchers()
    with ExitStack() as stack:
        for _ in range(WATCHERS_OF_CALLER_MAX):
            stack.enter_context(watchers.watching("anna"))
        with pytest.raises(TooManyWatchersError), watchers.watching("anna"):
            pass
        with watchers.watching("bob"):
            pass
    with watchers.watching("anna"):
        pass


def test_a_process_may_have_so_many() -> None:
    watchers = Watchers()
    with ExitStack() as stack:
        for number in range(WATCHERS_MAX):
            stack.enter_context(watchers.watching(number))
        with pytest.raises(TooManyWatchersError), watchers.watching("one more"):
            pass
    with watchers.watching("one more"):
        pass
