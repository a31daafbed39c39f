"""A repetition is the real sequence, moved by whole weeks."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from demo.repetition import WEEK, Stream, repeat
from demo.sequences import by_company

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
YEAR_AGO = NOW - 52 * WEEK


def test_every_repetition_is_the_sequence_moved_by_whole_weeks() -> None:
    shifts: dict[int, set[timedelta]] = {}
    for repeated in repeat((Stream("HPSupport", 3),), YEAR_AGO, NOW):
        shift = repeated.occurred_at - repeated.entry.occurred_at
        assert shift % WEEK == timedelta(0)
        shifts.setdefault(repeated.number, set()).add(shift)
    assert all(len(found) == 1 for found in shifts.values())
    found = sorted(shift for (shift,) in shifts.values())
    assert {later - earlier for earlier, later in pairwise(found)} == {3 * WEEK}


@pytest.mark.parametrize("every", [1, 2, 3, 8])
@pytest.mark.parametrize("lag", [0, 1, 5])
def test_nothing_is_left_out_between_start_and_now(every: int, lag: int) -> None:
    count = Counter(
        repeated.entry.key
        for repeated in repeat((Stream("Delta", every, lag),), NOW - 24 * WEEK, NOW)
    )
    assert count == {entry.key: 24 // every for entry in by_company()["Delta"]}


def test_the_newest_whole_repetition_ended_within_a_week_plus_the_lag() -> None:
    last = by_company()["Delta"][-1]
    ends = max(
        repeated.occurred_at
        for repeated in repeat((Stream("Delta", 52, lag_weeks=3),), YEAR_AGO, NOW)
        if repeated.entry == last
    )
    assert NOW - 4 * WEEK < ends <= NOW - 3 * WEEK


def test_nothing_is_before_the_start_or_at_now() -> None:
    first = by_company()["Delta"][0].occurred_at
    now = first + 400 * WEEK
    instants = [repeated.occurred_at for repeated in repeat((Stream("Delta", 1),), now - WEEK, now)]
    assert min(instants) == now - WEEK
    assert max(instants) < now


def test_last_weeks_leave_out_what_is_older() -> None:
    stream = Stream("Google", 1, last_weeks=5)
    instants = [repeated.occurred_at for repeated in repeat((stream,), YEAR_AGO, NOW)]
    assert NOW - 5 * WEEK <= min(instants) < NOW - 4 * WEEK


def test_repetitions_of_several_streams_have_different_contacts() -> None:
    both = (Stream("Google", 2), Stream("Google", 2, lag_weeks=1))
    found = list(repeat(both, YEAR_AGO, NOW))
    assert len({repeated.suffix for repeated in found}) == len(found)
    contacts = Counter((repeated.contact, repeated.entry.key) for repeated in found)
    assert set(contacts.values()) == {1}
