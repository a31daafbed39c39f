"""GraphiQL, where the API is tried by hand."""

import json

import pytest
from playwright.async_api import Page, expect

from edge.page import POLICY, POLICY_OF_GRAPHIQL
from resolvers.principal import Role
from tests.web.demo_world import issue
from tests.web.visit import Site

pytestmark = pytest.mark.usefixtures("patience")

QUERY, HEADERS, ANSWER = (
    ".graphiql-query-editor",
    "[aria-label=Headers] .graphiql-editor:not(.hidden)",
    ".result-window",
)


async def opened(page: Page) -> None:
    """Open it, and wait until it knows the schema."""
    await page.goto("/graphql")
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(page.locator(".graphiql-doc-explorer-content")).to_contain_text("Root Types")


async def write(page: Page, editor: str, text: str) -> None:
    """Write a text over what is in an editor; it closes brackets by itself if they are typed."""
    await page.locator(f"{editor} .CodeMirror").evaluate(
        "(element, text) => element.CodeMirror.setValue(text)", text
    )


async def test_a_user_of_the_demo_asks(site: Site) -> None:
    async with site.visit(None) as page:
        await opened(page)
        await write(page, QUERY, "{ account { name } }")
        await page.get_by_role("button", name="Execute query").click()
        await expect(page.locator(ANSWER)).to_contain_text("UNAUTHENTICATED")
        await page.get_by_label("Ask as").select_option("Acme, admin")
        await page.get_by_role("button", name="Execute query").click()
        await expect(page.locator(ANSWER)).to_contain_text('"name": "Acme"')


async def test_the_headers_say_who_asks(site: Site) -> None:
    async with site.visit(None) as page:
        await opened(page)
        await page.get_by_label("Ask as").select_option("Acme, admin")
        await write(page, QUERY, "{ account { name } }")
        bearer = f"Bearer {issue(Role.ADMIN, 'globex')}"
        await write(page, HEADERS, json.dumps({"Authorization": bearer}))
        await page.get_by_role("button", name="Execute query").click()
        await expect(page.locator(ANSWER)).to_contain_text('"name": "Globex"')


async def test_a_subscription_runs(site: Site) -> None:
    async with site.visit(None) as page:
        await opened(page)
        await page.get_by_label("Ask as").select_option("Acme, admin")
        await write(page, QUERY, "subscription { usageChanged { name } }")
        await page.get_by_role("button", name="Execute query").click()
        await expect(page.locator(ANSWER)).to_contain_text('"name": "Acme"')


async def test_dialogs_and_menus_open(site: Site) -> None:
    async with site.visit(None) as page:
        reply = await page.goto("/graphql")
        assert reply is not None
        policy = reply.headers["content-security-policy"]
        assert policy == f"{POLICY_OF_GRAPHIQL}'none'" != f"{POLICY}'none'"
        await page.get_by_role("button", name="Open settings dialog").click()
        await expect(page.get_by_role("dialog")).to_contain_text("Theme")
        await page.keyboard.press("Escape")
        await write(page, QUERY, "query A { __typename } query B { __typename }")
        await expect(page.get_by_role("tab", name="A")).to_be_visible()  # it has read them
        await page.get_by_role("button", name="Execute query").click()
        await expect(page.get_by_role("menuitem")).to_have_text(["A", "B"])
