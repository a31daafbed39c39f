"""Connections to the public Internet only, for URLs that customers choose.

What a name resolves to is checked, and the connection is made to the very address that was:
a name that leads elsewhere when it is asked again leads nowhere.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, TypeAlias

from httpcore2 import (
    AnyIOBackend,
    AsyncNetworkBackend,
    AsyncNetworkStream,
    ConnectError,
    ConnectTimeout,
)
from typing_extensions import override

from billing.webhook import is_public

CONNECT_SECONDS = 5.0
"""How long finding and reaching a host may take."""

ADDRESS_SECONDS = 2.0
"""How long one address may take to answer before the next one is tried."""

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Finds the addresses of a host, for a port."""

Allow: TypeAlias = Callable[[IPv4Address | IPv6Address], bool]
"""Tells whether an address may be connected to."""


class NotPublicError(Exception):
    """The host has an address that must not be connected to."""


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a host."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


class PublicNetwork(AsyncNetworkBackend):
    """Connects to hosts of which all addresses are allowed."""

    def __init__(self, resolve: Resolve = resolve, allow: Allow = is_public) -> None:
        self._resolve = resolve
        self._allow = allow
        self._network = AnyIOBackend()

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        async with asyncio.timeout(CONNECT_SECONDS):
            addresses = [ip_address(text) for text in await self._resolve(host, port)]
            if not all(map(self._allow, addresses)):
                raise NotPublicError
            for address in addresses:
                try:
                    return await self._network.connect_tcp(str(address), port, ADDRESS_SECONDS)
                except (ConnectError, ConnectTimeout):
                    continue
            raise ConnectError
