"""Every state of the page: how it looks, in each language, and that everybody can use it.

With KONTINGENT_TEST_SHOTS, the name of a folder, pictures are kept there.
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


async def _costs(page: Page) -> None:
    """Have the charts show carrier costs."""
    await page.locator(".switch label").last.click()


async def _tables(page: Page) -> None:
    """Open the charts' tables."""
    for summary in await page.locator(".chart summary").all():
        await summary.click()


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
        if cycle := content["data"]["account"].get("cycle"):
            on = {"effectiveOn": "2026-11-25"}
            cycle["conversationUsage"]["scheduledChange"] = {"blocks": 3, **on}
            cycle["carrierBalance"]["scheduledChange"] = {"amount": "45", **on}
        await route.fulfill(response=reply, json=content)

    await page.route("**/graphql", answer)


STATES: dict[str, tuple[str | None, Role, str, str, Before]] = {
    "current": ("acme", Role.ADMIN, PATH, ".plot", _nothing),
    "beyond": ("globex", Role.ADMIN, PATH, ".plot", _nothing),
    "overspent": ("initech", Role.ADMIN, PATH, ".plot", _nothing),
    "double": ("double", Role.ADMIN, PATH, ".plot", _nothing),
    "yearly": ("soylent", Role.ADMIN, PATH, ".plot", _nothing),
    "bare": ("bare", Role.ADMIN, PATH, ".plot", _nothing),
    "unused": ("wonka", Role.ADMIN, PATH, ".plot", _nothing),
    "ended": ("stark", Role.ADMIN, PATH, ".plot", _nothing),
    "to-begin": ("wayne", Role.ADMIN, PATH, ".card", _nothing),
    "past": ("acme", Role.ADMIN, of_cycle(4), ".plot", _nothing),
    "future": ("acme", Role.ADMIN, of_cycle(CURRENT + 1), ".countdown", _nothing),
    "no-cycle": ("acme", Role.ADMIN, of_cycle(CURRENT + 2), ".notice", _nothing),
    "member": ("acme", Role.MEMBER, PATH, ".notice", _nothing),
    "trial": ("hooli", Role.ADMIN, PATH, ".notice", _nothing),
    "no-account": ("acme", Role.ADMIN, f"{PATH}?account=another", ".notice", _nothing),
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
    "charts-costs": (PATH, ".plot", _costs),
    "charts-tables": (PATH, ".chart .scroll", _tables),
    "late": (of_cycle(CLOSED), ".dialog .pill", _opening("card > .link", 0)),
}

WRONG = """async (colours) => {
  const rules = {"color-contrast": {enabled: colours}};
  const how = {resultTypes: ["violations"], preload: false, iframes: false, rules};
  const found = await axe.run(how);
  const wrong = found.violations.map((one) =>
    `${one.id}: ${one.help}: ${one.nodes.map((node) => node.target).join(" ")}`);
  const boxes = [document.documentElement, ...document.querySelectorAll(".dialog-body")];
  const beyond = Math.max(...boxes.map((box) => box.scrollWidth - box.clientWidth));
  return beyond > 0 ? [...wrong, `${beyond} pixels too wide`] : wrong;
}"""
SPEAK = """(language) => {
  const choice = document.querySelector(".crumbs select");
  choice.value = language;
  choice.dispatchEvent(new Event("change", {bubbles: true}));
}"""


async def turn(page: Page, language: str, width: int, scheme: str) -> None:
    """Have the page in another language, of another width, in another scheme."""
    await page.set_viewport_size({"width": width, "height": 900})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.evaluate(SPEAK, language[:2])
    await page.locator(f"html[lang={language[:2]}]").wait_for()


class Look:
    """Looks at what is shown: in one combination, in all of them, or in all with all rules.

    Contrast takes the longest, and is the same in all languages: it is looked at in one of them.
    """

    def __init__(self, *, whole: bool, long: bool) -> None:
        self._combinations = COMBINATIONS if whole else COMBINATIONS[:1]
        self._long = long

    async def at(self, page: Page, name: str) -> list[str]:
        """Return what is wrong."""
        await page.evaluate(Axe().axe_script)
        await page.evaluate("document.fonts.ready")
        wrong = []
        for language, width, scheme in self._combinations:
            await turn(page, language, width, scheme)
            picture = f"{name}-{language[:2]}-{width}-{scheme}"
            if folder := os.environ.get("KONTINGENT_TEST_SHOTS"):
                full = await page.locator(".dialog").count() == 0
                await page.screenshot(path=Path(folder) / f"{picture}.png", full_page=full)
            colours = self._long or language == LANGUAGES[len(name) % len(LANGUAGES)]
            wrong += [f"{picture}: {one}" for one in await page.evaluate(WRONG, colours)]
        return wrong


@pytest.fixture
def look(*, whole: bool, long: bool) -> Look:
    return Look(whole=whole, long=long)


@pytest.mark.parametrize("state", STATES)
async def test_everybody_can_use_it(site: Site, state: str, look: Look) -> None:
    account, role, address, ready, before = STATES[state]
    async with site.visit(account, role=role) as page:
        await before(page)
        await page.goto(address)
        await page.locator(ready).first.wait_for()
        assert await look.at(page, state) == []


@pytest.mark.parametrize("dialog", DIALOGS)
async def test_everybody_can_use_its_dialogs(site: Site, dialog: str, look: Look) -> None:
    address, ready, open_ = DIALOGS[dialog]
    async with site.visit("umbrella") as page:
        await page.goto(address)
        await page.locator(".plot").first.wait_for()
        await open_(page)
        await page.locator(ready).first.wait_for()
        assert await look.at(page, f"dialog-{dialog}") == []
