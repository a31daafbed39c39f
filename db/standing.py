"""Changing a meter in SQL: one statement reads all that it is decided on, one writes it all."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from billing.account import Account
from billing.commitment import Meter, MeterChange
from billing.cycle import Cycle
from billing.reminder import Armed
from billing.setting import Settings
from billing.view import Sums
from db import automatic_grant, outbox, queries, reminder, setting, usage
from db.change import note
from db.effect import Effects
from db.idempotency import Asked, Kept
from db.meter_change import Record
from db.pool import Connection, Row, committing
from db.reminder import Marks, Metered

_SQL = queries.load("standing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """How an account stands: all of one snapshot.

    `changes` is how often its numbers have changed. `kept` is what came of the change that the key
    names; None if there is none.
    """

    sums: Sums
    changes: int
    kept: Kept | None
    settings: Settings
    marks: dict[Metered, Marks]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """All that a change is to write. `changes` is that of the stand which it was decided on."""

    account_id: UUID
    changes: int
    change: MeterChange
    record: Record
    key: str
    kept: Kept
    effects: Effects


async def read(
    conn: Connection, account: Account, cycles: Sequence[Cycle], *, key: str | None = None
) -> Stand | None:
    """Fetch how an account stands in `cycles`, and what came of the change that `key` names.

    None where more is stored of the account by now than is known here.
    """
    asked = usage.Asked(cycles)
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in await conn.fetch(
        _SQL["read"],
        *asked.parameters(meters=frozenset(Meter), assumed=[account]),
        account.id,
        key,
        list({cycle.number for cycle in cycles}),
    ):
        parts[row["part"]].append(row)
    [changes] = parts.pop("changes")
    known, settings, marks = (parts.pop(part, []) for part in ("known", "setting", "mark"))
    asked.read(chain.from_iterable(parts.values()))
    if asked.outdated:
        return None
    return Stand(
        sums=dict(zip(cycles, asked.figures, strict=True)),
        changes=changes["amount"],
        kept=_kept(known[0]) if known else None,
        settings=setting.settings_of((row["label"], row["ref"], row["reason"]) for row in settings),
        marks=_marks(account.id, marks),
    )


async def write(conn: Connection, written: Written) -> bool:
    """Write a change with all that follows from it, at once.

    Returns whether that is done: if the account's numbers are others by now, nothing is written.

    Raises:
        OutcomeUnknownError: the way to the database was cut meanwhile.
    """
    change, record, effects = written.change, written.record, written.effects
    async with committing():
        claimed = await conn.fetchval(
            _SQL["write"],
            written.account_id,
            written.changes,
            record.at,
            change.meter.value,
            change.version,
            change.kind.value,
            change.cycle,
            change.amount,
            change.amount_before,
            change.price_micros,
            change.effective_at,
            record.by,
            record.reason,
            written.key,
            written.kept.asked.mutation,
            written.kept.asked.input_hash,
            written.kept.outcome,
            *automatic_grant.columns_of(effects.grants),
            *reminder.reached_columns(effects.reached),
            *reminder.rearmed_columns(effects.rearmed),
            *outbox.columns_of(effects.queued),
        )
    if claimed is None:
        return False
    note([written.account_id])
    return True


def _kept(row: Row) -> Kept:
    return Kept(Asked(row["label"], bytes.fromhex(row["id"])), row["reason"])


def _marks(account_id: UUID, rows: Sequence[Row]) -> dict[Metered, Marks]:
    found: dict[Metered, Marks] = defaultdict(dict)
    for row in rows:
        place = Metered(account_id, Meter(row["label"]), row["number"])
        found[place][row["reason"]] = Armed(row["amount"], row["n"])
    return found
