"""The demo's way in: its users, and a token for whoever is chosen. Only where the demo is on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response

from edge.body import RequestError, read_body
from edge.reply import problem, reply
from resolvers.principal import Role

BODY_BYTES_MAX = 1_000
"""The longest request for a token."""

TOKEN_LASTS = timedelta(hours=1)
"""How long a token of the demo is good for."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Names of this machine: under any other, somebody else's page may be asking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoUsers:
    """Those who can be chosen of one account."""

    account: str
    name: str
    plan: str | None
    interval: str | None
    time_zone: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Demo:
    """The users, and `issue`, which makes a token of a role and an account's external id."""

    users: tuple[DemoUsers, ...]
    issue: Callable[[Role, str], str] = field(repr=False)

    async def list_users(self, request: Request) -> Response:
        """Reply with all of them."""
        if not _is_local(request):
            return _refused()
        return reply(
            [
                {
                    "account": of.account,
                    "name": of.name,
                    "plan": of.plan,
                    "interval": of.interval,
                    "timeZone": of.time_zone,
                    "roles": [role.value for role in of.roles],
                }
                for of in self.users
            ]
        )

    async def give_token(self, request: Request) -> Response:
        """Reply with a token of one of them, and of nobody else."""
        if not _is_local(request):
            return _refused()
        if request.headers.get("content-type") != "application/json":
            return problem(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be application/json.")
        try:
            wanted = orjson.loads(await read_body(request, bytes_max=BODY_BYTES_MAX))
        except RequestError as error:
            return problem(error.status, error.code, str(error))
        except orjson.JSONDecodeError:
            return problem(400, "BAD_REQUEST", "The body is not JSON.")
        for of in self.users:
            for role in of.roles:
                if wanted == {"account": of.account, "role": role.value}:
                    return reply({"token": self.issue(role, of.account)})
        return problem(404, "NOT_FOUND", "The demo has no such user.")


def _is_local(request: Request) -> bool:
    return request.url.hostname in LOOPBACK


def _refused() -> Response:
    return problem(403, "FORBIDDEN", "The demo is for this machine only.")
