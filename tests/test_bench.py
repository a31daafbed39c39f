"""The measurements: all servers answer alike, and bounds are held. Figures are not looked at."""

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench import data, ingest, instants, machine, report, statements
from bench.bounds import Bounds
from bench.data import Scale
from bench.ingest import Load
from bench.measure import leaves
from bench.operation import operations
from bench.peers import node, tables
from bench.run import SERVERS, Figures, Plan, run
from bench.servers import Program, ServerError, started
from billing.account import account_id_of
from db import account
from db.embedded import Cluster
from db.pool import INGESTING, acquire, open_pool

SCALE = Scale(4, 1_000)
PEERS = Path(node.__file__).parent
OPERATIONS = ("dashboard", "mobile", "mutation", "heavy")
BOUNDS = Bounds(
    floor={"dashboard": 1.5, "heavy": 1.6},
    postgraphile={"dashboard": 0.7},
    page_postgres_ms=2.5,
    resident_mb=120,
    ingest_share=0.22,
)


async def test_all_servers_answer_alike_and_everything_is_measured(cluster: Cluster) -> None:
    plan = Plan(SCALE, rounds=1, seconds=0.05, resting_seconds=0)
    said: list[str] = []
    figures = await run(cluster, plan, said.append)
    assert said[-2:] == ["All servers answer alike.", "Round 1 of 1"]
    assert figures.leaves == {"dashboard": 573, "mobile": 5, "mutation": 19, "heavy": 5 * 573}
    assert {name: tuple(found) for name, found in figures.operations.items()} == dict.fromkeys(
        OPERATIONS, SERVERS
    )
    assert all(ratio > 0 for ratios in figures.ratios.values() for ratio in ratios.values())
    assert figures.page_postgres_ms > 0
    assert report.of_operations(figures).row_count == len(OPERATIONS) * len(SERVERS)
    assert report.of_ratios(figures).row_count == len(OPERATIONS)


async def test_messages_are_taken_in_each_way(cluster: Cluster) -> None:
    load = Load(sizes=(1_000,), batches=1, accounts=4, batch=50, posted=20)
    steps = await ingest.run(cluster, load, lambda _: None)
    ways = [(step.way, step.late_percent, step.connections) for step in steps]
    both = [(way, late) for late in (0, 10) for way in ("ingest", "bare insert")]
    assert ways == [
        *((way, late, 1) for way, late in both),
        *((way, late, 4) for way, late in both),
        ("POST /events", 0, 1),
        ("POST /events", 0, 4),
    ]
    assert all(step.per_second > 0 for step in steps)
    assert report.of_ingest(steps).row_count == len(steps)


def test_the_file_of_bounds_is_read() -> None:
    bounds = Bounds.read()
    assert tuple(bounds.floor) == OPERATIONS
    assert bounds == replace(
        BOUNDS,
        floor={"dashboard": 1.5, "mobile": 1.5, "mutation": 1.6, "heavy": 1.6},
        postgraphile={"dashboard": 0.7, "mobile": 0.7, "heavy": 0.7},
    )


@pytest.mark.parametrize(
    ("ratios", "page_postgres_ms", "resident_mb", "breaches"),
    [
        pytest.param(
            {"dashboard": {"floor": 1.5, "postgraphile": 0.7}, "heavy": {"floor": 1.6}},
            2.5,
            120,
            [],
            id="at_the_bounds",
        ),
        pytest.param(
            {"dashboard": {"floor": 1.51}, "heavy": {"floor": 1.6}},
            2.5,
            120,
            ["dashboard: 1.51 times the floor, at most 1.5"],
            id="operation",
        ),
        pytest.param(
            {"dashboard": {"floor": 1.5, "postgraphile": 0.71}, "heavy": {"floor": 1.6}},
            2.5,
            120,
            ["dashboard: 0.71 times PostGraphile, at most 0.7"],
            id="peer",
        ),
        pytest.param(
            {"dashboard": {"floor": 1}, "heavy": {"floor": 1}},
            2.51,
            121,
            [
                "page: 2.51 ms of PostgreSQL, at most 2.5",
                "memory: 121 MB, at most 120",
            ],
            id="page_and_memory",
        ),
    ],
)
def test_what_is_beyond_a_bound_is_said(
    ratios: dict[str, dict[str, float]],
    page_postgres_ms: float,
    resident_mb: float,
    breaches: list[str],
) -> None:
    assert list(BOUNDS.breaches(ratios, page_postgres_ms, resident_mb)) == breaches


