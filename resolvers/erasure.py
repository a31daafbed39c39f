"""Erasing a contact: who it was goes, what it counted stays."""

from dataclasses import dataclass
from uuid import uuid4

from billing import erasure as rules
from billing.erasure import Erased, mark_of
from billing.errors import BadInputError, ContactUnknownError
from db import erasure
from db.meter_change import Record
from db.pool import Connection, transact
from db.text import storable
from resolvers import access, terms
from resolvers.context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an operator asks for."""

    account_id: str
    contact: str
    reason: str


async def erase_contact(ctx: Context, request: Request) -> Erased:
    """Put a random mark in the place of a contact's identifier, in all that is stored.

    No idempotency key names it: what one keeps would be made of the identifier. Sent again, it
    finds nobody.

    Raises:
        NotFoundError: there is no such account.
        BadInputError: the contact or the reason is malformed, or the reason names the contact.
        ContactUnknownError: the account has no message of the contact.
    """
    user = access.operator(ctx)
    account_id = access.account_id(ctx, request.account_id, field="accountId")
    rules.check(request.contact, request.reason)
    if not storable(request.contact + request.reason):
        raise BadInputError("It has a character that no contact has.", field="contact")
    erasure_id = uuid4()

    async def work(conn: Connection) -> Erased:
        await terms.locked(conn, account_id)
        mark = mark_of(erasure_id)
        counts = await erasure.exchange(conn, account_id, request.contact, mark)
        messages, conversations = counts
        if not messages:
            raise ContactUnknownError("The account has no message of this contact.")
        record = Record(ctx.clock(), user.subject, request.reason)
        await erasure.insert(conn, account_id, erasure_id, counts, record)
        return Erased(
            mark=mark, messages=messages, conversations=conversations, erased_at=record.at
        )

    return await transact(ctx.pool, work)
