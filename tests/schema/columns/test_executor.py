"""The executor: what it asks, how it fails, and when it leaves an operation to Strawberry's."""

import asyncio
import gc
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import strawberry
from graphql import get_introspection_query
from graphql.type.directives import GraphQLDisableErrorPropagationDirective
from strawberry.extensions import ParserCache, SchemaExtension
from strawberry.permission import BasePermission, PermissionExtension
from strawberry.schema.config import StrawberryConfig
from typing_extensions import override

from schema.columns import executor, planner
from schema.columns.batch import batched, fetched
from schema.columns.executor import ColumnExecutor
from tests.schema.columns.both import Caller, by_both, by_columns, counted, shown

# --- A small shop ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A product, or a part of one."""

    name: str
    price: Any = 1
    parts: Any = ()

    @property
    def again(self) -> "Row":
        return self


async def parts_of(caller: Caller, rows: Sequence[Row], first: int = 9) -> list[Any]:
    caller.asked.append(("parts", [row.name for row in rows], first))
    if any(row.name == "everything" for row in rows):
        raise LookupError("No parts.")
    return [row.parts if isinstance(row.parts, Exception) else row.parts[:first] for row in rows]


async def stock_of(caller: Caller, names: Sequence[str]) -> list[Any]:
    caller.asked.append(("stock", list(names)))
    return [len(name) for name in names]


async def count_of(caller: Caller, names: Sequence[str]) -> list[Any]:
    found: list[Any] = await caller.loaders.of(stock_of).load_many(names)
    return found


async def short_of(_: Caller, __: Sequence[Row]) -> list[Any]:
    return []


def name_of(row: Row) -> str:
    if row.name == "nameless":
        raise KeyError("It has no name.")
    return row.name


class Staff(BasePermission):
    message: str | None = "Staff only."

    @override
    def has_permission(self, source: Any, info: Any, **_: Any) -> bool:
        return bool(info.context.name == "staff")


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Product(Named):
    price: int
    again: "Product"
    price_or_null: int | None = strawberry.field(name="priceOrNull", resolver=lambda: None)
    parts: list["Product"] = batched(parts_of, description=".", arguments={"first": "."})
    parts_or_null: list["Product"] | None = batched(
        parts_of, description=".", arguments={"first": "."}
    )
    parts_with_nulls: list["Product | None"] | None = batched(
        parts_of, description=".", arguments={"first": "."}
    )
    stock: int | None = batched(stock_of, key=name_of, description=".")
    count: int | None = batched(count_of, key=name_of, description=".")
    short: int | None = batched(short_of, description=".")

    @strawberry.field
    def where(self, info: strawberry.Info[Any, Any]) -> str:
        return f"{self.name} {info.path.as_list()}"

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return isinstance(value, Row)


@strawberry.type
class Service(Named):
    hours: int = 1


@strawberry.type
class Box:
    parts: list[Product] = batched(parts_of, description=".", arguments={"first": "."})


@strawberry.type
class Missing:
    why: str = "gone"


Anything = Annotated[Product | Service | Missing, strawberry.union("Anything")]
SHELF = [Row("a", 1, (Row("aa"), Row("ab"))), Row("b", 2, (Row("ba"),)), Row("c", 3)]


def refuse(caller: Caller) -> None:
    caller.asked.append("guard")
    if caller.name == "nobody":
        raise PermissionError("Not you.")


async def all_rows(caller: Caller, first: int = 9) -> list[Any]:
    caller.asked.append(("all", first))
    return list(SHELF[:first])


def given(rows: Any) -> Any:
    """A root field that gives what it is told."""
    return strawberry.field(resolver=lambda: rows)


def watched(field: Any) -> Any:
    """Let only staff have a field, by an extension of Strawberry's."""
    field.extensions = [*field.extensions, PermissionExtension([Staff()], use_directives=False)]
    return field


