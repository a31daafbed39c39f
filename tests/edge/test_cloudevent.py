"""CloudEvents are read strictly: each problem names its field, nothing is guessed."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from billing.event import TEXT_MAX, Charge, Direction, Event, Message, MessageKind
from edge.cloudevent import PROBLEMS_MAX, UNIT_MAX, read, read_line
from resolvers.ingest import EventError

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
MESSAGE: dict[str, Any] = {
    "specversion": "1.0",
    "type": "message",
    "source": "/inbox",
    "id": "m-1",
    "time": "2026-11-20T10:00:00Z",
    "subject": "acme",
    "data": {
        "contact": "maria",
        "channel": "WHATSAPP",
        "direction": "outbound",
        "automated": False,
    },
}
CHARGE: dict[str, Any] = {
    **MESSAGE,
    "type": "carrier_charge",
    "data": {"feature": "VOICE", "amount": "1.50", "currency": "EUR"},
}
ABSENT = object()


def altered(raw: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return `raw` with one value replaced, or taken away."""
    copy: dict[str, Any] = orjson.loads(orjson.dumps(raw))
    *parents, name = path.split(".")
    place = copy
    for parent in parents:
        place = place[parent]
    place[name] = value
    if value is ABSENT:
        del place[name]
    return copy


def good(raw: object) -> Event:
    event = read(0, raw)
    assert isinstance(event, Event)
    return event


def problem(raw: object) -> str:
    error = read(7, raw)
    assert isinstance(error, EventError)
    assert (error.index, error.code) == (7, "INVALID_EVENT")
    return error.message


def test_a_message() -> None:
    fact = Message(AT, "maria", "WHATSAPP", Direction.OUTBOUND, False, MessageKind.MESSAGE)  # noqa: FBT003
    assert read(0, MESSAGE) == Event("acme", "/inbox", "m-1", fact)


def test_a_charge() -> None:
    fact = Charge(AT, "VOICE", 1_500_000, "EUR", None, None)
    assert read(0, CHARGE) == Event("acme", "/inbox", "m-1", fact)


@pytest.mark.parametrize("kind", MessageKind)
def test_every_kind_of_message(kind: MessageKind) -> None:
    event = good(altered(MESSAGE, "data.kind", kind.value))
    assert isinstance(event.fact, Message)
    assert event.fact.kind is kind


@pytest.mark.parametrize(
    ("raw", "path", "value"),
    [
        pytest.param(MESSAGE, "data.kind", "MESSAGE", id="the_kind_that_is_meant_anyway"),
        pytest.param(MESSAGE, "datacontenttype", "application/json", id="content_type"),
        pytest.param(MESSAGE, "traceparent", "00-0af7-b7ad-01", id="an_extension"),
        pytest.param(MESSAGE, "data.text", "Hello", id="data_that_is_not_looked_at"),
        pytest.param(MESSAGE, "time", "2026-11-20T11:00:00+01:00", id="another_offset"),
        pytest.param(MESSAGE, "time", "2026-11-20t10:00:00.000000z", id="lower_case"),
        pytest.param(MESSAGE, "time", "2026-11-20T10:00:00.000000999Z", id="below_a_microsecond"),
        pytest.param(MESSAGE, "time", "2026-11-19T20:00:00-14:00", id="another_day"),
        pytest.param(CHARGE, "data.amount", "1.5", id="fewer_digits"),
        pytest.param(CHARGE, "data.amount", "001.500000", id="more_digits"),
        pytest.param(CHARGE, "data.quantity", None, id="no_quantity"),
        pytest.param(CHARGE, "data.unit", None, id="no_unit"),
    ],
)
def test_equal_however_it_is_written(raw: dict[str, Any], path: str, value: object) -> None:
    assert good(altered(raw, path, value)) == good(raw)


@pytest.mark.parametrize(
    ("path", "value", "micros"),
    [
        ("amount", "0", 0),
        ("amount", "0.000001", 1),
        ("amount", "1000000", 10**12),
        ("quantity", "0.5", 500_000),
        ("quantity", "1000000.000000", 10**12),
    ],
)
def test_amounts_are_exact(path: str, value: str, micros: int) -> None:
    fact = good(altered(CHARGE, f"data.{path}", value)).fact
    assert isinstance(fact, Charge)
    assert (fact.amount_micros if path == "amount" else fact.quantity_micros) == micros


