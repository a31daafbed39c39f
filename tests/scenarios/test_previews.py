"""A preview and what it previews agree, whatever came before (R11, D5, D9, D15).

The account's cycles begin on the 1st of each month, or of each December, in UTC; it is looked at
in the weeks before 2026-12-01, and right then.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from billing.account import account_id_of
from billing.plan import Interval, SurchargePolicy
from billing.window import WINDOW
from db.pool import acquire
from resolvers import plan
from resolvers.principal import User
from tests.support.facts import DAY, TICK, micros, take
from tests.support.ledger_model import EUR, money, zulu
from tests.support.previews import CYCLE, SCHEDULED_TERMS, ask, end, make, preview
from tests.support.world import OPERATOR, World, admin, charge, contents, message, price_list, utc

RECORDED_AT = utc("2026-10-05")
BOUND = utc("2026-12-01")
COMMIT, BUY, TOP, SWITCH = (
    "previewCommitmentChange",
    "previewBlocks",
    "previewTopUp",
    "previewTermsChange",
)

BLOCKS = st.sampled_from((0, 0, 1, 2, 2, 3, 11, 101))
AMOUNTS = st.sampled_from((0, 1, *3 * [25 * EUR, 40 * EUR], 1_000 * EUR + 1)).map(money)
CHANGES = st.one_of(
    st.tuples(
        st.just(COMMIT),
        st.fixed_dictionaries({"meter": st.just("CONVERSATIONS"), "blocks": BLOCKS}),
    ),
    st.tuples(
        st.just(COMMIT), st.fixed_dictionaries({"meter": st.just("CARRIER"), "amount": AMOUNTS})
    ),
    st.tuples(
        st.just(BUY),
        st.fixed_dictionaries(
            {"blocks": BLOCKS.map(lambda n: n or 4), "cycle": st.sampled_from(("CURRENT", "NEXT"))}
        ),
    ),
    st.tuples(st.just(TOP), st.fixed_dictionaries({"amount": AMOUNTS})),
    st.tuples(
        st.just(SWITCH),
        st.fixed_dictionaries(
            {
                "interval": st.sampled_from(("MONTHLY", "YEARLY", "YEARLY")),
                "conversationBlocks": st.sampled_from((0, 2)),
                "carrierCommitment": st.sampled_from(("0", "30")),
                "now": st.booleans(),
            },
            optional={"plan": st.just("Big")},
        ),
    ),
    st.tuples(
        st.just(SWITCH),
        st.fixed_dictionaries(
            {},
            optional={
                "plan": st.sampled_from(("Small", "Big", "Big", "Bare", "None")),
                "timeZone": st.sampled_from(("UTC", "Asia/Kathmandu")),
                "anchorDate": st.sampled_from(("2026-12-01", "2026-12-20")),
            },
        ),
    ),
)
"""The preview of a change and its arguments, within and beyond what the rules allow."""

RECHARGE = """mutation ($id: ID!) { setAutoRecharge(input: {accountId: $id, expectedVersion: 0,
    idempotencyKey: "k", autoRecharge: {threshold: "10", amount: "30", perCycleMax: "60"}}) {
    __typename } }"""

AGO = st.one_of(st.integers(1, 20 * 24 * 60), st.integers(1, 8 * 24 * 60), st.just(-4))
"""Minutes before the arrival at which something is dated; or a little ahead."""

NOW = st.one_of(
    st.integers(1, 25 * 24 * 60).map(lambda minutes: BOUND - timedelta(minutes=minutes)),
    st.sampled_from(
        (BOUND, BOUND - TICK, BOUND - timedelta(minutes=3), BOUND - WINDOW, BOUND - WINDOW - TICK)
    ),
)
ANY = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass(frozen=True)
class Past:
    """What has come before.

    `messages` say how many contacts were written to, `charges` how much was spent, each with
    the minutes since then.
    """

    plan: str
    interval: Interval
    anchor: str
    blocks: int | None
    carrier: str | None
    changes: list[tuple[str, dict[str, Any]]]
    messages: list[tuple[int, int]]
    charges: list[tuple[int, int]]
    lasts: timedelta | None
    recharges: bool


PASTS = st.builds(
    Past,
    plan=st.sampled_from(("Small", "Small", "Bare")),
    interval=st.sampled_from((Interval.MONTHLY, Interval.MONTHLY, Interval.YEARLY)),
    anchor=st.sampled_from((*9 * ["2025-12-01"], "2026-12-03")),
    blocks=st.sampled_from((None, 1, 5)),
    carrier=st.sampled_from((None, "25", "40")),
    changes=st.lists(CHANGES, max_size=4),
    messages=st.lists(st.tuples(AGO, st.sampled_from((1, 20, 39, 60))), max_size=5),
    charges=st.lists(st.tuples(AGO, st.sampled_from((1, 7 * EUR + 1, 90 * EUR))), max_size=2),
    lasts=st.sampled_from((*8 * [None], 3 * DAY, 16 * DAY)),
    recharges=st.booleans(),
)


@pytest.fixture
async def planned(world: World) -> World:
    """A world with plans that a few conversations use up."""
    for name, included, policy in (
        ("Small", 40, SurchargePolicy.SURCHARGE_BLOCKS),
        ("Big", 1_100, SurchargePolicy.SURCHARGE_BLOCKS),
        ("Bare", 40, SurchargePolicy.NONE),
    ):
        lists = [price_list(name, interval, included, policy=policy) for interval in Interval]
        await plan.create(world.context(), lists)
    return world


async def lived(world: World, past: Past, now: datetime) -> str:
    """Record an account, let it live until `now` and return its name."""
    name = uuid4().hex
    world.clock.now = RECORDED_AT
    await world.account(
        name,
        anchor=past.anchor,
        zone="UTC",
        interval=past.interval,
        plan=past.plan,
        blocks=past.blocks,
        carrier=past.carrier,
        signed_up_at="2025-11-01",
        backfill_until="2026-10-08",
    )
    if past.recharges:
        await world.data(RECHARGE, {"id": str(account_id_of(name))}, principal=admin(name))
    for place, (field, arguments) in enumerate(past.changes):
        world.clock.now = now - (now - RECORDED_AT) * (len(past.changes) - 1 - place) / 8
        await make(world, field, name, OPERATOR, arguments)
    world.clock.now = now
    contacts = count()
    for minutes, number in past.messages:
        at = (now - timedelta(minutes=minutes)).isoformat()
        await take(world, *(message(name, at, contact=f"c{next(contacts)}") for _ in range(number)))
    for place, (minutes, amount) in enumerate(past.charges):
        at = (now - timedelta(minutes=minutes)).isoformat()
        await take(world, charge(name, at, money(amount), id=str(place)))
    if past.lasts is not None:
        await end(world, name, zulu(now + past.lasts))
    return name


async def asked_at(world: World, name: str, at: str, fields: str) -> dict[str, Any]:
    """Ask for fields of an account as they are shown at another instant."""
    now, world.clock.now = world.clock.now, utc(at)
    found = await ask(world, name, fields)
    world.clock.now = now
    return found


async def cycle_at(world: World, name: str, at: str) -> Any:
    return (await asked_at(world, name, at, f"cycle {{ {CYCLE} }}"))["cycle"]


async def added(world: World, name: str) -> dict[int, tuple[int, int]]:
    """Return the automatic blocks of each cycle, and their price."""
    async with acquire(world.pool) as conn:
        rows = await conn.fetch(
            "SELECT cycle, sum(amount)::bigint AS blocks, sum(price_micros)::bigint AS price"
            "  FROM automatic_grant WHERE account_id = $1 AND kind = 'BLOCKS' GROUP BY cycle",
            account_id_of(name),
        )
    return {row["cycle"]: (row["blocks"], row["price"]) for row in rows}


async def opened(world: World, name: str, since: str, until: str) -> int:
    """Count the stored conversations that close in a stretch of time and belong to a cycle."""
    first = (await ask(world, name, "cycle(number: 0) { startsAt }"))["cycle"]["startsAt"]
    async with acquire(world.pool) as conn:
        found: int = await conn.fetchval(
            "SELECT count(*) FROM conversation WHERE account_id = $1 AND closes_at >= $2"
            "   AND closes_at < $3 AND opened_at >= $4",
            account_id_of(name),
            utc(since),
            utc(until),
            utc(first),
        )
    return found


SCHEDULED = f"""scheduledChange {{ {SCHEDULED_TERMS} }} cycle {{
    conversationUsage {{ scheduledChange {{ blocks effectiveAt effectiveOn }} }}
    carrierBalance {{ scheduledChange {{ amount effectiveAt effectiveOn }} }} }}"""
HELD = ("plan", "interval", "anchorDate", "timeZone")


async def check_pending(
    world: World, name: str, found: dict[str, Any], before: dict[int, tuple[int, int]]
) -> None:
    pending = found["pending"]
    if pending is None:
        assert (await ask(world, name, "nextCycle { number }"))["nextCycle"] is None
        return
    number = pending["cycleNumber"]
    shown = await ask(world, name, f"cycle(number: {number}) {{ startsAt endsAt }}")
    cycle = shown["cycle"]
    assert pending["conversations"] == await opened(world, name, cycle["startsAt"], cycle["endsAt"])
    blocks, price = (await added(world, name)).get(number, (0, 0))
    had, had_cost = before.get(number, (0, 0))
    assert (pending["automaticBlocks"], micros(pending["automaticPrice"])) == (
        blocks - had,
        price - had_cost,
    )
    start = max(zulu(world.clock.now), cycle["startsAt"])
    quota = (await cycle_at(world, name, start))["conversationUsage"]["quota"]
    assert pending["quota"] == quota - 100 * pending["automaticBlocks"]
    assert pending["covered"] is (pending["conversations"] <= pending["quota"])
    event(f"pending covered: {pending['covered']}, {bool(pending['automaticBlocks'])}")


async def check_losses(
    world: World, name: str, found: dict[str, Any], scheduled: dict[str, Any]
) -> None:
    lost = found["lost"]
    ended = found["before"]["number"] < found["after"]["number"]
    if ended:
        fields = "conversationUsage { left } carrierBalance { left }"
        shown = await ask(world, name, f"cycle(number: {found['before']['number']}) {{ {fields} }}")
        left = shown["cycle"]["conversationUsage"]["left"], shown["cycle"]["carrierBalance"]["left"]
        assert (lost["conversations"], lost["balance"]) == left
    else:
        assert (lost["conversations"], lost["balance"]) == (0, "0.00")
    expected = []
    for meter, part, unit in (
        ("CONVERSATIONS", "conversationUsage", "blocks"),
        ("CARRIER", "carrierBalance", "amount"),
    ):
        planned = scheduled["cycle"] and scheduled["cycle"][part]["scheduledChange"]
        if planned:
            then = await cycle_at(world, name, planned["effectiveAt"])
            blocks = then["conversationUsage"]["committed"] // 100
            held = blocks if unit == "blocks" else then["carrierBalance"]["commitment"]
            if held != planned[unit]:
                expected.append({"meter": meter, "blocks": None, "amount": None, **planned})
    assert lost["scheduledCommitments"] == expected
    terms = scheduled["scheduledChange"]
    new = found.get("terms", terms)
    stays = terms is None or all(terms[key] == new[key] for key in HELD)
    assert lost["scheduledTerms"] == (None if stays else terms)
    event(f"lost: {ended}, {bool(expected)}, {not stays}")


async def check_terms(world: World, name: str, found: dict[str, Any], at: str) -> None:
    fields = "plan interval timeZone cycle { cost { commitment } carrierBalance { commitment } }"
    shown = await asked_at(world, name, at, fields)
    cycle = shown.pop("cycle")
    assert shown == {key: found["terms"][key] for key in shown}
    price = micros(cycle["cost"]["commitment"]) + micros(cycle["carrierBalance"]["commitment"])
    assert micros(found["price"]) == price


@ANY
@given(past=PASTS, now=NOW, asked=CHANGES, caller=st.sampled_from((OPERATOR, None)))
async def test_a_preview_of_a_change_is_what_the_change_does(
    planned: World,
    past: Past,
    now: datetime,
    asked: tuple[str, dict[str, Any]],
    caller: User | None,
) -> None:
    world, (field, arguments) = planned, asked
    name = await lived(world, past, now)
    principal = caller or admin(name)
    stored = await contents(world.pool)
    found = await preview(world, field, name=name, principal=principal, **arguments)
    assert await contents(world.pool) == stored
    succeeds = found.get("__typename", "").endswith("Preview")
    before = after = scheduled = None
    if succeeds:
        before = await cycle_at(world, name, found["before"]["computedAt"])
        scheduled = await ask(world, name, SCHEDULED)
    blocks = await added(world, name)
    answer = await make(world, field, name, principal, arguments)
    event(f"{field} {answer.get('__typename', answer)}")
    if not succeeds:
        assert answer == found
        return
    at = found["after"]["computedAt"]
    after = await cycle_at(world, name, at)
    assert (found["before"], found["after"]) == (before, after)
    assert at == max(zulu(now), found["effectiveAt"])
    assert found["computedAt"] == zulu(now)
    shared = answer.keys() & found.keys() - {"__typename"}
    assert {key: found[key] for key in shared} == {key: answer[key] for key in shared}
    if answer.get("cycle") and at == zulu(now):
        assert answer["cycle"] == found["after"]
    if field == SWITCH:
        await check_terms(world, name, found, at)
    await check_pending(world, name, found, blocks)
    await check_losses(world, name, found, scheduled or {})


@ANY
@given(
    past=PASTS,
    now=NOW,
    contacts=st.builds(
        lambda first, number: range(first, first + number),
        st.sampled_from((0, 15, 30, 200)),
        st.sampled_from((1, 2, 45, 110)),
    ),
    channel=st.sampled_from(("WHATSAPP", "EMAIL")),
    estimated=st.sampled_from((0, 1, 20 * EUR, 40 * EUR)),
)
async def test_a_preview_of_a_send_is_what_sending_does(  # noqa: PLR0913, PLR0917 (what is chosen)
    planned: World, past: Past, now: datetime, contacts: range, channel: str, estimated: int
) -> None:
    world = planned
    name = await lived(world, past, now)
    stored = await contents(world.pool)
    names = [f"c{n}" for n in contacts]
    found = await preview(
        world,
        "previewSend",
        name=name,
        contacts=[*names, names[0]],
        channel=channel,
        estimatedAmount=money(estimated),
    )
    assert await contents(world.pool) == stored
    count_ = len(stored["conversation"])
    blocks = await added(world, name)
    current = (await ask(world, name, "cycle { number carrierBalance { left sendAllowed } }"))[
        "cycle"
    ]
    at = now.isoformat()
    sent = [
        message(name, at, contact=contact, channel=channel, id=f"{contact}!") for contact in names
    ]
    assert (await take(world, *sent)).accepted == len(names)
    assert found["contacts"] == len(names)
    assert found["newConversations"] == len((await contents(world.pool))["conversation"]) - count_
    cycle = found["cycle"]
    number = None if cycle is None else cycle["number"]
    now_has = await added(world, name)
    grown = {n for n in now_has if now_has[n] != blocks.get(n)}
    assert grown <= {number}
    if number is not None:
        had, has = blocks.get(number, (0, 0)), now_has.get(number, (0, 0))
        gained = has[0] - had[0], has[1] - had[1]
        assert (found["automaticBlocks"], micros(found["automaticPrice"])) == gained
        # What opens at an instant counts from the next one on.
        seen_at = max(utc(cycle["computedAt"]), now + TICK)
        shown = await cycle_at(world, name, zulu(seen_at))
        assert cycle == {**shown, "computedAt": cycle["computedAt"]}
    event(f"lands: {cycle and cycle['computedAt'] == zulu(now)}, blocks: {bool(grown)}")
    if current is None:
        assert (found["balance"], found["allowed"]) == (None, False)
        return
    left = current["carrierBalance"]["left"]
    allowed = current["carrierBalance"]["sendAllowed"] and estimated <= micros(left)
    assert (found["balance"]["left"], found["allowed"]) == (left, allowed)
    await take(world, charge(name, at, money(estimated), id="the send"))
    if estimated and not past.recharges:
        fields = f"cycle(number: {current['number']}) {{ carrierBalance {{ left overspent }} }}"
        shown = (await asked_at(world, name, zulu(now + TICK), fields))["cycle"]["carrierBalance"]
        assert found["balance"]["leftAfter"] == shown["left"]
        assert found["balance"]["overspentAfter"] == shown["overspent"]
