"""Deterministic choices: a hash takes the place of chance."""

from functools import lru_cache
from hashlib import blake2b


def pick(*parts: str) -> int:
    """Return a number of 64 bits that looks random and depends on `parts` alone."""
    return int.from_bytes(blake2b("\x1f".join(parts).encode(), digest_size=8).digest())


def weighted(weights: tuple[tuple[str, int], ...], *parts: str) -> str:
    """Return one of the names, as often as its weight says."""
    names = _spread(weights)
    return names[pick(*parts) % len(names)]


@lru_cache
def _spread(weights: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    return tuple(name for name, weight in weights for _ in range(weight))