@strawberry.type
class Query:
    all: list[Product] = fetched(all_rows, guard=refuse, description=".", arguments={"first": "."})
    all_or_null: list[Product] | None = fetched(
        all_rows, guard=refuse, description=".", arguments={"first": "."}
    )

    @strawberry.field(permission_classes=[Staff])
    def secret(self) -> str | None:
        return "cream"

    boxes: list[Box | None] = given([None])
    watched: list[Product] | None = watched(
        fetched(all_rows, guard=refuse, description=".", arguments={"first": "."})
    )

    @strawberry.field
    async def place(self, info: strawberry.Info[Any, Any], to: str = "x") -> str:
        await asyncio.sleep(0)
        return f"{info.path.as_list()} {info.field_name} {to} {info.context.name}"

    @strawberry.field
    def anything(self) -> list[Anything]:
        return [Service(name="s"), Missing(), Row("r", 2), Service(name="t", hours=2)]  # type: ignore[list-item]

    @strawberry.field
    def named(self) -> list[Named | None]:
        return [Service(name="s"), Row("r"), None]  # type: ignore[list-item]


# --- What is asked --------------------------------------------------------------------------


async def test_a_batch_function_is_called_once_per_place_with_all_parents() -> None:
    found = await by_both(Query, "{ all { name parts { name parts { name } } } }")
    assert found.errors == []
    assert found.data["all"][0] == {
        "name": "a",
        "parts": [{"name": "aa", "parts": []}, {"name": "ab", "parts": []}],
    }
    assert found.asked == [
        "guard",
        ("all", 9),
        ("parts", ["a", "b", "c"], 9),
        ("parts", ["aa", "ab", "ba"], 9),
    ]


async def test_two_places_are_two_calls_with_their_own_arguments() -> None:
    document = """query ($n: Int = 2) { all(first: $n) {
        one: parts(first: 1) { name } some: parts(first: $n) { name } } }"""
    found = await by_both(Query, document, {"n": 1})
    assert found.data == {"all": [{"one": [{"name": "aa"}], "some": [{"name": "aa"}]}]}
    assert found.asked == ["guard", ("all", 1), ("parts", ["a"], 1), ("parts", ["a"], 1)]
    found = await by_both(Query, document)
    assert found.asked[1:] == [("all", 2), ("parts", ["a", "b"], 1), ("parts", ["a", "b"], 2)]


async def test_what_is_not_asked_for_is_not_loaded() -> None:
    document = """query ($no: Boolean!) { all { name parts @skip(if: $no) { name } stock } }"""
    built = strawberry.Schema(Query, execution_context_class=ColumnExecutor)
    for no in (True, False, True):
        caller = Caller()
        result = await built.execute(document, {"no": no}, context_value=caller)
        assert result.errors is None
        assert ("parts" in result.data["all"][0]) is not no  # type: ignore[index]
        assert len(caller.asked) == (3 if no else 4)


async def test_places_at_different_depths_share_a_loaders_batch() -> None:
    found = await by_both(
        Query,
        """{ one: all { count } two: all(first: 2) { again { again { count name } count } }
             three: all(first: 1) { again { again { again { count stock } stock } } } }""",
    )
    assert found.asked[6:] == [
        ("stock", ["a"]),
        ("stock", ["a"]),
        ("stock", ["a", "b", "c"]),
    ], "stock twice, and count of all at once"


async def test_of_no_parents_nothing_is_asked() -> None:
    found = await by_both(Query, "{ all(first: 0) { parts { name } } boxes { parts { name } } }")
    assert found.data == {"all": [], "boxes": [None]}
    assert found.asked == ["guard", ("all", 0)]


async def test_a_guard_is_asked_before_anything_is_loaded() -> None:
    found = await by_both(Query, "{ allOrNull { name } }", caller="nobody")
    assert found.data == {"allOrNull": None}
    assert found.errors == [("allOrNull", "Not you.")]
    assert found.asked == ["guard"]


@pytest.mark.parametrize(
    ("caller", "data", "errors", "asked"),
    [
        ("staff", {"secret": "cream", "watched": [{"name": "a"}]}, [], ["guard", ("all", 1)]),
        (
            "anna",
            {"secret": None, "watched": None},
            [("secret", "Staff only."), ("watched", "Staff only.")],
            [],
        ),
    ],
)
async def test_permissions_of_strawberry_are_asked(
    caller: str, data: Any, errors: list[Any], asked: list[Any]
) -> None:
    found = await by_both(Query, "{ secret watched(first: 1) { name } }", caller=caller)
    assert (found.data, found.errors, found.asked) == (data, errors, asked)


async def test_a_resolver_is_told_where_it_stands() -> None:
    found = await by_both(Query, '{ place there: place(to: "y") }')
    assert found.data == {
        "place": "['place'] place x anna",
        "there": "['there'] place y anna",
    }
    found = await by_both(Query, "{ all { some: parts { where } } }")
    assert found.data["all"][1] == {"some": [{"where": "ba ['all', 1, 'some', 0, 'where']"}]}


