"""The pages are for everybody: no rule of axe is broken, and the keyboard reaches everything and sees where it is."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import OpenPage
from tests.browser.server import Server
from tests.browser.viewer import SOON_MS, Viewer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

_STALE_MS = 11_000

on_every_screen = pytest.mark.parametrize(
    "screen",
    [
        {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
        for scheme in ("light", "dark")
        for width in (360, 1600)
    ],
    ids=lambda screen: f"{screen['color_scheme']}-{screen['viewport']['width']}",
)


@on_every_screen
async def test_a_full_board_breaks_no_rule(
    server: Server, open_page: OpenPage, *, alice: str, bob: str, winning: int, screen: dict[str, Any]
) -> None:
    for place, name in enumerate([alice, bob, *(f"{bob}, number {number}" for number in range(2, 11))]):
        server.submit(name, winning + 100 - place // 2)
    viewer = await open_page(**screen)
    await viewer.sees_state("Live")
    server.submit(bob, 1_000)
    await viewer.sees_move(alice, "▼1")
    await _comes_to_rest(viewer)

    assert await violations(viewer.page) == []
    assert await _fits(viewer)


@on_every_screen
async def test_a_board_that_is_offline_for_a_while_says_since_when_and_breaks_no_rule(
    server: Server, open_page: OpenPage, alice: str, winning: int, screen: dict[str, Any]
) -> None:
    server.submit(alice, winning)
    viewer = await open_page(**screen)
    await viewer.sees_state("Live")
    await viewer.page.clock.install()
    await viewer.context.set_offline(True)
    await viewer.sees_state("Offline")
    await viewer.page.clock.fast_forward(_STALE_MS)

    await expect(viewer.page.locator(".age")).to_contain_text("Not refreshed since", timeout=SOON_MS)
    assert await violations(viewer.page) == []
    assert await _fits(viewer)
    await viewer.context.set_offline(False)
    await expect(viewer.page.locator(".age")).to_contain_text("Updated", timeout=SOON_MS)


async def test_an_empty_board_breaks_no_rule(new_server: Server, open_page: OpenPage) -> None:
    for scheme in ("light", "dark"):
        viewer = await open_page(at=new_server, color_scheme=scheme)
        await viewer.sees_state("Live")

        await expect(viewer.page.locator("#empty")).to_be_visible()
        assert await violations(viewer.page) == []

    new_server.submit("alice", 10)
    await viewer.sees_row(0, "alice", "10")
    await expect(viewer.page.locator("#empty")).to_be_hidden()
    assert await viewer.recorded("shifts") == []


@pytest.mark.parametrize("width", [360, 640, 1600])
async def test_the_head_keeps_its_places_while_the_rest_of_it_is_still_on_its_way(
    server: Server, open_page: OpenPage, width: int
) -> None:
    """A browser may paint what has arrived: what arrives afterwards pushes nothing."""
    viewer = await open_page(viewport={"width": width, "height": 900})
    await viewer.sees_state("Live")

    pushed: list[str] = await viewer.page.evaluate("""() => {
      const parts = [...document.querySelectorAll("header.site > *")];
      const place = (part) => { const {x, y} = part.getBoundingClientRect(); return `${part.className} ${x} ${y}`; };
      const pushed = [];
      while (parts.length > 1) {
        const before = parts.slice(0, -1).map(place);
        parts.pop().remove();
        pushed.push(...parts.map(place).filter((now, index) => now !== before[index]));
      }
      return pushed;
    }""")

    assert pushed == []


@on_every_screen
async def test_a_players_page_breaks_no_rule(
    server: Server, open_page: OpenPage, *, alice: str, bob: str, winning: int, screen: dict[str, Any]
) -> None:
    server.submit(alice, winning)
    receipt = server.submit(bob, winning - 3)
    viewer = await open_page(f"players/{receipt['user_id']}/", **screen)
    await viewer.sees_state("Live")
    await _comes_to_rest(viewer)

    assert await violations(viewer.page) == []
    assert await _fits(viewer)


@on_every_screen
async def test_suggestions_and_results_break_no_rule(
    server: Server, open_page: OpenPage, alice: str, screen: dict[str, Any]
) -> None:
    server.submit(alice, 5)
    viewer = await open_page(**screen)
    await viewer.page.get_by_label("Find a player").fill(alice)
    await expect(viewer.page.get_by_role("option")).to_have_count(1, timeout=SOON_MS)
    await viewer.page.keyboard.press("ArrowDown")

    assert await violations(viewer.page) == []

    viewer = await open_page(f"players/?search={alice}", **screen)
    assert await violations(viewer.page) == []
    assert await _fits(viewer)


@on_every_screen
@pytest.mark.parametrize("path", ["no-such-page", "players/999999/", "players/?search=%00", "tour/"])
async def test_pages_of_words_break_no_rule(open_page: OpenPage, path: str, screen: dict[str, Any]) -> None:
    viewer = await open_page(path, **screen)

    assert await violations(viewer.page) == []
    assert await _fits(viewer)


async def test_the_keyboard_reaches_everything_in_reading_order_and_sees_where_it_is(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    server.submit(alice, winning)
    viewer = await open_page()
    await viewer.sees_state("Live")
    names = [name for _, name, _ in await viewer.rows()]

    reached = []
    while (name := await _next_by_tab(viewer)) != "":
        reached.append(name)

    head = ["Skip to the content", "Rankcast", "Find a player", "Search", "Account"]
    assert reached == [*head, *names, "Board", "API", "Tour"]


async def test_the_skip_link_leads_past_the_head(open_page: OpenPage) -> None:
    viewer = await open_page()

    await viewer.page.keyboard.press("Tab")
    await viewer.page.keyboard.press("Enter")

    await expect(viewer.page.get_by_role("main")).to_be_focused()


async def test_in_forced_colours_the_line_and_the_own_row_can_still_be_told(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    receipt = server.submit(alice, winning)
    viewer = await open_page(f"players/{receipt['user_id']}/", forced_colors="active")
    await viewer.sees_state("Live")

    own = viewer.page.locator('#rows tr[aria-current="true"] .rank')
    assert await own.evaluate("cell => getComputedStyle(cell).borderInlineStartWidth") == "3px"
    assert await violations(viewer.page) == []


async def test_on_paper_there_is_the_board_and_nothing_to_click(
    server: Server, open_page: OpenPage, alice: str, winning: int
) -> None:
    server.submit(alice, winning)
    viewer = await open_page()
    await viewer.page.emulate_media(media="print")

    await expect(viewer.row(alice)).to_be_visible()
    for useless in ("#find", "#status", "footer"):
        await expect(viewer.page.locator(useless)).to_be_hidden()


async def _next_by_tab(viewer: Viewer) -> str:
    """The words of the element that one more Tab reaches; empty at the end of the page."""
    await viewer.page.keyboard.press("Tab")
    name, outline = await viewer.page.evaluate(
        """() => {
          const element = document.activeElement;
          if (element === document.body) return ["", ""];
          const {outlineStyle, outlineWidth} = getComputedStyle(element);
          return [(element.labels?.[0] ?? element).textContent.trim(), `${outlineStyle} ${outlineWidth}`];
        }"""
    )
    assert name == "" or outline == "solid 2px", f"{name} does not show its focus: {outline}"
    return str(name)


async def _comes_to_rest(viewer: Viewer) -> None:
    await viewer.page.evaluate("Promise.all(document.getAnimations().map(animation => animation.finished))")


async def _fits(viewer: Viewer) -> bool:
    """Whether nothing is wider than the window."""
    return bool(await viewer.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
