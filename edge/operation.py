"""Operations between a client and the schema, whichever protocol brings them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLFormattedError,
    OperationDefinitionNode,
    OperationType,
)

from edge.bucket import Bucket
from edge.cost import Costs, objects_in, shown
from edge.documents import Documents
from edge.graphql_request import Asked
from edge.limits import TooLargeError, check
from edge.note import noted
from edge.state import State
from resolvers.context import OutcomeUnknownError, Session, UnavailableError
from resolvers.principal import Principal
from resolvers.watcher import Watcher
from schema.root import Result, Schema


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation that may run: its kind, if it has one, and what it is reckoned at.

    Its name is empty unless its document is trusted.
    """

    name: str
    text: str
    kind: OperationType | None
    cost: int
    asked: Asked


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an operation.

    One that was `refused` did not run at all; one that is `empty` has no field that is not null.
    """

    data: bytes
    errors: Sequence[GraphQLFormattedError]
    extensions: dict[str, Any]
    refused: bool
    empty: bool


class Operations:
    """The operations of a schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._costs = Costs(schema.core)

    def find(self, asked: Asked, documents: Documents, bucket: Bucket) -> Operation:
        """Find what is asked for and measure it.

        Raises:
            RequestError: its document is unknown, or not trusted where others are refused.
            GraphQLError: it cannot be parsed, or is beyond a limit.
        """
        text, trusted = _found(documents, asked)
        document = self._schema.parse(text)
        definition = _definition(document)
        name = definition.name if trusted and definition is not None else None
        noted().operation = known = "" if name is None else name.value
        try:
            cost = self._costs.of(text, document, asked.variables)
            check("cost", bucket.rate.maximum, cost)
        except TooLargeError as error:
            raise GraphQLError(
                str(error),
                extensions={
                    "code": "OPERATION_TOO_LARGE",
                    "limit": error.limit,
                    "most": error.most,
                    "found": error.found,
                },
            ) from None
        kind = None if definition is None else definition.operation
        return Operation(known, text, kind, cost, asked)

    async def run(self, operation: Operation, session: Session) -> Result:
        """Run an operation, or one event of a subscription."""
        with noted().spanning_operation(operation.name):
            return await self._schema.execute(
                operation.text,
                variable_values=dict(operation.asked.variables),
                operation_name=operation.asked.operation_name,
                context_value=session,
            )


def session_of(state: State, principal: Principal, watcher: Watcher | None = None) -> Session:
    """Return the session of a caller; a subscription's has a watcher."""
    return Session(
        state["pool"], state["clock"], principal, state["key_pepper"], state["accounts"], watcher
    )


def answer_of(result: Result, bucket: Bucket, cost: int) -> Answer:
    """Write a result, and give back what was reckoned with but is not there.

    Where something failed nothing is given back: what is not there may have been loaded.

    Raises:
        UnavailableError: a part of it could not be had; of the rest nothing is shown.
        OutcomeUnknownError: what it was to store may be stored, or not.
    """
    errors = [error.formatted for error in result.errors or ()]
    codes = {error.get("extensions", {}).get("code") for error in errors}
    if "OUTCOME_UNKNOWN" in codes:
        raise OutcomeUnknownError("A field says so.")
    if "UNAVAILABLE" in codes:
        raise UnavailableError("A field says so.")
    data = orjson.dumps(result.data)
    ran = result.data is not None or any("path" in error for error in errors)
    if errors and ran:
        actual = cost
    else:
        counted = objects_in(data) if result.objects is None else max(1, result.objects)
        actual = min(cost, counted)
    bucket.give_back(cost - actual)
    return Answer(
        data,
        errors,
        {"cost": shown(bucket, cost, actual)},
        refused=not ran,
        empty=all(value is None for value in (result.data or {}).values()),
    )


def _found(documents: Documents, asked: Asked) -> tuple[str, bool]:
    """Return the document that is asked for, and whether it is trusted.

    Raises:
        RequestError: it is unknown, or not trusted where others are refused.
    """
    if asked.query is None:
        assert asked.document_id is not None
        return documents.find(asked.document_id), True
    return asked.query, documents.check(asked.query)


def _definition(document: DocumentNode) -> OperationDefinitionNode | None:
    """Return the one operation that a document may have."""
    nodes = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return next(nodes, None)
