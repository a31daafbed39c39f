"""A cycle with both meters as they stood at an instant: numbers only, fit to be kept (D22)."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TypeVar

from billing.carrier import CarrierNumbers, carrier_balance
from billing.conversation import ConversationNumbers, conversation_usage
from billing.cycle import Cycle, CycleState
from billing.figures import Figures

N = TypeVar("N", ConversationNumbers, CarrierNumbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleSnapshot:
    """What a reply of a mutation shows of a cycle, then and whenever it is asked for again."""

    id: str
    number: int
    state: CycleState
    starts_at: datetime
    ends_at: datetime
    starts_on: date
    ends_on: date
    time_zone: str
    computed_at: datetime
    conversation_usage: ConversationNumbers
    carrier_balance: CarrierNumbers | None


def snapshot(cycle: Cycle, figures: Figures) -> CycleSnapshot:
    """Take down what a cycle comes to."""
    balance = carrier_balance(cycle, figures)
    return CycleSnapshot(
        id=cycle.id,
        number=cycle.number,
        state=cycle.state,
        starts_at=cycle.starts_at,
        ends_at=cycle.ends_at,
        starts_on=cycle.starts_on,
        ends_on=cycle.ends_on,
        time_zone=cycle.time_zone,
        computed_at=cycle.computed_at,
        conversation_usage=_numbers(ConversationNumbers, conversation_usage(cycle, figures)),
        carrier_balance=None if balance is None else _numbers(CarrierNumbers, balance),
    )


def _numbers(kind: type[N], meter: N) -> N:
    return kind(**{field.name: getattr(meter, field.name) for field in fields(kind)})
