"""The page as it is served: its HTML, its assets, their headers, and the demo's way in."""

import gzip
import re
from typing import Any

import httpx2
import pytest

from db.pool import Pool
from edge.demo import BODY_BYTES_MAX, Demo, DemoUsers
from edge.page import DIST, NEEDS_SCRIPTS, PATH, Chunk, manifest, spoken
from resolvers.principal import Role
from schema.root import Schema
from tests.support.clock import Clock
from tests.support.http import client

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
)
SCRIPTS_KB_MAX = 60
DEMO = Demo(
    (
        DemoUsers(
            account="acme",
            name="Acme",
            plan="Boost",
            interval="MONTHLY",
            time_zone="Europe/Amsterdam",
            roles=(Role.ADMIN, Role.MEMBER),
        ),
        DemoUsers(
            account="globex",
            name="Globex",
            plan=None,
            interval=None,
            time_zone="Europe/London",
            roles=(Role.ADMIN,),
        ),
    ),
    lambda role, account: f"token of {account}'s {role.value}",
)


class Asking:
    """Sends requests to an application of its own each."""

    def __init__(self, schema: Schema, pool: Pool, clock: Clock) -> None:
        self._parts = (schema, pool, pool, clock)

    async def __call__(
        self,
        path: str,
        method: str = "GET",
        *,
        origin: str | None = None,
        demo: Demo | None = None,
        graphiql: bool = False,
        **request: Any,
    ) -> httpx2.Response:
        made = client(*self._parts, origin=origin, demo=demo, graphiql=graphiql)
        async with made as opened:
            return await opened.http.request(method, path, **request)


@pytest.fixture
def ask(schema: Schema, pool: Pool, clock: Clock) -> Asking:
    return Asking(schema, pool, clock)


@pytest.mark.parametrize(
    ("origin", "framed_by"), [(None, "'none'"), ("https://app.example", "https://app.example")]
)
async def test_the_page_says_what_it_may_load_and_who_may_frame_it(
    ask: Asking, origin: str | None, framed_by: str
) -> None:
    reply = await ask(f"{PATH}?cycle=3", origin=origin)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers.get_list("content-security-policy") == [POLICY + framed_by]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["cache-control"] == "no-cache"
    told = re.findall(r'<meta name="kontingent-(\w+)" content="([^"]*)">', reply.text)
    assert told == ([] if origin is None else [("origin", origin)])


async def test_nothing_is_inline_and_all_is_there(ask: Asking) -> None:
    reply = await ask(PATH)
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]+src=)|javascript:", reply.text)
    for address in re.findall(r'(?:src|href)="([^"]+)"', reply.text):
        assert (await ask(address)).status_code == 200


async def test_the_page_is_sent_once(ask: Asking) -> None:
    first = await ask(PATH)
    again = await ask(PATH, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == POLICY + "'none'"
    other = {"if-none-match": first.headers["etag"], "accept-language": "de"}
    assert (await ask(PATH, headers=other)).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("pl, nl;q=0.5, fr;q=0.7", "fr"),
        ("nl;q=0, fr;q=x, *", "en"),
        ("pt-BR,pt;q=0.9", "en"),
        ("NL-be", "nl"),
    ],
)
async def test_the_browsers_language_is_spoken(ask: Asking, accepted: str, language: str) -> None:
    assert spoken(accepted) == language
    reply = await ask(PATH, headers={"accept-language": accepted})
    assert f'<html lang="{language}">' in reply.text
    assert NEEDS_SCRIPTS[language] in reply.text
    assert f'rel="modulepreload" href="/{manifest()[f"src/locales/{language}.ts"]["file"]}"' in (
        reply.text
    )


async def test_assets_are_kept_for_ever_and_packed(ask: Asking) -> None:
    address = f"/{manifest()['src/page.tsx']['file']}"
    plain = await ask(address, headers={"accept-encoding": "identity"})
    packed = await ask(address, headers={"accept-encoding": "gzip"})
    assert plain.content == packed.content == (DIST / address[1:]).read_bytes()
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    for reply in (plain, packed):
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
        assert reply.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    ["/assets/page.js", "/assets/..%2Fmanifest.json", "/assets/", "/assets", f"{PATH}/3", "/demo/"],
)
async def test_nothing_else_is_there(ask: Asking, path: str) -> None:
    reply = await ask(path)
    assert reply.status_code == 404
    assert reply.json()["code"] == "NOT_FOUND"


def test_the_first_load_is_small() -> None:
    chunks = manifest()
    entry = chunks["src/page.tsx"]
    scripts = [entry["file"], *(chunks[name]["file"] for name in entry["imports"])]
    for language in NEEDS_SCRIPTS:
        files = [*scripts, chunks[f"src/locales/{language}.ts"]["file"]]
        size = sum(len(gzip.compress((DIST / file).read_bytes())) for file in files)
        assert size <= SCRIPTS_KB_MAX * 1000


def test_the_build_holds_what_its_manifest_names() -> None:
    there = {str(path.relative_to(DIST)) for path in DIST.rglob("*") if path.is_file()}
    named = {
        file for chunk in manifest().values() for file in (chunk["file"], *chunk.get("css", []))
    }
    assert there == named | {"manifest.json"}


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


async def test_people_find_graphiql_where_programs_find_the_api(ask: Asking) -> None:
    shown = await ask("/graphql", graphiql=True, headers={"accept": BROWSER})
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert shown.headers["content-security-policy"] == (
        POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'") + "'none'"
    )
    assert f'src="/{manifest()["src/explorer.tsx"]["file"]}"' in shown.text
    assert "kontingent-demo" not in shown.text
    for address in re.findall(r'(?:src|href)="([^"]+)"', shown.text):
        assert (await ask(address)).status_code == 200
    demo = await ask("/graphql", graphiql=True, demo=DEMO, headers={"accept": BROWSER})
    assert '<meta name="kontingent-demo" content="on">' in demo.text


