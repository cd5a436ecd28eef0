"""A player's page follows the board without a reload."""

from __future__ import annotations

import pytest
from playwright.async_api import TimeoutError as PlaywrightTimeoutError
from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.server import Server
from tests.browser.viewer import SOON_MS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def test_a_name_on_the_board_leads_to_the_players_page(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    viewer = await open_page()
    await viewer.sees_state("Live")
    server.submit(alice, winning)
    await viewer.sees_row(0, alice, f"{winning:,}")

    await viewer.row(alice).get_by_role("link").click()

    await expect(viewer.page.get_by_role("heading", level=1)).to_have_text(alice, timeout=SOON_MS)
    assert viewer.complaints == []


async def test_rank_score_and_what_is_missing_follow_the_games(
    server: Server, open_page: OpenPage, alice: str, bob: str, winning: int
) -> None:
    server.submit(alice, winning)
    receipt = server.submit(bob, winning - 10)
    viewer = await open_page(f"players/{receipt['user_id']}/")
    await viewer.sees_state("Live")
    await expect(viewer.page.locator("#goal")).to_have_text(f"11 points to pass {alice}")
    await viewer.page.evaluate("window.sameDocument = true")

    server.submit(bob, 30)

    await expect(viewer.page.locator("#rank")).to_have_text("1", timeout=SOON_MS)
    await expect(viewer.page.locator("#score")).to_have_text(f"{winning + 20:,}")
    await expect(viewer.page.locator("#goal")).to_have_text("Leads by 20 points")
    await expect(viewer.page.locator("#news")).to_have_text(f"{bob} is now at rank 1 with {winning + 20:,}.")
    await expect(viewer.page.locator('#rows tr[aria-current="true"]')).to_contain_text(bob)
    await viewer.sees_move(bob, "▲1")
    assert ["transform", "zIndex"] in await viewer.recorded("animated")
    assert await viewer.recorded("shifts") == []
    assert await viewer.page.evaluate("window.sameDocument")
    assert viewer.complaints == []


async def test_the_page_is_right_without_javascript(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    receipt = server.submit(alice, winning)

    viewer = await open_page(f"players/{receipt['user_id']}/", java_script_enabled=False)

    await expect(viewer.page.get_by_role("heading", level=1)).to_have_text(alice)
    await expect(viewer.page.locator("#score")).to_have_text(f"{winning:,}")
    await expect(viewer.page.locator("#status-words")).to_have_text("Reload for newer scores", use_inner_text=True)


async def test_a_viewer_without_network_reads_offline_and_catches_up_afterwards(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    receipt = server.submit(alice, winning)
    viewer = await open_page(f"players/{receipt['user_id']}/")
    await viewer.sees_state("Live")

    await viewer.context.set_offline(True)
    await viewer.sees_state("Offline")
    server.submit(alice, 7)
    await viewer.context.set_offline(False)

    await expect(viewer.page.locator("#score")).to_have_text(f"{winning + 7:,}", timeout=SOON_MS)
    await viewer.sees_state("Live")


async def test_questions_that_fail_are_said_in_words_and_the_page_lives_again(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    receipt = server.submit(alice, winning)
    viewer = await open_page(f"players/{receipt['user_id']}/")
    await viewer.sees_state("Live")

    await viewer.page.route("**/around/**", lambda route: route.abort())
    await viewer.has_seen_state("Reconnecting in")
    server.submit(alice, 3)
    await viewer.page.unroute("**/around/**")

    await viewer.sees_state("Live")
    await expect(viewer.page.locator("#score")).to_have_text(f"{winning + 3:,}")


async def test_a_page_that_nobody_sees_asks_nothing(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    receipt = server.submit(alice, winning)
    viewer = await open_page(f"players/{receipt['user_id']}/")
    await viewer.sees_state("Live")
    hide = """hidden => {
        Object.defineProperty(document, "visibilityState", {value: hidden ? "hidden" : "visible", configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""

    await viewer.page.evaluate(hide, True)
    server.submit(alice, 5)
    with pytest.raises(PlaywrightTimeoutError):
        await viewer.page.wait_for_event("request", timeout=2_500)
    await viewer.page.evaluate(hide, False)

    await expect(viewer.page.locator("#score")).to_have_text(f"{winning + 5:,}", timeout=SOON_MS)
