"""Composition root: settings, the HTTP application, the command line."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson
import uvicorn
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from starlette.applications import Starlette
from strawberry.types import ExecutionResult
from typing_extensions import override

from billing.errors import BillingError
from db import embedded
from db.migrate import MigrationError, migrate, pending
from db.pool import INGESTING, READING, Pool, UnavailableError, open_pool
from db.postmaster import EmbeddedError
from demo.accounts import accounts
from demo.events import lines
from demo.feed import feed
from demo.users import users
from edge import app, backfill, log
from edge.demo import LOOPBACK, TOKEN_LASTS, Demo
from edge.settings import Settings, SettingsError
from edge.state import State
from edge.token import TokenConfig, TokenVerifier, issue
from jobs import closing
from jobs.delivery import DELIVERY_SECONDS, Delivery
from jobs.mail import Sender
from jobs.smtp import Relay, show
from jobs.webhook import Poster
from jobs.worker import Job, running
from resolvers import account, outbox, service_key
from resolvers.context import Context, Session
from resolvers.ingest import Outcome
from resolvers.known_accounts import KnownAccounts
from resolvers.principal import Role, Scope, User
from schema import root

ROOT = Path(__file__).resolve().parent

ALL_TESTS = ("--numprocesses", "logical")
"""How pytest is called for all tests."""

LONG = ("--long",)
"""What asks for many more random cases."""

JOBS_POOL_SIZE = 3
"""Database connections for what runs beside the requests."""

TIDYING_SECONDS = 3_600.0
"""How often cycles are closed, and what was delivered long ago is forgotten."""

TOKEN_HOURS = 24
"""How long a token of the command line is good for, unless said otherwise."""

DEMO_STARTED = "demo-laid-out-at"
DEMO_DONE = "demo-complete"
"""Files of the data folder: the instant that the demo is laid out around, and its completion."""

OPERATOR = User("command line", Role.OPERATOR, None, datetime.max.replace(tzinfo=UTC))
"""Whoever sits at the command line."""

T = TypeVar("T")


def clock() -> datetime:
    """Return the present."""
    return datetime.now(UTC)


def operating(settings: Settings, opened: Pool) -> Session:
    """Return the session of whoever sits at the command line: an operator's."""
    return Session(opened, clock, OPERATOR, pepper(settings))


def verifier(settings: Settings) -> TokenVerifier:
    """Return what tokens are verified with."""
    secret = settings.secrets().token_secret
    return TokenVerifier(
        TokenConfig(
            issuer=settings.token_issuer,
            audience=settings.token_audience,
            secret=None if secret is None else secret.get_secret_value().encode(),
            jwks_url=settings.jwks_url,
        )
    )


def pepper(settings: Settings) -> bytes:
    """Return what service keys are hashed with, and webhooks' secrets derived."""
    return settings.secrets().key_pepper.get_secret_value().encode()


def jobs(settings: Settings, opened: Pool) -> list[Job]:
    """Return what is done beside the requests."""
    delivery = Delivery(
        pool=opened,
        clock=clock,
        pepper=pepper(settings),
        sender=Sender(settings.mail_from, settings.public_url),
        send=show
        if settings.smtp_url is None
        else Relay.of(settings.smtp_url.get_secret_value()).send,
        poster=Poster(),
    )

    async def tidy() -> bool:
        await closing.sweep(opened, clock)
        await outbox.forget(opened, clock())
        return False

    return [
        Job("delivery", DELIVERY_SECONDS, delivery.batch),
        Job("tidying", TIDYING_SECONDS, tidy),
    ]


