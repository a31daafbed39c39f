"""The real part of the demo: who wrote when, to or from which company's support."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import orjson

FILE = Path(__file__).with_name("support-messages.ndjson")
"""Where the messages are: one CloudEvent a line, not in order of time."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One real message: its `key` is unique within the file, its `contact` within a company."""

    key: str
    occurred_at: datetime
    contact: str
    outbound: bool


@lru_cache(maxsize=1)
def by_company() -> Mapping[str, tuple[Entry, ...]]:
    """Read each company's messages in order of time; of duplicates, the first in the file."""
    found: dict[str, dict[str, Entry]] = defaultdict(dict)
    for line in FILE.read_bytes().splitlines():
        event = orjson.loads(line)
        key = event["id"].removeprefix("m-")
        entry = Entry(
            key,
            datetime.fromisoformat(event["time"]).astimezone(UTC),
            event["data"]["contact"],
            event["data"]["direction"] == "outbound",
        )
        found[event["subject"]].setdefault(key, entry)
    return {
        company: tuple(sorted(entries.values(), key=lambda entry: (entry.occurred_at, entry.key)))
        for company, entries in found.items()
    }
