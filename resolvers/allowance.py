"""May a service send? One statement, as long as the process knows the account (R16, D18)."""

from billing.account import EXTERNAL_ID, account_id_of
from billing.allowance import SendAllowance, check_estimate, send_allowance
from billing.cycle import current_cycle
from billing.errors import BadInputError
from db import allowance
from db.pool import acquire
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
        found, balance = await account.known(
            ctx,
            conn,
            account_id_of(external_id),
            lambda known: allowance.of_account(conn, known, current_cycle(known, ctx.now)),
        )
    cycle = current_cycle(found, ctx.now)
    return send_allowance(found, cycle, balance, estimated_micros=estimated_micros, at=ctx.now)
