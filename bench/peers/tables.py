"""What the peers answer from: cycles worked out beforehand, in a schema of the bench's database."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench import instants
from bench.data import LARGE, NOW, Scale, account_ids
from billing.account import Account, AccountAt, account_id_of
from billing.cycle import current_cycle
from db import account
from db.columns import columns
from db.pool import Pool, acquire

_SCHEMA = Path(__file__).with_name("schema.sql")

_ACCOUNTS = """
INSERT INTO peers.account (account_id, external_id, name, plan, time_zone, current)
SELECT a.account_id, a.external_id, a.name, n.plan, n.time_zone, n.current
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[])
       AS n (account_id, plan, time_zone, current)
  JOIN account AS a ON a.account_id = n.account_id
"""

_PERIODS = """
INSERT INTO peers.period (account_id, number, state, starts_on, ends_on, included, place,
                          landed_from, landed_until, landed_piece_from, landed_piece_until,
                          charged_from, charged_until, charged_piece_from, charged_piece_until)
SELECT *
  FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::integer[],
              $7::integer[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[],
              $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[],
              $15::timestamptz[])
"""


async def make(pool: Pool, scale: Scale) -> None:
    """Make them anew for all accounts."""
    async with acquire(pool) as conn:
        found = await account.by_ids(conn, [*account_ids(scale), account_id_of(LARGE)])
        accounts = list(found.values())
        await conn.execute(_SCHEMA.read_text(encoding="utf-8"))
        await conn.execute(_ACCOUNTS, *columns(_rows(accounts), width=4))
        await conn.execute(_PERIODS, *columns(instants.periods(accounts), width=15))
        await conn.execute("ANALYZE peers.account, peers.period")


def _rows(accounts: Iterable[Account]) -> Iterable[tuple[Any, ...]]:
    for each in accounts:
        at, cycle = AccountAt(each, NOW), current_cycle(each, NOW)
        assert cycle is not None
        yield each.id, at.plan, at.time_zone, cycle.number
