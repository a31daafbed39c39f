"""Every state of the page: how it looks, in each language, and that everybody can use it.

A sample of the combinations, all of them with `--long`. With KONTINGENT_TEST_SHOTS, the name of a
folder, pictures are kept there.
"""

import os
from collections.abc import Awaitable, Callable
from itertools import product
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from edge.page import PATH
from resolvers.principal import Role
from tests.web.demo_world import CURRENT
from tests.web.visit import Site, of_cycle

LANGUAGES = ("de-DE", "en-GB", "fr-FR", "nl-NL")
WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")
COMBINATIONS = tuple(product(LANGUAGES, WIDTHS, SCHEMES))


async def _cut(page: Page) -> None:
    await page.route("**/graphql", lambda route: route.abort())


async def _expired(page: Page) -> None:
    await page.route("**/graphql", lambda route: route.fulfill(status=401, body="{}"))


async def _held(page: Page) -> None:
    await page.route("**/graphql", lambda _route: None)


async def _nothing(_page: Page) -> None:
    pass


Before = Callable[[Page], Awaitable[None]]
STATES: dict[str, tuple[str | None, Role, str, str, Before]] = {
    "current": ("acme", Role.ADMIN, PATH, ".figure", _nothing),
    "beyond": ("globex", Role.ADMIN, PATH, ".alert.warning", _nothing),
    "overspent": ("initech", Role.ADMIN, PATH, ".alert.critical", _nothing),
    "past": ("acme", Role.ADMIN, of_cycle(4), ".figure", _nothing),
    "future": ("acme", Role.ADMIN, of_cycle(CURRENT + 1), ".countdown", _nothing),
    "no-cycle": ("acme", Role.ADMIN, of_cycle(CURRENT + 2), ".notice", _nothing),
    "member": ("acme", Role.MEMBER, PATH, ".notice", _nothing),
    "trial": ("hooli", Role.ADMIN, PATH, ".notice", _nothing),
    "no-session": (None, Role.ADMIN, PATH, ".notice", _nothing),
    "expired": ("acme", Role.ADMIN, PATH, ".notice", _expired),
    "away": ("acme", Role.ADMIN, PATH, ".notice", _cut),
    "loading": ("acme", Role.ADMIN, PATH, ".skeleton", _held),
    "demo": (None, Role.ADMIN, "/", ".entry", _nothing),
}


async def look(site: Site, state: str, language: str, width: int, scheme: str) -> list[str]:
    """Visit a state, keep its picture, and return what is wrong with it."""
    account, role, address, ready, before = STATES[state]
    async with site.visit(
        account, role=role, language=language, width=width, scheme=scheme
    ) as page:
        await before(page)
        await page.goto(address)
        await page.locator(ready).first.wait_for()
        await page.evaluate("document.fonts.ready")
        if folder := os.environ.get("KONTINGENT_TEST_SHOTS"):
            name = f"{state}-{language[:2]}-{width}-{scheme}.png"
            await page.screenshot(path=Path(folder) / name, full_page=True)
        found = await Axe().run(page)
        beyond = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        wrong = [f"{one['id']}: {one['help']}" for one in found.response["violations"]]
        return wrong if beyond <= 0 else [*wrong, f"{beyond} pixels too wide"]


@pytest.mark.parametrize("state", STATES)
async def test_everybody_can_use_it(site: Site, state: str, *, long: bool) -> None:
    place = list(STATES).index(state)
    sample = [COMBINATIONS[(5 * place) % len(COMBINATIONS)]]
    for combination in COMBINATIONS if long else sample:
        assert await look(site, state, *combination) == [], combination
