"""What previews look at, and what is lost.

Cycles run from the 1st to the 1st in UTC; it is 2026-11-22 12:00.
"""

from datetime import datetime

import pytest

from billing.account import Account
from billing.commitment import ChangeKind, Meter, MeterChange
from billing.cycle import Cycle, next_cycle
from billing.event import AHEAD
from billing.figures import Figures
from billing.instant import TICK
from billing.meter import WhichCycle, add_blocks, change_commitment, meter_state
from billing.preview import (
    blocks_preview,
    coming_cycle,
    meter_preview,
)
from billing.send import landing_cycle
from billing.view import seen, views
from billing.window import WINDOW
from tests.billing.build import account, terms, utc

NOW = utc("2026-11-22T12:00")
NEXT = utc("2026-12-01")


def acme(ended_at: str | None = None) -> Account:
    return account(terms("2026-10-01", starts_at="2026-10-01"), ended_at=ended_at)


def cycle(number: int, at: datetime = NOW) -> Cycle:
    return Cycle.of(acme(), number, at)


# --- how cycles are looked at


@pytest.mark.parametrize(
    ("number", "at", "computed_at"),
    [
        pytest.param(0, NOW, NOW, id="past"),
        pytest.param(1, NOW, NOW, id="current"),
        pytest.param(2, NOW, NEXT, id="to_come"),
        pytest.param(2, NEXT, NEXT, id="just_begun"),
    ],
)
def test_a_cycle_to_come_is_seen_at_its_start(
    number: int, at: datetime, computed_at: datetime
) -> None:
    looked = seen(cycle(number, at))
    assert (looked.number, looked.computed_at) == (number, computed_at)


def test_a_cycle_is_looked_at_twice() -> None:
    found = views([cycle(1), None, cycle(2)])
    assert [(view.number, view.computed_at) for view in found] == [
        (1, NOW),
        (1, NOW + AHEAD + TICK),
        (2, NEXT),
        (2, NOW + AHEAD + TICK),
    ]


def test_a_cycle_that_would_come_after_the_accounts_end_has_a_number() -> None:
    ending = acme(ended_at="2026-11-30")
    assert next_cycle(ending, NOW) is None
    coming = coming_cycle(ending, NOW)
    assert coming is not None
    assert (coming.number, coming.id) == (2, cycle(2).id)
    assert coming_cycle(acme(), NOW) == next_cycle(acme(), NOW)
    assert coming_cycle(acme(ended_at="2026-11-01"), NOW) is None


# --- changes to meters


@pytest.mark.parametrize(
    ("held", "scheduled", "asked", "lost"),
    [
        pytest.param(5, 9, 1, 9, id="replaced"),
        pytest.param(5, 9, 5, 9, id="cancelled"),
        pytest.param(5, 0, 7, 0, id="an_end_is_replaced"),
        pytest.param(0, 9, 7, 9, id="replaced_by_one_that_starts_now"),
        pytest.param(5, 9, 9, None, id="the_same_again"),
        pytest.param(5, 5, 7, None, id="nothing_was_scheduled"),
    ],
)
@pytest.mark.parametrize("meter", Meter)
def test_what_is_scheduled_and_no_longer_comes_is_lost(
    meter: Meter, held: int, scheduled: int, asked: int, lost: int | None
) -> None:
    past = [change(meter, 1, 0, held), change(meter, 2, 2, scheduled)]
    state = meter_state(acme(), sums(NOW, *past), meter, NOW, limited=False)
    asked_for = change_commitment(state, asked)
    found = meter_preview(
        state,
        asked_for,
        sums(NOW, *past),
        sums(NOW, *past, asked_for),
        effective_on=NEXT.date(),
    )
    assert [
        (each.meter, each.amount, each.effective_at, each.effective_on, each.blocks)
        for each in found.lost.scheduled_commitments
    ] == [
        (meter, lost, NEXT, NEXT.date(), lost if meter is Meter.CONVERSATIONS else None)
        for _ in range(lost is not None)
    ]
    assert {each.amount_micros for each in found.lost.scheduled_commitments} <= {
        lost if meter is Meter.CARRIER else None
    }


def change(meter: Meter, version: int, number: int, amount: int) -> MeterChange:
    return MeterChange(
        meter=meter,
        version=version,
        kind=ChangeKind.COMMITMENT,
        cycle=number,
        amount=amount,
        amount_before=0,
        price_micros=0,
        effective_at=NOW,
    )


def sums(at: datetime, *changes: MeterChange) -> dict[Cycle, Figures]:
    """Return the sums of the current and the next cycle, in which nothing is used."""
    found = {view: Figures() for view in views([cycle(1, at), cycle(2, at)])}
    for each in changes:
        found = {view: figures.with_change(each, view.number) for view, figures in found.items()}
    return found


@pytest.mark.parametrize(
    ("at", "covers"),
    [
        pytest.param(NEXT - WINDOW - TICK, True, id="a_tick_before"),
        pytest.param(NEXT - WINDOW, False, id="168_hours_before"),
        pytest.param(NEXT - TICK, False, id="at_the_end"),
    ],
)
def test_blocks_cover_what_opens_until_168_hours_before_the_end(
    at: datetime, *, covers: bool
) -> None:
    state = meter_state(acme(), sums(at), Meter.CONVERSATIONS, at, limited=True)
    for which, number, until, covering in (
        (WhichCycle.CURRENT, 1, NEXT - WINDOW, covers),
        (WhichCycle.NEXT, 2, utc("2027-01-01") - WINDOW, True),
    ):
        bought = add_blocks(state, 1, which)
        made = meter_preview(state, bought, sums(at), sums(at), effective_on=at.date())
        found = blocks_preview(made)
        assert (found.cycle_number, found.covers_until) == (number, until)
        assert found.covers_new_conversations is covering
    landing = landing_cycle(acme(), at)
    assert landing is not None
    assert landing.number == (1 if covers else 2)