# --- Selections -----------------------------------------------------------------------------


async def test_fields_are_merged_in_the_order_of_the_document() -> None:
    found = await by_both(
        Query,
        """{ all(first: 1) { name ...P parts { n: name } } all(first: 1) { __typename name } }
           fragment P on Product { price parts { name } ... on Named { name } }""",
    )
    assert list(found.data["all"][0]) == ["name", "price", "parts", "__typename"]
    assert found.data["all"][0]["parts"][0] == {"name": "aa", "n": "aa"}


async def test_each_type_of_a_union_has_its_own_selection() -> None:
    found = await by_both(
        Query,
        """{ anything { __typename ... on Named { name } ... on Service { hours }
             ... on Product { parts { name } } ... on Missing { because: why why } } }""",
    )
    assert found.data["anything"] == [
        {"__typename": "Service", "name": "s", "hours": 1},
        {"__typename": "Missing", "because": "gone", "why": "gone"},
        {"__typename": "Product", "name": "r", "parts": []},
        {"__typename": "Service", "name": "t", "hours": 2},
    ]


async def test_types_of_an_interface() -> None:
    found = await by_both(Query, "{ named { __typename name } }")
    assert [each and each["__typename"] for each in found.data["named"]] == [
        "Service",
        "Product",
        None,
    ]


async def test_nothing_selected_is_an_empty_object() -> None:
    found = await by_both(Query, "{ all(first: 2) { name @skip(if: true) } }")
    assert found.data == {"all": [{}, {}]}


# --- Errors ---------------------------------------------------------------------------------


def shelf(rows: list[Any]) -> type:
    """Return a query type whose rows these are."""
    resolver = given(rows)

    @strawberry.type
    class Shelf:
        rows: list[Product | None] = resolver

    return Shelf


LOST = ValueError("Lost.")
BAD = Row("bad", "dear")
"""Its price is no integer."""


@pytest.mark.parametrize(
    ("rows", "selection", "data", "errors"),
    [
        pytest.param(
            [Row("a", parts=LOST), Row("b", parts=(Row("ba"),))],
            "partsOrNull { name }",
            [{"partsOrNull": None}, {"partsOrNull": [{"name": "ba"}]}],
            [("rows.0.partsOrNull", "Lost.")],
            id="a_value_is_the_error_of_its_parent",
        ),
        pytest.param(
            [Row("a", parts=LOST), Row("b")],
            "parts { name }",
            [None, {"parts": []}],
            [("rows.0.parts", "Lost.")],
            id="up_to_the_item",
        ),
        pytest.param(
            [Row("a", parts=(Row("aa"), LOST, None)), Row("b")],
            "partsOrNull { name }",
            [{"partsOrNull": None}, {"partsOrNull": []}],
            [("rows.0.partsOrNull.1", "Lost.")],
            id="an_item_takes_its_list_down",
        ),
        pytest.param(
            [Row("a", parts=(Row("aa"), None)), Row("b")],
            "partsOrNull { name }",
            [{"partsOrNull": None}, {"partsOrNull": []}],
            [
                (
                    "rows.0.partsOrNull.1",
                    "Cannot return null for non-nullable field Product.partsOrNull.",
                )
            ],
            id="a_null_among_items",
        ),
        pytest.param(
            [Row("a", parts=(Row("aa"), LOST, None, BAD))],
            "partsWithNulls { price }",
            [{"partsWithNulls": [{"price": 1}, None, None, None]}],
            [
                ("rows.0.partsWithNulls.1", "Lost."),
                (
                    "rows.0.partsWithNulls.3.price",
                    "Int cannot represent non-integer value: 'dear'",
                ),
            ],
            id="items_may_be_null",
        ),
        pytest.param(
            [Row("a", parts=(Row("aa"), Row("ab"))), Row("b", parts=(Row("ba"), LOST))],
            "partsWithNulls { name }",
            [
                {"partsWithNulls": [{"name": "aa"}, {"name": "ab"}]},
                {"partsWithNulls": [{"name": "ba"}, None]},
            ],
            [("rows.1.partsWithNulls.1", "Lost.")],
            id="an_item_of_the_second_list",
        ),
        pytest.param(
            [Row("a", 2**31), Row("b", 2**31 - 1)],
            "price",
            [None, {"price": 2**31 - 1}],
            [
                (
                    "rows.0.price",
                    "Int cannot represent non 32-bit signed integer value: 2147483648",
                )
            ],
            id="int_too_large",
        ),
        pytest.param(
            [Row("everything"), Row("b")],
            "partsOrNull { name }",
            [{"partsOrNull": None}, {"partsOrNull": None}],
            [("rows.0.partsOrNull", "No parts."), ("rows.1.partsOrNull", "No parts.")],
            id="the_whole_batch",
        ),
        pytest.param(
            [Row("a"), Row("nameless"), Row("ccc")],
            "stock",
            [{"stock": 1}, {"stock": None}, {"stock": 3}],
            [("rows.1.stock", "'It has no name.'")],
            id="a_parent_without_key",
        ),
        pytest.param(
            [Row("a"), object()],
            "name",
            [{"name": "a"}, None],
            [("rows.1", "")],
            id="an_object_of_another_type",
        ),
        pytest.param(
            [Row("a", parts=5)],
            "name",
            [{"name": "a"}],
            [],
            id="what_is_wrong_is_not_asked_for",
        ),
    ],
)
async def test_errors_stay_where_they_are_or_rise(
    rows: list[Any], selection: str, data: Any, errors: list[tuple[str, str]]
) -> None:
    found = await by_both(shelf(rows), f"{{ rows {{ {selection} }} }}")
    assert found.data == {"rows": data}
    assert [path for path, _ in found.errors] == [path for path, _ in errors]
    for (_, message), (_, expected) in zip(found.errors, errors, strict=True):
        assert message.startswith(expected)


