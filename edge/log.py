"""Log lines: for people, or as JSON. Nothing of a request's content is ever in them."""

import logging
import sys
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import stamina.instrumentation
import structlog
from structlog.typing import EventDict, Processor

from edge.note import request_id

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

OURS = ("kontingent", "db", "demo", "edge", "jobs", "resolvers")
"""Loggers that tell of more than trouble: what others would tell may be a client's words."""

_LOG = logging.getLogger("kontingent")


def configure(log_format: Literal["console", "json"]) -> None:
    """Send all of the process's log lines to standard error in one form."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso"),
        _of_request,
    ]
    last: Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _error_without_words,
                _one_line_of_others,
                last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    stamina.instrumentation.set_on_retry_hooks([_tried_again])
    sys.excepthook = _failed
    sys.unraisablehook = _unraisable


def _of_request(_logger: Any, _name: str, event: EventDict) -> EventDict:  # noqa: ANN401 (structlog's)
    """Say which request a line belongs to."""
    id_ = request_id()
    if id_ is not None:
        event["request_id"] = id_
    return event


def _error_without_words(_logger: Any, _name: str, event: EventDict) -> EventDict:  # noqa: ANN401 (structlog's)
    """Tell of an exception its type and where it came from.

    Its message and the values around it may hold what a client sent, or a secret.
    """
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["error"] = type(error).__qualname__
        event["trace"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def _one_line_of_others(_logger: Any, _name: str, event: EventDict) -> EventDict:  # noqa: ANN401 (structlog's)
    """Keep the first line of what is not ours: asyncio's further ones show tasks and errors."""
    if event["logger"].partition(".")[0] not in OURS:
        event["event"] = event["event"].partition("\n")[0]
    return event


def _tried_again(details: stamina.instrumentation.RetryDetails) -> None:
    error = type(details.caused_by).__qualname__
    _LOG.info("tried again", extra={"attempt": details.retry_num, "error": error})


def _failed(
    _type: type[BaseException], error: BaseException, _traceback: TracebackType | None
) -> None:
    _LOG.critical("The process failed.", exc_info=error)


def _unraisable(unraisable: "UnraisableHookArgs") -> None:
    _LOG.error("An error was lost.", exc_info=unraisable.exc_value)
