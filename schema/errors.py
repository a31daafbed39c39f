"""Errors as clients see them: each with a code, none with an internal message."""

import re
from functools import lru_cache
from typing import Any

from graphql import (
    ArgumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    ObjectFieldNode,
    Source,
    ValueNode,
    VariableDefinitionNode,
    Visitor,
    parse,
    visit,
)

from billing.errors import BadInputError, BillingError
from resolvers.context import OutcomeUnknownError, UnavailableError

MESSAGE_MAX = 1_000
"""Characters of the longest message: some quote what was sent."""

_VARIABLE = re.compile(r"Variable '\$(?P<variable>\w+)' has invalid value( at (?P<place>\S+))?: ")
_MISSING = re.compile(r"Expected a value of non-null type|Variable '\$\w+' of required type")
_REASON = re.compile(r"but encountered error '(?P<reason>.*)'; found: ", re.DOTALL)


def shown(error: GraphQLError) -> GraphQLError:
    """Return `error` with a code, and with `field` where one input is to blame.

    Of an unexpected exception only the place is told.
    """
    cause = error.original_error
    if isinstance(cause, BillingError):
        blamed = {} if cause.field is None else {"field": cause.field}
        return _replaced(error, cause.message, cause.code, **blamed)
    if error.path is not None:
        return _replaced(error, *_unexpected(cause))
    if isinstance(error, GraphQLSyntaxError):
        return _replaced(error, error.message, "GRAPHQL_PARSE_FAILED")
    field = _field(error)
    if field is None:
        return _replaced(error, error.message, "GRAPHQL_VALIDATION_FAILED")
    return _replaced(error, f"{field}: {_reason(error)}", BadInputError.code, field=field)


def _replaced(error: GraphQLError, message: str, code: str, **more: str) -> GraphQLError:
    return GraphQLError(
        message if len(message) <= MESSAGE_MAX else f"{message[: MESSAGE_MAX - 1]}…",
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code, **more},
    )


def _unexpected(cause: Exception | None) -> tuple[str, str]:
    if isinstance(cause, OutcomeUnknownError):
        return "This may be stored, or not. Send the same again.", "OUTCOME_UNKNOWN"
    if isinstance(cause, UnavailableError):
        return "The service is briefly unavailable. Try again.", "UNAVAILABLE"
    return "Internal error.", "INTERNAL"


def _field(error: GraphQLError) -> str | None:
    """Return the argument or input field whose value cannot be read; None if it is none's."""
    node = error.nodes[0] if error.nodes else None
    if isinstance(node, VariableDefinitionNode):
        found = _VARIABLE.match(error.message)
        if found is None:
            return node.variable.name.value if _MISSING.match(error.message) else None
        names = re.findall(r"[A-Za-z_]\w*", found["place"] or "")
        return names[-1] if names else found["variable"]
    if isinstance(node, ValueNode) and node.loc is not None:
        return _owners(node.loc.source).get((node.loc.start, node.loc.end))
    return None


@lru_cache(maxsize=1)
def _owners(source: Source) -> dict[tuple[int, int], str]:
    """Return for which argument or input field each value of a document is written.

    The errors of one document come after one another: it is looked through once for all.
    """
    finder = _Owners()
    visit(parse(source), finder)
    return finder.names


class _Owners(Visitor):
    """Finds the argument or input field that each value is written for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[tuple[int, int], str] = {}

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        self._note(node)

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
        self._note(node)

    def _note(self, node: ArgumentNode | ObjectFieldNode) -> None:
        assert node.value.loc is not None
        self.names[node.value.loc.start, node.value.loc.end] = node.name.value


def _reason(error: GraphQLError) -> str:
    """Return what is wrong with the value, in the words of its scalar where it has some."""
    message = _VARIABLE.sub("", error.message)
    found = _REASON.search(message)
    return f"{found['reason'].removesuffix('.')}." if found else message
