"""What counts, and what is not taken (R5, D6, D12, D19)."""

from dataclasses import replace

import pytest

from billing.account import Account
from billing.event import (
    AHEAD,
    CHARGE_MICROS_MAX,
    LABELS_MAX,
    Charge,
    Direction,
    Event,
    Message,
    MessageKind,
    Rejection,
    RejectionCode,
    judge,
    taken,
)
from billing.instant import TICK
from billing.period import Period
from tests.billing.build import account, terms, utc

NOW = "2026-11-22T12:00"
ACCOUNT = account(terms("2026-10-25", starts_at="2026-10-25"), signed_up_at="2026-10-11T08:30")
ENDED = account(
    terms("2026-10-25", starts_at="2026-10-25"),
    signed_up_at="2026-10-11T08:30",
    ended_at="2026-11-10",
)


def message(at: str) -> Event:
    fact = Message(
        occurred_at=utc(at),
        contact="c1",
        channel="WHATSAPP",
        direction=Direction.OUTBOUND,
        automated=False,
        kind=MessageKind.MESSAGE,
    )
    return Event("acme", "inbox", "m1", fact)


def charge(currency: str) -> Event:
    fact = Charge(
        occurred_at=utc(NOW),
        feature="VOICE",
        amount_micros=1,
        currency=currency,
        quantity_micros=None,
        unit=None,
    )
    return Event("acme", "carrier", "c1", fact)


@pytest.mark.parametrize("kind", MessageKind)
@pytest.mark.parametrize("automated", [False, True])
@pytest.mark.parametrize("direction", Direction)
def test_only_outbound_messages_that_people_send_count(
    direction: Direction,
    automated: bool,  # noqa: FBT001
    kind: MessageKind,
) -> None:
    fact = Message(utc(NOW), "c1", "SMS", direction, automated, kind)
    assert fact.counts == (
        (direction, automated) == (Direction.OUTBOUND, False)
        and kind.value in {"MESSAGE", "TEMPLATE", "BROADCAST", "API", "CALL"}
    )


def test_the_limits_of_one_account() -> None:
    assert LABELS_MAX == 20
    assert CHARGE_MICROS_MAX == 1_000_000_000_000


def test_an_event_of_an_unknown_account_is_not_taken() -> None:
    assert judge(message(NOW), None, utc(NOW)) == Rejection(
        RejectionCode.UNKNOWN_ACCOUNT, 'subject: no account "acme".'
    )


@pytest.mark.parametrize(
    ("at", "rejection"),
    [
        pytest.param(NOW, None, id="now"),
        pytest.param("2026-11-22T12:05", None, id="five_minutes_ahead"),
        pytest.param(
            "2026-11-22T12:05:00.000001",
            Rejection(
                RejectionCode.IN_FUTURE,
                "time: 2026-11-22T12:05:00.000001+00:00 is over 5 minutes ahead.",
            ),
            id="one_microsecond_more",
        ),
        pytest.param("2026-10-11T08:30", None, id="the_first_instant"),
        pytest.param(
            "2026-10-11T08:29:59.999999",
            Rejection(
                RejectionCode.BEFORE_ACCOUNT,
                "time: before the account's first instant, 2026-10-11T08:30:00+00:00.",
            ),
            id="one_microsecond_before_it",
        ),
    ],
)
def test_an_event_is_taken_from_the_first_instant_to_five_minutes_ahead(
    at: str, rejection: Rejection | None
) -> None:
    assert judge(message(at), ACCOUNT, utc(NOW)) == rejection


@pytest.mark.parametrize(
    ("occurred_at", "rejection"),
    [
        pytest.param("2026-11-09T23:59:59.999999", None, id="before_the_end"),
        pytest.param(
            "2026-11-10",
            Rejection(RejectionCode.ACCOUNT_ENDED, "time: the account has ended."),
            id="at_the_end",
        ),
    ],
)
def test_an_account_takes_nothing_from_its_end_on(
    occurred_at: str, rejection: Rejection | None
) -> None:
    assert judge(message(occurred_at), ENDED, utc("2026-11-10")) == rejection


