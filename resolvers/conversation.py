"""Standard conversations: a cycle's usage, and the conversations behind it."""

from collections.abc import Awaitable, Sequence

from billing import span
from billing.commitment import Meter
from billing.conversation import Conversation, ConversationUsage, conversation_usage
from billing.cycle import Cycle
from billing.errors import BadInputError
from billing.event import LABEL
from db import conversation
from db.page import Position
from db.pool import acquire
from db.text import storable
from resolvers.context import Context
from resolvers.page import PAGE_DEFAULT, Paged, page, paged_rows
from resolvers.usage import of_cycles


def usage_of_cycles(ctx: Context, cycles: Sequence[Cycle]) -> Awaitable[list[ConversationUsage]]:
    """Return what the conversations of cycles come to."""
    return of_cycles(ctx, cycles, conversation_usage, Meter.CONVERSATIONS)


async def pages_of_usages(  # noqa: PLR0913, PLR0917 (a connection's arguments)
    ctx: Context,
    usages: Sequence[ConversationUsage],
    first: int = PAGE_DEFAULT,
    after: str | None = None,
    contact: str | None = None,
    channel: str | None = None,
) -> list[Paged[Conversation]]:
    """Return a page of the conversations that land in a cycle, newest first.

    Raises:
        BadInputError: the operation lists more than one cycle, or `contact` or `channel` is none.
    """
    wanted = page(first, after)
    if contact is not None and not storable(contact):
        raise BadInputError("It has a character that no contact has.", field="contact")
    if channel is not None and not LABEL.fullmatch(channel):
        raise BadInputError("It must be 1 to 32 of A to Z, 0 to 9 and _.", field="channel")
    found = []
    for usage in usages:
        ctx.list_facts_of(usage.cycle)
        closing = span.landing(usage.cycle)
        rows: list[Conversation] = []
        if closing is not None:
            async with acquire(ctx.pool) as conn:
                rows = await conversation.page(
                    conn, usage.cycle, closing, contact=contact, channel=channel, page=wanted
                )
        found.append(paged_rows(rows, first, after, position=_position))
    return found


def _position(row: Conversation) -> Position:
    return row.closes_at, row.contact, row.channel
