"""What the page is built of."""

import json
import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"
LANGUAGES = ("de", "en", "fr", "nl")


def test_no_file_says_where_packages_came_from() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text("utf-8"))
    assert [name for name, of in lock["packages"].items() if "resolved" in of] == []
    assert all("integrity" in of for name, of in lock["packages"].items() if name)


def test_packages_are_of_one_version_each() -> None:
    package = json.loads((WEB / "package.json").read_text("utf-8"))
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", of) for of in package["devDependencies"].values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there(language: str) -> None:
    catalogue = (WEB / "src" / "locales" / f"{language}.po").read_text("utf-8")
    texts = re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', catalogue, re.MULTILINE)
    assert len(texts) > len(LANGUAGES)
    assert [text for text, translated in texts if not translated] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_keeps_what_is_put_into_it(language: str) -> None:
    catalogue = (WEB / "src" / "locales" / f"{language}.po").read_text("utf-8")
    for text, translated in re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', catalogue, re.MULTILINE):
        assert set(re.findall(r"\{(\w+)[,}]", text)) == set(re.findall(r"\{(\w+)[,}]", translated))
