"""Objects: the fields selected of them, column by column, and their types where they vary."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from graphql import GraphQLAbstractType, GraphQLError, GraphQLObjectType, is_abstract_type
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import inspect
from typing_extensions import override

from schema.columns.run import (
    Column,
    Failure,
    Place,
    Run,
    Site,
    SomePlace,
    Started,
    laid_out,
    together,
)
from schema.columns.shape import Leaf, Shape
from schema.columns.source import Attribute, Source


class Field:
    """A field: its source, then its shape."""

    def __init__(self, site: Site, source: Source, shape: Shape) -> None:
        self.key = site.key
        self.site = site
        self._source = source
        self._shape = shape

    def start(self, run: Run, parents: Sequence[Any], above: Place | None) -> Started:
        """Ask for the values of all parents, and go on with those that are there."""
        place = Place(above, self.site)
        values = self._source.ask(run, parents, place)
        if isinstance(values, list):
            return self._shape.start(run, values, place)
        return run.wait(values, lambda found: self._shape.start(run, found, place))


class PlainField(Field):
    """An attribute that is a leaf: mostly nothing is the matter with any of its values."""

    def __init__(self, site: Site, source: Attribute, shape: Leaf) -> None:
        super().__init__(site, source, shape)
        self._get = source.get
        self._serialise = shape.serialise

    @override
    def start(self, run: Run, parents: Sequence[Any], above: Place | None) -> Started:
        """Read and serialise a whole column at once; as any other field if that cannot be."""
        try:
            done = self._serialise(list(map(self._get, parents)))
        except Exception:  # noqa: BLE001 (row by row finds out whose it is)
            done = None
        return super().start(run, parents, above) if done is None else Column(done)


class Selection:
    """The fields selected of objects of one type."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = fields
        self._objects = _template([field.key for field in fields])

    def start(self, run: Run, parents: Sequence[Any], above: Place | None) -> Started:
        """Make an object of each parent; it fails with the first of its fields that does."""
        if not parents:
            return Column([])
        run.objects += len(parents) if self.fields else 0
        started = [field.start(run, parents, above) for field in self.fields]
        return together(started, lambda columns: self.objects(columns, len(parents)))

    def objects(self, columns: Sequence[Column], size: int) -> Column:
        """Put the columns of the fields, in their order, together row by row."""
        if not columns:
            return Column([{} for _ in range(size)])
        objects = self._objects(zip(*(column.values for column in columns), strict=True))
        failures: dict[int, Failure] = {}
        for column in columns:
            for row, failure in column.failures.items():
                failures.setdefault(row, failure)
                objects[row] = None
        return Column(objects, failures)


def _template(keys: Sequence[str]) -> Callable[[Any], list[Any]]:
    """Return what makes an object of each row of values; twice as fast as any generic way.

    The one place where source is generated. Keys are names of GraphQL: letters, digits and _.
    """
    names = "".join(f"v{n}, " for n in range(len(keys)))
    items = ", ".join(f"{key!r}: v{n}" for n, key in enumerate(keys))
    source = f"lambda rows: [{{{items}}} for {names or '_'} in rows]"
    return cast(Callable[[Any], list[Any]], eval(source, {}))  # noqa: S307


class ObjectOf(Shape):
    """Objects of one type."""

    def __init__(self, site: Site, selection: Selection, *, required: bool) -> None:
        super().__init__(site, required=required)
        self._selection = selection

    @override
    def _start(self, run: Run, values: list[Any], place: Place) -> Started:
        return self._selection.start(run, values, place)


class OneOf(Shape):
    """Objects each of which says of which type it is: of an interface, of a union, or at all."""

    def __init__(
        self,
        site: Site,
        type_: GraphQLAbstractType | GraphQLObjectType,
        details: list[FieldDetails],
        selections: dict[GraphQLObjectType, Selection],
        *,
        required: bool,
    ) -> None:
        super().__init__(site, required=required)
        self._type = type_
        self._details = details
        self._selections = selections

    @override
    def _start(self, run: Run, values: list[Any], place: Place) -> Started:
        rows: dict[GraphQLObjectType, list[int]] = {}
        failures = {}
        for row, value in enumerate(values):
            try:
                rows.setdefault(self._type_of(run, value, place, row), []).append(row)
            except Exception as error:  # noqa: BLE001 (a value)
                failures[row] = Failure(error, place, row)
        started = [
            self._selections[type_].start(
                run, [values[row] for row in some], SomePlace(place, some)
            )
            for type_, some in rows.items()
        ]
        return together(
            started,
            lambda columns: laid_out(
                zip(rows.values(), columns, strict=True), len(values), failures
            ),
        )

    def _type_of(self, run: Run, value: Any, place: Place, row: int) -> GraphQLObjectType:
        info = run.info(place, row)
        type_ = self._type
        if is_abstract_type(type_):
            resolve = type_.resolve_type or run.executor.type_resolver
            name = resolve(value, info, type_)
            type_ = run.executor.ensure_valid_runtime_type(name, type_, self._details, info, value)
        assert isinstance(type_, GraphQLObjectType)
        if type_.is_type_of and not type_.is_type_of(value, info):
            raise GraphQLError(
                f"Expected value of type '{type_}' but got: {inspect(value)}.", self.site.nodes
            )
        return type_
