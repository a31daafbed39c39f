"""Who is to be told that an account's numbers have changed."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

WATCHERS_MAX = 10_000
"""Subscriptions of a process."""

WATCHERS_OF_CALLER_MAX = 100
"""Those of one caller."""


class TooManyWatchersError(Exception):
    """There is no room for another subscription."""


class Watcher:
    """One subscription: the account that it shows, and whether there may be something new.

    It is told, however often, at most one thing: to look again. From `until` on what it has
    shown is of a cycle that is over.
    """

    def __init__(self, by_account: dict[UUID, set["Watcher"]]) -> None:
        self.account_id: UUID | None = None
        self.until: datetime | None = None
        self.told = asyncio.Event()
        self._by_account = by_account

    def watch(self, account_id: UUID) -> None:
        """Watch an account from now on: call it before the account is read."""
        if self.account_id != account_id:
            self.leave()
            self.account_id = account_id
            self._by_account[account_id].add(self)

    def leave(self) -> None:
        """Watch nothing any more."""
        if self.account_id is None:
            return
        others = self._by_account[self.account_id]
        others.discard(self)
        if not others:
            del self._by_account[self.account_id]
        self.account_id = None


class Watchers:
    """The watchers of a process, by account. Made once for the application."""

    def __init__(self) -> None:
        self._by_account: dict[UUID, set[Watcher]] = defaultdict(set)
        self._callers: Counter[object] = Counter()

    def __len__(self) -> int:
        return self._callers.total()

    @contextmanager
    def watching(self, caller: object) -> Iterator[Watcher]:
        """Have a watcher for a subscription of `caller`, until the end of the block.

        Raises:
            TooManyWatchersError: the process or the caller has as many as it may.
        """
        full = self._callers.total() >= WATCHERS_MAX
        if full or self._callers[caller] >= WATCHERS_OF_CALLER_MAX:
            raise TooManyWatchersError
        self._callers[caller] += 1
        watcher = Watcher(self._by_account)
        try:
            yield watcher
        finally:
            watcher.leave()
            self._callers[caller] -= 1
            if not self._callers[caller]:
                del self._callers[caller]

    def watched(self) -> list[UUID]:
        """Return the accounts that are watched."""
        return list(self._by_account)

    def tell(self, account_ids: Collection[UUID]) -> None:
        """Tell the watchers of accounts to look again."""
        for account_id in account_ids:
            for watcher in self._by_account.get(account_id, ()):
                watcher.told.set()
