"""Which account the page is about, and accounts in states of their own."""

import pytest
from playwright.async_api import expect

from billing.account import account_id_of
from edge.page import PATH
from resolvers.principal import Role
from tests.web.test_actions import ADDED, CONFIRM, choose, ledger
from tests.web.visit import Site

pytestmark = pytest.mark.usefixtures("patience")


def of_account(name: str) -> str:
    """Return the address of an account's page, as operators write it."""
    return f"{PATH}?account={account_id_of(name)}"


async def test_an_operator_names_the_account(site: Site) -> None:
    await site.world.account("named", blocks=1)
    async with site.visit("named", role=Role.OPERATOR) as page:
        await page.goto(of_account("named"))
        await expect(page.locator(".figure").first).to_have_text("0 of 600 used")
        await choose(page, "Add blocks", "2")
        await expect(page.locator(CONFIRM)).to_have_text("Buy for €36.00")
        await page.keyboard.press("Enter")
        await expect(page.locator(ADDED)).to_have_text("2 blocks were added.")
        await expect(page.locator(".figure").first).to_have_text("0 of 800 used")
        await page.get_by_role("link", name="Next cycle").click()
        await expect(page.locator(".pill")).to_have_text("To come")
        assert page.url.endswith(f"{of_account('named')}&cycle=1")
    assert await ledger(site.world, "named") == [("BLOCKS", 0, 2)]


@pytest.mark.parametrize(
    ("role", "address"),
    [
        pytest.param(Role.OPERATOR, PATH, id="operator_who_names_none"),
        pytest.param(Role.ADMIN, of_account("globex"), id="admin_of_another"),
        pytest.param(Role.ADMIN, f"{PATH}?account=%3Cb%3E", id="no_identifier"),
    ],
)
async def test_nobody_else_sees_it(site: Site, role: Role, address: str) -> None:
    async with site.visit(role=role) as page:
        await page.goto(address)
        await expect(page.locator(".notice h2")).to_have_text("There is no such account")
        assert await page.locator(".card").count() == 0


async def test_an_account_that_has_ended_shows_its_last_cycle(site: Site) -> None:
    async with site.visit("stark") as page:
        await page.goto(PATH)
        await expect(page.locator(".standing")).to_contain_text("This account has ended.")
        await expect(page.locator(".pill")).to_have_text("Closed")
        await expect(page.locator(".figure").first).to_have_text("1 of 500 used")
        names = await page.get_by_role("main").get_by_role("button").all_inner_texts()
        assert "Add blocks" not in names
        assert "Alerts" not in names


async def test_before_its_first_cycle_an_account_shows_when_that_starts(site: Site) -> None:
    async with site.visit("wayne") as page:
        await page.goto(PATH)
        await expect(page.locator(".pill")).to_have_text("To come")
        await expect(page.locator(".standing")).to_contain_text("Starts on 1 December 2026")
        await expect(page.locator(".figure")).to_contain_text("0 conversations are carried over")


async def test_without_a_quota_nothing_is_measured_by_it(site: Site) -> None:
    async with site.visit("bare") as page:
        await page.goto(PATH)
        await expect(page.locator(".figure").first).to_have_text("12 used, without a quota")
        await expect(page.locator(".figure").last).to_have_text("€0.25 spent, without a balance")
        assert await page.locator(".bar").count() == 0
        assert await page.locator(".share").count() == 0


async def test_twice_the_quota(site: Site) -> None:
    async with site.visit("double") as page:
        await page.goto(PATH)
        await expect(page.locator(".share").first).to_have_text("200% of the quota")
        await expect(page.locator(".scale")).to_have_text("1020")
        await expect(page.locator(".alert.warning").first).to_have_text(
            "The quota is used up. Messages are still sent."
        )
