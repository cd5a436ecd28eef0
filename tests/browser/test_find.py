"""Finding a player: by keyboard, by pointer, and without script."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import OpenPage
from tests.browser.server import Server
from tests.browser.viewer import SOON_MS, Viewer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def namesakes(server: Server, alice: str) -> list[str]:
    """Two players whose names begin alike."""
    names = [f"{alice}, the first", f"{alice}, the second"]
    for name in names:
        server.submit(name, 100)
    return names


async def test_the_keyboard_alone_leads_from_the_board_to_a_player(
    open_page: OpenPage, namesakes: Sequence[str], alice: str
) -> None:
    viewer = await open_page()
    for _ in range(3):  # past the skip link and the brand
        await viewer.page.keyboard.press("Tab")

    await viewer.page.keyboard.type(alice.upper())
    await _sees_suggestions(viewer, namesakes)
    await viewer.page.keyboard.press("ArrowDown")
    await viewer.page.keyboard.press("ArrowDown")
    chosen = viewer.page.get_by_role("option", selected=True)
    await expect(chosen).to_have_text(namesakes[1])
    await expect(_field(viewer)).to_have_attribute("aria-activedescendant", await chosen.get_attribute("id") or "")
    await viewer.page.keyboard.press("Enter")

    await expect(viewer.page.get_by_role("heading", level=1)).to_have_text(namesakes[1], timeout=SOON_MS)
    await expect(viewer.page).to_have_url(re.compile(r"/players/\d+/$"))
    assert viewer.complaints == []


async def test_arrows_walk_around_and_escape_leaves_the_list(
    open_page: OpenPage, namesakes: Sequence[str], alice: str
) -> None:
    viewer = await open_page()
    await _field(viewer).fill(alice)
    await _sees_suggestions(viewer, namesakes)
    chosen = viewer.page.get_by_role("option", selected=True)

    await _field(viewer).press("ArrowUp")
    await expect(chosen).to_have_text(namesakes[1])
    await _field(viewer).press("ArrowDown")
    await expect(chosen).to_have_count(0)
    await _field(viewer).press("Escape")

    await expect(_field(viewer)).to_have_attribute("aria-expanded", "false")
    await expect(viewer.page.get_by_role("option")).to_have_count(0)
    await expect(_field(viewer)).to_have_value(alice)


async def test_a_suggestion_can_be_clicked(open_page: OpenPage, namesakes: Sequence[str], alice: str) -> None:
    viewer = await open_page()
    await _field(viewer).fill(alice)
    await _sees_suggestions(viewer, namesakes)

    await viewer.page.get_by_role("option", name=namesakes[0]).click()

    await expect(viewer.page.get_by_role("heading", level=1)).to_have_text(namesakes[0], timeout=SOON_MS)


async def test_a_name_that_nobody_has_is_said_where_one_types(open_page: OpenPage) -> None:
    viewer = await open_page()

    await _field(viewer).fill("nobody is called so")

    await expect(viewer.page.locator("#find-note")).to_have_text("No player’s name begins so", timeout=SOON_MS)
    await expect(viewer.page.locator("#found")).to_have_text("No player’s name begins so")
    await expect(_field(viewer)).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize("script", [True, False])
async def test_enter_leads_to_a_page_of_names_with_and_without_script(
    open_page: OpenPage, namesakes: Sequence[str], alice: str, script: bool
) -> None:
    viewer = await open_page(java_script_enabled=script)

    await _field(viewer).fill(alice)
    await _field(viewer).press("Enter")

    links = viewer.page.get_by_role("main").get_by_role("listitem").get_by_role("link")
    await expect(links).to_have_text(list(namesakes), timeout=SOON_MS)
    await links.first.click()
    await expect(viewer.page.get_by_role("heading", level=1)).to_have_text(namesakes[0], timeout=SOON_MS)
    assert viewer.complaints == []


def _field(viewer: Viewer) -> Locator:
    return viewer.page.get_by_label("Find a player")


async def _sees_suggestions(viewer: Viewer, names: Sequence[str]) -> None:
    await expect(viewer.page.get_by_role("option")).to_have_text(list(names), timeout=SOON_MS)
    await expect(_field(viewer)).to_have_attribute("aria-expanded", "true")
