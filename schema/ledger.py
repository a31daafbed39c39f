"""The ledger of changes to an account's meters."""

from datetime import datetime

import strawberry

from billing.commitment import ChangeKind, Meter
from schema.scalars import Money


@strawberry.type(
    description="One change that somebody made to a meter. Rows are only ever added: this is the "
    "audit log. Of blocks and amounts, those of its meter have values."
)
class CommitmentChange:
    meter: Meter = strawberry.field(description="Of which meter.")
    version: int = strawberry.field(description="Counts the meter's changes from 1.")
    kind: ChangeKind = strawberry.field(description="What it does.")
    cycle_number: int = strawberry.field(
        description="The cycle from which a commitment holds, or for which was bought."
    )
    blocks: int | None = strawberry.field(
        description="Blocks of 100 conversations: committed to, or bought."
    )
    blocks_before: int | None = strawberry.field(description="Committed to before.")
    amount_micros: Money | None = strawberry.field(
        name="amount", description="Carrier costs committed to, or balance bought."
    )
    amount_before_micros: Money | None = strawberry.field(
        name="amountBefore", description="Committed to before."
    )
    price_micros: Money = strawberry.field(
        name="price", description="What it costs: per cycle for a commitment, else once."
    )
    effective_at: datetime = strawberry.field(description="When it takes effect.")
    recorded_at: datetime = strawberry.field(description="When it was made.")
    recorded_by: str = strawberry.field(description="Who made it.")
    reason: str = strawberry.field(description="The mutation that made it.")
    replaced_by: int | None = strawberry.field(
        name="replacedByVersion",
        description="The version that took its place before it took effect; null where none did.",
    )
