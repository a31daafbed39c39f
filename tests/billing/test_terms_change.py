"""What an operator may change of an account's terms, and from when on (D5, D6)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.account import Account
from billing.errors import (
    AccountEndedError,
    BadInputError,
    NothingToChangeError,
    PlanNotOfferedError,
    RuleError,
    TermsNotAllowedError,
)
from billing.instant import DAY, TICK
from billing.plan import Interval, PriceList
from billing.schedule import Schedule
from billing.terms import Terms, in_force
from billing.terms_change import (
    ANCHOR_DATE_MAX,
    ANCHOR_DATE_MIN,
    TermsChange,
    TermsRequest,
    change_terms,
    first_terms,
)
from tests.billing.build import BOOST, PRO, PURE, account, day, price_list, terms, utc
from tests.billing.histories import ANCHORS, ZONES
from tests.billing.oracle import first_instant, wall

PLANS = (*BOOST, *PRO)
BERLIN = "Europe/Berlin"
NOW = "2026-03-10T09:30"

# Monthly from 2026-01-31 in Berlin: cycle 1 is 2026-02-27T23:00Z to 2026-03-30T22:00Z.
MONTHLY = account(terms("2026-01-31", BERLIN, starts_at="2026-01-30T23:00"))
# Yearly from 2026-01-31 in Berlin: cycle 0 ends on 2027-01-30T23:00Z.
YEARLY = account(terms("2026-01-31", BERLIN, Interval.YEARLY, starts_at="2026-01-30T23:00"))
IN_TRIAL = account(signed_up_at="2026-03-01", trial_ends_at="2026-03-15", time_zone=BERLIN)
TO_YEARLY = TermsRequest(interval=Interval.YEARLY)
TO_PRO = TermsRequest(plan="Pro")
BOOST_MONTHLY = TermsRequest(plan="Boost", interval=Interval.MONTHLY)


def change(
    found: Account,
    request: TermsRequest,
    at: str = NOW,
    price_lists: tuple[PriceList, ...] = PLANS,
) -> TermsChange:
    return change_terms(found, request, price_lists, at=utc(at), next_seq=7)


def having(found: Account, *rows: Terms) -> Account:
    """Return the account with more rows recorded."""
    before = () if found.schedule is None else found.schedule.terms
    return replace(found, schedule=Schedule(in_force([*before, *rows]), found.ended_at))


def test_a_change_takes_effect_at_the_next_cycle_start() -> None:
    assert change(MONTHLY, TO_PRO) == TermsChange(
        terms("2026-01-31", BERLIN, starts_at="2026-03-30T22:00", first_cycle=2, seq=7, plan="Pro"),
        cancels=False,
        interval_changed=False,
        replaced=None,
    )
    assert change(MONTHLY, TO_PRO).effective_at == utc("2026-03-30T22:00")


@pytest.mark.parametrize(
    ("at", "first_cycle"),
    [
        pytest.param("2026-02-27T22:59:59.999999", 1, id="last_tick_of_cycle_0"),
        pytest.param("2026-02-27T23:00", 2, id="start_of_cycle_1"),
        pytest.param("2026-03-30T21:59:59.999999", 2, id="last_tick_of_cycle_1"),
        pytest.param("2026-03-30T22:00", 3, id="start_of_cycle_2"),
    ],
)
def test_at_a_boundary_the_cycle_that_contains_the_instant_is_current(
    at: str, first_cycle: int
) -> None:
    assert change(MONTHLY, TO_PRO, at).terms.first_cycle == first_cycle


@pytest.mark.parametrize(
    ("request_", "changed"),
    [
        pytest.param(TermsRequest(plan="Pro"), {"plan": "Pro"}, id="plan"),
        pytest.param(
            TermsRequest(anchor_date=day("2026-02-15")),
            {"anchor_date": day("2026-02-15")},
            id="anchor",
        ),
        pytest.param(TermsRequest(time_zone="Asia/Tokyo"), {"time_zone": "Asia/Tokyo"}, id="zone"),
        pytest.param(
            TermsRequest(plan="Boost", time_zone="UTC"), {"time_zone": "UTC"}, id="one_of_two"
        ),
    ],
)
def test_what_is_not_named_is_kept(request_: TermsRequest, changed: dict[str, object]) -> None:
    before = terms("2026-01-31", BERLIN, starts_at="2026-03-30T22:00", first_cycle=2, seq=7)
    assert change(MONTHLY, request_).terms == replace(before, **changed)  # type: ignore[arg-type]


def test_a_new_anchor_bounds_the_first_cycle_at_least_14_days_later() -> None:
    found = change(MONTHLY, TermsRequest(anchor_date=day("2026-01-14"))).terms
    # It starts on 2026-03-31; the 14th of April is its 15th day, the 13th would be too early.
    assert found.cycle_start(1) == utc("2026-04-13T22:00")
    early = change(MONTHLY, TermsRequest(anchor_date=day("2026-01-13"))).terms
    assert early.cycle_start(1) == utc("2026-05-12T22:00")


def test_monthly_to_yearly_at_cycle_end_starts_a_full_year() -> None:
    found = change(MONTHLY, TO_YEARLY)
    assert found == TermsChange(
        terms(
            "2026-03-31",
            BERLIN,
            Interval.YEARLY,
            starts_at="2026-03-30T22:00",
            first_cycle=2,
            seq=7,
        ),
        cancels=False,
        interval_changed=True,
        replaced=None,
    )
    assert found.terms.cycle_start(1) == utc("2027-03-30T22:00")


def test_the_anchor_of_a_full_year_is_a_day_of_the_new_zone() -> None:
    found = change(MONTHLY, TermsRequest(interval=Interval.YEARLY, time_zone="America/New_York"))
    assert found.terms.anchor_date == date(2026, 3, 30)
    assert found.effective_at == utc("2026-03-30T22:00")


def test_monthly_to_yearly_now_ends_the_current_cycle_at_once() -> None:
    found = change(MONTHLY, replace(TO_YEARLY, now=True))
    assert found == TermsChange(
        terms("2026-03-10", BERLIN, Interval.YEARLY, starts_at=NOW, first_cycle=2, seq=7),
        cancels=False,
        interval_changed=True,
        replaced=None,
    )
    cycles = having(MONTHLY, found.terms).schedule
    assert cycles is not None
    assert [cycles.start(number) for number in range(5)] == [
        utc("2026-01-30T23:00"),
        utc("2026-02-27T23:00"),
        utc("2026-03-10T09:30"),
        utc("2027-03-09T23:00"),
        utc("2028-03-09T23:00"),
    ]


def test_now_takes_plan_anchor_and_zone_along() -> None:
    request = TermsRequest(
        plan="Pro",
        interval=Interval.YEARLY,
        anchor_date=day("2026-01-01"),
        time_zone="UTC",
        now=True,
    )
    assert change(MONTHLY, request).terms == terms(
        "2026-01-01", "UTC", Interval.YEARLY, starts_at=NOW, first_cycle=2, seq=7, plan="Pro"
    )


def test_now_is_refused_in_the_instant_in_which_the_cycle_starts() -> None:
    request = replace(TO_YEARLY, now=True)
    with pytest.raises(TermsNotAllowedError) as refused:
        change(MONTHLY, request, "2026-02-27T23:00")
    assert (refused.value.code, refused.value.field) == ("TERMS_NOT_ALLOWED", "now")
    later = change(MONTHLY, request, "2026-02-27T23:00:00.000001")
    assert later.effective_at == utc("2026-02-27T23:00:00.000001")


@pytest.mark.parametrize(
    ("found", "request_"),
    [
        pytest.param(YEARLY, TermsRequest(interval=Interval.MONTHLY), id="yearly_to_monthly"),
        pytest.param(YEARLY, TO_YEARLY, id="yearly_to_yearly"),
        pytest.param(YEARLY, TO_PRO, id="another_plan_of_a_yearly_account"),
        pytest.param(MONTHLY, TO_PRO, id="another_plan_of_a_monthly_account"),
        pytest.param(MONTHLY, TermsRequest(), id="nothing_else"),
        pytest.param(
            IN_TRIAL, TermsRequest(plan="Boost", interval=Interval.YEARLY), id="end_of_a_trial"
        ),
        pytest.param(
            account(terms("2026-04-01", starts_at="2026-04-01")), TO_YEARLY, id="before_cycle_0"
        ),
    ],
)
def test_nothing_but_monthly_to_yearly_can_take_effect_now(
    found: Account, request_: TermsRequest
) -> None:
    with pytest.raises(TermsNotAllowedError) as refused:
        change(found, replace(request_, now=True))
    assert (refused.value.code, refused.value.field) == ("TERMS_NOT_ALLOWED", "now")


def test_yearly_to_monthly_keeps_the_anchor_and_waits_for_the_end_of_the_year() -> None:
    found = change(YEARLY, TermsRequest(interval=Interval.MONTHLY))
    assert found == TermsChange(
        terms("2026-01-31", BERLIN, starts_at="2027-01-30T23:00", first_cycle=1, seq=7),
        cancels=False,
        interval_changed=True,
        replaced=None,
    )
    assert found.terms.cycle_start(1) == utc("2027-02-27T23:00")


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(TermsRequest(), id="names_nothing"),
        pytest.param(
            TermsRequest(
                plan="Boost",
                interval=Interval.MONTHLY,
                anchor_date=day("2026-01-31"),
                time_zone=BERLIN,
            ),
            id="names_all_that_holds",
        ),
    ],
)
def test_naming_the_terms_in_force_changes_nothing(request_: TermsRequest) -> None:
    with pytest.raises(NothingToChangeError) as refused:
        change(MONTHLY, request_)
    assert (refused.value.code, refused.value.field) == ("NOTHING_TO_CHANGE", None)


def test_naming_the_terms_in_force_cancels_what_is_scheduled() -> None:
    scheduled = change(MONTHLY, TO_YEARLY).terms
    found = change(having(MONTHLY, scheduled), BOOST_MONTHLY)
    assert found == TermsChange(
        terms("2026-01-31", BERLIN, starts_at="2026-03-30T22:00", first_cycle=2, seq=7),
        cancels=True,
        interval_changed=False,
        replaced=scheduled,
    )


def test_a_cancelled_change_can_be_cancelled_no_more_once_it_has_come() -> None:
    scheduled = replace(change(MONTHLY, TO_PRO).terms, seq=1)
    cancelled = having(MONTHLY, scheduled, change(having(MONTHLY, scheduled), BOOST_MONTHLY).terms)
    with pytest.raises(NothingToChangeError):
        change(cancelled, BOOST_MONTHLY, "2026-04-01")


def test_a_scheduled_change_is_replaced_and_what_holds_is_what_is_in_force() -> None:
    scheduled = change(MONTHLY, TermsRequest(plan="Pro", interval=Interval.YEARLY)).terms
    found = change(having(MONTHLY, scheduled), TermsRequest(time_zone="UTC"))
    assert found == TermsChange(
        terms("2026-01-31", "UTC", starts_at="2026-03-30T22:00", first_cycle=2, seq=7),
        cancels=False,
        interval_changed=False,
        replaced=scheduled,
    )


def test_yearly_now_replaces_what_is_scheduled() -> None:
    scheduled = replace(change(MONTHLY, TO_PRO).terms, seq=1)
    found = change(having(MONTHLY, scheduled), replace(TO_YEARLY, now=True))
    assert (found.terms.plan, found.terms.starts_at) == ("Boost", utc(NOW))
    assert (found.terms.first_cycle, found.replaced) == (2, scheduled)
    cycles = having(MONTHLY, scheduled, found.terms).schedule
    assert cycles is not None
    assert [row.seq for row in cycles.terms] == [0, 7]


@pytest.mark.parametrize(
    ("request_", "at", "effective_at"),
    [
        pytest.param(TO_PRO, "2026-02-28", "2026-03-30T22:00", id="next_cycle_start"),
        pytest.param(replace(TO_YEARLY, now=True), NOW, NOW, id="now"),
        pytest.param(BOOST_MONTHLY, "2026-02-28", "2026-03-30T22:00", id="cancelling"),
    ],
)
def test_a_plan_is_offered_from_its_price_list_s_first_instant(
    request_: TermsRequest, at: str, effective_at: str
) -> None:
    found = having(MONTHLY, replace(change(MONTHLY, TermsRequest(time_zone="UTC")).terms, seq=1))
    wanted = change(found, request_, at).terms
    exact = price_list(wanted.plan, wanted.interval, effective_from=effective_at)
    assert change(found, request_, at, (exact,)).effective_at == utc(effective_at)
    late = replace(exact, effective_from=exact.effective_from + TICK)
    with pytest.raises(PlanNotOfferedError) as refused:
        change(found, request_, at, (late,))
    assert (refused.value.code, refused.value.field) == ("PLAN_NOT_OFFERED", None)


def test_a_plan_without_prices_for_the_interval_is_not_offered() -> None:
    with pytest.raises(PlanNotOfferedError):
        change(MONTHLY, TermsRequest(interval=Interval.YEARLY), price_lists=(price_list(),))


@pytest.mark.parametrize(
    ("ended_at", "error"),
    [
        pytest.param("2026-03-10T09:30", AccountEndedError, id="ends_in_this_instant"),
        pytest.param("2026-03-10T09:30:00.000001", TermsNotAllowedError, id="ends_in_a_moment"),
        pytest.param("2026-03-30T22:00", TermsNotAllowedError, id="ends_when_it_would_start"),
    ],
)
def test_no_terms_follow_the_end_of_the_account(ended_at: str, error: type[RuleError]) -> None:
    found = replace(MONTHLY, ended_at=utc(ended_at))
    found = having(found)
    with pytest.raises(error):
        change(found, TO_PRO)


def test_terms_that_start_before_the_end_of_the_account_are_allowed() -> None:
    found = having(replace(MONTHLY, ended_at=utc("2026-03-30T22:00:00.000001")))
    assert change(found, TO_PRO).effective_at == utc("2026-03-30T22:00")
    found = having(replace(MONTHLY, ended_at=utc("2026-03-10T09:30:00.000001")))
    assert change(found, replace(TO_YEARLY, now=True)).effective_at == utc(NOW)


@pytest.mark.parametrize("found", [MONTHLY, YEARLY, IN_TRIAL])
@pytest.mark.parametrize("zone", ["", "Europe/Atlantis", "localtime", "x" * 1_000])
def test_an_unknown_zone_is_refused(found: Account, zone: str) -> None:
    with pytest.raises(BadInputError) as refused:
        change(found, replace(BOOST_MONTHLY, time_zone=zone))
    assert (refused.value.code, refused.value.field) == ("BAD_USER_INPUT", "timeZone")
    assert len(refused.value.message) < 80


def test_the_limits_of_anchor_dates() -> None:
    assert (date(2000, 1, 1), date(2100, 12, 31)) == (ANCHOR_DATE_MIN, ANCHOR_DATE_MAX)


@pytest.mark.parametrize("anchor", [ANCHOR_DATE_MIN, ANCHOR_DATE_MAX])
def test_an_anchor_date_at_its_limits_is_taken(anchor: date) -> None:
    assert change(MONTHLY, TermsRequest(anchor_date=anchor)).terms.anchor_date == anchor
    request = replace(BOOST_MONTHLY, anchor_date=anchor)
    first = first_terms(request, BOOST, time_zone="UTC", began_at=utc(NOW))
    assert first.anchor_date == anchor


@pytest.mark.parametrize("anchor", [ANCHOR_DATE_MIN - DAY, ANCHOR_DATE_MAX + DAY])
@pytest.mark.parametrize("found", [MONTHLY, IN_TRIAL])
def test_an_anchor_date_beyond_its_limits_is_refused(found: Account, anchor: date) -> None:
    with pytest.raises(BadInputError) as refused:
        change(found, replace(BOOST_MONTHLY, anchor_date=anchor))
    assert (refused.value.code, refused.value.field) == ("BAD_USER_INPUT", "anchorDate")


def test_an_anchor_date_that_follows_from_sign_up_has_the_same_limits() -> None:
    with pytest.raises(BadInputError) as refused:
        first_terms(BOOST_MONTHLY, BOOST, time_zone="UTC", began_at=utc("1999-12-31T23:59"))
    assert refused.value.field == "anchorDate"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param(
            BOOST_MONTHLY,
            terms("2026-03-11", "Asia/Tokyo", starts_at="2026-03-10T15:00"),
            id="from_the_local_date_of_the_beginning",
        ),
        pytest.param(
            replace(BOOST_MONTHLY, time_zone="UTC"),
            terms("2026-03-10", "UTC", starts_at="2026-03-10"),
            id="in_the_zone_that_is_named",
        ),
        pytest.param(
            TermsRequest(plan="Pro", interval=Interval.YEARLY, anchor_date=day("2024-02-29")),
            terms(
                "2024-02-29",
                "Asia/Tokyo",
                Interval.YEARLY,
                starts_at="2024-02-28T15:00",
                plan="Pro",
            ),
            id="from_an_anchor_long_before_it",
        ),
    ],
)
def test_the_first_terms_start_at_midnight_of_the_anchor(
    request_: TermsRequest, expected: Terms
) -> None:
    began_at = utc("2026-03-10T16:00")
    assert first_terms(request_, PLANS, time_zone="Asia/Tokyo", began_at=began_at) == expected


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        pytest.param(TermsRequest(interval=Interval.MONTHLY), "plan", id="no_plan"),
        pytest.param(TermsRequest(plan="Boost"), "interval", id="no_interval"),
        pytest.param(TermsRequest(), "plan", id="neither"),
    ],
)
def test_the_first_terms_need_plan_and_interval(request_: TermsRequest, field: str) -> None:
    with pytest.raises(BadInputError) as refused:
        change(IN_TRIAL, request_)
    assert (refused.value.code, refused.value.field) == ("BAD_USER_INPUT", field)


def test_the_first_terms_need_a_price_list_when_cycle_0_starts() -> None:
    request = replace(BOOST_MONTHLY, anchor_date=day("2026-01-01"))
    for effective_from, offered in (("2026-01-01", True), ("2026-01-01T00:00:00.000001", False)):
        prices = (price_list(effective_from=effective_from),)
        if offered:
            first_terms(request, prices, time_zone="UTC", began_at=utc(NOW))
        else:
            with pytest.raises(PlanNotOfferedError):
                first_terms(request, prices, time_zone="UTC", began_at=utc(NOW))


@pytest.mark.parametrize("at", [NOW, "2026-03-14T12:00", "2027-08-01"])
def test_a_trial_ends_with_first_terms_from_today(at: str) -> None:
    found = change(IN_TRIAL, BOOST_MONTHLY, at)
    today = wall(BERLIN, utc(at)).date()
    assert found == TermsChange(
        Terms(7, 0, first_instant(BERLIN, today), "Boost", Interval.MONTHLY, today, BERLIN),
        cancels=False,
        interval_changed=False,
        replaced=None,
    )


@pytest.mark.parametrize(
    ("at", "anchor", "zone"),
    [
        pytest.param("2026-03-10T22:59:59", "2026-03-09", BERLIN, id="yesterday"),
        pytest.param("2026-03-10T23:00", "2026-03-10", BERLIN, id="since_midnight_yesterday"),
        pytest.param("2026-03-10T15:00", "2026-03-10", "Asia/Tokyo", id="yesterday_in_tokyo"),
    ],
)
def test_a_trial_was_free_so_the_first_terms_start_today_at_the_earliest(
    at: str, anchor: str, zone: str
) -> None:
    request = replace(BOOST_MONTHLY, anchor_date=day(anchor), time_zone=zone)
    with pytest.raises(TermsNotAllowedError) as refused:
        change(IN_TRIAL, request, at)
    assert (refused.value.code, refused.value.field) == ("TERMS_NOT_ALLOWED", "anchorDate")
    today = replace(request, anchor_date=day(anchor) + DAY)
    assert change(IN_TRIAL, today, at).terms.anchor_date == day(anchor) + DAY


CONVERTING = having(
    IN_TRIAL, terms("2026-03-15", "Asia/Tokyo", starts_at="2026-03-14T15:00", plan="Pro")
)


def test_first_terms_to_come_are_replaced_by_other_first_terms() -> None:
    found = change(CONVERTING, TermsRequest(plan="Boost", interval=Interval.YEARLY))
    assert CONVERTING.schedule is not None
    assert found == TermsChange(
        terms("2026-03-10", "Asia/Tokyo", Interval.YEARLY, starts_at="2026-03-09T15:00", seq=7),
        cancels=False,
        interval_changed=True,
        replaced=CONVERTING.schedule.terms[0],
    )


def test_in_trial_nothing_holds_so_plan_and_interval_are_named_again() -> None:
    with pytest.raises(BadInputError) as refused:
        change(CONVERTING, TermsRequest(anchor_date=day("2026-03-20")))
    assert refused.value.field == "plan"


def test_once_the_first_terms_are_in_force_changes_wait_for_the_cycle_end() -> None:
    found = change(CONVERTING, TermsRequest(plan="Boost"), "2026-03-14T15:00")
    assert (found.terms.first_cycle, found.effective_at) == (1, utc("2026-04-14T15:00"))


STARTING = account(terms("2026-04-01", BERLIN, starts_at="2026-03-31T22:00"))


@pytest.mark.parametrize(
    ("request_", "expected", "interval_changed"),
    [
        pytest.param(
            TO_PRO,
            terms("2026-04-01", BERLIN, starts_at="2026-03-31T22:00", seq=7, plan="Pro"),
            False,
            id="plan",
        ),
        pytest.param(
            TO_YEARLY,
            terms("2026-04-01", BERLIN, Interval.YEARLY, starts_at="2026-03-31T22:00", seq=7),
            True,
            id="interval",
        ),
        pytest.param(
            TermsRequest(anchor_date=day("2026-03-10")),
            terms("2026-03-10", BERLIN, starts_at="2026-03-09T23:00", seq=7),
            False,
            id="anchor_and_with_it_the_start",
        ),
        pytest.param(
            TermsRequest(time_zone="UTC"),
            terms("2026-04-01", "UTC", starts_at="2026-04-01", seq=7),
            False,
            id="zone_and_with_it_the_start",
        ),
    ],
)
def test_before_cycle_0_the_first_terms_are_replaced(
    request_: TermsRequest,
    expected: Terms,
    interval_changed: bool,  # noqa: FBT001
) -> None:
    assert STARTING.schedule is not None
    assert change(STARTING, request_) == TermsChange(
        expected,
        cancels=False,
        interval_changed=interval_changed,
        replaced=STARTING.schedule.terms[0],
    )


def test_before_cycle_0_naming_the_first_terms_changes_nothing() -> None:
    with pytest.raises(NothingToChangeError):
        change(STARTING, BOOST_MONTHLY)


def test_before_cycle_0_it_cannot_be_moved_before_today() -> None:
    with pytest.raises(TermsNotAllowedError) as refused:
        change(STARTING, TermsRequest(anchor_date=day("2026-03-09")))
    assert refused.value.field == "anchorDate"


def test_first_terms_do_not_follow_the_end_of_the_account() -> None:
    ending = replace(IN_TRIAL, ended_at=utc("2026-03-19T23:00"))
    request = replace(BOOST_MONTHLY, anchor_date=day("2026-03-20"))
    with pytest.raises(TermsNotAllowedError):
        change(ending, request)
    with pytest.raises(AccountEndedError):
        change(ending, request, "2026-03-19T23:00")
    request = replace(BOOST_MONTHLY, anchor_date=day("2026-03-19"))
    assert change(ending, request).effective_at == utc("2026-03-18T23:00")


REQUESTS = st.builds(
    TermsRequest,
    plan=st.sampled_from((None, "Boost", "Pro")),
    interval=st.sampled_from((None, *Interval)),
    anchor_date=st.none() | ANCHORS,
    time_zone=st.none() | ZONES,
    now=st.booleans(),
)
PAUSES = st.sampled_from((0, 1, 10, 20, 40, 400)).flatmap(
    lambda days: st.builds(timedelta, days=st.just(days), minutes=st.integers(0, 1_440))
)


@PURE
@given(ANCHORS, ZONES, st.lists(st.tuples(PAUSES, REQUESTS), max_size=8), st.booleans())
def test_whatever_is_changed_cycles_tile_and_the_past_stays(
    anchor: date,
    zone: str,
    steps: list[tuple[timedelta, TermsRequest]],
    from_trial: bool,  # noqa: FBT001
) -> None:
    at = first_instant(zone, anchor)
    found = replace(IN_TRIAL, time_zone=zone)
    if not from_trial:
        first = Terms(0, 0, at, "Boost", Interval.MONTHLY, anchor, zone)
        found = replace(having(found, first), trial_ends_at=None)
    for seq, (pause, request) in enumerate(steps, 1):
        at += pause
        before = found
        try:
            made = change_terms(before, request, PLANS, at=at, next_seq=seq)
        except (RuleError, BadInputError):
            continue
        found = having(before, made.terms)
        assert found.schedule is not None
        _check_tiles(found.schedule)
        if before.schedule is not None and at >= before.schedule.starts_at:
            _check_past(before.schedule, found.schedule, made, at_now=request.now)
        if made.cancels:
            assert made.replaced is not None
            kept = [row for row in found.schedule.terms if row is not made.terms]
            undone = Schedule(tuple(kept))
            count = made.terms.first_cycle + 5
            assert [undone.start(n) for n in range(count)] == [
                found.schedule.start(n) for n in range(count)
            ]


def _check_tiles(cycles: Schedule) -> None:
    count = cycles.terms[-1].first_cycle + 4
    bounds = [cycles.start(number) for number in range(count)]
    assert bounds == sorted(set(bounds))
    for number, row in enumerate(bounds[:-1]):
        assert cycles.period(number).end == bounds[number + 1]
        assert cycles.number_at(row) == number
        assert cycles.number_at(bounds[number + 1] - TICK) == number


def _check_past(before: Schedule, after: Schedule, made: TermsChange, *, at_now: bool) -> None:
    current = made.terms.first_cycle - 1
    assert [after.start(n) for n in range(current + 1)] == [
        before.start(n) for n in range(current + 1)
    ]
    assert [after.terms_of(n) for n in range(current + 1)] == [
        before.terms_of(n) for n in range(current + 1)
    ]
    assert after.start(current + 1) == made.effective_at
    if not at_now:
        assert made.effective_at == Schedule(
            tuple(row for row in before.terms if row.first_cycle <= current)
        ).start(current + 1)
        zone = made.terms.time_zone
        days = wall(zone, after.start(current + 2)) - wall(zone, made.effective_at)
        assert days >= 14 * DAY
