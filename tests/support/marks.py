"""What usage that reaches marks has left behind, and what an admin has set for it."""

from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from pydantic import TypeAdapter

from billing.account import account_id_of
from billing.commitment import Meter
from billing.money import parse_micros
from billing.notice import Notice, NoticeKind
from billing.plan import Interval, SurchargePolicy
from billing.setting import AutoRecharge, LowBalanceAlert, SettingKind
from db import setting
from db.pool import Pool, acquire
from resolvers import plan
from tests.support.world import World, price_list

_NOTICE = TypeAdapter(Notice)

Mark: TypeAlias = tuple[str, int, str, int, datetime]
"""Meter, cycle, mark, arming, and when it takes effect."""


async def offer(
    world: World,
    *,
    policy: SurchargePolicy = SurchargePolicy.SURCHARGE_BLOCKS,
    reminders: bool = True,
) -> None:
    """Offer a plan, "Tiny", of which 20 conversations are all that is included."""
    lists = [price_list("Tiny", interval, 20, policy=policy) for interval in Interval]
    if not reminders:
        lists = [replace(each, reminder_percents=()) for each in lists]
    await plan.create(world.context(), lists)


async def reached(pool: Pool, external_id: str = "acme") -> list[Mark]:
    """Fetch the marks that were reached, in order of arming and size."""
    async with acquire(pool) as conn:
        rows = await conn.fetch(
            "SELECT meter, cycle, mark, arming, effective_at FROM reminder WHERE account_id = $1"
            " ORDER BY cycle, meter, arming, length(mark), mark",
            account_id_of(external_id),
        )
    return [tuple(row) for row in rows]


async def rearmed(pool: Pool, external_id: str = "acme") -> list[tuple[str, int, str, int]]:
    """Fetch the marks that were armed again: meter, cycle, mark, arming."""
    async with acquire(pool) as conn:
        rows = await conn.fetch(
            "SELECT meter, cycle, mark, arming FROM rearming WHERE account_id = $1"
            " ORDER BY cycle, meter, arming, length(mark), mark",
            account_id_of(external_id),
        )
    return [tuple(row) for row in rows]


async def told(pool: Pool, external_id: str = "acme") -> list[tuple[datetime, Notice]]:
    """Fetch the notices in the order in which they were written, each with when it is due."""
    async with acquire(pool) as conn:
        rows = await conn.fetch(
            "SELECT due_at, payload FROM outbox WHERE account_id = $1 AND target IS NULL"
            " ORDER BY recorded_at, payload ->> 'kind' DESC, (payload ->> 'percent')::integer",
            account_id_of(external_id),
        )
    return [(row["due_at"], _NOTICE.validate_json(row["payload"])) for row in rows]


async def percents(pool: Pool, external_id: str = "acme") -> list[int | None]:
    """Fetch what the reminders named."""
    return [
        notice.percent
        for _, notice in await told(pool, external_id)
        if notice.kind is NoticeKind.REMINDER
    ]


async def kinds(pool: Pool, external_id: str = "acme") -> list[str]:
    """Fetch what the notices are about."""
    return [notice.kind.value for _, notice in await told(pool, external_id)]


async def added(
    pool: Pool, external_id: str = "acme"
) -> list[tuple[str, int, int, int, datetime, str]]:
    """Fetch the automatic grants: kind, cycle, amount, price, when it takes effect, reason."""
    async with acquire(pool) as conn:
        rows = await conn.fetch(
            "SELECT kind, cycle, amount, price_micros, effective_at, reason"
            "  FROM automatic_grant WHERE account_id = $1 ORDER BY recorded_at, cycle, kind",
            account_id_of(external_id),
        )
    return [tuple(row) for row in rows]


async def alert_at(world: World, threshold: str | None, external_id: str = "acme") -> None:
    """Set the low-balance alert, or none, as it is stored."""
    alert = None
    if threshold is not None:
        alert = LowBalanceAlert(threshold_micros=parse_micros(threshold))
    await _set(world, external_id, SettingKind.LOW_BALANCE_ALERT, alert)


async def recharge_at(
    world: World,
    threshold: str,
    *,
    amount: str = "20",
    most: str = "60",
    external_id: str = "acme",
) -> None:
    """Set the automatic recharge as it is stored."""
    wanted = AutoRecharge(
        threshold_micros=parse_micros(threshold),
        amount_micros=parse_micros(amount),
        cycle_micros_max=parse_micros(most),
    )
    await _set(world, external_id, SettingKind.AUTO_RECHARGE, wanted)


async def _set(world: World, external_id: str, kind: SettingKind, value: object) -> None:
    id_ = account_id_of(external_id)
    async with acquire(world.pool) as conn:
        before = (await setting.of_accounts(conn, [id_]))[id_]
        await setting.insert(
            conn,
            id_,
            kind,
            value,
            version=before.version(kind) + 1,
            recorded_at=world.clock(),
            recorded_by="anna",
        )


def reminder(percent: int, cycle: int = 0, meter: Meter = Meter.CONVERSATIONS) -> Notice:
    """Return a reminder as it is told, without its armings."""
    return Notice(kind=NoticeKind.REMINDER, meter=meter, cycle=cycle, percent=percent)
