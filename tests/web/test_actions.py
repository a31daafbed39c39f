"""What an admin changes on the page: each by keyboard alone, and what it comes to."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from edge.page import PATH
from resolvers.principal import Role
from tests.support.world import World, admin, contents
from tests.web.visit import Site, focused, tab_to

pytestmark = pytest.mark.usefixtures("patience")

ADDED = ".told"
CONFIRM = ".dialog [type=submit]"
ALERT = ".dialog .alert"
TO = "\N{EN DASH}"
LEDGER = """{ account { commitmentChanges {
  nodes { meter kind cycleNumber blocks amount } } } }"""
BUY = """mutation ($key: String!, $blocks: Int!) {
  addConversationBlocks(
    input: {idempotencyKey: $key, expectedVersion: 1, blocks: $blocks}
  ) { __typename } }"""


@asynccontextmanager
async def opened(site: Site, account: str, **how: Any) -> AsyncIterator[Page]:
    """Visit an account of the test's own: a block of 100 and 30 euros are committed to."""
    await site.world.account(account, blocks=1, carrier="30")
    async with site.visit(account, **how) as page:
        await page.goto(PATH)
        await page.locator(".figure").first.wait_for()
        yield page


async def ledger(world: World, account: str) -> list[tuple[str, int, int | str]]:
    """Return what was changed since the account was made, oldest first."""
    data = await world.data(LEDGER, principal=admin(account))
    rows = data["account"]["commitmentChanges"]["nodes"]
    found = [(row["kind"], row["cycleNumber"], row["blocks"] or row["amount"]) for row in rows]
    made = {("COMMITMENT", 0, 1), ("COMMITMENT", 0, "30.00")}
    return [row for row in reversed(found) if row not in made]


async def choose(page: Page, button: str, text: str | None = None) -> None:
    """Open a dialog by keyboard, write into its field, and wait for what it would do."""
    await tab_to(page, button)
    await page.keyboard.press("Enter")
    await expect(page.locator(".dialog")).to_be_visible()
    if text is not None:
        await expect(page.locator("#amount")).to_be_focused()
        await page.keyboard.type(text)
    await expect(page.locator(".effect")).to_have_attribute("aria-busy", "false")


async def effect(page: Page) -> list[list[str]]:
    """Return what the dialog says that the change would do."""
    await expect(page.locator(CONFIRM)).to_have_attribute("aria-disabled", "false")
    rows = await page.locator(".effect tbody tr").all()
    return [
        [text.replace("\xa0", " ") for text in await row.locator("th, td").all_inner_texts()]
        for row in rows
    ]


async def test_blocks_for_the_current_cycle(site: Site) -> None:
    async with opened(site, "blocks") as page:
        await choose(page, "Add blocks", "2")
        await expect(page.locator(CONFIRM)).to_have_text("Buy for €36.00")
        assert await effect(page) == [
            ["Quota", "600", "800"],
            ["Used", "0 (0%)", "0 (0%)"],
            ["Takes effect", "At once"],
            ["Price", "€36.00 once"],
        ]
        await page.keyboard.press("Enter")
        await expect(page.locator(ADDED)).to_have_text("2 blocks were added.")
        await expect(page.locator(".figure").first).to_have_text("0 of 800 used")
        assert await focused(page) == "Add blocks"
        assert await page.locator(".dialog").count() == 0
    assert await ledger(site.world, "blocks") == [("BLOCKS", 0, 2)]


async def test_in_the_last_days_the_next_cycle_is_offered(site: Site) -> None:
    async with opened(site, "late-blocks") as page:
        await choose(page, "Add blocks", "1")
        await expect(page.locator(ALERT)).to_contain_text(
            "These blocks cover no conversation that opens now: since Wed 18 Nov, 00:00"
        )
        await tab_to(page, "Take the next cycle")
        await page.keyboard.press("Enter")
        await expect(page.locator(ALERT)).to_have_count(0)
        await expect(page.locator(".effect caption")).to_have_text(f"25 Nov {TO} 24 Dec 2026")
        await tab_to(page, "Buy for €18.00")
        await page.keyboard.press("Enter")
        await expect(page.locator(ADDED)).to_have_text("1 block was added.")
    assert await ledger(site.world, "late-blocks") == [("BLOCKS", 1, 1)]


