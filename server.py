"""Composition root: settings, the HTTP application, the command line."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from starlette.applications import Starlette
from starlette.types import ASGIApp
from strawberry.types import ExecutionResult
from typing_extensions import override

from billing.errors import BillingError
from db import embedded, roles
from db.migrate import MigrationError, migrate, pending
from db.pool import INGESTING, READING, NotAllowedError, Pool, UnavailableError, pooled
from db.postmaster import EmbeddedError
from db.roles import RolesError
from demo.accounts import accounts
from demo.events import lines
from demo.feed import feed
from demo.users import users
from edge import app, backfill, log, manifest
from edge.admission import PER_CONNECTION, Admission
from edge.bucket import Buckets, Rate, Rates
from edge.demo import LOOPBACK, TOKEN_LASTS, Demo
from edge.doctor import examine as examine_settings
from edge.documents import Documents
from edge.manifest import ManifestError
from edge.metrics import Metrics
from edge.note import Spans
from edge.protocol import Config
from edge.serving import Server
from edge.settings import Settings, SettingsError
from edge.state import State
from edge.token import TokenConfig, TokenVerifier, issue
from jobs import closing
from jobs.delivery import DELIVERY_SECONDS, Delivery
from jobs.doctor import mails
from jobs.live import Live
from jobs.mail import Sender
from jobs.smtp import Relay, show
from jobs.webhook import Poster
from jobs.worker import Job, running
from resolvers import account, outbox, service_key
from resolvers.context import Context, Session
from resolvers.doctor import Deployment, Finding, Level, examine
from resolvers.ingest import Outcome
from resolvers.known_accounts import KnownAccounts
from resolvers.principal import Role, Scope, User
from resolvers.watcher import Watchers
from schema import root

ROOT = Path(__file__).resolve().parent

ALL_TESTS = ("--numprocesses", "logical")
"""How pytest is called for all tests."""

LONG = ("--long",)
"""What asks for many more random cases."""

JOBS_POOL_SIZE = 3
"""Database connections for what runs beside the requests."""

LISTENERS = 1
"""Database connections on which changes are heard."""

TIDYING_SECONDS = 3_600.0
"""How often cycles are closed, and what was delivered long ago is forgotten."""

EXAMINING_SECONDS = 30.0
"""How long the accounts are looked at by `doctor`, unless said otherwise."""

TOKEN_HOURS = 24
"""How long a token of the command line is good for, unless said otherwise."""

DEMO_STARTED = "demo-laid-out-at"
DEMO_DONE = "demo-complete"
"""Files of the data folder: the instant that the demo is laid out around, and its completion."""

OPERATOR = User("command line", Role.OPERATOR, None, datetime.max.replace(tzinfo=UTC))
"""Whoever sits at the command line."""

MAY_NOT = "the database's user may not do that (docs/operations.md, Roles)."
"""What a command ends with that was begun as a user without the rights."""

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


def jobs(settings: Settings, opened: Pool, clock: Callable[[], datetime]) -> list[Job]:
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


def create_app(
    settings: Settings,
    dsn: str,
    demo: Demo | None = None,
    stopping: asyncio.Event | None = None,
    clock: Callable[[], datetime] = clock,
) -> Starlette:
    """Build the ASGI application; its lifespan opens and closes the pools and runs the jobs."""
    tokens, key_pepper = verifier(settings), pepper(settings)
    ingest_dsn = settings.ingest_database_url or dsn
    buckets, documents = Buckets(rates(settings), time.monotonic), trusted(settings)

    watchers, spans = Watchers(), traced(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[State]:
        async with (
            pooled(dsn, size_max=settings.pool_size, session=READING) as reading,
            pooled(ingest_dsn, size_max=settings.ingest_pool_size, session=INGESTING) as writing,
            pooled(ingest_dsn, size_max=JOBS_POOL_SIZE, session=INGESTING) as working,
            running(*jobs(settings, working, clock)),
            live(settings, working, dsn, watchers).running(),
        ):
            yield State(
                pool=reading,
                ingest_pool=writing,
                admission=admission(settings.pool_size, settings),
                ingest_admission=admission(settings.ingest_pool_size, settings),
                client_seconds=settings.client_seconds,
                socket_idle_seconds=settings.socket_idle_seconds,
                stopping=stopping or asyncio.Event(),
                buckets=buckets,
                documents=documents,
                clock=clock,
                tokens=tokens,
                key_pepper=key_pepper,
                keys=service_key.KnownKeys(),
                accounts=KnownAccounts(),
                watchers=watchers,
                metrics=Metrics(),
                spans=spans,
            )

    return app.build(
        root.build(introspection=settings.introspected),
        lifespan,
        origin=settings.page_origin,
        demo=demo,
        cors_origins=settings.cors_origins,
        socket_origins=[*settings.cors_origins, settings.public_origin],
        https=settings.public_url.startswith("https:"),
        metrics_token=None
        if settings.metrics_token is None
        else settings.metrics_token.get_secret_value(),
        graphiql=settings.introspected,
    )


def traced(settings: Settings) -> Spans | None:
    """Return what makes spans, if they are to be sent anywhere; they are until the process ends.

    Raises:
        SettingsError: what sends them is not installed.
    """
    if settings.otel_endpoint is None:
        return None
    try:
        from edge import tracing  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError:
        raise SettingsError(
            "For KONTINGENT_OTEL_ENDPOINT, install opentelemetry-sdk and "
            "opentelemetry-exporter-otlp-proto-http."
        ) from None
    return tracing.sent_to(settings.otel_endpoint)


def connections(settings: Settings) -> int:
    """Return how many connections to the database a server has at most."""
    return settings.pool_size + settings.ingest_pool_size + JOBS_POOL_SIZE + LISTENERS


def live(settings: Settings, opened: Pool, dsn: str, watchers: Watchers) -> Live:
    """Return what tells watchers of changes."""
    return Live(
        opened,
        settings.listen_database_url or dsn,
        watchers,
        poll_seconds=settings.poll_seconds,
    )


def rates(settings: Settings) -> Rates:
    """Return how much callers may ask for."""
    return Rates(
        Rate(settings.customer_cost, settings.customer_cost_per_second),
        Rate(settings.platform_cost, settings.platform_cost_per_second),
    )


def trusted(settings: Settings) -> Documents:
    """Return the documents of the platform's own clients.

    Raises:
        ManifestError: one of the manifests cannot be used.
    """
    files = [manifest.MANIFEST, *filter(None, [settings.trusted_manifest])]
    texts = {name: text for file in files for name, text in manifest.read(file).items()}
    return Documents(settings.trusted_documents, texts)


def admission(pool_size: int, settings: Settings) -> Admission:
    """Return the places of the requests that share a pool."""
    return Admission(places=PER_CONNECTION * pool_size, seconds=settings.request_seconds)


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


def in_database(
    settings: Settings, work: Callable[[Pool], Coroutine[Any, Any, T]], *, ingesting: bool = False
) -> T:
    """Run `work`, which takes a pool, on the database, as whoever answers or takes events in.

    Raises:
        MigrationError: it is one that is set, and has yet to be brought to this version.
    """

    async def run(dsn: str) -> T:
        await (migrate(dsn, at=clock()) if settings.embedded else check_migrated(dsn))
        async with pooled(dsn, size_max=2, session=INGESTING) as opened:
            return await work(opened)

    with found(settings) as dsn:
        return asyncio.run(run((settings.ingest_database_url if ingesting else None) or dsn))


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
            RolesError,
            ManifestError,
        ) as error:
            raise SystemExit(f"Error: {error}") from None
        except NotAllowedError as error:
            raise SystemExit(f"Error: {error}: {MAY_NOT}") from None

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
    signal.signal(signal.SIGTERM, leave)
    with contextlib.ExitStack() as stack:
        if settings.database_url is None:
            dsn = stack.enter_context(embedded.hold(settings.data_dir)).dsn()
            asyncio.run(migrate(dsn, at=clock()))
            if not empty:
                asyncio.run(feed_demo(settings, dsn))
        else:
            dsn = settings.database_url
            asyncio.run(check_migrated(dsn))
        stopping = asyncio.Event()
        made = create_app(settings, dsn, demo_of(settings, host), stopping, clock)
        serving(settings, made, stopping, host=host, port=port).run()


def serving(
    settings: Settings, made: ASGIApp, stopping: asyncio.Event, *, host: str, port: int
) -> Server:
    """Return what serves an application over HTTP."""
    config = Config(
        made,
        host=host,
        port=port,
        client_seconds=settings.client_seconds,
        connections_max=settings.connections_max,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.drain_seconds,
    )
    return Server(config, stopping=stopping, delay_seconds=settings.stop_delay_seconds)


def leave(signal_number: int, _frame: FrameType | None) -> None:
    """End in order, with PostgreSQL before us: alone in a container, it would die with us."""
    raise SystemExit(128 + signal_number)


async def feed_demo(settings: Settings, dsn: str) -> None:
    """Fill an empty embedded database with the demo; go on where that was interrupted."""
    started, done = settings.data_dir / DEMO_STARTED, settings.data_dir / DEMO_DONE
    async with pooled(dsn, size_max=2, session=INGESTING) as opened:
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
        for statement in asyncio.run(roles.renew(dsn)):
            click.echo(statement)


@main.command()
@click.option(
    "--seconds",
    default=EXAMINING_SECONDS,
    show_default=True,
    help="How long to look at accounts, one by one.",
)
@click.pass_obj
def doctor(settings: Settings, seconds: float) -> None:
    """Examine a deployment, and say how to mend it.

    Nothing is changed. It fails where something is to be mended at once.
    """
    url = settings.smtp_url
    relay = None if url is None else Relay.of(url.get_secret_value())

    async def findings_of(dsn: str) -> list[Finding]:
        deployment = Deployment(
            dsn=dsn,
            embedded=settings.embedded,
            connections=connections(settings),
            clock=clock,
            seconds=seconds,
        )
        return [
            *await examine_settings(settings),
            await mails(relay, needed=not settings.embedded),
            *await examine(deployment),
        ]

    with found(settings) as dsn:
        findings = asyncio.run(findings_of(dsn))
    for each in findings:
        click.echo(f"{each.level.value:4}  {each.name}: {each.message}")
        if each.remedy is not None:
            click.echo(f"      {each.remedy}")
    if any(each.level is Level.FAILURE for each in findings):
        raise SystemExit(1)


@main.command("roles")
@click.pass_obj
def roles_command(settings: Settings) -> None:
    """Make the database's roles, and say how.

    They are for users that the owner of the tables makes; docs/operations.md says for which.
    """
    with found(settings) as dsn:
        for statement in asyncio.run(roles.apply(dsn)):
            click.echo(statement)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--create-accounts", is_flag=True, help="Make an account of each unknown subject.")
@click.pass_obj
def ingest(settings: Settings, file: Path, *, create_accounts: bool) -> None:
    """Take in a FILE of events, one a line.

    They are CloudEvents 1.0 in JSON, as `POST /events` takes them.
    """

    async def create(opened: Pool) -> int:
        ctx = Context.of(operating(settings, opened))
        return await backfill.create_accounts(ctx, backfill.chunks(file))

    async def work(opened: Pool) -> Outcome:
        total = sum(chunk.count(b"\n") for chunk in backfill.chunks(file))
        with progress(file.name, total) as advance:
            return await backfill.take(opened, backfill.chunks(file), clock=clock, advance=advance)

    if create_accounts:
        click.echo(f"{in_database(settings, create)} accounts created", err=True)
    outcome = in_database(settings, work, ingesting=True)
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
    swept = in_database(settings, lambda opened: closing.sweep(opened, clock), ingesting=True)
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


@main.command("print-documents")
def print_documents() -> None:
    """Print the documents that are trusted."""
    click.echo(trusted_documents(), nl=False)


@main.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """Measure how fast it is.

    ARGUMENTS are options, or `ingest` and its options: --help lists them.
    """
    from bench.command import bench as measure  # noqa: PLC0415 (nothing else needs it)

    measure.main(arguments, prog_name="./dev bench")


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


def trusted_documents() -> bytes:
    """Return the trusted documents as `edge/documents.json` is to hold them."""
    return manifest.write(ROOT / "web" / "src" / "operations", ROOT / "tests" / "operations")


if __name__ == "__main__":
    main(prog_name="./dev")
