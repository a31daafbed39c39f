"""What the page shows and does, in a real browser."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, Response, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from db.pool import Pool
from edge.page import PATH
from resolvers.principal import Role
from schema.root import Schema
from tests.support.clock import Clock
from tests.support.http import application
from tests.web.conftest import served
from tests.web.demo_world import CURRENT, issue
from tests.web.visit import Site, focused, of_cycle, tab_to

pytestmark = pytest.mark.usefixtures("patience")

TITLE = ".title h1"
GRAPHQL_MAX = 3
SCRIPT_BYTES_MAX = 60_000


async def rows(page: Page, caption: str) -> list[list[str]]:
    """Return a table's rows as people read them."""
    table = page.locator("table", has=page.locator("caption", has_text=caption)).first
    found = await table.locator("tbody tr, tfoot tr").all()
    return [
        [text for cell in await row.locator("th, td").all() if (text := await cell.inner_text())]
        for row in found
    ]


async def test_conversations_and_balance_of_the_current_cycle(site: Site) -> None:
    async with site.visit() as page:
        await page.goto(PATH)
        await expect(page.locator(TITLE)).to_have_text("Your usage")
        await expect(page.locator(".standing")).to_contain_text(
            "3 days left, ends on 24 November 2026"
        )
        await expect(page.locator(".standing")).to_contain_text("Time zone: Europe/Amsterdam")
        await expect(page.locator(".figure").first).to_have_text("24 of 600 used")
        await expect(page.locator(".share").first).to_have_text("4% of the quota")
        assert await rows(page, "Quota") == [
            ["Included in the plan", "500"],
            ["Committed to", "100"],
            ["Added once", "0"],
            ["Added automatically", "0"],
            ["Total", "600"],
        ]
        assert await rows(page, "By channel") == [
            ["Chat", "6"],
            ["Email", "6"],
            ["Instagram", "6"],
            ["WhatsApp", "6"],
            ["Total", "24"],
        ]
        assert await rows(page, "By sub-feature") == [
            ["Voice", "1 charge", "60%", "€12.35"],
            ["WhatsApp", "1 charge", "40%", "€8.33"],
            ["Total", "2", "€20.68"],
        ]
        await expect(page.locator(".stamp p")).to_have_text("As of Sun 22 Nov, 13:00")


async def test_beyond_the_commitment_the_bar_is_full_and_marked(site: Site) -> None:
    async with site.visit("globex") as page:
        await page.goto(PATH)
        await expect(page.locator(".share").first).to_have_text("120% of the commitment")
        await expect(page.locator(".scale")).to_have_text("2024")
        assert await page.locator(".bar").first.locator(".left").count() == 0
        await expect(page.locator(".alert").first).to_contain_text(
            "The 20 conversations committed to and bought are used up: 100 more were added"
        )


async def test_an_overspent_balance_says_what_stops(site: Site) -> None:
    async with site.visit("initech") as page:
        await page.goto(PATH)
        await expect(page.locator(".alert.critical")).to_contain_text(
            "voice calls, SMS, WhatsApp templates and broadcasts stop"
        )
        await expect(page.locator(".share").last).to_have_text("126% spent")


async def test_the_address_holds_the_cycle(site: Site) -> None:
    async with site.visit() as page:
        await page.goto(PATH)
        await expect(page.locator(".pill")).to_have_text("Current")
        await page.get_by_role("combobox", name="Billing cycle").select_option("4")
        await expect(page.locator(".pill")).to_have_text("Closed")
        assert page.url.endswith(of_cycle(4))
        await expect(page.locator(".figure").first).to_have_text("7 of 600 used")
        await page.get_by_role("link", name="Next cycle").click()
        await expect(page.locator(".figure").first).to_have_text("0 of 600 used")
        await page.go_back()
        await expect(page.locator(".figure").first).to_have_text("7 of 600 used")
        await page.go_back()
        await expect(page.locator(".pill")).to_have_text("Current")
        assert page.url.endswith(PATH)
        await page.go_forward()
        await expect(page.locator(".standing")).to_contain_text("Ended on 24 March 2026")


