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
from playwright.async_api import Page, Route

from edge.page import PATH
from resolvers.principal import Role
from tests.web.demo_world import CLOSED, CURRENT
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


def _opening(look: str, button: int, text: str | None = None) -> Before:
    """Open a dialog by the button of this look and place, and write into its field."""

    async def opened(page: Page) -> None:
        await page.locator(f"main .{look}").nth(button).click()
        if text is not None:
            await page.locator("#amount").fill(text)

    return opened


async def _unsure(page: Page) -> None:
    """Confirm a purchase and hear nothing of it."""
    await _opening("card .button", 0)(page)
    await page.locator(".effect tbody").first.wait_for()
    await page.route("**/graphql", lambda route: route.abort())
    await page.locator(".dialog [type=submit]").click()


async def _scheduled(page: Page) -> None:
    """Show a commitment that is to come, as if there was one."""

    async def answer(route: Route) -> None:
        reply = await route.fetch()
        content = await reply.json()
        cycle = content["data"]["account"]["cycle"]
        cycle["conversationUsage"]["scheduledChange"] = {"blocks": 3, "effectiveOn": "2026-11-25"}
        cycle["carrierBalance"]["scheduledChange"] = {"amount": "45", "effectiveOn": "2026-11-25"}
        await route.fulfill(response=reply, json=content)

    await page.route("**/graphql", answer)


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
    "scheduled": ("acme", Role.ADMIN, PATH, ".alert .button", _scheduled),
}
DIALOGS: dict[str, tuple[str, str, Before]] = {
    "blocks": (PATH, ".dialog .alert", _opening("card .button", 0)),
    "commitment": (PATH, ".compared", _opening("card .button", 1, "3")),
    "refused": (PATH, ".refusal:not(:empty)", _opening("card .button", 1, "101")),
    "balance": (PATH, ".compared", _opening("card .button", 2, "20")),
    "unsure": (PATH, ".dialog .alert >> nth=1", _unsure),
    "cost": (PATH, ".dialog .parts", _opening("title .button", 0)),
    "ledger": (PATH, ".dialog .reasons", _opening("title .button", 1)),
    "conversations": (PATH, ".dialog .reasons", _opening("card > .link", 0)),
    "charges": (PATH, ".dialog .reasons", _opening("card > .link", 1)),
    "settings": (PATH, ".setting .input", _opening("title .button", 2)),
    "late": (of_cycle(CLOSED), ".dialog .pill", _opening("card > .link", 0)),
}

SAMPLE = ("blocks", "unsure", "settings", "late")


async def wrong_with(page: Page, name: str) -> list[str]:
    """Keep the picture of what is shown, and return what is wrong with it."""
    await page.evaluate("document.fonts.ready")
    if folder := os.environ.get("KONTINGENT_TEST_SHOTS"):
        whole = await page.locator(".dialog").count() == 0
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)
    found = await Axe().run(page)
    wrong = [f"{one['id']}: {one['help']}" for one in found.response["violations"]]
    beyond = await page.evaluate(
        """Math.max(...[document.documentElement, ...document.querySelectorAll(".dialog-body")]
          .map((box) => box.scrollWidth - box.clientWidth))"""
    )
    return wrong if beyond <= 0 else [*wrong, f"{beyond} pixels too wide"]


async def look(site: Site, state: str, language: str, width: int, scheme: str) -> list[str]:
    """Visit a state, and return what is wrong with it."""
    account, role, address, ready, before = STATES[state]
    async with site.visit(
        account, role=role, language=language, width=width, scheme=scheme
    ) as page:
        await before(page)
        await page.goto(address)
        await page.locator(ready).first.wait_for()
        return await wrong_with(page, f"{state}-{language[:2]}-{width}-{scheme}")


async def look_into(site: Site, dialog: str, language: str, width: int, scheme: str) -> list[str]:
    """Open a dialog, and return what is wrong with it."""
    address, ready, open_ = DIALOGS[dialog]
    async with site.visit("umbrella", language=language, width=width, scheme=scheme) as page:
        await page.goto(address)
        await page.locator(".figure").first.wait_for()
        await open_(page)
        await page.locator(ready).first.wait_for()
        return await wrong_with(page, f"dialog-{dialog}-{language[:2]}-{width}-{scheme}")


def combinations(place: int, *, long: bool) -> tuple[tuple[str, int, str], ...]:
    """Return all of them, or another one for each state."""
    return COMBINATIONS if long else (COMBINATIONS[(5 * place) % len(COMBINATIONS)],)


@pytest.mark.parametrize("state", STATES)
async def test_everybody_can_use_it(site: Site, state: str, *, long: bool) -> None:
    for combination in combinations(list(STATES).index(state), long=long):
        assert await look(site, state, *combination) == [], combination


async def test_everybody_can_use_its_dialogs(site: Site, *, long: bool) -> None:
    for dialog in DIALOGS if long else SAMPLE:
        for combination in combinations(list(DIALOGS).index(dialog), long=long):
            assert await look_into(site, dialog, *combination) == [], (dialog, combination)
