"""Statements: what closed cycles came to, written down once (D7, D11)."""

from datetime import datetime, timedelta
from typing import NamedTuple

from billing.account import Account
from billing.commitment import Meter
from billing.cycle import CLOSING
from billing.figures import Figures

SETTLING = timedelta(minutes=5)
"""How long after its closing a cycle gets its statement, at the earliest.

By then all that was accepted before the closing is counted, also by a server whose clock is
behind: nothing is added to a cycle that has a statement.
"""


class Line(NamedTuple):
    """What one label of a meter came to.

    Of CONVERSATIONS, `amount` and `n` both count them; of CARRIER they are micro-euros and the
    number of charges.
    """

    meter: Meter
    label: str
    amount: int
    n: int


def due_numbers(account: Account, latest: int | None, at: datetime) -> range:
    """Return the numbers of the closed cycles that lack a statement.

    Cycles close in their order, so these are all after the `latest` that has one.
    """
    return range(0 if latest is None else latest + 1, _settled_count(account, at))


def lines_of(figures: Figures) -> list[Line]:
    """Return what a cycle's statement says, nothing of labels that came to nothing."""
    used, charged = figures.used_by_channel(), figures.charged_by_feature()
    return [
        *(Line(Meter.CONVERSATIONS, channel, count, count) for channel, count in used.items()),
        *(
            Line(Meter.CARRIER, feature, charge.amount_micros, charge.charges)
            for feature, charge in charged.items()
        ),
    ]


def _settled_count(account: Account, at: datetime) -> int:
    """Return how many cycles, from 0 on, closed at least `SETTLING` ago."""
    schedule, ended_by = account.schedule, at - SETTLING - CLOSING
    if schedule is None or ended_by < schedule.starts_at:
        return 0
    if at - SETTLING < account.backfill_until:
        return 0
    number = schedule.number_at(ended_by)
    if number is None:
        assert schedule.last_number is not None
        return schedule.last_number + 1
    return number
