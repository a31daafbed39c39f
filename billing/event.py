"""What the platform reports: messages and carrier charges, each an immutable fact."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import NamedTuple, TypeAlias
from uuid import UUID

from billing.account import Account, account_id_of
from billing.cycle import all_closed
from billing.instant import TICK
from billing.money import MICROS, quoted
from billing.period import Period

AHEAD = timedelta(minutes=5)
"""How far in the future an event may lie, for clocks that differ (D12)."""

TEXT_MAX = 256
"""Characters in an event's id, in its source and in a contact's identifier."""

PLAIN = re.compile(r"[^\x00-\x1f\x7f]+")
"""What such a text is made of: anything but control characters."""

LABEL = re.compile(r"[A-Z0-9_]{1,32}")
"""What a channel or feature may be called (D13)."""

LABELS_MAX = 20
"""Channels, and as many features, that one account may use (D13)."""

CHARGE_MICROS_MAX = 1_000_000 * MICROS
"""The largest single carrier charge."""


class Direction(StrEnum):
    """Who wrote the message."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class MessageKind(StrEnum):
    """What the message is; a note is internal and never counts (R5)."""

    MESSAGE = "MESSAGE"
    TEMPLATE = "TEMPLATE"
    BROADCAST = "BROADCAST"
    API = "API"
    CALL = "CALL"
    NOTE = "NOTE"


class EventId(NamedTuple):
    """What makes an event unique: no second one with it is ever stored (D12)."""

    account_id: UUID
    source: str
    id: str


SourceId: TypeAlias = tuple[str, str]
"""What is left of that within an account."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message between an account and a contact on a channel."""

    occurred_at: datetime
    contact: str
    channel: str
    direction: Direction
    automated: bool
    kind: MessageKind

    @property
    def counts(self) -> bool:
        """Whether it opens a conversation where none is open (R5)."""
        return (
            self.direction is Direction.OUTBOUND
            and not self.automated
            and self.kind is not MessageKind.NOTE
        )


@dataclass(frozen=True, slots=True)
class Charge:
    """One cost of a third-party sub-feature (R13), in micro-units of `currency`."""

    occurred_at: datetime
    feature: str
    amount_micros: int
    currency: str
    quantity_micros: int | None
    unit: str | None


Fact: TypeAlias = Message | Charge
"""What is compared when an id comes again: equal facts are one event, sent twice."""

Facts: TypeAlias = Mapping[UUID, Mapping[SourceId, Fact]]
"""Facts by account: what many events of one account share is looked up once for them all."""


class LabelKind(Enum):
    """What an account may use only so many of (D13)."""

    CHANNEL = "CHANNEL"
    FEATURE = "FEATURE"


class Label(NamedTuple):
    """One channel or feature that an account uses."""

    account_id: UUID
    kind: LabelKind
    name: str


@dataclass(frozen=True, slots=True)
class Event:
    """A fact with the names its source gave it and its account."""

    external_id: str
    source: str
    id: str
    fact: Fact

    @property
    def event_id(self) -> EventId:
        """What makes it unique."""
        return EventId(account_id_of(self.external_id), self.source, self.id)

    @property
    def label(self) -> Label:
        """The channel or feature that the event uses."""
        account_id = account_id_of(self.external_id)
        if isinstance(self.fact, Message):
            return Label(account_id, LabelKind.CHANNEL, self.fact.channel)
        return Label(account_id, LabelKind.FEATURE, self.fact.feature)


class RejectionCode(Enum):
    """Why an event was not taken."""

    UNREADABLE = "UNREADABLE"
    INVALID_EVENT = "INVALID_EVENT"
    UNKNOWN_ACCOUNT = "UNKNOWN_ACCOUNT"
    BEFORE_ACCOUNT = "BEFORE_ACCOUNT"
    IN_FUTURE = "IN_FUTURE"
    ACCOUNT_ENDED = "ACCOUNT_ENDED"
    WRONG_CURRENCY = "WRONG_CURRENCY"
    TOO_MANY_CHANNELS = "TOO_MANY_CHANNELS"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an event was not taken, in a code for programs and a sentence for people."""

    code: RejectionCode
    message: str


def taken(account: Account, at: datetime) -> Period | None:
    """Return the time of which messages that arrive at `at` are taken; None if none are.

    That is when `judge` finds nothing wrong with one.
    """
    if all_closed(account, at):
        return None
    end = at + AHEAD + TICK
    if account.ended_at is not None:
        end = min(end, account.ended_at)
    return Period(account.first_instant, end) if account.first_instant < end else None


def judge(event: Event, account: Account | None, at: datetime) -> Rejection | None:
    """Return why `event`, arriving at `at`, is not taken; None if it is (D6, D12, D19)."""
    if account is None:
        return Rejection(
            RejectionCode.UNKNOWN_ACCOUNT, f"subject: no account {quoted(event.external_id)}."
        )
    occurred_at = event.fact.occurred_at
    if occurred_at > at + AHEAD:
        return Rejection(
            RejectionCode.IN_FUTURE, f"time: {occurred_at.isoformat()} is over 5 minutes ahead."
        )
    if occurred_at < account.first_instant:
        return Rejection(
            RejectionCode.BEFORE_ACCOUNT,
            f"time: before the account's first instant, {account.first_instant.isoformat()}.",
        )
    if _ended(account, occurred_at, at):
        return Rejection(RejectionCode.ACCOUNT_ENDED, "time: the account has ended.")
    if isinstance(event.fact, Charge) and event.fact.currency != account.currency:
        return Rejection(
            RejectionCode.WRONG_CURRENCY,
            f"data.currency: {quoted(event.fact.currency)} is not the account's, "
            f"{account.currency}.",
        )
    return None


def _ended(account: Account, occurred_at: datetime, at: datetime) -> bool:
    """Tell whether the account takes nothing more of `occurred_at`.

    Once the last cycle is closed there is no cycle left in which a late event could
    be booked.
    """
    if account.ended_at is None:
        return False
    return occurred_at >= account.ended_at or all_closed(account, at)
