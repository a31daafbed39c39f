"""The channels and features that accounts have used, in SQL."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from billing.event import Label, LabelKind
from db import queries
from db.columns import columns
from db.pool import Connection

_SQL = queries.load("label")


async def missing(conn: Connection, labels: Collection[Label]) -> set[Label]:
    """Return those of `labels` that their accounts have not used yet."""
    rows = await conn.fetch(_SQL["missing"], *columns(_rows(labels), width=3))
    return {Label(row["account_id"], LabelKind(row["kind"]), row["name"]) for row in rows}


async def of_accounts(
    conn: Connection, account_ids: Collection[UUID]
) -> dict[tuple[UUID, LabelKind], set[str]]:
    """Fetch the names used, by account and kind."""
    found: dict[tuple[UUID, LabelKind], set[str]] = defaultdict(set)
    for row in await conn.fetch(_SQL["of_accounts"], account_ids):
        found[row["account_id"], LabelKind(row["kind"])].add(row["name"])
    return found


async def insert(conn: Connection, labels: Collection[Label]) -> None:
    """Record that accounts use labels. The accounts must be locked."""
    await conn.execute(_SQL["insert"], *columns(_rows(labels), width=3))


def _rows(labels: Collection[Label]) -> list[tuple[UUID, str, str]]:
    return sorted((label.account_id, label.kind.value, label.name) for label in labels)
