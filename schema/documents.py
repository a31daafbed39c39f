"""Documents that are kept, parsed and known to be valid: most requests bring one of a few."""

from collections.abc import Iterator

from graphql import DocumentNode, parse
from strawberry.extensions import SchemaExtension
from typing_extensions import override

from resolvers.lru import Lru

TOKENS_MAX = 2_000
"""Tokens in a document."""

DOCUMENTS_MAX = 64
"""Documents that are kept. None that is invalid is: nobody fills memory with what never runs."""


class KeptDocuments:
    """The documents of one schema."""

    def __init__(self) -> None:
        self._valid: Lru[str, DocumentNode] = Lru(DOCUMENTS_MAX)
        self._latest: tuple[str, DocumentNode] | None = None

    def parse(self, text: str) -> DocumentNode:
        """Return a document, parsed unless it is kept or was the latest one.

        Raises:
            GraphQLError: it cannot be parsed.
        """
        document = self._valid.get(text)
        if document is None and self._latest is not None and self._latest[0] == text:
            document = self._latest[1]
        if document is None:
            document = parse(text, max_tokens=TOKENS_MAX)
            self._latest = text, document
        return document

    def valid(self, text: str) -> DocumentNode | None:
        """Return a document that is kept, and therefore valid."""
        return self._valid.get(text)

    def keep(self, text: str, document: DocumentNode) -> None:
        """Keep a valid document."""
        self._valid.put(text, document)


class Keeping(SchemaExtension):
    """Has a document parsed and validated once."""

    def __init__(self, kept: KeptDocuments) -> None:
        super().__init__()
        self._kept = kept

    @override
    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        if context.query:
            context.graphql_document = self._kept.parse(context.query)
        yield

    @override
    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        assert context.query is not None
        assert context.graphql_document is not None
        if self._kept.valid(context.query) is not None:
            context.pre_execution_errors = []
        yield
        if not context.pre_execution_errors:
            self._kept.keep(context.query, context.graphql_document)
