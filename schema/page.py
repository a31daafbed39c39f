"""Connections: pages of lists with cursors."""

from typing import Generic, TypeVar

import strawberry

T = TypeVar("T")


@strawberry.type(description="Where a page begins and ends, and whether the list goes on.")
class PageInfo:
    has_previous_page: bool = strawberry.field(description="Whether entries precede the page.")
    has_next_page: bool = strawberry.field(description="Whether entries follow the page.")
    start_cursor: str | None = strawberry.field(description="The first entry's cursor.")
    end_cursor: str | None = strawberry.field(description="The last entry's cursor.")


@strawberry.type(description="An entry of a page.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Names the entry's place: pass it as after.")
    node: T = strawberry.field(description="The entry.")


@strawberry.type(description="A page of a list: up to 100 entries, 20 unless asked otherwise.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The entries with their cursors.")
    nodes: list[T] = strawberry.field(description="The entries alone.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
