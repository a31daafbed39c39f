"""What the demo makes for one instant, and what its pages will show."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from billing.conversation import percent
from billing.event import Charge, Direction, Event, Message, MessageKind
from billing.instant import midnight
from billing.money import parse_micros
from billing.plan import BLOCK_SIZE
from billing.schedule import Schedule
from billing.terms import Terms
from billing.window import WINDOW, opened
from demo.accounts import DemoAccount, accounts
from demo.events import lines
from demo.plans import PLANS


@dataclass(frozen=True, slots=True)
class Made:
    """The accounts, the lines, and the events of each account that the lines hold."""

    now: datetime
    accounts: dict[str, DemoAccount]
    lines: list[bytes]
    events: dict[str, list[Event]]


def make(now: datetime) -> Made:
    laid_out = accounts(now)
    made = list(lines(laid_out, now))
    events: dict[str, list[Event]] = {account.external_id: [] for account in laid_out}
    for line in made:
        event = event_of(orjson.loads(line))
        events[event.external_id].append(event)
    return Made(now, {account.external_id: account for account in laid_out}, made, events)


def event_of(raw: dict[str, Any]) -> Event:
    """Build an event as ingest does, without its checks, which take four times as long."""
    data, at = raw["data"], datetime.fromisoformat(raw["time"])
    fact: Message | Charge
    if raw["type"] == "message":
        fact = Message(
            occurred_at=at,
            contact=data["contact"],
            channel=data["channel"],
            direction=Direction(data["direction"]),
            automated=data["automated"],
            kind=MessageKind(data.get("kind", "MESSAGE")),
        )
    else:
        amount, quantity = parse_micros(data["amount"]), parse_micros(data["quantity"])
        fact = Charge(at, data["feature"], amount, data["currency"], quantity, data["unit"])
    return Event(raw["subject"], raw["source"], raw["id"], fact)


@dataclass(frozen=True, slots=True)
class Page:
    """One account's current cycle, and what lands in the next one."""

    percent_of_commitment: int | None
    percent_spent: int | None
    pending: int


def page(made: Made, external_id: str) -> Page:
    account = made.accounts[external_id]
    schedule = schedule_of(account)
    current = schedule.number_at(made.now)
    assert current is not None
    used = Counter(
        schedule.number_at(start + WINDOW) for start in windows(made.events[external_id])
    )
    spent = sum(
        event.fact.amount_micros
        for event in made.events[external_id]
        if isinstance(event.fact, Charge) and schedule.number_at(event.fact.occurred_at) == current
    )
    included = next(
        price_list.included
        for price_list in PLANS
        if (price_list.plan, price_list.interval) == (account.plan, account.interval)
    )
    return Page(
        percent(used[current], included + BLOCK_SIZE * account.conversation_blocks),
        percent(spent, account.carrier_micros),
        used[current + 1],
    )


def schedule_of(account: DemoAccount) -> Schedule:
    anchor, zone = account.anchor_date, account.time_zone
    assert anchor is not None
    assert account.plan is not None
    assert account.interval is not None
    starts_at = midnight(zone, anchor)
    return Schedule((Terms(0, 0, starts_at, account.plan, account.interval, anchor, zone),))


def windows(events: list[Event]) -> list[datetime]:
    """Return the instants at which conversations open."""
    counting: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for event in events:
        if isinstance(event.fact, Message) and event.fact.counts:
            key = event.fact.contact, event.fact.channel
            counting[key].append(event.fact.occurred_at)
    return [start for instants in counting.values() for start in opened(instants)]
