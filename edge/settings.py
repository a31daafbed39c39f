"""Settings: what can be set from outside, and the two secrets. server.py hands the variables in."""

import contextlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    AliasGenerator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

from edge.bucket import CUSTOMER, PLATFORM
from edge.documents import Trust
from edge.jwks import check_jwks_url
from edge.token import SECRET_BYTES_MIN, check_secret

PREFIX = "KONTINGENT_"
"""How the name of every variable but DATABASE_URL begins."""

TEST_PREFIX = "KONTINGENT_TEST_"
"""Variables of the tests' own; the server does not look at them."""

DATA_DIR = Path(__file__).resolve().parents[1] / ".data"
"""The data folder of a checkout."""

_MAILBOX = re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+")


class SettingsError(Exception):
    """The settings cannot be used; the message names them and says what is allowed."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What signs tokens and hashes keys; no `token_secret` where a JWKS URL stands for it."""

    token_secret: SecretStr | None
    key_pepper: SecretStr


def _postgresql(url: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return url


def _strong(secret: SecretStr) -> SecretStr:
    check_secret(secret.get_secret_value().encode())
    return secret


def _origin(url: str) -> str:
    if not re.fullmatch(r"https://[a-z0-9.-]+(:\d+)?|http://(localhost|127\.0\.0\.1)(:\d+)?", url):
        raise ValueError("must be https://HOST[:PORT], or http to this machine, without a path")
    return url


def _trusted(url: str) -> str:
    check_jwks_url(url)
    return url


def _mail_server(url: SecretStr) -> SecretStr:
    parts = _split(url.get_secret_value())
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("must begin with smtp:// or smtps:// and name a host")
    return url


def _mailbox(text: str) -> str:
    mail = EmailMessage()
    try:
        mail["From"] = text
        [address] = mail["From"].addresses
    except (ValueError, IndexError):  # no or several addresses, or what the parser stumbles over
        address = Address()
    if not _MAILBOX.fullmatch(address.addr_spec):
        raise ValueError("must be one address, such as Kontingent <usage@example.com>")
    return text


def _page(url: str) -> str:
    parts = _split(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError("must begin with https:// or http:// and name a host")
    if not url.isascii() or parts.query or parts.fragment or "?" in url or "#" in url:
        raise ValueError("must be without a query, in ASCII")
    return url.rstrip("/")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("is not a URL") from None  # the library's words quote it
    return parts


def _listed(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",")) if isinstance(text, str) else text


_LISTED = BeforeValidator(_listed)

_Secret = Annotated[SecretStr, AfterValidator(_strong)]


class Settings(BaseSettings):
    """Everything that can be set. An empty variable is one that is not set."""

    model_config = SettingsConfigDict(
        alias_generator=AliasGenerator(validation_alias=lambda name: f"{PREFIX}{name.upper()}"),
        validate_by_name=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    database_url: Annotated[str, AfterValidator(_postgresql)] | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        repr=False,
        description="URL of the PostgreSQL database; without it, one runs in the data folder.",
    )
    ingest_database_url: Annotated[str, AfterValidator(_postgresql)] | None = Field(
        default=None,
        repr=False,
        description="The same database's URL, with the user that takes events in and does what "
        "runs beside requests; without it, the one of DATABASE_URL does.",
    )
    data_dir: Path = Field(
        default=DATA_DIR,
        description="Data folder: the embedded PostgreSQL and, with it, its random secrets.",
    )
    token_secret: _Secret | None = Field(
        default=None,
        description=f"Secret that tokens are signed with (HS256), at least {SECRET_BYTES_MIN} "
        "bytes; random in the data folder.",
    )
    jwks_url: Annotated[str, AfterValidator(_trusted)] | None = Field(
        default=None,
        description="URL of the keys that tokens are signed with (RS256, ES256), instead of a "
        "secret; https, or http to this machine.",
    )
    token_issuer: str = Field(
        default="kontingent", min_length=1, description="What the tokens' claim `iss` must be."
    )
    token_audience: str = Field(
        default="kontingent",
        min_length=1,
        description="What the tokens' claim `aud` must be or hold.",
    )
    key_pepper: _Secret | None = Field(
        default=None,
        description=f"Secret that service keys are hashed and webhooks' secrets derived with, at "
        f"least {SECRET_BYTES_MIN} bytes; random in the data folder. With another one, all keys "
        "are void, and webhooks' secrets others.",
    )
    pool_size: int = Field(
        default=10,
        ge=1,
        le=100,
        description="Database connections for queries and mutations, 1 to 100.",
    )
    ingest_pool_size: int = Field(
        default=4, ge=1, le=32, description="Database connections for taking events in, 1 to 32."
    )
    page_origin: Annotated[str, AfterValidator(_origin)] | None = Field(
        default=None,
        description="Origin of the platform that has the page in a frame and hands it its token, "
        "such as https://app.example; without it, nobody may frame the page.",
    )
    introspection: bool | None = Field(
        default=None,
        description="Whether clients may read the schema, and people find GraphiQL at /graphql "
        "(true, false); unset, only in the embedded data.",
    )
    smtp_url: Annotated[SecretStr, AfterValidator(_mail_server)] | None = Field(
        default=None,
        description="URL of the mail server, smtp:// (with STARTTLS) or smtps://, with user and "
        "password; without it, mails are shown in the log.",
    )
    mail_from: Annotated[str, AfterValidator(_mailbox)] = Field(
        default="Kontingent <kontingent@localhost>",
        description="Who sends mails; to be set with a mail server.",
    )
    public_url: Annotated[str, AfterValidator(_page)] = Field(
        default="http://127.0.0.1:8000",
        description="URL under which people reach the pages that mails link to.",
    )
    request_seconds: float = Field(
        default=4.5,
        ge=0.1,
        le=60,
        description="Seconds that a request may take once it is read, 0.1 to 60; streams and "
        "sockets may take longer.",
    )
    client_seconds: float = Field(
        default=10.0,
        ge=0.1,
        le=600,
        description="Seconds that a client may take to send its headers, a body or a line of a "
        "stream, or to read the next part of a reply, 0.1 to 600.",
    )
    keep_alive_seconds: int = Field(
        default=5,
        ge=1,
        le=3_600,
        description="Seconds that a connection is kept for the next request, 1 to 3600; behind a "
        "balancer, more than the balancer keeps it.",
    )
    connections_max: int = Field(
        default=1_000,
        ge=1,
        le=100_000,
        description="Connections of clients at the same time, 1 to 100000; more are closed.",
    )
    stop_delay_seconds: float = Field(
        default=0.0,
        ge=0,
        le=600,
        description="Seconds for which a server that is told to stop goes on, while /readyz says "
        "no, 0 to 600; behind a balancer, as long as that takes to notice.",
    )
    drain_seconds: int = Field(
        default=20,
        ge=0,
        le=600,
        description="Seconds that requests may then take to end before they are cut, 0 to 600.",
    )
    listen_database_url: Annotated[str, AfterValidator(_postgresql)] | None = Field(
        default=None,
        repr=False,
        description="The same database's URL, past whatever pools connections: changes are heard "
        "there. Without it, the one of DATABASE_URL is tried; where nothing is heard, the "
        "database is asked.",
    )
    poll_seconds: float = Field(
        default=0.5,
        ge=0.1,
        le=60,
        description="How often it is asked then, in seconds, 0.1 to 60.",
    )
    socket_idle_seconds: float = Field(
        default=60.0,
        ge=0.1,
        le=3_600,
        description="Seconds that a WebSocket without an operation is kept, 0.1 to 3600.",
    )
    cors_origins: Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], _LISTED] = Field(
        default=(),
        description="Origins whose pages may use the API, such as https://app.example, with "
        "commas between.",
    )
    customer_cost: int = Field(
        default=CUSTOMER.maximum,
        ge=1_000,
        description="Objects that one customer's requests may ask a server for at once, at least "
        "1000; so may all together that name no caller.",
    )
    customer_cost_per_second: int = Field(
        default=CUSTOMER.per_second, ge=1, description="How many of them come back each second."
    )
    platform_cost: int = Field(
        default=PLATFORM.maximum,
        ge=1_000,
        description="Objects that one operator's or service's requests may ask a server for at "
        "once, at least 1000.",
    )
    platform_cost_per_second: int = Field(
        default=PLATFORM.per_second, ge=1, description="How many of them come back each second."
    )
    trusted_documents: Trust = Field(
        default=Trust.OFF,
        description="What becomes of GraphQL documents that are not the page's or otherwise "
        "trusted: they run (off), run and have their hashes logged (log), or are refused "
        "(enforce).",
    )
    trusted_manifest: Path | None = Field(
        default=None,
        description="File of further trusted documents, such as a mobile app's: a JSON object of "
        "their texts by SHA-256, as the build tools of clients write it.",
    )
    metrics_token: _Secret | None = Field(
        default=None,
        description=f"Secret with which /metrics is read, at least {SECRET_BYTES_MIN} bytes; "
        "without it, there is no /metrics.",
    )
    otel_endpoint: Annotated[str, AfterValidator(_page)] | None = Field(
        default=None,
        description="URL of an OpenTelemetry collector (OTLP over HTTP), such as "
        "http://127.0.0.1:4318; without it, there are no traces.",
    )
    log_format: Literal["console", "json"] = Field(
        default="console", description="How log lines are written: console or json."
    )

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """Make the settings of environment variables.

        Raises:
            SettingsError: a value is not allowed, or there is no such setting.
        """
        known = {str(field.validation_alias): field for field in cls.model_fields.values()}
        ours = {
            name: value
            for name, value in environ.items()
            if name in known
            or (name.upper().startswith(PREFIX) and not name.startswith(TEST_PREFIX))
        }
        for name in sorted(ours.keys() - known.keys()):
            stems = {other.removeprefix(PREFIX): other for other in sorted(known)}
            close = get_close_matches(name.upper().removeprefix(PREFIX), stems, 1)
            hint = (
                f"Is it {stems[close[0]]}?" if close else f"There are {', '.join(stems.values())}."
            )
            raise SettingsError(f"{name}: no such setting. {hint}")
        try:
            settings = cls.model_validate({name: value for name, value in ours.items() if value})
        except ValidationError as error:
            wrong = [(str(one["loc"][0]), one["msg"]) for one in error.errors()]
            raise SettingsError(
                "\n".join(
                    f"{name}: {why.removeprefix('Value error, ')}. {known[name].description}"
                    for name, why in wrong
                )
            ) from None
        if settings.token_secret is not None and settings.jwks_url is not None:
            raise SettingsError(
                f"{PREFIX}TOKEN_SECRET, {PREFIX}JWKS_URL: set one of them, never both."
            )
        if settings.ingest_database_url is not None and settings.embedded:
            raise SettingsError(
                f"{PREFIX}INGEST_DATABASE_URL: another user of which DATABASE_URL? Set that too."
            )
        if settings.smtp_url is not None and "mail_from" not in settings.model_fields_set:
            raise SettingsError(
                f"With {PREFIX}SMTP_URL, set {PREFIX}MAIL_FROM: who sends the mails?"
            )
        return settings

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is handed in and nothing else: only server.py reads the environment."""
        return (init_settings,)

    @property
    def embedded(self) -> bool:
        """Whether the database is the one in the data folder."""
        return self.database_url is None

    @property
    def public_origin(self) -> str:
        """The origin of the page under its public URL."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def introspected(self) -> bool:
        """Whether clients may read the schema."""
        return self.embedded if self.introspection is None else self.introspection

    def secrets(self) -> Secrets:
        """Return the secrets: those that are set, the rest from the data folder if it is in use.

        Raises:
            SettingsError: with a database of one's own, not all are set; or as `secrets_in`.
        """
        token_secret, key_pepper = self.token_secret, self.key_pepper
        if self.embedded:
            found = secrets_in(self.data_dir)
            token_secret = token_secret or found.token_secret
            key_pepper = key_pepper or found.key_pepper
        elif token_secret is None and self.jwks_url is None:
            raise SettingsError(
                f"With DATABASE_URL, set {PREFIX}TOKEN_SECRET (at least {SECRET_BYTES_MIN} bytes) "
                f"or {PREFIX}JWKS_URL (https): who signs the tokens?"
            )
        if key_pepper is None:
            raise SettingsError(
                f"With DATABASE_URL, set {PREFIX}KEY_PEPPER (at least {SECRET_BYTES_MIN} bytes): "
                "service keys are hashed with it."
            )
        return Secrets(None if self.jwks_url else token_secret, key_pepper)


def secrets_in(data_dir: Path) -> Secrets:
    """Return the random secrets of a data folder, made at the first call.

    Raises:
        SettingsError: a file can be read by others, or is damaged.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Secrets(_secret(data_dir / "token_secret"), _secret(data_dir / "key_pepper"))


def _secret(path: Path) -> SecretStr:
    """Read a secret, made if it is not there: whole or not at all, and by one process only."""
    if not path.exists():
        with NamedTemporaryFile("w", encoding="ascii", dir=path.parent) as made:  # mode 0600
            made.write(secrets.token_urlsafe(SECRET_BYTES_MIN))
            made.flush()
            os.fsync(made.fileno())
            with contextlib.suppress(FileExistsError):  # another process was first: its is read
                path.hardlink_to(made.name)
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"{path} can be read by others: chmod 600 it, or delete it.")
    try:
        return _strong(SecretStr(path.read_text(encoding="utf-8", errors="replace").strip()))
    except ValueError as error:
        raise SettingsError(f"{path} {error}: restore it, or delete it.") from None
