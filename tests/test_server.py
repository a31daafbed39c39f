"""The command line, as people use it: real processes on a data folder of their own."""

import json
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import server
from db.embedded import Cluster
from edge.settings import Settings, SettingsError
from resolvers.service_key import KEY_CACHE_SECONDS
from server import DEMO_DONE, connections, traced
from tests.conftest import cloned
from tests.support import stepping
from tests.support.command import called, command, environment

ROOT = Path(__file__).parents[1]
MESSAGES = ROOT / "demo" / "support-messages.ndjson"
SERVING = re.compile(r"Serving at (http://127\.0\.0\.1:\d+), GraphQL at /graphql\n")


def output(data_dir: Path, *args: str) -> str:
    done = called(data_dir, *args)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def post(url: str, body: bytes, media_type: str, bearer: str) -> Any:
    request = urllib.request.Request(
        url, body, {"authorization": f"Bearer {bearer}", "content-type": media_type}
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def started(
    data_dir: Path, *args: str, program: Sequence[str] = (server.__file__,), **variables: str
) -> tuple[subprocess.Popen[str], str]:
    """Start to serve; returns the process and the address once it answers."""
    process = subprocess.Popen(
        [sys.executable, *program, *args, "--port", "0"],
        cwd=ROOT,
        env=environment(data_dir, **variables),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        found = SERVING.match(line)
        if found:
            return process, found[1]
    raise AssertionError("it ended without serving")


def stopped(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None
    process.stderr.close()
    return process.wait(20)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """An empty server that commands join; its clock may be put forward."""
    folder = tmp_path_factory.mktemp("served")
    data_dir, clock = folder / "data", folder / "clock"
    clock.touch()
    stepped = ("-m", stepping.__name__)
    variables = {stepping.STEPS: str(clock)}
    process, address = started(data_dir, "serve", "--empty", program=stepped, **variables)
    yield data_dir, address
    stopped(process)


def test_a_file_is_taken_in_beside_the_server_and_shown_by_it(served: tuple[Path, str]) -> None:
    data_dir, address = served
    taken = command(data_dir, "ingest", "--create-accounts", str(MESSAGES))
    assert taken.stdout == "2,342 accepted, 7 duplicates (1 of them conflicts), 0 rejected\n"
    assert taken.stderr.startswith("25 accounts created\n")
    assert taken.returncode == 0
    again = called(data_dir, "ingest", "--create-accounts", str(MESSAGES))
    assert again.stdout == "0 accepted, 2,349 duplicates (1 of them conflicts), 0 rejected\n"
    assert again.stderr.startswith("0 accounts created\n")
    token = output(data_dir, "token", "--account", "SpotifyCares")
    query = b'{"query": "{ account { name cycles(last: 1) { nodes { number startsOn } } } }"}'
    assert post(f"{address}/graphql", query, "application/json", token)["data"] == {
        "account": {
            "name": "SpotifyCares",
            "cycles": {"nodes": [{"number": 0, "startsOn": "2020-03-21"}]},
        }
    }


def test_a_broken_line_is_named_and_the_rest_goes_on(
    served: tuple[Path, str], tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text('{"broken\n\n{"type": "message"}\n')
    done = called(served[0], "ingest", str(file))
    assert done.stdout == "0 accepted, 0 duplicates (0 of them conflicts), 2 rejected\n"
    assert "  UNREADABLE line 1: is not JSON.\n" in done.stderr
    assert "  INVALID_EVENT line 3: " in done.stderr
    assert done.returncode == 1


def test_a_key_is_made_listed_used_and_revoked(served: tuple[Path, str]) -> None:
    data_dir, address = served
    key = output(data_dir, "key", "create", "--scope", "ingest", "--name", "chat")
    prefix = key.partition(".")[0]
    assert re.fullmatch(r"kk_[a-z2-7]{8}\.[\w-]{43}", key)
    reply = post(f"{address}/events", b"[]", "application/cloudevents-batch+json", key)
    assert reply == {"accepted": 0, "duplicates": 0, "conflicts": 0, "rejected": 0, "errors": []}
    assert f"{prefix}  ingest        live                chat" in output(data_dir, "key", "list")
    assert output(data_dir, "key", "revoke", prefix) == ""
    assert called(data_dir, "key", "revoke", prefix).stderr == (
        f"Error: There is no live key {prefix}.\n"
    )
    clock = data_dir.parent / "clock"
    clock.write_text(f"{KEY_CACHE_SECONDS}", encoding="ascii")  # so long it may still be trusted
    with pytest.raises(urllib.error.HTTPError, match="401"):
        post(f"{address}/events", b"[]", "application/cloudevents-batch+json", key)
    clock.write_text("", encoding="ascii")


def test_an_operator_runs_graphql(served: tuple[Path, str]) -> None:
    data_dir, _ = served
    document = "query ($first: Int!) { accounts(first: $first) { nodes { plan } } }"
    done = output(data_dir, "graphql", document, "--variables", '{"first": 1}')
    assert json.loads(done)["data"].keys() == {"accounts"}
    failed = called(data_dir, "graphql", "{ account { name } }")
    assert json.loads(failed.stdout)["errors"][0]["extensions"] == {
        "code": "BAD_USER_INPUT",
        "field": "id",
    }
    assert failed.returncode == 1
    broken = called(data_dir, "graphql", "{ __typename }", "--variables", "{")
    assert broken.stderr.splitlines()[-1].startswith("Error: Invalid value for '--variables'")


def test_closed_cycles_are_written_down_once_and_show_the_same(served: tuple[Path, str]) -> None:
    data_dir, _ = served
    made = """mutation {
      createPlan(input: {name: "Old", effectiveFrom: "2020-01-01T00:00:00Z",
        priceLists: [{interval: YEARLY, included: 5, blockPrice: "1"}]}) { __typename }
      createAccount(input: {externalId: "old", name: "Old", timeZone: "UTC", plan: "Old",
        interval: YEARLY, signedUpAt: "2020-01-01T00:00:00Z", anchorDate: "2020-01-01",
        backfillUntil: "2020-01-01T00:00:00Z"}) { ... on CreateAccountSuccess { account { id } } }
    }"""
    id_ = json.loads(output(data_dir, "graphql", made))["data"]["createAccount"]["account"]["id"]
    asked = f"""{{ account(id: "{id_}") {{ cycles(first: 100) {{ nodes {{
        number state conversationUsage {{ used left }} carrierBalance {{ spent }} }} }} }} }}"""
    before = output(data_dir, "graphql", asked)
    closed = before.count('"CLOSED"')
    assert closed > 5
    assert output(data_dir, "close") == f"closed {closed} cycles of 1 accounts"
    assert output(data_dir, "close") == "closed 0 cycles of 0 accounts"
    assert output(data_dir, "graphql", asked) == before


def test_a_second_server_on_the_data_is_refused_in_words(served: tuple[Path, str]) -> None:
    done = command(served[0], "serve", "--port", "0")
    assert re.fullmatch(r"Error: \S+ is in use by process \d+: stop that first\.\n", done.stderr)
    assert done.returncode == 1


def test_the_demo_is_taken_in_once(tmp_path: Path) -> None:
    process, address = started(tmp_path / "data")
    assert (tmp_path / "data" / DEMO_DONE).exists()
    token = output(tmp_path / "data", "token", "--account", "acme-support")
    query = b'{"query": "{ account { cycle { number state conversationUsage { used } } } }"}'
    first = post(f"{address}/graphql", query, "application/json", token)
    assert first["data"]["account"]["cycle"]["conversationUsage"]["used"] > 0
    stopped(process)
    process, address = started(tmp_path / "data")
    assert post(f"{address}/graphql", query, "application/json", token) == first
    stopped(process)


@pytest.mark.parametrize(
    ("args", "variables", "message"),
    [
        pytest.param(
            ["token"],
            {},
            "Error: the role admin needs an account: --account EXTERNAL_ID.\n",
            id="no_account",
        ),
        pytest.param(
            ["token"],
            {"KONTINGENT_DATADIR": "x"},
            "Error: KONTINGENT_DATADIR: no such setting. Is it KONTINGENT_DATA_DIR?\n",
            id="unknown_setting",
        ),
        pytest.param(
            ["serve"],
            {"DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/x"},
            "Error: With DATABASE_URL, set KONTINGENT_TOKEN_SECRET (at least 32 bytes) or "
            "KONTINGENT_JWKS_URL (https): who signs the tokens?\n",
            id="no_secret",
        ),
        pytest.param(
            ["migrate"],
            {"DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/x"},
            "Error: The database cannot be reached: [Errno 111] Connect call failed "
            "('127.0.0.1', 1)\n",
            id="no_database",
        ),
        pytest.param(
            ["migrate"],
            {"DATABASE_URL": "postgresql://u:hunter2/hunter2@127.0.0.1:1/x"},
            "Error: The database's URL cannot be read: are all signs of the password "
            "percent-encoded that have a meaning in URLs?\n",
            id="unreadable_url",
        ),
    ],
)
def test_what_is_the_matter_is_said_in_a_sentence(
    tmp_path: Path, args: list[str], variables: dict[str, str], message: str
) -> None:
    run = command if args == ["serve"] else called  # which says how it logs, once and for all
    done = run(tmp_path / "data", *args, **variables)
    assert (done.returncode, done.stderr) == (1, message)


@pytest_asyncio.fixture(loop_scope="session")
async def bare(cluster: Cluster) -> AsyncIterator[str]:
    """A database with nothing in it."""
    async with cloned(cluster, "template1") as url:
        yield url


def test_a_given_database_is_migrated_by_its_owner_first(bare: str, tmp_path: Path) -> None:
    refused = called(tmp_path / "data", "key", "list", DATABASE_URL=bare)
    assert refused.stderr.startswith("Error: Migrations are pending (0001_accounts, ")
    applied = command(tmp_path / "data", "migrate", DATABASE_URL=bare)
    assert applied.stdout.splitlines()[0] == "applied 0001_accounts"
    assert called(tmp_path / "data", "migrate", DATABASE_URL=bare).stdout == ""
    assert called(tmp_path / "data", "key", "list", DATABASE_URL=bare).returncode == 0
    assert not (tmp_path / "data").exists()


def test_help_lists_the_commands_each_with_its_use(tmp_path: Path) -> None:
    listed = output(tmp_path, "--help").partition("Commands:\n")[2]
    names = [line.split(maxsplit=1) for line in listed.splitlines()]
    assert [name for name, _ in names] == [
        "bench",
        "close",
        "doctor",
        "graphql",
        "ingest",
        "key",
        "migrate",
        "print-documents",
        "print-schema",
        "roles",
        "serve",
        "test",
        "token",
    ]
    assert all(use.endswith((".", ").")) and "..." not in use for _, use in names)


def test_without_its_packages_traces_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = [name for name in sys.modules if name.startswith("opentelemetry.")]
    for name in ("opentelemetry", *loaded):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "edge.tracing", raising=False)
    monkeypatch.delattr("edge.tracing", raising=False)
    with pytest.raises(SettingsError, match="install opentelemetry-sdk and opentelemetry-exporter"):
        traced(Settings(otel_endpoint="http://127.0.0.1:4318"))


AUDITS = ROOT / "tests" / "edge" / "audits"


def npm(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["npm", *args], cwd=AUDITS, capture_output=True, text=True, timeout=60, check=False
    )


def test_all_audits_of_graphql_over_http_pass(served: tuple[Path, str]) -> None:
    if shutil.which("npm") is None:
        pytest.skip("Node is not installed: GraphQL over HTTP was not audited.")
    if npm("ls").returncode and npm("ci", "--ignore-scripts").returncode:
        pytest.skip("npm's graphql-http cannot be had: GraphQL over HTTP was not audited.")
    _, address = served
    done = subprocess.run(
        ["node", AUDITS / "run.js", f"{address}/graphql"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    audits = json.loads(done.stdout)
    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert len(audits) == 61


def test_the_doctor_examines_what_roles_and_closing_left(served: tuple[Path, str]) -> None:
    data_dir, _ = served
    made = output(data_dir, "roles").splitlines()
    assert made[0] == "CREATE ROLE kontingent_api NOLOGIN NOINHERIT"
    assert output(data_dir, "roles") == ""
    output(data_dir, "close")
    lines = output(data_dir, "doctor", "--seconds", "5").splitlines()
    assert {line[:4].rstrip() for line in lines} == {"ok"}
    names = [line[4:].partition(":")[0].strip() for line in lines]
    assert names[:6] == ["secrets", "tokens", "public URL", "introspection", "mails", "migrations"]
    assert names[-1] == "invariants"


def test_the_doctor_reckons_with_all_connections_of_a_server() -> None:
    assert connections(Settings.read({})) == 10 + 4 + 3 + 1
    sizes = {"KONTINGENT_POOL_SIZE": "20", "KONTINGENT_INGEST_POOL_SIZE": "8"}
    assert connections(Settings.read(sizes)) == 20 + 8 + 3 + 1


def test_the_doctor_fails_where_something_is_to_be_mended(tmp_path: Path) -> None:
    url = "postgresql://nobody:hunter2@127.0.0.1:9/none"
    done = command(tmp_path / "data", "doctor", DATABASE_URL=url)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert [line.partition(": ")[0] for line in lines if line[0] != " "] == [
        "fail  secrets",
        "ok    tokens",
        "fail  public URL",
        "ok    introspection",
        "warn  mails",
        "fail  database",
    ]
    assert lines[-1] == "      Is it running, and is DATABASE_URL right?"
    assert "hunter2" not in done.stdout + done.stderr
