"""What moves on the board: places are told by sign and number, and nothing else of the page moves with them."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.server import Server
from tests.browser.viewer import SOON_MS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def test_who_passes_another_goes_up_and_the_other_down_and_both_stay_so(
    server: Server, open_page: OpenPage, alice: str, bob: str, winning: int
) -> None:
    server.submit(alice, winning)
    server.submit(bob, winning - 10)
    viewer = await open_page()
    await viewer.sees_state("Live")
    assert await viewer.page.locator(".move:visible").count() == 0

    server.submit(bob, 20)

    await viewer.sees_move(bob, "▲1")
    await viewer.sees_move(alice, "▼1")
    server.submit(alice, 1)
    await viewer.sees_row(1, alice, f"{winning + 1:,}")
    await viewer.sees_move(alice, "▼1")
    await expect(viewer.row(alice).get_by_role("img", name="down 1 place")).to_be_visible()


async def test_who_comes_into_view_is_new(server: Server, open_page: OpenPage, alice: str, winning: int) -> None:
    viewer = await open_page()
    await viewer.sees_state("Live")

    server.submit(alice, winning)

    await viewer.sees_move(alice, "new")


async def test_a_shared_rank_carries_a_sign_until_it_is_shared_no_longer(
    server: Server, open_page: OpenPage, alice: str, bob: str, winning: int
) -> None:
    server.submit(alice, winning)
    server.submit(bob, winning - 10)
    viewer = await open_page()
    await viewer.sees_state("Live")
    signs = [viewer.row(name).get_by_role("img", name="tied") for name in (alice, bob)]

    server.submit(bob, 10)

    for sign in signs:
        await expect(sign).to_be_visible(timeout=SOON_MS)
    server.submit(bob, 1)
    for sign in signs:
        await expect(sign).to_be_hidden(timeout=SOON_MS)


async def test_a_row_that_moves_keeps_the_focus_that_it_holds(
    server: Server, open_page: OpenPage, alice: str, bob: str, winning: int
) -> None:
    server.submit(alice, winning)
    server.submit(bob, winning - 10)
    viewer = await open_page()
    await viewer.sees_state("Live")
    await viewer.page.keyboard.press("Tab")  # focus is drawn for whoever uses the keyboard
    await viewer.row(bob).get_by_role("link").focus()

    for _ in range(3):
        server.submit(bob, 50)
        await viewer.sees_row(0, bob, f"{_total(server, bob):,}")
        server.submit(alice, 50)
        await viewer.sees_row(0, alice, f"{_total(server, alice):,}")

    await expect(viewer.row(bob).get_by_role("link")).to_be_focused()
    assert await viewer.row(bob).get_by_role("link").evaluate("link => link.matches(':focus-visible')")


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_nothing_of_the_page_jumps_while_the_board_moves(
    server: Server, open_page: OpenPage, *, alice: str, bob: str, charlie: str, winning: int, motion: str, width: int
) -> None:
    server.submit(alice, winning)
    server.submit(bob, winning - 10)
    viewer = await open_page(viewport={"width": width, "height": 900}, reduced_motion=motion)
    await viewer.sees_state("Live")

    server.submit(bob, 10)  # a tie
    server.submit(bob, 10)  # one passes the other
    server.submit(charlie, winning + 500)  # a newcomer pushes somebody out of view
    server.submit(alice, 9_000)  # gains of all lengths
    server.submit(bob, 5)
    await viewer.sees_row(0, alice, f"{winning + 9_000:,}")
    await viewer.sees_row(2, bob, f"{winning + 15:,}")
    await viewer.page.evaluate("Promise.all(document.getAnimations().map(animation => animation.finished))")

    assert await viewer.recorded("shifts") == []


def _total(server: Server, username: str) -> int:
    [total] = [row["total_score"] for row in server.top() if row["username"] == username]
    return int(total)
