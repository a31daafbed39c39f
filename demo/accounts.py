"""The demo's accounts: fictional customers, each fed by real companies' messages.

They are laid out relative to now, so that whenever the demo starts its pages look alike:
most cycles have a few days to go, one account is far over its quota, one is low on balance.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from billing.instant import local, midnight
from billing.money import MICROS
from billing.plan import Interval
from billing.setting import Language, Recipient
from demo.repetition import Stream

OPENS = timedelta(hours=9)
"""How long after local midnight an account signs up."""

SUPPORT = (
    ("WHATSAPP", 30),
    ("EMAIL", 25),
    ("CHAT", 20),
    ("INSTAGRAM", 10),
    ("SMS", 8),
    ("VOICE", 7),
)
"""Channels of a support desk, by weight."""

SOCIAL = (("INSTAGRAM", 35), ("CHAT", 30), ("WHATSAPP", 20), ("EMAIL", 15))
"""Channels of a young audience, by weight."""

PHONE = (("WHATSAPP", 40), ("SMS", 30), ("VOICE", 23), ("EMAIL", 7))
"""Channels of a business that calls and texts, by weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """One account; without `plan` and `interval` it is in its free trial.

    The commitments are those at its creation: blocks of conversations, and micro-euros
    of carrier cost, in every cycle. `channels` are weighted. `told` are those who get mails.
    """

    external_id: str
    name: str
    time_zone: str
    signed_up_on: date
    plan: str | None
    interval: Interval | None
    conversation_blocks: int
    carrier_micros: int
    channels: tuple[tuple[str, int], ...]
    streams: tuple[Stream, ...]
    told: tuple[Recipient, ...] = ()

    @property
    def signed_up_at(self) -> datetime:
        """The instant of the sign-up: before it there are no events."""
        return midnight(self.time_zone, self.signed_up_on) + OPENS

    @property
    def anchor_date(self) -> date | None:
        """The day from which cycles are counted; None in the free trial."""
        return None if self.plan is None else self.signed_up_on

    @property
    def companies(self) -> frozenset[str]:
        """The companies of the file whose messages feed the account."""
        return frozenset(stream.company for stream in self.streams)


