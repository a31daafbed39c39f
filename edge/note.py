"""What is noted of a request for logs, metrics and traces: nothing that its client has written."""

from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

from starlette.types import Scope

from db import statements


class Spans(Protocol):
    """Makes the spans of a trace; `edge/tracing.py` does."""

    def request(self, scope: Scope, note: "Note") -> AbstractContextManager[object]:
        """Span a request."""

    def operation(self, name: str) -> AbstractContextManager[object]:
        """Span an operation; its name is empty unless its document is trusted."""

    def statement(self, name: str, seconds: float, *, failed: bool) -> None:
        """Span a statement that has just ended."""


@dataclass(slots=True)
class Note:
    """One request, or one WebSocket.

    `operation` is the name of a trusted one, or empty. `code` is that of the reply's first error,
    and `limit` the one that the document was beyond.
    """

    spans: Spans | None = None
    id: str = field(default_factory=lambda: uuid4().hex)
    route: str = ""
    operation: str = ""
    status: int = 500
    code: str = ""
    limit: str = ""
    statements: int = 0

    def spanning(self, scope: Scope) -> AbstractContextManager[object]:
        """Span the request, if there are spans."""
        return nullcontext() if self.spans is None else self.spans.request(scope, self)

    def spanning_operation(self, name: str) -> AbstractContextManager[object]:
        """Span an operation, if there are spans."""
        return nullcontext() if self.spans is None else self.spans.operation(name)

    def hear(self, name: str, seconds: float, *, failed: bool) -> None:
        """Take note of a statement."""
        self.statements += 1
        if self.spans is not None:
            self.spans.statement(name, seconds, failed=failed)


_NOTE: ContextVar[Note | None] = ContextVar("note", default=None)


def begin(spans: Spans | None = None) -> Note:
    """Take notes from now on, of this task and of those that it starts.

    That never ends: each request has a task of its own, of which the server may still have to
    tell after the application has failed.
    """
    note = Note(spans)
    _NOTE.set(note)
    statements.hear(note.hear)
    return note


def noted() -> Note:
    """Return the note of the request under way; one that nobody reads where there is none."""
    return _NOTE.get() or Note()


def request_id() -> str | None:
    """Return the id of the request under way, if there is one."""
    note = _NOTE.get()
    return None if note is None else note.id
