"""An account from its beginning to its end, as its player lives it in a browser."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import OpenPage, running
from tests.browser.server import Server
from tests.browser.viewer import SOON_MS, Viewer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PASSWORD = "quite a long password"
OTHER_PASSWORD = "another long password"
_PICTURES = Path(__file__).resolve().parents[2] / "test-results"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server on which players may submit for themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RANKCAST_PLAYERS_MAY_SUBMIT", "1")
        with running() as server:
            yield server


@pytest.fixture
async def viewer(open_page: OpenPage) -> AsyncIterator[Viewer]:
    """Somebody about whose pages the browser complains of nothing."""
    viewer = await open_page()
    yield viewer
    assert viewer.complaints == []


async def test_an_account_from_its_beginning_to_its_end(
    server: Server, open_page: OpenPage, viewer: Viewer, alice: str
) -> None:
    page = viewer.page
    spectator = await open_page()
    await spectator.sees_state("Live")
    lead = server.submit("bob", 1)["total_score"] + 1000

    await page.get_by_role("link", name="Account").click()
    await page.get_by_role("link", name="Sign up").click()
    await fill_in(page, {"Name": alice, "Password": PASSWORD}, button="Sign up")
    await expect(page.get_by_role("status").filter(has_text=f"Welcome, {alice}.")).to_be_visible()

    await fill_in(page, {"Score": str(lead), "Game mode": "duel"}, button="Submit the score")
    await expect(page.locator(".notice")).to_contain_text(f"Your total is {lead:,}, your rank 1.")
    await spectator.sees_row(0, alice, f"{lead:,}")
    own = page.get_by_role("table", name="Your sessions").get_by_role("row")
    await expect(own.nth(1)).to_contain_text("duel")
    await expect(own.nth(1)).to_contain_text("Counted")
    await expect(own.nth(1).get_by_role("cell")).to_have_text(f"{lead:,}")

    await page.get_by_role("button", name="Log out").click()
    await log_in(page, alice, PASSWORD)
    await page.get_by_role("link", name="Change your password").click()
    fields = {"Current password": PASSWORD, "New password": OTHER_PASSWORD}
    await fill_in(page, fields, button="Change the password")
    await expect(page.locator(".notice")).to_contain_text("Your password is changed.")

    await page.get_by_role("link", name="Delete your account").click()
    await fill_in(page, {"Your password": OTHER_PASSWORD}, button="Delete my account for good")
    await expect(page.get_by_role("heading", name="Your account is deleted")).to_be_visible()
    await expect(spectator.page.locator("#rows tr").first.locator(".name")).not_to_have_text(alice, timeout=SOON_MS)
    await page.goto(f"{server.url}account/login/")
    await fill_in(page, {"Name": alice, "Password": OTHER_PASSWORD}, button="Log in")
    await expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    assert spectator.complaints == []


async def test_a_double_click_submits_once(server: Server, viewer: Viewer, alice: str) -> None:
    page = viewer.page
    await sign_up(page, server, alice)
    await page.get_by_label("Score", exact=True).fill("70")
    await page.get_by_label("Game mode").fill("duel")

    await page.get_by_role("button", name="Submit the score").dblclick()

    await expect(page.locator(".notice")).to_contain_text("Your total is 70")
    await expect(page.get_by_role("table", name="Your sessions").locator("tbody tr")).to_have_count(1)


async def test_the_login_needs_no_mouse(server: Server, viewer: Viewer, alice: str) -> None:
    page = viewer.page
    await sign_up(page, server, alice)
    await page.get_by_role("button", name="Log out").click()
    await page.goto(f"{server.url}account/login/")

    await tab_to(page, "id_username")
    await page.keyboard.type(alice)
    await tab_to(page, "id_password")
    await page.keyboard.type("not the password")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_focused()
    await tab_to(page, "id_password")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Show password")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", level=1)).to_have_text(alice)


async def test_the_cursor_waits_in_the_first_wrong_field(server: Server, viewer: Viewer, alice: str) -> None:
    page = viewer.page
    await page.goto(f"{server.url}account/signup/")

    await fill_in(page, {"Name": alice, "Password": "short"}, button="Sign up")

    field = page.get_by_label("Password", exact=True)
    await expect(field).to_be_focused()
    await expect(field).to_have_accessible_description(re.compile("This password is too short."))
    await expect(page).to_have_title("Error: Sign up · Rankcast")


async def test_a_password_can_be_seen_while_it_is_typed(server: Server, viewer: Viewer) -> None:
    page = viewer.page
    await page.goto(f"{server.url}account/login/")
    field = page.locator("#id_password")
    await field.fill(PASSWORD)

    await page.get_by_role("button", name="Show password").click()
    await expect(field).to_have_attribute("type", "text")
    await expect(field).to_have_value(PASSWORD)
    await page.get_by_role("button", name="Hide password").click()

    await expect(field).to_have_attribute("type", "password")


async def test_my_data_arrive_as_a_file(server: Server, viewer: Viewer, alice: str) -> None:
    page = viewer.page
    server.submit("bob", 5)
    await sign_up(page, server, alice)
    await fill_in(page, {"Score": "70", "Game mode": "duel"}, button="Submit the score")
    await page.get_by_role("link", name="Download your data").click()

    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Download").click()
    download = await waiting.value

    document = json.loads((await download.path()).read_bytes())
    assert download.suggested_filename == f"rankcast-player-{document['player']['user_id']}.json"
    assert document["player"]["username"] == alice
    assert [one["score"] for one in document["sessions"]] == [70]


async def test_all_of_it_works_without_javascript(server: Server, open_page: OpenPage, alice: str) -> None:
    page = (await open_page(java_script_enabled=False)).page

    await sign_up(page, server, alice)
    await fill_in(page, {"Score": "70", "Game mode": "duel"}, button="Submit the score")

    await expect(page.locator(".notice")).to_contain_text("Your total is 70")
    await page.goto(f"{server.url}account/password/")
    await expect(page.locator(".secret button")).to_have_count(2)
    await expect(page.locator(".secret button:visible")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_every_page_fits_and_can_be_read_by_everybody(
    server: Server, open_page: OpenPage, alice: str, scheme: str, width: int
) -> None:
    viewer = await open_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = viewer.page

    async def looks_right(name: str) -> None:
        _PICTURES.mkdir(exist_ok=True)
        await page.screenshot(path=_PICTURES / f"account-{name}-{width}-{scheme}.png", full_page=True)
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name

    await page.goto(f"{server.url}account/login/")
    await looks_right("login")
    await fill_in(page, {"Name": alice, "Password": PASSWORD}, button="Log in")
    await looks_right("login-wrong")
    await page.goto(f"{server.url}account/signup/")
    await looks_right("signup")
    await fill_in(page, {"Name": alice, "Password": ""}, button="Sign up")
    await looks_right("signup-wrong")
    await sign_up(page, server, alice)
    await looks_right("new")
    await fill_in(page, {"Score": "1x", "Game mode": ""}, button="Submit the score")
    await looks_right("submit-wrong")
    await fill_in(page, {"Score": "70", "Game mode": "the long game of a very long name"}, button="Submit the score")
    await looks_right("overview")
    for name in ("sessions", "password", "data", "delete"):
        await page.goto(f"{server.url}account/{name}/")
        await looks_right(name)
    await fill_in(page, {"Your password": PASSWORD}, button="Delete my account for good")
    await looks_right("deleted")

    assert viewer.complaints == []


async def sign_up(page: Page, server: Server, name: str) -> None:
    """A new account; ends on its page."""
    await page.goto(f"{server.url}account/signup/")
    await fill_in(page, {"Name": name, "Password": PASSWORD}, button="Sign up")
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)


async def log_in(page: Page, name: str, password: str) -> None:
    """From the login's page to the account's."""
    await fill_in(page, {"Name": name, "Password": password}, button="Log in")
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)


async def fill_in(page: Page, fields: dict[str, str], *, button: str) -> None:
    """Fills in the page's form, by the labels that people read, and sends it."""
    form = page.locator("form.fields")
    for label, text in fields.items():
        await form.get_by_label(label, exact=True).fill(text)
    await form.get_by_role("button", name=button, exact=True).click()


async def tab_to(page: Page, identifier: str) -> None:
    """Presses Tab until the element has the focus."""
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.id") == identifier:
            return
    pytest.fail(f"Tab never came to #{identifier}.")
