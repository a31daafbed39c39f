"""The root types and the schema built of them."""

import functools
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    Source,
)
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import DisableIntrospection
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.utils.await_maybe import await_maybe
from typing_extensions import override

import resolvers.account
import resolvers.allowance
import resolvers.live
import resolvers.outbox
from billing.errors import BillingError
from billing.money import quoted
from resolvers import access
from resolvers.context import Context, Session
from resolvers.known_accounts import OutdatedError
from schema import one_of
from schema.account import Account, create_account, end_account
from schema.allowance import SendAllowance
from schema.columns.batch import Policy, fetched
from schema.columns.executor import ColumnExecutor, once_more
from schema.documents import Keeping, KeptDocuments
from schema.erasure import erase_contact
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
from schema.outbox import DeadLetter, replay_delivery
from schema.page import Connection
from schema.plan import create_plan
from schema.preview import (
    preview_blocks,
    preview_commitment_change,
    preview_terms_change,
    preview_top_up,
)
from schema.reversal import reverse
from schema.scalars import SCALARS, Money
from schema.send import preview_send
from schema.setting import (
    set_auto_recharge,
    set_low_balance_alert,
    set_reminder_recipients,
    set_webhook,
)
from schema.terms import change_terms

_LOG = logging.getLogger("kontingent.graphql")


@strawberry.type(
    description="What can be read. A document of more than 1 operation, 20 fragments, 10 root "
    "fields, 12 levels (20 of introspection), 100 nested selections, 1,000 fields, 30 aliases, 30 "
    "repeated fields or 5 directives, or of a cost beyond 50,000, is refused: "
    "OPERATION_TOO_LARGE. It costs 1 for each object that it can bring: a connection brings as "
    "many as are asked for, another list 10, one of recipients 20, the points of a series 380."
)
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
    send_allowed: SendAllowance | None = fetched(
        resolvers.allowance.send_allowed,
        guard=access.sender,
        description="Whether a paid message may be sent for an account now. Needs a service key "
        "with the scope send, or an operator; SCOPE_MISSING for all others.",
        arguments={
            "external_id": Annotated[
                str,
                strawberry.argument(
                    name="account",
                    description="What the platform calls the account: an event's subject.",
                ),
            ],
            "feature": "The sub-feature, such as VOICE: 1 to 32 of A to Z, 0 to 9 and _. All of "
            "them draw on the one balance.",
            "estimated_micros": Annotated[
                Money,
                strawberry.argument(
                    name="estimatedAmount",
                    description="What the message will cost, about: 0 to 1,000,000.",
                ),
            ],
        },
    )
    dead_letters: Connection[DeadLetter] = fetched(
        resolvers.outbox.dead_letters,
        guard=access.operator,
        description="Deliveries of notices that were given up, newest first. Needs an operator.",
        arguments={
            "first": "How many: 1 to 100.",
            "after": "The cursor after which to go on.",
        },
    )
    preview_commitment_change = preview_commitment_change
    preview_blocks = preview_blocks
    preview_top_up = preview_top_up
    preview_terms_change = preview_terms_change
    preview_send = preview_send


@strawberry.type(description="What can be changed.")
class Mutation:
    create_plan = create_plan
    create_account = create_account
    change_terms = change_terms
    end_account = end_account
    reverse = reverse
    erase_contact = erase_contact
    change_conversation_commitment = change_conversation_commitment
    add_conversation_blocks = add_conversation_blocks
    change_carrier_commitment = change_carrier_commitment
    top_up_carrier_balance = top_up_carrier_balance
    cancel_scheduled_change = cancel_scheduled_change
    set_low_balance_alert = set_low_balance_alert
    set_auto_recharge = set_auto_recharge
    set_reminder_recipients = set_reminder_recipients
    set_webhook = set_webhook
    replay_delivery = replay_delivery


@strawberry.type(description="What can be watched over a WebSocket: graphql-transport-ws.")
class Subscription:
    usage_changed: Account | None = fetched(
        resolvers.live.usage_changed,
        guard=access.admin_or_operator,
        description="The caller's account, or the one with this id: at once, and again whenever "
        "what is selected of it is no longer the same, within a second of the change of its "
        "numbers or terms and when another cycle begins; at most 4 times a second. Needs an admin "
        "of the account, or an operator, who must name one. NOT_FOUND for any other. A caller may "
        "have 100 of them, a connection 20; all end with the token.",
        arguments={
            "account_id": Annotated[
                strawberry.ID | None, strawberry.argument(description="The account's id.")
            ]
        },
    )


