"""deadLetters and replayDelivery: what was given up, for operators."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from billing.account import account_id_of
from billing.notice import Notice, NoticeKind
from billing.setting import Language
from db import outbox
from db.outbox import Queued, Settled
from db.pool import acquire
from jobs.delivery import ATTEMPTS_MAX
from resolvers.page import cursor_of
from tests.jobs.letters import LOW_BALANCE, REMINDER, letter
from tests.jobs.queue import ANNA, given_up, ids, post, queue
from tests.support.world import World, admin, contents

DEAD = """query ($first: Int, $after: String) { deadLetters(first: $first, after: $after) {
  nodes { id accountId kind target attempts lastError recordedAt diedAt }
  pageInfo { hasPreviousPage hasNextPage endCursor } } }"""
IDS = """query ($first: Int, $after: String) { deadLetters(first: $first, after: $after) {
  nodes { id } pageInfo { hasPreviousPage hasNextPage endCursor } } }"""
REPLAY = """mutation ($id: ID!) { replayDelivery(input: {id: $id}) {
  __typename ... on ReplayDeliverySuccess { id dueAt } ... on Failure { message field } } }"""
HOUR = timedelta(hours=1)


async def dead_letter(world: World, target: str = ANNA.email) -> UUID:
    language = Language.DE if target == ANNA.email else None
    return await given_up(world, letter(REMINDER, id=uuid4()), target, language, "Not there.")


async def test_what_was_given_up_is_listed_newest_first_without_secrets(world: World) -> None:
    mail = await given_up(world, letter(REMINDER), ANNA.email, Language.DE, "Refused: 550 5.1.1.")
    world.clock.now += HOUR
    hook = await given_up(
        world,
        letter(LOW_BALANCE, id=uuid4()),
        "https://hooks.example:8443/services/hunter2?token=hunter2",
        None,
        "The answer was 410.",
    )
    world.clock.now += HOUR
    await queue(world, Notice(kind=NoticeKind.RECHARGED, meter=LOW_BALANCE.meter, cycle=1))
    [notice] = await ids(world.pool)
    async with acquire(world.pool) as conn:
        at = world.clock()
        [claimed] = await outbox.claim(conn, at=at, until=at + HOUR, limit=1)
        assert await outbox.settle(conn, claimed, Settled.DEAD, at=at, error="It failed.")
    await post(world, [letter(id=uuid4())], ANNA.email, Language.DE)  # this one is only waiting
    data = await world.data(DEAD)
    assert world.statements == ["outbox.dead"]
    common = {"accountId": str(account_id_of("acme"))}
    assert data["deadLetters"] == {
        "nodes": [
            {
                **common,
                "id": str(notice),
                "kind": "RECHARGED",
                "target": None,
                "attempts": 1,
                "lastError": "It failed.",
                "recordedAt": "2026-11-22T14:00:00Z",
                "diedAt": "2026-11-22T14:00:00Z",
            },
            {
                **common,
                "id": str(hook),
                "kind": "LOW_BALANCE",
                "target": "https://hooks.example:8443",
                "attempts": ATTEMPTS_MAX,
                "lastError": "The answer was 410.",
                "recordedAt": "2026-11-22T13:00:00Z",
                "diedAt": "2026-11-22T13:00:00Z",
            },
            {
                **common,
                "id": str(mail),
                "kind": "REMINDER",
                "target": "anna@acme.example",
                "attempts": ATTEMPTS_MAX,
                "lastError": "Refused: 550 5.1.1.",
                "recordedAt": "2026-11-22T12:00:00Z",
                "diedAt": "2026-11-22T12:00:00Z",
            },
        ],
        "pageInfo": {
            "hasPreviousPage": False,
            "hasNextPage": False,
            "endCursor": cursor_of(1_795_348_800_000_000, str(mail), ""),
        },
    }


async def test_it_is_listed_page_by_page(world: World) -> None:
    made = []
    for _ in range(5):
        made.append(str(await dead_letter(world)))
        world.clock.now += (len(made) == 3) * HOUR  # three of one instant, two of another
    pages, after = [], None
    while True:
        page = (await world.data(IDS, {"first": 2, "after": after}))["deadLetters"]
        pages.append([node["id"] for node in page["nodes"]])
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    newest_first = [*sorted(made[3:], reverse=True), *sorted(made[:3], reverse=True)]
    assert pages == [newest_first[:2], newest_first[2:4], newest_first[4:]]


@pytest.mark.parametrize(
    ("variables", "field"),
    [
        ({"first": 0}, "first"),
        ({"first": 101}, "first"),
        ({"after": "x"}, "after"),
        ({"after": cursor_of(1, "no id", "")}, "after"),
        ({"after": cursor_of("1", "6f1c0f0e-7f7b-4f3a-9d59-2b8c4a1d0e55", "")}, "after"),
    ],
)
async def test_a_page_that_cannot_be_names_the_argument(
    world: World, variables: dict[str, Any], field: str
) -> None:
    assert await world.refusals(IDS, variables) == [("BAD_USER_INPUT", field)]
    assert world.statements == []


async def test_an_operator_has_a_delivery_tried_again(world: World) -> None:
    id_ = await dead_letter(world)
    world.clock.now += HOUR
    data = await world.data(REPLAY, {"id": str(id_)})
    assert world.statements == ["outbox.replay"]
    assert data["replayDelivery"] == {
        "__typename": "ReplayDeliverySuccess",
        "id": str(id_),
        "dueAt": "2026-11-22T13:00:00Z",
    }
    assert (await world.data(IDS))["deadLetters"]["nodes"] == []
    async with acquire(world.pool) as conn:
        at = world.clock()
        [claimed] = await outbox.claim(conn, at=at, until=at + HOUR, limit=2)
    assert (claimed.id, claimed.attempts, claimed.target) == (id_, 1, ANNA.email)


@pytest.mark.parametrize("state", [None, Settled.DONE, Settled.DROPPED])
async def test_what_was_not_given_up_is_not_tried_again(
    world: World, state: Settled | None
) -> None:
    id_, at = uuid4(), world.clock()
    queued = Queued(
        id=id_,
        account_id=account_id_of("acme"),
        content=letter(id=id_),
        due_at=at,
        target=ANNA.email,
        language=ANNA.language,
    )
    async with acquire(world.pool) as conn:
        await outbox.insert(conn, [queued], recorded_at=at)
        if state is not None:
            [claimed] = await outbox.claim(conn, at=at, until=at + HOUR, limit=1)
            assert await outbox.settle(conn, claimed, state, at=at)
    before = await contents(world.pool)
    data = await world.data(REPLAY, {"id": str(id_)})
    assert data["replayDelivery"] == {
        "__typename": "NotDead",
        "message": "Only a delivery that was given up can be tried again.",
        "field": "id",
    }
    assert await contents(world.pool) == before


async def test_a_delivery_is_tried_again_once(world: World) -> None:
    id_ = await dead_letter(world)
    found = [(await world.data(REPLAY, {"id": str(id_)}))["replayDelivery"] for _ in range(2)]
    assert [each["__typename"] for each in found] == ["ReplayDeliverySuccess", "NotDead"]


@pytest.mark.parametrize(
    ("id", "refusal", "statements"),
    [
        (
            "6f1c0f0e-7f7b-4f3a-9d59-2b8c4a1d0e55",
            ("NOT_FOUND", "id"),
            ["outbox.replay", "outbox.exists"],
        ),
        ("x", ("BAD_USER_INPUT", "id"), []),
        ("", ("BAD_USER_INPUT", "id"), []),
        ("{6f1c0f0e-7f7b-4f3a-9d59-2b8c4a1d0e55}", ("BAD_USER_INPUT", "id"), []),
    ],
)
async def test_a_delivery_that_does_not_exist_is_not_found(
    world: World, id: str, refusal: tuple[str, str], statements: list[str]
) -> None:
    assert await world.refusals(REPLAY, {"id": id}) == [refusal]
    assert world.statements == statements


async def test_only_an_operator_sees_or_does_it(world: World) -> None:
    await world.account("acme")
    id_ = await dead_letter(world)
    before = await contents(world.pool)
    for document, variables in ((IDS, {}), (REPLAY, {"id": str(id_)})):
        refusals = await world.refusals(document, variables, principal=admin("acme"))
        assert refusals == [("OPERATOR_ONLY", None)]
        assert world.statements == []
    assert await contents(world.pool) == before
