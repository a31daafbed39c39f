"""The demo's plans: the two published ones (R8), and a small one that is made up."""

from datetime import UTC, datetime

from billing.money import MICROS
from billing.plan import REMINDER_PERCENTS, Interval, Limits, PriceList, SurchargePolicy

EFFECTIVE_FROM = datetime(2020, 1, 1, tzinfo=UTC)
"""The instant from which all of the demo's price lists hold."""


def _price_list(
    plan: str,
    interval: Interval,
    included: int,
    block_price: int,
    policy: SurchargePolicy = SurchargePolicy.SURCHARGE_BLOCKS,
) -> PriceList:
    """Build a price list with the published limits and reminders; `block_price` is in euros."""
    return PriceList(
        plan=plan,
        interval=interval,
        effective_from=EFFECTIVE_FROM,
        included=included,
        block_price_micros=block_price * MICROS,
        surcharge_policy=policy,
        reminder_percents=REMINDER_PERCENTS[interval],
        limits=Limits.default(interval),
    )


PLANS: tuple[PriceList, ...] = (
    _price_list("Boost", Interval.MONTHLY, 500, 18),
    _price_list("Boost", Interval.YEARLY, 6_000, 15),
    _price_list("Pro", Interval.MONTHLY, 1_500, 18),
    _price_list("Pro", Interval.YEARLY, 18_000, 15),
    _price_list("Starter", Interval.MONTHLY, 100, 18, SurchargePolicy.NONE),
    _price_list("Starter", Interval.YEARLY, 1_200, 15, SurchargePolicy.NONE),
)
"""Every price list that the demo's accounts may have or change to."""
