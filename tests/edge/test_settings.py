"""Settings: what is taken, what is refused in which words, and secrets made once."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from edge.documents import Trust
from edge.settings import DATA_DIR, Secrets, Settings, SettingsError, secrets_in

URL = "postgresql://kontingent:hunter2@db.example/kontingent"
INGEST_URL = "postgresql://ingest:hunter2@db.example/kontingent"
SECRET = "hunter2-hunter2-hunter2-hunter2-"
PEPPER = "pepper2-pepper2-pepper2-pepper2-"
JWKS = "https://id.example/jwks.json"
SMTP = "smtp://usage:hunter2@mail.example:587"
CHECKOUT = Path(__file__).parents[2]


def test_nothing_has_to_be_set() -> None:
    assert Settings.read({"PATH": "/bin", "HOME": "/"}).model_dump() == {
        "database_url": None,
        "ingest_database_url": None,
        "data_dir": CHECKOUT / ".data",
        "token_secret": None,
        "jwks_url": None,
        "token_issuer": "kontingent",
        "token_audience": "kontingent",
        "key_pepper": None,
        "pool_size": 10,
        "ingest_pool_size": 4,
        "page_origin": None,
        "introspection": None,
        "smtp_url": None,
        "mail_from": "Kontingent <kontingent@localhost>",
        "public_url": "http://127.0.0.1:8000",
        "request_seconds": 4.5,
        "client_seconds": 10.0,
        "keep_alive_seconds": 5,
        "connections_max": 1_000,
        "stop_delay_seconds": 0.0,
        "drain_seconds": 20,
        "listen_database_url": None,
        "poll_seconds": 0.5,
        "socket_idle_seconds": 60.0,
        "cors_origins": (),
        "customer_cost": 20_000,
        "customer_cost_per_second": 2_000,
        "platform_cost": 1_000_000,
        "platform_cost_per_second": 100_000,
        "trusted_documents": Trust.OFF,
        "trusted_manifest": None,
        "metrics_token": None,
        "otel_endpoint": None,
        "log_format": "console",
    }
    assert DATA_DIR.is_absolute()


def test_everything_can_be_set() -> None:
    environ = {
        "DATABASE_URL": URL,
        "KONTINGENT_INGEST_DATABASE_URL": INGEST_URL,
        "KONTINGENT_DATA_DIR": "/var/lib/kontingent",
        "KONTINGENT_JWKS_URL": JWKS,
        "KONTINGENT_TOKEN_ISSUER": "https://id.example",
        "KONTINGENT_TOKEN_AUDIENCE": "usage",
        "KONTINGENT_KEY_PEPPER": PEPPER,
        "KONTINGENT_POOL_SIZE": "100",
        "KONTINGENT_INGEST_POOL_SIZE": "32",
        "KONTINGENT_PAGE_ORIGIN": "https://app.example",
        "KONTINGENT_INTROSPECTION": "true",
        "KONTINGENT_SMTP_URL": SMTP,
        "KONTINGENT_MAIL_FROM": "usage@example.com",
        "KONTINGENT_PUBLIC_URL": "https://app.example/usage/",
        "KONTINGENT_REQUEST_SECONDS": "5",
        "KONTINGENT_CLIENT_SECONDS": "2.5",
        "KONTINGENT_KEEP_ALIVE_SECONDS": "65",
        "KONTINGENT_CONNECTIONS_MAX": "10000",
        "KONTINGENT_STOP_DELAY_SECONDS": "7",
        "KONTINGENT_DRAIN_SECONDS": "0",
        "KONTINGENT_LISTEN_DATABASE_URL": URL,
        "KONTINGENT_POLL_SECONDS": "0.1",
        "KONTINGENT_SOCKET_IDLE_SECONDS": "3600",
        "KONTINGENT_CORS_ORIGINS": "https://app.example, http://localhost:5173",
        "KONTINGENT_CUSTOMER_COST": "1000",
        "KONTINGENT_CUSTOMER_COST_PER_SECOND": "1",
        "KONTINGENT_PLATFORM_COST": "50000",
        "KONTINGENT_PLATFORM_COST_PER_SECOND": "5000",
        "KONTINGENT_TRUSTED_DOCUMENTS": "enforce",
        "KONTINGENT_TRUSTED_MANIFEST": "/etc/kontingent/app.json",
        "KONTINGENT_METRICS_TOKEN": SECRET,
        "KONTINGENT_OTEL_ENDPOINT": "http://127.0.0.1:4318/",
        "KONTINGENT_LOG_FORMAT": "json",
    }
    assert Settings.read(environ).model_dump() == {
        "database_url": URL,
        "ingest_database_url": INGEST_URL,
        "data_dir": Path("/var/lib/kontingent"),
        "token_secret": None,
        "jwks_url": JWKS,
        "token_issuer": "https://id.example",
        "token_audience": "usage",
        "key_pepper": SecretStr(PEPPER),
        "pool_size": 100,
        "ingest_pool_size": 32,
        "page_origin": "https://app.example",
        "introspection": True,
        "smtp_url": SecretStr(SMTP),
        "mail_from": "usage@example.com",
        "public_url": "https://app.example/usage",
        "request_seconds": 5.0,
        "client_seconds": 2.5,
        "keep_alive_seconds": 65,
        "connections_max": 10_000,
        "stop_delay_seconds": 7.0,
        "drain_seconds": 0,
        "listen_database_url": URL,
        "poll_seconds": 0.1,
        "socket_idle_seconds": 3600.0,
        "cors_origins": ("https://app.example", "http://localhost:5173"),
        "customer_cost": 1_000,
        "customer_cost_per_second": 1,
        "platform_cost": 50_000,
        "platform_cost_per_second": 5_000,
        "trusted_documents": Trust.ENFORCE,
        "trusted_manifest": Path("/etc/kontingent/app.json"),
        "metrics_token": SecretStr(SECRET),
        "otel_endpoint": "http://127.0.0.1:4318",
        "log_format": "json",
    }
    assert len(environ) + len(["KONTINGENT_TOKEN_SECRET"]) == len(Settings.model_fields)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_only_what_is_handed_in_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONTINGENT_POOL_SIZE", "77")
    monkeypatch.setenv("pool_size", "78")
    assert Settings.read({}).pool_size == 10
    assert Settings(pool_size=9).pool_size == 9
    ignored = {"pool_size": "78", "KONTINGENT_POOL_SIZE": "", "KONTINGENT_TEST_PG_BIN": "/x"}
    assert Settings.read(ignored).pool_size == 10


def test_settings_do_not_change_and_do_not_show_secrets() -> None:
    settings = Settings.read({"DATABASE_URL": URL, "KONTINGENT_TOKEN_SECRET": SECRET})
    with pytest.raises(ValidationError, match="frozen"):
        settings.pool_size = 11
    assert "hunter2" not in f"{settings!r} {settings}"


TOO_SHORT = "must be at least 32 bytes long. Secret that "


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_URL", "mysql://u:hunter2@h/d", "must begin with postgresql://. "),
        ("DATABASE_URL", "postgresql:hunter2", "must begin with postgresql://. "),
        ("KONTINGENT_TOKEN_SECRET", SECRET[:31], TOO_SHORT + "tokens are signed with"),
        (
            "KONTINGENT_KEY_PEPPER",
            SECRET[:31],
            TOO_SHORT + "service keys are hashed and webhooks' secrets derived with",
        ),
        ("KONTINGENT_TOKEN_SECRET", "ssh-rsa " + SECRET, "must be random, not a public key"),
        ("KONTINGENT_JWKS_URL", "http://id.example/hunter2", "must be https"),
        ("KONTINGENT_JWKS_URL", "https://u:hunter2@id.example", "must name no user"),
        ("KONTINGENT_POOL_SIZE", "0", "Input should be greater than or equal to 1. "),
        ("KONTINGENT_POOL_SIZE", "101", "Input should be less than or equal to 100. "),
        ("KONTINGENT_POOL_SIZE", "hunter2", "Input should be a valid integer, "),
        ("KONTINGENT_REQUEST_SECONDS", "0", "Input should be greater than or equal to 0.1. "),
        ("KONTINGENT_REQUEST_SECONDS", "60.1", "Input should be less than or equal to 60. "),
        ("KONTINGENT_CLIENT_SECONDS", "0", "Input should be greater than or equal to 0.1. "),
        ("KONTINGENT_CLIENT_SECONDS", "601", "Input should be less than or equal to 600. "),
        ("KONTINGENT_KEEP_ALIVE_SECONDS", "0", "Input should be greater than or equal to 1. "),
        ("KONTINGENT_KEEP_ALIVE_SECONDS", "3601", "Input should be less than or equal to 3600. "),
        ("KONTINGENT_CONNECTIONS_MAX", "0", "Input should be greater than or equal to 1. "),
        ("KONTINGENT_CONNECTIONS_MAX", "100001", "Input should be less than or equal to 100000. "),
        ("KONTINGENT_STOP_DELAY_SECONDS", "-1", "Input should be greater than or equal to 0. "),
        ("KONTINGENT_STOP_DELAY_SECONDS", "601", "Input should be less than or equal to 600. "),
        ("KONTINGENT_DRAIN_SECONDS", "-1", "Input should be greater than or equal to 0. "),
        ("KONTINGENT_DRAIN_SECONDS", "601", "Input should be less than or equal to 600. "),
        ("KONTINGENT_CORS_ORIGINS", "*", "must be https://HOST[:PORT], or http to this machine"),
        ("KONTINGENT_CORS_ORIGINS", "https://a.example,", "must be https://HOST[:PORT], or http "),
        ("KONTINGENT_INGEST_POOL_SIZE", "0", "Input should be greater than or equal to 1. "),
        ("KONTINGENT_INGEST_POOL_SIZE", "33", "Input should be less than or equal to 32. "),
        ("KONTINGENT_PAGE_ORIGIN", "https://hunter2/", "must be https://HOST[:PORT], or http to "),
        ("KONTINGENT_PAGE_ORIGIN", "http://hunter2", "must be https://HOST[:PORT], or http to "),
        ("KONTINGENT_PAGE_ORIGIN", "https://a *", "must be https://HOST[:PORT], or http to this "),
        ("KONTINGENT_INTROSPECTION", "hunter2", "Input should be a valid boolean, "),
        ("KONTINGENT_SMTP_URL", "https://u:hunter2@mail.example", "must begin with smtp:// or "),
        ("KONTINGENT_SMTP_URL", "smtp://u:hunter2@", "must begin with smtp:// or smtps:// and "),
        ("KONTINGENT_SMTP_URL", "smtp://u:hunter2@mail.example:x", "is not a URL. "),
        ("KONTINGENT_MAIL_FROM", "hunter2", "must be one address, such as "),
        ("KONTINGENT_MAIL_FROM", "a@example.com, b@example.com", "must be one address, such as "),
        ("KONTINGENT_MAIL_FROM", "A <a@example.com>\r\nBcc: b@example.com", "must be one "),
        ("KONTINGENT_MAIL_FROM", "a@exämple.com", "must be one address, such as "),
        ("KONTINGENT_PUBLIC_URL", "app.example", "must begin with https:// or http:// and "),
        ("KONTINGENT_PUBLIC_URL", "https://u:hunter2@app.example", "must begin with https:// or "),
        ("KONTINGENT_PUBLIC_URL", "https://app.example/?a", "must be without a query, in ASCII. "),
        ("KONTINGENT_LOG_FORMAT", "hunter2", "Input should be 'console' or 'json'. "),
    ],
)
def test_a_wrong_value_is_refused_without_being_shown(name: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.read({name: value})
    assert str(caught.value).startswith(f"{name}: {words}")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_all_wrong_values_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.read({"KONTINGENT_POOL_SIZE": "0", "KONTINGENT_LOG_FORMAT": "xml"})
    assert str(caught.value) == (
        "KONTINGENT_POOL_SIZE: Input should be greater than or equal to 1. "
        "Database connections for queries and mutations, 1 to 100.\n"
        "KONTINGENT_LOG_FORMAT: Input should be 'console' or 'json'. "
        "How log lines are written: console or json."
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("KONTINGENT_POOLSIZE", "Is it KONTINGENT_POOL_SIZE?"),
        ("KONTINGENT_JWKS_URI", "Is it KONTINGENT_JWKS_URL?"),
        ("kontingent_key_pepper", "Is it KONTINGENT_KEY_PEPPER?"),
        ("KONTINGENT_DATABASE_URL", "Is it DATABASE_URL?"),
        ("KONTINGENT_X", "There are DATABASE_URL, KONTINGENT_C"),
    ],
)
@pytest.mark.parametrize("value", ["hunter2", ""], ids=["set", "empty"])
def test_a_misspelt_setting_is_refused(name: str, value: str, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.read({name: value})
    assert str(caught.value).startswith(f"{name}: no such setting. {hint}")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", [SMTP, "smtps://mail.example", "smtp://u:hunter2@[::1]:25"])
def test_with_a_mail_server_somebody_sends_the_mails(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^With KONTINGENT_SMTP_URL, set KONTINGENT_MAIL_FR"):
        Settings.read({"KONTINGENT_SMTP_URL": url})
    mailbox = "Zoë at Kontingent <usage@example.com>"
    set_now = Settings.read({"KONTINGENT_SMTP_URL": url, "KONTINGENT_MAIL_FROM": mailbox})
    assert (set_now.smtp_url, set_now.mail_from) == (SecretStr(url), mailbox)
    assert "hunter2" not in f"{set_now!r} {set_now}"


def test_another_user_is_one_of_a_database_that_is_set() -> None:
    with pytest.raises(SettingsError, match=r"^KONTINGENT_INGEST_DATABASE_URL: another user of"):
        Settings.read({"KONTINGENT_INGEST_DATABASE_URL": INGEST_URL})
    set_now = Settings.read({"DATABASE_URL": URL, "KONTINGENT_INGEST_DATABASE_URL": INGEST_URL})
    assert set_now.ingest_database_url == INGEST_URL
    assert "hunter2" not in f"{set_now!r} {set_now}"


def test_tokens_are_signed_with_a_secret_or_public_keys_never_both() -> None:
    with pytest.raises(SettingsError, match=r"^KONTINGENT_TOKEN_SECRET, KONTINGENT_JWKS_URL: set"):
        Settings.read({"KONTINGENT_TOKEN_SECRET": SECRET, "KONTINGENT_JWKS_URL": JWKS})


@pytest.mark.parametrize(
    ("changes", "introspected"),
    [
        ({}, True),
        ({"introspection": False}, False),
        ({"database_url": URL}, False),
        ({"database_url": URL, "introspection": True}, True),
    ],
)
def test_the_schema_can_be_read_in_the_embedded_data_only(
    changes: dict[str, Any], *, introspected: bool
) -> None:
    assert Settings(**changes).introspected is introspected


# --- secrets


def test_random_secrets_are_made_once(tmp_path: Path) -> None:
    data_dir = tmp_path / "a" / "data"
    made = secrets_in(data_dir)
    assert secrets_in(data_dir) == made
    assert made != secrets_in(tmp_path / "b")
    assert made.token_secret != made.key_pepper
    assert made.token_secret is not None
    assert len(made.token_secret.get_secret_value()) == 43
    assert {path.name: stat.filemode(path.stat().st_mode) for path in data_dir.iterdir()} == {
        "token_secret": "-rw-------",
        "key_pepper": "-rw-------",
    }
    assert stat.filemode(data_dir.stat().st_mode) == "drwx------"


def test_processes_that_race_get_the_same_secrets(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        for number in range(5):
            folder = tmp_path / f"{number}"
            made = list(threads.map(secrets_in, [folder] * 16))
            assert made == [made[0]] * 16
            assert {path.name for path in folder.iterdir()} == {"token_secret", "key_pepper"}


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        (SECRET, 0o640, "can be read by others: chmod 600 it, or delete it."),
        (SECRET, 0o604, "can be read by others: chmod 600 it, or delete it."),
        ("", 0o600, "must be at least 32 bytes long: restore it, or delete it."),
        (SECRET[:31] + "\n", 0o600, "must be at least 32 bytes long: restore it, or delete it."),
    ],
)
def test_a_damaged_secret_is_never_replaced(
    tmp_path: Path, text: str, mode: int, words: str
) -> None:
    path = tmp_path / "key_pepper"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(SettingsError) as caught:
        secrets_in(tmp_path)
    assert str(caught.value) == f"{path} {words}"
    assert path.read_text() == text


def test_a_secret_may_end_in_a_line_break(tmp_path: Path) -> None:
    (tmp_path / "key_pepper").write_text(PEPPER + "\n")
    (tmp_path / "key_pepper").chmod(0o600)
    assert secrets_in(tmp_path).key_pepper == SecretStr(PEPPER)


def test_what_is_set_goes_before_the_data_folder(tmp_path: Path) -> None:
    found = secrets_in(tmp_path)
    secret, pepper = SecretStr(SECRET), SecretStr(PEPPER)
    assert Settings(data_dir=tmp_path).secrets() == found
    assert Settings(data_dir=tmp_path, token_secret=secret).secrets() == Secrets(
        secret, found.key_pepper
    )
    assert Settings(data_dir=tmp_path, key_pepper=pepper, jwks_url=JWKS).secrets() == Secrets(
        None, pepper
    )


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {},
            "With DATABASE_URL, set KONTINGENT_TOKEN_SECRET (at least 32 bytes) or KONTINGENT_JWK",
        ),
        ({"KONTINGENT_TOKEN_SECRET": SECRET}, "With DATABASE_URL, set KONTINGENT_KEY_PEPPER (at l"),
        ({"KONTINGENT_JWKS_URL": JWKS}, "With DATABASE_URL, set KONTINGENT_KEY_PEPPER (at least 3"),
    ],
)
def test_a_database_of_ones_own_needs_secrets_of_ones_own(
    tmp_path: Path, environ: dict[str, str], message: str
) -> None:
    data_dir = tmp_path / "data"
    data = {"DATABASE_URL": URL, "KONTINGENT_DATA_DIR": str(data_dir)}
    with pytest.raises(SettingsError) as caught:
        Settings.read({**data, **environ}).secrets()
    assert str(caught.value).startswith(message)
    assert not data_dir.exists()


@pytest.mark.parametrize(
    ("environ", "token_secret"),
    [
        ({"KONTINGENT_TOKEN_SECRET": SECRET}, SecretStr(SECRET)),
        ({"KONTINGENT_JWKS_URL": JWKS}, None),
    ],
)
def test_the_data_folder_is_not_touched_where_all_is_set(
    tmp_path: Path, environ: dict[str, str], token_secret: SecretStr | None
) -> None:
    data_dir = tmp_path / "data"
    data = {"DATABASE_URL": URL, "KONTINGENT_DATA_DIR": str(data_dir)}
    settings = Settings.read({**data, "KONTINGENT_KEY_PEPPER": PEPPER, **environ})
    assert settings.secrets() == Secrets(token_secret, SecretStr(PEPPER))
    assert not data_dir.exists()