async def test_the_future_cycle_counts_down(site: Site) -> None:
    async with site.visit() as page:
        await page.goto(PATH)
        await page.get_by_role("link", name="See what is pending").click()
        await expect(page.locator(".figure")).to_contain_text("4 conversations are carried over")
        first = page.locator(".countdown tbody tr").first
        await expect(first).to_contain_text("c-27")
        await expect(first).to_contain_text("Sat 28 Nov, 11:00")
        await expect(first).to_contain_text("in 5 days 22 hrs")
        assert page.url.endswith(of_cycle(CURRENT + 1))


async def test_the_language_can_be_switched_and_stays(site: Site) -> None:
    async with site.visit(language="fr-FR") as page:
        await page.goto(PATH)
        await expect(page.locator(TITLE)).to_have_text("Votre utilisation")
        switch = page.get_by_role("combobox", name="Langue")
        await switch.focus()
        await switch.select_option("de")
        await expect(page.locator(TITLE)).to_have_text("Ihre Nutzung")
        await expect(page.locator(".figure").last).to_contain_text("20,68 € von 30,00 € verbraucht")
        assert await page.evaluate("document.activeElement.ariaLabel") == "Sprache"
        await page.reload()
        await expect(page.locator(TITLE)).to_have_text("Ihre Nutzung")
        assert await page.evaluate("document.documentElement.lang") == "de"


async def test_it_can_be_used_by_keyboard_alone(site: Site) -> None:
    async with site.visit() as page:
        await page.goto(PATH)
        await expect(page.locator(".pill")).to_have_text("Current")
        reached = []
        for _ in range(20):
            await page.keyboard.press("Tab")
            reached.append(await focused(page))
        assert reached == [
            "Change user",
            "Language",
            "Cost of this cycle",
            "Changes",
            "Alerts",
            "Previous cycle",
            "Billing cycle",
            "Next cycle",
            "Refresh",
            "Add blocks",
            "Change commitment",
            "Chat",
            "Email",
            "Instagram",
            "WhatsApp",
            "Why they count here",
            "Add balance",
            "Change commitment",
            "See each charge",
            "See what is pending",
        ]
        await page.keyboard.press("Enter")
        await expect(page.locator(".pill")).to_have_text("To come")


async def test_at_the_end_of_the_way_the_focus_stays(site: Site) -> None:
    async with site.visit() as page:
        await page.goto(PATH)
        await expect(page.locator(".pill")).to_have_text("Current")
        await tab_to(page, "Next cycle")
        await page.keyboard.press("Enter")
        await expect(page.locator(".pill")).to_have_text("To come")
        assert await focused(page) == "Next cycle"


async def test_a_session_that_expires_is_said_so(site: Site) -> None:
    async with site.visit() as page:
        await page.goto(PATH)
        await expect(page.locator(".plot").first).to_be_visible()
        await page.route("**/graphql", lambda route: route.fulfill(status=401, body="{}"))
        await page.get_by_role("button", name="Refresh").click()
        await expect(page.locator(".notice h2")).to_have_text("Your session has expired")
        assert await page.locator(".card").count() == 0


async def test_a_server_that_is_away_leaves_the_numbers_and_comes_back(site: Site) -> None:
    async with site.visit() as page:
        await page.clock.install()
        await page.goto(PATH)
        await expect(page.locator(".pill")).to_have_text("Current")
        await page.route("**/graphql", lambda route: route.fulfill(status=503, body="{}"))
        await page.get_by_role("button", name="Refresh").click()
        await expect(page.locator(".stale")).to_have_text("No connection. As of Sun 22 Nov, 13:00")
        await expect(page.locator(".figure").first).to_have_text("24 of 600 used")
        await page.unroute("**/graphql")
        await page.clock.fast_forward(6_000)
        await expect(page.locator(".stamp p")).to_have_text("As of Sun 22 Nov, 13:00")


