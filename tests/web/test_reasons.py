"""The lists behind the page's numbers: why each entry counts, what was changed, what it costs."""

import pytest
from playwright.async_api import Page, expect

from edge.page import PATH
from tests.web.demo_world import CLOSED
from tests.web.visit import Site, focused, of_cycle, tab_to

pytestmark = pytest.mark.usefixtures("patience")

ROWS = ".dialog tbody tr"
TO = "\N{EN DASH}"


async def read(page: Page, button: str) -> None:
    """Open a list by keyboard, once the one before is closed."""
    await expect(page.locator(".dialog")).to_have_count(0)
    await tab_to(page, button)
    await page.keyboard.press("Enter")
    await expect(page.locator(ROWS).first).to_be_visible()


async def texts(page: Page, table: int = 0) -> list[list[str]]:
    """Return a table's rows as people read them."""
    rows = await page.locator(".dialog table").nth(table).locator("tbody tr").all()
    return [
        [" ".join(cell.split()) for cell in await row.locator("th, td").all_inner_texts()]
        for row in rows
    ]


async def test_each_conversation_says_why_it_counts(site: Site) -> None:
    async with site.visit("umbrella") as page:
        await page.goto(PATH)
        await read(page, "Why they count here")
        await expect(page.locator(ROWS)).to_have_count(20)
        assert (await texts(page))[0] == [
            "c-23 Instagram",
            (
                "Opened on 17 Nov 2026, 11:00. Its 7 days end on 24 Nov 2026, 11:00, "
                "in this cycle. Message c-23 INSTAGRAM 2026-11-17T10:00:00+00:00 from inbox"
            ),
        ]
        await tab_to(page, "Show more")
        await page.keyboard.press("Enter")
        await expect(page.locator(ROWS)).to_have_count(25)
        await page.locator(".search input").focus()
        await page.keyboard.type("maria")
        await page.keyboard.press("Enter")
        await expect(page.locator(ROWS)).to_have_count(1)
        assert (await texts(page))[0][1].startswith(
            "Opened on 2 Nov 2026, 11:00. Its 7 days ended on 9 Nov 2026, 11:00, in this cycle."
        )
        await page.locator(".search input").fill("nobody")
        await page.keyboard.press("Enter")
        await expect(page.locator(".list-foot")).to_contain_text(
            "This cycle has no conversation with nobody."
        )
        await page.keyboard.press("Escape")
        await expect(page.locator(".dialog")).to_have_count(0)
        assert await focused(page) == "Why they count here"


async def test_a_channels_number_leads_to_its_conversations(site: Site) -> None:
    async with site.visit("umbrella") as page:
        await page.goto(PATH)
        await read(page, "Instagram")
        assert [row[0] for row in await texts(page)] == [
            f"c-{day} Instagram" for day in (23, 19, 15, 11, 7, 3)
        ]
        assert await page.get_by_role("button", name="Show more").count() == 0


async def test_late_ones_are_marked_and_say_where_they_count(site: Site) -> None:
    async with site.visit("umbrella") as page:
        await page.goto(of_cycle(CLOSED))
        await read(page, "Why they count here")
        assert await texts(page) == [
            [
                "late WhatsApp",
                (
                    "Late Opened on 2 May 2026, 12:00. Its 7 days ended on 9 May 2026, 12:00, "
                    "in this cycle. Its message came when this cycle was closed, so it counts in "
                    f"25 Oct {TO} 24 Nov 2026. Message late WHATSAPP 2026-05-02T10:00 from inbox"
                ),
            ]
        ]
        await page.keyboard.press("Escape")
        await read(page, "See each charge")
        assert await texts(page) == [
            [
                "SMS",
                (
                    "Late Arose on 2 May 2026, 12:00. It came when this cycle was closed, so it "
                    f"counts in 25 Oct {TO} 24 Nov 2026. Charge late from carrier"
                ),
                "€0.079",
            ]
        ]


async def test_charges_are_exact_and_reversed_ones_marked(site: Site) -> None:
    async with site.visit("umbrella") as page:
        await page.goto(PATH)
        await read(page, "See each charge")
        assert await texts(page) == [
            [
                "Voice",
                (
                    "Reversed Arose on 3 Nov 2026, 11:00. It was taken back and does not count any "
                    "more. 2 minute · Charge wrong from carrier"
                ),
                "€2.50",
            ],
            [
                "WhatsApp",
                "Arose on 2 Nov 2026, 11:00. Charge right from carrier",
                "€0.0532",
            ],
        ]
        assert await page.locator(".dialog s").all_inner_texts() == ["€2.50"]


async def test_the_ledger_and_the_cost_are_one_click_away(site: Site) -> None:
    async with site.visit("umbrella") as page:
        await page.goto(PATH)
        await read(page, "Changes")
        assert await texts(page) == [
            [
                "Commitment: 0 → 1 block Standard conversations · staff, 25 Oct 2025, 14:00",
                "from 25 Oct 2025 on",
                "€18.00",
            ],
            [
                "Commitment: €0.00 → €30.00 Carrier cost balance · staff, 25 Oct 2025, 14:00",
                "from 25 Oct 2025 on",
                "€30.00",
            ],
        ]
        await page.keyboard.press("Escape")
        await page.locator("body").press("Shift+Tab")
        await page.locator("body").press("Shift+Tab")
        await read(page, "Cost of this cycle")
        assert await texts(page) == [
            ["Blocks committed to", "€18.00"],
            ["Blocks added once", "€0.00"],
            ["Blocks added automatically, at 120% of the price", "€0.00"],
            ["Carrier commitment and added balance", "€30.00"],
        ]
        assert await texts(page, 1) == [
            ["Included in the plan", "500 conversations", "26", "€0.00"],
            ["Committed to", "100 conversations", "0", "€18.00"],
            ["Committed to", "€30.00", "€0.13", "€30.00"],
        ]


async def test_a_list_that_cannot_be_loaded_is_asked_for_again(site: Site) -> None:
    async with site.visit("umbrella") as page:
        await page.goto(PATH)
        await page.locator(".figure").first.wait_for()
        await page.route("**/graphql", lambda route: route.abort())
        await tab_to(page, "Changes")
        await page.keyboard.press("Enter")
        await expect(page.locator(".list-foot")).to_contain_text("cannot be loaded right now")
        await page.unroute("**/graphql")
        await tab_to(page, "Try again")
        await page.keyboard.press("Enter")
        await expect(page.locator(ROWS)).to_have_count(2)


async def test_a_dialog_is_printed_alone(site: Site) -> None:
    async with site.visit("umbrella", scheme="dark") as page:
        await page.goto(PATH)
        await read(page, "Cost of this cycle")
        await page.emulate_media(media="print")
        assert await page.locator(".dialog table").first.is_visible()
        assert not await page.locator(".card").first.is_visible()
