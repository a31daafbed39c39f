"""Cycles of accounts: computed from their terms, without a query."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from billing import cycle
from billing.account import AccountAt
from billing.cycle import Cycle
from billing.errors import BadInputError, BillingError
from resolvers import access
from resolvers.context import Context
from resolvers.page import PAGE_DEFAULT, Paged, cursor_of, page_size, read_cursor

T = TypeVar("T")


def of_accounts(
    ctx: Context,
    accounts: Sequence[AccountAt],
    number: int | None = None,
    at: datetime | None = None,
) -> list[Cycle | Exception | None]:
    """Return each account's cycle by number or instant; the current one where neither is given."""
    if number is not None and at is not None:
        raise BadInputError("Give either number or at, not both.", field="number")

    def find(account: AccountAt) -> Cycle | None:
        if number is not None:
            return cycle.cycle_numbered(account.account, number, ctx.now)
        if at is not None:
            return cycle.cycle_containing(account.account, at, ctx.now)
        return cycle.current_cycle(account.account, ctx.now)

    return [viewed(ctx, account, find) for account in accounts]


def next_of_accounts(ctx: Context, accounts: Sequence[AccountAt]) -> list[Cycle | Exception | None]:
    """Return each account's one future cycle."""
    return [
        viewed(ctx, account, lambda account: cycle.next_cycle(account.account, ctx.now))
        for account in accounts
    ]


def pages_of_accounts(  # noqa: PLR0913, PLR0917 (a connection's arguments)
    ctx: Context,
    accounts: Sequence[AccountAt],
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Paged[Cycle] | Exception | None]:
    """Return a page of each account's cycles, the future one first."""
    if first is not None and last is not None:
        raise BadInputError("Give either first or last, not both.", field="last")
    size = (
        page_size(last, field="last")
        if last is not None
        else page_size(PAGE_DEFAULT if first is None else first)
    )
    # Newest first: what comes after a cycle in the list is older than it.
    below, above = _number(after, "after"), _number(before, "before")

    def find(account: AccountAt) -> Paged[Cycle]:
        numbers = account.account.cycle_numbers(ctx.now)
        oldest = 0 if above is None else above + 1
        newest = len(numbers) - 1 if below is None else min(below, len(numbers)) - 1
        wanted = range(newest, oldest - 1, -1)
        page = wanted[:size] if last is None else wanted[-size:]
        return Paged.of(
            [Cycle.of(account.account, number, ctx.now) for number in page],
            lambda found: cursor_of(found.number),
            previous=bool(page) and page[0] < len(numbers) - 1,
            following=bool(page) and page[-1] > 0,
        )

    return [viewed(ctx, account, find) for account in accounts]


def viewed(ctx: Context, account: AccountAt, find: Callable[[AccountAt], T]) -> T | Exception:
    """Find something of an account, or say why that cannot be had: one account's error."""
    refusal = access.usage_refusal(ctx, account.account)
    if refusal is not None:
        return refusal
    try:
        return find(account)
    except BillingError as error:
        return error


def _number(cursor: str | None, field: str) -> int | None:
    if cursor is None:
        return None
    number = int(read_cursor(cursor, int, field=field)[0])
    if number < 0:
        raise BadInputError("It is not a cursor of this list.", field=field)
    return number
