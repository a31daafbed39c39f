"""The doctor's look at settings."""

from pathlib import Path
from typing import Any

import pytest

from edge.doctor import examine
from edge.settings import Settings
from resolvers.doctor import Finding, Level
from tests.edge.test_settings import PEPPER, SECRET, URL

OK, WARNING, FAILURE = Level.OK, Level.WARNING, Level.FAILURE
WELL: dict[str, Any] = {
    "DATABASE_URL": URL,
    "KONTINGENT_TOKEN_SECRET": "kT3v9-Jq7Zp2XwLr8Yb5NcMd6Ga1HeQu",
    "KONTINGENT_KEY_PEPPER": "Vx4s7-Rm2Tf9KbWy3Zn8PcLg5Ha6JdEq",
    "KONTINGENT_PUBLIC_URL": "https://app.example",
}


async def found(name: str, **changes: str) -> Finding:
    findings = await examine(Settings.read({**WELL, **changes}))
    [finding] = [each for each in findings if each.name == name]
    return finding


async def test_settings_that_are_well(tmp_path: Path) -> None:
    for environ in (WELL, {"KONTINGENT_DATA_DIR": str(tmp_path)}):
        metrics = {"KONTINGENT_METRICS_TOKEN": "Qd7v2-Ls5Hy9GtXe4Uw8NbKr1Zm6JaPc"}
        findings = await examine(Settings.read({**environ, **metrics}))
        assert [(each.name, each.level) for each in findings] == [
            ("secrets", OK),
            ("tokens", OK),
            ("public URL", OK),
            ("introspection", OK),
        ]
        assert [each.remedy for each in findings] == [None] * 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"KONTINGENT_TOKEN_SECRET": "a" * 32},
            "KONTINGENT_TOKEN_SECRET can be guessed.",
        ),
        (
            {"KONTINGENT_TOKEN_SECRET": "abcabcab" * 4, "KONTINGENT_KEY_PEPPER": "0123" * 8},
            "KONTINGENT_TOKEN_SECRET and KONTINGENT_KEY_PEPPER can be guessed.",
        ),
        ({"KONTINGENT_TOKEN_SECRET": WELL["KONTINGENT_KEY_PEPPER"]}, "Two are the same."),
        ({"KONTINGENT_METRICS_TOKEN": "ab" * 16}, "KONTINGENT_METRICS_TOKEN can be guessed."),
        ({"KONTINGENT_METRICS_TOKEN": WELL["KONTINGENT_KEY_PEPPER"]}, "Two are the same."),
        (
            {"KONTINGENT_KEY_PEPPER": ""},
            (
                "With DATABASE_URL, set KONTINGENT_KEY_PEPPER (at least 32 bytes): service keys "
                "are hashed with it."
            ),
        ),
    ],
)
async def test_secrets(changes: dict[str, str], message: str) -> None:
    finding = await found("secrets", **changes)
    assert (finding.level, finding.message) == (FAILURE, message)
    shown = f"{finding}"
    assert not any(value in shown for value in (*changes.values(), SECRET, PEPPER) if value)


async def test_keys_out_of_reach() -> None:
    finding = await found(
        "tokens", KONTINGENT_TOKEN_SECRET="", KONTINGENT_JWKS_URL="http://127.0.0.1:9/jwks"
    )
    assert (finding.level, finding.message, finding.remedy) == (
        FAILURE,
        "The keys that tokens are signed with cannot be fetched.",
        "Is KONTINGENT_JWKS_URL right?",
    )


async def test_a_page_without_https() -> None:
    finding = await found("public URL", KONTINGENT_PUBLIC_URL="http://app.example")
    assert (finding.level, finding.message) == (
        FAILURE,
        "Mails link to http://app.example, which is not https.",
    )


async def test_a_schema_for_everybody() -> None:
    assert (await found("introspection", KONTINGENT_INTROSPECTION="true")).level is WARNING
