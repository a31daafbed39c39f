"""The server that is fuzzed: who may ask it, and what nobody may get from it."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from hypothesis import HealthCheck, Phase, settings

from billing.account import account_id_of
from db.pool import INGESTING, pooled
from resolvers import service_key
from resolvers.principal import Role, Scope
from schema import root
from tests.support.clock import Clock
from tests.support.http import PEPPER, SECRET
from tests.support.running import Served, bearer, serving
from tests.support.world import World, charge, message

GROWTH_BYTES_MAX = 30_000_000
"""How much more the server may hold after all that than when it had seen some of it."""

METRICS = "metrics-metrics-metrics-metrics-"
"""The token for the server's metrics."""

OPERATOR = "an operator"
CANARY = "canary"
"""In everything that is another tenant's."""

OURS = (b"Traceback", b"asyncpg", b"site-packages", b"server.py", b"SELECT ", b"password")
"""What no reply says: how the server is made."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server; `callers` are the headers of those who ask, `secrets` what no reply may hold."""

    dsn: str
    served: Served
    http: httpx2.Client
    callers: dict[str, dict[str, str]]
    accounts: dict[str, str]
    secrets: tuple[bytes, ...]

    def check(self, status: int, content: bytes, caller: str = "") -> None:
        """Make sure that a reply is one that was thought of, and tells nothing it should not."""
        assert status < 500, content
        assert b'"INTERNAL"' not in content, content
        lowered = content.lower()
        hidden = self.secrets if caller == OPERATOR else (*self.secrets, CANARY.encode())
        assert [each for each in hidden if each.lower() in lowered] == [], content

    @contextlib.contextmanager
    def steady(self) -> Iterator[Callable[[], None]]:
        """Make sure that the server lives on and grows no more once it is warm: call when it is."""
        held: list[int] = []
        yield lambda: held.append(self.served.held_bytes())
        assert self.http.get("/readyz").status_code == 200
        said = self.served.said()
        assert "Traceback" not in said
        assert "[error" not in said, [line for line in said.splitlines() if "[error" in line][:3]
        assert self.served.held_bytes() - held[0] < GROWTH_BYTES_MAX


def examples(count: int, *, long: bool) -> settings:
    """Return how an example is made: each once, always the same ones, many more if `long`."""
    return settings(
        max_examples=count * 30 if long else count,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
        derandomize=not long,
    )


@contextlib.asynccontextmanager
async def aimed_at(dsn: str, folder: Path) -> AsyncIterator[Target]:
    """Serve a database with an account that asks, and another whose things are all canaries."""
    async with pooled(dsn, size_max=2, session=INGESTING) as pool:
        world = World(pool, pool, Clock(datetime.now(UTC)), root.build())
        await world.plans()
        anchor = (world.clock() - timedelta(days=40)).date().isoformat()
        for name in ("acme", f"{CANARY}-account"):
            await world.account(name, anchor=anchor, carrier="50", blocks=2)
            at = (world.clock() - timedelta(days=2)).isoformat()
            whose = f"{CANARY}-contact" if CANARY in name else "maria"
            await world.take(
                message(name, at, contact=whose, id=f"{whose}-id"),
                charge(name, at, "3", id=f"{whose}-charge"),
            )
        keys = {
            scope: await service_key.create(
                pool, PEPPER, name=scope.value, scopes=[scope], expires_at=None, at=world.clock()
            )
            for scope in (Scope.INGEST, Scope.SEND)
        }
        generous = {
            f"{who}_cost{rate}": "1000000000"
            for who in ("customer", "platform")
            for rate in ("", "_per_second")
        }
        password = urlsplit(dsn).password or ""
        async with serving(dsn, folder, metrics_token=METRICS, **generous) as served:
            with httpx2.Client(base_url=served.address, timeout=20) as http:
                yield Target(
                    dsn=dsn,
                    served=served,
                    http=http,
                    callers={
                        "nobody": {},
                        "an admin": bearer(Role.ADMIN, "acme"),
                        "a member": bearer(Role.MEMBER, "acme"),
                        OPERATOR: bearer(Role.OPERATOR),
                        "a sender": {"authorization": f"Bearer {keys[Scope.SEND]}"},
                        "an ingester": {"authorization": f"Bearer {keys[Scope.INGEST]}"},
                    },
                    accounts={
                        "own": str(account_id_of("acme")),
                        "another's": str(account_id_of(f"{CANARY}-account")),
                        "nobody's": str(account_id_of("nobody")),
                    },
                    secrets=(
                        SECRET,
                        PEPPER,
                        METRICS.encode(),
                        password.encode(),
                        *(key.partition(".")[2].encode() for key in keys.values()),
                        *OURS,
                    ),
                )


def graphql(target: Target, caller: str, content: Any) -> httpx2.Response:
    """Send what should be an operation, and check what comes."""
    reply = target.http.post("/graphql", json=content, headers=target.callers[caller])
    target.check(reply.status_code, reply.content, caller)
    return reply
