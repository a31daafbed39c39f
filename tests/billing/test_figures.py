"""A cycle's sums with what was booked elsewhere (D11)."""

from billing.commitment import Adjustment, AdjustmentReason, Commitment, Meter
from billing.figures import ChargeSum, Figures


def late(meter: Meter, label: str, change: int, *, events: int = 1, cycle: int = 0) -> Adjustment:
    return Adjustment(meter, label, change, events, AdjustmentReason.LATE, cycle)


def reversed_(label: str, change: int, *, events: int = 1) -> Adjustment:
    return Adjustment(Meter.CARRIER, label, change, events, AdjustmentReason.REVERSAL, 0)


def test_without_adjustments_the_sums_are_as_stored() -> None:
    figures = Figures()
    figures.conversations["EMAIL"] += 2
    figures.charges["VOICE"].add(1_500_000, 3)
    assert figures.used_by_channel() == {"EMAIL": 2}
    assert figures.charged_by_feature() == {"VOICE": ChargeSum(1_500_000, 3)}


def test_what_is_booked_here_is_added_and_what_is_booked_elsewhere_taken_off() -> None:
    figures = Figures()
    figures.conversations.update(EMAIL=5, WHATSAPP=3)
    figures.booked = [
        late(Meter.CONVERSATIONS, "EMAIL", 2),
        late(Meter.CONVERSATIONS, "EMAIL", -1),
        late(Meter.CONVERSATIONS, "SMS", 1),
    ]
    figures.moved = [late(Meter.CONVERSATIONS, "WHATSAPP", 2)]
    assert figures.used_by_channel() == {"EMAIL": 6, "WHATSAPP": 1, "SMS": 1}


def test_a_net_change_downwards_can_leave_a_channel_below_zero() -> None:
    figures = Figures(booked=[late(Meter.CONVERSATIONS, "EMAIL", -1)])
    assert figures.used_by_channel() == {"EMAIL": -1}


def test_a_channel_of_which_nothing_counts_is_left_out() -> None:
    figures = Figures(moved=[late(Meter.CONVERSATIONS, "EMAIL", 1)])
    figures.conversations.update(EMAIL=1, SMS=0)
    assert figures.used_by_channel() == {}


def test_charges_are_moved_with_their_number() -> None:
    figures = Figures()
    figures.charges["VOICE"].add(10, 2)
    figures.charges["SMS"].add(7, 1)
    figures.booked = [late(Meter.CARRIER, "VOICE", 5, events=3), reversed_("SMS", -7)]
    assert figures.charged_by_feature() == {"VOICE": ChargeSum(15, 5)}
    figures.moved = figures.booked
    figures.booked = []
    assert figures.charged_by_feature() == {
        "VOICE": ChargeSum(5, -1),
        "SMS": ChargeSum(14, 2),
    }


def test_charges_of_nothing_are_charges_all_the_same() -> None:
    figures = Figures()
    figures.charges["FREE"].add(0, 1)
    assert figures.charged_by_feature() == {"FREE": ChargeSum(0, 1)}


def test_the_meters_do_not_mix() -> None:
    figures = Figures(
        booked=[late(Meter.CONVERSATIONS, "X", 1), late(Meter.CARRIER, "Y", 2)],
        commitments=[
            Commitment(Meter.CONVERSATIONS, 1, 0, 3),
            Commitment(Meter.CARRIER, 1, 2, 9),
        ],
    )
    assert figures.used_by_channel() == {"X": 1}
    assert figures.charged_by_feature() == {"Y": ChargeSum(2, 1)}
    assert figures.committed(Meter.CONVERSATIONS, 1) == 3
    assert figures.committed(Meter.CARRIER, 1) == 0
    assert figures.committed(Meter.CARRIER, 2) == 9


def test_asking_changes_nothing() -> None:
    figures = Figures(booked=[late(Meter.CARRIER, "VOICE", 5)])
    figures.charges["VOICE"].add(1, 1)
    assert figures.charged_by_feature() == figures.charged_by_feature()
    assert figures.charges == {"VOICE": ChargeSum(1, 1)}
