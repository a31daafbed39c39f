"""Variations of an operation: variables, conditions, fragments, aliases, repeated fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, cast

from graphql import (
    REMOVE,
    ArgumentNode,
    BooleanValueNode,
    ConstValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_leaf_type,
    parse_type,
    parse_value,
    print_ast,
    value_from_ast_untyped,
    visit,
)

ROOTS_MAX = 3
"""Root fields of an operation: with more, one of them would mostly take all data down."""


@dataclass
class Variation:
    """A document, and the variables to run it with."""

    document: str
    variables: dict[str, Any]

    def turned(self, random: Random) -> "Variation":
        """Return the same with other values for the conditions."""
        turned = {
            name: random.random() < 0.5 if isinstance(value, bool) else value
            for name, value in self.variables.items()
        }
        return Variation(self.document, turned)


@dataclass
class _Varier(Visitor):
    types: TypeInfo
    random: Random
    one_of: Mapping[str, str]
    variables: dict[str, Any] = field(default_factory=dict)
    definitions: dict[str, VariableDefinitionNode] = field(default_factory=dict)
    fragments: list[FragmentDefinitionNode] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def leave_argument(self, node: ArgumentNode, *_: Any) -> Any:
        if isinstance(node.value, VariableNode):
            return REMOVE
        argument = self.types.get_argument()
        if argument is None or self.random.random() < 0.5:
            return None
        text = f"{argument.type}={print_ast(node.value)}"
        name = f"v{sum(text.encode()) * len(text)}"
        self._define(name, str(argument.type), node.value)
        return replace(node, value=VariableNode(name=NameNode(value=name)))

    def leave_object_value(self, node: ObjectValueNode, *_: Any) -> ValueNode | None:
        type_ = self.types.get_input_type()
        named = None if type_ is None else get_named_type(type_)
        return parse_value(self.one_of[named.name]) if named and named.name in self.one_of else None

    def _define(self, name: str, type_: str, value: ValueNode) -> None:
        """Declare a variable and give it the value, outright or as its default."""
        default = self.random.random() < 0.3
        self.definitions[name] = VariableDefinitionNode(
            variable=VariableNode(name=NameNode(value=name)),
            type=parse_type(type_),
            default_value=cast(ConstValueNode, value) if default else None,
            directives=(),
        )
        if not default:
            self.variables[name] = value_from_ast_untyped(value)

    def leave_field(self, node: FieldNode, *_: Any) -> FieldNode:
        directives = list(node.directives or ())
        if self.random.random() < 0.15:
            directives.append(self._condition())
        alias = node.alias
        if self.random.random() < 0.1:
            alias = NameNode(value=f"a{self.random.randrange(10**6)}")
        return replace(node, directives=tuple(directives), alias=alias)

    def _condition(self) -> DirectiveNode:
        value = BooleanValueNode(value=self.random.random() < 0.5)
        given: ValueNode = value
        if self.random.random() < 0.7:
            name = f"b{self.random.randrange(3)}"
            if name not in self.definitions:
                self._define(name, "Boolean!", value)
            given = VariableNode(name=NameNode(value=name))
        return DirectiveNode(
            name=NameNode(value=self.random.choice(("skip", "include"))),
            arguments=(ArgumentNode(name=NameNode(value="if"), value=given),),
        )

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
        parent = self.types.get_parent_type()
        selections: list[SelectionNode] = list(node.selections)
        if self.random.random() < 0.3:
            selections += self._leaves(parent)
        if self.random.random() < 0.15:
            selections.append(self.random.choice(selections))
        if parent is not None and self.random.random() < 0.3:
            self.random.shuffle(selections)
            cut = self.random.randrange(len(selections))
            selections = [*selections[:cut], self._fragment(parent.name, selections[cut:])]
            if self.random.random() < 0.2:
                selections.append(selections[-1])
        return replace(node, selections=tuple(selections))

    def _leaves(self, parent: GraphQLNamedType | None) -> list[SelectionNode]:
        """Select some more fields of a type that need neither arguments nor a selection."""
        names = ["__typename"]
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            names += [
                name
                for name, each in parent.fields.items()
                if is_leaf_type(get_named_type(each.type)) and not each.args
            ]
        some = self.random.sample(names, self.random.randint(1, min(5, len(names))))
        return [FieldNode(name=NameNode(value=name), directives=()) for name in some]

    def _fragment(self, type_: str, selections: list[SelectionNode]) -> SelectionNode:
        inner = SelectionSetNode(selections=tuple(selections))
        directives = (self._condition(),) if self.random.random() < 0.3 else ()
        on = NamedTypeNode(name=NameNode(value=type_))
        if self.random.random() < 0.5:
            on_ = on if self.random.random() < 0.5 else None
            return InlineFragmentNode(
                type_condition=on_, selection_set=inner, directives=directives
            )
        name = NameNode(value=f"F{len(self.fragments)}")
        self.fragments.append(
            FragmentDefinitionNode(name=name, type_condition=on, selection_set=inner, directives=())
        )
        return FragmentSpreadNode(name=name, directives=directives)


def varied(
    schema: GraphQLSchema, document: DocumentNode, random: Random, one_of: Mapping[str, str]
) -> Variation:
    """Return a variation of a document with one operation.

    Of variables that it has itself, the arguments are left out.

    `one_of` has values for the inputs of which one field only is to be given.
    """
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    roots = operation.selection_set.selections
    some = random.sample(roots, random.randint(1, min(ROOTS_MAX, len(roots))))
    operation = replace(operation, selection_set=SelectionSetNode(selections=tuple(some)))
    types = TypeInfo(schema)
    varier = _Varier(types, random, one_of)
    operation = visit(operation, TypeInfoVisitor(types, varier))
    operation = replace(operation, variable_definitions=tuple(varier.definitions.values()))
    return Variation(
        print_ast(DocumentNode(definitions=(operation, *varier.fragments))), varier.variables
    )