async def test_where_nothing_may_be_null_the_data_is() -> None:
    @strawberry.type
    class Shelf:
        rows: list[Product] = given([Row("a"), BAD])

    found = await by_both(Shelf, "{ rows { price } }")
    assert found.data is None
    assert [path for path, _ in found.errors] == ["rows.1.price"]


async def test_what_is_no_list_is_an_error() -> None:
    @strawberry.type
    class Shelf:
        rows: list[Product] | None = given(5)

    found = await by_both(Shelf, "{ rows { price } }")
    message = "Expected Iterable, but did not find one for field 'Shelf.rows'."
    assert found.errors == [("rows", message)]


async def test_any_iterable_is_a_list() -> None:
    def generated() -> Iterator[Row]:
        yield Row("a")
        yield Row("b")

    @strawberry.type
    class Shelf:
        rows: list[Product] = strawberry.field(resolver=generated)  # type: ignore[assignment]

    assert (await by_both(Shelf, "{ rows { name } }")).data == {
        "rows": [{"name": "a"}, {"name": "b"}]
    }


async def test_a_null_that_went_down_with_its_object_is_not_reported() -> None:
    rows = [Row("a", "dear", LOST), Row("b", 1, LOST)]
    found = await by_columns(shelf(rows), "{ rows { partsOrNull { name } price } }")
    assert found.data == {"rows": [None, {"partsOrNull": None, "price": 1}]}
    assert [path for path, _ in found.errors] == ["rows.0.price", "rows.1.partsOrNull"]


async def test_an_object_fails_with_the_first_of_its_fields() -> None:
    found = await by_columns(shelf([Row("a", "dear", LOST)]), "{ rows { parts { name } price } }")
    assert found.errors == [("rows.0.parts", "Lost.")]


async def test_a_batch_function_that_gives_too_little_fails() -> None:
    @strawberry.type
    class Shelf:
        rows: list[Product] = given([Row("a"), Row("b")])

    found = await by_columns(Shelf, "{ rows { short } }")
    assert found.data == {"rows": [{"short": None}, {"short": None}]}
    message = "short_of gave 0 values for 2 keys."
    assert found.errors == [("rows.0.short", message), ("rows.1.short", message)]


async def test_without_any_key_nothing_is_loaded() -> None:
    @strawberry.type
    class Shelf:
        rows: list[Product] = given([Row("nameless")])

    found = await by_both(Shelf, "{ rows { stock } }")
    assert (found.data, found.asked) == ({"rows": [{"stock": None}]}, [])


async def test_an_argument_that_cannot_be_had_is_the_fields_error() -> None:
    document = "query ($n: Int = 1) { all(first: 2) { partsOrNull(first: $n) { name } } }"
    found = await by_both(Query, document, {"n": None})
    assert [path for path, _ in found.errors] == ["all.0.partsOrNull", "all.1.partsOrNull"]
    assert found.asked == ["guard", ("all", 2)]


