"""Which pages of other origins may use the API, and what of it."""

import pytest

from db.pool import Pool
from schema.root import Schema
from tests.support.clock import Clock
from tests.support.http import client

LISTED, OTHER = "https://app.example", "https://evil.example"
PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,if-none-match",
}


@pytest.mark.parametrize("path", ["/graphql", "/export"])
async def test_a_page_of_a_listed_origin_may_ask(
    schema: Schema, pool: Pool, clock: Clock, path: str
) -> None:
    async with client(schema, pool, pool, clock, cors_origins=(LISTED,)) as opened:
        asked = await opened.http.options(path, headers={"origin": LISTED, **PREFLIGHT})
        reply = await opened.http.get(path, headers={"origin": LISTED})
    assert asked.status_code == 200
    assert asked.headers["access-control-max-age"] == "7200"
    for each in (asked, reply):
        assert each.headers["access-control-allow-origin"] == LISTED
        assert "Origin" in each.headers["vary"]
        assert "access-control-allow-credentials" not in each.headers
    assert "Retry-After" in reply.headers["access-control-expose-headers"]


async def test_such_a_page_need_not_get_twice_what_it_has(
    schema: Schema, pool: Pool, clock: Clock
) -> None:
    address, origin = "/graphql?query={__typename}", {"origin": LISTED}
    async with client(schema, pool, pool, clock, cors_origins=(LISTED,)) as opened:
        first = await opened.http.get(address, headers=origin)
        known = {"if-none-match": first.headers["etag"]}
        again = await opened.http.get(address, headers={**origin, **known})
    assert "ETag" in first.headers["access-control-expose-headers"].split(", ")
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["access-control-allow-origin"] == LISTED


@pytest.mark.parametrize(
    ("origin", "path", "origins"),
    [
        pytest.param(OTHER, "/graphql", (LISTED,), id="another_origin"),
        pytest.param("null", "/graphql", (LISTED,), id="no_origin"),
        pytest.param(f"{LISTED}.evil.example", "/graphql", (LISTED,), id="a_longer_name"),
        pytest.param(LISTED, "/events", (LISTED,), id="not_for_pages"),
        pytest.param(LISTED, "/demo/token", (LISTED,), id="not_for_pages_either"),
        pytest.param(LISTED, "/graphql", (), id="none_is_listed"),
    ],
)
async def test_all_others_may_not(  # noqa: PLR0913, PLR0917 (a request's facts)
    schema: Schema, pool: Pool, clock: Clock, origin: str, path: str, origins: tuple[str, ...]
) -> None:
    async with client(schema, pool, pool, clock, cors_origins=origins) as opened:
        asked = await opened.http.options(path, headers={"origin": origin, **PREFLIGHT})
        reply = await opened.http.post(path, json={}, headers={"origin": origin})
    assert asked.status_code in {400, 404, 405}
    for each in (asked, reply):
        assert "access-control-allow-origin" not in each.headers


async def test_a_reply_varies_by_origin_also_without_one(
    schema: Schema, pool: Pool, clock: Clock
) -> None:
    async with client(schema, pool, pool, clock, cors_origins=(LISTED,)) as opened:
        reply = await opened.http.post("/graphql", json={"query": "{ __typename }"})
    assert reply.headers["vary"] == "Origin"
