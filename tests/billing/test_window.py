"""A conversation lasts 168 hours, and arrival order makes no difference (R5, R6, D8, D11)."""

import random
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.instant import TICK
from billing.window import WINDOW, Change, insert, net, opened, remove
from tests.billing.build import PURE, schedule, terms, utc

ORIGIN = utc("2026-10-01")
HOUR = timedelta(hours=1)


def hours(*numbers: float) -> tuple[datetime, ...]:
    return tuple(ORIGIN + number * HOUR for number in numbers)


def days(*numbers: float) -> tuple[datetime, ...]:
    return hours(*(number * 24 for number in numbers))


def arrive(
    starts: Sequence[datetime],
    already: Iterable[datetime],
    new: Sequence[datetime],
    *,
    all_starts: bool = False,
) -> list[Change]:
    """Insert as the database does it: only the starts that matter, messages on demand."""
    earliest = min(new)
    wanted = [start for start in starts if all_starts or start > earliest - WINDOW]
    changes = insert(wanted, new, None)
    if isinstance(changes, datetime):
        stored = sorted([*already, *new])
        changes = insert(wanted, new, stored[bisect_left(stored, changes) :])
    assert not isinstance(changes, datetime)
    return changes


def take_back(
    starts: Sequence[datetime],
    already: Iterable[datetime],
    instant: datetime,
    *,
    all_starts: bool = False,
) -> list[Change]:
    """Remove one message as the database does it; `already` are all that are stored."""
    rest = sorted(already)
    rest.remove(instant)
    wanted = [start for start in starts if all_starts or start > instant - WINDOW]
    change = remove(wanted, instant, None)
    if isinstance(change, datetime):
        change = remove(wanted, instant, rest[bisect_left(rest, change) :])
    assert not isinstance(change, datetime)
    return [] if change is None else [change]


def applied(starts: Sequence[datetime], changes: Iterable[Change]) -> list[datetime]:
    after = set(starts)
    for change in changes:
        assert after.issuperset(change.removed)
        after.difference_update(change.removed)
        assert after.isdisjoint(change.added)
        after.update(change.added)
    return sorted(after)


def test_a_window_is_168_elapsed_hours() -> None:
    assert timedelta(hours=168) == WINDOW


@pytest.mark.parametrize(
    ("messages", "starts"),
    [
        pytest.param((), (), id="none"),
        pytest.param((5,), (5,), id="one"),
        pytest.param((5, 5), (5,), id="two_at_one_instant"),
        pytest.param((0, 100, 167), (0,), id="later_ones_inside_neither_extend_nor_add"),
        pytest.param((0, 168), (0, 168), id="exactly_at_the_end_opens_the_next"),
        pytest.param((0, 167, 168), (0, 168), id="the_end_is_counted_from_the_first"),
        pytest.param((0, 167, 300), (0, 300), id="not_from_the_last_inside"),
        pytest.param((400, 0, 200), (0, 200, 400), id="unsorted"),
        pytest.param((0, 160, 320, 480), (0, 320), id="every_other_one"),
    ],
)
def test_windows_from_scratch(messages: tuple[float, ...], starts: tuple[float, ...]) -> None:
    assert opened(hours(*messages)) == list(hours(*starts))


def test_one_microsecond_before_the_end_is_inside() -> None:
    start = ORIGIN
    assert opened([start, start + WINDOW - TICK]) == [start]


def test_a_window_across_the_end_of_summer_time_closes_an_hour_earlier_on_the_wall() -> None:
    (start,) = opened([utc("2026-10-20T09:00+02:00")])
    assert start + WINDOW == utc("2026-10-27T08:00+01:00")


@pytest.mark.parametrize(
    ("opened_at", "number"),
    [
        pytest.param("2026-11-17T20:00+01:00", 0, id="closes_inside"),
        pytest.param("2026-11-17T23:59:59.999999+01:00", 0, id="closes_in_the_last_microsecond"),
        pytest.param("2026-11-18T00:00+01:00", 1, id="closes_exactly_at_the_end"),
        pytest.param("2026-11-20T12:00+01:00", 1, id="closes_in_the_next_cycle"),
        pytest.param("2026-10-20T09:00+02:00", 0, id="opened_before_cycle_0_closes_inside"),
        pytest.param("2026-10-17T23:59:59+02:00", None, id="closed_before_cycle_0"),
    ],
)
def test_a_conversation_belongs_to_the_cycle_in_which_it_closes(
    opened_at: str, number: int | None
) -> None:
    cycles = schedule(terms("2026-10-25", "Europe/Amsterdam", starts_at="2026-10-25T00:00+02:00"))
    assert cycles.number_at(utc(opened_at) + WINDOW) == number


