"""Laws of the house, each of which a careless change would break in silence."""

import ast as python_ast
import inspect
import json
import re
from collections.abc import Awaitable, Iterator, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pglast
import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    parse,
    validate,
)
from pglast.enums import A_Expr_Kind, BoolExprType, ConstrType, JoinType
from pglast.visitors import Visitor
from typing_extensions import override

import billing.allowance
import billing.carrier
import billing.commitment
import billing.conversation
import billing.cost
import billing.cycle
import billing.grant
import billing.plan
import billing.preview
import billing.reversal
import billing.scheduled
import billing.send
import billing.series
import billing.setting
import billing.snapshot
import billing.terms
import billing.webhook
import resolvers.outbox
import resolvers.page
import schema.account
import schema.allowance
import schema.carrier
import schema.conversation
import schema.cycle
import schema.grant
import schema.ledger
import schema.meter
import schema.outbox
import schema.page
import schema.plan
import schema.preview
import schema.reversal
import schema.send
import schema.series
import schema.setting
from billing.account import AccountAt
from billing.event import Event
from db import erasure, queries, roles
from db.pool import Pool, acquire
from edge import cloudevent
from edge.settings import Settings
from resolvers import access
from resolvers.context import Context
from schema import root
from schema.columns.batch import Policy, Relation
from schema.scalars import Money, Quantity

ast: Any = pglast.ast
"""Its nodes say little about their members' types."""

ROOT = Path(__file__).parents[1]
NOUNS = sorted(path.stem for path in queries.SQL.glob("*.sql"))
QUERIES = {f"{noun}.{name}": sql for noun in NOUNS for name, sql in queries.load(noun).items()}
MIGRATIONS = sorted((ROOT / "db" / "migrations").glob("*.sql"))
SDL: GraphQLSchema = root.build()._schema  # noqa: SLF001 (graphql-core's own is behind it)

REFERENCE_TABLES = {"price_list", "service_key"}
"""Shared by all accounts."""

LOCAL_TABLES = {"outbox"}
"""Queues that are claimed across accounts; every other table is a tenant's."""

SHARED_TABLES = REFERENCE_TABLES | LOCAL_TABLES

OPERATOR_QUERIES = {"account.page_ids", "deployment.settings"}
"""Queries over all accounts, or over none, which only operators and jobs cause."""

# --- The SDL --------------------------------------------------------------------------------


