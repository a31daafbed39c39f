"""Serving over HTTP until told to stop: then requests end, and nothing is left behind."""

import asyncio
import contextlib
import gc
import socket
from types import FrameType

import click
import uvicorn
from typing_extensions import override

from edge.protocol import Config


class Server(uvicorn.Server):
    """Says where it serves once it does, and stops in order; at once when told twice."""

    def __init__(self, config: Config, *, stopping: asyncio.Event, delay_seconds: float) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._delay_seconds = delay_seconds

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what is there for good is not searched for garbage again and again
        for listening in self.servers:
            for bound in listening.sockets:
                host, port = bound.getsockname()[:2]
                click.echo(f"Serving at http://{host}:{port}, GraphQL at /graphql", err=True)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Be not ready, go on for a while, accept nothing more, let requests end, close."""
        self._stopping.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._delay_seconds):
                while not self.force_exit:  # noqa: ASYNC110 (set in a signal's handler)
                    await asyncio.sleep(0.1)
        await super().shutdown(sockets)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        super().handle_exit(sig, frame)
