"""The ledger of changes to meters (D21)."""

import re
from collections.abc import Sequence
from uuid import UUID

from billing.account import AccountAt
from billing.commitment import LedgerEntry, Meter
from billing.errors import BadInputError
from db import meter_change
from db.page import Position
from db.pool import acquire
from resolvers import access
from resolvers.context import Context
from resolvers.page import PAGE_DEFAULT, Paged, page, paged_rows

_VERSION = re.compile(r"[0-9]{1,9}")


async def of_accounts(
    ctx: Context,
    accounts: Sequence[AccountAt],
    first: int = PAGE_DEFAULT,
    after: str | None = None,
    meter: Meter | None = None,
) -> list[Paged[LedgerEntry] | Exception]:
    """Return a page of each account's changes to its meters, newest first (D21)."""
    wanted = page(first, after)
    if wanted.after is not None and not _VERSION.fullmatch(wanted.after[2]):
        raise BadInputError("It is not a cursor of this list.", field="after")
    refusals = [access.usage_refusal(ctx, account.account) for account in accounts]
    ids = [account.id for account, refused in zip(accounts, refusals, strict=True) if not refused]
    entries: dict[UUID, list[LedgerEntry]] = {}
    if ids:
        async with acquire(ctx.pool) as conn:
            entries = await meter_change.pages(conn, ids, meter=meter, page=wanted)
    return [
        refused or paged_rows(entries.get(account.id, []), first, after, position=_position)
        for account, refused in zip(accounts, refusals, strict=True)
    ]


def _position(entry: LedgerEntry) -> Position:
    return entry.recorded_at, entry.meter.value, str(entry.version)
