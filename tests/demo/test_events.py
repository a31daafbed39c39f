"""The lines are what ingest takes, and the same for the same instant."""

import re
from collections import Counter
from itertools import pairwise

import orjson

from billing.event import LABELS_MAX, Charge, Direction, Message, MessageKind
from billing.money import parse_micros
from demo.accounts import accounts
from demo.events import lines
from edge.cloudevent import read_line
from tests.demo.made import Made, event_of

LABEL = re.compile(r"[A-Z0-9_]{1,32}")
ENVELOPE = {"specversion", "type", "source", "id", "time", "subject", "data"}


def test_the_same_now_gives_the_same_bytes(made: Made) -> None:
    again = accounts(made.now)
    assert again == tuple(made.accounts.values())
    small = [
        account for account in again if account.external_id in {"kauri-lane", "marram-savings"}
    ]
    theirs = tuple(f'"subject":"{account.external_id}"'.encode() for account in small)
    expected = [line for line in made.lines if any(mark in line for mark in theirs)]
    assert list(lines(small, made.now)) == expected


def test_there_are_about_60000_events(either: Made) -> None:
    assert 55_000 < len(either.lines) < 62_000


def test_lines_hold_what_ingest_needs(made: Made) -> None:
    for line in made.lines[::50]:
        event = orjson.loads(line)
        assert set(event) == ENVELOPE
        assert event["specversion"] == "1.0"
        assert event["subject"] in made.accounts
        assert event["source"] == f"/demo/{event['subject']}"
        assert event["time"].endswith("Z")
        assert b"\n" not in line


def test_ingest_reads_them(made: Made) -> None:
    for index in range(0, len(made.lines), 25):
        line = made.lines[index]
        assert read_line(index, line) == event_of(orjson.loads(line))


def test_a_line_as_it_is(made: Made) -> None:
    message = next(
        line for line in made.lines if b'"message"' in line and b'"automated":true' in line
    )
    assert re.fullmatch(
        rb'\{"specversion":"1\.0","type":"message","source":"/demo/acme-support",'
        rb'"id":"m-[0-9a-f]{16}-r\d+","time":"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ",'
        rb'"subject":"acme-support","data":\{"contact":"c-[0-9a-f]{12}-r\d+",'
        rb'"channel":"[A-Z]+","direction":"outbound","automated":true(,"kind":"[A-Z]+")?\}\}',
        message,
    )


def test_ids_are_unique(either: Made) -> None:
    for external_id, events in either.events.items():
        ids = {(event.source, event.id) for event in events}
        assert len(ids) == len(events), external_id


def test_nothing_is_in_the_future_or_before_the_sign_up_and_all_is_in_order(either: Made) -> None:
    for external_id, events in either.events.items():
        instants = [event.fact.occurred_at for event in events]
        assert either.accounts[external_id].signed_up_at <= instants[0]
        assert instants[-1] < either.now
        assert all(earlier <= later for earlier, later in pairwise(instants))


def test_channels_and_features_are_labels_and_few(made: Made) -> None:
    for events in made.events.values():
        channels = {event.fact.channel for event in events if isinstance(event.fact, Message)}
        features = {event.fact.feature for event in events if isinstance(event.fact, Charge)}
        assert 4 <= len(channels) <= LABELS_MAX
        assert 1 <= len(features) <= LABELS_MAX
        assert all(LABEL.fullmatch(label) for label in channels | features)


def test_a_contact_stays_on_one_channel(made: Made) -> None:
    for events in made.events.values():
        messages = [event.fact for event in events if isinstance(event.fact, Message)]
        keys = {(message.contact, message.channel) for message in messages}
        assert len(keys) == len({message.contact for message in messages})


def test_one_outbound_message_in_20_is_automatic(made: Made) -> None:
    outbound = [
        event.fact.automated
        for events in made.events.values()
        for event in events
        if isinstance(event.fact, Message) and event.fact.direction is Direction.OUTBOUND
    ]
    assert 0.045 < sum(outbound) / len(outbound) < 0.055


def test_kinds_are_where_they_belong(made: Made) -> None:
    kinds = Counter(
        (event.fact.kind, event.fact.channel if event.fact.kind is not MessageKind.MESSAGE else "")
        for events in made.events.values()
        for event in events
        if isinstance(event.fact, Message)
    )
    assert set(kinds) == {
        (MessageKind.MESSAGE, ""),
        (MessageKind.CALL, "VOICE"),
        (MessageKind.TEMPLATE, "WHATSAPP"),
        (MessageKind.BROADCAST, "WHATSAPP"),
    }


def test_charges_are_exact_decimals_of_quantity_and_price(made: Made) -> None:
    prices = {"WHATSAPP": 53_200, "SMS": 79_000, "VOICE": 14_000, "BROADCAST": 86_000}
    found = Counter[str]()
    for line in made.lines:
        if b'"carrier_charge"' in line:
            data = orjson.loads(line)["data"]
            found[data["feature"]] += 1
            assert data["currency"] == "EUR"
            assert parse_micros(data["amount"]) == int(data["quantity"]) * prices[data["feature"]]
    assert set(found) == set(prices)


def test_every_outbound_message_on_a_paid_channel_is_charged_once(made: Made) -> None:
    for events in made.events.values():
        paid = {
            (event.id.removeprefix("m-"), event.fact.occurred_at)
            for event in events
            if isinstance(event.fact, Message)
            and event.fact.direction is Direction.OUTBOUND
            and event.fact.channel in {"WHATSAPP", "SMS", "VOICE"}
        }
        charged = {
            (event.id.removeprefix("c-"), event.fact.occurred_at)
            for event in events
            if isinstance(event.fact, Charge) and event.fact.feature != "BROADCAST"
        }
        assert charged == paid


def test_there_is_one_broadcast_in_each_monthly_cycle(made: Made) -> None:
    broadcasts = [
        event
        for event in made.events["acme-support"]
        if isinstance(event.fact, Charge) and event.fact.feature == "BROADCAST"
    ]
    assert len(broadcasts) == 15
