"""Which media type a client likes best, by its Accept header (RFC 9110, 12.5.1)."""

import re
from collections.abc import Mapping, Sequence

RANGES_MAX = 20
"""Media ranges that are looked at: browsers send eight."""

_WEIGHT = re.compile(r";\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*(?:;|$)", re.IGNORECASE)


def preferred(header: str, offered: Sequence[str]) -> str | None:
    """Return which of the offered types is liked best, the first of those liked as much.

    None where none is acceptable; without a header, all are.
    """
    ranges = [part for part in header.split(",")[:RANGES_MAX] if part.strip()]
    if not ranges:
        return offered[0]
    weights = dict(map(_weighed, ranges))
    best = max(offered, key=lambda media_type: _liked(media_type, weights))
    return best if _liked(best, weights) > 0 else None


def _weighed(media_range: str) -> tuple[str, float]:
    found = _WEIGHT.search(media_range)
    return media_range.partition(";")[0].strip().lower(), float(found[1]) if found else 1.0


def _liked(media_type: str, weights: Mapping[str, float]) -> float:
    """Return the weight of the most specific range that a type is in."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    return next((weights[each] for each in ranges if each in weights), 0.0)
