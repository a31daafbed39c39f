"""Usage over time: charts, their numbers as tables and as files."""

import asyncio
import csv
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from edge.page import PATH
from tests.web.demo_world import CLOSED, CURRENT
from tests.web.visit import Site, focused, of_cycle, tab_to

pytestmark = pytest.mark.usefixtures("patience")

TO = "\N{EN DASH}"


async def chart(page: Page, title: str) -> Locator:
    """Return the card of a chart, once it is drawn."""
    found = page.locator(".chart", has=page.get_by_role("heading", name=title))
    await expect(found.locator("canvas")).to_be_visible()
    return found


async def table(of: Locator) -> list[list[str]]:
    """Open a chart's table, and return its rows as people read them."""
    await of.locator("summary").click()
    await expect(of.locator("tbody")).to_be_visible()
    rows = await of.locator("tbody tr, tfoot tr").all()
    return [await row.locator("th, td").all_inner_texts() for row in rows]


async def file(of: Locator) -> list[dict[str, str]]:
    """Save a chart's file, and read it."""
    async with of.page.expect_download() as saving:
        await of.get_by_role("button", name="Download CSV").click()
    saved = await saving.value
    assert saved.suggested_filename.endswith(".csv")
    content = await asyncio.to_thread(Path(await saved.path()).read_text, "utf-8")
    return list(csv.DictReader(content.splitlines()))


async def keys(of: Locator) -> list[str]:
    return [" ".join(text.split()) for text in await of.locator(".keys li").all_inner_texts()]


async def test_the_days_of_a_cycle(site: Site) -> None:
    async with site.visit() as page:
        await page.goto(PATH)
        days = await chart(page, "Day by day")
        assert await keys(days) == ["Completed 22", "In progress 2", "Commitment 600"]
        rows = await table(days)
        assert rows[0] == ["25 October", "0", "0"]
        assert rows[7:9] == [["1 November", "1", "1"], ["2 November", "1", "2"]]
        assert rows[-2:] == [["23 November", "1", "23"], ["24 November", "1", "24"]]
        assert len(rows) == 31
        await page.get_by_text("Carrier costs", exact=True).click()
        assert await keys(days) == ["Balance spent €20.68", "Commitment €30.00"]
        costs = await days.locator("tbody tr").all_inner_texts()
        assert costs[9] == "3 November\t€12.345\t€12.345"
        assert costs[10] == "4 November\t€8.335\t€20.68"


async def test_a_chart_its_table_and_its_file_have_the_same_numbers(site: Site) -> None:
    """Also where something was carried over, which has no day."""
    async with site.visit("umbrella") as page:
        await page.goto(PATH)
        days = await chart(page, "Day by day")
        rows, saved = await table(days), await file(days)
        assert rows[-1] == ["Carried over from closed cycles", "1", "26"]
        assert [row[1:] for row in rows] == [
            [point["conversations"], point["conversations_total"]] for point in saved
        ]
        cycles = await chart(page, "Cycle by cycle")
        rows, saved = await table(cycles), await file(cycles)
        assert rows[0] == [f"25 Oct {TO} 24 Nov 2026", "26", "600", "600"]
        assert [row[1:] for row in reversed(rows)] == [
            [one["used"], one["commitment"], one["quota"]] for one in saved
        ]
        assert len(rows) == CURRENT


async def test_the_months_of_a_year(site: Site) -> None:
    async with site.visit("soylent") as page:
        await page.goto(PATH)
        months = await chart(page, "Month by month")
        rows, saved = await table(months), await file(months)
        assert rows[0] == [f"14 Feb {TO} 13 Mar 2026", "6", "6"]
        assert len(rows) == 12
        assert [row[1] for row in rows] == [
            one["conversations"] for one in saved if one["step"] == "MONTH"
        ]
        assert await page.get_by_role("heading", name="Cycle by cycle").count() == 0


async def test_a_bar_leads_to_its_cycle(site: Site) -> None:
    async with site.visit() as page:
        await page.goto(PATH)
        bars = (await chart(page, "Cycle by cycle")).locator(".u-over")
        box = await bars.bounding_box()
        assert box is not None
        await bars.hover(position={"x": box["width"] * 3.5 / 12, "y": 50})
        await expect(page.locator(".tip:visible strong")).to_have_text(f"25 Feb {TO} 24 Mar 2026")
        await bars.click(position={"x": box["width"] * 3.5 / 12, "y": 50})
        await expect(page.locator(".pill")).to_have_text("Closed")
        assert page.url.endswith(of_cycle(4))
        assert await focused(page) == "Your usage"


async def test_a_cycle_is_reached_by_keyboard(site: Site) -> None:
    async with site.visit() as page:
        await page.goto(PATH)
        await table(await chart(page, "Cycle by cycle"))
        await tab_to(page, f"25 Apr {TO} 24 May 2026")
        await page.keyboard.press("Enter")
        await expect(page.locator(".pill")).to_have_text("Closed")
        assert page.url.endswith(of_cycle(CLOSED))


async def test_charts_follow_the_scheme_and_the_width(site: Site) -> None:
    async with site.visit() as page:
        await page.goto(PATH)
        canvas = (await chart(page, "Day by day")).locator("canvas")
        light = await canvas.evaluate("canvas => canvas.toDataURL()")
        await page.emulate_media(color_scheme="dark")
        await page.wait_for_function(
            "before => document.querySelector('canvas').toDataURL() !== before", arg=light
        )
        await page.set_viewport_size({"width": 360, "height": 800})
        await page.wait_for_function("document.querySelector('canvas').clientWidth < 330")


async def test_charts_that_cannot_be_loaded_leave_the_numbers(site: Site) -> None:
    async with site.visit() as page:
        await page.route(
            "**/graphql",
            lambda route: (
                route.abort()
                if "query OverTime" in (route.request.post_data or "")
                else route.continue_()
            ),
        )
        await page.goto(PATH)
        await expect(page.locator(".over-time > .failed")).to_contain_text(
            "cannot be loaded right now"
        )
        await expect(page.locator(".figure").first).to_have_text("24 of 600 used")
        await page.unroute("**/graphql")
        await tab_to(page, "Try again")
        await page.keyboard.press("Enter")
        await chart(page, "Day by day")
