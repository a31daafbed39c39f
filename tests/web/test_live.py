"""Changes that the page shows as they happen."""

import asyncio
from uuid import UUID

import pytest
from playwright.async_api import expect

from billing.account import account_id_of
from edge.page import PATH
from tests.support.world import message
from tests.web.demo_world import ANCHOR
from tests.web.visit import Site, of_cycle

pytestmark = pytest.mark.usefixtures("patience")


async def watched(site: Site, account_id: UUID, *, by_somebody: bool = True) -> None:
    """Wait until an account is watched, or no more."""
    async with asyncio.timeout(5):
        while (account_id in site.watchers.watched()) != by_somebody:  # noqa: ASYNC110 (a browser's)
            await asyncio.sleep(0.01)


async def test_a_change_of_the_current_cycle_is_shown_as_it_happens(site: Site) -> None:
    id_ = await site.world.account("hendrix", anchor=ANCHOR)
    async with site.visit("hendrix") as page:
        await page.goto(PATH)
        figure = page.locator(".figure").first
        await expect(figure).to_have_text("0 of 500 used")
        await watched(site, id_)
        await site.world.take(message("hendrix", "2026-11-10T10:00"))
        site.watchers.tell([id_])
        await expect(figure).to_have_text("1 of 500 used")
        await site.world.take(message("hendrix", "2026-11-20T10:00", contact="next"))
        site.watchers.tell([id_])
        await expect(page.locator(".next .words")).to_contain_text("1 open conversation")
        await page.get_by_role("link", name="See what is pending").click()
        await watched(site, id_, by_somebody=False)  # no commit changes what is shown
        await page.go_back()
        await watched(site, id_)
    await watched(site, id_, by_somebody=False)


async def test_a_cycle_that_is_over_is_not_watched(site: Site) -> None:
    async with site.visit() as page:
        await page.goto(of_cycle(3), wait_until="networkidle")
        assert account_id_of("acme") not in site.watchers.watched()
