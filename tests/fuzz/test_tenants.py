"""Another tenant's id is answered as one that nobody has, whatever is asked."""

import time
from statistics import median
from typing import Any

from hypothesis import given
from schemathesis import Case

from billing.account import account_id_of
from tests.fuzz.target import Target, examples
from tests.fuzz.test_schema import IDS, OPERATIONS_OF
from tests.support.world import World, admin

EXAMPLES = 2
"""Of each root field."""

NAMED_MIN = 8
"""Root fields that are told NOT_FOUND, of those whose other arguments happen to be good."""
TIMES, TRIES = 200, 8
WITHIN = 0.2
QUESTION = "query ($id: ID) { account(id: $id) { name cycle { conversationUsage { used } } } }"


def naming(body: str, account: str) -> str:
    """Let an operation name an account wherever it may."""
    id_ = account_id_of(account)
    named, count = IDS.subn(rf'\1: "{id_}"', body)
    return named if count else body.replace("input: {", f'input: {{accountId: "{id_}",', 1)


def operations(*, long: bool) -> list[tuple[str, str]]:
    """Make operations of each root field."""
    made: list[tuple[str, str]] = []

    def keep(case: Case[Any]) -> None:
        made.append((case.operation.label, str(case.body)))

    for operation in OPERATIONS_OF:
        examples(EXAMPLES, long=long)(given(operation.as_strategy())(keep))()
    return made


async def test_anothers_and_nobodys_are_the_same(world: World, *, long: bool) -> None:
    """In what is said and in the statements that are run."""
    for name in ("acme", "other"):
        await world.account(name, carrier="50", blocks=2)
    refused = set()
    for field, body in operations(long=long):
        answers = []
        for owner in ("other", "nobody"):
            result = await world.execute(naming(body, owner), principal=admin("acme"))
            said = f"{result.data} {[error.formatted for error in result.errors or ()]}"
            answers.append((said.replace(str(account_id_of(owner)), "ID"), [*world.statements]))
        assert answers[0] == answers[1], body
        if "NOT_FOUND" in answers[0][0]:
            refused.add(field)
    assert len(refused) >= NAMED_MIN, refused


def test_they_take_as_long(target: Target, *, long: bool) -> None:
    """The medians, that is; told apart only where there is time to measure."""
    headers = target.callers["an admin"]

    def ask(whose: str) -> float:
        content = {"query": QUESTION, "variables": {"id": target.accounts[whose]}}
        began = time.perf_counter()
        reply = target.http.post("/graphql", json=content, headers=headers)
        taken = time.perf_counter() - began
        assert [error["extensions"]["code"] for error in reply.json()["errors"]] == ["NOT_FOUND"]
        return taken

    def differ() -> float:
        pairs = [(ask("another's"), ask("nobody's")) for _ in range(TIMES if long else 5)]
        theirs, nobodys = (float(median(each)) for each in zip(*pairs, strict=True))
        return abs(theirs - nobodys) / max(theirs, nobodys)

    tried = [differ()]
    while long and tried[-1] > WITHIN:
        assert len(tried) < TRIES, tried
        tried.append(differ())
