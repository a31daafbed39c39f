"""The operations that are measured, as requests of clients."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import orjson

from bench.data import LARGE, NOW, VERSION, Scale, external_ids
from billing.account import account_id_of
from edge import manifest
from edge.token import issue
from resolvers.principal import Role

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(__file__).with_name("operations")

CALLERS_MAX = 100
"""Accounts whose admins ask in turn."""

SECRET = b"secret of the measurements, 32 B"
"""What the tokens are signed with."""

ISSUER = "kontingent"
"""Who issues them, and for whom."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: who asks for it, and whether it changes what it is asked of."""

    name: str
    text: str
    callers: tuple[str | None, ...]
    writes: bool = False
    variables: tuple[tuple[str, object], ...] = ()

    def requests(self) -> Iterator[bytes]:
        """Yield requests for ever, of one caller after the other."""
        tokens = [_token(caller) for caller in self.callers]
        heads = [_head(token) for token in tokens]
        if not self.writes:
            body = self._body(dict(self.variables))
            whole = [head + _framed(body) for head in heads]
            while True:
                yield from whole
        number = 0
        while True:
            for head in heads:
                turn = number // len(heads)
                yield head + _framed(self._body({"input": _change(number, VERSION + turn)}))
                number += 1

    def _body(self, variables: dict[str, object]) -> bytes:
        return orjson.dumps(
            {"query": self.text, "operationName": self.title, "variables": variables}
        )

    @property
    def title(self) -> str:
        """The name that the document gives it."""
        return self.text.partition("(")[0].partition("{")[0].split()[-1]


def operations(scale: Scale) -> list[Operation]:
    """Return the operations that all servers answer."""
    admins = tuple(external_ids(scale)[:CALLERS_MAX])
    return [
        Operation("dashboard", _text(FOLDER / "dashboard.graphql"), admins),
        Operation("mobile", _text(ROOT / "tests" / "operations" / "mobile.graphql"), admins),
        Operation("mutation", _text(FOLDER / "mutation.graphql"), admins, writes=True),
        Operation("heavy", _text(FOLDER / "heavy.graphql"), (None,)),
    ]


def page() -> Operation:
    """Return the whole page of the large account."""
    texts = manifest.texts_of_page(ROOT / "web" / "src" / "operations")
    [text] = [text for text in texts if "query UsagePage(" in text]
    return Operation("page", text, (LARGE,), variables=(("cycles", 15),))


def account_of(operation: Operation) -> UUID:
    """Return the account that the first request is of."""
    assert operation.callers[0] is not None
    return account_id_of(operation.callers[0])


def _text(path: Path) -> str:
    """Return a document without its comment."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


def _token(caller: str | None) -> str:
    """Sign the token of an account's admin; an operator's, where there is no account."""
    return issue(
        SECRET,
        subject="bench",
        role=Role.OPERATOR if caller is None else Role.ADMIN,
        account=caller,
        issuer=ISSUER,
        audience=ISSUER,
        at=NOW,
        lifetime=timedelta(days=1),
    )


def _head(token: str) -> bytes:
    lines = (
        "POST /graphql HTTP/1.1",
        "Host: bench",
        "Content-Type: application/json",
        "Accept: application/json",
        f"Authorization: Bearer {token}",
    )
    return "\r\n".join(lines).encode()


def _framed(body: bytes) -> bytes:
    return b"\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def _change(number: int, version: int) -> dict[str, object]:
    return {
        "idempotencyKey": f"bench-{number}",
        "expectedVersion": version,
        "blocks": 3 + number % 90,
    }