async def test_a_commitment_to_conversations_is_scheduled_and_cancelled(site: Site) -> None:
    async with opened(site, "conversations") as page:
        await choose(page, "Change commitment", "3")
        assert await effect(page) == [
            ["Quota", "600", "800"],
            ["Used", "0 (0%)", "0 (0%)"],
            ["Takes effect", "25 November 2026 (Europe/Amsterdam)"],
            ["Price", "€54.00 per cycle"],
        ]
        await page.keyboard.press("Enter")
        scheduled = page.locator(".alert.info")
        await expect(scheduled).to_contain_text("From 25 November on: 3 blocks of 100")
        await choose(page, "Cancel")
        assert (await effect(page))[-1] == ["Does not come", "3 blocks from 25 November 2026 on"]
        await tab_to(page, "Cancel the change")
        await page.keyboard.press("Enter")
        await expect(page.locator(ADDED)).to_have_text("The scheduled change was cancelled.")
        await expect(scheduled).to_have_count(0)
        assert await focused(page) == "Change commitment"
    assert await ledger(site.world, "conversations") == [("COMMITMENT", 1, 3), ("COMMITMENT", 1, 1)]


async def test_a_commitment_to_carrier_costs(site: Site) -> None:
    async with opened(site, "carrier", language="de-DE") as page:
        await page.get_by_role("button", name="Zusage ändern").first.focus()
        await choose(page, "Zusage ändern", "45,50")
        assert await effect(page) == [
            ["Guthaben", "30,00 €", "45,50 €"],
            ["Verbrauchtes Guthaben", "0,00 € (0 %)", "0,00 € (0 %)"],
            ["Wirksam", "25. November 2026 (Europe/Amsterdam)"],
            ["Preis", "45,50 € je Zyklus"],
        ]
        await page.keyboard.press("Enter")
        await expect(page.locator(".alert.info")).to_contain_text(
            "Ab 25. November sind 45,50 € je Zyklus zugesagt."
        )
    assert await ledger(site.world, "carrier") == [("COMMITMENT", 1, "45.50")]


async def test_balance(site: Site) -> None:
    async with opened(site, "balance") as page:
        await choose(page, "Add balance", "20")
        assert (await effect(page))[0] == ["Balance", "€30.00", "€50.00"]
        await page.keyboard.press("Enter")
        await expect(page.locator(ADDED)).to_have_text("€20.00 was added.")
        await expect(page.locator(".figure").last).to_have_text("€0.00 of €50.00 spent")
    assert await ledger(site.world, "balance") == [("TOP_UP", 0, "20.00")]


REFUSALS = (
    ("Add blocks", "101", "Your plan does not let you do that much"),
    ("Add blocks", "1.5", "Write a number, without anything else."),
    ("Add blocks", "0", "This cannot be taken."),
    ("Add balance", "1.000", "Write an amount such as 25 or 25.50"),
    ("Change commitment", "30", "This is what holds already."),
)


async def test_what_cannot_be_is_said_by_the_field(site: Site) -> None:
    async with opened(site, "refused") as page:
        before = await contents(site.world.pool)
        for button, text, sentence in REFUSALS:
            await choose(page, button, text)
            await expect(page.locator("#refusal")).to_contain_text(sentence)
            await expect(page.locator(CONFIRM)).to_have_attribute("aria-disabled", "true")
            await page.keyboard.press("Enter")
            await page.keyboard.press("Escape")
            await expect(page.locator(".dialog")).to_have_count(0)
            assert await focused(page) == button
        assert await contents(site.world.pool) == before


Handler = Callable[[Route], Awaitable[None]]


def _of(operation: str, then: Handler) -> Handler:
    """Do something else with the requests of one operation."""

    async def handle(route: Route) -> None:
        query = json.loads(route.request.post_data or "{}")["query"]
        await (then(route) if f"mutation {operation}(" in query else route.continue_())

    return handle