class GoneHandler:
    exception_type = LookupError
    error_type = Missing

    def handle(self, exception: LookupError, *, field: Any, info: Any) -> Missing:
        return Missing(why=f"{exception} {field.python_name} {info.context.name}")


async def test_an_exception_becomes_a_member_of_the_union() -> None:
    async def gone(_: Caller) -> Any:
        raise LookupError("Gone:")

    async def each_gone(_: Caller, keys: Sequence[Any]) -> list[Any]:
        return [LookupError("Gone:") for _ in keys]

    @strawberry.type
    class Holder:
        held: Anything = batched(each_gone, description=".")

    @strawberry.type
    class Shelf:
        fetched: Anything = fetched(gone, guard=refuse, description=".")
        holders: list[Holder] = given([1, 2])

    found = await by_both(
        Shelf,
        "{ fetched { ...M } holders { held { ...M } } } fragment M on Missing { why }",
        exception_handlers=[GoneHandler()],
    )
    assert found.data == {
        "fetched": {"why": "Gone: fetched anna"},
        "holders": [{"held": {"why": "Gone: held anna"}}] * 2,
    }


async def test_our_own_mistake_is_told_at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("schema.columns.objects.Selection.objects", broken)
    built = strawberry.Schema(Query, execution_context_class=ColumnExecutor)
    result = await built.execute("{ all { name } }", context_value=Caller())
    assert result.data is None
    assert [error.path for error in result.errors or ()] == [["all"]]


# --- Mutations and subscriptions ------------------------------------------------------------


async def note(caller: Caller, text: str) -> str:
    caller.asked.append(f"begin {text}")
    await asyncio.sleep(0)
    caller.asked.append(f"end {text}")
    if text == "bad":
        raise ValueError("Not this.")
    return text


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def note(self, info: strawberry.Info[Any, Any], text: str) -> str:
        return await note(info.context, text)

    @strawberry.mutation
    async def try_note(self, info: strawberry.Info[Any, Any], text: str) -> str | None:
        return await note(info.context, text)


async def test_root_fields_of_a_mutation_run_one_after_the_other() -> None:
    found = await by_both(
        Query, 'mutation { a: note(text: "a") b: note(text: "b") }', mutation=Mutation
    )
    assert found.data == {"a": "a", "b": "b"}
    assert found.asked == ["begin a", "end a", "begin b", "end b"]


async def test_after_one_that_fails_no_more_are_run() -> None:
    found = await by_both(
        Query,
        'mutation { a: note(text: "a") b: note(text: "bad") c: note(text: "c") }',
        mutation=Mutation,
    )
    assert found.data is None
    assert found.errors == [("b", "Not this.")]
    assert found.asked == ["begin a", "end a", "begin bad", "end bad"]


async def test_after_one_that_may_be_null_more_are_run() -> None:
    found = await by_both(
        Query,
        'mutation { tryNote(text: "bad") c: tryNote(text: "c") }',
        mutation=Mutation,
    )
    assert found.data == {"tryNote": None, "c": "c"}
    assert found.errors == [("tryNote", "Not this.")]


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def rows(self) -> AsyncIterator[Product]:
        for row in SHELF[:2]:
            yield row  # type: ignore[misc]


async def test_each_event_of_a_subscription_is_run() -> None:
    built = strawberry.Schema(
        Query, subscription=Subscription, execution_context_class=ColumnExecutor
    )
    caller = Caller()
    with counted(columns=2):
        stream = await built.subscribe(
            "subscription { rows { name parts { name } } }", context_value=caller
        )
        events = [event.data async for event in stream]
    assert events == [
        {"rows": {"name": "a", "parts": [{"name": "aa"}, {"name": "ab"}]}},
        {"rows": {"name": "b", "parts": [{"name": "ba"}]}},
    ]
    assert caller.asked == [("parts", ["a"], 9), ("parts", ["b"], 9)]


# --- Cancelling -----------------------------------------------------------------------------


