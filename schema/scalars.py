"""Scalars: exact money and quantities, instants with an offset, local days."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from billing.errors import BadInputError
from billing.instant import parse_instant
from billing.money import format_micros, parse_micros, quoted

Money = NewType("Money", int)
"""Micro-units of the account's currency."""

Quantity = NewType("Quantity", int)
"""Millionths of a charge's unit."""


def _parser(parse: Callable[[str], Any], wanted: str) -> Callable[[object], Any]:
    """Make a scalar's parser, which takes strings only and says what it wanted."""

    def parse_value(value: object) -> Any:
        if not isinstance(value, str):
            raise ValueError(f"expected {wanted}")  # noqa: TRY004 (graphql-core wants it)
        try:
            return parse(value)
        except BadInputError as error:
            raise ValueError(error.message) from None
        except ValueError as error:
            raise ValueError(f"{quoted(value)} {error}") from None

    return parse_value


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a day such as 2026-11-22") from None


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


_MICROS = _parser(parse_micros, 'a string such as "12.50", so that nothing is rounded')

SCALARS: dict[object, ScalarDefinition] = {
    Money: strawberry.scalar(
        name="Money",
        description="An exact amount in the account's currency, as a string with 2 to 6 digits "
        'after the point: "12.50". Plain decimals only (no NaN, no exponents), up to a billion.',
        serialize=format_micros,
        parse_value=_MICROS,
    ),
    Quantity: strawberry.scalar(
        name="Quantity",
        description="An exact number of units, as a string with 2 to 6 digits after the point.",
        serialize=format_micros,
        parse_value=_MICROS,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant by RFC 3339, to the microsecond. Input needs an offset; output "
        'is UTC: "2026-11-22T20:00:00Z".',
        serialize=_instant,
        parse_value=_parser(parse_instant, 'a string such as "2026-11-22T20:00:00Z"'),
    ),
    date: strawberry.scalar(
        name="Date",
        description='A local day in the account\'s time zone: "2026-11-22".',
        serialize=date.isoformat,
        parse_value=_parser(_date, 'a string such as "2026-11-22"'),
    ),
}
