"""Letters to be delivered in tests."""

from datetime import date
from typing import Any
from uuid import UUID

from billing.account import account_id_of
from billing.commitment import Meter
from billing.notice import Letter, Notice, NoticeKind
from tests.conftest import NOW

ID = UUID("6f1c0f0e-7f7b-4f3a-9d59-2b8c4a1d0e55")

REMINDER = Notice(
    kind=NoticeKind.REMINDER,
    meter=Meter.CONVERSATIONS,
    cycle=12,
    armings={"75": 0},
    percent=75,
)
LOW_BALANCE = Notice(
    kind=NoticeKind.LOW_BALANCE, meter=Meter.CARRIER, cycle=12, threshold_micros=10_000_000
)
RECHARGED = Notice(
    kind=NoticeKind.RECHARGED, meter=Meter.CARRIER, cycle=12, amount_micros=1_250_500_000
)
RECHARGE_FAILED = Notice(
    kind=NoticeKind.RECHARGE_FAILED,
    meter=Meter.CARRIER,
    cycle=12,
    threshold_micros=10_000_000,
    amount_micros=25_000_000,
    reason="At most 100.00 may be added automatically in a cycle.",
)
BALANCE_REMINDER = Notice(kind=NoticeKind.REMINDER, meter=Meter.CARRIER, cycle=12, percent=90)
NOTICES = (REMINDER, BALANCE_REMINDER, LOW_BALANCE, RECHARGED, RECHARGE_FAILED)


def letter(notice: Notice = REMINDER, **changes: Any) -> Letter:
    """Write a letter of Acme Support's thirteenth cycle."""
    conversations = notice.meter is Meter.CONVERSATIONS
    facts: dict[str, Any] = {
        "id": ID,
        "notice": notice,
        "account_id": account_id_of("acme"),
        "external_id": "acme",
        "account_name": "Acme Support",
        "starts_on": date(2026, 10, 25),
        "ends_on": date(2026, 11, 24),
        "time_zone": "Europe/Amsterdam",
        "currency": "EUR",
        "used": 1_127 if conversations else 27_005_000,
        "base": 1_500 if conversations else 30_000_000,
        "left": 373 if conversations else 2_995_000,
        "written_at": NOW,
        **changes,
    }
    return Letter(**facts)
