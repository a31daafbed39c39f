"""The queries that tell what a change would do."""

from dataclasses import fields
from datetime import date, datetime
from typing import Annotated, Any, Self

import strawberry

from billing.commitment import ChangeKind, Meter
from billing.meter import WhichCycle
from resolvers import access, preview
from schema.account import ScheduledTerms
from schema.columns.batch import guarded
from schema.failures import (
    AccountEnded,
    CommitmentNeeded,
    LimitExceeded,
    NoCurrentCycle,
    NothingToChange,
    PlanNotOffered,
    TermsNotAllowed,
)
from schema.info import Info
from schema.meter import CycleSnapshot
from schema.scalars import Money
from schema.terms import ChangeTermsInput


@strawberry.type(
    description="A scheduled commitment that would not come. Of blocks and amount, that of its "
    "meter has a value."
)
class LapsedCommitment:
    meter: Meter = strawberry.field(description="Of which meter.")
    blocks: int | None = strawberry.field(description="Blocks of 100 conversations.")
    amount_micros: Money | None = strawberry.field(name="amount", description="Carrier costs.")
    effective_at: datetime = strawberry.field(description="When it would have taken effect.")
    effective_on: date = strawberry.field(description="The local day of that.")


@strawberry.type(description="What would be lost by a change.")
class Losses:
    conversations: int = strawberry.field(
        description="Conversations left that expire at once with the cycle that the change ends."
    )
    balance_micros: Money = strawberry.field(
        name="balance",
        description="Balance left that expires at once with the cycle that the change ends.",
    )
    scheduled_commitments: list[LapsedCommitment] = strawberry.field(
        description="Scheduled commitments that are cancelled or replaced: one a meter."
    )
    scheduled_terms: ScheduledTerms | None = strawberry.field(
        description="Scheduled terms that are cancelled or replaced."
    )


@strawberry.type(
    description="The conversations that land in the cycle to come already, and what covers them "
    "there. Where the change starts a cycle at once, that is the one."
)
class PendingCover:
    cycle_number: int = strawberry.field(description="The cycle to come.")
    conversations: int = strawberry.field(
        description="Open ones that close in it, also those dated a few minutes ahead."
    )
    quota: int = strawberry.field(
        description="Its quota with the change, before blocks are added automatically for it."
    )
    covered: bool = strawberry.field(description="Whether that quota holds them.")
    automatic_blocks: int = strawberry.field(
        description="Blocks of 100 that would be added at once: 0 where the plan adds none."
    )
    automatic_price_micros: Money = strawberry.field(
        name="automaticPrice", description="Their price."
    )


@strawberry.type(description="What every preview of a change says.")
class _Preview:
    cycle_number: int = strawberry.field(
        description="The cycle from which the change holds, or for which would be bought."
    )
    price_micros: Money = strawberry.field(
        name="price",
        description="What it would cost: per cycle for commitments, also those that go on under "
        "new terms; else once.",
    )
    effective_at: datetime = strawberry.field(description="When it would take effect.")
    effective_on: date = strawberry.field(description="That day in the account's time zone.")
    computed_at: datetime = strawberry.field(description="The instant of the preview.")
    before: CycleSnapshot = strawberry.field(
        description="The cycle that it would affect, without it. One to come is shown as it will "
        "be at its start, with what is open now. Where the change starts a cycle at once, the one "
        "that it ends."
    )
    after: CycleSnapshot = strawberry.field(description="That cycle with the change.")
    lost: Losses = strawberry.field(description="What would be lost by it.")
    pending: PendingCover | None = strawberry.field(
        description="What awaits the cycle to come; null where the account ends first."
    )

    @classmethod
    def of(cls, found: object) -> Self:
        values: dict[str, Any] = {field.name: getattr(found, field.name) for field in fields(cls)}
        return cls(**values)


@strawberry.type(description="What a change to a meter would do. Nothing is changed.")
class MeterPreview(_Preview):
    kind: ChangeKind = strawberry.field(description="What the change does.")


@strawberry.type(description="What buying blocks would do. Nothing is bought.")
class BlocksPreview(MeterPreview):
    covers_until: datetime = strawberry.field(
        description="168 hours before the cycle's end: what opens from then on lands in the next "
        "cycle, and these blocks do not cover it."
    )
    covers_new_conversations: bool = strawberry.field(
        description="Whether they cover a conversation that opens now: false in the cycle's last "
        "7 days, when blocks for the next cycle do."
    )


