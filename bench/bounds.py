"""The bounds that figures are held to."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("bounds.toml")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of ``bounds.toml``: most, but for ingest, where it is the least."""

    floor: dict[str, float]
    postgraphile: dict[str, float]
    page_postgres_ms: float
    resident_mb: float
    ingest_share: float

    @classmethod
    def read(cls) -> "Bounds":
        """Read the file."""
        content = tomllib.loads(FILE.read_text(encoding="utf-8"))
        return cls(
            content["floor"],
            content["postgraphile"],
            **content["absolute"],
            ingest_share=content["ingest"]["share"],
        )

    def breaches(
        self, ratios: dict[str, dict[str, float]], page_postgres_ms: float, resident_mb: float
    ) -> Iterator[str]:
        """Say which bounds a run breaks; `ratios` are by operation and other server."""
        for other, called, bounds in (
            ("floor", "the floor", self.floor),
            ("postgraphile", "PostGraphile", self.postgraphile),
        ):
            for name, most in bounds.items():
                ratio = ratios[name].get(other)  # peers are not always measured
                if ratio is not None and ratio > most:
                    yield f"{name}: {ratio:.2f} times {called}, at most {most:g}"
        if page_postgres_ms > self.page_postgres_ms:
            most = self.page_postgres_ms
            yield f"page: {page_postgres_ms:.2f} ms of PostgreSQL, at most {most:g}"
        if resident_mb > self.resident_mb:
            yield f"memory: {resident_mb:.0f} MB, at most {self.resident_mb:g}"

    def breaches_of_ingest(self, shares: dict[str, float]) -> Iterator[str]:
        """Say the same of taking events in; `shares` of the bare insert, by what was tried."""
        for name, share in shares.items():
            if share < self.ingest_share:
                yield f"{name}: {share:.2f} of the bare insert, at least {self.ingest_share:g}"
