"""Visits of the page by a browser."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from edge.page import PATH
from resolvers.principal import Role
from tests.support.clock import Clock
from tests.web.demo_world import issue


@dataclass(frozen=True, slots=True)
class Site:
    """A server and the browser that visits it."""

    browser: Browser
    url: str
    clock: Clock

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
        await page.clock.set_fixed_time(self.clock())
        failures = _failures(context, page, self.url)
        if account is not None:
            user = {"token": issue(role, account), "name": account.title(), "role": role.value}
            stored = json.dumps(json.dumps(user))
            await page.add_init_script(f"sessionStorage.setItem('kontingent-demo-user', {stored})")
        yield page
        await context.close()
        assert failures == []


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
