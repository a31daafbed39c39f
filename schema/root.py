"""The root types and the schema built of them."""

import logging
from typing import Annotated, Any

import strawberry
from graphql import GraphQLError, GraphQLSyntaxError, Source
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import (
    DisableIntrospection,
    MaxTokensLimiter,
    ParserCache,
    ValidationCache,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types import ExecutionContext, ExecutionResult
from typing_extensions import override

import resolvers.account
from billing.errors import BillingError
from billing.money import quoted
from resolvers import access
from schema.account import Account, create_account, end_account
from schema.columns.batch import Policy, fetched
from schema.errors import shown
from schema.failures import HANDLERS
from schema.meter import (
    add_conversation_blocks,
    cancel_scheduled_change,
    change_carrier_commitment,
    change_conversation_commitment,
    top_up_carrier_balance,
)
from schema.operation import OperationContext
from schema.page import Connection
from schema.plan import create_plan
from schema.scalars import SCALARS
from schema.terms import change_terms

TOKENS_MAX = 2_000
"""Tokens in a document."""

_LOG = logging.getLogger("kontingent.graphql")


@strawberry.type(description="What can be read.")
class Query:
    account: Account | None = fetched(
        resolvers.account.one,
        guard=access.admin_or_operator,
        description="The caller's account, or the one with this id. Needs an admin of the "
        "account, or an operator, who must name one. NOT_FOUND for any other.",
        arguments={
            "id": Annotated[
                strawberry.ID | None, strawberry.argument(description="The account's id.")
            ]
        },
    )
    accounts: Connection[Account] = fetched(
        resolvers.account.page,
        guard=access.operator,
        description="All accounts, by id. Needs an operator.",
        arguments={
            "first": "How many: 1 to 100.",
            "after": "The cursor after which to go on.",
        },
    )


@strawberry.type(description="What can be changed.")
class Mutation:
    create_plan = create_plan
    create_account = create_account
    change_terms = change_terms
    end_account = end_account
    change_conversation_commitment = change_conversation_commitment
    add_conversation_blocks = add_conversation_blocks
    change_carrier_commitment = change_carrier_commitment
    top_up_carrier_balance = top_up_carrier_balance
    cancel_scheduled_change = cancel_scheduled_change


class Schema(strawberry.Schema):
    """Shows clients what they may know of errors, and logs the rest without their input."""

    @override
    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        try:
            result = await super().execute(*args, **kwargs)
        except MissingQueryError:
            result = _refused(GraphQLSyntaxError(Source(""), 0, "Unexpected <EOF>."))
        except CannotGetOperationTypeError as error:
            name = error.operation_name
            result = _refused(
                GraphQLError(
                    "The document has no operation."
                    if name is None
                    else f"The document has no operation {quoted(name)}."
                )
            )
        if result.errors:
            result.errors = [shown(error) for error in result.errors]
        return result

    @override
    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        for error in errors:
            cause = error.original_error
            if error.path is not None and not isinstance(cause, BillingError):
                _LOG.error("A field failed.", extra={"path": error.path}, exc_info=cause)


def _refused(error: GraphQLError) -> ExecutionResult:
    return ExecutionResult(data=None, errors=[error])


def check_policies(*root_types: type[Any]) -> None:
    """Refuse root fields of which nobody says who may have them.

    Raises:
        TypeError: there is one; the server does not start with it.
    """
    for root_type in root_types:
        for field in root_type.__strawberry_definition__.fields:
            if not isinstance(field.metadata.get("policy"), Policy):
                raise TypeError(f"{root_type.__name__}.{field.name}: who may have it?")


def build(*, introspection: bool = True) -> Schema:
    """Build the schema that the server serves and `schema.graphql` shows.

    Raises:
        TypeError: a root field has no policy.
    """
    check_policies(Query, Mutation)
    return Schema(
        query=Query,
        mutation=Mutation,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=not introspection),
        extensions=[
            lambda: MaxTokensLimiter(max_token_count=TOKENS_MAX),
            ParserCache,
            ValidationCache,
            OperationContext,
            *([] if introspection else [DisableIntrospection]),
        ],
        exception_handlers=HANDLERS,
    )
