"""Connections to the public Internet only: addresses are checked, and what was checked is used."""

import socket
from ipaddress import ip_address
from pathlib import Path

import httpcore2
import pytest

from jobs.address import NotPublicError, PublicNetwork, resolve
from tests.jobs.servers import Hook, identity, listening

NOT_PUBLIC = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%lo",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.216.34",
    "64:ff9b::7f00:1",
    "2002:7f00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]


class Names:
    """Answers one question after the other, and counts them."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def resolve(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.answers.pop(0)


@pytest.mark.parametrize("address", NOT_PUBLIC)
async def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    names = Names([address])
    with pytest.raises(NotPublicError):
        await PublicNetwork(names.resolve).connect_tcp("hooks.example", 443)
    assert names.asked == [("hooks.example", 443)]


async def test_one_address_inside_is_too_many() -> None:
    names = Names(["93.184.216.34", "10.0.0.1"])
    with pytest.raises(NotPublicError):
        await PublicNetwork(names.resolve).connect_tcp("hooks.example", 443)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "::1", "169.254.169.254", "2130706433", "0x7f.1", "127.1", "0"],
)
async def test_a_host_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(NotPublicError):
        await PublicNetwork().connect_tcp(host, 443)


async def test_a_name_without_address_is_no_connection() -> None:
    with pytest.raises(httpcore2.ConnectError):
        await PublicNetwork(Names([]).resolve).connect_tcp("hooks.example", 443)
    with pytest.raises(socket.gaierror):
        await PublicNetwork().connect_tcp("nobody.invalid", 443)


async def test_the_system_knows_this_machine() -> None:
    assert await resolve("127.0.0.1", 443) == ["127.0.0.1"]


async def test_the_connection_is_made_to_the_address_that_was_checked(tmp_path: Path) -> None:
    """The name is asked for once: a second answer, which leads elsewhere, is never heard."""
    tls = identity(tmp_path)
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    checked = []

    def allow(address: object) -> bool:
        checked.append(address)
        return True

    async with (
        listening(Hook(), tls.server) as hook,
        httpcore2.AsyncConnectionPool(
            ssl_context=tls.trust, network_backend=PublicNetwork(names.resolve, allow)
        ) as pool,
    ):
        reply = await pool.request("GET", hook.url, headers={"content-length": "0"})
    assert reply.status == 200
    assert checked == [ip_address("127.0.0.1")]
    assert names.asked == [("hooks.example", hook.port)]
    assert names.answers == [["10.0.0.1"]]
    assert hook.posts[0].headers["host"] == f"hooks.example:{hook.port}"


async def test_the_next_address_is_tried_where_one_does_not_answer(tmp_path: Path) -> None:
    tls = identity(tmp_path)
    async with listening(Hook(), tls.server) as hook:
        names = Names(["127.0.0.2", "::1", "127.0.0.1"])
        network = PublicNetwork(names.resolve, lambda _: True)
        stream = await network.connect_tcp("hooks.example", hook.port)
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", hook.port)
        await stream.aclose()
