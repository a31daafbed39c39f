"""What of a batch is taken, and what becomes of each event (D12, D13)."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from billing.account import account_id_of
from billing.batch import Batch
from billing.event import (
    Charge,
    Direction,
    Event,
    EventId,
    Label,
    LabelKind,
    Message,
    MessageKind,
    Rejection,
    RejectionCode,
)
from tests.billing.build import account, terms, utc

AT = utc("2026-11-22T12:00")
ACME, ZOO = account_id_of("acme"), account_id_of("zoo")
ROW = terms("2026-10-25", starts_at="2026-10-25")
ACCOUNTS = {id_: replace(account(ROW), id=UUID(int=id_.int)) for id_ in (ACME, ZOO)}


def message(id_: str, at: datetime = AT, *, name: str = "acme", channel: str = "SMS") -> Event:
    fact = Message(at, "c1", channel, Direction.OUTBOUND, automated=False, kind=MessageKind.CALL)
    return Event(name, "inbox", id_, fact)


def charge(id_: str, currency: str = "EUR") -> Event:
    return Event("acme", "inbox", id_, Charge(AT, "VOICE", 1, currency, None, None))


def judged(*events: Event) -> Batch:
    batch = Batch(enumerate(events))
    batch.judge(ACCOUNTS, AT)
    return batch


def test_facts_go_by_account_and_what_came_first_is_kept() -> None:
    first, other, voice = message("m1"), message("m1", name="zoo"), charge("c1")
    batch = judged(first, other, message("m1", channel="CHAT"), voice)
    assert batch.account_ids == {ACME, ZOO}
    assert batch.facts() == {
        ACME: {("inbox", "m1"): first.fact, ("inbox", "c1"): voice.fact},
        ZOO: {("inbox", "m1"): other.fact},
    }


def test_the_ids_of_accounts_are_the_very_ones_that_the_accounts_bring() -> None:
    [account_id] = judged(message("m1")).facts()
    assert account_id is ACCOUNTS[ACME].id


def test_what_is_not_taken_is_no_fact_and_uses_no_label() -> None:
    unknown = message("m1", name="nobody", channel="NOBODYS")
    early = message("m2", utc("1999-12-31"), channel="EARLY")
    batch = judged(unknown, early, charge("c1", "USD"))
    assert batch.facts() == {}
    assert batch.labels() == []
    told = batch.told({}, {})
    assert [(index, event.id, rejection.code) for index, event, rejection in told.rejected] == [
        (0, "m1", RejectionCode.UNKNOWN_ACCOUNT),
        (1, "m2", RejectionCode.BEFORE_ACCOUNT),
        (2, "c1", RejectionCode.WRONG_CURRENCY),
    ]
    assert (told.accepted, told.duplicates, told.conflicts) == (0, 0, 0)


def test_labels_come_as_they_first_appear() -> None:
    batch = judged(
        message("m1", channel="WHATSAPP"),
        charge("c1"),
        message("m2", channel="SMS", name="zoo"),
        message("m3", channel="CHAT"),
        message("m4", channel="WHATSAPP"),
    )
    assert batch.labels() == [
        Label(ACME, LabelKind.CHANNEL, "WHATSAPP"),
        Label(ACME, LabelKind.CHANNEL, "CHAT"),
        Label(ACME, LabelKind.FEATURE, "VOICE"),
        Label(ZOO, LabelKind.CHANNEL, "SMS"),
    ]


def test_what_uses_a_label_that_is_refused_makes_room_for_the_next_of_its_id() -> None:
    refused, taken = message("m1", channel="CHAT"), message("m1", channel="SMS")
    batch = judged(refused, taken)
    batch.refuse({Label(ACME, LabelKind.CHANNEL, "CHAT")})
    facts = batch.facts()
    assert facts == {ACME: {("inbox", "m1"): taken.fact}}
    told = batch.told(facts, {})
    assert (told.accepted, told.duplicates, told.conflicts, told.rejected) == (1, 1, 1, [])
    alone = judged(refused)
    alone.refuse({Label(ACME, LabelKind.CHANNEL, "CHAT")})
    assert alone.told({}, {}).rejected == [
        (
            0,
            refused,
            Rejection(
                RejectionCode.TOO_MANY_CHANNELS,
                "data.channel: the account uses 20 channels already, as many as it may.",
            ),
        )
    ]


def test_where_all_is_new_nothing_is_asked_for() -> None:
    batch = judged(message("m1"), message("m2"), message("m1", name="zoo"))
    facts = batch.facts()
    assert batch.others(facts) == set()
    told = batch.told(facts, {})
    assert (told.accepted, told.duplicates, told.conflicts, told.rejected) == (3, 0, 0, [])


def test_what_was_there_is_a_duplicate_and_with_another_payload_in_conflict() -> None:
    new, again, changed, early = (
        message("new"),
        message("again"),
        message("changed"),
        message("early", utc("1999-12-31")),
    )
    batch = judged(new, again, changed, again, new, early)
    stored = {ACME: {("inbox", "new"): new.fact}}
    assert batch.others(stored) == {
        EventId(ACME, "inbox", "again"),
        EventId(ACME, "inbox", "changed"),
        EventId(ACME, "inbox", "early"),
    }
    told = batch.told(
        stored,
        {
            EventId(ACME, "inbox", "again"): again.fact,
            EventId(ACME, "inbox", "changed"): message("changed", channel="CHAT").fact,
            EventId(ACME, "inbox", "early"): early.fact,
        },
    )
    assert (told.accepted, told.duplicates, told.conflicts, told.rejected) == (1, 5, 1, [])
