"""Planning: an operation becomes a tree of fields, sources and shapes, once for all its runs.

Fields are collected by graphql-core itself, so that merging, order, fragments and type
conditions are exactly its own. A plan holds nothing of a run: it depends on the schema, the
operation, and the values of the variables in `@skip` and `@include`.
"""

from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLOutputType,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import (
    FieldDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from schema.columns.batch import Policy, Relation
from schema.columns.objects import Field, ObjectOf, OneOf, PlainField, Selection
from schema.columns.run import Site
from schema.columns.shape import Leaf, ListOf, Shape
from schema.columns.source import (
    Arguments,
    Attribute,
    Batched,
    Convert,
    Fetched,
    Resolver,
    Source,
    TypeName,
)

PLACES_MAX = 5_000
"""Fields of a plan, each counted wherever it stands: what a plan may take of memory."""


class TooLargeError(Exception):
    """A plan would have too many fields."""


class Planner:
    """Plans one operation."""

    def __init__(self, executor: Executor[Any]) -> None:
        self._executor = executor
        self._strawberry = executor.schema._strawberry_schema  # type: ignore[attr-defined]  # noqa: SLF001
        self._places = 0

    def plan(self) -> Selection:
        """Return the plan.

        Raises:
            TooLargeError: it would have more than `PLACES_MAX` fields.
            GraphQLError: the fields cannot be collected.
        """
        executor = self._executor
        root_type = executor.schema.get_root_type(executor.operation.operation)
        assert root_type is not None
        collected = collect_fields(
            executor.schema,
            executor.fragments,
            executor.variable_values,
            root_type,
            executor.operation,
            executor.hide_suggestions,
        )
        return self._selection(root_type, collected.grouped_field_set)

    def _selection(self, type_: GraphQLObjectType, fields: GroupedFieldSet) -> Selection:
        self._places += len(fields)
        if self._places > PLACES_MAX:
            raise TooLargeError
        return Selection([self._field(type_, key, details) for key, details in fields.items()])

    def _field(self, parent: GraphQLObjectType, key: str, details: list[FieldDetails]) -> Field:
        nodes = [each.node for each in details]
        definition = self._executor.schema.get_field(parent, nodes[0].name.value)
        assert definition is not None, "validation comes first"
        site = Site(key, parent, definition, nodes)
        source, shape = self._source(site, details[0]), self._shape(site, details)
        if isinstance(source, Attribute) and isinstance(shape, Leaf):
            return PlainField(site, source, shape)
        return Field(site, source, shape)

    def _source(self, site: Site, details: FieldDetails) -> Source:
        if details.node.name.value == "__typename":
            return TypeName(site.parent_type.name)
        field = site.definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if isinstance(field, StrawberryField) and self._is_as_declared(field):
            if field.is_basic_field:
                return Attribute(field.python_name)
            relation, policy = field.metadata.get("relation"), field.metadata.get("policy")
            if isinstance(relation, Relation):
                return Batched(relation, Arguments(site, details, self._convert(field)))
            if isinstance(policy, Policy) and policy.load is not None:
                arguments = Arguments(site, details, self._convert(field))
                return Fetched(policy.guard, policy.load, arguments)
        resolve = site.definition.resolve or self._executor.field_resolver
        return Resolver(resolve, Arguments(site, details, _unconverted))

    def _is_as_declared(self, field: StrawberryField) -> bool:
        """Whether Strawberry adds nothing to what the field was declared with."""
        handlers = self._strawberry.schema_converter._get_field_exception_handlers  # noqa: SLF001
        return not (
            field.extensions
            or field.is_subscription
            or handlers(field)
            or self._strawberry.config.default_resolver is not getattr
        )

    def _convert(self, field: StrawberryField) -> Convert:
        """Return Strawberry's way from a field's coerced arguments to those of its function."""
        config = self._strawberry.config
        scalars = self._strawberry.schema_converter.scalar_registry

        def convert(coerced: dict[str, Any]) -> dict[str, Any]:
            return convert_arguments(coerced, field.arguments, scalars, config)

        return convert

    def _shape(self, site: Site, details: list[FieldDetails]) -> Shape:
        return self._shape_of(site.definition.type, site, details)

    def _shape_of(self, type_: GraphQLOutputType, site: Site, details: list[FieldDetails]) -> Shape:
        required = is_non_null_type(type_)
        if is_non_null_type(type_):
            type_ = type_.of_type
        if is_list_type(type_):
            items = self._shape_of(type_.of_type, site, details)
            return ListOf(site, items, required=required)
        if is_leaf_type(type_):
            return Leaf(site, type_, required=required)
        if is_object_type(type_) and not type_.is_type_of:
            return ObjectOf(site, self._subselection(type_, details), required=required)
        assert is_object_type(type_) or is_abstract_type(type_)
        possible = self._possible_types(type_)
        selections = {each: self._subselection(each, details) for each in possible}
        return OneOf(site, type_, details, selections, required=required)

    def _possible_types(
        self, type_: GraphQLObjectType | GraphQLAbstractType
    ) -> list[GraphQLObjectType]:
        if isinstance(type_, GraphQLObjectType):
            return [type_]
        return list(self._executor.schema.get_possible_types(type_))

    def _subselection(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Selection:
        executor = self._executor
        collected = collect_subfields(
            executor.schema,
            executor.fragments,
            executor.variable_values,
            executor.operation,
            type_,
            details,
            executor.hide_suggestions,
        )
        return self._selection(type_, collected.grouped_field_set)


def _unconverted(coerced: dict[str, Any]) -> dict[str, Any]:
    """Leave arguments as they are: the resolvers that Strawberry builds convert them."""
    return coerced
