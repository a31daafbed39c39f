"""How large an operation is, and how large it may be: measured in one walk before validation.

A fragment is measured once, however often it is spread, so that the walk takes no longer than
the document is long.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from resolvers.page import PAGE_DEFAULT, PAGE_MAX
from schema.columns.batch import entries_of

OPERATIONS_MAX = 1
"""Operations of a document."""

FRAGMENTS_MAX = 20
"""Named fragments of a document."""

ROOT_FIELDS_MAX = 10
"""Fields of the operation itself."""

DEPTH_MAX = 12
"""Levels of fields."""

INTROSPECTION_DEPTH_MAX = 20
"""Levels of fields below `__schema` and `__type`: the standard query has 15."""

FIELDS_MAX = 1_000
"""Fields, those of a fragment wherever it is spread."""

ALIASES_MAX = 30
"""Fields that are given another name."""

REPEATS_MAX = 30
"""Fields that a selection has already: validation compares each of them with all others."""

DIRECTIVES_MAX = 5
"""Directives."""

NESTING_MAX = 100
"""Selections within one another, also of fragments that have no fields of their own."""

COST_MAX = 50_000
"""Objects that are asked for."""


_Directed: TypeAlias = (
    OperationDefinitionNode | VariableDefinitionNode | FragmentDefinitionNode | SelectionNode
)


class TooLargeError(Exception):
    """The document is beyond a limit."""

    def __init__(self, limit: str, most: int, found: int) -> None:
        super().__init__(f"The operation is too large: {limit} {found:,}, at most {most:,}.")
        self.limit = limit
        self.most = most
        self.found = found


class Size(NamedTuple):
    """What a selection comes to, with all fragments spread.

    `width` counts the fields of its own level, `cost` objects. `entry_cost` is the part that
    is there once for each entry of a connection's page.
    """

    fields: int = 0
    width: int = 0
    aliases: int = 0
    repeats: int = 0
    directives: int = 0
    depth: int = 0
    introspection_depth: int = 0
    cost: int = 0
    entry_cost: int = 0

    def plus(self, other: "Size") -> "Size":
        """Return the size of both, side by side."""
        return Size(
            self.fields + other.fields,
            self.width + other.width,
            self.aliases + other.aliases,
            self.repeats + other.repeats,
            self.directives + other.directives,
            max(self.depth, other.depth),
            max(self.introspection_depth, other.introspection_depth),
            self.cost + other.cost,
            self.entry_cost + other.entry_cost,
        )

    def plus_directives(self, *nodes: _Directed) -> "Size":
        """Return the size with the directives of these nodes."""
        count = sum(len(node.directives or ()) for node in nodes)
        return self._replace(directives=self.directives + count) if count else self


class Measured(NamedTuple):
    """What an operation costs, and the variables on which that depends."""

    cost: int
    variables: frozenset[str]


def measure(
    schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]
) -> Measured:
    """Measure a document, which may be invalid.

    Raises:
        TooLargeError: it is beyond a limit.
    """
    nodes = document.definitions
    operations = [node for node in nodes if isinstance(node, OperationDefinitionNode)]
    fragments = [node for node in nodes if isinstance(node, FragmentDefinitionNode)]
    check("operations", OPERATIONS_MAX, len(operations))
    check("fragments", FRAGMENTS_MAX, len(fragments))
    walk = _Walk(schema, fragments, {**_defaults(operations), **variables})
    for fragment in fragments:  # also those that nothing spreads: they are validated, too
        _check_length(walk.fragment(fragment))
    cost = 0
    for operation in operations:
        size = walk.operation(operation)
        _check_operation(size)
        cost = size.cost
    return Measured(cost, frozenset(walk.asked))


def _check_length(size: Size) -> None:
    check("fields", FIELDS_MAX, size.fields)
    check("aliases", ALIASES_MAX, size.aliases)
    check("repeats", REPEATS_MAX, size.repeats)
    check("directives", DIRECTIVES_MAX, size.directives)


def _check_operation(size: Size) -> None:
    _check_length(size)
    check("rootFields", ROOT_FIELDS_MAX, size.width)
    check("depth", DEPTH_MAX, size.depth)
    check("introspectionDepth", INTROSPECTION_DEPTH_MAX, size.introspection_depth)
    check("cost", COST_MAX, size.cost)


def check(limit: str, most: int, found: int) -> None:
    """Compare with a limit.

    Raises:
        TooLargeError: it is beyond.
    """
    if found > most:
        raise TooLargeError(limit, most, found)


class _Walk:
    """Measures the selections of one document."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Sequence[FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = {node.name.value: node for node in fragments}
        self._variables = variables
        self.asked: set[str] = set()
        self._sizes: dict[int, Size] = {}

    def operation(self, node: OperationDefinitionNode) -> Size:
        root = self._schema.get_root_type(node.operation)
        size = self._selections(node.selection_set, root, set(), 1)
        return size.plus_directives(node, *(node.variable_definitions or ()))

    def fragment(self, node: FragmentDefinitionNode, nesting: int = 1) -> Size:
        if id(node) not in self._sizes:
            self._sizes[id(node)] = Size()  # a circle of fragments adds nothing: it is invalid
            on = self._schema.get_type(node.type_condition.name.value)
            size = self._selections(node.selection_set, on, set(), nesting)
            self._sizes[id(node)] = size.plus_directives(node)
        return self._sizes[id(node)]

    def _selections(
        self,
        node: SelectionSetNode,
        parent: GraphQLNamedType | None,
        names: set[str],
        nesting: int,
    ) -> Size:
        """Measure what is selected of `parent`; `names` are the fields selected before."""
        check("nesting", NESTING_MAX, nesting)
        size = Size()
        for selection in node.selections:
            size = size.plus(self._selection(selection, parent, names, nesting))
        return size

    def _selection(
        self,
        node: SelectionNode,
        parent: GraphQLNamedType | None,
        names: set[str],
        nesting: int,
    ) -> Size:
        size = Size()
        if isinstance(node, FieldNode):
            name = (node.alias or node.name).value
            size = self._field(node, parent, repeats=name in names, nesting=nesting)
            names.add(name)
        elif isinstance(node, InlineFragmentNode):
            on = node.type_condition
            type_ = parent if on is None else self._schema.get_type(on.name.value)
            size = self._selections(node.selection_set, type_, names, nesting + 1)
        elif isinstance(node, FragmentSpreadNode) and node.name.value in self._fragments:
            size = self.fragment(self._fragments[node.name.value], nesting + 1)
        return size.plus_directives(node)

    def _field(
        self, node: FieldNode, parent: GraphQLNamedType | None, *, repeats: bool, nesting: int
    ) -> Size:
        aliased = node.alias is not None
        own = Size(fields=1, width=1, aliases=int(aliased), repeats=int(repeats), depth=1)
        if node.selection_set is None:
            return own
        fields: Mapping[str, GraphQLField] = getattr(parent, "fields", {})
        field = fields.get(node.name.value)
        type_ = None if field is None else get_named_type(field.type)
        below = self._selections(node.selection_set, type_, set(), nesting + 1)._replace(width=0)
        whole = own.plus(below)
        if node.name.value in {"__schema", "__type"}:
            return whole._replace(depth=1, introspection_depth=below.depth, cost=0, entry_cost=0)
        cost = 1 + below.cost + self._page(node) * below.entry_cost
        whole = whole._replace(depth=1 + below.depth, cost=cost, entry_cost=0)
        if field is None or not is_list_type(get_nullable_type(field.type)):
            return whole
        if "pageInfo" in fields:
            return whole._replace(cost=0, entry_cost=cost)
        return whole._replace(cost=entries_of(field) * cost)

    def _page(self, node: FieldNode) -> int:
        """Return how many entries a field is asked for, if it is a connection."""
        asked = [
            self._number(argument.value)
            for argument in node.arguments or ()
            if argument.name.value in {"first", "last"}
        ]
        sizes = [size for size in asked if size is not None]
        return min(max(0, *sizes), PAGE_MAX) if sizes else PAGE_DEFAULT

    def _number(self, node: ValueNode) -> int | None:
        if isinstance(node, VariableNode):
            name = node.name.value
            self.asked.add(name)
            return number(self._variables.get(name))
        return _literal(node)


def number(value: object) -> int | None:
    """Return a variable's value if it can be how many entries a page has."""
    return int(value) if isinstance(value, int | float) else None


def _literal(node: ValueNode | None) -> int | None:
    """Return a number that is written out; of long ones the first digits, beyond any page."""
    return int(node.value[:9]) if isinstance(node, IntValueNode) else None


def _defaults(operations: Sequence[OperationDefinitionNode]) -> dict[str, int | None]:
    """Return what variables are unless they are given."""
    return {
        definition.variable.name.value: _literal(definition.default_value)
        for operation in operations
        for definition in operation.variable_definitions or ()
    }
