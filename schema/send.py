"""Previewing a send."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, Self

import strawberry

from resolvers import access, send
from schema.columns.batch import guarded
from schema.failures import (
    AccountEnded,
)
from schema.info import Info
from schema.meter import CycleSnapshot
from schema.preview import PreviewInput
from schema.scalars import Money


@strawberry.type(description="The current cycle's balance before and after a send.")
class SendBalance:
    left_micros: Money = strawberry.field(name="left", description="What is left now, at least 0.")
    left_after_micros: Money = strawberry.field(
        name="leftAfter",
        description="What would be left after the estimated amount, at least 0: before any "
        "automatic recharge.",
    )
    overspent_after_micros: Money = strawberry.field(
        name="overspentAfter", description="What would then be spent beyond the limit."
    )


@strawberry.type(description="What writing to contacts now would do. Nothing is sent or reserved.")
class SendPreview:
    contacts: int = strawberry.field(description="Contacts, each counted once.")
    new_conversations: int = strawberry.field(
        description="Conversations that would open: contacts with which none is open on the "
        "channel."
    )
    cycle: CycleSnapshot | None = strawberry.field(
        description="The cycle in which these would land, 168 hours from now, with them and the "
        "blocks added for them, but without the estimated amount. One to come is shown as it will "
        "be at its start. Null where they land in none."
    )
    automatic_blocks: int = strawberry.field(
        description="Blocks of 100 that would be added to that cycle at once."
    )
    automatic_price_micros: Money = strawberry.field(
        name="automaticPrice", description="Their price."
    )
    balance: SendBalance | None = strawberry.field(
        description="The current cycle's balance; null before the first cycle."
    )
    allowed: bool = strawberry.field(
        description="Whether the send should start: in a current cycle, with balance left that "
        "the estimated amount does not exceed."
    )
    computed_at: datetime = strawberry.field(description="The instant of the preview.")

    @classmethod
    def of(cls, found: object) -> Self:
        values: dict[str, Any] = {field.name: getattr(found, field.name) for field in fields(cls)}
        return cls(**values)


@strawberry.input(description="Writing to contacts now, to preview.")
class PreviewSendInput(PreviewInput):
    contacts: list[str] = strawberry.field(
        description="1 to 1,000 identifiers of 1 to 256 characters, as messages have them; the "
        "same one counts once."
    )
    channel: str = strawberry.field(
        description="On which channel, 1 to 32 of A to Z, 0 to 9 and _: one of the account's, or "
        "a new one while it uses fewer than 20."
    )
    estimated_amount: Money = strawberry.field(
        default=Money(0), description="What the caller reckons all of it to cost, at least 0."
    )


PreviewSendResult = Annotated[
    SendPreview | AccountEnded,
    strawberry.union("PreviewSendResult", description="The preview, or why nothing is sent."),
]


@guarded(
    access.admin_or_operator,
    description="What writing to contacts now would do: new conversations, the cycle in which "
    "they land, blocks added for them, and the balance. An operation can have 10 previews.",
)
async def preview_send(
    info: Info,
    input: Annotated[PreviewSendInput, strawberry.argument(description="To whom, and how.")],
) -> PreviewSendResult | None:
    """Preview a send."""
    return SendPreview.of(
        await send.preview(
            info.context,
            input.account_id,
            contacts=input.contacts,
            channel=input.channel,
            estimated_micros=input.estimated_amount,
        )
    )
