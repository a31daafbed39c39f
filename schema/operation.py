"""What an operation may take for known, and no doubt which one runs."""

from collections.abc import Iterator

from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType
from typing_extensions import override


class OperationContext(SchemaExtension):
    """Sees to the context that `Schema.execute` makes for each operation."""

    @override
    def on_execute(self) -> Iterator[None]:
        """Let no mutation assume what the process knows: all else can run anew."""
        context = self.execution_context
        context.context.assumed.allowed &= context.operation_type is not OperationType.MUTATION
        yield

    @override
    def on_validate(self) -> Iterator[None]:
        """Refuse several operations where none is named: the first one would run."""
        context = self.execution_context
        assert context.graphql_document is not None
        operations = [
            definition
            for definition in context.graphql_document.definitions
            if isinstance(definition, OperationDefinitionNode)
        ]
        named = context._provided_operation_name  # noqa: SLF001 (`operation_name` makes one up)
        if len(operations) > 1 and named is None:
            context.pre_execution_errors = [
                GraphQLError("The document has several operations: name one in operationName.")
            ]
        yield