@dataclass
class Result(ExecutionResult):
    """What came of an operation, and of how many objects that is, if they were counted."""

    objects: int | None = None


class Schema(strawberry.Schema):
    """Shows clients what they may know of errors, and logs the rest without their input."""

    def __init__(self, *, extensions: Sequence[Any] = (), **kwargs: Any) -> None:
        self._documents = KeptDocuments()
        keeping = functools.partial(Keeping, self._documents)
        super().__init__(extensions=[keeping, *extensions], **kwargs)

    @property
    def core(self) -> GraphQLSchema:
        """The schema of graphql-core that is behind this one."""
        return self._schema

    def parse(self, text: str) -> DocumentNode:
        """Parse a document; when it is executed next, that is not done again.

        Raises:
            GraphQLError: it cannot be parsed.
        """
        try:
            return self._documents.parse(text)
        except GraphQLError as error:
            raise self._shown(error) from None

    @override
    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Session | None = None,
        root_value: None = None,
        operation_name: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Result:
        """Run an operation for a session; anew, if it took for known what is so no longer."""
        assert context_value is not None

        async def run(context: Context) -> Result:
            async with context.loaders.owned():
                result = await self._once_more(query, variable_values, context, operation_name)
                if result is None:
                    given = query, variable_values, context, root_value, operation_name
                    found = await self._by_strawberry(*given, *args, **kwargs)
                    result = Result(found.data, found.errors, found.extensions)
            if result.errors:
                result.errors = [self._shown(error) for error in result.errors]
            return result

        assuming = Context.of(context_value)
        assuming.assumed.allowed = True
        result = await run(assuming)
        try:
            await resolvers.account.confirm(assuming)
        except OutdatedError:
            result = await run(Context.of(context_value))
        return result

    async def _once_more(
        self,
        text: str | None,
        variables: dict[str, Any] | None,
        context: Context,
        operation_name: str | None,
    ) -> Result | None:
        """Run what has run before, and is its document's one operation; None for all else."""
        document = None
        if text is not None and self.execution_context_class is ColumnExecutor:
            document = self._documents.valid(text)
        operation = None if document is None else _only_operation(document, operation_name)
        if operation is None:
            return None
        executor = once_more(self._schema, operation, context, variables or {})
        if executor is None:
            return None
        context.assumed.allowed &= operation.operation is not OperationType.MUTATION
        result = await await_maybe(executor.execute_operation())
        if result.errors:
            self.process_errors(result.errors)
        return Result(result.data, result.errors, objects=executor.objects)

    async def _by_strawberry(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        try:
            return await super().execute(*args, **kwargs)
        except MissingQueryError:
            return _refused(GraphQLSyntaxError(Source(""), 0, "Unexpected <EOF>."))
        except CannotGetOperationTypeError as error:
            name = error.operation_name
            return _refused(
                GraphQLError(
                    "The document has no operation."
                    if name is None
                    else f"The document has no operation {quoted(name)}."
                )
            )

    def _shown(self, error: GraphQLError) -> GraphQLError:
        """Return what clients may know of an error: of the schema nothing if they may not read it.

        The setting of Strawberry leaves the suggestions of arguments, types and values.
        """
        told = shown(error)
        if self.config.disable_field_suggestions:
            told.message = told.message.partition(" Did you mean ")[0]
        return told

    @override
    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        for error in errors:
            cause = error.original_error
            if error.path is not None and not isinstance(cause, BillingError | OutdatedError):
                _LOG.error("A field failed.", extra={"field": _field(error)}, exc_info=cause)


def _only_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    """Return the one operation of a document; None where it has more, or another name."""
    operations = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    if len(operations) != 1:
        return None
    [operation] = operations
    named = None if operation.name is None else operation.name.value
    return operation if name in {None, named} else None


def _field(error: GraphQLError) -> str:
    """Return the schema's name of the field that failed: aliases are the client's words."""
    node = error.nodes[0] if error.nodes else None
    return node.name.value if isinstance(node, FieldNode) else "unknown"


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
    check_policies(Query, Mutation, Subscription)
    built = Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=not introspection),
        extensions=[
            OperationContext,
            *([] if introspection else [DisableIntrospection]),
        ],
        exception_handlers=HANDLERS,
        execution_context_class=ColumnExecutor,
    )
    one_of.declare(built._schema)  # noqa: SLF001 (graphql-core's own is behind it)
    return built
