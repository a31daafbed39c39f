"""Accounts with their terms as they were last read, kept by the process between requests.

Whoever uses one asks its statement for the account's version, which goes up with each change to
terms and end, and reads the account again where it is another one. So what is kept must not
change without the version.
"""

from dataclasses import replace
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
        """Remember an account, and return what is remembered of it.

        Price lists are left out: plans get new ones without any account's version changing.
        """
        kept = replace(account, price_lists=())
        self._accounts.put(account.id, kept)
        return kept
