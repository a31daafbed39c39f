"""What an operator may change of an account's terms, and from when on (D5, D6)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from billing.account import Account, AccountAt
from billing.errors import (
    AccountEndedError,
    BadInputError,
    NothingToChangeError,
    TermsNotAllowedError,
)
from billing.instant import is_zone, local, midnight
from billing.money import quoted
from billing.plan import Interval, PriceList, price_list_at
from billing.schedule import Schedule
from billing.terms import Terms

ANCHOR_DATE_MIN = date(2000, 1, 1)
ANCHOR_DATE_MAX = date(2100, 12, 31)
"""The first and the last day from which cycles may be counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsRequest:
    """What an operator asks for; None keeps what holds.

    `now` ends the current cycle at once instead of waiting for its end, which only a
    change from monthly to yearly may do.
    """

    plan: str | None = None
    interval: Interval | None = None
    anchor_date: date | None = None
    time_zone: str | None = None
    now: bool = False


AS_IT_IS = TermsRequest()


@dataclass(frozen=True, slots=True)
class TermsChange:
    """The row to record, and what it does.

    `cancels`: it names the terms in force, so that what was scheduled never comes.
    `interval_changed`: its cycles have another length than those before it, or, before
    cycle 0, than those planned. `replaced`: the row that had not started yet and now
    never will.
    """

    terms: Terms
    cancels: bool
    interval_changed: bool
    replaced: Terms | None

    @property
    def effective_at(self) -> datetime:
        """The instant from which the new terms hold."""
        return self.terms.starts_at


def first_terms(
    request: TermsRequest,
    price_lists: Sequence[PriceList],
    *,
    time_zone: str,
    began_at: datetime,
    seq: int = 0,
) -> Terms:
    """Return an account's first paid terms: without a trial, or at the end of one (D6).

    Args:
        request: What is asked for; plan and interval are needed.
        price_lists: Those of the plan asked for.
        time_zone: The account's zone (known to exist), where `request` names none.
        began_at: When the paid subscription began; its local date is the anchor, where
            `request` names none.
        seq: The row's number.

    Raises:
        BadInputError: plan or interval is missing, the zone is unknown, or the anchor
            date is outside its limits.
        TermsNotAllowedError: `now` is set, but there is no cycle to end.
        PlanNotOfferedError: the plan has no price list when cycle 0 starts.
    """
    _check_input(request)
    if request.plan is None:
        raise BadInputError("The first terms name a plan.", field="plan")
    if request.interval is None:
        raise BadInputError("The first terms name an interval.", field="interval")
    _check_now(request, allowed=False)
    zone = time_zone if request.time_zone is None else request.time_zone
    anchor = local(zone, began_at).date() if request.anchor_date is None else request.anchor_date
    _check_anchor(anchor)  # also where it follows from `began_at`
    starts_at = midnight(zone, anchor)
    price_list_at(price_lists, request.plan, request.interval, starts_at)
    return Terms(seq, 0, starts_at, request.plan, request.interval, anchor, zone)


def change_terms(
    account: Account,
    request: TermsRequest,
    price_lists: Sequence[PriceList],
    *,
    at: datetime,
    next_seq: int,
) -> TermsChange:
    """Return what to record for a change of terms asked for at `at` (D5).

    It takes effect at the next cycle's start, as the terms in force lay it, and takes the
    place of what was scheduled. An account in trial, or before cycle 0, gets other first
    terms: cycle 0 starts at the anchor date, today or later.

    Args:
        account: As read under its lock, with its terms in force.
        request: What is asked for.
        price_lists: Those of the plan asked for; of the one in force, where none is named.
        at: The instant of the change, read under the lock.
        next_seq: One more than the highest `seq` the account has ever had.

    Raises:
        BadInputError: the zone is unknown, the anchor date is outside its limits, or the
            first terms lack a plan or an interval.
        AccountEndedError: the account has ended.
        NothingToChangeError: these terms are in force and nothing is scheduled.
        TermsNotAllowedError: they cannot follow the ones in force, or the account ends first.
        PlanNotOfferedError: the plan has no price list when they take effect.
    """
    _check_input(request)
    if account.ended_at is not None and account.ended_at <= at:
        raise AccountEndedError("The account has ended.")
    schedule = account.schedule
    number = None if schedule is None else schedule.number_at(at)
    if schedule is None or number is None:
        change = _before_cycle_0(account, request, price_lists, at=at, seq=next_seq)
    else:
        change = _at_cycle_start(schedule, number, request, at=at, seq=next_seq)
    if account.ended_at is not None and account.ended_at <= change.effective_at:
        raise TermsNotAllowedError("The account ends before these terms would take effect.")
    terms = change.terms
    price_list_at(price_lists, terms.plan, terms.interval, terms.starts_at)
    return change


