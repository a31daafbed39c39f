"""Marks: which are reached, when they are reached again, and what is told of them (D16, D25)."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.commitment import Adjustment, AdjustmentReason, Commitment, GrantKind, Meter
from billing.cycle import Cycle, CycleState
from billing.figures import ChargeSum, Figures
from billing.notice import Notice, NoticeKind
from billing.plan import Interval
from billing.reminder import (
    LOW_BALANCE,
    RECHARGE_FAILED,
    Armed,
    Standing,
    armed_again,
    confirmed,
    marks,
    newly_reached,
    notices,
    standing,
)
from billing.setting import NOTHING_SET, AutoRecharge, LowBalanceAlert, Settings
from tests.billing.build import MICROS, PURE, account, price_list, terms, utc

MONTHLY, YEARLY = (75, 90, 100), (50, 75, 90, 100)
BASE_MAX = 10**15
ALERT = replace(NOTHING_SET, low_balance_alert=LowBalanceAlert(threshold_micros=10))
RECHARGED = replace(
    NOTHING_SET,
    auto_recharge=AutoRecharge(threshold_micros=5, amount_micros=20, cycle_micros_max=60),
)


def cycle(
    number: int = 0, at: str = "2026-11-22T12:00", interval: Interval = Interval.MONTHLY
) -> Cycle:
    acme = account(terms("2026-10-25", starts_at="2026-10-25", interval=interval))
    return Cycle.of(acme, number, utc(at))


def of(used: int, base: int, automatic: int = 0) -> Standing:
    return Standing(used, base, base + automatic)


# --- percentages of what was bought


@pytest.mark.parametrize(
    ("used", "base", "reached"),
    [
        pytest.param(374, 500, [], id="74.8"),
        pytest.param(375, 500, [75], id="exactly_75"),
        pytest.param(449, 500, [75], id="89.8"),
        pytest.param(450, 500, [75, 90], id="exactly_90"),
        pytest.param(499, 500, [75, 90], id="99.8"),
        pytest.param(500, 500, [75, 90, 100], id="exactly_100"),
        pytest.param(5_000, 500, [75, 90, 100], id="ten_times"),
        pytest.param(0, 500, [], id="nothing_used"),
        pytest.param(0, 0, [], id="nothing_of_nothing"),
        pytest.param(7, 0, [], id="something_of_nothing"),
        pytest.param(7, -100, [], id="more_taken_back_than_there_was"),
        pytest.param(2, 3, [], id="two_thirds"),
        pytest.param(899_999_999_999, 10**12, [75], id="a_unit_below_90"),
        pytest.param(900_000_000_000, 10**12, [75, 90], id="90_of_a_million"),
    ],
)
def test_a_percentage_is_reached_by_whole_numbers(used: int, base: int, reached: list[int]) -> None:
    assert of(used, base).reached(MONTHLY) == reached


@PURE
@given(
    percent=st.integers(1, 100),
    base=st.integers(1, BASE_MAX),
    offset=st.integers(-2, 2),
    automatic=st.integers(0, BASE_MAX),
)
def test_the_first_unit_that_makes_a_percentage_reaches_it(
    percent: int, base: int, offset: int, automatic: int
) -> None:
    first = -(-percent * base // 100)
    used = max(0, first + offset)
    assert of(used, base, automatic).reached([percent]) == [percent] * (used >= first)


def test_what_was_added_automatically_does_not_raise_the_base() -> None:
    assert of(375, 500, 10_000).reached(MONTHLY) == [75]
    assert [of(used, 500, 100).left for used in (0, 599, 600, 601)] == [600, 1, 0, 0]


# --- where a meter stands


def test_conversations_stand_on_what_was_committed_to_and_bought() -> None:
    figures = Figures(
        commitments=[
            Commitment(Meter.CONVERSATIONS, 1, 0, 2),
            Commitment(Meter.CONVERSATIONS, 2, 1, 9),
            Commitment(Meter.CARRIER, 1, 0, 900),
        ]
    )
    figures.conversations.update(CHAT=300, SMS=7)
    figures.booked = [Adjustment(Meter.CONVERSATIONS, "SMS", -2, 1, AdjustmentReason.LATE, 0)]
    figures.granted.update(
        {
            GrantKind.BLOCKS: 3,
            GrantKind.AUTOMATIC_BLOCKS: 4,
            GrantKind.TOP_UP: 50,
            GrantKind.AUTOMATIC_TOP_UP: 60,
        }
    )
    assert standing(cycle(), figures, Meter.CONVERSATIONS) == Standing(305, 1_000, 1_400)
    assert standing(cycle(1), figures, Meter.CONVERSATIONS) == Standing(305, 1_700, 2_100)


def test_a_balance_stands_on_what_was_committed_to_and_topped_up() -> None:
    figures = Figures(commitments=[Commitment(Meter.CARRIER, 1, 0, 900)])
    figures.charges["SMS"] = ChargeSum(70, 2)
    figures.charges["VOICE"] = ChargeSum(5, 1)
    figures.granted.update({GrantKind.TOP_UP: 50, GrantKind.AUTOMATIC_TOP_UP: 60})
    assert standing(cycle(), figures, Meter.CARRIER) == Standing(75, 950, 1_010)


# --- marks


@pytest.mark.parametrize(
    ("number", "at", "state", "found"),
    [
        pytest.param(0, "2026-11-22", CycleState.CURRENT, ["75", "90", "100"], id="current"),
        pytest.param(1, "2026-11-22", CycleState.FUTURE, ["75", "90", "100"], id="future"),
        pytest.param(0, "2026-11-26", CycleState.PROVISIONAL, [], id="provisional"),
        pytest.param(0, "2026-12-24", CycleState.CLOSED, [], id="closed"),
    ],
)
def test_past_cycles_have_none(number: int, at: str, state: CycleState, found: list[str]) -> None:
    seen = cycle(number, at)
    assert seen.state is state
    assert marks(seen, Meter.CONVERSATIONS, of(500, 500), NOTHING_SET) == found
    assert marks(seen, Meter.CARRIER, of(500, 500), NOTHING_SET) == found


@pytest.mark.parametrize("meter", Meter)
def test_the_price_list_says_which_percentages_there_are(meter: Meter) -> None:
    yearly = cycle(interval=Interval.YEARLY)
    none = replace(price_list(), reminder_percents=())
    silent = Cycle.of(
        account(terms("2026-10-25", starts_at="2026-10-25"), price_lists=[none]),
        0,
        utc("2026-11-22"),
    )
    # The rule's own tests have one list for both intervals; the published ones differ.
    published = replace(
        yearly.account,
        price_lists=(replace(price_list(interval=Interval.YEARLY), reminder_percents=YEARLY),),
    )
    assert marks(cycle(), meter, of(100, 100), NOTHING_SET) == ["75", "90", "100"]
    assert marks(replace(yearly, account=published), meter, of(75, 100), NOTHING_SET) == [
        "50",
        "75",
    ]
    assert marks(silent, meter, of(100, 100), NOTHING_SET) == []


@pytest.mark.parametrize(
    ("used", "low"),
    [(89, False), (90, True), (91, True), (100, True), (150, True)],
)
def test_a_balance_is_low_at_the_threshold_and_below(used: int, low: bool) -> None:  # noqa: FBT001
    silent = replace(price_list(), reminder_percents=())
    current = Cycle.of(
        account(terms("2026-10-25", starts_at="2026-10-25"), price_lists=[silent]),
        0,
        utc("2026-11-22"),
    )
    found = [LOW_BALANCE] * low
    assert marks(current, Meter.CARRIER, of(used, 100), ALERT) == found
    assert marks(current, Meter.CARRIER, of(used, 40, 60), ALERT) == found
    assert marks(current, Meter.CARRIER, of(used, 100), NOTHING_SET) == []
    assert marks(current, Meter.CONVERSATIONS, of(used, 100), ALERT) == []


def test_only_the_current_balance_is_low() -> None:
    assert marks(cycle(1), Meter.CARRIER, of(0, 0), ALERT) == []
    assert marks(cycle(0, "2026-11-26"), Meter.CARRIER, of(0, 0), ALERT) == []
    assert marks(cycle(), Meter.CARRIER, of(0, 0), ALERT) == [LOW_BALANCE]


# --- arming


@pytest.mark.parametrize(
    ("reached", "known", "new"),
    [
        pytest.param([], {}, {}, id="nothing"),
        pytest.param(["75"], {}, {"75": 0}, id="the_first_time"),
        pytest.param(["75", "90"], {}, {"75": 0, "90": 0}, id="in_one_jump"),
        pytest.param(["75", "90"], {"75": Armed(0, 0)}, {"90": 0}, id="one_after_the_other"),
        pytest.param(["75"], {"75": Armed(0, 0)}, {}, id="still_there"),
        pytest.param(["75"], {"75": Armed(0, 1)}, {"75": 1}, id="armed_again"),
        pytest.param(["75"], {"75": Armed(1, 1)}, {}, id="and_reached_again"),
        pytest.param(["75"], {"75": Armed(1, 2)}, {"75": 2}, id="a_third_time"),
    ],
)
def test_a_mark_is_reached_once_in_an_arming(
    reached: list[str], known: Mapping[str, Armed], new: Mapping[str, int]
) -> None:
    assert newly_reached(reached, known) == new


@pytest.mark.parametrize(
    ("reached", "known", "again"),
    [
        pytest.param([], {}, {}, id="nothing"),
        pytest.param(["75"], {}, {}, id="just_reached"),
        pytest.param(["75"], {"75": Armed(0, 0)}, {}, id="not_lifted"),
        pytest.param([], {"75": Armed(0, 0)}, {"75": 1}, id="lifted"),
        pytest.param([], {"75": Armed(0, 1)}, {}, id="armed_already"),
        pytest.param([], {"75": Armed(1, 1)}, {"75": 2}, id="lifted_twice"),
        pytest.param(
            ["75"],
            {"75": Armed(0, 0), "90": Armed(0, 0), "100": Armed(2, 2)},
            {"90": 1, "100": 3},
            id="the_higher_ones",
        ),
    ],
)
def test_a_lifted_mark_is_armed_again(
    reached: list[str], known: Mapping[str, Armed], again: Mapping[str, int]
) -> None:
    assert armed_again(reached, known) == again


@PURE
@given(st.lists(st.tuples(st.integers(-60, 120), st.integers(0, 1)), max_size=40))
def test_a_mark_is_told_once_between_two_purchases_that_lift_it(
    steps: list[tuple[int, int]],
) -> None:
    """Whatever usage does, up and down: compared with one flag for each percentage."""
    used, base = 0, 100
    known: dict[str, Armed] = {}
    told: list[tuple[str, int]] = []
    expected: list[tuple[str, int]] = []
    flags = {str(percent): (0, True) for percent in MONTHLY}
    for change, blocks in steps:
        used, base = max(0, used + change), base + 100 * blocks
        reached = [str(percent) for percent in of(used, base).reached(MONTHLY)]
        new = newly_reached(reached, known)
        told += new.items()
        known |= {mark: Armed(arming, arming) for mark, arming in new.items()}
        if blocks:
            known |= {
                mark: Armed(known[mark].reached, arming)
                for mark, arming in armed_again(reached, known).items()
            }
        for mark, (arming, armed) in flags.items():
            if armed and mark in reached:
                expected.append((mark, arming))
                flags[mark] = (arming, False)
            elif blocks and not armed and mark not in reached:
                flags[mark] = (arming + 1, True)
    assert told == expected
    assert len(set(told)) == len(told)


# --- what is told


def reminder(percent: int, **armings: int) -> Notice:
    marks_ = {mark.removeprefix("p"): arming for mark, arming in armings.items()}
    return Notice(
        kind=NoticeKind.REMINDER,
        meter=Meter.CONVERSATIONS,
        cycle=0,
        armings=marks_,
        percent=percent,
    )


LOW = Notice(
    kind=NoticeKind.LOW_BALANCE,
    meter=Meter.CARRIER,
    cycle=0,
    armings={LOW_BALANCE: 0},
    threshold_micros=10,
)
FAILED = Notice(
    kind=NoticeKind.RECHARGE_FAILED,
    meter=Meter.CARRIER,
    cycle=0,
    armings={RECHARGE_FAILED: 3},
    threshold_micros=5,
    amount_micros=20,
    reason="It is so.",
)


def test_nothing_is_told_of_nothing() -> None:
    assert notices(cycle(), Meter.CARRIER, {}, ALERT) == []


def test_of_several_percentages_the_highest_is_told() -> None:
    new = {"75": 0, "90": 1, "100": 0}
    assert notices(cycle(), Meter.CONVERSATIONS, new, NOTHING_SET) == [
        reminder(100, p75=0, p90=1, p100=0)
    ]
    assert notices(cycle(), Meter.CONVERSATIONS, {"90": 2, "75": 2}, NOTHING_SET) == [
        reminder(90, p75=2, p90=2)
    ]


def test_a_low_balance_and_a_recharge_that_failed_are_told_apart() -> None:
    both: Settings = replace(ALERT, auto_recharge=RECHARGED.auto_recharge)
    told = notices(
        cycle(),
        Meter.CARRIER,
        {"75": 0, LOW_BALANCE: 0, RECHARGE_FAILED: 3},
        both,
        recharge_failure="It is so.",
    )
    assert told == [replace(reminder(75, p75=0), meter=Meter.CARRIER), LOW, FAILED]


# --- whether it still holds when it is due


def known(**armed: tuple[int, int]) -> dict[str, Armed]:
    return {mark.removeprefix("p"): Armed(*pair) for mark, pair in armed.items()}


@pytest.mark.parametrize(
    ("notice", "stands", "marks_", "percent"),
    [
        pytest.param(reminder(75, p75=0), of(75, 100), known(p75=(0, 0)), 75, id="it_holds"),
        pytest.param(reminder(75, p75=0), of(74, 100), known(p75=(0, 0)), None, id="it_fell"),
        pytest.param(
            reminder(100, p75=0, p90=0, p100=0),
            of(92, 100),
            known(p75=(0, 0), p90=(0, 0), p100=(0, 0)),
            90,
            id="it_fell_to_a_lower_one",
        ),
        pytest.param(
            reminder(75, p75=0), of(75, 100), known(p75=(0, 1)), None, id="armed_again_since"
        ),
        pytest.param(
            reminder(75, p75=0), of(80, 100), known(p75=(1, 1)), None, id="reached_again_since"
        ),
        pytest.param(
            reminder(75, p75=1), of(80, 100), known(p75=(1, 1)), 75, id="the_second_of_these"
        ),
        pytest.param(
            reminder(100, p75=0, p90=0, p100=0),
            of(100, 125),
            known(p75=(0, 0), p90=(0, 1), p100=(0, 1)),
            75,
            id="the_higher_ones_armed_again",
        ),
        pytest.param(
            reminder(75, p75=0),
            of(95, 100),
            known(p75=(0, 0), p90=(0, 0)),
            None,
            id="a_later_one_names_a_higher",
        ),
        pytest.param(
            reminder(90, p90=0), of(95, 100), known(p75=(0, 0), p90=(0, 0)), 90, id="that_later_one"
        ),
        pytest.param(
            reminder(75, p75=0),
            of(80, 100),
            known(p75=(0, 0), p90=(0, 0)),
            75,
            id="a_later_one_that_does_not_hold",
        ),
        pytest.param(
            reminder(75, p75=0),
            of(95, 100),
            known(p75=(0, 0), p90=(0, 1)),
            75,
            id="a_higher_one_that_nobody_was_told_of",
        ),
        pytest.param(reminder(75, p75=0), of(0, 0), known(p75=(0, 0)), None, id="of_nothing"),
        pytest.param(reminder(75, p75=0), of(75, 100), {}, None, id="never_reached"),
    ],
)
def test_a_reminder_says_what_holds_when_it_is_due(
    notice: Notice, stands: Standing, marks_: dict[str, Armed], percent: int | None
) -> None:
    expected = None if percent is None else replace(notice, percent=percent)
    assert confirmed(notice, stands, marks_) == expected


@pytest.mark.parametrize(
    ("stands", "armed", "holds"),
    [
        pytest.param(of(90, 100), (0, 0), True, id="at_the_threshold"),
        pytest.param(of(89, 100), (0, 0), False, id="above_it"),
        pytest.param(of(90, 60, 41), (0, 0), False, id="recharged"),
        pytest.param(of(90, 100), (0, 1), False, id="armed_again"),
        pytest.param(of(500, 100), (0, 0), True, id="overspent"),
    ],
)
def test_a_low_balance_is_told_while_it_is_low(
    stands: Standing,
    armed: tuple[int, int],
    holds: bool,  # noqa: FBT001
) -> None:
    found = confirmed(LOW, stands, {LOW_BALANCE: Armed(*armed)})
    assert found == (LOW if holds else None)


@pytest.mark.parametrize(("used", "holds"), [(94, False), (95, False), (96, True), (200, True)])
def test_a_recharge_that_failed_is_told_while_it_is_wanted(
    used: int,
    holds: bool,  # noqa: FBT001
) -> None:
    found = confirmed(FAILED, of(used, 100), {RECHARGE_FAILED: Armed(3, 3)})
    assert found == (FAILED if holds else None)


def test_what_was_added_is_told_in_any_case() -> None:
    added = Notice(kind=NoticeKind.RECHARGED, meter=Meter.CARRIER, cycle=0, amount_micros=MICROS)
    assert confirmed(added, of(0, 100), {}) is added
