"""What a moderator decides is on every open page when the server has compared its boards at the latest."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

#: Two seconds, on a machine that does other things too.
_SECONDS_MS = 5_000


async def test_a_ban_and_its_end_reach_the_board_and_the_players_page(
    server: Server, open_page: OpenPage, alice: str, bob: str, winning: int
) -> None:
    banned = server.submit(alice, winning)["user_id"]
    server.submit(bob, winning - 10)
    board = await open_page()
    player = await open_page(f"players/{banned}/")
    await board.sees_state("Live")
    await player.sees_state("Live")

    server.decide("ban", user_id=banned)

    await expect(board.row(alice)).to_have_count(0, timeout=_SECONDS_MS)
    await expect(player.page.locator("#empty")).to_be_visible(timeout=_SECONDS_MS)
    await expect(player.page.locator("#empty")).to_contain_text("The board does not show this player")
    await expect(player.page.locator("#rank")).to_have_text("–")
    await expect(player.page.locator("#rows tr")).to_have_count(0)
    await expect(player.page.locator("#news")).to_have_text(f"The board no longer shows {alice}.")

    server.decide("unban", user_id=banned)

    await expect(board.row(alice)).to_have_count(1, timeout=_SECONDS_MS)
    await expect(player.page.locator("#rank")).to_have_text("1", timeout=_SECONDS_MS)
    await expect(player.page.locator("#empty")).to_be_hidden()
    await expect(player.row(alice)).to_have_attribute("aria-current", "true")


async def test_a_banned_player_has_a_page_that_helps(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    banned = server.submit(alice, winning)["user_id"]
    server.decide("ban", user_id=banned)

    viewer = await open_page(f"players/{banned}/")

    await expect(viewer.page.get_by_role("heading", level=1)).to_have_text("No such player here")
    assert viewer.complaints == [_NOT_FOUND]


async def test_a_new_name_reaches_the_board_and_the_players_page(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    renamed = server.submit(alice, winning)["user_id"]
    board = await open_page()
    player = await open_page(f"players/{renamed}/")
    await board.sees_state("Live")
    await player.sees_state("Live")

    server.decide("rename", user_id=renamed, username=f"{alice} the Great")

    await expect(board.row(f"{alice} the Great")).to_have_count(1, timeout=_SECONDS_MS)
    await expect(player.page.get_by_role("heading", level=1)).to_have_text(f"{alice} the Great", timeout=_SECONDS_MS)
    await expect(player.row(f"{alice} the Great")).to_have_count(1)
    await expect(player.page).to_have_title(re.compile(re.escape(f"{alice} the Great")))


_NOT_FOUND = "Failed to load resource: the server responded with a status of 404 (Not Found)"
