"""Price lists in SQL."""

from dataclasses import astuple, fields
from datetime import datetime

from billing.plan import Interval, Limits, PriceList, SurchargePolicy
from db import queries
from db.pool import Connection, Row

_SQL = queries.load("price_list")
_LIMITS = [field.name for field in fields(Limits)]


async def insert(
    conn: Connection, price_list: PriceList, *, recorded_at: datetime, recorded_by: str
) -> bool:
    """Record a price list; False where its plan has one for that interval and instant."""
    inserted = await conn.fetchval(
        _SQL["insert"],
        price_list.plan,
        price_list.interval.value,
        price_list.effective_from,
        price_list.included,
        price_list.block_price_micros,
        price_list.surcharge_policy.value,
        list(price_list.reminder_percents),
        *astuple(price_list.limits),
        recorded_at,
        recorded_by,
    )
    return inserted is not None


async def of_plan(conn: Connection, plan: str) -> list[PriceList]:
    """Fetch all price lists of a plan; none where there is no such plan."""
    return [of_row(row) for row in await conn.fetch(_SQL["of_plan"], plan)]


def of_row(row: Row) -> PriceList:
    """Build a price list of a row that holds its columns."""
    return PriceList(
        plan=row["plan"],
        interval=Interval(row["billing_interval"]),
        effective_from=row["effective_from"],
        included=row["included"],
        block_price_micros=row["block_price_micros"],
        surcharge_policy=SurchargePolicy(row["surcharge_policy"]),
        reminder_percents=tuple(row["reminder_percents"]),
        limits=Limits(**{name: row[name] for name in _LIMITS}),
    )