TEXTS = [
    (MESSAGE, "id"),
    (MESSAGE, "source"),
    (MESSAGE, "subject"),
    (MESSAGE, "data.contact"),
    (MESSAGE, "data.channel"),
    (CHARGE, "data.feature"),
    (CHARGE, "data.unit"),
    (CHARGE, "data.currency"),
]


@pytest.mark.parametrize(("raw", "path"), TEXTS, ids=[path for _, path in TEXTS])
@pytest.mark.parametrize(
    "text", ["", "\x00", "A\x00", "A\nB", "A\n", "\x7f", "X" * (TEXT_MAX + 1), 5, None, []]
)
def test_no_text_is_empty_too_long_or_holds_controls(
    raw: dict[str, Any], path: str, text: object
) -> None:
    """A NUL that got as far as PostgreSQL would abort the whole batch."""
    if path == "data.unit" and text is None:
        return
    assert problem(altered(raw, path, text)).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("raw", "path", "value"),
    [
        (MESSAGE, "id", "x" * TEXT_MAX),
        (MESSAGE, "id", "ÄÖÜ 🙂 \u202e"),
        (MESSAGE, "source", "https://inbox.example/a?b=c#d"),
        (MESSAGE, "subject", "~" * 64),
        (MESSAGE, "data.contact", "x" * TEXT_MAX),
        (MESSAGE, "data.channel", "A_0" + "Z" * 29),
        (CHARGE, "data.feature", "_"),
        (CHARGE, "data.unit", "minutes abroad, 2nd network €/32"),
    ],
)
def test_the_longest_and_oddest_texts(raw: dict[str, Any], path: str, value: str) -> None:
    good(altered(raw, path, value))


@pytest.mark.parametrize(
    ("raw", "path", "value"),
    [
        *((MESSAGE, path, ABSENT) for path in ("specversion", "id", "source", "subject", "time")),
        (MESSAGE, "data", ABSENT),
        *((MESSAGE, f"data.{name}", ABSENT) for name in MESSAGE["data"]),
        *((CHARGE, f"data.{name}", ABSENT) for name in CHARGE["data"]),
        (MESSAGE, "specversion", "0.3"),
        (MESSAGE, "specversion", 1.0),
        (MESSAGE, "datacontenttype", "text/plain"),
        (MESSAGE, "subject", "two words"),
        (MESSAGE, "subject", "x" * 65),
        (MESSAGE, "subject", "café"),
        (MESSAGE, "data", None),
        (MESSAGE, "data", []),
        (MESSAGE, "data", "maria"),
        (MESSAGE, "data.channel", "WhatsApp"),
        (MESSAGE, "data.channel", "A-B"),
        (MESSAGE, "data.channel", "A" * 33),
        (MESSAGE, "data.direction", "OUTBOUND"),
        (MESSAGE, "data.direction", None),
        (MESSAGE, "data.automated", "false"),
        (MESSAGE, "data.automated", 0),
        (MESSAGE, "data.automated", None),
        (MESSAGE, "data.kind", "message"),
        (MESSAGE, "data.kind", None),
        (CHARGE, "data.currency", "eur"),
        (CHARGE, "data.currency", "EURO"),
        (CHARGE, "data.unit", "x" * (UNIT_MAX + 1)),
    ],
)
def test_a_problem_names_its_field(raw: dict[str, Any], path: str, value: object) -> None:
    assert problem(altered(raw, path, value)).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("2026-11-20T10:00:00", "has no offset: write Z or one like +01:00"),
        ("2026-11-20", "is not an RFC 3339 instant such as 2026-11-22T20:00:00Z"),
        ("20261120T100000Z", "is not an RFC 3339 instant such as 2026-11-22T20:00:00Z"),
        ("2026-11-20T10:00Z", "is not an RFC 3339 instant such as 2026-11-22T20:00:00Z"),
        ("2026-11-20T10:00:00+0100", "is not an RFC 3339 instant such as 2026-11-22T20:00:00Z"),
        ("2026-11-20T10:00:00Z\n", "is not an RFC 3339 instant such as 2026-11-22T20:00:00Z"),
        ("٢٠٢٦-11-20T10:00:00Z", "is not an RFC 3339 instant such as 2026-11-22T20:00:00Z"),
        ("2026-02-29T10:00:00Z", "names a day or time that does not exist"),
        ("2026-11-20T10:00:60Z", "names a day or time that does not exist"),
        ("0001-01-01T00:00:00+14:00", "names a day or time that does not exist"),
        ("9999-12-31T23:59:59-14:00", "names a day or time that does not exist"),
        (1_763_632_800, "must be a string"),
        (None, "must be a string"),
    ],
)
def test_instants(value: object, message: str) -> None:
    assert problem(altered(MESSAGE, "time", value)) == f"time: {message}."


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1.5, 'must be a decimal string such as "0.0532"'),
        (1, 'must be a decimal string such as "0.0532"'),
        (True, 'must be a decimal string such as "0.0532"'),
        ("-0.01", "must not be negative"),
        ("1000000.000001", "must be at most 1000000"),
        ("0.0000001", '"0.0000001" has more than 6 digits after the point'),
        ("1e3", '"1e3" is not a plain decimal number'),
        ("NaN", '"NaN" is not a plain decimal number'),
        ("Infinity", '"Infinity" is not a plain decimal number'),
        ("1,50", '"1,50" is not a plain decimal number'),
        ("+1", '"+1" is not a plain decimal number'),
        (" 1", '" 1" is not a plain decimal number'),
        ("\u0661", '"\u0661" is not a plain decimal number'),
        ("", '"" is not a plain decimal number'),
        ("9" * 50, f'"{"9" * 39}…" is not a plain decimal number'),
    ],
)
@pytest.mark.parametrize("field", ["amount", "quantity"])
def test_decimals(field: str, value: object, message: str) -> None:
    found = problem(altered(CHARGE, f"data.{field}", value))
    assert found == f"data.{field}: {message}."


