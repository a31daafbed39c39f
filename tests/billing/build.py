"""Values that the tests of the rules start from."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import HealthCheck, settings

from billing.account import Account
from billing.plan import Interval, Limits, PriceList, SurchargePolicy
from billing.schedule import Schedule
from billing.terms import Terms, in_force

PURE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Properties of pure rules are about values, not about how busy the machine is."""

ACCOUNT_ID = UUID("00000000-0000-0000-0000-0000000000a1")
MICROS = 1_000_000


def utc(text: str) -> datetime:
    """Read an instant; without an offset it means UTC."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


def price_list(
    plan: str = "Boost",
    interval: Interval = Interval.MONTHLY,
    effective_from: str = "2000-01-01",
    included: int = 500,
) -> PriceList:
    return PriceList(
        plan=plan,
        interval=interval,
        effective_from=utc(effective_from),
        included=included,
        block_price_micros=18 * MICROS,
        surcharge_policy=SurchargePolicy.SURCHARGE_BLOCKS,
        reminder_percents=(75, 90, 100),
        limits=Limits.default(interval),
    )


BOOST = (price_list(), price_list(interval=Interval.YEARLY, included=6_000))
PRO = (
    price_list("Pro", included=1_500),
    price_list("Pro", interval=Interval.YEARLY, included=18_000),
)


def terms(  # noqa: PLR0913 (a row has this many columns)
    anchor: str,
    zone: str = "UTC",
    interval: Interval = Interval.MONTHLY,
    *,
    starts_at: str,
    first_cycle: int = 0,
    seq: int = 0,
    plan: str = "Boost",
) -> Terms:
    return Terms(seq, first_cycle, utc(starts_at), plan, interval, day(anchor), zone)


def schedule(*rows: Terms, ended_at: str | None = None) -> Schedule:
    return Schedule(in_force(rows), None if ended_at is None else utc(ended_at))


def account(  # noqa: PLR0913 (an account has more)
    *rows: Terms,
    signed_up_at: str = "2000-01-01",
    trial_ends_at: str | None = None,
    ended_at: str | None = None,
    backfill_until: str = "2000-01-04",
    time_zone: str = "UTC",
    price_lists: Sequence[PriceList] = (*BOOST, *PRO),
) -> Account:
    return Account(
        id=ACCOUNT_ID,
        external_id="acme",
        name="Acme",
        currency="EUR",
        time_zone=time_zone,
        signed_up_at=utc(signed_up_at),
        trial_ends_at=None if trial_ends_at is None else utc(trial_ends_at),
        recorded_at=utc(signed_up_at),
        backfill_until=utc(backfill_until),
        ended_at=None if ended_at is None else utc(ended_at),
        version=0,
        schedule=schedule(*rows, ended_at=ended_at) if rows else None,
        price_lists=tuple(price_lists),
    )
