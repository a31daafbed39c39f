"""Erased contacts: their mark, and what is compared when an event comes again."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from billing.erasure import check, is_mark, mark_of, same
from billing.errors import BadInputError
from billing.event import TEXT_MAX, Charge, Direction, Message, MessageKind
from billing.reversal import REASON_MAX

AT = datetime(2026, 11, 22, tzinfo=UTC)
MARK = mark_of(UUID(int=7))
SENT = Message(AT, "maria", "SMS", Direction.OUTBOUND, automated=False, kind=MessageKind.MESSAGE)
PAID = Charge(AT, "VOICE", 1, "EUR", None, None)


def test_a_mark_is_told_from_any_other_contact() -> None:
    assert MARK == "erased:00000000-0000-0000-0000-000000000007"
    assert is_mark(MARK)
    for contact in ("maria", "erased:", "erased:7", f"{MARK}0", f" {MARK}", MARK.upper()):
        assert not is_mark(contact)


def test_a_message_is_the_same_whoever_it_was_once_that_is_erased() -> None:
    erased = replace(SENT, contact=MARK)
    assert same(SENT, SENT)
    assert same(erased, SENT)
    assert not same(erased, replace(SENT, channel="CHAT"))
    assert not same(SENT, replace(SENT, contact="peter"))
    assert not same(SENT, erased)
    assert not same(erased, PAID)
    assert same(PAID, PAID)
    assert not same(PAID, replace(PAID, amount_micros=2))


@pytest.mark.parametrize(
    ("contact", "reason"),
    [
        ("maria", "She asked for it."),
        ("maria", "Marianne asked for it."),
        ("+31 6 1234", "On +31 6 12345."),
        ("x" * TEXT_MAX, "y" * REASON_MAX),
        ("[a", "Ticket a]."),
    ],
)
def test_what_may_be_asked(contact: str, reason: str) -> None:
    check(contact, reason)


@pytest.mark.parametrize(
    ("contact", "reason", "field"),
    [
        ("", "Why.", "contact"),
        ("x" * (TEXT_MAX + 1), "Why.", "contact"),
        ("ma\x00ria", "Why.", "contact"),
        (MARK, "Why.", "contact"),
        ("maria", "", "reason"),
        ("maria", "y" * (REASON_MAX + 1), "reason"),
        ("maria", "Why\n", "reason"),
        ("maria", "Maria asked for it.", "reason"),
        ("+31 6 1234", "The one of +31 6 1234.", "reason"),
        ("[a", "Ticket [a.", "reason"),
    ],
)
def test_what_may_not(contact: str, reason: str, field: str) -> None:
    with pytest.raises(BadInputError) as refused:
        check(contact, reason)
    assert refused.value.field == field
