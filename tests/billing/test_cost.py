"""What a cycle costs, of the rows that make its quota and balance."""

from billing.commitment import Commitment, GrantKind, Meter
from billing.cost import CycleCost, cycle_cost
from billing.cycle import Cycle
from billing.figures import Figures
from tests.billing.build import account, terms, utc

ACME = account(terms("2026-10-25", starts_at="2026-10-25"))


def cost(number: int, figures: Figures) -> CycleCost:
    return cycle_cost(Cycle.of(ACME, number, utc("2026-11-22T12:00")), figures)


def test_a_cycle_of_nothing_but_the_plan_costs_nothing_more() -> None:
    assert cost(0, Figures()) == CycleCost(0, 0, 0, 0)
    assert CycleCost(0, 0, 0, 0).total_micros == 0


def test_each_part_and_all_of_it() -> None:
    figures = Figures(
        commitments=[
            Commitment(Meter.CONVERSATIONS, 1, 0, 3),
            Commitment(Meter.CARRIER, 1, 0, 25_000_000),
        ],
    )
    figures.grant_prices_micros.update(
        {
            GrantKind.BLOCKS: 36_000_000,
            GrantKind.AUTOMATIC_BLOCKS: 21_600_000,
            GrantKind.TOP_UP: 1_000_001,
            GrantKind.AUTOMATIC_TOP_UP: 20,
        }
    )
    found = cost(0, figures)
    assert found == CycleCost(
        commitment_micros=54_000_000,
        blocks_micros=36_000_000,
        automatic_micros=21_600_000,
        carrier_micros=26_000_021,
    )
    assert found.total_micros == 137_600_021


def test_a_commitment_costs_its_price_in_each_cycle_in_which_it_holds() -> None:
    figures = Figures(
        commitments=[
            Commitment(Meter.CONVERSATIONS, 1, 0, 3),
            Commitment(Meter.CONVERSATIONS, 2, 1, 5),
            Commitment(Meter.CARRIER, 1, 1, 7),
        ]
    )
    assert [cost(number, figures) for number in range(3)] == [
        CycleCost(54_000_000, 0, 0, 0),
        CycleCost(90_000_000, 0, 0, 7),
        CycleCost(90_000_000, 0, 0, 7),
    ]