def test_a_late_message_moves_a_window_and_adds_none() -> None:
    (change,) = arrive(days(1, 9), days(1, 9), days(8.5))
    assert change == Change(cause=days(8.5)[0], removed=days(9), added=days(8.5))


def test_a_late_message_before_a_window_lays_the_following_ones_anew() -> None:
    (change,) = arrive(hours(100), hours(100, 240, 260), hours(60))
    assert change == Change(cause=hours(60)[0], removed=hours(100), added=hours(60, 240))


def test_a_covered_message_changes_nothing_now_and_something_later() -> None:
    assert arrive(hours(100), hours(100, 260), hours(240)) == []
    (change,) = arrive(hours(100), hours(100, 240, 260), hours(60))
    assert applied(hours(100), [change]) == list(hours(60, 240))


@pytest.mark.parametrize(
    ("starts", "already", "new", "changes"),
    [
        pytest.param((), (), (5,), [((), (5,))], id="the_first_message"),
        pytest.param((0,), (0,), (0,), [], id="the_instant_of_a_window_start"),
        pytest.param((0,), (0,), (167.999,), [], id="inside"),
        pytest.param((0,), (0,), (168,), [((), (168,))], id="at_the_end"),
        pytest.param((200,), (200,), (32,), [((), (32,))], id="ends_where_the_next_one_starts"),
        pytest.param((200,), (200,), (33,), [((200,), (33,))], id="swallows_the_next_one"),
        pytest.param(
            (100, 268), (100, 268), (50,), [((100,), (50,))], id="stops_at_a_window_that_is_there"
        ),
        pytest.param(
            (100, 268, 436),
            (100, 230, 268, 400, 436),
            (50,),
            [((100, 268, 436), (50, 230, 400))],
            id="runs_through_a_chain",
        ),
        pytest.param(
            (100, 400),
            (100, 232, 400),
            (50,),
            [((100,), (50, 232))],
            id="ends_exactly_where_a_window_is_there",
        ),
        pytest.param(
            (),
            (),
            (200, 0, 100),
            [((), (0,)), ((), (200,))],
            id="a_batch_is_taken_in_order_of_instant",
        ),
        pytest.param(
            (300,), (300,), (0, 140), [((), (0,))], id="a_window_of_the_batch_covers_the_rest"
        ),
    ],
)
def test_each_message_says_what_it_changed(
    starts: tuple[float, ...],
    already: tuple[float, ...],
    new: tuple[float, ...],
    changes: list[tuple[tuple[float, ...], tuple[float, ...]]],
) -> None:
    found = arrive(hours(*starts), hours(*already), hours(*new))
    assert [(change.removed, change.added) for change in found] == [
        (hours(*removed), hours(*added)) for removed, added in changes
    ]
    assert all(change.cause == change.added[0] for change in found)


def test_only_a_cascade_asks_for_stored_messages_and_says_from_where() -> None:
    assert insert(hours(200), hours(400, -100, 100), None) == hours(100)[0]
    assert insert(hours(200), hours(400, 32), None) == [
        Change(cause=hours(32)[0], removed=(), added=hours(32)),
        Change(cause=hours(400)[0], removed=(), added=hours(400)),
    ]


@pytest.mark.parametrize(
    ("starts", "already", "gone", "changes"),
    [
        pytest.param((5,), (5,), 5, [((5,), ())], id="the_only_message"),
        pytest.param((0,), (0, 100), 100, [], id="one_that_opened_no_window"),
        pytest.param((0,), (0, 0), 0, [], id="one_of_two_at_the_same_instant"),
        pytest.param((0,), (0, 100, 167.999), 0, [((0,), (100,))], id="the_next_one_opens"),
        pytest.param((0, 168), (0, 168), 0, [((0,), ())], id="the_window_after_it_stays"),
        pytest.param(
            (0, 200), (0, 100, 200), 0, [((0, 200), (100,))], id="the_next_one_covers_what_follows"
        ),
        pytest.param(
            (0, 268),
            (0, 100, 268),
            0,
            [((0,), (100,))],
            id="ends_exactly_where_a_window_is_there",
        ),
        pytest.param(
            (50, 230, 400),
            (50, 100, 230, 268, 400, 436),
            50,
            [((50, 230, 400), (100, 268, 436))],
            id="runs_through_a_chain",
        ),
        pytest.param(
            (0, 168), (0, 167, 168), 168, [((168,), ())], id="the_window_before_it_keeps_its_own"
        ),
        pytest.param(
            (0, 200, 500), (0, 200, 500), 200, [((200,), ())], id="its_neighbours_are_left_alone"
        ),
    ],
)
def test_a_message_taken_back_says_what_that_changed(
    starts: tuple[float, ...],
    already: tuple[float, ...],
    gone: float,
    changes: list[tuple[tuple[float, ...], tuple[float, ...]]],
) -> None:
    (instant,) = hours(gone)
    found = take_back(hours(*starts), hours(*already), instant)
    assert found == [Change(instant, hours(*removed), hours(*added)) for removed, added in changes]


