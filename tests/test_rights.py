"""The command line with a database user who may not do what is asked: a sentence says so."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

import server
from db.embedded import Cluster
from db.roles import INGEST, READ
from tests.conftest import cloned
from tests.support.http import PEPPER, SECRET
from tests.support.roles import users
from tests.test_server import MESSAGES

NOBODY = "nobody"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def logins(cluster: Cluster, template: str) -> AsyncIterator[dict[str, str]]:
    """Users by their roles, and one who has none."""
    async with cloned(cluster, template) as dsn, users(dsn) as made:
        owner = await asyncpg.connect(dsn)
        name = f"{NOBODY}_{uuid4().hex}"
        await owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'guessed'")
        parts = urlsplit(dsn)
        host = parts.netloc.rpartition("@")[2]
        yield {**made, NOBODY: urlunsplit(parts._replace(netloc=f"{name}:guessed@{host}"))}
        await owner.execute(f"DROP ROLE {name}")
        await owner.close()


@pytest.fixture
def run(
    logins: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> "Run":
    return Run(logins, monkeypatch, capsys)


class Run:
    """Runs commands as users of the database."""

    def __init__(
        self,
        logins: dict[str, str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self._logins = logins
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    async def __call__(self, who: str, *arguments: str) -> tuple[object, str]:
        """Return what the process would end with, and what was shown before."""
        self._monkeypatch.setenv("DATABASE_URL", self._logins[who])
        self._monkeypatch.setenv("KONTINGENT_TOKEN_SECRET", SECRET.decode())
        self._monkeypatch.setenv("KONTINGENT_KEY_PEPPER", PEPPER.decode())
        with pytest.raises(SystemExit) as ended:
            await asyncio.to_thread(server.main, arguments, prog_name="./dev")
        return ended.value.code, self._capsys.readouterr().out


@pytest.mark.parametrize(
    ("who", "arguments", "what"),
    [
        (NOBODY, ("migrate",), "schema public"),
        (NOBODY, ("close",), "table schema_migration"),
        (NOBODY, ("ingest", str(MESSAGES)), "table schema_migration"),
        (READ, ("ingest", "--create-accounts", str(MESSAGES)), "table price_list"),
        (READ, ("key", "create", "--scope=ingest"), "table service_key"),
        (INGEST, ("key", "list"), "table service_key"),
        (INGEST, ("key", "revoke", "0" * 8), "table service_key"),
    ],
)
async def test_a_command_says_what_may_not_be_done(
    run: Run, who: str, arguments: tuple[str, ...], what: str
) -> None:
    ended, shown = await run(who, *arguments)
    assert ended == (
        f"Error: permission denied for {what}: the database's user may not do that "
        "(docs/operations.md, Roles)."
    )
    assert shown == ""


async def test_the_doctor_goes_on_with_what_may_be_examined(run: Run) -> None:
    ended, shown = await run(NOBODY, "doctor")
    assert ended == 1
    lines = shown.splitlines()
    at = lines.index("fail  migrations: It cannot be checked: InsufficientPrivilegeError.")
    assert lines[at + 1] == "      May this user read all tables?"
    assert [line[6:].partition(":")[0] for line in lines[at + 2 :] if line[0] != " "] == [
        "version",
        "durability",
        "clock",
        "connections",
    ]
