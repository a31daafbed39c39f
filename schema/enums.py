"""The domain's enumerations with what clients read about them."""

from enum import Enum
from typing import Any

import strawberry

from billing.account import AccountStatus
from billing.allowance import AllowanceReason
from billing.commitment import AdjustmentReason, ChangeKind, GrantKind, Meter
from billing.conversation import ConversationState
from billing.cycle import CycleState
from billing.grant import GrantReason
from billing.meter import WhichCycle
from billing.notice import NoticeKind
from billing.plan import Interval, SurchargePolicy
from billing.series import SeriesStep
from billing.setting import Language


def _describe(enum: type[Enum], description: str, **values: str) -> None:
    """Make `enum` a GraphQL enumeration in which each value is described."""
    strawberry.enum(enum, description=description)
    definition: Any = enum.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[value.name]


_describe(
    AccountStatus,
    "Where an account stands.",
    TRIAL="In the free trial, or past it without paid terms: no usage overview.",
    ACTIVE="On paid terms.",
    ENDED="Ended: its past stays readable.",
)
_describe(
    Interval,
    "How long a cycle lasts.",
    MONTHLY="A month, counted from the anchor date.",
    YEARLY="A year, counted from the anchor date.",
)
_describe(
    CycleState,
    "Where a cycle stands.",
    FUTURE="Still to come: shows only the conversations carried over into it.",
    CURRENT="Holds the present.",
    PROVISIONAL="Over, but still takes late events.",
    CLOSED="Final: late events are booked in the cycle in which they arrive.",
)
_describe(
    SeriesStep,
    "What a cycle is divided into.",
    DAY="Local days.",
    MONTH="Months counted from the anchor date.",
)
_describe(
    SurchargePolicy,
    "What happens when more conversations are used than the quota holds.",
    SURCHARGE_BLOCKS="Blocks are added automatically, at a surcharge.",
    NONE="Nothing is added.",
)
_describe(
    AdjustmentReason,
    "Why a closed cycle's change is booked in another cycle.",
    LATE="The event arrived after the cycle was closed.",
    REVERSAL="An operator reversed the event.",
)
_describe(
    ConversationState,
    "Whether a conversation's 7-day window still lasts.",
    OPEN="It lasts: messages in it do not open another.",
    CLOSED="It is over.",
)
_describe(
    Meter,
    "The two things that are measured and committed to.",
    CONVERSATIONS="Standard conversations.",
    CARRIER="Carrier costs.",
)
_describe(
    ChangeKind,
    "What a change does to its meter.",
    COMMITMENT="Sets what is committed to per cycle, from a cycle on.",
    BLOCKS="Adds blocks of 100 conversations to one cycle.",
    TOP_UP="Adds balance to one cycle.",
)
_describe(
    GrantKind,
    "How quota or balance was added to one cycle.",
    BLOCKS="Blocks of 100 conversations, bought.",
    TOP_UP="Balance, bought.",
    AUTOMATIC_BLOCKS="Blocks that were added when the quota was used up.",
    AUTOMATIC_TOP_UP="Balance that was added when little was left.",
)
_describe(
    Language,
    "The languages in which mails are written.",
    DE="German.",
    EN="English.",
    FR="French.",
    NL="Dutch.",
)
_describe(
    WhichCycle,
    "For which cycle blocks are bought.",
    CURRENT="The current one.",
    NEXT="The one after it.",
)
_describe(
    AllowanceReason,
    "Why a paid message may be sent, or why not.",
    ALLOWED="Enough of the balance is left.",
    TRIAL="The account is in the free trial, or past it without paid terms.",
    NOT_STARTED="The account's first cycle has not started.",
    ENDED="The account has ended.",
    NO_BALANCE="Nothing is left of the current cycle's balance, or there is none.",
    NOT_ENOUGH="Less is left than the message is estimated to cost.",
)
_describe(
    GrantReason,
    "Why a cycle has a part of its quota or balance.",
    INCLUDED="The plan includes it.",
    COMMITMENT="Committed to, every cycle.",
    PURCHASE="Bought once, for this cycle.",
    AUTOMATIC="Added automatically: at a surcharge, or as a recharge.",
    REVERSAL="An operator took a grant back: it counts negatively.",
)
_describe(
    NoticeKind,
    "What a notice is about.",
    REMINDER="Usage has reached a percentage of what was bought.",
    LOW_BALANCE="The carrier balance is at the alert's threshold, or below.",
    RECHARGED="Balance was added automatically.",
    RECHARGE_FAILED="Balance should have been added automatically and could not be.",
)
