"""Errors as clients see them: each with a code, none with an internal message."""

import re
from typing import Any

from graphql import (
    ArgumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    ObjectFieldNode,
    ValueNode,
    VariableDefinitionNode,
    Visitor,
    parse,
    visit,
)

from billing.errors import BadInputError, BillingError
from resolvers.context import UnavailableError

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
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code, **more},
    )


def _unexpected(cause: Exception | None) -> tuple[str, str]:
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
        finder = _Owner(node)
        visit(parse(node.loc.source), finder)
        return finder.name
    return None


class _Owner(Visitor):
    """Finds the argument or input field that a value is written for."""

    def __init__(self, value: ValueNode) -> None:
        super().__init__()
        self.name: str | None = None
        self._value = value

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        self._compare(node)

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
        self._compare(node)

    def _compare(self, node: ArgumentNode | ObjectFieldNode) -> None:
        if node.value.loc == self._value.loc:
            self.name = node.name.value


def _reason(error: GraphQLError) -> str:
    """Return what is wrong with the value, in the words of its scalar where it has some."""
    message = _VARIABLE.sub("", error.message)
    found = _REASON.search(message)
    return f"{found['reason'].removesuffix('.')}." if found else message
