"""One of the servers that are measured, as a process of its own.

`python -m bench.serve NAME` takes its settings from its input and serves as the product does, but
at the instant that the data is laid out around.
"""

import asyncio
import sys

import orjson
from starlette.types import ASGIApp

import server
from bench import floor, straightforward
from bench.data import NOW
from edge import log
from edge.settings import Settings


def product(settings: Settings) -> ASGIApp:
    """Build the application as it is."""
    assert settings.database_url is not None
    return server.create_app(settings, settings.database_url, clock=lambda: NOW)


APPLICATIONS = {
    "kontingent": product,
    "floor": floor.build,
    "strawberry": straightforward.build,
}


def main(name: str) -> None:
    """Serve until told to stop."""
    settings = Settings.read(orjson.loads(sys.stdin.buffer.read()))
    log.configure(settings.log_format)
    made = APPLICATIONS[name](settings)
    server.serving(settings, made, asyncio.Event(), host="127.0.0.1", port=0).run()


if __name__ == "__main__":
    main(sys.argv[1])
