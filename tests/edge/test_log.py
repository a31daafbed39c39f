"""What log lines tell, and what they must not."""

import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest

from edge import log


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root, uvicorn = logging.getLogger(), logging.getLogger("uvicorn")
    before = root.handlers, root.level, uvicorn.level
    yield
    root.handlers = before[0]
    root.setLevel(before[1])
    uvicorn.setLevel(before[2])


def fail(secret: str) -> None:
    raise ValueError(f"what a client sent: {secret}")


def logged(log_format: Literal["console", "json"], capsys: pytest.CaptureFixture[str]) -> str:
    log.configure(log_format)
    try:
        fail("canary")
    except ValueError as error:
        logging.getLogger("kontingent.test").error("It failed.", extra={"n": 7}, exc_info=error)
    return capsys.readouterr().err


def test_a_line_of_json_has_all_that_may_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    line = json.loads(logged("json", capsys))
    assert line.pop("timestamp").endswith("Z")
    assert [place.rpartition(" ")[2] for place in line.pop("trace")] == ["logged", "fail"]
    assert line == {
        "event": "It failed.",
        "level": "error",
        "logger": "kontingent.test",
        "n": 7,
        "error": "ValueError",
    }


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_neither_an_errors_words_nor_its_values_are_logged(
    log_format: Literal["console", "json"], capsys: pytest.CaptureFixture[str]
) -> None:
    text = logged(log_format, capsys)
    assert "ValueError" in text
    assert "canary" not in text


def test_uvicorn_only_speaks_of_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json")
    logging.getLogger("uvicorn.error").info("Started.")
    logging.getLogger("uvicorn.error").error("Trouble.")
    assert json.loads(capsys.readouterr().err)["event"] == "Trouble."
