"""What a process remembers: the latest used, bounded, and nothing that changes unnoticed."""

from dataclasses import replace
from uuid import UUID

import pytest

from resolvers.known_accounts import ACCOUNTS_MAX, Assumed, KnownAccounts, OutdatedError
from resolvers.lru import Lru
from tests.billing.build import account, terms

ACME = account(terms("2026-01-31", starts_at="2026-01-31"))


def test_the_entry_that_was_used_longest_ago_is_forgotten() -> None:
    known: Lru[str, int] = Lru(3)
    assert known.get("a") is None
    for value, key in enumerate("abc"):
        known.put(key, value)
    assert len(known) == 3
    assert known.get("a") == 0  # now b is the oldest
    known.put("c", 22)  # and now a comes before c
    known.put("d", 3)
    assert [known.get(key) for key in "abcd"] == [0, None, 22, 3]
    known.put("e", 4)
    assert [known.get(key) for key in "abcde"] == [None, None, 22, 3, 4]
    assert len(known) == 3


def test_an_account_is_known_until_it_is_dropped() -> None:
    known = KnownAccounts()
    assert known.get(ACME.id) is None
    assert known.keep(ACME) is ACME
    assert known.get(ACME.id) is ACME
    assert known.get(UUID(int=0)) is None
    known.drop(UUID(int=0))
    known.drop(ACME.id)
    assert known.get(ACME.id) is None


def test_only_what_may_be_assumed_is_and_only_what_is_known() -> None:
    known = KnownAccounts()
    known.keep(ACME)
    assumed = Assumed(known)
    assert assumed.take([ACME.id]) == {}
    assert assumed.unconfirmed == []
    assumed.allowed = True
    assert assumed.take([UUID(int=0), ACME.id]) == {ACME.id: ACME}
    assert assumed.of([UUID(int=0), ACME.id]) == [ACME]
    assert assumed.unconfirmed == [ACME]
    assumed.confirm([ACME], [])
    assert assumed.unconfirmed == []
    assert assumed.of([ACME.id]) == [ACME]  # each statement about it confirms it again


def test_what_is_outdated_is_known_no_longer() -> None:
    known = KnownAccounts()
    known.keep(ACME)
    assumed = Assumed(known)
    assumed.allowed = True
    assumed.take([ACME.id])
    with pytest.raises(OutdatedError):
        assumed.confirm([ACME], [ACME.id])
    assert assumed.outdated
    assert known.get(ACME.id) is None


def test_so_many_accounts_are_known_at_a_time() -> None:
    known = KnownAccounts()
    ids = [UUID(int=n) for n in range(ACCOUNTS_MAX + 1)]
    for id_ in ids[:ACCOUNTS_MAX]:
        known.keep(replace(ACME, id=id_))
    assert all(known.get(id_) is not None for id_ in ids[:ACCOUNTS_MAX])
    known.keep(replace(ACME, id=ids[ACCOUNTS_MAX]))
    assert known.get(ids[0]) is None
    assert all(known.get(id_) is not None for id_ in ids[1:])