def test_only_a_window_that_goes_asks_for_stored_messages_and_says_from_where() -> None:
    assert remove(hours(0, 200), hours(200)[0], None) == hours(200)[0]
    assert remove(hours(0, 200), hours(100)[0], None) is None


INSTANTS = st.integers(0, 1_200).map(lambda hour: ORIGIN + hour * HOUR)
NEAR_THE_EDGE = st.builds(
    lambda week, ticks: ORIGIN + week * WINDOW + ticks * TICK, st.integers(0, 7), st.integers(-1, 1)
)
BATCHES = st.lists(st.lists(INSTANTS | NEAR_THE_EDGE, min_size=1, max_size=8), max_size=8)


@PURE
@given(BATCHES, st.booleans())
def test_windows_do_not_depend_on_arrival(batches: list[list[datetime]], all_starts: bool) -> None:  # noqa: FBT001
    starts: list[datetime] = []
    already: list[datetime] = []
    for batch in batches:
        changes = arrive(starts, already, batch, all_starts=all_starts)
        already += batch
        before, starts = starts, applied(starts, changes)
        assert starts == opened(already)
        net = sum(len(change.added) - len(change.removed) for change in changes)
        assert net == len(starts) - len(before)
        assert {change.cause for change in changes} <= set(batch)


@PURE
@given(BATCHES, st.data(), st.booleans())
def test_windows_do_not_depend_on_what_came_and_was_taken_back(
    batches: list[list[datetime]],
    data: st.DataObject,
    all_starts: bool,  # noqa: FBT001
) -> None:
    """In any order of both, windows are those of the messages that are left."""
    starts: list[datetime] = []
    already: list[datetime] = []
    for batch in batches:
        starts = applied(starts, arrive(starts, already, batch, all_starts=all_starts))
        already += batch
        for gone in data.draw(st.lists(st.sampled_from(batch), unique=True, max_size=3)):
            changes = take_back(starts, already, gone, all_starts=all_starts)
            already.remove(gone)
            before, starts = starts, applied(starts, changes)
            assert starts == opened(already)
            assert bool(changes) == (before != starts)
            assert all(change.cause == gone for change in changes)


@PURE
@given(st.lists(INSTANTS | NEAR_THE_EDGE, min_size=1, max_size=40), st.randoms())
def test_messages_taken_back_one_by_one_leave_the_windows_of_the_rest(
    messages: list[datetime], chance: random.Random
) -> None:
    """In any order, down to none; no message less opens more windows."""
    starts, already = opened(messages), list(messages)
    while already:
        gone = chance.choice(already)
        changes = take_back(starts, already, gone)
        already.remove(gone)
        before, starts = starts, applied(starts, changes)
        assert starts == opened(already)
        assert len(starts) <= len(before)


@PURE
@given(BATCHES)
def test_a_batch_that_comes_again_changes_nothing(batches: list[list[datetime]]) -> None:
    already = [instant for batch in batches for instant in batch]
    for batch in batches:
        assert arrive(opened(already), already, batch) == []


@PURE
@given(st.lists(INSTANTS | NEAR_THE_EDGE, max_size=40))
def test_every_message_lies_in_exactly_one_window(messages: list[datetime]) -> None:
    starts = opened(messages)
    assert set(starts) <= set(messages)
    for message in messages:
        assert len([start for start in starts if start <= message < start + WINDOW]) == 1


@pytest.mark.parametrize(
    ("changes", "gone", "come"),
    [
        pytest.param([Change(hours(0)[0], (), hours(0))], [], hours(0), id="one"),
        pytest.param(
            [Change(hours(60)[0], hours(100), hours(60, 260))],
            hours(100),
            hours(60, 260),
            id="a_cascade",
        ),
        pytest.param(
            [
                Change(hours(60)[0], hours(100), hours(60, 260)),
                Change(hours(240)[0], hours(260), hours(240)),
            ],
            hours(100),
            hours(60, 240),
            id="what_came_and_went",
        ),
        pytest.param(
            [
                Change(hours(0)[0], hours(100), hours(0, 170)),
                Change(hours(1)[0], hours(170), hours(100)),
            ],
            [],
            hours(0),
            id="what_went_and_came_back",
        ),
    ],
)
def test_the_net_change_of_a_key(
    changes: list[Change], gone: Sequence[datetime], come: Sequence[datetime]
) -> None:
    removed, added = net(changes)
    assert (list(removed), list(added)) == (list(gone), list(come))
