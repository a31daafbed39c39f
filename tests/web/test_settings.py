"""Alerts, recipients, recharge and webhook: each set by keyboard alone."""

from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from edge.page import PATH
from tests.support.world import World, admin, charge
from tests.web.test_actions import opened
from tests.web.visit import Site, tab_to

pytestmark = pytest.mark.usefixtures("patience")

SETTINGS = """{ account { settings {
  lowBalanceAlert { threshold recipients { email language } } lowBalanceAlertVersion
  autoRecharge { threshold amount perCycleMax } autoRechargeVersion
  reminderRecipients { email language } reminderRecipientsVersion
  webhook { url } webhookVersion
} } }"""
SET_WEBHOOK = """mutation { setWebhook(input: {
  idempotencyKey: "k", expectedVersion: 0, url: "https://example.com/theirs"
}) { __typename } }"""


async def settings(world: World, account: str) -> dict[str, Any]:
    """Return what is set."""
    data = await world.data(SETTINGS, principal=admin(account))
    found: dict[str, Any] = data["account"]["settings"]
    return found


async def section(page: Page, title: str) -> Locator:
    """Open the dialog by keyboard, and find a setting in it."""
    await tab_to(page, "Alerts")
    await page.keyboard.press("Enter")
    found = page.locator(".setting", has=page.get_by_role("heading", name=title))
    await expect(found).to_be_visible()
    return found


async def save(found: Locator, says: str = "Saved.") -> None:
    """Save it from its last field, and read what is said of it."""
    await found.page.keyboard.press("Enter")
    await expect(found.locator(".save [role=status]")).to_contain_text(says)


async def test_who_is_reminded(site: Site) -> None:
    async with opened(site, "reminded") as page:
        found = await section(page, "Reminders of usage")
        await tab_to(page, "Add a recipient")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.type("anna@")
        await save(found, "Write addresses such as anna@example.com")
        await found.locator("input").focus()
        await page.keyboard.press("End")
        await page.keyboard.type("example.com")
        await page.keyboard.press("Tab")
        await page.keyboard.type("Deutsch")
        await page.keyboard.press("Shift+Tab")
        await save(found)
    now = await settings(site.world, "reminded")
    assert now["reminderRecipients"] == [{"email": "anna@example.com", "language": "DE"}]
    assert now["reminderRecipientsVersion"] == 1


async def test_the_page_warns_at_the_alerts_own_threshold(site: Site) -> None:
    async with opened(site, "alerted") as page:
        await site.world.take(charge("alerted", "2026-11-20T10:00", "12"))
        await page.reload()
        await expect(page.locator(".figure").last).to_have_text("€12.00 of €30.00 spent")
        assert await page.locator(".alert.warning").count() == 0
        found = await section(page, "Low balance")
        await tab_to(page, "Balance left")
        await page.keyboard.type("18")
        await save(found)
        await page.keyboard.press("Escape")
        await expect(page.locator(".alert.warning")).to_contain_text("running low")
    now = await settings(site.world, "alerted")
    assert now["lowBalanceAlert"] == {"threshold": "18.00", "recipients": []}


async def test_when_balance_is_added(site: Site) -> None:
    async with opened(site, "recharged") as page:
        found = await section(page, "Automatic recharge")
        for label, amount in (
            ("When less is left than", "5"),
            ("Add", "20"),
            ("In a cycle at most", "10"),
        ):
            await tab_to(page, label)
            await page.keyboard.type(amount)
        await save(found, "The most in a cycle is at least the amount")
        await found.get_by_label("In a cycle at most").fill("60")
        await found.get_by_label("In a cycle at most").focus()
        await save(found)
        assert (await settings(site.world, "recharged"))["autoRecharge"] == {
            "threshold": "5.00",
            "amount": "20.00",
            "perCycleMax": "60.00",
        }
        for field in await found.locator("input").all():
            await field.fill("")
        await found.locator("input").last.focus()
        await save(found)
    assert (await settings(site.world, "recharged"))["autoRecharge"] is None


async def test_a_webhook_and_its_secret(site: Site) -> None:
    async with opened(site, "hooked") as page:
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        found = await section(page, "Webhook")
        await tab_to(page, "Address")
        await page.keyboard.type("http://example.com")
        await save(found, "Write a public address that begins with https://.")
        await found.get_by_label("Address").fill("https://example.com/hook")
        await found.get_by_label("Address").focus()
        await save(found)
        secret = await found.locator("code").inner_text()
        assert secret.startswith("whsec_")
        await tab_to(page, "Copy")
        await page.keyboard.press("Enter")
        await expect(found.get_by_role("button", name="Copied")).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == secret
        await page.keyboard.press("Escape")
        await expect(page.locator(".dialog")).to_have_count(0)
        found = await section(page, "Webhook")
        await tab_to(page, "Make a new secret: the old one is no longer good")
        await page.keyboard.press("Space")
        await save(found)
        assert await found.locator("code").inner_text() != secret
        await expect(found.get_by_role("checkbox")).not_to_be_checked()
    now = await settings(site.world, "hooked")
    assert (now["webhook"], now["webhookVersion"]) == ({"url": "https://example.com/hook"}, 2)


async def test_a_setting_is_saved_once_whose_reply_is_lost(site: Site) -> None:
    async def drop(route: Route) -> None:
        await route.fetch()
        await route.abort()

    async with opened(site, "unsure") as page:
        found = await section(page, "Webhook")
        await page.route("**/graphql", drop)
        await tab_to(page, "Address")
        await page.keyboard.type("https://example.com/hook")
        await page.keyboard.press("Enter")
        await expect(found.locator(".alert")).to_contain_text("No answer has come")
        await page.unroute("**/graphql")
        await save(found)
        assert (await found.locator("code").inner_text()).startswith("whsec_")
    assert (await settings(site.world, "unsure"))["webhookVersion"] == 1


async def test_a_setting_that_others_changed_is_shown_as_it_is(site: Site) -> None:
    async with opened(site, "overtaken") as page:
        found = await section(page, "Webhook")
        await site.world.data(SET_WEBHOOK, principal=admin("overtaken"))
        await tab_to(page, "Address")
        await page.keyboard.type("https://example.com/ours")
        await page.keyboard.press("Enter")
        await expect(found.locator("[role=alert]")).to_contain_text("This was changed meanwhile")
        address = found.get_by_label("Address")
        await expect(address).to_have_value("https://example.com/theirs")
        await address.fill("https://example.com/ours")
        await address.focus()
        await save(found)
    now = await settings(site.world, "overtaken")
    assert (now["webhook"], now["webhookVersion"]) == ({"url": "https://example.com/ours"}, 2)


async def test_settings_that_cannot_be_loaded_are_asked_for_again(site: Site) -> None:
    async with site.visit() as page:
        await page.goto(PATH)
        await page.locator(".figure").first.wait_for()
        await page.route("**/graphql", lambda route: route.abort())
        await tab_to(page, "Alerts")
        await page.keyboard.press("Enter")
        await expect(page.locator(".away")).to_contain_text("cannot be loaded right now")
        await page.unroute("**/graphql")
        await tab_to(page, "Try again")
        await page.keyboard.press("Enter")
        await expect(page.locator(".setting")).to_have_count(4)
