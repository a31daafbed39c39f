"""Visits of the page by a browser."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from edge.page import PATH
from resolvers.principal import Role
from resolvers.watcher import Watchers
from tests.support.world import World
from tests.web.demo_world import issue

TABS_MAX = 40


@dataclass(frozen=True, slots=True)
class Site:
    """A server, the browser that visits it, the world behind it, and who watches that."""

    browser: Browser
    url: str
    world: World
    watchers: Watchers

    @asynccontextmanager
    async def visit(
        self,
        account: str | None = "acme",
        *,
        role: Role = Role.ADMIN,
        language: str = "en-GB",
        width: int = 1280,
        scheme: str = "light",
    ) -> AsyncIterator[Page]:
        """Open a tab as one of an account's users.

        Nothing may be asked of another origin, and nothing may fail in the script.
        """
        context = await self.browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": 900},
            locale=language,
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(5_000)
        page = await context.new_page()
        await page.clock.set_fixed_time(self.world.clock())
        failures = _failures(context, page, self.url)
        if account is not None:
            token = issue(role, None if role is Role.OPERATOR else account)
            user = {"token": token, "name": account.title(), "role": role.value}
            stored = json.dumps(json.dumps(user))
            await page.add_init_script(f"sessionStorage.setItem('kontingent-demo-user', {stored})")
        yield page
        await context.close()
        assert failures == [], failures


def _failures(context: BrowserContext, page: Page, url: str) -> list[str]:
    failures: list[str] = []

    def asked(request: Request) -> None:
        if urlsplit(request.url)[:2] != urlsplit(url)[:2]:
            failures.append(request.url)

    def said(message: ConsoleMessage) -> None:
        # What the browser itself says of a failed request is the test's own doing.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            failures.append(message.text)

    context.on("request", asked)
    page.on("console", said)
    page.on("pageerror", lambda error: failures.append(str(error)))
    return failures


def of_cycle(number: int) -> str:
    """Return the address of a cycle's page."""
    return f"{PATH}?cycle={number}"


async def tab_to(page: Page, name: str) -> None:
    """Press the Tab key until the control of this name has the focus."""
    for _ in range(TABS_MAX):
        await page.keyboard.press("Tab")
        if await focused(page) == name:
            return
    raise AssertionError(f"The keyboard does not reach {name!r}.")


async def focused(page: Page) -> str:
    """Return what the control with the focus is called."""
    name: str = await page.evaluate(
        """() => {
          const at = document.activeElement;
          return at.ariaLabel ?? at.labels?.[0]?.innerText ?? at.innerText.trim();
        }"""
    )
    return name