async def test_a_slow_answer_is_waited_for_in_words(site: Site) -> None:
    async with site.visit() as page:
        await page.clock.install()
        await page.route("**/graphql", lambda _route: None)
        await page.goto(PATH)
        await expect(page.locator(".skeleton").first).to_be_visible()
        assert await page.locator(".slow").count() == 0
        await page.clock.fast_forward(5_000)
        await expect(page.locator(".slow")).to_have_text("This takes longer than usual …")


async def test_the_first_load_asks_little(site: Site) -> None:
    async with site.visit() as page:
        asked: list[Response] = []

        def answered(response: Response) -> None:
            asked.append(response)

        page.on("response", answered)
        await page.goto(PATH, wait_until="networkidle")
        await expect(page.locator(".plot").first).to_be_visible()
        kinds = [response.request.resource_type for response in asked]
        assert kinds.count("document") == 1
        assert kinds.count("fetch") <= GRAPHQL_MAX
        at_first = asked[: kinds.index("fetch")]  # what draws charts comes after the numbers
        scripts = [one for one in at_first if one.request.resource_type == "script"]
        assert [await one.header_value("content-encoding") for one in scripts] == ["gzip"] * 3
        assert not any("Charts" in one.url for one in scripts)
        sizes = [(await one.request.sizes())["responseBodySize"] for one in scripts]
        assert 10_000 < sum(sizes) <= SCRIPT_BYTES_MAX


async def test_the_demo_hands_a_token_to_the_page(site: Site) -> None:
    async with site.visit(None) as page:
        await page.goto("/")
        await page.get_by_role("button", name="Hooli").click()
        await expect(page.locator(".notice h2")).to_have_text("No usage overview in the free trial")
        await expect(page.locator(".notice p")).to_contain_text("ends on 1 December 2026")
        await page.get_by_role("link", name="Change user").click()
        await page.get_by_role("button", name="As a member who is no admin").click()
        await expect(page.locator(".notice h2")).to_have_text("Only admins see this page")


PLATFORM = """<!doctype html><iframe src="{page}" width="900" height="700"></iframe>
<script>
const heard = [];
addEventListener("message", (event) => {{
  heard.push(event.data.type);
  const token = heard.length > 1 ? "{token}" : "{expired}";
  event.source.postMessage({{type: "kontingent:token", token}}, "{origin}");
}});
</script>"""


async def test_the_platform_around_the_page_hands_it_tokens(
    site: Site, schema: Schema, pool: Pool, clock: Clock
) -> None:
    """The page asks when it starts, and again when its token is not taken any more."""
    around: list[str] = []

    async def settings(_request: Request) -> HTMLResponse:
        return HTMLResponse(around[0])

    context = await site.browser.new_context(locale="en-GB")
    async with served(Starlette(routes=[Route("/settings", settings)])) as platform_port:
        platform = f"http://127.0.0.1:{platform_port}"
        async with (
            application(schema, pool, pool, clock, origin=platform) as app,
            served(app) as port,
        ):
            origin = f"http://127.0.0.1:{port}"
            tokens = {
                "token": issue(Role.MEMBER, "acme"),
                "expired": issue(Role.MEMBER, "acme", timedelta(minutes=-1)),
            }
            around.append(PLATFORM.format(page=f"{origin}{PATH}", origin=origin, **tokens))
            page = await context.new_page()
            await page.goto(f"{platform}/settings")
            inside = page.frame_locator("iframe")
            await expect(inside.locator(".notice h2")).to_have_text("Only admins see this page")
            assert await page.evaluate("heard") == ["kontingent:ready", "kontingent:expired"]
    await context.close()


async def test_it_is_printed_without_controls(site: Site) -> None:
    async with site.visit(scheme="dark") as page:
        await page.goto(PATH)
        await expect(page.locator(".pill")).to_have_text("Current")
        await page.emulate_media(media="print")
        assert not await page.get_by_role("button", name="Refresh").is_visible()
        ground = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert ground == "rgb(255, 255, 255)"
