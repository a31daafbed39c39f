"""Accounts with their terms as they were last read, kept by the process between requests.

Whoever uses one has its statement ask whether the account is still so: its version goes up with
each change to terms and end, and its plans' price lists are only ever added to.
"""

from collections.abc import Iterable
from uuid import UUID

from billing.account import Account
from resolvers.lru import Lru

ACCOUNTS_MAX = 10_000
"""How many accounts a process knows at a time."""


class KnownAccounts:
    """Made once for the application."""

    def __init__(self) -> None:
        self._accounts: Lru[UUID, Account] = Lru(ACCOUNTS_MAX)

    def get(self, account_id: UUID) -> Account | None:
        """Return an account as it was at some version; None where it is not known."""
        return self._accounts.get(account_id)

    def keep(self, account: Account) -> Account:
        """Remember an account, and return it."""
        self._accounts.put(account.id, account)
        return account

    def drop(self, account_id: UUID) -> None:
        """Forget an account."""
        self._accounts.drop(account_id)


class OutdatedError(Exception):
    """What the process knows of an account is no longer so: the operation must run anew."""


class Assumed:
    """Known accounts that one operation takes for read, so as to need no statement for them.

    Each is to be confirmed by a statement of the operation; where one is no longer so, the whole
    operation runs anew, without assuming anything. So only what reads may assume.
    """

    def __init__(self, known: KnownAccounts) -> None:
        self.allowed = False
        self.outdated = False
        self._known = known
        self._accounts: dict[UUID, Account] = {}
        self._confirmed: set[UUID] = set()

    def take(self, ids: Iterable[UUID]) -> dict[UUID, Account]:
        """Return those of `ids` that are known, if the operation may assume them."""
        if not self.allowed:
            return {}
        taken = {id_: known for id_ in ids if (known := self._known.get(id_)) is not None}
        self._accounts |= taken
        return taken

    def of(self, ids: Iterable[UUID]) -> list[Account]:
        """Return those of `ids` that are assumed: what a statement about them is to confirm."""
        return [self._accounts[id_] for id_ in ids if id_ in self._accounts]

    @property
    def unconfirmed(self) -> list[Account]:
        """Those that no statement has confirmed yet."""
        return self.of(self._accounts.keys() - self._confirmed)

    def confirm(self, accounts: Iterable[Account], outdated: Iterable[UUID]) -> None:
        """Note what a statement that was to confirm `accounts` has found.

        Raises:
            OutdatedError: some are `outdated`; they are no longer known.
        """
        self._confirmed.update(account.id for account in accounts)
        for account_id in outdated:
            self.outdated = True
            self._known.drop(account_id)
        if self.outdated:
            raise OutdatedError
