"""Log lines: for people, or as JSON. Nothing of a request's content is ever in them."""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import Processor


def configure(log_format: Literal["console", "json"]) -> None:
    """Send all of the process's log lines to standard error in one form."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    last: list[Processor] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
        if log_format == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # uvicorn tells of its own start and of each request; the application does both.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
