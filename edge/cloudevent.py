"""Reading CloudEvents 1.0 (JSON format) of the two types that Kontingent takes."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from billing.account import EXTERNAL_ID
from billing.erasure import is_mark
from billing.errors import BadInputError
from billing.event import (
    CHARGE_MICROS_MAX,
    LABEL,
    PLAIN,
    TEXT_MAX,
    Charge,
    Direction,
    Event,
    Message,
    MessageKind,
    RejectionCode,
)
from billing.instant import parse_instant
from billing.money import MICROS, parse_micros
from edge.lines import LINE_BYTES_MAX
from resolvers.ingest import EventError

UNIT_MAX = 32
"""Characters in a charge's unit."""

PROBLEMS_MAX = 3
"""How many of an event's problems one error names."""


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("must be a string")  # noqa: TRY004 (pydantic collects ValueError)
    return parse_instant(value)


def _micros(value: object) -> int:
    """Read a decimal string that is not negative and no more than the largest charge."""
    if not isinstance(value, str):
        raise ValueError('must be a decimal string such as "0.0532"')  # noqa: TRY004
    try:
        micros = parse_micros(value)
    except BadInputError as error:
        raise ValueError(error.message) from None
    if micros < 0:
        raise ValueError("must not be negative")
    if micros > CHARGE_MICROS_MAX:
        raise ValueError(f"must be at most {CHARGE_MICROS_MAX // MICROS}")
    return micros


def _nobody_erased(contact: str) -> str:
    if is_mark(contact):
        raise ValueError("must not be the mark of an erased one")
    return contact


_PLAIN = rf"^{PLAIN.pattern}$"  # a NUL would abort the whole batch
_Text = Annotated[str, Field(min_length=1, max_length=TEXT_MAX, pattern=_PLAIN)]
_Contact = Annotated[_Text, AfterValidator(_nobody_erased)]
_Unit = Annotated[str, Field(min_length=1, max_length=UNIT_MAX, pattern=_PLAIN)]
_LabelName = Annotated[str, Field(pattern=rf"^{LABEL.pattern}$")]
_Micros = Annotated[int, BeforeValidator(_micros)]


class _Model(BaseModel):
    """Takes each JSON type as it is; attributes it does not know are left alone."""

    model_config = ConfigDict(strict=True, extra="ignore")


class _MessageData(_Model):
    contact: _Contact
    channel: _LabelName
    direction: Literal["inbound", "outbound"]
    automated: bool
    kind: Literal["MESSAGE", "TEMPLATE", "BROADCAST", "API", "CALL", "NOTE"] = "MESSAGE"

    def fact(self, occurred_at: datetime) -> Message:
        return Message(
            occurred_at=occurred_at,
            contact=self.contact,
            channel=self.channel,
            direction=Direction(self.direction),
            automated=self.automated,
            kind=MessageKind(self.kind),
        )


class _ChargeData(_Model):
    feature: _LabelName
    amount: _Micros
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    quantity: _Micros | None = None
    unit: _Unit | None = None

    def fact(self, occurred_at: datetime) -> Charge:
        return Charge(
            occurred_at=occurred_at,
            feature=self.feature,
            amount_micros=self.amount,
            currency=self.currency,
            quantity_micros=self.quantity,
            unit=self.unit,
        )


class _Envelope(_Model):
    specversion: Literal["1.0"]
    id: _Text
    source: _Text
    subject: Annotated[str, Field(pattern=rf"^{EXTERNAL_ID.pattern}$")]
    time: Annotated[datetime, BeforeValidator(_instant)]
    datacontenttype: Literal["application/json"] | None = None


class _MessageEvent(_Envelope):
    data: _MessageData


class _ChargeEvent(_Envelope):
    data: _ChargeData


_TYPES: dict[object, type[_MessageEvent | _ChargeEvent]] = {
    "message": _MessageEvent,
    "carrier_charge": _ChargeEvent,
}


def read(index: int, raw: Any) -> Event | EventError:  # noqa: ANN401 (any JSON value)
    """Read one event from its JSON value, or say what is wrong with it."""
    if not isinstance(raw, dict):
        return _invalid(index, None, "the event must be a JSON object.")
    id_ = raw.get("id")
    model = _TYPES.get(raw.get("type")) if isinstance(raw.get("type"), str) else None
    if model is None:
        return _invalid(index, id_, f"type: must be one of {', '.join(map(str, _TYPES))}.")
    try:
        event = model.model_validate(raw)
    except ValidationError as error:
        return _invalid(index, id_, _problems(error))
    return Event(event.subject, event.source, event.id, event.data.fact(event.time))


def read_line(index: int, line: bytes | None) -> Event | EventError:
    """Read one event from a line of JSON, None for one too long.

    An error names the line, counted from 1.
    """
    if line is None:
        return _unreadable(index, f"is longer than {LINE_BYTES_MAX:,} bytes")
    try:
        raw = orjson.loads(line)
    except orjson.JSONDecodeError:
        return _unreadable(index, "is not JSON")
    event = read(index, raw)
    if isinstance(event, Event):
        return event
    return replace(event, message=f"line {index + 1}: {event.message}")


def _unreadable(index: int, problem: str) -> EventError:
    code = RejectionCode.UNREADABLE.value
    return EventError(index, None, code, f"line {index + 1}: {problem}.")


def _invalid(index: int, id_: object, message: str) -> EventError:
    known = id_[:TEXT_MAX] if isinstance(id_, str) else None
    return EventError(index, known, RejectionCode.INVALID_EVENT.value, message)


def _problems(error: ValidationError) -> str:
    problems = [
        f"{'.'.join(map(str, problem['loc']))}: "
        + problem["msg"].removeprefix("Value error, ").removesuffix(".")
        for problem in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    more = f" (and {len(problems) - PROBLEMS_MAX} more)" if len(problems) > PROBLEMS_MAX else ""
    return "; ".join(problems[:PROBLEMS_MAX]) + more + "."
