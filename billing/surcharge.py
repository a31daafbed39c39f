"""Automatic blocks: what is added when more is used than the quota holds (R12, D14)."""

from dataclasses import dataclass

from billing.commitment import GrantKind, Meter
from billing.cycle import Cycle
from billing.figures import Figures
from billing.plan import BLOCK_SIZE, SurchargePolicy

SURCHARGE_PERCENT = 120
"""What an automatic block costs, of the block's price."""

STEP_CONVERSATIONS = 1_000
"""A step is one block for each so many conversations committed to: a tenth of them."""


@dataclass(frozen=True, slots=True)
class Step:
    """Blocks that are added together, and their price."""

    blocks: int
    price_micros: int


def applies(cycle: Cycle) -> bool:
    """Tell whether the plan adds blocks to the cycle."""
    return cycle.price_list.surcharge_policy is SurchargePolicy.SURCHARGE_BLOCKS


def steps(cycle: Cycle, figures: Figures) -> list[Step]:
    """Return the steps that bring a cycle's quota up to what is used of it.

    `figures` are seen at an instant by which all windows that matter are open.
    """
    assert applies(cycle)
    price_list = cycle.price_list
    commitment = price_list.included + BLOCK_SIZE * figures.committed(
        Meter.CONVERSATIONS, cycle.number
    )
    granted = figures.granted[GrantKind.BLOCKS] + figures.granted[GrantKind.AUTOMATIC_BLOCKS]
    missing = sum(figures.used_by_channel().values()) - commitment - BLOCK_SIZE * granted
    if missing <= 0:
        return []
    blocks = max(1, -(-commitment // STEP_CONVERSATIONS))
    price_micros = blocks * price_list.block_price_micros * SURCHARGE_PERCENT // 100
    return [Step(blocks, price_micros)] * -(-missing // (blocks * BLOCK_SIZE))
