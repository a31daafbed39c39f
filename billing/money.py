"""Money as whole micro-euros (D19): exact, never a float."""

import re
from collections.abc import Sequence
from decimal import Decimal

from billing.errors import BadInputError

CURRENCY = "EUR"
MICROS = 1_000_000
"""Micro-euros in a euro."""
CENT_MICROS = 10_000
AMOUNT_MICROS_MAX = 1_000_000_000 * MICROS
"""The largest amount taken from a client: a billion euros."""

_AMOUNT = re.compile(r"-?[0-9]{1,12}(?:\.([0-9]+))?")
_FRACTION_DIGITS_MAX = 6


def parse_micros(text: str, *, field: str | None = None) -> int:
    """Read a decimal such as ``"12.50"`` as micro-euros.

    Raises:
        BadInputError: not a plain decimal (NaN, Infinity and exponents are none), more
            than 6 digits after the point, or beyond a billion.
    """
    amount = _AMOUNT.fullmatch(text)
    if not amount:
        raise BadInputError(f"{quoted(text)} is not a plain decimal number.", field=field)
    if len(amount[1] or "") > _FRACTION_DIGITS_MAX:  # by the text: a Decimal product is rounded
        raise BadInputError(f"{quoted(text)} has more than 6 digits after the point.", field=field)
    scaled = Decimal(text) * MICROS
    if abs(scaled) > AMOUNT_MICROS_MAX:
        raise BadInputError(f"{quoted(text)} is beyond {AMOUNT_MICROS_MAX // MICROS}.", field=field)
    return int(scaled)


def quoted(text: str) -> str:
    """Quote a client's text in a message, shortened to 40 characters."""
    return f'"{text}"' if len(text) <= 40 else f'"{text[:39]}…"'  # noqa: PLR2004 (said above)


def format_micros(micros: int) -> str:
    """Write micro-euros as a decimal with 2 to 6 digits after the point."""
    digits = f"{abs(micros):07}"
    whole, cents, rest = digits[:-6], digits[-6:-4], digits[-4:].rstrip("0")
    return f"-{whole}.{cents}{rest}" if micros < 0 else f"{whole}.{cents}{rest}"


def rounded_to_cents(micros: int) -> int:
    """Round micro-euros to whole cents, half away from zero; the result is micro-euros."""
    cents = (abs(micros) + CENT_MICROS // 2) // CENT_MICROS
    return (cents if micros >= 0 else -cents) * CENT_MICROS


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` by `weights` into whole parts that add up to it (largest remainder).

    Equal remainders go to the earlier weight. A negative total is split like the positive
    one, so that a reversal takes off what was shown. All zeros where the weights add up to 0.
    """
    if total < 0:
        return [-part for part in apportion(-total, weights)]
    base = sum(weights)
    if base == 0:
        return [0] * len(weights)
    scaled = [total * weight for weight in weights]
    parts = [part // base for part in scaled]
    return _raised(parts, [abs(part % base) for part in scaled], total - sum(parts))


def shown_in_cents(amounts_micros: Sequence[int]) -> list[int]:
    """Round each amount to a whole cent, up or down, so that they add up to the rounded sum.

    Unlike shares of the sum this holds where amounts have both signs and nearly cancel out.
    Amounts and results are micro-euros.
    """
    total = rounded_to_cents(sum(amounts_micros))
    if total < 0:
        return [-shown for shown in shown_in_cents([-amount for amount in amounts_micros])]
    cents = [amount // CENT_MICROS for amount in amounts_micros]
    remainders = [amount % CENT_MICROS for amount in amounts_micros]
    raised = _raised(cents, remainders, total // CENT_MICROS - sum(cents))
    return [shown * CENT_MICROS for shown in raised]


def _raised(parts: list[int], remainders: Sequence[int], count: int) -> list[int]:
    """Add 1 to the `count` parts with the largest remainders, the earlier of equal ones."""
    raised, left = list(parts), list(remainders)
    for _ in range(count):  # one or two as a rule, so that sorting takes longer
        i = left.index(max(left))
        raised[i] += 1
        left[i] = -1
    return raised
