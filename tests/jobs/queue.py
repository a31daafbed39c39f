"""The queue in tests: what is in it, and settings of whom to tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from billing.account import account_id_of
from billing.notice import Letter, Notice
from billing.setting import Language, LowBalanceAlert, Recipient, SettingKind
from billing.webhook import Webhook
from db import outbox, setting
from db.outbox import Queued
from db.pool import Pool, acquire
from jobs.delivery import ATTEMPTS_MAX
from tests.support.world import World

ANNA = Recipient("anna@acme.example", Language.DE)
BEN = Recipient("ben@acme.example", Language.EN)


@dataclass(frozen=True, slots=True)
class Row:
    """An entry of the queue: None as target stands for a notice."""

    target: str | None
    state: str
    attempts: int
    error: str | None


async def rows(pool: Pool) -> list[Row]:
    """Fetch the queue, notices first."""
    async with acquire(pool) as conn:
        found = await conn.fetch(
            "SELECT target, state, attempts, error FROM outbox ORDER BY target NULLS FIRST"
        )
    return [Row(*row) for row in found]


async def ids(pool: Pool, state: str = "PENDING") -> list[UUID]:
    async with acquire(pool) as conn:
        found = await conn.fetch("SELECT outbox_id FROM outbox WHERE state = $1", state)
    return [row["outbox_id"] for row in found]


async def tell(
    world: World,
    *recipients: Recipient,
    external_id: str = "acme",
    alert: LowBalanceAlert | None = None,
    webhook: Webhook | None = None,
    version: int = 1,
) -> None:
    """Set whom to tell, as an admin does."""
    values: dict[SettingKind, object] = {
        SettingKind.REMINDER_RECIPIENTS: recipients,
        SettingKind.LOW_BALANCE_ALERT: alert,
        SettingKind.WEBHOOK: webhook,
    }
    async with acquire(world.pool) as conn:
        for kind, value in values.items():
            await setting.insert(
                conn,
                account_id_of(external_id),
                kind,
                value,
                version=version,
                recorded_at=world.clock(),
                recorded_by="anna",
            )


async def queue(world: World, *contents: Notice) -> None:
    """Put notices into the queue."""
    await put(
        world,
        [
            Queued(
                id=_id(n), account_id=account_id_of("acme"), content=content, due_at=world.clock()
            )
            for n, content in enumerate(contents)
        ],
    )


async def post(
    world: World, letters: Sequence[Letter], target: str, language: Language | None
) -> None:
    """Put letters to one target into the queue."""
    await put(
        world,
        [
            Queued(
                id=letter.id,
                account_id=letter.account_id,
                content=letter,
                due_at=world.clock(),
                target=target,
                language=language,
            )
            for letter in letters
        ],
    )


async def put(world: World, entries: Sequence[Queued]) -> None:
    async with acquire(world.pool) as conn:
        await outbox.insert(conn, entries, recorded_at=world.clock())


def _id(number: int) -> UUID:
    return UUID(int=number + 1)


async def given_up(
    world: World, letter_: Letter, target: str, language: Language | None, error: str
) -> UUID:
    """Put a letter into the queue of which each attempt has failed."""
    await post(world, [letter_], target, language)
    async with acquire(world.pool) as conn:
        await conn.execute(
            "UPDATE outbox SET state = 'DEAD', attempts = $2, error = $3, settled_at = $4"
            " WHERE outbox_id = $1",
            letter_.id,
            ATTEMPTS_MAX,
            error,
            world.clock(),
        )
    return letter_.id
