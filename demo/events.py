"""The demo's events as CloudEvents lines: real sequences, repeated up to now."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import orjson

from billing.event import Direction, MessageKind
from demo.accounts import DemoAccount
from demo.charges import DemoCharge, Sent, of_broadcasts, of_messages
from demo.picks import pick, weighted
from demo.repetition import Repeated, repeat

AUTOMATED_ONE_IN = 20
"""How many outbound messages there are for each automatic one."""

TEMPLATE_ONE_IN = 8
BROADCAST_ONE_IN = 25
"""How many outbound WhatsApp messages there are for each of these kinds."""


def lines(accounts: Iterable[DemoAccount], now: datetime) -> Iterator[bytes]:
    """Yield all events from each account's sign-up until `now`, as JSON without line ends.

    One account after the other, each in order of time. The same accounts and the same
    `now` give the same bytes.
    """
    for account in accounts:
        for event in _events(account, now):
            yield orjson.dumps(event, option=orjson.OPT_UTC_Z)


def _events(account: DemoAccount, now: datetime) -> list[dict[str, Any]]:
    """Return the account's messages and charges, in order of time."""
    repeated = list(repeat(account.streams, account.signed_up_at, now))
    sent = [_sent(account, message) for message in repeated]
    charges = [*of_messages(sent), *of_broadcasts(account, sent, now)]
    events = [_message(account, message) for message in sent]
    events += [_charge(account, charge) for charge in charges]
    return sorted(events, key=lambda event: (event["time"], event["id"]))


def _sent(account: DemoAccount, message: Repeated) -> Sent:
    contact = message.contact
    channel = weighted(account.channels, "channel", contact)
    return Sent(message.suffix, message.occurred_at, contact, channel, message.entry.outbound)


def _message(account: DemoAccount, sent: Sent) -> dict[str, Any]:
    direction = Direction.OUTBOUND if sent.outbound else Direction.INBOUND
    data = {
        "contact": sent.contact,
        "channel": sent.channel,
        "direction": direction.value,
        "automated": sent.outbound and _one_in(AUTOMATED_ONE_IN, "automated", sent.suffix),
    }
    kind = _kind(sent)
    if kind is not MessageKind.MESSAGE:
        data["kind"] = kind.value
    return _envelope(account, "message", f"m-{sent.suffix}", sent.occurred_at, data)


def _kind(sent: Sent) -> MessageKind:
    if sent.channel == "VOICE":
        return MessageKind.CALL
    if sent.channel == "WHATSAPP" and sent.outbound:
        if _one_in(BROADCAST_ONE_IN, "broadcast", sent.suffix):
            return MessageKind.BROADCAST
        if _one_in(TEMPLATE_ONE_IN, "template", sent.suffix):
            return MessageKind.TEMPLATE
    return MessageKind.MESSAGE


def _charge(account: DemoAccount, charge: DemoCharge) -> dict[str, Any]:
    return _envelope(account, "carrier_charge", charge.id, charge.occurred_at, charge.data)


def _envelope(
    account: DemoAccount, type_: str, id_: str, occurred_at: datetime, data: dict[str, Any]
) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": type_,
        "source": f"/demo/{account.external_id}",
        "id": id_,
        "time": occurred_at,
        "subject": account.external_id,
        "data": data,
    }


def _one_in(count: int, *parts: str) -> bool:
    return pick(*parts) % count == 0