def _before_cycle_0(
    account: Account,
    request: TermsRequest,
    price_lists: Sequence[PriceList],
    *,
    at: datetime,
    seq: int,
) -> TermsChange:
    planned = None if account.schedule is None else account.schedule.terms[0]
    if planned is None or account.in_trial(at):
        zone = AccountAt(account, at).time_zone
        terms = first_terms(request, price_lists, time_zone=zone, began_at=at, seq=seq)
    else:
        terms = _asked(request, planned)
        _check_now(request, allowed=False)
        if terms == planned:
            raise NothingToChangeError("The account starts with these terms already.")
        starts_at = midnight(terms.time_zone, terms.anchor_date)
        terms = replace(terms, seq=seq, starts_at=starts_at)
    if terms.anchor_date < local(terms.time_zone, at).date():
        raise TermsNotAllowedError("Cycle 0 cannot start before today.", field="anchorDate")
    return TermsChange(
        terms,
        cancels=False,
        interval_changed=planned is not None and planned.interval is not terms.interval,
        replaced=planned,
    )


def _at_cycle_start(
    schedule: Schedule, number: int, request: TermsRequest, *, at: datetime, seq: int
) -> TermsChange:
    in_force = schedule.terms_of(number)
    terms = _asked(request, in_force)
    lengthens = (in_force.interval, terms.interval) == (Interval.MONTHLY, Interval.YEARLY)
    _check_now(request, allowed=lengthens)
    if request.now and at == schedule.start(number):
        raise TermsNotAllowedError("The current cycle starts at this very instant.", field="now")
    scheduled = next((row for row in schedule.terms if row.first_cycle > number), None)
    cancels = terms == in_force
    if cancels and (scheduled is None or scheduled.continues(in_force)):
        raise NothingToChangeError("These terms are in force and nothing is scheduled.")
    # As the terms in force lay it: the scheduled row goes, and its start with it.
    due_at = in_force.cycle_start(number + 1 - in_force.first_cycle)
    starts_at = at if request.now else due_at
    if lengthens and request.anchor_date is None:
        # Counted from its own start, the first year is a whole one.
        terms = replace(terms, anchor_date=local(terms.time_zone, starts_at).date())
    return TermsChange(
        replace(terms, seq=seq, first_cycle=number + 1, starts_at=starts_at),
        cancels=cancels,
        interval_changed=terms.interval is not in_force.interval,
        replaced=scheduled,
    )


def _asked(request: TermsRequest, holding: Terms) -> Terms:
    """Return `holding` with what the request names in its place."""
    return replace(
        holding,
        plan=holding.plan if request.plan is None else request.plan,
        interval=request.interval or holding.interval,
        anchor_date=request.anchor_date or holding.anchor_date,
        time_zone=holding.time_zone if request.time_zone is None else request.time_zone,
    )


def _check_input(request: TermsRequest) -> None:
    if request.anchor_date is not None:
        _check_anchor(request.anchor_date)
    zone = request.time_zone
    if zone is not None and not is_zone(zone):
        raise BadInputError(f"{quoted(zone)} is not an IANA time zone.", field="timeZone")


def _check_anchor(anchor: date) -> None:
    if not ANCHOR_DATE_MIN <= anchor <= ANCHOR_DATE_MAX:
        raise BadInputError(
            f"An anchor date lies between {ANCHOR_DATE_MIN} and {ANCHOR_DATE_MAX}.",
            field="anchorDate",
        )


def _check_now(request: TermsRequest, *, allowed: bool) -> None:
    if request.now and not allowed:
        raise TermsNotAllowedError(
            "Only a change from monthly to yearly can end a cycle now.", field="now"
        )
