"""Carrier costs against the balance (R13 to R16, D17 to D19)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.carrier import CarrierBalance, FeatureCost, carrier_balance
from billing.commitment import Adjustment, AdjustmentReason, Commitment, GrantKind, Meter
from billing.cycle import Cycle
from billing.figures import Figures
from billing.money import CENT_MICROS, rounded_to_cents
from tests.billing.build import MICROS, PURE, account, terms, utc

ACME = account(terms("2026-01-31", starts_at="2026-01-31"))
"""Cycle 0: 01-31 to 02-28, 1: to 03-31, 2: to 04-30."""


def cycle(number: int = 1) -> Cycle:
    return Cycle.of(ACME, number, utc("2026-03-10T12:00"))


def figures(charges: dict[str, int], committed: int = 0, topped_up: int = 0) -> Figures:
    made = Figures(commitments=[Commitment(Meter.CARRIER, 1, 0, committed)])
    for feature, amount in charges.items():
        made.charges[feature].add(amount, 1)
    made.granted[GrantKind.TOP_UP] = topped_up
    return made


def balance(charges: dict[str, int], committed: int = 0, topped_up: int = 0) -> CarrierBalance:
    found = carrier_balance(cycle(), figures(charges, committed, topped_up))
    assert found is not None
    return found


def test_the_limit_is_commitment_and_top_ups() -> None:
    now = cycle()
    sums = figures({"VOICE": 12_345_000, "SMS": 5_000}, 25 * MICROS, 10 * MICROS)
    sums.charges["VOICE"].add(1, 2)
    sums.granted[GrantKind.BLOCKS] = 99
    assert carrier_balance(now, sums) == CarrierBalance(
        cycle=now,
        currency="EUR",
        version=0,
        scheduled_change=None,
        commitment_micros=25_000_000,
        topped_up_micros=10_000_000,
        limit_micros=35_000_000,
        spent_micros=12_350_001,
        spent_display_micros=12_350_000,
        left_micros=22_649_999,
        overspent_micros=0,
        percent=35,
        send_allowed=True,
        by_feature=(
            FeatureCost("VOICE", 12_345_001, 12_350_000, 100, 3),
            FeatureCost("SMS", 5_000, 0, 0, 1),
        ),
    )


@pytest.mark.parametrize(
    ("spent", "left", "overspent", "percentage", "allowed"),
    [
        (0, 25_000_000, 0, 0, True),
        (24_999_999, 1, 0, 99, True),
        (25_000_000, 0, 0, 100, False),
        (25_000_001, 0, 1, 100, False),
        (50_000_000, 0, 25_000_000, 200, False),
    ],
)
def test_sends_stop_when_nothing_is_left_and_charges_go_on(
    spent: int, left: int, overspent: int, percentage: int, *, allowed: bool
) -> None:
    found = balance({"VOICE": spent}, 25 * MICROS)
    assert (found.left_micros, found.overspent_micros) == (left, overspent)
    assert (found.percent, found.send_allowed) == (percentage, allowed)


def test_without_a_limit_there_is_no_percentage_and_nothing_may_be_sent() -> None:
    found = balance({})
    assert (found.limit_micros, found.percent, found.send_allowed) == (0, None, False)
    assert found.by_feature == ()


def test_the_future_cycle_has_no_balance() -> None:
    assert carrier_balance(cycle(2), figures({}, 25 * MICROS)) is None


def test_a_past_cycle_allows_nothing_whatever_is_left() -> None:
    found = carrier_balance(cycle(0), figures({}, 25 * MICROS))
    assert found is not None
    assert (found.left_micros, found.send_allowed) == (25_000_000, False)


def test_the_most_costly_feature_comes_first_and_equals_by_name() -> None:
    found = balance({"B": 5, "A": 5, "C": 9, "D": 0})
    assert [part.feature for part in found.by_feature] == ["C", "A", "B", "D"]


def test_what_is_shown_adds_up_to_the_total_that_is_shown() -> None:
    found = balance({"A": 10_005_000, "B": 10_005_000, "C": 1_000, "D": 2_000_000})
    assert found.spent_display_micros == 22_010_000
    assert [(part.feature, part.display_micros, part.percent) for part in found.by_feature] == [
        ("A", 10_010_000, 46),
        ("B", 10_000_000, 45),
        ("D", 2_000_000, 9),
        ("C", 0, 0),
    ]


def test_late_charges_count_here_and_not_in_the_cycle_that_is_closed() -> None:
    late = Adjustment(Meter.CARRIER, "SMS", 3_000_000, 2, AdjustmentReason.LATE, 0)
    sums = figures({"VOICE": 1_000_000})
    sums.booked = [late]
    found = carrier_balance(cycle(), sums)
    assert found is not None
    assert found.spent_micros == 4_000_000
    assert found.by_feature[0] == FeatureCost("SMS", 3_000_000, 3_000_000, 75, 2)
    sums = figures({"SMS": 3_000_000})
    sums.charges["SMS"].charges = 2
    sums.moved = [late]
    closed = carrier_balance(cycle(0), sums)
    assert closed is not None
    assert (closed.spent_micros, closed.by_feature) == (0, ())


AMOUNTS = st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(0, 10**12), max_size=8)


@PURE
@given(AMOUNTS, st.integers(0, 10**9), st.integers(0, 10**9))
def test_parts_add_up_to_the_whole(charges: dict[str, int], committed: int, topped_up: int) -> None:
    found = balance(charges, committed, topped_up)
    parts = found.by_feature
    assert sum(part.amount_micros for part in parts) == found.spent_micros
    assert sum(part.display_micros for part in parts) == found.spent_display_micros
    assert found.spent_display_micros == rounded_to_cents(found.spent_micros)
    assert all(part.display_micros % CENT_MICROS == 0 for part in parts)
    assert sum(part.percent for part in parts) == (100 if found.spent_micros else 0)
    assert found.left_micros - found.overspent_micros == found.limit_micros - found.spent_micros
