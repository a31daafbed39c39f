"""Events with anything in any place: the good ones beside them are taken, whatever it is."""

import copy
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edge.events import BATCH, SINGLE, STREAM
from tests.fuzz.target import CANARY, Target, examples

EVENTS, BODIES = 80, 60

AT = (datetime.now(UTC) - timedelta(days=3)).isoformat()
MESSAGE = {
    "specversion": "1.0",
    "type": "message",
    "source": "/fuzz",
    "id": "m",
    "time": AT,
    "subject": "acme",
    "datacontenttype": "application/json",
    "data": {
        "contact": "maria",
        "channel": "CHAT",
        "direction": "outbound",
        "automated": False,
        "kind": "MESSAGE",
    },
}
CHARGE = {
    **MESSAGE,
    "type": "carrier_charge",
    "data": {
        "feature": "VOICE",
        "amount": "0.0532",
        "currency": "EUR",
        "quantity": "1",
        "unit": "minute",
    },
}
PLACES = [
    (name, *inner)
    for event in (MESSAGE, CHARGE)
    for name in event
    for inner in ([(), *((key,) for key in event["data"])] if name == "data" else [()])
]
NESTED: Any = 0
for _ in range(500):
    NESTED = [NESTED]

ODD = st.one_of(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    st.sampled_from(
        (
            *(10**400, -(10**30), 2**63, 1e308, "1E+999999", "NaN", "9" * 5_000, "\0", "\ud800"),
            *(NESTED, {}, [], {"": {}}, [[]], "x" * 70_000, "\u202e", "A" * 33, "+1", "0x10"),
            *("9999-12-31T23:59:60Z", "0000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", AT + "Z"),
            *(f"{CANARY}-account", f"{CANARY}-contact", "/fuzz", "m", "acme"),
        )
    ),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)
QUOTED = re.compile(rb'\\"[^"]*\\" is not a plain decimal number')
CHANGES = st.lists(st.tuples(st.sampled_from(PLACES), ODD), max_size=3)


def changed(event: dict[str, Any], changes: list[tuple[tuple[str, ...], Any]]) -> dict[str, Any]:
    """Return the event with other values in some places, which may not be there any more."""
    made = copy.deepcopy(event)
    for path, value in changes:
        at: Any = made
        for key in path[:-1]:
            at = at.get(key) if isinstance(at, dict) else None
        if isinstance(at, dict):
            at[path[-1]] = value
    return made


def written(value: object) -> bytes:
    """Write what may not be JSON: NaN, and halves of characters."""
    return json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")


def test_anything_in_any_place(target: Target, *, long: bool) -> None:
    number = 0

    @given(st.lists(st.tuples(st.sampled_from((MESSAGE, CHARGE)), CHANGES), max_size=4))
    @examples(EVENTS, long=long)
    def send(odd: list[tuple[dict[str, Any], Any]]) -> None:
        nonlocal number
        number += 1
        good = {**MESSAGE, "id": f"good-{number}"}
        lines = [written(event) for event in (*(changed(*each) for each in odd), good)]
        headers = {**target.callers["an ingester"], "content-type": STREAM}
        reply = target.http.post("/events", content=b"\n".join(lines), headers=headers)
        target.check(reply.status_code, _own(reply.content), "an ingester")
        assert reply.status_code == 200, reply.text
        outcome = reply.json()
        found = outcome["accepted"] + outcome["duplicates"] + outcome["rejected"]
        assert found == len(lines)
        assert len(lines) - 1 not in [error["index"] for error in outcome["errors"]]

    with target.steady() as warm:
        send()
        warm()
        send()


def test_bodies_that_are_torn_and_bent(target: Target, *, long: bool) -> None:
    whole = written([MESSAGE, CHARGE])
    bent = st.tuples(st.integers(0, len(whole)), st.binary(max_size=12), st.integers(0, 50))

    @given(
        bent.map(lambda t: whole[: t[0]] + t[1] + whole[t[0] + t[2] :]) | ODD.map(written),
        st.sampled_from((SINGLE, BATCH, STREAM, "application/json", "")),
        st.sampled_from(sorted(target.callers)),
    )
    @examples(BODIES, long=long)
    def send(body: bytes, content_type: str, caller: str) -> None:
        headers = {**target.callers[caller], "content-type": content_type}
        reply = target.http.post("/events", content=body, headers=headers)
        target.check(reply.status_code, _own(reply.content), caller)
        allowed = (200, 400, 413, 415) if caller == "an ingester" else (401, 403)
        assert reply.status_code in allowed, reply.text

    with target.steady() as warm:
        send()
        warm()
        send()


def _own(content: bytes) -> bytes:
    """Leave out the ids of events, and amounts that are quoted: they are what was sent."""
    unquoted = QUOTED.sub(b"", content)
    return b" ".join(part for part in unquoted.split(b",") if b'"id":' not in part)
