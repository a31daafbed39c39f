"""Fixtures of these tests."""

import pytest_asyncio

from billing.commitment import GrantKind
from billing.event import Direction, MessageKind
from billing.plan import Interval
from resolvers import plan
from tests.support.fixtures import schema, world
from tests.support.world import World, charge, message, price_list, utc

__all__ = ["schema", "small", "world"]


@pytest_asyncio.fixture(loop_scope="session")
async def small(world: World) -> World:
    """One account whose numbers can be worked out by hand, on 2026-11-22 at 12:00 UTC.

    Cycles run from the 25th to the 25th in Amsterdam: 0 is closed, 1 is current until
    11-24 23:00 UTC, 2 is the future one. The plan includes 3 conversations.
    """
    now = world.clock.now
    world.clock.now = utc("2026-09-20T12:00")
    await plan.create(world.context(), [price_list("Mini", Interval.MONTHLY, 3)])
    await world.account("acme", anchor="2026-09-25", plan="Mini", carrier="50")
    world.clock.now = utc("2026-10-20T12:00")
    await world.take(
        message("acme", "2026-09-26T09:00", contact="maria"),  # closes on 10-03: cycle 0
        message("acme", "2026-10-10T09:00", contact="jon", channel="EMAIL"),  # 10-17: cycle 0
        message("acme", "2026-10-18T22:00", contact="ada"),  # 10-25 22:00: cycle 1
        charge("acme", "2026-10-05T12:00", "12.345"),
        charge("acme", "2026-10-06T12:00", "0.005", feature="SMS"),
    )
    world.clock.now = now
    await world.grant("acme", GrantKind.BLOCKS, 1, 1)
    await world.grant("acme", GrantKind.TOP_UP, 1, 10_000_000)
    await world.take(
        # Closes on 10-08, in cycle 0, which is closed: one more EMAIL in cycle 1.
        message("acme", "2026-10-01T12:00", contact="zoe", channel="EMAIL"),
        # The same for money: 2.00 in cycle 1.
        charge("acme", "2026-10-02T12:00", "2", feature="WHATSAPP"),
        message("acme", "2026-11-02T10:00", contact="maria"),  # 11-09: completed
        message("acme", "2026-11-17T20:00", contact="jon", channel="EMAIL"),  # 11-24: in progress
        message("acme", "2026-11-18T20:00", contact="jon", channel="EMAIL"),  # inside of that
        message("acme", "2026-11-20T10:00", contact="ada"),  # 11-27: pending
        message("acme", "2026-11-21T10:00", contact="bob", channel="EMAIL"),  # 11-28: pending
        # None of these opens a conversation.
        message("acme", "2026-11-03T10:00", contact="eve", direction=Direction.INBOUND),
        message("acme", "2026-11-04T10:00", contact="eve", automated=True),
        message("acme", "2026-11-05T10:00", contact="eve", kind=MessageKind.NOTE),
        # 22.011 with the late 2.00, shown as 22.01: 10.01 + 10.00 + 2.00 + 0.00.
        charge("acme", "2026-11-03T12:00", "10.005", quantity="66.7", unit="minute"),
        charge("acme", "2026-11-04T12:00", "10.005", feature="SMS"),
        charge("acme", "2026-11-05T12:00", "0.001", feature="BROADCAST"),
    )
    return world