async def test_a_deadline_cancels_all_batches_and_waits_for_them() -> None:
    told: list[str] = []

    async def for_ever(_: Caller, __: Sequence[Row]) -> list[int]:
        try:
            await asyncio.Event().wait()
        finally:
            told.append("cancelled")
            await asyncio.sleep(0)
            told.append("cleaned up")
        return []

    @strawberry.type
    class Thing:
        name: str
        one: int = batched(for_ever, description=".")
        two: int = batched(for_ever, description=".")

    @strawberry.type
    class Wrapped:
        things: list[Thing]

    @strawberry.type
    class Shelf:
        rows: list[Thing] = given([Row("a")])
        wrapped: Wrapped = given(Wrapped(things=[Row("b")]))  # type: ignore[list-item]

    built = strawberry.Schema(Shelf, execution_context_class=ColumnExecutor)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await built.execute(
                "{ rows { one two } wrapped { things { one two } } }", context_value=Caller()
            )
    assert sorted(told) == ["cancelled"] * 4 + ["cleaned up"] * 4


async def test_a_deadline_leaves_nothing_that_was_asked_for_at_once() -> None:
    asked: list[asyncio.Future[list[int]]] = []

    def at_once(_: Caller, __: Sequence[Row]) -> Awaitable[list[int]]:
        asked.append(asyncio.get_running_loop().create_future())
        return asked[-1]

    @strawberry.type
    class Thing:
        one: int = batched(at_once, description=".")
        two: int = batched(at_once, description=".")

    @strawberry.type
    class Shelf:
        rows: list[Thing] = given([Row("a")])

    built = strawberry.Schema(Shelf, execution_context_class=ColumnExecutor)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await built.execute("{ rows { one two } }", context_value=Caller())
    gc.collect()  # a coroutine that nobody awaited would be told of, and fail the test
    assert [each.cancelled() for each in asked] == [True, False]


async def test_what_is_asked_for_at_once_is_awaited_in_turn() -> None:
    def at_once(_: Caller, rows: Sequence[Row]) -> Awaitable[list[int]]:
        found: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        found.set_result([len(row.name) for row in rows])
        return found

    def now(_: Caller, rows: Sequence[Row]) -> list[Any]:
        return [LookupError("No.") if row.name == "bb" else 0 for row in rows]

    def refused(_: Caller, __: Sequence[Row]) -> list[int]:
        raise LookupError("Nothing.")

    @strawberry.type
    class Thing:
        one: int = batched(at_once, description=".")
        two: int | None = batched(now, description=".")
        three: int | None = batched(refused, description=".")

    @strawberry.type
    class Shelf:
        rows: list[Thing] = given([Row("a"), Row("bb")])

    found = await by_both(Shelf, "{ rows { one two three } }")
    assert found.data == {
        "rows": [{"one": 1, "two": 0, "three": None}, {"one": 2, "two": None, "three": None}]
    }
    assert found.errors == [
        ("rows.0.three", "Nothing."),
        ("rows.1.three", "Nothing."),
        ("rows.1.two", "No."),
    ]


# --- What Strawberry's executor runs --------------------------------------------------------


class Watching(SchemaExtension):
    @override
    def resolve(self, _next: Any, root: Any, info: Any, *args: str, **kwargs: Any) -> Any:
        return _next(root, info, *args, **kwargs)


async def test_a_schema_that_watches_resolvers_is_left_to_strawberry() -> None:
    built = strawberry.Schema(Query, execution_context_class=ColumnExecutor, extensions=[Watching])
    with counted(fallbacks=1):
        result = await built.execute("{ all { name } }", context_value=Caller())
    assert result.data == {"all": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}


@pytest.mark.parametrize(
    "document",
    [
        "{ all { name ... @defer { price } } }",
        "{ all { name ... { ...F @defer } } } fragment F on Product { price }",
        "{ all { ...F } } fragment F on Product { name ... @defer { price } }",
    ],
)
async def test_other_directives_are_left_to_strawberry(document: str) -> None:
    built = strawberry.Schema(
        Query,
        execution_context_class=ColumnExecutor,
        config=StrawberryConfig(enable_experimental_incremental_execution=True),
    )
    with counted(fallbacks=1):
        result: Any = await built.execute(document, context_value=Caller())
    assert result.initial_result.data["all"][0] == {"name": "a"}


async def test_a_directive_of_the_operation_is_left_to_strawberry() -> None:
    built = strawberry.Schema(Query, execution_context_class=ColumnExecutor)
    off = GraphQLDisableErrorPropagationDirective
    built._schema.directives += (off,)  # noqa: SLF001
    with counted(fallbacks=1):
        result = await built.execute(
            f"query @{off.name} {{ all {{ short name }} }}", context_value=Caller()
        )
    assert result.data is not None