def test_the_committed_sdl_is_the_one_that_is_served() -> None:
    committed = (ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8")
    assert committed == root.build().as_str() + "\n"


def _elements() -> Iterator[tuple[str, str | None]]:
    builtin = {"String", "Int", "Float", "Boolean", "ID"}
    for name, type_ in SDL.type_map.items():
        if name.startswith("__") or name in builtin:
            continue
        yield name, type_.description
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in type_.fields.items():
                yield f"{name}.{field_name}", field.description
                for argument_name, argument in field.args.items():
                    yield f"{name}.{field_name}({argument_name})", argument.description
        if isinstance(type_, GraphQLInputObjectType):
            for field_name, input_field in type_.fields.items():
                yield f"{name}.{field_name}", input_field.description
        if isinstance(type_, GraphQLEnumType):
            for value_name, value in type_.values.items():
                yield f"{name}.{value_name}", value.description


def test_every_element_of_the_sdl_is_described_in_a_sentence() -> None:
    described = dict(_elements())
    assert len(described) > 200
    assert [name for name, text in described.items() if not text or len(text) < 5] == []
    assert [name for name, text in described.items() if text and text[-1] not in '."'] == []


# --- The schema and what stands behind it ---------------------------------------------------

PAIRS: dict[type, type] = {
    schema.account.Account: AccountAt,
    schema.account.ScheduledTerms: billing.terms.Terms,
    schema.allowance.SendAllowance: billing.allowance.SendAllowance,
    schema.ledger.CommitmentChange: billing.commitment.LedgerEntry,
    schema.meter.CycleSnapshot: billing.snapshot.CycleSnapshot,
    schema.cycle.CycleCost: billing.cost.CycleCost,
    schema.grant.BlockGrant: billing.grant.BlockGrant,
    schema.grant.BalanceGrant: billing.grant.BalanceGrant,
    schema.conversation.ConversationNumbers: billing.conversation.ConversationNumbers,
    schema.conversation.ScheduledCommitment: billing.scheduled.ScheduledAmount,
    schema.carrier.CarrierNumbers: billing.carrier.CarrierNumbers,
    schema.carrier.ScheduledBalance: billing.scheduled.ScheduledAmount,
    schema.cycle.Cycle: billing.cycle.Cycle,
    schema.conversation.ConversationUsage: billing.conversation.ConversationUsage,
    schema.conversation.ChannelUsage: billing.conversation.ChannelUsage,
    schema.conversation.Adjustment: billing.commitment.Adjustment,
    schema.conversation.Conversation: billing.conversation.Conversation,
    schema.carrier.CarrierBalance: billing.carrier.CarrierBalance,
    schema.carrier.FeatureCost: billing.carrier.FeatureCost,
    schema.carrier.CarrierCharge: billing.carrier.CarrierCharge,
    schema.outbox.DeadLetter: resolvers.outbox.DeadLetter,
    schema.plan.PriceList: billing.plan.PriceList,
    schema.preview.MeterPreview: billing.preview.MeterPreview,
    schema.preview.BlocksPreview: billing.preview.BlocksPreview,
    schema.preview.TermsPreview: billing.preview.TermsPreview,
    schema.send.SendPreview: billing.send.SendPreview,
    schema.series.UsageSeries: billing.series.UsageSeries,
    schema.series.UsagePoint: billing.series.UsagePoint,
    schema.send.SendBalance: billing.send.SendBalance,
    schema.preview.Losses: billing.preview.Losses,
    schema.preview.LapsedCommitment: billing.preview.LapsedCommitment,
    schema.preview.PendingCover: billing.preview.PendingCover,
    schema.setting.AccountSettings: billing.setting.Settings,
    schema.setting.LowBalanceAlert: billing.setting.LowBalanceAlert,
    schema.setting.AutoRecharge: billing.setting.AutoRecharge,
    schema.setting.Recipient: billing.setting.Recipient,
    schema.setting.Webhook: billing.webhook.Webhook,
    schema.reversal.ReversalAdjustment: billing.reversal.NetChange,
    schema.page.PageInfo: resolvers.page.PageInfo,
    schema.page.Edge: resolvers.page.Edge,
    schema.page.Connection: resolvers.page.Paged,
}
"""What resolvers return in the place of each schema type; all others are returned themselves."""

OWN = {"Query", "Mutation", "Subscription", "Failure"}
"""Types of which the schema makes its own objects, besides the members of the unions."""


def _fields(type_: type) -> list[Any]:
    definition: Any = type_.__strawberry_definition__  # type: ignore[attr-defined]
    return list(definition.fields)


def _attribute(type_: type, name: str) -> Any:
    """Return the declared type of a dataclass's field or property."""
    hints = get_type_hints(type_)
    if name in hints:
        return hints[name]
    found = inspect.getattr_static(type_, name)
    assert isinstance(found, property), f"{type_.__name__}.{name}"
    return get_type_hints(found.fget)["return"]


def _fits(shown: Any, held: Any) -> bool:
    """Tell whether a value of type `held` can be shown as one of type `shown`."""
    if isinstance(shown, TypeVar) or isinstance(held, TypeVar):
        return isinstance(shown, TypeVar) and isinstance(held, TypeVar)
    shown_options, held_options = _options(shown), _options(held)
    if len(shown_options) > 1 or len(held_options) > 1:
        rest_shown, rest_held = shown_options - {NoneType}, held_options - {NoneType}
        nullable = NoneType in shown_options or NoneType not in held_options
        return nullable and all(any(_fits(one, other) for one in rest_shown) for other in rest_held)
    if get_origin(shown) is list:
        return get_origin(held) in {list, tuple, Sequence} and _fits(
            get_args(shown)[0], get_args(held)[0]
        )
    shown, held = get_origin(shown) or shown, get_origin(held) or held
    if shown is strawberry.ID:
        return held in {str, UUID}
    if shown in {Money, Quantity}:
        return held is int
    return PAIRS.get(shown, shown) is held


def _options(type_: Any) -> set[Any]:
    return set(get_args(type_)) if get_origin(type_) in {Union, UnionType} else {type_}


def test_every_object_type_is_paired_or_made_by_the_schema_itself() -> None:
    members = {
        member.name for type_ in SDL.type_map.values() for member in getattr(type_, "types", ())
    }
    paired = {type_.__name__ for type_ in PAIRS}
    for name, type_ in SDL.type_map.items():
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__"):
            generic = next((end for end in ("Edge", "Connection") if name.endswith(end)), name)
            assert generic in paired | members | OWN, name


@pytest.mark.parametrize("shown", PAIRS, ids=lambda type_: type_.__name__)
def test_every_plain_field_is_an_attribute_of_a_fitting_type(shown: type) -> None:
    hints = get_type_hints(shown)
    for field in _fields(shown):
        if field.base_resolver is None:
            held = _attribute(PAIRS[shown], field.python_name)
            assert _fits(hints[field.python_name], held), f"{field.python_name}: {held}"


def test_what_does_not_fit_is_noticed() -> None:
    assert _fits(int | None, int)
    assert not _fits(int, int | None)
    assert not _fits(int, str)
    assert not _fits(list[int], tuple[str, ...])
    assert not _fits(Money, str)
    assert not _fits(schema.cycle.Cycle, AccountAt)


def _relations() -> Iterator[Any]:
    for type_ in PAIRS:
        for field in _fields(type_):
            relation = field.metadata.get("relation")
            if relation is not None:
                yield pytest.param(relation, id=f"{type_.__name__}.{field.python_name}")
            else:
                assert field.base_resolver is None, f"{type_.__name__}.{field.python_name}"


@pytest.mark.parametrize("relation", list(_relations()))
def test_a_relation_is_loaded_for_all_parents_at_once(relation: Relation) -> None:
    assert relation.load.__module__.startswith("resolvers.")
    context, keys, *arguments = inspect.signature(relation.load).parameters.values()
    assert (context.name, context.annotation) == ("ctx", Context)
    assert get_origin(keys.annotation) is Sequence
    assert all(argument.default is not inspect.Parameter.empty for argument in arguments)
    returned = inspect.signature(relation.load).return_annotation
    if get_origin(returned) is Awaitable:  # asked for at once, and waited for with others
        assert not inspect.iscoroutinefunction(relation.load)
        [returned] = get_args(returned)
    assert get_origin(returned) is list


def test_every_root_field_says_who_may_have_it() -> None:
    guards = {
        field.name: field.metadata["policy"].guard
        for root_type in (root.Query, root.Mutation, root.Subscription)
        for field in _fields(root_type)
    }
    assert guards == {
        "account": access.admin_or_operator,
        "accounts": access.operator,
        "send_allowed": access.sender,
        "preview_commitment_change": access.admin_or_operator,
        "preview_blocks": access.admin_or_operator,
        "preview_top_up": access.admin_or_operator,
        "preview_terms_change": access.admin_or_operator,
        "preview_send": access.admin_or_operator,
        "create_plan": access.operator,
        "create_account": access.operator,
        "change_terms": access.operator,
        "end_account": access.operator,
        "reverse": access.operator,
        "erase_contact": access.operator,
        "change_conversation_commitment": access.admin_or_operator,
        "add_conversation_blocks": access.admin_or_operator,
        "change_carrier_commitment": access.admin_or_operator,
        "top_up_carrier_balance": access.admin_or_operator,
        "cancel_scheduled_change": access.admin_or_operator,
        "set_low_balance_alert": access.admin_or_operator,
        "set_auto_recharge": access.admin_or_operator,
        "set_reminder_recipients": access.admin_or_operator,
        "set_webhook": access.admin_or_operator,
        "dead_letters": access.operator,
        "replay_delivery": access.operator,
        "usage_changed": access.admin_or_operator,
    }


def test_a_root_field_of_which_nobody_says_it_stops_the_server() -> None:
    @strawberry.type
    class Open:
        guarded: int = strawberry.field(
            resolver=lambda: 1, metadata={"policy": Policy(access.operator)}
        )
        forgotten: int = strawberry.field(resolver=lambda: 2)

    with pytest.raises(TypeError, match=r"^Open\.forgotten: who may have it\?$"):
        root.check_policies(Open)


# --- The database ---------------------------------------------------------------------------


async def _tables(pool: Pool) -> set[str]:
    async with acquire(pool) as conn:
        rows = await conn.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
    return {row["table_name"] for row in rows} - {"schema_migration"}


async def test_keys_and_unique_indexes_of_tenants_tables_begin_with_the_account(
    pool: Pool,
) -> None:
    async with acquire(pool) as conn:
        rows = await conn.fetch(
            """SELECT t.relname AS table, i.relname AS index, x.indisprimary AS primary,
                      ARRAY(SELECT a.attname::text FROM unnest(x.indkey::int[]) WITH ORDINALITY
                              AS k (attnum, place)
                              JOIN pg_attribute AS a
                                ON a.attrelid = t.oid AND a.attnum = k.attnum
                             ORDER BY k.place) AS columns
                 FROM pg_index AS x
                 JOIN pg_class AS t ON t.oid = x.indrelid
                 JOIN pg_class AS i ON i.oid = x.indexrelid
                 JOIN pg_namespace AS n ON n.oid = t.relnamespace
                WHERE n.nspname = 'public' AND x.indisunique"""
        )
    tenants = await _tables(pool) - SHARED_TABLES
    primary = {row["table"]: row["columns"][0] for row in rows if row["primary"]}
    assert {table: primary.get(table) for table in tenants} == dict.fromkeys(tenants, "account_id")
    assert [
        row["index"]
        for row in rows
        if row["table"] in tenants and "account_id" not in row["columns"]
    ] == []


async def test_reference_tables_have_no_account(pool: Pool) -> None:
    async with acquire(pool) as conn:
        rows = await conn.fetch(
            "SELECT table_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name = 'account_id'"
        )
    with_account = {row["table_name"] for row in rows}
    assert with_account == await _tables(pool) - REFERENCE_TABLES
    assert await _tables(pool) >= REFERENCE_TABLES


async def test_every_table_has_a_kind_by_which_roles_have_rights(pool: Pool) -> None:
    assert roles.KINDS.keys() == await _tables(pool) | {"schema_migration"}
    assert roles.RIGHTS.keys() == set(roles.Kind)


WITH_SQL_OF_THEIR_OWN = {"db/migrate.py", "db/pool.py", "db/roles.py"}
"""They make what queries are asked of, or ask whether anybody answers."""

SQL_TEXT = re.compile(
    r"\s*(/\* [a-z_]+\."
    r"|(SELECT|INSERT|UPDATE|DELETE|MERGE|TRUNCATE|COPY|SET|LISTEN|NOTIFY) |WITH \w+ AS )"
)


def _texts(path: Path) -> Iterator[str]:
    """Yield the strings of a module, also pieces of those with something in between."""
    for node in python_ast.walk(python_ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, python_ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_all_sql_is_in_named_queries() -> None:
    rooms = ("billing", "db", "resolvers", "schema", "edge", "jobs", "demo")
    paths = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    with_sql = {
        path.relative_to(ROOT).as_posix()
        for path in (*paths, ROOT / "server.py")
        if any(SQL_TEXT.match(text) for text in _texts(path))
    }
    assert with_sql == WITH_SQL_OF_THEIR_OWN


async def test_every_query_prepares_against_the_migrated_schema(pool: Pool) -> None:
    async with acquire(pool) as conn:
        for sql in QUERIES.values():
            await conn.prepare(sql)


# --- The rules for distributed SQL ----------------------------------------------------------


def _parsed(sql: str) -> Any:
    [statement] = pglast.parse_sql(sql)
    return statement.stmt


class _Scopes(Visitor):
    """Finds the tables of tenants that a statement does not keep to accounts it was given."""

    def __init__(self, scoped: set[str]) -> None:
        super().__init__()
        self.free: set[str] = set()
        self._scoped = scoped

    def visit_SelectStmt(self, _: Any, node: Any) -> None:  # noqa: N802 (pglast's)
        self._check(node.fromClause or (), node.whereClause)

    def visit_UpdateStmt(self, _: Any, node: Any) -> None:  # noqa: N802
        self._check((node.relation, *(node.fromClause or ())), node.whereClause)

    def visit_DeleteStmt(self, _: Any, node: Any) -> None:  # noqa: N802
        self._check((node.relation, *(node.usingClause or ())), node.whereClause)

    def visit_InsertStmt(self, _: Any, node: Any) -> None:  # noqa: N802
        columns = {column.name for column in node.cols or ()}
        if node.relation.relname not in SHARED_TABLES and "account_id" not in columns:
            self.free.add(node.relation.relname)

    def _check(self, sources: Sequence[Any], where: Any | None) -> None:
        """Look at one scope: a table is kept if a chain of equalities leads to a parameter.

        Or to a scope around it, which is looked at by itself. The condition of a left join keeps
        what is joined, never what it is joined to.
        """
        tables: dict[str, str] = {}
        given: set[str] = set()
        conditions: list[tuple[Any, set[str] | None]] = [(where, None)]
        pending = list(sources)
        while pending:
            source = pending.pop()
            if isinstance(source, ast.JoinExpr):
                assert source.jointype in {JoinType.JOIN_INNER, JoinType.JOIN_LEFT}
                pending += [source.larg, source.rarg]
                left = source.jointype == JoinType.JOIN_LEFT
                conditions.append((source.quals, _names(source.rarg) if left else None))
            elif isinstance(source, ast.RangeVar) and source.relname in self._scoped:
                given.add(source.alias.aliasname if source.alias else source.relname)
            elif isinstance(source, ast.RangeVar):
                name = source.alias.aliasname if source.alias else source.relname
                tables[name] = source.relname
            elif isinstance(source, ast.RangeFunction):
                given.add(source.alias.aliasname)  # an unnest of parameters
            elif isinstance(source, ast.RangeSubselect):
                given.add(source.alias.aliasname)  # a scope of its own, looked at by itself
            else:
                raise AssertionError(f"a source of kind {type(source).__name__}")
        links = [
            (name, other)
            for condition, joined in conditions
            for pair in self._links(condition, tables)
            for name, other in (pair, pair[::-1])
            if joined is None or name in joined
        ]
        kept = set(given)
        while True:
            more = {
                name
                for name, other in links
                if other is None or other in kept or other not in tables
            } - kept
            if not more:
                break
            kept |= more
        self.free |= {
            table
            for name, table in tables.items()
            if table not in SHARED_TABLES and name not in kept
        }

    def _links(self, node: Any, tables: dict[str, str]) -> Iterator[tuple[Any, Any]]:
        """Yield pairs of sources whose accounts are equal; None stands for a parameter."""
        if isinstance(node, ast.BoolExpr) and node.boolop == BoolExprType.AND_EXPR:
            for argument in node.args:
                yield from self._links(argument, tables)
        if (
            isinstance(node, ast.A_Expr)
            and node.kind in {A_Expr_Kind.AEXPR_OP, A_Expr_Kind.AEXPR_OP_ANY}
            and node.name[0].sval == "="
        ):
            sides = [_account_of(side, tables) for side in (node.lexpr, node.rexpr)]
            if "" not in sides:
                yield sides[0], sides[1]


def _names(tree: Any) -> set[str]:
    """Return what the sources of one side of a join are called."""
    return {
        source.alias.aliasname if source.alias else source.relname
        for source in _nodes(tree, ast.RangeVar, ast.RangeFunction, ast.RangeSubselect)
    }


def _account_of(node: Any, tables: dict[str, str]) -> str | None:
    """Return whose account_id a side of an equality is; None: a parameter; empty: neither."""
    if isinstance(node, ast.TypeCast):
        node = node.arg
    if isinstance(node, ast.ParamRef):
        return None
    if isinstance(node, ast.ColumnRef):
        *source, column = (part.sval for part in node.fields)
        if column == "account_id":
            return str(source[0]) if source else next(iter(tables), "")
    return ""


def _free(sql: str) -> set[str]:
    tree = _parsed(sql)
    scoped = {each.ctename for each in _nodes(tree, ast.CommonTableExpr)}
    assert scoped.isdisjoint(roles.KINDS)  # or it would hide a table
    scopes = _Scopes(scoped)  # each of them is a scope of its own, looked at by itself
    scopes(tree)
    return scopes.free


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_keeps_to_the_accounts_it_was_given(name: str) -> None:
    assert bool(_free(QUERIES[name])) == (name in OPERATOR_QUERIES)


@pytest.mark.parametrize(
    ("sql", "free"),
    [
        ("SELECT 1 FROM event", {"event"}),
        ("SELECT 1 FROM event WHERE account_id = $1", set()),
        ("SELECT 1 FROM event WHERE account_id = ANY($1::uuid[])", set()),
        ("SELECT 1 FROM event WHERE account_id = $1 OR occurred_at > $2", {"event"}),
        ("SELECT 1 FROM event WHERE account_id > $1", {"event"}),
        (
            """SELECT 1 FROM event AS e JOIN conversation AS c ON c.contact = e.contact
               WHERE e.account_id = $1""",
            {"conversation"},
        ),
        (
            """SELECT 1 FROM event AS e JOIN conversation AS c ON c.account_id = e.account_id
               WHERE e.account_id = $1""",
            set(),
        ),
        (
            "SELECT 1 FROM event AS e JOIN conversation AS c ON c.account_id = e.account_id",
            {"event", "conversation"},
        ),
        (
            """SELECT 1 FROM unnest($1::uuid[]) AS k (account_id) JOIN event AS e
               ON e.account_id = k.account_id""",
            set(),
        ),
        ("SELECT 1 FROM (SELECT 1 FROM event) AS e", {"event"}),
        (
            """SELECT 1 FROM event AS e LEFT JOIN label AS l
               ON l.account_id = e.account_id AND e.account_id = $1""",
            {"event", "label"},
        ),
        (
            """SELECT 1 FROM event AS e LEFT JOIN label AS l
               ON l.account_id = e.account_id WHERE e.account_id = $1""",
            set(),
        ),
        ("SELECT 1 FROM event AS e LEFT JOIN label AS l ON l.account_id = $1", {"event"}),
        ("WITH e AS (SELECT * FROM event) SELECT 1 FROM e WHERE account_id = $1", {"event"}),
        ("WITH e AS (SELECT * FROM event WHERE account_id = $1) SELECT 1 FROM e", set()),
        (
            """WITH e AS (SELECT * FROM event WHERE account_id = $1)
               UPDATE label AS l SET name = $2 FROM e WHERE l.account_id = e.account_id""",
            set(),
        ),
        ("WITH gone AS (DELETE FROM event RETURNING 1) SELECT 1 FROM gone", {"event"}),
        ("SELECT 1 FROM event WHERE NOT account_id = $1", {"event"}),
        (
            "SELECT 1 FROM event WHERE account_id IN (SELECT account_id FROM account)",
            {"account", "event"},
        ),
        ("DELETE FROM event WHERE source = $1", {"event"}),
        ("UPDATE event SET source = $1 WHERE account_id = $2", set()),
        ("SELECT (SELECT max(seq) FROM terms) FROM account WHERE account_id = $1", {"terms"}),
        ("SELECT 1 FROM label WHERE account_id = $1 UNION ALL SELECT 1 FROM event", {"event"}),
        ("INSERT INTO label (kind) VALUES ($1)", {"label"}),
        ("SELECT plan FROM price_list", set()),
    ],
)
def test_what_does_not_keep_to_accounts_is_noticed(sql: str, free: set[str]) -> None:
    assert _free(sql) == free


class _Found(Visitor):
    """Collects the kinds of nodes in a statement, and the functions it calls."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[Any] = []

    @override
    def visit(self, _: Any, node: Any) -> None:  # type: ignore[mutable-override]
        self.nodes.append(node)


def _nodes(tree: Any, *kinds: type) -> list[Any]:
    found = _Found()
    for each in tree if isinstance(tree, tuple) else (tree,):
        found(each)
    return [node for node in found.nodes if isinstance(node, kinds)]


def _called(tree: Any) -> set[str]:
    calls = _nodes(tree, ast.FuncCall, ast.SQLValueFunction)
    return {
        "sql value function" if isinstance(call, ast.SQLValueFunction) else call.funcname[-1].sval
        for call in calls
    }


PURE_FUNCTIONS = {
    "array_agg",
    "coalesce",
    "count",
    "max",
    "min",
    "row_number",
    "string_to_array",
    "sum",
    "unnest",
}
"""All that queries call: instants and ids are made in Python."""

OWN_FUNCTIONS = {
    "change.announce": {"pg_notify"},
    "deployment.clock": {"clock_timestamp"},
    "deployment.power": {"has_schema_privilege", "has_table_privilege"},
    "erasure.take_right": {"set_config", "has_column_privilege"},
    "erasure.leave_right": {"set_config"},
    "erasure.take_time": {"set_config"},
    "standing.read": {"encode"},
}
"""What a few may call besides: they ask about the server, set up a transaction, write bytes or
tell others."""


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_can_be_run_by_a_distributed_database(name: str) -> None:
    tree = _parsed(QUERIES[name])
    assert _called(tree) - PURE_FUNCTIONS == OWN_FUNCTIONS.get(name, set())
    for update in _nodes(tree, ast.UpdateStmt):
        assert _called(update.targetList) == set()
    for conflict in _nodes(tree, ast.OnConflictClause):
        assert conflict.targetList is None or _called(conflict.targetList) == set()
    assert not _nodes(tree, ast.MergeStmt, ast.GroupingSet)
    assert not any(with_.recursive for with_ in _nodes(tree, ast.WithClause))
    assert not any(source.lateral for source in _nodes(tree, ast.RangeSubselect, ast.RangeFunction))


def _done(sql: str) -> set[tuple[str, str]]:
    """Return what a statement does to tables, by the right that it takes."""
    tree = _parsed(sql)
    done = {(each.relation.relname, "DELETE") for each in _nodes(tree, ast.DeleteStmt)}
    updates = [(each.relation, each.targetList) for each in _nodes(tree, ast.UpdateStmt)]
    for each in _nodes(tree, ast.InsertStmt):
        done.add((each.relation.relname, "INSERT"))
        if each.onConflictClause is not None:
            updates.append((each.relation, each.onConflictClause.targetList or ()))
    done |= {
        (relation.relname, f"UPDATE({target.name})")
        for relation, targets in updates
        for target in targets
    }
    return done


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_does_what_a_role_may_so_that_facts_and_ledger_are_only_added_to(name: str) -> None:
    role = {erasure.ROLE} if name in ERASING_QUERIES else {roles.API, roles.INGEST}
    may = {(right.table, right.privilege) for right in roles.rights() if right.role in role}
    assert {
        (table, right)
        for table, right in _done(QUERIES[name])
        if (table, right) not in may and (table, right.partition("(")[0]) not in may
    } == set()


ERASING_QUERIES = {"erasure.messages", "erasure.conversations"}
"""The only ones that change a fact, and what of it."""


def test_what_a_statement_does_is_noticed() -> None:
    assert _done("SELECT 1 FROM event") == set()
    assert _done("DELETE FROM event") == {("event", "DELETE")}
    assert _done("UPDATE event SET kind = $1, unit = $2") == {
        ("event", "UPDATE(kind)"),
        ("event", "UPDATE(unit)"),
    }
    assert _done(
        "INSERT INTO label (kind) VALUES ($1) ON CONFLICT (kind) DO UPDATE SET name = '-'"
    ) == {
        ("label", "INSERT"),
        ("label", "UPDATE(name)"),
    }
    assert _done("WITH gone AS (DELETE FROM event RETURNING 1) SELECT 1 FROM gone") == {
        ("event", "DELETE")
    }


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_a_migration_makes_no_triggers_and_refers_to_accounts_only(path: Path) -> None:
    statements = pglast.parse_sql(path.read_text(encoding="utf-8"))
    tree = tuple(statement.stmt for statement in statements)
    assert not _nodes(tree, ast.CreateTrigStmt, ast.CreateFunctionStmt, ast.RuleStmt)
    for table in _nodes(tree, ast.CreateStmt):
        for column in _nodes(table, ast.ColumnDef):
            for key in _nodes(column, ast.Constraint):
                if key.contype == ConstrType.CONSTR_FOREIGN:
                    account = (column.colname, key.pktable.relname) == ("account_id", "account")
                    assert account or key.pktable.relname in REFERENCE_TABLES
        for key in table.tableElts:
            if isinstance(key, ast.Constraint) and key.contype == ConstrType.CONSTR_FOREIGN:
                columns = [column.sval for column in key.fk_attrs]
                assert columns[0] == "account_id" or key.pktable.relname in REFERENCE_TABLES


# --- What people read -----------------------------------------------------------------------


def test_every_setting_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \|[^|]*\| (.*) \|$", readme, re.MULTILINE))
    settings = {
        str(field.validation_alias or f"KONTINGENT_{name.upper()}"): field.description
        for name, field in Settings.model_fields.items()
    }
    assert rows.keys() == settings.keys()


LIMIT = re.compile(r"^([A-Z][A-Z0-9_]*_(?:MAX|MIN))\b", re.MULTILINE)


def test_every_limit_is_named_in_a_test() -> None:
    limits = {
        name
        for room in ("billing", "db", "edge", "jobs", "resolvers", "schema")
        for path in (ROOT / room).rglob("*.py")
        for name in LIMIT.findall(path.read_text(encoding="utf-8"))
    }
    tests = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")
    )
    named = set(re.findall(r"\b[A-Z][A-Z0-9_]*_(?:MAX|MIN)\b", tests))
    assert limits - named == set()


def test_what_the_readme_sends_is_taken() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    bodies = [json.loads(body) for body in re.findall(r"-d '(\{.*?\})'\n", readme, re.DOTALL)]
    documents = re.findall(r"\./dev graphql '(.*?)'\n", readme, re.DOTALL)
    queries = [body["query"] for body in bodies if "query" in body] + documents
    assert [validate(SDL, parse(query)) for query in queries] == [[], [], [], []]
    (event,) = [body for body in bodies if "specversion" in body]
    assert isinstance(cloudevent.read(0, event), Event)
