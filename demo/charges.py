"""What the third parties charge for an account's messages, and for a monthly broadcast."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from billing.instant import midnight
from billing.money import CURRENCY, format_micros
from demo.accounts import DemoAccount
from demo.picks import pick

MESSAGE_MICROS = {"WHATSAPP": 53_200, "SMS": 79_000}
"""What one outbound message costs on the channels that are paid for by message."""

MINUTE_MICROS = 14_000
MINUTES_MAX = 12
"""What a minute of an outbound call costs, and how long the longest is."""

BROADCAST_MICROS = 86_000
BROADCAST_AFTER = timedelta(days=9, hours=10)
BROADCAST_REACH = timedelta(weeks=4)
"""A broadcast reaches the contacts of the weeks before, so long after each month's start."""


class Sent(NamedTuple):
    """A message of which the third parties know: where it was, and how its id ends."""

    suffix: str
    occurred_at: datetime
    contact: str
    channel: str
    outbound: bool


@dataclass(frozen=True, slots=True)
class DemoCharge:
    """One carrier charge, before it is put into an event."""

    id: str
    occurred_at: datetime
    feature: str
    quantity: int
    unit: str
    price_micros: int

    @property
    def data(self) -> dict[str, str]:
        """The event's payload: amounts as decimals in strings."""
        return {
            "feature": self.feature,
            "amount": format_micros(self.quantity * self.price_micros),
            "currency": CURRENCY,
            "quantity": str(self.quantity),
            "unit": self.unit,
        }


def of_messages(messages: Iterable[Sent]) -> Iterator[DemoCharge]:
    """Charge the outbound messages and calls, each at its own instant."""
    for sent in messages:
        if not sent.outbound:
            continue
        charge_id = f"c-{sent.suffix}"
        if sent.channel in MESSAGE_MICROS:
            price = MESSAGE_MICROS[sent.channel]
            yield DemoCharge(charge_id, sent.occurred_at, sent.channel, 1, "message", price)
        elif sent.channel == "VOICE":
            minutes = 1 + pick("minutes", sent.suffix) % MINUTES_MAX
            yield DemoCharge(charge_id, sent.occurred_at, "VOICE", minutes, "minute", MINUTE_MICROS)


def of_broadcasts(
    account: DemoAccount, messages: Sequence[Sent], now: datetime
) -> Iterator[DemoCharge]:
    """Charge one broadcast a month to whoever was on WhatsApp in the four weeks before."""
    seen = [(sent.occurred_at, sent.contact) for sent in messages if sent.channel == "WHATSAPP"]
    for day, at in _broadcasts(account, now):
        since = at - BROADCAST_REACH
        reached = {contact for occurred_at, contact in seen if since <= occurred_at < at}
        if reached:
            yield DemoCharge(f"b-{day}", at, "BROADCAST", len(reached), "message", BROADCAST_MICROS)


def _broadcasts(account: DemoAccount, now: datetime) -> Iterator[tuple[str, datetime]]:
    """Yield the day and the instant of each broadcast before `now`."""
    months = 0
    while True:
        day = account.signed_up_on + relativedelta(months=months)
        at = midnight(account.time_zone, day) + BROADCAST_AFTER
        if at >= now:
            return
        yield day.isoformat(), at
        months += 1
