"""Usage against the quota (R7 to R12, D10, D14, D16), and why a conversation counts (D9, D11)."""

import pytest

from billing.commitment import Adjustment, AdjustmentReason, Commitment, GrantKind, Meter
from billing.conversation import (
    ChannelUsage,
    Conversation,
    ConversationState,
    ConversationUsage,
    conversation_usage,
    percent,
)
from billing.cycle import Cycle
from billing.figures import Figures
from tests.billing.build import account, terms, utc

BERLIN = "Europe/Berlin"
ACME = account(terms("2026-01-31", BERLIN, starts_at="2026-01-30T23:00"))
"""Cycle 0: 01-31 to 02-28, 1: to 03-31, 2: to 04-30."""

NOW = "2026-03-10T12:00"


def cycle(number: int, at: str = NOW) -> Cycle:
    return Cycle.of(ACME, number, utc(at))


def figures(used: dict[str, int], completed: int = 0) -> Figures:
    made = Figures(completed=completed)
    made.conversations.update(used)
    return made


def test_quota_is_commitment_and_what_was_added() -> None:
    sums = figures({"WHATSAPP": 700, "EMAIL": 140}, completed=800)
    sums.commitments = [Commitment(Meter.CONVERSATIONS, 1, 1, 2)]
    sums.granted.update({GrantKind.BLOCKS: 1, GrantKind.AUTOMATIC_BLOCKS: 3})
    sums.granted[GrantKind.TOP_UP] = 7
    now = cycle(1)
    assert conversation_usage(now, sums) == ConversationUsage(
        cycle=now,
        included=500,
        committed=200,
        commitment=700,
        purchased=100,
        automatic=300,
        quota=1_100,
        used=840,
        completed=800,
        in_progress=40,
        pending=0,
        left=260,
        over=0,
        percent_of_commitment=120,
        percent_of_quota=76,
        by_channel=(ChannelUsage("EMAIL", 140, None), ChannelUsage("WHATSAPP", 700, None)),
        adjustments=(),
    )


@pytest.mark.parametrize(
    ("used", "left", "over", "percentage"),
    [
        (0, 500, 0, 0),
        (4, 496, 0, 0),
        (5, 495, 0, 1),
        (499, 1, 0, 99),
        (500, 0, 0, 100),
        (501, 0, 1, 100),
        (505, 0, 5, 101),
        (5_000, 0, 4_500, 1_000),
    ],
)
def test_left_and_over_and_a_percentage_rounded_down_and_not_capped(
    used: int, left: int, over: int, percentage: int
) -> None:
    found = conversation_usage(cycle(1), figures({"EMAIL": used}))
    assert (found.left, found.over, found.percent_of_quota) == (left, over, percentage)
    assert found.percent_of_commitment == percentage


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(0, 0, None), (5, 0, None), (0, 5, 0), (1, 3, 33), (2, 3, 66), (-1, 3, -34)],
)
def test_a_percentage_of_nothing_is_none(part: int, whole: int, expected: int | None) -> None:
    assert percent(part, whole) == expected


def test_the_future_cycle_has_pending_ones_and_nothing_else() -> None:
    sums = figures({"WHATSAPP": 2, "EMAIL": 1, "SMS": 0})
    sums.granted[GrantKind.BLOCKS] = 1
    later = cycle(2)
    assert conversation_usage(later, sums) == ConversationUsage(
        cycle=later,
        pending=3,
        by_channel=(ChannelUsage("EMAIL", None, 1), ChannelUsage("WHATSAPP", None, 2)),
    )


def test_adjustments_count_as_completed_and_are_shown_for_this_meter_only() -> None:
    late = Adjustment(Meter.CONVERSATIONS, "EMAIL", 2, 2, AdjustmentReason.LATE, 0)
    money = Adjustment(Meter.CARRIER, "VOICE", 5, 1, AdjustmentReason.LATE, 0)
    sums = figures({"WHATSAPP": 3}, completed=1)
    sums.booked = [late, money]
    found = conversation_usage(cycle(1), sums)
    assert (found.used, found.completed, found.in_progress) == (5, 3, 2)
    assert found.by_channel == (ChannelUsage("EMAIL", 2, None), ChannelUsage("WHATSAPP", 3, None))
    assert found.adjustments == (late,)


def test_a_closed_cycle_keeps_its_number() -> None:
    sums = figures({"WHATSAPP": 3, "EMAIL": 1}, completed=4)
    sums.moved = [Adjustment(Meter.CONVERSATIONS, "EMAIL", 1, 1, AdjustmentReason.LATE, 0)]
    found = conversation_usage(cycle(0), sums)
    assert (found.used, found.completed, found.in_progress) == (3, 3, 0)
    assert found.by_channel == (ChannelUsage("WHATSAPP", 3, None),)
    assert found.adjustments == ()


def conversation(
    closes_at: str, number: int, at: str = NOW, booked_cycle: int | None = None
) -> Conversation:
    return Conversation(
        cycle=cycle(number, at),
        contact="maria",
        channel="WHATSAPP",
        closes_at=utc(closes_at),
        opened_source="inbox",
        opened_id="m-1",
        booked_cycle=booked_cycle,
    )


def test_a_conversation_says_in_local_time_why_it_counts() -> None:
    found = conversation("2026-03-31T07:30", 2, "2026-03-25T00:00")
    assert (found.opened_at, found.late, found.counts_in_cycle) == (
        utc("2026-03-24T07:30"),
        False,
        2,
    )
    assert found.why == (
        "Opened by m-1 on 2026-03-24 08:30; its 7 days end on 2026-03-31 09:30 (Europe/Berlin), "
        "in cycle 2."
    )


def test_a_late_one_counts_where_it_was_booked() -> None:
    found = conversation("2026-02-10T07:30", 0, booked_cycle=1)
    assert (found.late, found.counts_in_cycle) == (True, 1)
    assert found.why == (
        "Opened by m-1 on 2026-02-03 08:30; its 7 days end on 2026-02-10 08:30 (Europe/Berlin), "
        "in cycle 0. The message arrived when cycle 0 was closed, so that the change is booked "
        "as an adjustment in cycle 1."
    )


@pytest.mark.parametrize(
    ("at", "state"),
    [
        ("2026-03-10T11:59:59.999999", ConversationState.OPEN),
        ("2026-03-10T12:00", ConversationState.CLOSED),
    ],
)
def test_a_window_is_over_when_it_closes(at: str, state: ConversationState) -> None:
    assert conversation("2026-03-10T12:00", 1, at).state is state
