"""What holds of a meter's changes, in which cycle (D20)."""

from datetime import UTC, datetime

import pytest

from billing.commitment import (
    Adjustment,
    AdjustmentReason,
    ChangeKind,
    Commitment,
    Meter,
    MeterChange,
    commitments_of,
    committed,
    latest_version,
)

CHANGES = [
    Commitment(Meter.CONVERSATIONS, 1, 0, 2),
    Commitment(Meter.CARRIER, 1, 1, 25_000_000),
    Commitment(Meter.CONVERSATIONS, 2, 3, 5),
    Commitment(Meter.CONVERSATIONS, 3, 3, 4),  # replaces the one scheduled before
    Commitment(Meter.CONVERSATIONS, 4, 6, 0),
]


@pytest.mark.parametrize(
    ("meter", "amounts"),
    [
        (Meter.CONVERSATIONS, [2, 2, 2, 4, 4, 4, 0, 0]),
        (Meter.CARRIER, [0] + 7 * [25_000_000]),
    ],
)
def test_an_amount_holds_from_its_cycle_until_the_next_change(
    meter: Meter, amounts: list[int]
) -> None:
    assert [committed(CHANGES, meter, number) for number in range(8)] == amounts
    assert [committed(CHANGES[::-1], meter, number) for number in range(8)] == amounts


def test_a_later_change_replaces_a_scheduled_one_of_a_later_cycle() -> None:
    changes = [
        Commitment(Meter.CONVERSATIONS, 1, 5, 9),
        Commitment(Meter.CONVERSATIONS, 2, 2, 1),
    ]
    assert [committed(changes, Meter.CONVERSATIONS, number) for number in range(7)] == [
        0,
        0,
        1,
        1,
        1,
        1,
        1,
    ]


def test_without_changes_nothing_is_committed_to() -> None:
    assert committed([], Meter.CARRIER, 0) == 0


def change(meter: Meter, version: int, kind: ChangeKind, cycle: int, amount: int) -> MeterChange:
    return MeterChange(
        meter=meter,
        version=version,
        kind=kind,
        cycle=cycle,
        amount=amount,
        amount_before=0,
        price_micros=0,
        effective_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def test_each_meter_counts_its_changes_from_1_whatever_they_do() -> None:
    changes = [
        change(Meter.CONVERSATIONS, 1, ChangeKind.COMMITMENT, 0, 3),
        change(Meter.CONVERSATIONS, 2, ChangeKind.BLOCKS, 0, 9),
    ]
    assert [latest_version(changes, meter) for meter in Meter] == [2, 0]
    assert commitments_of(changes) == [Commitment(Meter.CONVERSATIONS, 1, 0, 3)]


@pytest.mark.parametrize(
    ("reason", "charges"), [(AdjustmentReason.LATE, 3), (AdjustmentReason.REVERSAL, -3)]
)
def test_a_reversal_takes_its_charges_off(reason: AdjustmentReason, charges: int) -> None:
    assert Adjustment(Meter.CARRIER, "VOICE", 5, 3, reason, 0).charges == charges