def test_what_is_taken_in_too_slowly_is_said() -> None:
    shares = {"in order": 0.22, "late": 0.21}
    assert list(BOUNDS.breaches_of_ingest(shares)) == [
        "late: 0.21 of the bare insert, at least 0.22"
    ]


def test_leaves_are_values_that_hold_no_others() -> None:
    assert leaves({"a": None, "b": [{"c": 1}, {"c": 2}], "d": [], "e": {}}) == 3


async def test_the_peers_views_hold_what_the_floor_answers(cluster: Cluster) -> None:
    dsn = await data.prepare(cluster, SCALE, lambda _: None)
    async with await open_pool(dsn, size_max=1, session=INGESTING) as pool:
        await tables.make(pool, SCALE)
        await tables.make(pool, SCALE)  # anew, as each run does
        async with acquire(pool) as conn:
            id_ = account_id_of("account-00001")
            known = (await account.by_ids(conn, [id_]))[id_]
            dashboard = await conn.fetchval(statements.load("dashboard"), *instants.page(known))
            mobile = await conn.fetchval(
                statements.load("mobile"), *instants.current(known), instants.last_day(known)
            )
            cycles = await conn.fetchval(
                "SELECT json_agg(to_jsonb(c) - 'account_id' - 'place' ORDER BY place) "
                "FROM peers.cycle AS c WHERE account_id = $1",
                id_,
            )
            current = await conn.fetchval(
                "SELECT to_jsonb(c) - 'account_id' FROM peers.current_cycle AS c "
                "WHERE account_id = $1",
                id_,
            )
    assert json.loads(cycles) == json.loads(dashboard)["cycles"]["nodes"]
    assert json.loads(current) == json.loads(mobile)


async def test_a_peer_is_not_asked_for_what_writes(tmp_path: Path) -> None:
    serves = "import time; print('Serving at http://127.0.0.1:1', flush=True); time.sleep(60)"
    words = (sys.executable, "-c", serves)
    programs = [Program("a", words, {}), Program("b", words, {}, only_reads=True)]
    async with started(programs, tmp_path) as servers:
        asked = {
            each.name: "".join(server.name for server in servers if server.answers(each))
            for each in operations(SCALE)
        }
    assert asked == {"dashboard": "ab", "mobile": "ab", "mutation": "a", "heavy": "ab"}


def test_a_peer_has_a_column_where_it_was_measured() -> None:
    figures = Figures(
        leaves={"mobile": 5, "mutation": 19},
        operations={},
        ratios={"mobile": {"floor": 1.5, "postgraphile": 0.7}, "mutation": {"floor": 1.6}},
    )
    table = report.of_ratios(figures)
    assert [(column.header, list(column.cells)) for column in table.columns] == [
        ("operation", ["mobile", "mutation"]),
        ("leaves", ["5", "19"]),
        ("floor", ["1.50", "1.60"]),
        ("PostGraphile", ["0.70", ""]),
    ]


def test_without_npm_there_are_no_peers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(
        ServerError, match=r"^The peers need npm and Node, which are not installed\.$"
    ):
        node.install(tmp_path, lambda _: None)


def test_peers_are_installed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "node_modules").mkdir()
    succeeds = shutil.which("true")
    monkeypatch.setattr(shutil, "which", lambda _: succeeds)
    said: list[str] = []
    for _ in range(2):
        node.install(tmp_path, said.append)
    assert said == ["Installing the peers: once"]
    assert (tmp_path / "postgraphile.js").read_bytes() == (PEERS / "postgraphile.js").read_bytes()


def test_peers_that_cannot_be_installed_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = shutil.which("false")
    monkeypatch.setattr(shutil, "which", lambda _: fails)
    for _ in range(2):
        with pytest.raises(ServerError, match=r"npm\.log: npm cannot install the peers\.$"):
            node.install(tmp_path, lambda _: None)


def test_a_machine_that_npm_has_no_node_for_is_said(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"^npm has no Node for this machine"):
        node.programs(tmp_path, "postgresql://")


def test_peers_packages_are_of_one_version_each_from_anywhere() -> None:
    package = json.loads((PEERS / "package.json").read_text("utf-8"))
    named = package["dependencies"] | package["optionalDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in named.values())
    lock = json.loads((PEERS / "package-lock.json").read_text("utf-8"))
    assert [name for name, of in lock["packages"].items() if "resolved" in of] == []
    assert all("integrity" in of for name, of in lock["packages"].items() if name)


def test_what_was_measured_on_is_said() -> None:
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d, \d+ x .+, Linux .+, Python 3\.\d+\.\d+", machine.described()
    )
    assert Plan(SCALE, seconds=0.5).described() == "4 accounts, 5 rounds of 0.5 s, connections: 1"
