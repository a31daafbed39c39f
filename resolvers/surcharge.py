"""Adding automatic blocks in the transaction that uses a quota up (D14, D15)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from billing import surcharge
from billing.commitment import ChangeKind, Meter
from billing.cycle import Cycle
from billing.event import AHEAD
from billing.instant import TICK
from db import automatic_grant, usage
from db.automatic_grant import AutomaticGrant
from db.pool import Connection


async def cover(conn: Connection, cycles: Sequence[Cycle], *, at: datetime) -> None:
    """Add the blocks that the quotas of `cycles` lack. Their accounts must be locked.

    Whatever is stored counts, also what events dated ahead will open only in a moment. For a
    cycle to come, blocks are written now and take effect with its start, so that nothing has
    to wake up then.
    """
    seen_at = at + AHEAD + TICK
    charged = [replace(cycle, computed_at=seen_at) for cycle in cycles if surcharge.applies(cycle)]
    if not charged:
        return
    figures = await usage.of_cycles(conn, charged, meters=frozenset({Meter.CONVERSATIONS}))
    grants = [
        AutomaticGrant(
            account_id=cycle.account.id,
            grant_id=uuid4(),
            kind=ChangeKind.BLOCKS,
            cycle=cycle.number,
            amount=step.blocks,
            price_micros=step.price_micros,
            effective_at=max(at, cycle.period.start),
            reason="The quota was used up.",
        )
        for cycle, sums in zip(charged, figures, strict=True)
        for step in surcharge.steps(cycle, sums)
    ]
    await automatic_grant.insert(conn, grants, recorded_at=at)
