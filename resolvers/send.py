"""Previewing a send: computed, so that it waits for nothing and locks nothing."""

from collections.abc import Sequence
from uuid import UUID

from billing import window
from billing.cycle import current_cycle
from billing.errors import AccountEndedError, BadInputError
from billing.event import LABEL, LABELS_MAX, PLAIN, TEXT_MAX, LabelKind
from billing.send import Sending, SendPreview, landing_cycle, send_preview
from billing.window import Key
from db import account as db_account
from db import conversation, label
from db.pool import Connection, acquire
from db.text import storable
from resolvers import access
from resolvers.context import Context
from resolvers.preview import check_access, in_turn, sums_of

CONTACTS_MAX = 1_000
"""Contacts of a send."""


async def preview(
    ctx: Context,
    account_id: str | None,
    *,
    contacts: Sequence[str],
    channel: str,
    estimated_micros: int,
) -> SendPreview:
    """Preview writing to contacts now.

    Raises:
        NotFoundError, TrialNoAccessError: the caller may not have the account's cycles.
        BadInputError: something of the input is not what a message may have.
        AccountEndedError: the account takes no messages any more.
    """
    access.admin_or_operator(ctx)
    id_ = access.account_id(ctx, account_id, field="accountId")
    _check_send(contacts, channel, estimated_micros)
    keys = [Key(id_, contact, channel) for contact in dict.fromkeys(contacts)]
    sending = Sending(contacts=len(keys), channel=channel, estimated_micros=estimated_micros)

    async def work() -> SendPreview:
        async with acquire(ctx.pool) as conn:
            account = (await db_account.by_ids(conn, [id_])).get(id_)
            if account is None:
                raise access.account_not_found()
            check_access(ctx, account)
            if account.ended_at is not None and account.ended_at <= ctx.now:
                raise AccountEndedError("The account has ended.")
            await _check_channel(conn, id_, channel)
            starts = await conversation.starts(conn, [(key, ctx.now) for key in keys])
            around = current_cycle(account, ctx.now), landing_cycle(account, ctx.now)
            sums = await sums_of(conn, *around)
        changes = []
        for opened in starts:
            # No message is dated a window ahead: there are none from which to lay it anew.
            result = window.insert(opened, [ctx.now], ())
            assert isinstance(result, list)
            changes += result
        return send_preview(account, sums, sending, changes, at=ctx.now)

    return await in_turn(ctx, work)


def _check_send(contacts: Sequence[str], channel: str, estimated_micros: int) -> None:
    if not 1 <= len(contacts) <= CONTACTS_MAX:
        raise BadInputError(f"It must be 1 to {CONTACTS_MAX:,} contacts.", field="contacts")
    for contact in contacts:
        if not (len(contact) <= TEXT_MAX and PLAIN.fullmatch(contact) and storable(contact)):
            raise BadInputError(
                f"Each must be 1 to {TEXT_MAX} characters, none of them a control character.",
                field="contacts",
            )
    if not LABEL.fullmatch(channel):
        raise BadInputError("It must be 1 to 32 of A to Z, 0 to 9 and _.", field="channel")
    if estimated_micros < 0:
        raise BadInputError("It must not be negative.", field="estimatedAmount")


async def _check_channel(conn: Connection, account_id: UUID, channel: str) -> None:
    """Refuse a channel more than the account may use: its messages would be rejected (D13)."""
    names = (await label.of_accounts(conn, [account_id]))[account_id, LabelKind.CHANNEL]
    if channel not in names and len(names) >= LABELS_MAX:
        raise BadInputError(
            f"The account uses {LABELS_MAX} channels already, as many as it may.", field="channel"
        )
