"""May a service send? One statement, as long as the process knows the account (R16, D18)."""

from uuid import UUID

from billing.account import EXTERNAL_ID, Account, account_id_of
from billing.allowance import Balance, SendAllowance, check_estimate, send_allowance
from billing.cycle import Cycle, current_cycle
from billing.errors import BadInputError
from db import allowance
from db.pool import Connection, UnavailableError, acquire
from resolvers import access, account
from resolvers.context import Context


async def send_allowed(
    ctx: Context, external_id: str, feature: str, estimated_micros: int = 0
) -> SendAllowance:
    """Tell whether a message that costs about so much may be sent for an account now.

    Raises:
        UnauthenticatedError, ScopeMissingError: the caller is no service that sends.
        BadInputError: an argument is malformed or outside its limits.
        NotFoundError: there is no such account.
        UnavailableError: the account changes too often to be read.
    """
    access.sender(ctx)
    if not EXTERNAL_ID.fullmatch(external_id):
        raise BadInputError("It must be 1 to 64 visible ASCII characters.", field="account")
    check_estimate(feature, estimated_micros)
    async with acquire(ctx.pool) as conn:
        known, cycle, balance = await _balance(ctx, conn, account_id_of(external_id))
    return send_allowance(known, cycle, balance, estimated_micros=estimated_micros, at=ctx.now)


async def _balance(
    ctx: Context, conn: Connection, account_id: UUID
) -> tuple[Account, Cycle | None, Balance]:
    """Ask for the balance by what is known of the account; read it anew where that is stale."""
    known = ctx.accounts.get(account_id) or await account.read(ctx, conn, account_id)
    for _ in range(account.READS_MAX):
        cycle = current_cycle(known, ctx.now)
        balance = await allowance.of_account(conn, known, cycle)
        if balance is not None:
            return known, cycle, balance
        known = await account.read(ctx, conn, account_id)
    raise UnavailableError("The account changes faster than it can be read.")
