"""Accounts and their terms in SQL."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from billing.account import Account
from billing.plan import Interval
from billing.schedule import Schedule
from billing.terms import Terms, in_force
from db import change, price_list, queries
from db.columns import columns
from db.pool import Connection, Row

_SQL = queries.load("account")


async def by_ids(conn: Connection, ids: Collection[UUID]) -> dict[UUID, Account]:
    """Fetch the accounts that exist among `ids`, with terms and price lists."""
    grouped: dict[UUID, list[Row]] = defaultdict(list)
    for row in await conn.fetch(_SQL["by_ids"], ids):
        grouped[row["account_id"]].append(row)
    return {account_id: _account(rows) for account_id, rows in grouped.items()}


async def outdated(conn: Connection, accounts: Collection[Account]) -> list[UUID]:
    """Fetch the ids of the accounts of which more is stored by now than is known here."""
    return [row["account_id"] for row in await conn.fetch(_SQL["outdated"], *known(accounts))]


def known(accounts: Collection[Account]) -> list[list[Any]]:
    """Turn accounts into columns: ids, versions, how many price lists."""
    rows = [(account.id, account.version, len(account.price_lists)) for account in accounts]
    return columns(rows, width=3)


async def page_ids(conn: Connection, *, after: UUID | None, limit: int) -> list[UUID]:
    """Fetch at most `limit` account ids above `after`, in order."""
    assert limit > 0
    return [row["account_id"] for row in await conn.fetch(_SQL["page_ids"], after, limit)]


async def lock(conn: Connection, ids: Collection[UUID]) -> dict[UUID, int]:
    """Lock accounts in the order of their ids and return their versions under the lock.

    Raises:
        LookupError: one of them does not exist: a row that is not there locks nothing.
    """
    return _locked(ids, await conn.fetch(_SQL["lock"], ids))


async def lock_to_change(conn: Connection, ids: Collection[UUID]) -> dict[UUID, int]:
    """Lock accounts as `lock` does, for a transaction that is sure to change their numbers."""
    change.note(ids)
    return _locked(ids, await conn.fetch(_SQL["lock_to_change"], ids))


def _locked(ids: Collection[UUID], rows: Sequence[Row]) -> dict[UUID, int]:
    if len(rows) != len(set(ids)):
        raise LookupError("an account to lock does not exist")
    return {row["account_id"]: row["version"] for row in rows}


async def insert(conn: Connection, account: Account, *, recorded_by: str) -> bool:
    """Record an account without its terms; False where its external id is taken."""
    inserted = await conn.fetchval(
        _SQL["insert"],
        account.id,
        account.external_id,
        account.name,
        account.currency,
        account.time_zone,
        account.signed_up_at,
        account.trial_ends_at,
        account.backfill_until,
        account.recorded_at,
        recorded_by,
    )
    return inserted is not None


async def insert_terms(
    conn: Connection, account_id: UUID, terms: Terms, *, recorded_at: datetime, recorded_by: str
) -> None:
    """Record a row of terms. The account must be locked."""
    await conn.execute(
        _SQL["insert_terms"],
        account_id,
        terms.seq,
        terms.first_cycle,
        terms.starts_at,
        terms.plan,
        terms.interval.value,
        terms.anchor_date,
        terms.time_zone,
        recorded_at,
        recorded_by,
    )
    await conn.execute(_SQL["touch"], account_id)
    change.note([account_id])


async def next_seq(conn: Connection, account_id: UUID) -> int:
    """Fetch the number that the account's next row of terms has."""
    seq: int = await conn.fetchval(_SQL["next_seq"], account_id)
    return seq


async def end(conn: Connection, account_id: UUID, *, at: datetime) -> None:
    """Record when the account ends. It must be locked."""
    change.note([account_id])
    await conn.execute(_SQL["end"], account_id, at)


def _account(rows: Sequence[Row]) -> Account:
    """Build an account of its rows: one for each pair of terms and price list."""
    row = rows[0]
    terms = {row["seq"]: _terms(row) for row in rows if row["seq"] is not None}
    price_lists = {
        (row["plan"], row["billing_interval"], row["effective_from"]): price_list.of_row(row)
        for row in rows
        if row["effective_from"] is not None
    }
    return Account(
        id=row["account_id"],
        external_id=row["external_id"],
        name=row["name"],
        currency=row["currency"],
        time_zone=row["time_zone"],
        signed_up_at=row["signed_up_at"],
        trial_ends_at=row["trial_ends_at"],
        recorded_at=row["recorded_at"],
        backfill_until=row["backfill_until"],
        ended_at=row["ended_at"],
        version=row["version"],
        schedule=Schedule(in_force(terms.values()), row["ended_at"]) if terms else None,
        price_lists=tuple(price_lists.values()),
        latest_statement=row["latest_statement"],
    )


def _terms(row: Row) -> Terms:
    return Terms(
        seq=row["seq"],
        first_cycle=row["first_cycle"],
        starts_at=row["starts_at"],
        plan=row["plan"],
        interval=Interval(row["billing_interval"]),
        anchor_date=row["anchor_date"],
        time_zone=row["terms_time_zone"],
    )
