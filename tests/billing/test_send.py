"""What a send opens, where that lands, and what it costs.

Cycles run from the 1st to the 1st in UTC; it is 2026-11-22 12:00.
"""

from datetime import datetime, timedelta

import pytest

from billing.account import Account
from billing.commitment import Commitment, Meter
from billing.cycle import Cycle
from billing.figures import ChargeSum, Figures
from billing.instant import TICK
from billing.send import Sending, SendPreview, landing_cycle, send_preview
from billing.view import views
from billing.window import WINDOW, Change
from tests.billing.build import MICROS, account, terms, utc

NOW = utc("2026-11-22T12:00")
NEXT = utc("2026-12-01")


def acme(ended_at: str | None = None) -> Account:
    return account(terms("2026-10-01", starts_at="2026-10-01"), ended_at=ended_at)


def cycle(number: int, at: datetime = NOW) -> Cycle:
    return Cycle.of(acme(), number, at)


@pytest.mark.parametrize(
    ("at", "ended_at", "number"),
    [
        pytest.param("2026-09-30T23:59:59", None, None, id="before_cycle_0"),
        pytest.param("2026-10-01", None, 0, id="cycle_0"),
        pytest.param("2026-11-22T12:00", None, 1, id="current"),
        pytest.param("2026-11-24", None, 2, id="next"),
        pytest.param("2026-11-24", "2026-12-01T00:00:01", 2, id="just_before_the_end"),
        pytest.param("2026-11-24", "2026-12-01", None, id="at_the_end"),
    ],
)
def test_where_a_conversation_that_opens_now_lands(
    at: str, ended_at: str | None, number: int | None
) -> None:
    found = landing_cycle(acme(ended_at), utc(at))
    assert (None if found is None else found.number) == number


def test_nothing_lands_before_there_are_terms() -> None:
    assert landing_cycle(account(), NOW) is None


def sent(
    at: datetime, *changes: Change, used: int = 0, spent: int = 0, estimated: int = 0
) -> SendPreview:
    """Send at `at`, where so much is used of the landing cycle, and spent of 25 euros."""
    looked = views({1: cycle(1, at), 2: cycle(2, at)}.values())
    committed = [Commitment(Meter.CARRIER, 1, 0, 25 * MICROS)]
    found = {view: Figures(commitments=committed) for view in looked}
    for each in found.values():
        each.conversations["CHAT"] = used
        each.charges["VOICE"] = ChargeSum(spent, 1)
    sending = Sending(contacts=3, channel="CHAT", estimated_micros=estimated)
    return send_preview(acme(), found, sending, changes, at=at)


def opening(at: datetime, *removed: datetime) -> Change:
    return Change(at, removed, (at,))


def usage(preview: SendPreview) -> tuple[int | None, ...]:
    assert preview.cycle is not None
    shown = preview.cycle.conversation_usage
    return preview.cycle.number, shown.used, shown.completed, shown.quota


@pytest.mark.parametrize(
    ("used", "new", "blocks"),
    [
        pytest.param(498, 2, 0, id="it_fits"),
        pytest.param(499, 2, 1, id="one_too_many"),
        pytest.param(500, 0, 0, id="nothing_opens"),
        pytest.param(501, 0, 0, id="nothing_opens_where_none_was_added"),
        pytest.param(500, 101, 2, id="two_steps"),
    ],
)
def test_what_opens_is_counted_and_covered_where_it_lands(used: int, new: int, blocks: int) -> None:
    found = sent(NOW, *(opening(NOW) for _ in range(new)), used=used)
    assert (found.contacts, found.new_conversations) == (3, new)
    assert (found.automatic_blocks, found.automatic_price_micros) == (blocks, blocks * 21_600_000)
    assert usage(found) == (1, used + new, 0, 500 + 100 * blocks)


def test_what_closes_at_the_start_of_the_next_cycle_is_complete_then() -> None:
    at = NEXT - WINDOW
    assert usage(sent(at, opening(at))) == (2, 1, 1, 500)
    later = at + TICK
    assert usage(sent(later, opening(later))) == (2, 1, 0, 500)


def test_a_window_dated_ahead_is_superseded_once_it_would_have_been_seen() -> None:
    ahead = NOW + timedelta(minutes=4)
    found = sent(NOW, opening(NOW, ahead), used=500)
    # Now the one dated ahead does not count yet, and soon it will not be there any more.
    assert (found.new_conversations, found.automatic_blocks) == (0, 0)
    assert usage(found) == (1, 501, 0, 500)


def test_a_window_dated_ahead_that_lands_elsewhere_is_no_loss_here() -> None:
    at = NEXT - WINDOW - TICK
    found = sent(at, opening(at, at + TICK), used=500)
    assert (found.new_conversations, found.automatic_blocks) == (0, 1)
    assert usage(found) == (1, 501, 0, 600)


@pytest.mark.parametrize(
    ("spent", "estimated", "balance", "allowed"),
    [
        pytest.param(5, 20, (20, 0, 0), True, id="all_of_it"),
        pytest.param(5, 21, (20, 0, 1), False, id="too_much"),
        pytest.param(24, 0, (1, 1, 0), True, id="for_nothing"),
        pytest.param(25, 0, (0, 0, 0), False, id="nothing_left"),
        pytest.param(30, 2, (0, 0, 7), False, id="overspent"),
    ],
)
def test_a_send_is_allowed_while_its_estimate_is_left(
    spent: int, estimated: int, balance: tuple[int, int, int], *, allowed: bool
) -> None:
    found = sent(NOW, spent=spent * MICROS, estimated=estimated * MICROS)
    assert found.balance is not None
    assert (
        found.balance.left_micros,
        found.balance.left_after_micros,
        found.balance.overspent_after_micros,
    ) == tuple(euros * MICROS for euros in balance)
    assert found.allowed is allowed
    assert found.cycle is not None
    assert found.cycle.carrier_balance is not None
    assert found.cycle.carrier_balance.spent_micros == spent * MICROS


def test_before_the_first_cycle_nothing_lands_and_nothing_is_allowed() -> None:
    at = utc("2026-09-25")
    sending = Sending(contacts=1, channel="CHAT", estimated_micros=0)
    found = send_preview(acme(), {}, sending, [opening(at)], at=at)
    assert (found.new_conversations, found.cycle, found.balance) == (1, None, None)
    assert (found.automatic_blocks, found.allowed) == (0, False)