@pytest.mark.parametrize("type_", ["Message", "", "carrier-charge", None, 5, ["message"], ABSENT])
def test_other_types_are_not_taken(type_: object) -> None:
    assert (
        problem(altered(MESSAGE, "type", type_)) == "type: must be one of message, carrier_charge."
    )


@pytest.mark.parametrize("raw", [None, 5, "x", True, [], [MESSAGE]])
def test_what_is_no_object(raw: object) -> None:
    assert problem(raw) == "the event must be a JSON object."


def test_an_empty_object() -> None:
    assert problem({}) == "type: must be one of message, carrier_charge."


def test_three_problems_are_named_and_the_others_counted() -> None:
    message = problem({"type": "message"})
    assert message == (
        "specversion: Field required; id: Field required; source: Field required "
        f"(and {6 - PROBLEMS_MAX} more)."
    )


@pytest.mark.parametrize(
    ("id_", "known"), [("m-1", "m-1"), ("x" * 300, "x" * TEXT_MAX), (5, None), (None, None)]
)
def test_an_error_names_the_id_where_it_can_be_read(id_: object, known: str | None) -> None:
    error = read(3, {**MESSAGE, "id": id_, "type": "other"})
    assert isinstance(error, EventError)
    assert (error.index, error.id) == (3, known)


def test_an_error_does_not_repeat_what_it_was_sent() -> None:
    long = altered(MESSAGE, "data.contact", "secret" * 10_000)
    assert problem(long) == "data.contact: String should have at most 256 characters."


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (None, "UNREADABLE", "line 5: is longer than 64,000 bytes."),
        (b"{", "UNREADABLE", "line 5: is not JSON."),
        (b"\xff", "UNREADABLE", "line 5: is not JSON."),
        (b'{"id": "\xff"}', "UNREADABLE", "line 5: is not JSON."),
        (b'{"id": "\x00"}', "UNREADABLE", "line 5: is not JSON."),
        (b'{"id": "\\ud800"}', "UNREADABLE", "line 5: is not JSON."),
        (b'{"id": NaN}', "UNREADABLE", "line 5: is not JSON."),
        (b"[" * 60_000, "UNREADABLE", "line 5: is not JSON."),
        (b"{} {}", "UNREADABLE", "line 5: is not JSON."),
        (b"\xef\xbb\xbf{}", "UNREADABLE", "line 5: is not JSON."),
        (b"5", "INVALID_EVENT", "line 5: the event must be a JSON object."),
        (b"1" * 20_000, "UNREADABLE", "line 5: is not JSON."),
    ],
)
def test_a_broken_line_is_named_by_its_number(line: bytes | None, code: str, message: str) -> None:
    error = read_line(4, line)
    assert error == EventError(4, None, code, message)


def test_a_line_may_end_with_white_space() -> None:
    assert read_line(0, b" " + orjson.dumps(MESSAGE) + b" \r") == good(MESSAGE)
