"""How a meter may be changed, from when on, and what each change costs (R11, R14, R15, D20).

It is 2026-11-22 12:00 UTC. The account's cycles run from the 25th to the 25th in Amsterdam: 0
began on 10-25, so that 1 is the next.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from billing.account import Account
from billing.commitment import ChangeKind, Meter, MeterChange
from billing.cycle import current_cycle, next_cycle
from billing.errors import (
    AccountEndedError,
    CommitmentNeededError,
    LimitExceededError,
    NoCurrentCycleError,
    NothingToChangeError,
    RuleError,
)
from billing.figures import Figures
from billing.instant import TICK
from billing.meter import (
    MeterState,
    WhichCycle,
    add_blocks,
    cancel_scheduled,
    change_commitment,
    meter_state,
    top_up,
    unit_price_micros,
)
from billing.plan import BLOCKS_MAX, Interval, Limits
from billing.terms import Terms
from billing.view import Sums
from tests.billing.build import BOOST, MICROS, account, price_list, terms, utc

NOW = utc("2026-11-22T12:00")
NEXT = utc("2026-11-24T23:00")
AMSTERDAM = "Europe/Amsterdam"
MONTHLY = terms("2026-10-25", AMSTERDAM, starts_at="2026-10-24T22:00")
ACME = account(MONTHLY)
EUR = MICROS

CONVERSATIONS, CARRIER = Meter.CONVERSATIONS, Meter.CARRIER


def held(meter: Meter, amount: int, cycle: int = 0, version: int = 1) -> MeterChange:
    """Return a commitment made before."""
    return MeterChange(
        meter=meter,
        version=version,
        kind=ChangeKind.COMMITMENT,
        cycle=cycle,
        amount=amount,
        amount_before=0,
        price_micros=0,
        effective_at=NOW,
    )


def state(
    meter: Meter,
    *changes: MeterChange,
    of: Account = ACME,
    at: datetime = NOW,
    limited: bool = True,
) -> MeterState:
    return meter_state(of, sums(of, at, changes), meter, at, limited=limited)


def sums(of: Account, at: datetime, changes: Sequence[MeterChange]) -> Sums:
    """Return the sums of the current cycle and the next one, with no usage and these changes."""
    cycles = [current_cycle(of, at), next_cycle(of, at)]
    found = {cycle: Figures() for cycle in cycles if cycle is not None}
    for change in changes:
        found = {cycle: each.with_change(change, cycle.number) for cycle, each in found.items()}
    return found


def committing(amounts: Sequence[int], amount: int, meter: Meter = CONVERSATIONS) -> MeterChange:
    """Commit to `amount` where `amounts` are in force in cycles 0, 1 …, one version for each."""
    past = [held(meter, each, number, number + 1) for number, each in enumerate(amounts)]
    return change_commitment(state(meter, *past), amount)


# --- how a meter stands


def test_a_meter_that_nobody_has_touched_is_at_version_0() -> None:
    found = state(CONVERSATIONS)
    assert (found.version, found.committed, found.scheduled) == (0, 0, None)
    assert found.current is not None
    assert found.following is not None
    assert (found.current.number, found.following.number) == (0, 1)
    assert found.following.period.start == NEXT


def test_what_the_next_cycle_brings_is_scheduled_and_the_meters_are_apart() -> None:
    changes = [held(CONVERSATIONS, 5), held(CONVERSATIONS, 3, 1, 2), held(CARRIER, 25 * EUR)]
    blocks, balance = (state(meter, *changes) for meter in Meter)
    assert (blocks.version, blocks.committed, blocks.scheduled) == (2, 5, 3)
    assert (balance.version, balance.committed, balance.scheduled) == (1, 25_000_000, None)


def test_one_time_changes_count_in_the_version_and_commit_to_nothing() -> None:
    bought = replace(held(CONVERSATIONS, 7), kind=ChangeKind.BLOCKS)
    found = state(CONVERSATIONS, bought)
    assert (found.version, found.committed, found.scheduled) == (1, 0, None)


# --- commitments


def test_from_nothing_a_commitment_starts_at_once_at_the_whole_price() -> None:
    assert committing([], 3) == MeterChange(
        meter=CONVERSATIONS,
        version=1,
        kind=ChangeKind.COMMITMENT,
        cycle=0,
        amount=3,
        amount_before=0,
        price_micros=54_000_000,
        effective_at=NOW,
    )
    assert committing([], 25 * EUR, CARRIER) == MeterChange(
        meter=CARRIER,
        version=1,
        kind=ChangeKind.COMMITMENT,
        cycle=0,
        amount=25_000_000,
        amount_before=0,
        price_micros=25_000_000,
        effective_at=NOW,
    )


@pytest.mark.parametrize(
    ("amount", "price_micros"),
    [
        pytest.param(9, 162_000_000, id="up"),
        pytest.param(1, 18_000_000, id="down"),
        pytest.param(0, 0, id="end"),
    ],
)
def test_otherwise_it_waits_for_the_next_cycle(amount: int, price_micros: int) -> None:
    assert committing([5], amount) == MeterChange(
        meter=CONVERSATIONS,
        version=2,
        kind=ChangeKind.COMMITMENT,
        cycle=1,
        amount=amount,
        amount_before=5,
        price_micros=price_micros,
        effective_at=NEXT,
    )


def test_what_is_scheduled_is_replaced() -> None:
    found = committing([5, 9], 2)
    assert (found.version, found.cycle, found.amount, found.amount_before) == (3, 1, 2, 5)
    again = committing([5, 9], 9)  # the scheduled amount, once more
    assert (again.version, again.cycle, again.amount, again.amount_before) == (3, 1, 9, 5)


def test_the_amount_in_force_cancels_what_is_scheduled() -> None:
    found = committing([5, 9], 5)
    assert (found.version, found.cycle, found.amount, found.effective_at) == (3, 1, 5, NEXT)
    after = state(CONVERSATIONS, held(CONVERSATIONS, 5), held(CONVERSATIONS, 9, 1, 2), found)
    assert (after.version, after.committed, after.scheduled) == (3, 5, None)


@pytest.mark.parametrize("amounts", [[], [5], [9, 5], [5, 0]])
def test_an_end_that_is_scheduled_is_cancelled_like_any_other_change(amounts: list[int]) -> None:
    meter = state(CONVERSATIONS, *(held(CONVERSATIONS, a, n, n + 1) for n, a in enumerate(amounts)))
    if meter.scheduled is None:
        with pytest.raises(NothingToChangeError) as caught:
            cancel_scheduled(meter)
        assert caught.value.message == "This amount is in force, and nothing is scheduled."
        assert caught.value.field is None
    else:
        assert cancel_scheduled(meter) == change_commitment(meter, amounts[0])


@pytest.mark.parametrize("amount", [0, 5])
def test_the_amount_in_force_without_anything_scheduled_is_nothing_to_change(amount: int) -> None:
    with pytest.raises(NothingToChangeError):
        committing([amount] if amount else [], amount)


def test_from_nothing_with_something_scheduled_it_starts_at_once_and_replaces_it() -> None:
    """So it is before a change of interval, which names the commitments that come with it."""
    found = committing([0, 4], 2)
    assert (found.cycle, found.effective_at) == (0, NOW)
    after = state(CONVERSATIONS, held(CONVERSATIONS, 0), held(CONVERSATIONS, 4, 1, 2), found)
    assert (after.committed, after.scheduled) == (2, None)


def test_the_cycle_is_the_one_that_contains_the_instant() -> None:
    before = state(CONVERSATIONS, held(CONVERSATIONS, 5), at=NEXT - TICK)
    at = state(CONVERSATIONS, held(CONVERSATIONS, 5), at=NEXT)
    assert [change_commitment(each, 6).cycle for each in (before, at)] == [1, 2]
    assert change_commitment(at, 6).effective_at == utc("2026-12-24T23:00")
    started = change_commitment(state(CONVERSATIONS, at=NEXT), 6)
    assert (started.cycle, started.effective_at) == (1, NEXT)


# --- limits


@pytest.mark.parametrize(
    ("meter", "amount", "message"),
    [
        (CONVERSATIONS, 101, "At most 100 blocks can be committed to."),
        (CARRIER, 25 * EUR - 1, "A commitment is 0, or from 25.00 to 1000.00."),
        (CARRIER, 1, "A commitment is 0, or from 25.00 to 1000.00."),
        (CARRIER, 1_000 * EUR + 1, "A commitment is 0, or from 25.00 to 1000.00."),
    ],
)
def test_customers_commit_within_the_plans_limits_and_operators_beyond(
    meter: Meter, amount: int, message: str
) -> None:
    for past in ([], [held(meter, 30 * EUR)]):
        with pytest.raises(LimitExceededError) as caught:
            change_commitment(state(meter, *past), amount)
        error = caught.value
        assert error.message == message
        if meter is CONVERSATIONS:
            assert (error.field, error.blocks_max, error.amount_micros_max) == ("blocks", 100, None)
        else:
            assert (error.field, error.blocks_max) == ("amount", None)
            limits = error.amount_micros_min, error.amount_micros_max
            assert limits == (25 * EUR, 1_000 * EUR)
        assert change_commitment(state(meter, *past, limited=False), amount).amount == amount


@pytest.mark.parametrize(
    ("meter", "amount"),
    [(CONVERSATIONS, 1), (CONVERSATIONS, 100), (CARRIER, 25 * EUR), (CARRIER, 1_000 * EUR)],
)
def test_customers_may_go_to_the_limits(meter: Meter, amount: int) -> None:
    assert committing([], amount, meter).amount == amount
    assert committing([26 * EUR], amount, meter).amount == amount


@pytest.mark.parametrize("meter", Meter)
def test_a_customer_ends_or_keeps_what_only_an_operator_could_commit_to(meter: Meter) -> None:
    beyond = 10**13
    assert committing([beyond], 0, meter).amount == 0
    kept = committing([beyond, 0], beyond, meter)
    assert (kept.amount, kept.cycle) == (beyond, 1)
    past = [held(meter, beyond), held(meter, 0, 1, 2)]
    assert cancel_scheduled(state(meter, *past)) == kept


def to_yearly() -> Terms:
    return terms(
        "2026-11-25",
        AMSTERDAM,
        Interval.YEARLY,
        starts_at="2026-11-24T23:00",
        first_cycle=1,
        seq=1,
    )


def test_limits_and_price_are_those_of_the_cycle_that_it_takes_effect_in() -> None:
    yearly = replace(price_list(interval=Interval.YEARLY), block_price_micros=15 * EUR)
    acme = account(MONTHLY, to_yearly(), price_lists=(BOOST[0], yearly))
    waiting = state(CARRIER, held(CARRIER, 30 * EUR), of=acme)
    assert change_commitment(waiting, 12_000 * EUR).amount == 12_000_000_000
    with pytest.raises(LimitExceededError, match=r"from 25\.00 to 12000\.00"):
        change_commitment(waiting, 12_000 * EUR + 1)
    with pytest.raises(LimitExceededError, match=r"from 25\.00 to 1000\.00"):
        change_commitment(state(CARRIER, of=acme), 1_000 * EUR + 1)  # starts at once
    blocks = state(CONVERSATIONS, held(CONVERSATIONS, 1), of=acme)
    assert change_commitment(blocks, 2).price_micros == 30_000_000
    assert add_blocks(blocks, 2, WhichCycle.NEXT).price_micros == 30_000_000
    assert add_blocks(blocks, 2, WhichCycle.CURRENT).price_micros == 36_000_000


def test_a_monthly_limit_holds_for_the_cycle_after_a_yearly_one() -> None:
    year = terms("2025-11-25", AMSTERDAM, Interval.YEARLY, starts_at="2025-11-24T23:00")
    month = replace(to_yearly(), interval=Interval.MONTHLY)
    waiting = state(CARRIER, held(CARRIER, 30 * EUR), of=account(year, month))
    with pytest.raises(LimitExceededError, match=r"from 25\.00 to 1000\.00"):
        change_commitment(waiting, 1_000 * EUR + 1)


def test_limits_are_the_plans_data() -> None:
    limits = Limits(2, 3, 4, 5, 6, 7)
    acme = account(MONTHLY, price_lists=[replace(BOOST[0], limits=limits)])
    change_commitment(state(CONVERSATIONS, of=acme), 2)
    add_blocks(state(CONVERSATIONS, of=acme), 3, WhichCycle.CURRENT)
    top_up(state(CARRIER, held(CARRIER, 4), of=acme), 7)
    refused: list[tuple[Callable[[], MeterChange], str]] = [
        (
            lambda: change_commitment(state(CONVERSATIONS, of=acme), 3),
            "At most 2 blocks can be committed to.",
        ),
        (
            lambda: add_blocks(state(CONVERSATIONS, of=acme), 4, WhichCycle.CURRENT),
            "At most 3 blocks can be bought at once.",
        ),
        (
            lambda: change_commitment(state(CARRIER, of=acme), 3),
            "A commitment is 0, or from 0.000004 to 0.000005.",
        ),
        (
            lambda: top_up(state(CARRIER, held(CARRIER, 4), of=acme), 8),
            "A top-up is from 0.000006 to 0.000007.",
        ),
    ]
    for change, message in refused:
        with pytest.raises(LimitExceededError) as caught:
            change()
        assert caught.value.message == message


# --- once, for one cycle


def test_blocks_are_for_the_current_cycle_at_once_or_for_the_next_at_its_start() -> None:
    meter = state(CONVERSATIONS, held(CONVERSATIONS, 5))
    assert add_blocks(meter, 2, WhichCycle.CURRENT) == MeterChange(
        meter=CONVERSATIONS,
        version=2,
        kind=ChangeKind.BLOCKS,
        cycle=0,
        amount=2,
        amount_before=0,
        price_micros=36_000_000,
        effective_at=NOW,
    )
    assert add_blocks(meter, 2, WhichCycle.NEXT) == MeterChange(
        meter=CONVERSATIONS,
        version=2,
        kind=ChangeKind.BLOCKS,
        cycle=1,
        amount=2,
        amount_before=0,
        price_micros=36_000_000,
        effective_at=NEXT,
    )


@pytest.mark.parametrize("which", WhichCycle)
def test_customers_buy_at_most_100_blocks_at_once_and_operators_more(which: WhichCycle) -> None:
    assert add_blocks(state(CONVERSATIONS), 100, which).amount == 100
    with pytest.raises(LimitExceededError) as caught:
        add_blocks(state(CONVERSATIONS), 101, which)
    assert caught.value.message == "At most 100 blocks can be bought at once."
    assert (caught.value.field, caught.value.blocks_max) == ("blocks", 100)
    assert add_blocks(state(CONVERSATIONS, limited=False), 101, which).amount == 101


@pytest.mark.parametrize("limited", [True, False])
def test_nobody_buys_more_than_a_million_blocks_for_a_cycle(*, limited: bool) -> None:
    """Quotas stay within the 32 bits that clients get."""
    most = replace(held(CONVERSATIONS, BLOCKS_MAX - 2), kind=ChangeKind.BLOCKS)
    one = replace(held(CONVERSATIONS, 1, version=2), kind=ChangeKind.BLOCKS)
    full = state(CONVERSATIONS, most, one, held(CONVERSATIONS, 5, version=3), limited=limited)
    assert add_blocks(full, 1, WhichCycle.CURRENT).amount == 1
    assert add_blocks(full, 2, WhichCycle.NEXT).amount == 2
    with pytest.raises(LimitExceededError) as caught:
        add_blocks(full, 2, WhichCycle.CURRENT)
    assert caught.value.message == "At most 1,000,000 blocks can be bought for a cycle."
    assert (caught.value.field, caught.value.blocks_max) == ("blocks", 1)


def test_a_top_up_is_for_the_current_cycle_at_once() -> None:
    assert top_up(state(CARRIER, held(CARRIER, 25 * EUR)), 1_500_001) == MeterChange(
        meter=CARRIER,
        version=2,
        kind=ChangeKind.TOP_UP,
        cycle=0,
        amount=1_500_001,
        amount_before=0,
        price_micros=1_500_001,
        effective_at=NOW,
    )


@pytest.mark.parametrize(
    ("amount", "allowed"),
    [(EUR - 1, False), (EUR, True), (1_000 * EUR, True), (1_000 * EUR + 1, False)],
)
def test_customers_top_up_within_the_plans_limits_and_operators_beyond(
    amount: int, *, allowed: bool
) -> None:
    past = held(CARRIER, 25 * EUR)
    assert top_up(state(CARRIER, past, limited=False), amount).amount == amount
    if allowed:
        assert top_up(state(CARRIER, past), amount).amount == amount
    else:
        with pytest.raises(LimitExceededError) as caught:
            top_up(state(CARRIER, past), amount)
        assert caught.value.message == "A top-up is from 1.00 to 1000.00."
        assert caught.value.field == "amount"
        limits = caught.value.amount_micros_min, caught.value.amount_micros_max
        assert limits == (EUR, 1_000 * EUR)


@pytest.mark.parametrize("limited", [True, False])
@pytest.mark.parametrize(
    "past",
    [[], [held(CARRIER, 25 * EUR - 1)], [held(CARRIER, 0)]],
    ids=["none", "too_little", "ended"],
)
def test_a_top_up_needs_the_least_commitment(past: list[MeterChange], *, limited: bool) -> None:
    with pytest.raises(CommitmentNeededError) as caught:
        top_up(state(CARRIER, *past, limited=limited), EUR)
    assert caught.value.message == "A top-up needs a commitment of at least 25.00."


def test_a_commitment_that_only_comes_or_ends_with_the_next_cycle() -> None:
    with pytest.raises(CommitmentNeededError):
        top_up(state(CARRIER, held(CARRIER, 0), held(CARRIER, 25 * EUR, 1, 2)), EUR)
    ending = state(CARRIER, held(CARRIER, 25 * EUR), held(CARRIER, 0, 1, 2))
    assert top_up(ending, EUR).version == 3


def test_where_the_plan_has_no_least_commitment_a_top_up_still_needs_one() -> None:
    limits = replace(Limits(), carrier_commitment_micros_min=0)
    acme = account(MONTHLY, price_lists=[replace(BOOST[0], limits=limits)])
    assert top_up(state(CARRIER, held(CARRIER, 1), of=acme), EUR).amount == EUR
    with pytest.raises(CommitmentNeededError):
        top_up(state(CARRIER, of=acme), EUR)


# --- before the first cycle, and after the last


def test_before_cycle_0_commitments_and_blocks_are_for_it() -> None:
    at = utc("2026-10-01")
    for meter in Meter:
        waiting = state(meter, at=at)
        assert (waiting.current, waiting.committed) == (None, 0)
        found = change_commitment(waiting, 30 * EUR if meter is CARRIER else 30)
        assert (found.cycle, found.effective_at) == (0, MONTHLY.starts_at)
    bought = add_blocks(state(CONVERSATIONS, at=at), 1, WhichCycle.NEXT)
    assert (bought.cycle, bought.effective_at) == (0, MONTHLY.starts_at)
    with pytest.raises(NoCurrentCycleError) as caught:
        add_blocks(state(CONVERSATIONS, at=at), 1, WhichCycle.CURRENT)
    assert caught.value.message == "The account's first cycle has not started."
    with pytest.raises(NoCurrentCycleError):
        top_up(state(CARRIER, held(CARRIER, 25 * EUR), at=at), EUR)


def test_before_cycle_0_what_it_starts_with_is_scheduled_and_can_be_cancelled() -> None:
    waiting = state(CONVERSATIONS, held(CONVERSATIONS, 4), at=utc("2026-10-01"))
    assert (waiting.committed, waiting.scheduled) == (0, 4)
    cancelled = cancel_scheduled(waiting)
    assert (cancelled.cycle, cancelled.amount, cancelled.version) == (0, 0, 2)


RULES: list[Callable[[MeterState], MeterChange]] = [
    lambda meter: change_commitment(meter, 6),
    lambda meter: change_commitment(meter, 0),
    lambda meter: add_blocks(meter, 1, WhichCycle.NEXT),
]


@pytest.mark.parametrize("rule", RULES, ids=["change", "end", "buy"])
def test_nothing_is_for_a_cycle_that_there_will_not_be(
    rule: Callable[[MeterState], MeterChange],
) -> None:
    ending = account(MONTHLY, ended_at="2026-11-24T23:00")
    with pytest.raises(AccountEndedError) as caught:
        rule(state(CONVERSATIONS, held(CONVERSATIONS, 5), of=ending))
    assert caught.value.message == "The account ends with the current cycle."


def test_in_the_last_cycle_what_is_at_once_can_be_had() -> None:
    ending = account(MONTHLY, ended_at="2026-11-23T00:00")
    assert change_commitment(state(CONVERSATIONS, of=ending), 1).cycle == 0
    assert add_blocks(state(CONVERSATIONS, of=ending), 1, WhichCycle.CURRENT).cycle == 0
    assert top_up(state(CARRIER, held(CARRIER, 25 * EUR), of=ending), EUR).cycle == 0
    with pytest.raises(NothingToChangeError):
        cancel_scheduled(state(CARRIER, held(CARRIER, 5), held(CARRIER, 6, 1, 2), of=ending))


@pytest.mark.parametrize("ended_at", ["2026-11-22T12:00", "2026-10-01"])
def test_an_account_that_has_ended_has_no_meters_to_change(ended_at: str) -> None:
    with pytest.raises(AccountEndedError) as caught:
        state(CONVERSATIONS, of=account(MONTHLY, ended_at=ended_at))
    assert caught.value.message == "The account has ended."
    assert isinstance(caught.value, RuleError)


def test_a_block_has_the_plans_price_and_balance_its_own() -> None:
    assert [unit_price_micros(BOOST[0], meter) for meter in Meter] == [18_000_000, 1]