def accounts(now: datetime) -> tuple[DemoAccount, ...]:
    """Return the accounts as they are laid out around `now`."""
    return (
        DemoAccount(
            external_id="acme-support",
            name="Acme Support",
            time_zone="Europe/Amsterdam",
            signed_up_on=_into(_today("Europe/Amsterdam", now), days=25),
            plan="Boost",
            interval=Interval.MONTHLY,
            conversation_blocks=1,
            carrier_micros=30 * MICROS,
            channels=SUPPORT,
            streams=(
                Stream("HPSupport", 3),
                Stream("zoom_us", 4),
                Stream("AppleSupport", 3, last_weeks=30),
                Stream("HPSupport", 3, lag_weeks=1, last_weeks=19),
                Stream("AppleSupport", 3, lag_weeks=2, last_weeks=19),
                Stream("zoom_us", 4, lag_weeks=2, last_weeks=19),
            ),
        ),
        DemoAccount(
            external_id="lanternfish-games",
            name="Lanternfish Games",
            time_zone="America/New_York",
            signed_up_on=_latest_on(31, _today("America/New_York", now)),
            plan="Pro",
            interval=Interval.MONTHLY,
            conversation_blocks=1,
            carrier_micros=50 * MICROS,
            channels=SOCIAL,
            streams=(
                Stream("XboxSupport", 2),
                Stream("AskPlayStation", 6),
                Stream("RockstarSupport", 8),
                Stream("RockstarSupport", 8, lag_weeks=4, last_weeks=34),
                Stream("AskPlayStation", 6, lag_weeks=3, last_weeks=25),
                Stream("RockstarSupport", 4, lag_weeks=2, last_weeks=17),
                Stream("RockstarSupport", 2, lag_weeks=1, last_weeks=11),
                Stream("MojangSupport", 3, last_weeks=7),
            ),
        ),
        DemoAccount(
            external_id="saffron-row",
            name="Saffron Row Market",
            time_zone="Asia/Kolkata",
            signed_up_on=_latest_on(30, _today("Asia/Kolkata", now)),
            plan="Boost",
            interval=Interval.MONTHLY,
            conversation_blocks=0,
            carrier_micros=0,
            channels=SUPPORT,
            streams=(
                Stream("AskeBay", 4),
                Stream("AmazonHelp", 1),
                Stream("AskeBay", 4, lag_weeks=2, last_weeks=24),
                Stream("AskeBay", 4, lag_weeks=1, last_weeks=12),
            ),
        ),
        DemoAccount(
            external_id="kauri-lane",
            name="Kauri Lane Outfitters",
            time_zone="Pacific/Auckland",
            signed_up_on=_latest_on(29, _today("Pacific/Auckland", now)),
            plan="Starter",
            interval=Interval.MONTHLY,
            conversation_blocks=0,
            carrier_micros=25 * MICROS,
            channels=SUPPORT,
            streams=(
                Stream("YahooCare", 4),
                Stream("GoDaddyHelp", 3),
                Stream("MicrosoftHelps", 2),
            ),
        ),
        DemoAccount(
            external_id="ternwood-studio",
            name="Ternwood Studio",
            time_zone="Africa/Cairo",
            signed_up_on=_into(_today("Africa/Cairo", now), days=245, months=12),
            plan="Boost",
            interval=Interval.YEARLY,
            conversation_blocks=0,
            carrier_micros=300 * MICROS,
            channels=SUPPORT,
            streams=(
                Stream("AdobeCare", 8),
                Stream("DropboxSupport", 4),
                Stream("DropboxSupport", 2, lag_weeks=1, last_weeks=36),
                Stream("Google", 2, last_weeks=36),
            ),
        ),
        DemoAccount(
            external_id="blue-heron",
            told=(Recipient("dana@blue-heron.example", Language.EN),),
            name="Blue Heron Journeys",
            time_zone="Europe/Lisbon",
            signed_up_on=_into(_today("Europe/Lisbon", now), days=24),
            plan="Boost",
            interval=Interval.MONTHLY,
            conversation_blocks=0,
            carrier_micros=25 * MICROS,
            channels=SOCIAL,
            streams=(
                Stream("Delta", 1),
                Stream("SouthwestAir", 1),
                Stream("Uber_Support", 1),
                Stream("TeamYouTube", 6),
                Stream("MojangSupport", 1, last_weeks=5),
                Stream("Google", 2, last_weeks=5),
            ),
        ),
        DemoAccount(
            external_id="quillon-mobile",
            told=(Recipient("jan@quillon.example", Language.NL),),
            name="Quillon Mobile",
            time_zone="America/Sao_Paulo",
            signed_up_on=_into(_today("America/Sao_Paulo", now), days=26),
            plan="Boost",
            interval=Interval.MONTHLY,
            conversation_blocks=0,
            carrier_micros=30 * MICROS,
            channels=PHONE,
            streams=(
                Stream("TMobileHelp", 1),
                Stream("Ask_Spectrum", 1),
                Stream("hulu_support", 2),
                Stream("SpotifyCares", 2, last_weeks=22),
                Stream("hulu_support", 2, lag_weeks=1, last_weeks=12),
            ),
        ),
        DemoAccount(
            external_id="marram-savings",
            name="Marram Savings",
            time_zone="Europe/London",
            signed_up_on=_today("Europe/London", now) - timedelta(days=5),
            plan=None,
            interval=None,
            conversation_blocks=0,
            carrier_micros=0,
            channels=SUPPORT,
            streams=(Stream("Ask_WellsFargo", 1), Stream("ChaseSupport", 1)),
        ),
    )


def _today(zone: str, now: datetime) -> date:
    return local(zone, now).date()


def _into(today: date, *, days: int, months: int = 14) -> date:
    """Return the anchor of which the cycle is `days` old today, some cycles later."""
    return today - timedelta(days=days) - relativedelta(months=months)


def _latest_on(day: int, today: date) -> date:
    """Return the latest date on that day of a month, at least 14 months ago."""
    found = today - relativedelta(months=14)
    while found.day != day:
        found -= timedelta(days=1)
    return found
