"""``GET /export``: a chart's data as CSV, with the numbers and the rights of the API."""

import asyncio
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from billing.account import AccountAt
from billing.cycle import CycleState
from billing.errors import (
    AccessError,
    BadInputError,
    BillingError,
    NoCurrentCycleError,
    NotFoundError,
    UnauthenticatedError,
)
from billing.money import format_micros, quoted
from billing.series import SeriesStep
from edge.auth import caller
from edge.reply import problem
from edge.state import state_of
from resolvers import access, account, carrier, conversation, cycle, series
from resolvers.context import Context, Session

CYCLES_DEFAULT = 12
"""Cycles of the chart of cycles, unless asked otherwise."""

CYCLES_MAX = 60
"""The most that it has. (The one of a cycle's usage has `POINTS_MAX` rows and one.)"""

PARAMETERS = {
    "usage": frozenset({"chart", "account", "cycle", "by"}),
    "cycles": frozenset({"chart", "account", "last"}),
}
"""What can be asked for of each chart."""

Row: TypeAlias = Sequence[str | int | date | None]

_NUMBER = re.compile(r"[0-9]{1,9}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class _Table:
    """A chart's data: `since` is the first day, where there is one."""

    since: date | None
    columns: str
    rows: Sequence[Row]


async def respond(request: Request) -> Response:
    """Reply with the data of one chart of one account."""
    principal, state = await caller(request), state_of(request)
    ctx = Context.of(
        Session(state["pool"], state["clock"], principal, state["key_pepper"], state["accounts"])
    )
    try:
        access.admin_or_operator(ctx)
        asked = _asked(request.query_params)
        id_ = access.account_id(ctx, asked.get("account"), field="account")
        async with ctx.loaders.owned():
            found = await account.one(ctx, str(id_))
            table = await (_usage if asked["chart"] == "usage" else _cycles)(ctx, found, asked)
    except BillingError as error:
        message = error.message if error.field is None else f"{error.field}: {error.message}"
        return problem(_status(error), error.code, message)
    name = [re.sub(r"[^A-Za-z0-9_-]", "_", found.external_id), asked["chart"]]
    name += [] if table.since is None else [table.since.isoformat()]
    return Response(
        _written(found, table),
        headers={
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="{"-".join(name)}.csv"',
        },
        media_type="text/csv; charset=utf-8; header=present",
    )


def _asked(parameters: QueryParams) -> dict[str, str]:
    """Read the query.

    Raises:
        BadInputError: a parameter is missing, unknown, or there twice.
    """
    asked = dict(parameters)
    chart = asked.get("chart")
    if chart not in PARAMETERS:
        raise BadInputError(f"It must be one of {', '.join(PARAMETERS)}.", field="chart")
    for name, _ in parameters.multi_items():
        if name not in PARAMETERS[chart]:
            raise BadInputError(f"The chart {chart} has no such parameter.", field=quoted(name))
        if len(parameters.getlist(name)) > 1:
            raise BadInputError("It is given more than once.", field=name)
    return asked


def _number(asked: dict[str, str], name: str) -> int | None:
    text = asked.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise BadInputError("It must be a number from 0 on.", field=name)
    return int(text)


async def _usage(ctx: Context, found: AccountAt, asked: dict[str, str]) -> _Table:
    """Return a cycle's usage over time; what no step has is a row of its own, the last one.

    Raises:
        NoCurrentCycleError: no cycle is asked for, and there is no current one.
    """
    by = asked.get("by", SeriesStep.DAY.value)
    if by not in SeriesStep.__members__:
        raise BadInputError(f"It must be one of {', '.join(SeriesStep.__members__)}.", field="by")
    [shown] = await series.of_accounts(
        ctx, [found], cycle=_number(asked, "cycle"), by=SeriesStep[by]
    )
    if shown is None:
        raise NoCurrentCycleError("The account has no current cycle: name one.", field="cycle")
    if isinstance(shown, Exception):
        raise shown
    zone, last = shown.cycle.time_zone, shown.points[-1]
    rows: list[Row] = [
        (
            by,
            point.starts_on,
            point.ends_on,
            zone,
            point.conversations,
            point.conversations_total,
            format_micros(point.spent_micros),
            format_micros(point.spent_total_micros),
        )
        for point in shown.points
    ]
    rows.append(
        (
            "ADJUSTMENTS",
            "",
            "",
            zone,
            shown.adjusted_conversations,
            last.conversations_total + shown.adjusted_conversations,
            format_micros(shown.adjusted_spent_micros),
            format_micros(last.spent_total_micros + shown.adjusted_spent_micros),
        )
    )
    return _Table(
        shown.cycle.starts_on,
        "step starts_on ends_on time_zone conversations conversations_total spent spent_total",
        rows,
    )


async def _cycles(ctx: Context, found: AccountAt, asked: dict[str, str]) -> _Table:
    """Return the last cycles, the oldest first, without the one to come."""
    last = _number(asked, "last")
    count = CYCLES_DEFAULT if last is None else last
    if not 1 <= count <= CYCLES_MAX:
        raise BadInputError(f"It must be from 1 to {CYCLES_MAX}.", field="last")
    [page] = cycle.pages_of_accounts(ctx, [found], first=count + 1)
    if isinstance(page, Exception):
        raise page
    assert page is not None
    begun = [each for each in page.nodes if each.state is not CycleState.FUTURE][:count]
    begun.reverse()
    # At once, so that both meters are of one statement.
    usages, balances = await asyncio.gather(
        conversation.usage_of_cycles(ctx, begun), carrier.balances_of_cycles(ctx, begun)
    )
    rows: list[Row] = []
    for each, usage, balance in zip(begun, usages, balances, strict=True):
        assert balance is not None
        rows.append(
            (
                each.number,
                each.starts_on,
                each.ends_on,
                each.time_zone,
                each.state.value,
                usage.commitment,
                usage.quota,
                usage.used,
                format_micros(balance.spent_micros),
                format_micros(balance.limit_micros),
            )
        )
    return _Table(
        begun[0].starts_on if begun else None,
        "cycle starts_on ends_on time_zone state commitment quota used spent limit",
        rows,
    )


def _written(found: AccountAt, table: _Table) -> str:
    """Write a table as RFC 4180 has it; each row names the account and its currency."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["account", *table.columns.split(), "currency"])
    writer.writerows([_plain(found.external_id), *row, found.currency] for row in table.rows)
    return text.getvalue()


def _plain(text: str) -> str:
    """Return a client's text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _status(error: BillingError) -> int:
    if isinstance(error, UnauthenticatedError):
        return 401
    if isinstance(error, NotFoundError | NoCurrentCycleError):
        return 404
    return 403 if isinstance(error, AccessError) else 400
