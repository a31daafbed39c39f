"""Clients that write for as long as they may, and know what became of each write."""

import asyncio
import contextlib
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import httpx2
import orjson

from billing.account import account_id_of
from db.invariant import broken
from db.pool import Pool, acquire
from resolvers.principal import Role
from tests.support.running import bearer

AMOUNT = 2
"""Euros of each top-up and of each charge."""

BATCH, STREAM = "application/cloudevents-batch+json", "application/x-ndjson"
EVENTS = 12
"""Events of each batch and of each stream, every third one a charge."""

AGE = timedelta(hours=3)
"""How old each event is at least, so that a clock that is put back takes it."""

PAUSE_SECONDS = 0.01
AGAIN_SECONDS = 0.05

TOP_UP = """mutation ($input: TopUpCarrierBalanceInput!) {
  topUpCarrierBalance(input: $input) { __typename ... on MeterChanged { version } }
}"""
READ = "{ account { cycle { carrierBalance { version toppedUp spent } } } }"


class Fate(Enum):
    """What became of a request."""

    TAKEN = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"


CODES = {
    "UNAVAILABLE": Fate.REFUSED,
    "TOO_MANY_STREAMS": Fate.REFUSED,
    "OUTCOME_UNKNOWN": Fate.UNKNOWN,
}


@dataclass(slots=True)
class Load:
    """What was not taken is sent again, the same, until it is: then it must be there, once.

    What was only ever refused must be taken as new.
    """

    http: httpx2.AsyncClient
    key: str
    accounts: Sequence[str]
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    fates: Counter[Fate] = field(default_factory=Counter)
    slowest_seconds: float = 0.0
    _events: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _top_ups: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _stopping: bool = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write meanwhile; on leaving, all that was begun is taken at last."""
        self._stopping = False
        async with asyncio.TaskGroup() as group:
            for account in self.accounts:
                group.create_task(self._top_up(account))
                group.create_task(self._ingest(account, BATCH))
                group.create_task(self._ingest(account, STREAM))
            try:
                yield
            finally:
                self._stopping = True

    async def read(self, account: str) -> dict[str, Any]:
        """Ask for an account's balance until there is an answer."""
        headers, body = bearer(Role.ADMIN, account), {"query": READ}
        while True:
            fate, reply = await self._send("/graphql", orjson.dumps(body), headers)
            if fate is Fate.TAKEN:
                balance: dict[str, Any] = reply["data"]["account"]["cycle"]["carrierBalance"]
                return balance
            await asyncio.sleep(AGAIN_SECONDS / 5)

    async def check(self, pool: Pool) -> tuple[int, int]:
        """Compare what was taken with what is there; return how much of it is lost or doubled."""
        lost = doubled = 0
        for account in self.accounts:
            async with acquire(pool) as conn:
                id_ = account_id_of(account)
                events = await conn.fetch("SELECT event_id FROM event WHERE account_id = $1", id_)
                top_ups = await conn.fetch(
                    "SELECT 'key-' || version - 1 FROM meter_change"
                    " WHERE account_id = $1 AND kind = 'TOP_UP'",
                    id_,
                )
                assert await broken(conn, id_, at=datetime.now(UTC)) == {}
            for taken, rows in ((self._events, events), (self._top_ups, top_ups)):
                stored = [row[0] for row in rows]
                lost += len(taken[account] - set(stored))
                doubled += len(stored) - len(taken[account])
            balance = await self.read(account)
            charged = sum("charge" in id_ for id_ in self._events[account])
            assert float(balance["toppedUp"]) == AMOUNT * len(self._top_ups[account])
            assert float(balance["spent"]) == AMOUNT * charged
        return lost, doubled

    async def _top_up(self, account: str) -> None:
        headers = bearer(Role.ADMIN, account)
        version = (await self.read(account))["version"]
        while not self._stopping:
            key = f"key-{version}"
            change = {
                "amount": str(AMOUNT),
                "idempotencyKey": key,
                "expectedVersion": version,
            }
            body = orjson.dumps({"query": TOP_UP, "variables": {"input": change}})
            _, reply = await self._taken("/graphql", body, headers)
            version += 1
            changed = {"__typename": "MeterChanged", "version": version}
            assert reply["data"]["topUpCarrierBalance"] == changed, reply
            self._top_ups[account].add(key)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _ingest(self, account: str, media_type: str) -> None:
        headers = {"authorization": f"Bearer {self.key}", "content-type": media_type}
        while not self._stopping:
            first = len(self._events[account]) * 100 + (media_type == STREAM) * 50
            sent = [self._event(account, first + n) for n in range(EVENTS)]
            lines = [orjson.dumps(event) for event in sent]
            body = b"\n".join(lines) if media_type == STREAM else b"[%b]" % b",".join(lines)
            new, outcome = await self._taken("/events", body, headers)
            assert (outcome["rejected"], outcome["conflicts"]) == (0, 0), outcome
            assert outcome["accepted"] + outcome["duplicates"] == EVENTS, outcome
            assert not (new and outcome["duplicates"]), outcome
            self._events[account] |= {event["id"] for event in sent}
            await asyncio.sleep(PAUSE_SECONDS)

    def _event(self, account: str, n: int) -> dict[str, Any]:
        if n % 3:
            at = self.began - AGE - timedelta(minutes=n * 7_919 % 40_000)
            type_ = "message"
            data: dict[str, object] = {
                "contact": f"c-{n % 40}",
                "channel": "CHAT",
                "direction": "outbound",
                "automated": False,
            }
        else:
            at = self.began - AGE - timedelta(minutes=n * 7_919 % 4_000)
            type_ = "carrier_charge"
            data = {"feature": "VOICE", "currency": "EUR", "amount": str(AMOUNT)}
        return {
            "specversion": "1.0",
            "type": type_,
            "source": "/load",
            "id": f"{'message' if n % 3 else 'charge'} {n}",
            "time": at.isoformat(),
            "subject": account,
            "data": data,
        }

    async def _taken(
        self, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[bool, dict[str, Any]]:
        """Send until it is taken; return whether it cannot have been before, and the reply."""
        new = True
        while True:
            fate, reply = await self._send(path, body, headers)
            self.fates[fate] += 1
            if fate is Fate.TAKEN:
                return new, reply
            new = new and fate is Fate.REFUSED
            await asyncio.sleep(AGAIN_SECONDS)

    async def _send(
        self, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[Fate, dict[str, Any]]:
        began = time.monotonic()
        try:
            reply = await self.http.post(
                path, content=body, headers={"content-type": "application/json", **headers}
            )
        except httpx2.ConnectError:
            return Fate.REFUSED, {}
        except httpx2.TransportError:
            return Fate.UNKNOWN, {}
        finally:
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)
        content: dict[str, Any] = reply.json()
        if reply.status_code == 200:
            assert not content.get("errors"), content
            return Fate.TAKEN, content
        assert (reply.status_code, reply.headers["retry-after"]) == (503, "1"), reply.text
        code = content.get("code") or content["errors"][0]["extensions"]["code"]
        return CODES[code], content
