"""`./dev bench` and `./dev bench ingest`."""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console

from bench import ingest, machine, report
from bench.bounds import Bounds
from bench.data import ACCOUNTS, CONVERSATIONS, DataError, Scale
from bench.ingest import BATCHES, SIZES, Load
from bench.run import CONNECTIONS, ROUNDS, SECONDS, Plan, run
from bench.servers import ServerError
from db import embedded

ROOT = Path(__file__).resolve().parents[1]

WIDTH = 120
"""Of tables that go to a file."""

_DATA = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=ROOT / ".data" / "bench",
    help="Folder of the data, which is made once.",
)
_JSON = click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write all figures to.",
)
_CHECK = click.option(
    "--check", is_flag=True, help="Fail where a bound of bench/bounds.toml is broken."
)


@click.group(invoke_without_command=True)
@_DATA
@_JSON
@_CHECK
@click.option("--rounds", type=click.IntRange(1), default=ROUNDS, show_default=True)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1),
    default=SECONDS,
    show_default=True,
    help="Seconds of each operation on each server in a round.",
)
@click.option("--connections", type=click.IntRange(1, 16), default=CONNECTIONS, show_default=True)
@click.option(
    "--peers", is_flag=True, help="Measure PostGraphile and mercurius-jit too: npm installs them."
)
@click.option("--accounts", type=click.IntRange(20), default=ACCOUNTS, show_default=True)
@click.option(
    "--conversations",
    type=click.IntRange(1_000),
    default=CONVERSATIONS,
    show_default=True,
    help="Conversations a year of the large account.",
)
@click.pass_context
def bench(  # noqa: PLR0913 (a command's options)
    ctx: click.Context,
    *,
    data: Path,
    json_file: Path | None,
    check: bool,
    rounds: int,
    seconds: float,
    connections: int,
    peers: bool,
    accounts: int,
    conversations: int,
) -> None:
    """Measure the server against hand-written SQL and against straightforward Strawberry."""
    if ctx.invoked_subcommand is not None:
        return
    console = _console()
    plan = Plan(Scale(accounts, conversations), rounds, seconds, connections, peers)
    with _in_words(), embedded.join_or_start(data) as cluster:
        figures = asyncio.run(run(cluster, plan, console.log))
    console.print(report.of_operations(figures), report.of_ratios(figures))
    console.print(f"{machine.described()}; {plan.described()}")
    console.print(
        f"Whole page of the large account: {figures.page_postgres_ms:.2f} ms of PostgreSQL"
    )
    console.print(f"Memory of a server: {figures.resident_mb:.0f} MB")
    _write(json_file, {"measured": [machine.described(), plan.described()], **figures.as_json()})
    if check:
        found = Bounds.read().breaches(
            figures.ratios, figures.page_postgres_ms, figures.resident_mb
        )
        _judge(found)


@bench.command("ingest")
@_DATA
@_JSON
@_CHECK
@click.option(
    "--stored",
    "sizes",
    type=click.IntRange(1_000),
    multiple=True,
    default=SIZES,
    show_default=True,
    help="Messages that are there already; can be given several times.",
)
@click.option(
    "--batches",
    type=click.IntRange(1),
    default=BATCHES,
    show_default=True,
    help="Batches of each step.",
)
def ingest_command(
    *, data: Path, json_file: Path | None, check: bool, sizes: tuple[int, ...], batches: int
) -> None:
    """Measure how fast messages are taken in, against a bare insert of the same rows."""
    console = _console()
    with _in_words(), embedded.join_or_start(data) as cluster:
        steps = asyncio.run(ingest.run(cluster, Load(tuple(sorted(sizes)), batches), console.log))
    console.print(report.of_ingest(steps))
    console.print(machine.described())
    _write(json_file, [step.as_json() for step in steps])
    if check:
        shares = {step.name: step.share for step in steps if step.share is not None}
        _judge(Bounds.read().breaches_of_ingest(shares))


def _console() -> Console:
    """Return a console that tables fit into, also where it is a file."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (DataError, ServerError) as error:
        raise click.ClickException(str(error)) from None


def _write(file: Path | None, figures: Any) -> None:  # noqa: ANN401 (any JSON value)
    if file is not None:
        file.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))


def _judge(breaches: Iterable[str]) -> None:
    """Say what is broken.

    Raises:
        SystemExit: something is.
    """
    found = list(breaches)
    for breach in found:
        click.echo(breach, err=True)
    if found:
        raise SystemExit(1)
