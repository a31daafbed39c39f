"""The domain's enumerations with what clients read about them."""

from enum import Enum
from typing import Any

import strawberry

from billing.account import AccountStatus
from billing.commitment import AdjustmentReason, ChangeKind, Meter
from billing.conversation import ConversationState
from billing.cycle import CycleState
from billing.meter import WhichCycle
from billing.plan import Interval, SurchargePolicy


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
    WhichCycle,
    "For which cycle blocks are bought.",
    CURRENT="The current one.",
    NEXT="The one after it.",
)
