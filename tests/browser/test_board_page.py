"""The whole road as a viewer sees it: a game reported over REST moves the board on every open page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from playwright.async_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import OpenPage
from tests.browser.server import Server
from tests.browser.viewer import SOON_MS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

_PICTURES = Path(__file__).resolve().parents[2] / "test-results"


async def test_one_submit_shows_on_both_pages(server: Server, open_page: OpenPage, alice: str, winning: int) -> None:
    first = await open_page()
    second = await open_page()
    await first.sees_state("Live")
    await second.sees_state("Live")

    receipt = server.submit(alice, winning)

    assert receipt["rank"] == 1
    await first.sees_row(0, alice, f"{winning:,}")
    await second.sees_row(0, alice, f"{winning:,}")
    assert await first.rows() == await second.rows() == _as_shown(server)
    assert first.complaints + second.complaints == []


async def test_rows_change_places_and_a_tie_shares_the_rank(
    server: Server, open_page: OpenPage, alice: str, bob: str, winning: int
) -> None:
    server.submit(alice, winning)
    server.submit(bob, winning - 10)
    viewer = await open_page()
    await viewer.sees_row(0, alice, f"{winning:,}")
    await viewer.sees_state("Live")

    server.submit(bob, 10)
    await viewer.sees_row(1, bob, f"{winning:,}")
    tied = (await viewer.rows())[:2]
    server.submit(bob, 1)
    await viewer.sees_row(0, bob, f"{winning + 1:,}")

    assert [rank for rank, _, _ in tied] == ["1", "1"]
    assert [rank for rank, _, _ in (await viewer.rows())[:2]] == ["1", "2"]
    assert ["transform", "zIndex"] in await viewer.recorded("animated")
    assert await viewer.rows() == _as_shown(server)


async def test_who_wishes_for_less_motion_sees_the_change_without_it(
    server: Server, open_page: OpenPage, alice: str, bob: str, winning: int
) -> None:
    server.submit(alice, winning)
    server.submit(bob, winning - 10)
    viewer = await open_page(reduced_motion="reduce")
    await viewer.sees_state("Live")

    server.submit(bob, 20)
    await viewer.sees_row(0, bob, f"{winning + 10:,}")

    moving = [properties for properties in await viewer.recorded("animated") if "transform" in properties]
    assert moving == []


async def test_a_server_that_dies_is_said_in_words_and_the_page_lives_again_without_reload(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    viewer = await open_page()
    await viewer.sees_state("Live")
    await viewer.page.evaluate("window.sameDocument = true")

    server.kill_web()
    await viewer.has_seen_state("Reconnecting in")
    await expect(viewer.page.locator("#status-words")).to_have_text("Live", timeout=60_000)
    server.submit(alice, winning)

    await viewer.sees_row(0, alice, f"{winning:,}")
    assert await viewer.page.evaluate("window.sameDocument")
    await expect(viewer.page.locator("#news")).to_have_text(re.compile("live again|leads"), timeout=SOON_MS)


async def test_a_viewer_without_network_reads_offline_and_catches_up_afterwards(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    viewer = await open_page()
    await viewer.sees_state("Live")

    await viewer.context.set_offline(True)
    await viewer.sees_state("Offline")
    server.submit(alice, winning)
    await viewer.context.set_offline(False)

    await viewer.sees_row(0, alice, f"{winning:,}")
    await viewer.sees_state("Live")
    assert await viewer.rows() == _as_shown(server)


async def test_without_valkey_the_board_comes_from_the_database_and_says_so(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    viewer = await open_page()
    await viewer.sees_state("Live")

    with server.frozen_valkey():
        await viewer.sees_state("Board rebuilding – shown from the database")
        server.submit(alice, winning)
        await viewer.sees_row(0, alice, f"{winning:,}")

    await viewer.sees_state("Live")
    # Valkey is where it was before; what was submitted meanwhile follows within seconds.
    await viewer.sees_row(0, alice, f"{winning:,}")
    assert await viewer.rows() == _as_shown(server)
    assert viewer.complaints == []


async def test_after_the_loss_of_all_ranks_no_page_ever_shows_less_than_the_board(
    server: Server, open_page: OpenPage, alice: str, bob: str, winning: int
) -> None:
    server.submit(alice, winning)
    server.submit(bob, winning - 1)
    viewer = await open_page()
    await viewer.sees_row(1, bob, f"{winning - 1:,}")
    await viewer.sees_state("Live")
    shown = len(await viewer.rows())

    server.lose_all_ranks()
    server.submit(bob, 2)
    await viewer.sees_row(0, bob, f"{winning + 1:,}")
    await viewer.sees_state("Live")

    assert min(await viewer.recorded("lengths"), default=shown) == shown
    assert await viewer.rows() == _as_shown(server)


async def test_the_page_in_place_of_a_board_that_cannot_be_read_makes_way_for_it(
    server: Server, open_page: OpenPage
) -> None:
    viewer = await open_page("tour/")
    words = render_to_string("frontend/unavailable.html", {"retry_s": 3})
    await viewer.page.route(server.url, lambda route: route.fulfill(status=503, body=words, content_type="text/html"))
    await viewer.page.goto(server.url)
    await expect(viewer.page.get_by_role("heading", level=1)).to_have_text("One moment")
    assert await violations(viewer.page) == []

    await viewer.page.unroute(server.url)

    await expect(viewer.page.get_by_role("heading", level=1)).to_have_text("Global", timeout=SOON_MS)


async def test_the_page_is_right_without_javascript(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    server.submit(alice, winning)

    viewer = await open_page(java_script_enabled=False)

    await expect(viewer.page.locator("#rows tr").first).to_contain_text(alice)
    await expect(viewer.page.locator("#rows tr").first).to_contain_text(f"{winning:,}")
    await expect(viewer.page.locator("#status-words")).to_have_text("Reload for newer scores", use_inner_text=True)


async def test_the_board_is_a_table_to_a_screen_reader(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    server.submit(alice, winning)
    viewer = await open_page()

    table = viewer.page.get_by_role("table", name="Global")

    await expect(table.get_by_role("columnheader")).to_have_text(["Rank", "Player", "Score"])
    row = table.get_by_role("row").filter(has=viewer.page.get_by_role("rowheader", name=alice, exact=True))
    await expect(row.get_by_role("cell").first).to_have_text("1", use_inner_text=True)


async def test_a_name_runs_nothing_and_is_shown_as_it_is(server: Server, open_page: OpenPage, winning: int) -> None:
    name = "<img src=x onerror=alert(1)>"
    viewer = await open_page()
    await viewer.sees_state("Live")

    server.submit(name, winning)

    await viewer.sees_row(0, name, f"{winning:,}")
    assert await viewer.page.locator("#rows img").count() == 0
    assert viewer.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
async def test_the_page_fits_the_window_in_light_and_dark(
    server: Server, open_page: OpenPage, winning: int, scheme: str, width: int
) -> None:
    for place, name in enumerate(["ada", "grace", "hedy", "katherine", "a name as long as the rules allow it"]):
        server.submit(name, winning - 7 * place)
    viewer = await open_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    await viewer.sees_state("Live")

    _PICTURES.mkdir(exist_ok=True)
    await viewer.page.screenshot(path=_PICTURES / f"board-{width}-{scheme}.png")

    assert await viewer.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert viewer.complaints == []


def _as_shown(server: Server) -> list[tuple[str, str, str]]:
    """What `GET top` answers, in the words of the page."""
    return [(str(row["rank"]), row["username"], f"{row['total_score']:,}") for row in server.top()]
