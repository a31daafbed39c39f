"""Doing what a key names once, and giving its outcome again to whoever sends it again (D22)."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import TypeAdapter

import db.idempotency
from billing.account import Account
from billing.errors import BadInputError, IdempotencyConflictError
from db.idempotency import Asked, Kept
from db.pool import Connection, transact
from resolvers import access, terms
from resolvers.context import Context

T = TypeVar("T")

KEY = re.compile(r"[!-~]{1,128}")
"""What an idempotency key may be: 1 to 128 visible ASCII characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What all changes by admins have in common.

    `account_id` is None for the caller's own. `expected_version` is that of what is
    changed, as the caller saw it; `idempotency_key` names the change, however often it is sent.
    """

    account_id: str | None
    idempotency_key: str
    expected_version: int


@dataclass(frozen=True, slots=True)
class Once(Generic[T]):
    """A mutation that is done once for its key; `outcomes` writes and reads what came of it.

    Under the account's lock, look for what is known first, and keep the outcome last: a
    failure keeps nothing, so that it can be mended and sent again.
    """

    key: str
    asked: Asked
    outcomes: TypeAdapter[T]

    @classmethod
    def of(cls, outcomes: TypeAdapter[T], key: str, mutation: str, *arguments: object) -> "Once[T]":
        """Return the mutation that a key names, with its canonical input.

        Raises:
            BadInputError: the key is malformed.
        """
        if not KEY.fullmatch(key):
            raise BadInputError(
                "It must be 1 to 128 visible ASCII characters.", field="idempotencyKey"
            )
        text = json.dumps([mutation, *arguments])
        return cls(key, Asked(mutation, hashlib.sha256(text.encode()).digest()), outcomes)

    async def known(self, conn: Connection, account_id: UUID) -> T | None:
        """Return what came of it before; None if it was not done yet.

        Raises:
            IdempotencyConflictError: the key was used for something else.
        """
        return self.given(await db.idempotency.find(conn, account_id, self.key))

    def given(self, kept: Kept | None) -> T | None:
        """Return the outcome that was kept under the key; None if there is none.

        Raises:
            IdempotencyConflictError: the key was used for something else.
        """
        if kept is None:
            return None
        if kept.asked != self.asked:
            raise IdempotencyConflictError("The idempotency key was used for something else.")
        return self.outcomes.validate_json(kept.outcome)

    async def keep(self, conn: Connection, account_id: UUID, outcome: T, *, at: datetime) -> None:
        """Keep what came of it, in the transaction of its effect."""
        await db.idempotency.insert(conn, account_id, self.key, self.kept(outcome), at=at)

    def kept(self, outcome: T) -> Kept:
        """Return what is to be kept of an outcome."""
        return Kept(self.asked, self.outcomes.dump_json(outcome).decode())


async def change_once(
    ctx: Context,
    account_id: UUID,
    once: Once[T],
    change: Callable[[Connection, Account, datetime], Awaitable[T]],
) -> T:
    """Change something of an account with a usage overview, once, at an instant under its lock.

    Raises:
        NotFoundError: there is no such account.
        TrialNoAccessError: it is in the free trial.
        IdempotencyConflictError: the key was used for something else.
    """

    async def work(conn: Connection) -> T:
        account = await terms.locked(conn, account_id)
        refusal = access.usage_refusal(ctx, account)
        if refusal is not None:
            raise refusal
        known = await once.known(conn, account_id)
        if known is not None:
            return known
        at = ctx.clock()
        outcome = await change(conn, account, at)
        await once.keep(conn, account_id, outcome, at=at)
        return outcome

    return await transact(ctx.pool, work)
