"""Per-operation life cycle: a context of its own for each."""

from collections.abc import Iterator

from strawberry.extensions import SchemaExtension
from typing_extensions import override

from resolvers.context import Context, Session


class OperationContext(SchemaExtension):
    """Turns the session into a fresh context for each operation.

    One WebSocket connection hands one object to all its operations, so loaders
    living on that object would serve stale rows for as long as it is open.
    """

    @override
    def on_operation(self) -> Iterator[None]:
        session = self.execution_context.context
        assert isinstance(session, Session)
        self.execution_context.context = Context.of(session)
        yield
