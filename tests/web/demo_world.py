"""What the page shows in tests: accounts in each of the states that it draws."""

from datetime import timedelta

from billing.event import Event
from billing.plan import Interval, SurchargePolicy
from edge import token
from edge.demo import Demo, DemoUsers
from resolvers import plan
from resolvers.principal import Role
from tests.conftest import NOW
from tests.support import marks
from tests.support.http import AUDIENCE, ISSUER, SECRET
from tests.support.world import World, charge, message, price_list, utc

CHANNELS = ("WHATSAPP", "EMAIL", "CHAT", "INSTAGRAM")
ANCHOR = "2025-10-25"
CURRENT = 12
"""The number of the cycle of NOW, counted from ANCHOR."""


def issue(role: Role, account: str | None, lifetime: timedelta = timedelta(hours=1)) -> str:
    return token.issue(
        SECRET,
        subject="anna",
        role=role,
        account=account,
        issuer=ISSUER,
        audience=AUDIENCE,
        at=NOW,
        lifetime=lifetime,
    )


def _users(account: str, plan: str | None) -> DemoUsers:
    return DemoUsers(
        account=account,
        name=account.title(),
        plan=plan,
        interval="MONTHLY" if plan else None,
        time_zone="Europe/Amsterdam",
        roles=(Role.ADMIN, Role.MEMBER) if account == "acme" else (Role.ADMIN,),
    )


DEMO = Demo(
    (
        _users("acme", "Boost"),
        _users("globex", "Tiny"),
        _users("initech", "Boost"),
        _users("hooli", None),
    ),
    issue,
)


CLOSED = 6
"""The number of a cycle to which something came when it was closed."""

REVERSE = """mutation ($account: ID!, $id: ID!) {
  reverse(input: {
    accountId: $account, original: {event: {source: "carrier", id: $id}}, reason: "Wrong.",
    idempotencyKey: "k"
  }) { __typename } }"""


END = """mutation ($account: ID!) {
  endAccount(input: {accountId: $account}) { __typename } }"""


async def fill(world: World) -> None:
    """Make accounts: within the quota, beyond it, overspent, in trial, with late events."""
    await marks.offer(world)
    await fill_extremes(world)
    world.clock.now = utc(f"{ANCHOR}T12:00")
    await world.account("acme", anchor=ANCHOR, blocks=1, carrier="30")
    await world.account("globex", anchor=ANCHOR, plan="Tiny", carrier="25")
    await world.account("initech", anchor=ANCHOR, carrier="25")
    umbrella = await world.account("umbrella", anchor=ANCHOR, blocks=1, carrier="30")
    world.clock.now = utc("2026-03-03T12:00")
    await world.take(*(message("acme", "2026-03-02T10:00", contact=f"m-{n}") for n in range(7)))
    world.clock.now = NOW
    await world.account("hooli", anchor=None, signed_up_at="2026-11-17T09:00", trial=True)
    for name, days in (("acme", 28), ("globex", 25), ("initech", 3)):
        await world.take(*(opened(name, day) for day in range(days)))
    await world.take(
        charge("acme", "2026-11-03T10:00", "12.345"),
        charge("acme", "2026-11-04T10:00", "8.335", feature="WHATSAPP"),
        charge("globex", "2026-11-04T10:00", "23", feature="SMS"),
        charge("initech", "2026-11-04T10:00", "31.5", feature="BROADCAST"),
        message("umbrella", "2026-05-02T10:00", contact="late"),
        message("umbrella", "2026-11-02T10:00", contact="maria"),
        *(opened("umbrella", day) for day in range(24)),
        charge("umbrella", "2026-05-02T10:00", "0.0790", feature="SMS", id="late"),
        charge("umbrella", "2026-11-03T10:00", "2.5", quantity="2", unit="minute", id="wrong"),
        charge("umbrella", "2026-11-02T10:00", "0.0532", feature="WHATSAPP", id="right"),
    )
    await world.data(REVERSE, {"account": str(umbrella), "id": "wrong"})


async def fill_extremes(world: World) -> None:
    """Make accounts: ended, yet to begin, yearly, without a quota, far beyond it, unused."""
    without = SurchargePolicy.NONE
    await plan.create(world.context(), [price_list("Bare", Interval.MONTHLY, 0, policy=without)])
    await plan.create(world.context(), [price_list("Small", Interval.MONTHLY, 10, policy=without)])
    world.clock.now = utc("2026-02-14T12:00")
    anchor = "2026-02-14"
    await world.account("soylent", anchor=anchor, interval=Interval.YEARLY, blocks=2, carrier="300")
    ended = await world.account("stark", anchor=anchor, carrier="25")
    world.clock.now = utc("2026-11-10T12:00")
    await world.take(opened("stark", 2), charge("stark", "2026-11-02T10:00", "3.5"))
    await world.data(END, {"account": str(ended)})
    world.clock.now = NOW
    await world.account("wayne", anchor="2026-12-01", carrier="25")
    await world.account("wonka", anchor=ANCHOR, carrier="25")
    await world.account("bare", plan="Bare")
    await world.account("double", plan="Small")
    await world.take(
        *(opened("bare", day) for day in range(12)),
        *(opened("double", day) for day in range(20)),
        *(
            message("soylent", f"2026-{month:02}-{day:02}T10:00", contact=f"{month} {day}")
            for month in range(3, 12)
            for day in range(1, 21)
        ),
        charge("bare", "2026-11-04T10:00", "0.25"),
        *(charge("soylent", f"2026-{month:02}-20T10:00", "12.5") for month in range(3, 11)),
    )


def opened(account: str, day: int) -> Event:
    """Return a message that opens a conversation, so many days after the cycle's start."""
    at = utc("2026-10-25T10:00") + timedelta(days=day)
    return message(account, at.isoformat(), contact=f"c-{day}", channel=CHANNELS[day % 4])
