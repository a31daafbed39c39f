"""Counting the operations of WebSockets as requests are counted."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql import GraphQLFormattedError

from edge.metrics import SOCKET, Metrics
from edge.note import Note

CUT = 499
"""The status of an operation that was stopped before its first answer."""


@dataclass(slots=True)
class Counted:
    """An operation, counted once: when it is first answered, refused, or cut before that.

    What is noted of it is its own, not the connection's; its status is the one that a request
    would have been replied to with.
    """

    metrics: Metrics
    note: Note
    _began: float = field(default_factory=time.perf_counter)
    _over: bool = False

    def end(self, status: int, errors: Sequence[GraphQLFormattedError] = ()) -> None:
        """Count it, unless that is done."""
        if self._over:
            return
        self._over = True
        self.note.route, self.note.status = SOCKET, status
        if errors:
            told = errors[0]["extensions"]
            self.note.code, self.note.limit = told["code"], told.get("limit", "")
        self.metrics.replied(self.note, time.perf_counter() - self._began)
