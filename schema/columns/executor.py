"""The seam: `strawberry.Schema(…, execution_context_class=ColumnExecutor)`.

graphql-core still finds the operation and coerces variables; Strawberry still parses, validates,
runs extensions, masks and logs. Only the execution of the operation is another one: level by
level over columns instead of object by object. What this does not support, Strawberry's own
executor runs, which is decided before anything has run.

Of both libraries internal names are used. That the two executors give the same is shown by the
tests, which generate operations, data and errors: they are the gate for an upgrade.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import (
    DirectiveNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    located_error,
)
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from typing_extensions import override

from schema.columns.objects import Selection
from schema.columns.planner import Planner, TooLargeError
from schema.columns.run import Column, Run

OPERATIONS_MAX = 256
"""Operations whose plans are kept: those longest unused go first."""

PLANS_MAX = 16
"""Plans kept of an operation: one for each combination of its conditions."""

_CONDITIONS = ("skip", "include")

Plan: TypeAlias = Selection | None
"""What to run; None where Strawberry's executor is to."""


@dataclass(slots=True)
class Tally:
    """How many operations, or events of a subscription, each executor has run."""

    columns: int = 0
    fallbacks: int = 0


TALLY = Tally()
"""That of the process."""


@dataclass(slots=True)
class _Known:
    """An operation with its plans and what ran it first; holds on to what their key is made of."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    first: "ColumnExecutor"
    conditions: tuple[str, ...] | None
    plans: "OrderedDict[tuple[Any, ...], Plan]" = field(default_factory=OrderedDict)


_KNOWN: "OrderedDict[tuple[int, int], _Known]" = OrderedDict()


def once_more(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    context: Any,
    variables: dict[str, Any],
) -> "ColumnExecutor | None":
    """Return what runs a valid operation anew without all that Strawberry does around it.

    None where it has not run yet, or has other variables than it may have: then Strawberry is
    to run it, or to say why it does not run.
    """
    known = _KNOWN.get((id(schema), id(operation)))
    if known is None:
        return None
    declared = operation.variable_definitions or ()
    values = get_variable_values(schema, declared, variables, max_errors=1)
    if isinstance(values, list):
        return None
    return known.first.again(context, values)


class ColumnExecutor(StrawberryGraphQLCoreExecutionContext):
    """Runs operations by columns.

    Afterwards `objects` says how many objects with fields the answer has, without the one around
    them; None where something failed, or Strawberry's executor ran.
    """

    objects: int | None = None

    @override
    def execute_operation(self, serially: bool | None = None) -> Any:
        plan = self._plan() if self._is_plain() else None
        if plan is None:
            TALLY.fallbacks += 1
            return super().execute_operation(serially)
        TALLY.columns += 1
        if serially is None:
            serially = self.operation.operation is OperationType.MUTATION
        return self._run(plan, serially=serially)

    def again(self, context: Any, variable_values: VariableValues) -> "ColumnExecutor":
        """Return what runs the same operation anew, for another caller."""
        executor = self.build_per_event_executor(None)
        assert isinstance(executor, ColumnExecutor)
        executor.context_value, executor.variable_values = context, variable_values
        return executor

    def _is_plain(self) -> bool:
        """Whether nothing is asked for that only Strawberry's executor does."""
        manager = self.middleware_manager
        return (
            (manager is None or not manager.middlewares)
            and self.abort_signal is None
            and self.hooks is None
            and _in_a_loop()
        )

    def _plan(self) -> Plan:
        known = self._known()
        if known.conditions is None:
            return None
        given = self.variable_values.coerced
        key = tuple(given.get(name) for name in known.conditions)
        if key not in known.plans:
            try:
                known.plans[key] = Planner(self).plan()
            except (TooLargeError, RecursionError, GraphQLError):
                known.plans[key] = None
            if len(known.plans) > PLANS_MAX:
                known.plans.popitem(last=False)
        known.plans.move_to_end(key)
        return known.plans[key]

    def _known(self) -> _Known:
        key = id(self.schema), id(self.operation)
        if key not in _KNOWN:
            first = self.again(None, VariableValues({}, {}))  # of its caller nothing is kept
            _KNOWN[key] = _Known(self.schema, self.operation, first, self._conditions())
            if len(_KNOWN) > OPERATIONS_MAX:
                _KNOWN.popitem(last=False)
        _KNOWN.move_to_end(key)
        return _KNOWN[key]

    def _conditions(self) -> tuple[str, ...] | None:
        """Return the variables that conditions depend on; None for what is not supported."""
        fragments = self.fragment_definitions.values()
        if self.operation.directives or any(each.variable_definitions for each in fragments):
            return None
        names: set[str] = set()
        sets = [self.operation.selection_set, *(each.selection_set for each in fragments)]
        for directive in (found for each in sets for found in _directives(each)):
            if directive.name.value not in _CONDITIONS:
                return None
            names.update(
                argument.value.name.value
                for argument in directive.arguments or ()
                if isinstance(argument.value, VariableNode)
            )
        return tuple(sorted(names))

    async def _run(self, plan: Selection, *, serially: bool) -> ExecutionResult:
        run = Run(self, self.context_value)
        start = _in_turn if serially else _at_once
        try:
            column = await start(plan, run, self.root_value)
        except Exception as error:  # noqa: BLE001 (our own mistake, told like one of a resolver)
            first = plan.fields[0]
            return ExecutionResult(None, [located_error(error, first.site.nodes, [first.key])])
        if column.failures:
            return ExecutionResult(None, [column.failures[0].located()])
        data = column.values[0]
        errors = run.errors(data)
        if not errors:
            self.objects = run.objects
        return ExecutionResult(data, errors or None)


async def _at_once(plan: Selection, run: Run, root: Any) -> Column:
    column = await run.finish(plan.start(run, [root], None))
    run.objects -= bool(plan.fields)  # the root itself
    return column


async def _in_turn(plan: Selection, run: Run, root: Any) -> Column:
    """Run root fields one after the other; after one that fails, no more."""
    columns = []
    for each in plan.fields:
        column = await run.finish(each.start(run, [root], None))
        if column.failures:
            return column
        columns.append(column)
    return plan.objects(columns, 1)


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _directives(selections: SelectionSetNode) -> Iterator[DirectiveNode]:
    for selection in selections.selections:
        yield from selection.directives or ()
        if isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set:
            yield from _directives(selection.selection_set)
