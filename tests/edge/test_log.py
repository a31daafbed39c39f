"""What log lines tell, and what they must not."""

import asyncio
import gc
import json
import logging
import sys
from collections.abc import Iterator
from typing import Literal

import pytest
import stamina
import stamina.instrumentation

from edge import log, note


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    root, hooks = logging.getLogger(), stamina.instrumentation.get_on_retry_hooks()
    before = root.handlers, root.level
    yield
    root.handlers = before[0]
    root.setLevel(before[1])
    for name in log.OURS:
        logging.getLogger(name).setLevel(logging.NOTSET)
    stamina.instrumentation.set_on_retry_hooks(hooks)


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


@pytest.mark.parametrize("name", ["uvicorn.error", "asyncio", "aiosmtplib", "other"])
def test_others_only_speak_of_trouble_in_one_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("json")
    logging.getLogger(name).info("Started: canary.")
    logging.getLogger(name).error("Trouble.\n%s", "canary")
    assert json.loads(capsys.readouterr().err)["event"] == "Trouble."


async def test_what_is_done_for_a_request_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json")

    async def work() -> str:
        id_ = note.begin().id
        await asyncio.create_task(asyncio.to_thread(logging.getLogger("db").info, "Done."))
        return id_

    id_ = await asyncio.create_task(work())
    logging.getLogger("db").info("Done.")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line.get("request_id") for line in lines] == [id_, None]


async def test_a_retry_is_told_without_the_errors_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("json")
    async for attempt in stamina.retry_context(on=ValueError, wait_initial=0.001, attempts=2):
        with attempt:
            if attempt.num == 1:
                fail("canary")
    said = capsys.readouterr()
    line = json.loads(said.err)
    assert (line["event"], line["attempt"], line["error"]) == ("tried again", 1, "ValueError")
    assert "canary" not in said.err + said.out


async def test_what_nobody_catches_is_told_without_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("json")

    class Lost:
        def __del__(self) -> None:
            fail("canary")

    async def forgotten() -> None:
        fail("canary")

    Lost()
    task = asyncio.create_task(forgotten())
    await asyncio.sleep(0)
    del task
    gc.collect()
    try:
        fail("canary")
    except ValueError as error:
        sys.excepthook(type(error), error, None)
    said = capsys.readouterr()
    assert [json.loads(line)["event"] for line in said.err.splitlines()] == [
        "An error was lost.",
        "Task exception was never retrieved",
        "The process failed.",
    ]
    assert "canary" not in said.err + said.out
