"""The measurements: all servers answer alike, and bounds are held. Figures are not looked at."""

from dataclasses import replace

import pytest

from bench import ingest, report
from bench.bounds import Bounds
from bench.data import Scale
from bench.ingest import Load
from bench.measure import leaves
from bench.run import SERVERS, Plan, run
from db.embedded import Cluster

OPERATIONS = ("dashboard", "mobile", "mutation", "heavy")
BOUNDS = Bounds(
    floor={"dashboard": 1.5, "heavy": 1.6},
    page_postgres_ms=2.5,
    resident_mb=120,
    ingest_share=0.22,
)


async def test_all_servers_answer_alike_and_everything_is_measured(cluster: Cluster) -> None:
    plan = Plan(Scale(4, 1_000), rounds=1, seconds=0.05, resting_seconds=0)
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
        BOUNDS, floor={"dashboard": 1.5, "mobile": 1.5, "mutation": 1.6, "heavy": 1.6}
    )


@pytest.mark.parametrize(
    ("ratios", "page_postgres_ms", "resident_mb", "breaches"),
    [
        pytest.param({"dashboard": 1.5, "heavy": 1.6}, 2.5, 120, [], id="at_the_bounds"),
        pytest.param(
            {"dashboard": 1.51, "heavy": 1.6},
            2.5,
            120,
            ["dashboard: 1.51 times the floor, at most 1.5"],
            id="operation",
        ),
        pytest.param(
            {"dashboard": 1, "heavy": 1},
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
    ratios: dict[str, float], page_postgres_ms: float, resident_mb: float, breaches: list[str]
) -> None:
    assert list(BOUNDS.breaches(ratios, page_postgres_ms, resident_mb)) == breaches


def test_what_is_taken_in_too_slowly_is_said() -> None:
    shares = {"in order": 0.22, "late": 0.21}
    assert list(BOUNDS.breaches_of_ingest(shares)) == [
        "late: 0.21 of the bare insert, at least 0.22"
    ]


def test_leaves_are_values_that_hold_no_others() -> None:
    assert leaves({"a": None, "b": [{"c": 1}, {"c": 2}], "d": [], "e": {}}) == 3