async def test_a_condition_that_cannot_be_had_is_left_to_strawberry() -> None:
    built = strawberry.Schema(Query, execution_context_class=ColumnExecutor)
    document = "query ($on: Boolean = true) { all { name @include(if: $on) } }"
    for given_, counts in (({}, {"columns": 1}), ({"on": None}, {"fallbacks": 1})):
        with counted(**counts):
            result = await built.execute(document, given_, context_value=Caller())
        assert bool(result.errors) is bool(given_)


def test_without_a_loop_strawberry_runs_it() -> None:
    @strawberry.type
    class Shelf:
        rows: list[Service] = given([Service(name="a")])

    built = strawberry.Schema(Shelf, execution_context_class=ColumnExecutor)
    with counted(fallbacks=1):
        assert built.execute_sync("{ rows { name } }").data == {"rows": [{"name": "a"}]}


@pytest.mark.parametrize(("places_max", "counts"), [(4, {"columns": 1}), (3, {"fallbacks": 1})])
async def test_what_is_too_large_to_plan_is_left_to_strawberry(
    monkeypatch: pytest.MonkeyPatch, places_max: int, counts: dict[str, int]
) -> None:
    monkeypatch.setattr(planner, "PLACES_MAX", places_max)
    built = strawberry.Schema(Query, execution_context_class=ColumnExecutor)
    caller = Caller()
    with counted(**counts):
        result = await built.execute("{ all { name parts { name } } }", context_value=caller)
    assert shown(result.errors) == []
    assert caller.asked[:2] == ["guard", ("all", 9)]


async def test_introspection_gives_the_same() -> None:
    found = await by_both(Query, get_introspection_query(), mutation=Mutation)
    assert found.errors == []
    found = await by_both(Query, '{ __type(name: "Product") { name fields { name } } }')
    assert found.data["__type"]["fields"][0] == {"name": "name"}


# --- Plans ----------------------------------------------------------------------------------


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations planned so far."""
    names: list[str] = []
    plan = planner.Planner.plan

    def noted(self: Any) -> Any:
        names.append(self._executor.operation.name.value)
        return plan(self)

    monkeypatch.setattr(planner.Planner, "plan", noted)
    return names


async def test_an_operation_is_planned_once_for_each_value_of_its_conditions(
    planned: list[str],
) -> None:
    built = strawberry.Schema(
        Query, execution_context_class=ColumnExecutor, extensions=[ParserCache]
    )
    document = """query Once($a: Boolean!, $n: Int) {
        all(first: $n) { name @skip(if: $a) ...F } } fragment F on Product { price }"""
    for a, n in ((True, 1), (True, 2), (False, 1), (True, 3), (False, 2)):
        result = await built.execute(document, {"a": a, "n": n}, context_value=Caller())
        assert result.data is not None
        assert len(result.data["all"]) == n
    assert planned == ["Once", "Once"]


@pytest.mark.parametrize(("kept", "plans"), [(2, 2), (1, 4)])
async def test_few_plans_of_an_operation_are_kept(
    monkeypatch: pytest.MonkeyPatch, planned: list[str], kept: int, plans: int
) -> None:
    monkeypatch.setattr(executor, "PLANS_MAX", kept)
    built = strawberry.Schema(
        Query, execution_context_class=ColumnExecutor, extensions=[ParserCache]
    )
    document = f"query Kept{kept}($a: Boolean!) {{ all {{ name price @skip(if: $a) }} }}"
    for a in (True, False, True, False):
        await built.execute(document, {"a": a}, context_value=Caller())
    assert len(planned) == plans


@pytest.mark.parametrize(("kept", "plans"), [(2, 2), (1, 4)])
async def test_plans_of_few_operations_are_kept(
    monkeypatch: pytest.MonkeyPatch, planned: list[str], kept: int, plans: int
) -> None:
    monkeypatch.setattr(executor, "OPERATIONS_MAX", kept)
    monkeypatch.setattr(executor, "_KNOWN", OrderedDict())
    built = strawberry.Schema(
        Query, execution_context_class=ColumnExecutor, extensions=[ParserCache]
    )
    for name in ("One", "Two", "One", "Two"):
        document = f"query {name} {{ all(first: {kept}) {{ name }} }}"
        await built.execute(document, context_value=Caller())
    assert len(planned) == plans
