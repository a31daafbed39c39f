"""Live usage: an account with its numbers, which is shown again whenever they have changed."""

from datetime import datetime

from billing.account import AccountAt
from billing.cycle import current_cycle, next_cycle
from resolvers import access
from resolvers.account import by_ids
from resolvers.context import Context


async def usage_changed(ctx: Context, account_id: str | None = None) -> AccountAt:
    """Return the account named by `account_id`, the caller's own where it names none, and watch it.

    It is watched before it is read, so that no change falls in between.

    Raises:
        NotFoundError: there is none, or it is not the caller's.
    """
    id_ = access.account_id(ctx, account_id, field="accountId")
    if ctx.watcher is not None:
        ctx.watcher.watch(id_)
    found: AccountAt = await ctx.loaders.of(by_ids).load(id_)
    if ctx.watcher is not None:
        ctx.watcher.until = _until(found)
    return found


def _until(account: AccountAt) -> datetime | None:
    """Return when another cycle is the current one, or none is any more: nothing is stored then."""
    current = current_cycle(account.account, account.at)
    if current is not None:
        return current.ends_at
    coming = next_cycle(account.account, account.at)
    return None if coming is None else coming.starts_at
