"""Pages that others wrote run under the site's policy too: Django's admin, and the description of the API."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from tests.acceptance.serving import manage
from tests.browser.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PASSWORD = "quite a long password"


@pytest.fixture
def staff(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An account that may do everything; its name."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    manage(server.serving.data, "createsuperuser", "--noinput", "--username", "boss")
    return "boss"


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    """A page on which nothing may be blocked, at whichever address it was."""
    page = await chromium.new_page()
    blocked: list[str] = []

    def keep_violation(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            blocked.append(f"{page.url}: {message.text}")

    page.on("console", keep_violation)
    yield page
    assert blocked == []


async def test_the_admin_needs_nothing_inline(server: Server, staff: str, page: Page) -> None:
    server.submit("alice", 10)

    await page.goto(f"{server.url}admin/")
    await page.fill("#id_username", staff)
    await page.fill("#id_password", PASSWORD)
    await page.click("input[type=submit]")
    await expect(page.locator("#content-main")).to_be_visible()
    for link in await page.locator(".places a").evaluate_all("links => links.map(link => link.href)"):
        await page.goto(link)
        await expect(page.locator("#changelist")).to_be_visible()
    await page.goto(f"{server.url}admin/scores/gamesession/")
    await page.locator("#result_list tbody th a").first.click()
    await expect(page.locator("#gamesession_form")).to_be_visible()


async def test_the_admins_own_scripts_run(server: Server, staff: str, page: Page) -> None:
    server.submit("alice", 10)
    await page.goto(f"{server.url}admin/scores/gamesession/")
    await page.fill("#id_username", staff)
    await page.fill("#id_password", PASSWORD)
    await page.click("input[type=submit]")

    await page.locator("#action-toggle").check()  # selects all rows, and counts them, only by its script

    await expect(page.locator("#result_list tbody input:checked")).not_to_have_count(0)
    await expect(page.locator(".action-counter")).to_have_text(re.compile(r"^[1-9]\d* of"))


async def test_the_description_of_the_api_opens(server: Server, page: Page) -> None:
    await page.goto(f"{server.url}api/docs/")

    await page.locator(".opblock").first.click()

    await expect(page.locator(".opblock.is-open")).to_be_visible()