@pytest.mark.parametrize(
    ("backfill_until", "at", "code"),
    [
        pytest.param("2026-10-14", "2026-11-12T23:59:59.999999", None, id="provisional"),
        pytest.param("2026-10-14", "2026-11-13", RejectionCode.ACCOUNT_ENDED, id="closed"),
        pytest.param("2026-11-20", "2026-11-19T23:59:59.999999", None, id="backfilling"),
        pytest.param("2026-11-20", "2026-11-20", RejectionCode.ACCOUNT_ENDED, id="backfilled"),
    ],
)
def test_an_ended_account_takes_late_events_until_its_last_cycle_is_closed(
    backfill_until: str, at: str, code: RejectionCode | None
) -> None:
    ended = account(
        terms("2026-10-25", starts_at="2026-10-25"),
        signed_up_at="2026-10-11T08:30",
        ended_at="2026-11-10",
        backfill_until=backfill_until,
    )
    rejection = judge(message("2026-11-01"), ended, utc(at))
    assert (None if rejection is None else rejection.code) == code


def test_a_charge_in_another_currency_is_not_taken() -> None:
    assert judge(charge("EUR"), ACCOUNT, utc(NOW)) is None
    assert judge(charge("USD"), ACCOUNT, utc(NOW)) == Rejection(
        RejectionCode.WRONG_CURRENCY, 'data.currency: "USD" is not the account\'s, EUR.'
    )


@pytest.mark.parametrize(
    ("event", "at", "code"),
    [
        pytest.param(
            message("2026-12-01"), "2026-11-05", RejectionCode.IN_FUTURE, id="future_first"
        ),
        pytest.param(
            message("2026-01-01"), NOW, RejectionCode.BEFORE_ACCOUNT, id="then_before_the_account"
        ),
        pytest.param(charge("USD"), NOW, RejectionCode.ACCOUNT_ENDED, id="then_the_end"),
    ],
)
def test_one_reason_is_given_where_several_hold(event: Event, at: str, code: RejectionCode) -> None:
    rejection = judge(event, ENDED, utc(at))
    assert rejection is not None
    assert rejection.code is code


ENDING = replace(ENDED, backfill_until=utc("2026-10-14"))
NEVER = replace(ENDED, ended_at=utc("2026-10-01"))


@pytest.mark.parametrize(
    ("seen", "at", "period"),
    [
        pytest.param(ACCOUNT, NOW, ("2026-10-11T08:30", "2026-11-22T12:05:00.000001"), id="usual"),
        pytest.param(
            ACCOUNT,
            "2026-10-11T08:25",
            ("2026-10-11T08:30", "2026-10-11T08:30:00.000001"),
            id="one",
        ),
        pytest.param(ACCOUNT, "2026-10-11T08:24:59.999999", None, id="not_yet"),
        pytest.param(ENDING, "2026-11-12", ("2026-10-11T08:30", "2026-11-10"), id="ended"),
        pytest.param(ENDING, "2026-11-13", None, id="ended_and_closed"),
        pytest.param(NEVER, "2026-10-02", None, id="ended_before_it_began"),
    ],
)
def test_the_time_of_which_messages_are_taken(
    seen: Account, at: str, period: tuple[str, str] | None
) -> None:
    assert taken(seen, utc(at)) == (None if period is None else Period(*map(utc, period)))


@pytest.mark.parametrize("at", ["2026-10-11T08:25", "2026-11-05", "2026-11-12", "2026-11-13", NOW])
@pytest.mark.parametrize("seen", [ACCOUNT, ENDED, ENDING, NEVER], ids=range(4))
def test_a_message_is_of_that_time_if_and_only_if_nothing_is_wrong_with_it(
    seen: Account, at: str
) -> None:
    period = taken(seen, utc(at))
    edges = [seen.first_instant, utc(at) + AHEAD, utc(at), utc("2026-11-10")]
    for instant in [edge + step for edge in edges for step in (-TICK, 0 * TICK, TICK)]:
        said = message(instant.isoformat())
        assert (judge(said, seen, utc(at)) is None) == (period is not None and instant in period)