async def test_a_lost_reply_does_not_buy_twice(site: Site) -> None:
    """The server has committed when the reply is dropped: the same key is sent again."""

    async def drop(route: Route) -> None:
        await route.fetch()
        await route.abort()

    async with opened(site, "lost") as page:
        await page.route("**/graphql", _of("AddBlocks", drop))
        await choose(page, "Add blocks", "3")
        await page.keyboard.press("Enter")
        await expect(page.locator(ALERT).last).to_contain_text("No answer has come")
        assert await ledger(site.world, "lost") == [("BLOCKS", 0, 3)]
        assert await page.locator("#amount").is_disabled()
        assert await focused(page) == "Send again"
        await page.keyboard.press("Enter")
        await expect(page.locator(ALERT).last).to_contain_text("No answer has come")
        await page.unroute("**/graphql")
        await page.keyboard.press("Enter")
        await expect(page.locator(ADDED)).to_have_text("3 blocks were added.")
        await expect(page.locator(".figure").first).to_have_text("0 of 900 used")
    assert await ledger(site.world, "lost") == [("BLOCKS", 0, 3)]


async def test_a_slow_reply_does_not_buy_twice(site: Site) -> None:
    """However often it is confirmed while nothing comes back, it is sent once."""
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    async with opened(site, "slow") as page:
        await page.route("**/graphql", _of("AddBlocks", hold))
        await choose(page, "Add blocks", "3")
        for _ in range(3):
            await page.keyboard.press("Enter")
        await expect(page.locator(CONFIRM)).to_have_attribute("aria-busy", "true")
        await expect(page.locator("#amount")).to_be_disabled()
        assert len(held) == 1
        await held[0].continue_()
        await expect(page.locator(ADDED)).to_have_text("3 blocks were added.")
    assert await ledger(site.world, "slow") == [("BLOCKS", 0, 3)]


async def test_what_others_changed_meanwhile_is_shown_before_it_is_decided_again(
    site: Site,
) -> None:
    async with opened(site, "stale") as page:
        await choose(page, "Add blocks", "2")
        await site.world.data(BUY, {"key": "k", "blocks": 5}, principal=admin("stale"))
        await page.keyboard.press("Enter")
        await expect(page.locator(".dialog [role=alert]")).to_contain_text(
            "5 blocks added, by anna, 22 Nov 2026, 13:00"
        )
        assert await ledger(site.world, "stale") == [("BLOCKS", 0, 5)]
        assert (await effect(page))[0] == ["Quota", "1,100", "1,300"]
        assert await focused(page) == "Buy for €36.00"
        await page.keyboard.press("Enter")
        await expect(page.locator(ADDED)).to_have_text("2 blocks were added.")
        await expect(page.locator(".figure").first).to_have_text("0 of 1,300 used")
    assert await ledger(site.world, "stale") == [("BLOCKS", 0, 5), ("BLOCKS", 0, 2)]


async def test_a_preview_that_cannot_be_loaded_is_asked_for_again(site: Site) -> None:
    async with site.visit() as page:
        await page.goto(PATH)
        await page.locator(".figure").first.wait_for()
        await page.route("**/graphql", lambda route: route.abort())
        await choose(page, "Add blocks", "2")
        await expect(page.locator(".away")).to_contain_text("cannot be loaded right now")
        await expect(page.locator(CONFIRM)).to_have_attribute("aria-disabled", "true")
        await page.unroute("**/graphql")
        await tab_to(page, "Try again")
        await page.keyboard.press("Enter")
        assert (await effect(page))[0] == ["Quota", "600", "800"]


async def test_a_member_can_do_nothing_of_it(site: Site) -> None:
    async with site.visit(role=Role.MEMBER) as page:
        await page.goto(PATH)
        await page.locator(".notice").wait_for()
        assert await page.get_by_role("main").get_by_role("button").count() == 0


async def test_past_cycles_are_for_reading(site: Site) -> None:
    async with site.visit() as page:
        await page.goto(f"{PATH}?cycle=4")
        await page.locator(".plot").first.wait_for()
        names = await page.get_by_role("main").get_by_role("button").all_inner_texts()
        assert names == [
            "Cost of this cycle",
            "Changes",
            "Alerts",
            "Refresh",
            "WhatsApp",
            "Why they count here",
            "See each charge",
            "Download CSV",
            "Download CSV",
        ]
