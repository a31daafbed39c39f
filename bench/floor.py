"""The floor: one hand-written statement for each operation, whose JSON is forwarded as it is.

It has the same edge, from the socket to the token and the log line, and the same tables; the
instants that it sums between were worked out beforehand, by the same rules. What the product does
besides is left out: no limits, no deadlines, no terms that could change, no reminders.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from bench import instants, statements
from bench.data import NOW
from billing.account import Account
from db import account
from db.pool import READING, Pool, acquire, pooled
from edge.app import HEADERS, Frame
from edge.metrics import Metrics
from edge.settings import Settings
from edge.token import TokenConfig, TokenVerifier
from resolvers.principal import Role, User

ACCOUNTS = 100
"""Accounts of the heavy operation."""

SESSION = READING | {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",  # what is read is a small part of any table
}
"""How the statements of the floor, and of the peers, are run."""

_DASHBOARD, _MOBILE, _MUTATION, _HEAVY = map(
    statements.load, ("dashboard", "mobile", "mutation", "heavy")
)

Answer = Callable[[User, dict[str, Any]], Awaitable[bytes]]


def build(settings: Settings) -> ASGIApp:
    """Build the application."""
    return Frame(Floor(settings), headers=HEADERS)


class Floor:
    """The application inside of its frame."""

    def __init__(self, settings: Settings) -> None:
        assert settings.database_url is not None
        secret = settings.secrets().token_secret
        assert secret is not None
        self._dsn = settings.database_url
        self._size_max = settings.pool_size
        self._tokens = TokenVerifier(
            TokenConfig(
                issuer=settings.token_issuer,
                audience=settings.token_audience,
                secret=secret.get_secret_value().encode(),
            )
        )
        self._answers: dict[str, Answer] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Live, or answer a request."""
        if scope["type"] == "lifespan":
            scope["state"].update(metrics=Metrics(), spans=None)  # what the frame asks for
            await self._live(receive, send)
        else:
            await self._respond(dict(scope["headers"]), receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with pooled(self._dsn, size_max=self._size_max, session=SESSION) as pool:
            known = await _accounts(pool)
            self._answers = {
                "Dashboard": dashboard(pool, known),
                "Mobile": mobile(pool, known),
                "Commit": commit(pool, known),
                "Heavy": heavy(pool, known),
            }
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _respond(self, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        token = headers[b"authorization"].removeprefix(b"Bearer ").decode()
        user = await self._tokens.verify(token, at=NOW)
        message = await receive()
        body: bytes = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        asked = orjson.loads(body)
        content = await self._answers[asked["operationName"]](user, asked["variables"])
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", b"%d" % len(content)),
                    (b"cache-control", b"no-store"),
                ],
            }
        )
        await send({"type": "http.response.body", "body": content})


async def _accounts(pool: Pool) -> dict[UUID, Account]:
    """Read all accounts with their terms, in the order of their ids."""
    found: dict[UUID, Account] = {}
    after = None
    async with acquire(pool) as conn:
        while ids := await account.page_ids(conn, after=after, limit=ACCOUNTS):
            read = await account.by_ids(conn, ids)
            found |= {id_: read[id_] for id_ in ids}
            after = ids[-1]
    return found


def dashboard(pool: Pool, known: dict[UUID, Account]) -> Answer:
    """Answer with the cycles of the caller's account."""
    parameters = {id_: instants.page(each) for id_, each in known.items()}

    async def answer(user: User, _variables: dict[str, Any]) -> bytes:
        assert user.account_id is not None
        found = await pool.fetchval(_DASHBOARD, *parameters[user.account_id])
        return b'{"data":{"account":%b}}' % found

    return answer


def heavy(pool: Pool, known: dict[UUID, Account]) -> Answer:
    """Answer an operator with the cycles of the first accounts."""
    parameters = instants.pages(list(known.values())[:ACCOUNTS])

    async def answer(user: User, _variables: dict[str, Any]) -> bytes:
        assert user.role is Role.OPERATOR
        return b'{"data":{"accounts":{"nodes":[%b]}}}' % await pool.fetchval(_HEAVY, *parameters)

    return answer


def mobile(pool: Pool, known: dict[UUID, Account]) -> Answer:
    """Answer with what is left of the current cycle of the caller's account."""
    parameters = {
        id_: [*instants.current(each), instants.last_day(each)] for id_, each in known.items()
    }

    async def answer(user: User, _variables: dict[str, Any]) -> bytes:
        assert user.account_id is not None
        found = await pool.fetchval(_MOBILE, *parameters[user.account_id])
        return b'{"data":{"account":{"cycle":%b}}}' % found

    return answer


def commit(pool: Pool, known: dict[UUID, Account]) -> Answer:
    """Commit the caller's account to another number of conversations."""
    parameters = {
        id_: (instants.current(each), instants.coming(each)) for id_, each in known.items()
    }

    async def answer(user: User, variables: dict[str, Any]) -> bytes:
        assert user.account_id is not None
        current, coming = parameters[user.account_id]
        asked = variables["input"]
        found = await pool.fetchval(
            _MUTATION,
            *current,
            asked["expectedVersion"],
            asked["blocks"],
            asked["idempotencyKey"],
            hashlib.sha256(orjson.dumps(asked)).digest(),
            user.subject,
            *coming,
        )
        assert found is not None, "the change was refused"
        return b'{"data":{"changeConversationCommitment":%b}}' % found

    return answer
