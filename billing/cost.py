"""What a cycle costs, of the same rows that make its quota and balance."""

from dataclasses import dataclass

from billing.commitment import GrantKind, Meter
from billing.cycle import Cycle
from billing.figures import Figures


@dataclass(frozen=True, slots=True)
class CycleCost:
    """A cycle's prices in micro-euros, as far as they are known now."""

    commitment_micros: int
    blocks_micros: int
    automatic_micros: int
    carrier_micros: int

    @property
    def total_micros(self) -> int:
        """All of it."""
        return (
            self.commitment_micros
            + self.blocks_micros
            + self.automatic_micros
            + self.carrier_micros
        )


def cycle_cost(cycle: Cycle, figures: Figures) -> CycleCost:
    """Add up what is committed to, was bought and was added automatically."""
    blocks = figures.committed(Meter.CONVERSATIONS, cycle.number)
    prices = figures.grant_prices_micros
    return CycleCost(
        commitment_micros=blocks * cycle.price_list.block_price_micros,
        blocks_micros=prices[GrantKind.BLOCKS],
        automatic_micros=prices[GrantKind.AUTOMATIC_BLOCKS],
        carrier_micros=figures.committed(Meter.CARRIER, cycle.number)
        + prices[GrantKind.TOP_UP]
        + prices[GrantKind.AUTOMATIC_TOP_UP],
    )