@strawberry.type(description="What a change of terms would do. Nothing is changed.")
class TermsPreview(_Preview):
    terms: ScheduledTerms = strawberry.field(description="The terms that would hold.")
    cancelled_scheduled: bool = strawberry.field(
        description="Whether they are those in force, so that only what is scheduled would be off."
    )


@strawberry.input(description="What every preview says.")
class PreviewInput:
    account_id: strawberry.ID | None = strawberry.field(
        default=None, description="The account; the caller's own unless given."
    )


@strawberry.input(description="A commitment to preview, on one of the two meters.")
class PreviewCommitmentChangeInput(PreviewInput):
    meter: Meter = strawberry.field(description="Of which meter.")
    blocks: int | None = strawberry.field(
        default=None,
        description="Of CONVERSATIONS, blocks of 100 a cycle, limited as in the mutation.",
    )
    amount: Money | None = strawberry.field(
        default=None, description="Of CARRIER, balance a cycle, limited as in the mutation."
    )


PreviewCommitmentChangeResult = Annotated[
    MeterPreview | NothingToChange | LimitExceeded | AccountEnded,
    strawberry.union(
        "PreviewCommitmentChangeResult", description="The preview, or why there is no change."
    ),
]


@guarded(
    access.admin_or_operator,
    description="What changeConversationCommitment or changeCarrierCommitment would do. An "
    "operation can have 10 previews.",
)
async def preview_commitment_change(
    info: Info,
    input: Annotated[
        PreviewCommitmentChangeInput, strawberry.argument(description="The commitment.")
    ],
) -> PreviewCommitmentChangeResult | None:
    """Preview a commitment."""
    return MeterPreview.of(
        await preview.commitment_change(
            info.context,
            input.account_id,
            committed=input.meter,
            blocks=input.blocks,
            amount_micros=input.amount,
        )
    )


@strawberry.input(description="A purchase of blocks of 100 conversations to preview.")
class PreviewBlocksInput(PreviewInput):
    blocks: int = strawberry.field(description="At least 1, limited as in the mutation.")
    cycle: WhichCycle = strawberry.field(default=WhichCycle.CURRENT, description="For which cycle.")


PreviewBlocksResult = Annotated[
    BlocksPreview | LimitExceeded | NoCurrentCycle | AccountEnded,
    strawberry.union("PreviewBlocksResult", description="The preview, or why there is no change."),
]


@guarded(
    access.admin_or_operator,
    description="What addConversationBlocks would do. An operation can have 10 previews.",
)
async def preview_blocks(
    info: Info,
    input: Annotated[PreviewBlocksInput, strawberry.argument(description="What to buy.")],
) -> PreviewBlocksResult | None:
    """Preview a purchase of blocks."""
    return BlocksPreview.of(
        await preview.blocks(info.context, input.account_id, blocks=input.blocks, cycle=input.cycle)
    )


@strawberry.input(description="A top-up of the current cycle's balance to preview.")
class PreviewTopUpInput(PreviewInput):
    amount: Money = strawberry.field(description="More than 0, limited as in the mutation.")


PreviewTopUpResult = Annotated[
    MeterPreview | LimitExceeded | CommitmentNeeded | NoCurrentCycle | AccountEnded,
    strawberry.union("PreviewTopUpResult", description="The preview, or why there is no change."),
]


@guarded(
    access.admin_or_operator,
    description="What topUpCarrierBalance would do. An operation can have 10 previews.",
)
async def preview_top_up(
    info: Info,
    input: Annotated[PreviewTopUpInput, strawberry.argument(description="What to add.")],
) -> PreviewTopUpResult | None:
    """Preview a top-up."""
    return MeterPreview.of(
        await preview.top_up(info.context, input.account_id, amount_micros=input.amount)
    )


PreviewTermsChangeResult = Annotated[
    TermsPreview | PlanNotOffered | NothingToChange | TermsNotAllowed | AccountEnded,
    strawberry.union(
        "PreviewTermsChangeResult", description="The preview, or why there is no change."
    ),
]


@guarded(
    access.admin_or_operator,
    description="What changeTerms would do. An admin may ask too, of the own account. An "
    "operation can have 10 previews.",
)
async def preview_terms_change(
    info: Info, input: Annotated[ChangeTermsInput, strawberry.argument(description="The change.")]
) -> PreviewTermsChangeResult | None:
    """Preview a change of terms."""
    return TermsPreview.of(
        await preview.terms_change(
            info.context, input.account_id, input.request(), input.commitments()
        )
    )