def demo_of(settings: Settings, host: str) -> Demo | None:
    """Return the demo's users: only where the data is the demo's, and only for this machine."""
    if not settings.embedded or host not in LOOPBACK:
        return None
    secret = settings.secrets().token_secret
    if secret is None or not (settings.data_dir / DEMO_DONE).exists():
        return None
    laid_out_at = datetime.fromisoformat((settings.data_dir / DEMO_STARTED).read_text())
    return Demo(
        users(laid_out_at),
        lambda role, external_id: issue(
            secret.get_secret_value().encode(),
            subject=f"demo {role.value}",
            role=role,
            account=external_id,
            issuer=settings.token_issuer,
            audience=settings.token_audience,
            at=clock(),
            lifetime=TOKEN_LASTS,
        ),
    )


def create_app(settings: Settings, dsn: str, demo: Demo | None = None) -> Starlette:
    """Build the ASGI application; its lifespan opens and closes the pools and runs the jobs."""
    tokens, key_pepper = verifier(settings), pepper(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[State]:
        async with (
            await open_pool(dsn, size_max=settings.pool_size, session=READING) as reading,
            await open_pool(dsn, size_max=settings.ingest_pool_size, session=INGESTING) as writing,
            await open_pool(dsn, size_max=JOBS_POOL_SIZE, session=INGESTING) as working,
            running(*jobs(settings, working)),
        ):
            yield State(
                pool=reading,
                ingest_pool=writing,
                clock=clock,
                tokens=tokens,
                key_pepper=key_pepper,
                keys=service_key.KnownKeys(),
                accounts=KnownAccounts(),
            )

    return app.build(
        root.build(introspection=settings.introspected),
        lifespan,
        origin=settings.page_origin,
        demo=demo,
    )


@contextlib.contextmanager
def found(settings: Settings) -> Iterator[str]:
    """Find the database for a command: the one that is set, else the embedded one."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with embedded.join_or_start(settings.data_dir) as cluster:
        yield cluster.dsn()


async def check_migrated(dsn: str) -> None:
    """Refuse a database that is not at this version: its owner migrates it, nobody else.

    Raises:
        MigrationError: migrations are pending.
    """
    if names := await pending(dsn):
        raise MigrationError(f"Migrations are pending ({', '.join(names)}): ./dev migrate.")


def in_database(settings: Settings, work: Callable[[Pool], Coroutine[Any, Any, T]]) -> T:
    """Run `work`, which takes a pool, on the database.

    Raises:
        MigrationError: it is one that is set, and has yet to be brought to this version.
    """

    async def run(dsn: str) -> T:
        await (migrate(dsn, at=clock()) if settings.embedded else check_migrated(dsn))
        async with await open_pool(dsn, size_max=2, session=INGESTING) as opened:
            return await work(opened)

    with found(settings) as dsn:
        return asyncio.run(run(dsn))


class Commands(click.Group):
    """A group in which `serve` needs not be named, and failures are sentences."""

    @override
    def main(self, *args: Any, **extra: Any) -> Any:
        try:
            return super().main(*args, **extra)
        except (
            SettingsError,
            EmbeddedError,
            MigrationError,
            BillingError,
            UnavailableError,
        ) as error:
            raise SystemExit(f"Error: {error}") from None

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in self.get_help_option_names(ctx)):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Commands)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Kontingent: usage, quota and balance of accounts, cycle by cycle.

    Without a command: serve.
    """
    ctx.obj = Settings.read(os.environ)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on; 0 for any.")
@click.option("--empty", is_flag=True, help="Without the demo's data.")
@click.pass_obj
def serve(settings: Settings, host: str, port: int, *, empty: bool) -> None:
    """Serve over HTTP (this is the default).

    Without DATABASE_URL that is on an embedded database, at first filled with demo data.
    """
    log.configure(settings.log_format)
    settings.secrets()
    with contextlib.ExitStack() as stack:
        if settings.database_url is None:
            dsn = stack.enter_context(embedded.hold(settings.data_dir)).dsn()
            asyncio.run(migrate(dsn, at=clock()))
            if not empty:
                asyncio.run(feed_demo(settings, dsn))
        else:
            dsn = settings.database_url
            asyncio.run(check_migrated(dsn))
        config = uvicorn.Config(
            create_app(settings, dsn, demo_of(settings, host)),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
        )
        Server(config).run()


class Server(uvicorn.Server):
    """Says where it serves once it does."""

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in self.servers:
            for bound in listening.sockets:
                host, port = bound.getsockname()[:2]
                click.echo(f"Serving at http://{host}:{port}, GraphQL at /graphql", err=True)


async def feed_demo(settings: Settings, dsn: str) -> None:
    """Fill an empty embedded database with the demo; go on where that was interrupted."""
    started, done = settings.data_dir / DEMO_STARTED, settings.data_dir / DEMO_DONE
    async with await open_pool(dsn, size_max=2, session=INGESTING) as opened:
        ctx = Context.of(operating(settings, opened))
        if done.exists() or (not started.exists() and (await account.page(ctx, first=1)).edges):
            return
        if not started.exists():
            started.write_text(clock().isoformat())
        laid_out_at = datetime.fromisoformat(started.read_text())
        made = accounts(laid_out_at)
        events = list(lines(made, laid_out_at))
        with progress("Taking the demo in", len(events)) as advance:
            await feed(ctx, opened, made, events, at=laid_out_at, advance=advance)
        done.touch()


@main.command("migrate")
@click.pass_obj
def migrate_command(settings: Settings) -> None:
    """Bring the database to this version."""
    with found(settings) as dsn:
        for name in asyncio.run(migrate(dsn, at=clock())):
            click.echo(f"applied {name}")


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--create-accounts", is_flag=True, help="Make an account of each unknown subject.")
@click.pass_obj
def ingest(settings: Settings, file: Path, *, create_accounts: bool) -> None:
    """Take in a FILE of events, one a line.

    They are CloudEvents 1.0 in JSON, as `POST /events` takes them.
    """

    async def work(opened: Pool) -> Outcome:
        if create_accounts:
            made = await backfill.create_accounts(
                Context.of(operating(settings, opened)), backfill.chunks(file)
            )
            click.echo(f"{made} accounts created", err=True)
        total = sum(chunk.count(b"\n") for chunk in backfill.chunks(file))
        with progress(file.name, total) as advance:
            return await backfill.take(opened, backfill.chunks(file), clock=clock, advance=advance)

    outcome = in_database(settings, work)
    click.echo(
        f"{outcome.accepted:,} accepted, {outcome.duplicates:,} duplicates "
        f"({outcome.conflicts:,} of them conflicts), {outcome.rejected:,} rejected"
    )
    for error in outcome.errors:
        click.echo(f"  {error.code} {error.message}", err=True)
    if outcome.rejected:
        raise SystemExit(1)


@main.command()
@click.pass_obj
def close(settings: Settings) -> None:
    """Write the statements that closed cycles lack.

    A server does it by itself, again and again.
    """
    swept = in_database(settings, lambda opened: closing.sweep(opened, clock))
    click.echo(f"closed {swept.cycles:,} cycles of {swept.accounts:,} accounts")
    if swept.failures:
        raise click.ClickException(f"{swept.failures:,} accounts failed; run it again.")


@contextlib.contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many of `total` lines have been committed."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total)
        yield lambda lines: bar.advance(task, lines)


@main.group()
def key() -> None:
    """Manage the keys of the platform's services."""


@key.command("create")
@click.option("--name", default="service", show_default=True, help="What the key is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it allows; can be given twice.",
)
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good for.")
@click.pass_obj
def key_create(settings: Settings, name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Make a key and print it: it is shown this once."""
    at = clock()
    made = in_database(
        settings,
        lambda opened: service_key.create(
            opened,
            pepper(settings),
            name=name,
            scopes=frozenset(map(Scope, scopes)),
            expires_at=None if days is None else at + timedelta(days=days),
            at=at,
        ),
    )
    click.echo(made)


@key.command("list")
@click.pass_obj
def key_list(settings: Settings) -> None:
    """List the keys, without their secrets."""
    at = clock()
    for found in in_database(settings, service_key.listed):
        state = "live" if found.live(at) else "revoked or expired"
        scopes = ",".join(sorted(found.scopes))
        click.echo(f"{found.prefix}  {scopes:12}  {state:18}  {found.name}")


@key.command(
    "revoke",
    help="Revoke the key that begins with PREFIX. Servers that run notice within "
    f"{service_key.KEY_CACHE_SECONDS} seconds.",
)
@click.argument("prefix")
@click.pass_obj
def key_revoke(settings: Settings, prefix: str) -> None:
    """Revoke the key that begins with PREFIX."""
    if not in_database(settings, lambda opened: service_key.revoke(opened, prefix, clock())):
        raise click.ClickException(f"There is no live key {prefix}.")


@main.command()
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default="admin",
    show_default=True,
    help="What the token makes of its bearer.",
)
@click.option(
    "--account",
    "external_id",
    metavar="EXTERNAL_ID",
    help="Whose token it is; not needed for operators.",
)
@click.option(
    "--subject", default="command line", show_default=True, help="Who bears it, for the audit log."
)
@click.option(
    "--hours",
    type=click.IntRange(1, 24 * 365),
    default=TOKEN_HOURS,
    show_default=True,
    help="How long it is good for.",
)
@click.pass_obj
def token(settings: Settings, role: str, external_id: str | None, subject: str, hours: int) -> None:
    """Print a token, alone."""
    secret = settings.secrets().token_secret
    if secret is None:
        raise click.ClickException("Tokens are signed elsewhere: KONTINGENT_JWKS_URL is set.")
    try:
        issued = issue(
            secret.get_secret_value().encode(),
            subject=subject,
            role=Role(role),
            account=external_id,
            issuer=settings.token_issuer,
            audience=settings.token_audience,
            at=clock(),
            lifetime=timedelta(hours=hours),
        )
    except ValueError as error:
        raise click.ClickException(f"{error}: --account EXTERNAL_ID.") from None
    click.echo(issued)


def json_object(_ctx: click.Context, _param: click.Parameter, value: str) -> dict[str, Any]:
    """Read an option's value."""
    with contextlib.suppress(orjson.JSONDecodeError):
        read = orjson.loads(value)
        if isinstance(read, dict):
            return read
    raise click.BadParameter("it is not a JSON object.")


@main.command()
@click.argument("document")
@click.option(
    "--variables", default="{}", callback=json_object, help="The variables, as a JSON object."
)
@click.pass_obj
def graphql(settings: Settings, document: str, variables: dict[str, Any]) -> None:
    """Run a GraphQL DOCUMENT as an operator.

    That is how plans and accounts are managed from here.
    """

    async def work(opened: Pool) -> ExecutionResult:
        result = await root.build().execute(
            document, variables, context_value=operating(settings, opened)
        )
        assert isinstance(result, ExecutionResult)
        return result

    result = in_database(settings, work)
    errors = [error.formatted for error in result.errors or ()]
    content = {"data": result.data, **({"errors": errors} if errors else {})}
    click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    if errors:
        raise SystemExit(1)


@main.command("print-schema")
def print_schema() -> None:
    """Print the GraphQL schema."""
    click.echo(sdl(), nl=False)


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: tuple[str, ...]) -> None:
    """Run the tests; ARGUMENTS go to pytest.

    Without any, all tests run, one process for each processor. With --long alone, that with many
    more random cases.
    """
    given = (*ALL_TESTS, *arguments) if arguments in ((), LONG) else arguments
    command = [sys.executable, "-m", "pytest", *given]
    raise SystemExit(subprocess.call(command, cwd=ROOT))


def sdl() -> str:
    """Return the schema as `schema/schema.graphql` is to hold it."""
    return f"{root.build().as_str()}\n"


if __name__ == "__main__":
    main(prog_name="./dev")
