"""Automatic blocks: how many steps, of which size, at which price (R12, D14)."""

from dataclasses import replace

import pytest

from billing.commitment import Adjustment, AdjustmentReason, Commitment, GrantKind, Meter
from billing.cycle import Cycle
from billing.figures import Figures
from billing.plan import PriceList, SurchargePolicy
from billing.surcharge import Step, applies, steps
from tests.billing.build import account, price_list, terms, utc


def cycle(offer: PriceList) -> Cycle:
    acme = account(terms("2026-10-25", starts_at="2026-10-25"), price_lists=[offer])
    return Cycle.of(acme, 0, utc("2026-11-22T12:00"))


def of(used: int, *, included: int = 500, committed: int = 0, granted: int = 0) -> list[Step]:
    figures = Figures(commitments=[Commitment(Meter.CONVERSATIONS, 1, 0, committed)])
    figures.conversations["CHAT"] = used
    figures.granted[GrantKind.BLOCKS] = granted
    return steps(cycle(price_list(included=included)), figures)


ONE = Step(1, 21_600_000)
"""A block of EUR 18 at 120 %."""


@pytest.mark.parametrize(
    ("used", "made"),
    [(0, 0), (499, 0), (500, 0), (501, 1), (600, 1), (601, 2), (1_000, 5), (1_001, 6)],
)
def test_steps_are_added_until_what_is_used_fits(used: int, made: int) -> None:
    assert of(used) == [ONE] * made


@pytest.mark.parametrize(
    ("included", "committed", "blocks"),
    [
        pytest.param(0, 0, 1, id="nothing"),
        pytest.param(999, 0, 1, id="below_1000"),
        pytest.param(1_000, 0, 1, id="1000"),
        pytest.param(1_001, 0, 2, id="beyond_1000"),
        pytest.param(500, 5, 1, id="commitment_1000"),
        pytest.param(500, 6, 2, id="commitment_1100"),
        pytest.param(6_000, 0, 6, id="yearly_boost"),
        pytest.param(18_000, 1, 19, id="yearly_pro_and_a_block"),
    ],
)
def test_a_step_is_a_tenth_of_the_commitment_in_blocks_rounded_up(
    included: int, committed: int, blocks: int
) -> None:
    used = included + 100 * committed
    step = Step(blocks, blocks * 21_600_000)
    assert of(used, included=included, committed=committed) == []
    assert of(used + 1, included=included, committed=committed) == [step]
    assert of(used + 100 * blocks, included=included, committed=committed) == [step]
    assert of(used + 100 * blocks + 1, included=included, committed=committed) == [step, step]


def test_blocks_bought_and_added_before_hold_as_much_but_do_not_widen_the_step() -> None:
    assert of(2_500, granted=20) == []
    assert of(2_501, granted=20) == [ONE]
    figures = Figures()
    figures.conversations["CHAT"] = 701
    figures.granted[GrantKind.AUTOMATIC_BLOCKS] = 1
    figures.granted[GrantKind.BLOCKS] = 1
    figures.granted[GrantKind.TOP_UP] = 25_000_000
    assert steps(cycle(price_list()), figures) == [ONE]


def test_only_the_commitment_of_the_cycle_counts() -> None:
    figures = Figures(
        commitments=[
            Commitment(Meter.CONVERSATIONS, 1, 0, 1),
            Commitment(Meter.CONVERSATIONS, 2, 1, 9),
            Commitment(Meter.CARRIER, 1, 0, 900),
        ]
    )
    figures.conversations["CHAT"] = 601
    assert steps(cycle(price_list()), figures) == [ONE]


def test_what_is_used_is_of_all_channels_and_with_adjustments() -> None:
    figures = Figures()
    figures.conversations.update(CHAT=300, SMS=198)
    figures.booked = [
        Adjustment(Meter.CONVERSATIONS, "CHAT", 3, 3, AdjustmentReason.LATE, 0),
        Adjustment(Meter.CARRIER, "VOICE", 10**9, 1, AdjustmentReason.LATE, 0),
    ]
    assert steps(cycle(price_list()), figures) == [ONE]
    figures.booked[0] = replace(figures.booked[0], change=2)
    assert steps(cycle(price_list()), figures) == []
    figures.moved = [Adjustment(Meter.CONVERSATIONS, "SMS", -1, 1, AdjustmentReason.LATE, 0)]
    assert steps(cycle(price_list()), figures) == [ONE]


def test_the_price_is_the_plans() -> None:
    offer = replace(price_list(included=1_500), block_price_micros=15_000_001)
    figures = Figures()
    figures.conversations["CHAT"] = 1_501
    assert steps(cycle(offer), figures) == [Step(2, 36_000_002)]  # 36,000,002.4 rounded down


@pytest.mark.parametrize("policy", SurchargePolicy)
def test_only_one_policy_adds_blocks(policy: SurchargePolicy) -> None:
    offer = replace(price_list(), surcharge_policy=policy)
    assert applies(cycle(offer)) is (policy is SurchargePolicy.SURCHARGE_BLOCKS)