@pytest.mark.parametrize(
    ("method", "path", "accepted", "status"),
    [
        ("GET", "/graphql", "*/*", 400),
        ("GET", "/graphql", "", 400),
        ("GET", "/graphql", "application/json, text/html;q=0.9", 400),
        ("GET", "/graphql?query={__typename}", BROWSER, 200),
        ("GET", "/graphql?query={__typename}", "text/html", 406),
        ("POST", "/graphql", BROWSER, 415),
    ],
)
async def test_programs_still_find_the_api(
    ask: Asking, method: str, path: str, accepted: str, status: int
) -> None:
    reply = await ask(path, method, graphiql=True, headers={"accept": accepted})
    assert reply.status_code == status
    assert "json" in reply.headers["content-type"]


@pytest.mark.parametrize(("accepted", "status"), [(BROWSER, 400), ("text/html", 406)])
async def test_without_graphiql_there_is_the_api_alone(
    ask: Asking, accepted: str, status: int
) -> None:
    reply = await ask("/graphql", headers={"accept": accepted})
    assert reply.status_code == status
    assert "json" in reply.headers["content-type"]


GRAPHIQL_KB_MAX = 550


def _parts(chunk: Chunk) -> list[str]:
    return [*chunk.get("imports", ()), *chunk.get("dynamicImports", ())]


def test_graphiql_is_loaded_by_nobody_else() -> None:
    """What it weighs, and that neither of the other pages loads it, whatever is opened there."""
    chunks = manifest()

    def loaded(entry: str) -> set[str]:
        found, new = set[str](), {entry}
        while new:
            found |= new
            new = {part for name in new for part in _parts(chunks[name])} - found
        return found

    for entry in ("src/page.tsx", "src/demo.tsx"):
        assert [name for name in loaded(entry) if "graphiql" in name] == []
    files = [DIST / chunks[name]["file"] for name in loaded("src/explorer.tsx")]
    size = sum(len(gzip.compress(file.read_bytes())) for file in files)
    assert size <= GRAPHIQL_KB_MAX * 1000


async def test_in_the_demo_the_root_offers_users_to_people(ask: Asking) -> None:
    people = await ask("/", demo=DEMO, headers={"accept": "text/html,*/*"})
    assert people.headers["content-type"] == "text/html; charset=utf-8"
    assert people.headers["content-security-policy"] == POLICY + "'none'"
    assert manifest()["src/demo.tsx"]["file"] in people.text
    programs = await ask("/", demo=DEMO)
    assert programs.json() == {"name": "Kontingent", "graphql": "/graphql", "events": "/events"}
    assert '<meta name="kontingent-demo" content="on">' in (await ask(PATH, demo=DEMO)).text


async def test_the_demos_users_are_listed(ask: Asking) -> None:
    reply = await ask("http://localhost:8000/demo/users", demo=DEMO)
    assert reply.json() == [
        {
            "account": "acme",
            "name": "Acme",
            "plan": "Boost",
            "interval": "MONTHLY",
            "timeZone": "Europe/Amsterdam",
            "roles": ["admin", "member"],
        },
        {
            "account": "globex",
            "name": "Globex",
            "plan": None,
            "interval": None,
            "timeZone": "Europe/London",
            "roles": ["admin"],
        },
    ]


TOKEN = "http://127.0.0.1:8000/demo/token"


async def test_a_token_is_given_of_a_demo_user(ask: Asking) -> None:
    wanted = {"account": "acme", "role": "member"}
    reply = await ask(TOKEN, "POST", demo=DEMO, json=wanted)
    assert reply.json() == {"token": "token of acme's member"}
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("url", "request_", "refused"),
    [
        (TOKEN, {"json": {"account": "globex", "role": "member"}}, (404, "NOT_FOUND")),
        (TOKEN, {"json": {"account": "acme", "role": "operator"}}, (404, "NOT_FOUND")),
        (TOKEN, {"json": ["acme"]}, (404, "NOT_FOUND")),
        (TOKEN, {"data": {"account": "acme"}}, (415, "UNSUPPORTED_MEDIA_TYPE")),
        (
            TOKEN,
            {"content": b"{", "headers": {"content-type": "application/json"}},
            (400, "BAD_REQUEST"),
        ),
        (TOKEN, {"json": "a" * (BODY_BYTES_MAX - 2)}, (404, "NOT_FOUND")),
        (TOKEN, {"json": "a" * (BODY_BYTES_MAX - 1)}, (413, "BODY_TOO_LONG")),
        ("http://rebound.example/demo/token", {"json": {}}, (403, "FORBIDDEN")),
    ],
)
async def test_a_token_is_given_of_nobody_else(
    ask: Asking, url: str, request_: dict[str, Any], refused: tuple[int, str]
) -> None:
    reply = await ask(url, "POST", demo=DEMO, **request_)
    assert (reply.status_code, reply.json()["code"]) == refused


async def test_another_name_of_this_machine_is_told_nothing(ask: Asking) -> None:
    reply = await ask("http://rebound.example/demo/users", demo=DEMO)
    assert (reply.status_code, reply.json()["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize("path", ["/demo/users", "/demo/token"])
async def test_without_the_demo_there_is_no_such_way(ask: Asking, path: str) -> None:
    assert (await ask(path, "POST", json={})).status_code == 404
    assert "kontingent-demo" not in (await ask(PATH)).text
