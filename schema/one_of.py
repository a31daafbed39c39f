"""Inputs of which exactly one field is to be given."""

from graphql import GraphQLInputObjectType, GraphQLSchema


def declare(schema: GraphQLSchema) -> None:
    """Tell graphql-core which inputs these are: it names the one to blame, Strawberry none."""
    for type_ in schema.type_map.values():
        definition = type_.extensions.get("strawberry-definition")
        if isinstance(type_, GraphQLInputObjectType) and definition is not None:
            type_.is_one_of = definition.is_one_of
