"""What accounts have set, in SQL: append-only, the latest version of a kind holds."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from pydantic import TypeAdapter

from billing.setting import AutoRecharge, LowBalanceAlert, Recipient, SettingKind, Settings
from billing.webhook import Webhook
from db import queries
from db.pool import Connection

_SQL = queries.load("setting")

_VALUES: dict[SettingKind, TypeAdapter[Any]] = {
    SettingKind.LOW_BALANCE_ALERT: TypeAdapter(LowBalanceAlert | None),
    SettingKind.AUTO_RECHARGE: TypeAdapter(AutoRecharge | None),
    SettingKind.REMINDER_RECIPIENTS: TypeAdapter(tuple[Recipient, ...]),
    SettingKind.WEBHOOK: TypeAdapter(Webhook | None),
}


Kept: TypeAlias = tuple[str, int, str]
"""A kind of setting, its version and its value as JSON."""


async def of_accounts(conn: Connection, account_ids: Collection[UUID]) -> dict[UUID, Settings]:
    """Fetch what is set now; nothing for accounts that have never set anything."""
    found: dict[UUID, list[Kept]] = defaultdict(list)
    for row in await conn.fetch(_SQL["of_accounts"], account_ids):
        found[row["account_id"]].append((row["kind"], row["version"], row["value"]))
    return {account_id: settings_of(found[account_id]) for account_id in account_ids}


def settings_of(rows: Iterable[Kept]) -> Settings:
    """Return the settings that rows make up, one for each kind at most."""
    settings: dict[str, Any] = {}
    for value_kind, version, value in rows:
        kind = SettingKind(value_kind)
        name = kind.value.lower()
        settings[name] = _VALUES[kind].validate_json(value)
        settings[f"{name}_version"] = version
    return Settings(**settings)


async def last_secret_number(conn: Connection, account_id: UUID) -> int:
    """Fetch the number of the latest secret of the account's webhooks; 0 where there is none."""
    number: int = await conn.fetchval(_SQL["last_secret_number"], account_id)
    return number


async def insert(  # noqa: PLR0913 (a row's facts)
    conn: Connection,
    account_id: UUID,
    kind: SettingKind,
    value: object,
    *,
    version: int,
    recorded_at: datetime,
    recorded_by: str,
) -> None:
    """Record what is set from now on; `value` is what `Settings` has of that kind.

    The account must be locked, or another may take the version.
    """
    text = _VALUES[kind].dump_json(value).decode()
    await conn.execute(
        _SQL["insert"], account_id, kind.value, version, text, recorded_at, recorded_by
    )
