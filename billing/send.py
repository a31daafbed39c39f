"""What writing to contacts would do, told before anybody does it (D9, D15, D18)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from billing import surcharge
from billing.account import Account
from billing.carrier import CarrierNumbers, carrier_balance
from billing.commitment import GrantKind
from billing.cycle import Cycle, current_cycle, landing_number
from billing.figures import Figures
from billing.snapshot import CycleSnapshot, snapshot
from billing.surcharge import Step
from billing.view import Sums, seen, whole
from billing.window import WINDOW, Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Writing to so many contacts on a channel, at a cost that is only estimated."""

    contacts: int
    channel: str
    estimated_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBalance:
    """The current cycle's balance before a send and after it, in micro-euros."""

    left_micros: int
    left_after_micros: int
    overspent_after_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPreview:
    """What a send would do.

    `cycle` is the one in which what opens now lands, with all of it, as `seen`; None where
    there is none. `balance` is None where no cycle is current.
    """

    contacts: int
    new_conversations: int
    cycle: CycleSnapshot | None
    automatic_blocks: int
    automatic_price_micros: int
    balance: SendBalance | None
    allowed: bool
    computed_at: datetime


def landing_cycle(account: Account, at: datetime) -> Cycle | None:
    """Return the cycle in which a conversation that opens at `at` lands; None where in none.

    One that opens before cycle 0 belongs to no cycle (D6), nor does one that outlives the account.
    """
    number = landing_number(account, at, at + WINDOW)
    return None if number is None else Cycle.of(account, number, at)


def send_preview(
    account: Account, sums: Sums, sending: Sending, changes: Sequence[Change], *, at: datetime
) -> SendPreview:
    """Return what a send does, of the sums of the current and the landing cycle.

    `changes` are those to the windows of its contacts.
    """
    current, cycle = current_cycle(account, at), landing_cycle(account, at)
    balance = None if current is None else carrier_balance(current, sums[current])
    landing, steps = None, list[Step]()
    if cycle is not None:
        entire, held = whole(cycle), seen(cycle)
        if changes and surcharge.applies(cycle):
            steps = surcharge.steps(cycle, _sent(entire, sums, sending, changes))
        figures = _sent(held, sums, sending, changes)
        figures.granted[GrantKind.AUTOMATIC_BLOCKS] += sum(step.blocks for step in steps)
        landing = snapshot(held, figures)
    return SendPreview(
        contacts=sending.contacts,
        new_conversations=sum(len(each.added) - len(each.removed) for each in changes),
        cycle=landing,
        automatic_blocks=sum(step.blocks for step in steps),
        automatic_price_micros=sum(step.price_micros for step in steps),
        balance=None if balance is None else _balance(balance, sending.estimated_micros),
        allowed=balance is not None
        and balance.send_allowed
        and sending.estimated_micros <= balance.left_micros,
        computed_at=at,
    )


def _sent(view: Cycle, sums: Sums, sending: Sending, changes: Iterable[Change]) -> Figures:
    """Return the sums of the landing cycle with what a send adds and, dated ahead, supersedes.

    A window dated ahead is not there yet where the view is of an instant before it.
    """
    new = completed = 0
    for change in changes:
        gone = [opening for opening in change.removed if opening < view.computed_at]
        new += len(change.added) - sum(opening + WINDOW in view.period for opening in gone)
        completed += change.cause + WINDOW <= view.computed_at
    figures = sums[view]
    conversations = Counter(figures.conversations)
    conversations[sending.channel] += new
    return replace(
        figures,
        conversations=conversations,
        completed=figures.completed + completed,
        granted=Counter(figures.granted),
    )


def _balance(now: CarrierNumbers, estimated_micros: int) -> SendBalance:
    after = now.limit_micros - now.spent_micros - estimated_micros
    return SendBalance(
        left_micros=now.left_micros,
        left_after_micros=max(0, after),
        overspent_after_micros=max(0, -after),
    )
