"""The pictures of the viewer's tour and of the README, taken from the real pages.

`just pictures` (UPDATE_PICTURES=1) writes them to docs/images. Any other run writes them to test-results, and only
shows that they can be taken.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.server import Server
from tests.browser.viewer import SOON_MS, Viewer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

_ROOT = Path(__file__).resolve().parents[2]
_PICTURES = _ROOT / "docs" / "images" if os.environ.get("UPDATE_PICTURES") else _ROOT / "test-results"
_MOST_BYTES = 150_000
_STALE_MS = 11_000

_PHONE = {"width": 360, "height": 780}
_DESK = {"width": 1280, "height": 840}

#: An evening's best, two of them tied.
_EVENING = {
    "onyxZoe": 12_480,
    "the_nova_weasel": 12_204,
    "StormyDingo": 11_967,
    "Łucja": 11_320,
    "mika.tanaka": 11_320,
    "glid3r": 10_844,
    "violetPaula": 10_671,
    "joao.acorn": 9_958,
    "The Lazy Falcon": 9_702,
    "yuki95": 9_415,
    "hyper_comet": 9_120,
    "Uma": 8_877,
    "cosmic_wolf": 8_204,
    "zoe.ngata": 7_990,
}


async def test_the_pictures_of_the_tour(new_server: Server, open_page: OpenPage) -> None:
    for name, score in _EVENING.items():
        new_server.submit(name, score)
    light = await open_page(at=new_server, viewport=_DESK)
    dark = await open_page(at=new_server, viewport=_DESK, color_scheme="dark")
    phone = await open_page(at=new_server, viewport=_PHONE, device_scale_factor=2)
    for viewer in (light, dark, phone):
        await viewer.sees_state("Live")

    await _play_on(new_server, [light, dark, phone])
    await _take(light, "board")
    await _take(dark, "board-dark")
    await _take(phone, "board-phone")
    await _lose_the_network(phone)
    await _take(phone, "offline-phone")
    await _find(light, "the", ["The Lazy Falcon", "the_nova_weasel"])
    await _take(light, "find-a-player")
    await light.page.keyboard.press("Enter")
    await expect(light.page.get_by_role("heading", level=1)).to_have_text("The Lazy Falcon", timeout=SOON_MS)
    await light.sees_state("Live")
    new_server.submit("yuki95", 710)
    await light.sees_move("yuki95", "▲1")
    await _comes_to_rest(light)
    new_server.submit("glid3r", 40)
    await expect(light.row("glid3r").locator(".gain")).to_have_text("+40", timeout=SOON_MS)
    await _take(light, "player")


async def _play_on(server: Server, viewers: Sequence[Viewer]) -> None:
    """Games that move the top: the last of them is a moment ago."""
    server.submit("joao.acorn", 1_050)
    server.submit("StormyDingo", 240)
    for viewer in viewers:
        await viewer.sees_move("joao.acorn", "▲2")
        await viewer.sees_move("StormyDingo", "▲1")
        await _comes_to_rest(viewer)
    server.submit("violetPaula", 85)
    for viewer in viewers:
        await expect(viewer.row("violetPaula").locator(".gain")).to_have_text("+85", timeout=SOON_MS)


async def _comes_to_rest(viewer: Viewer) -> None:
    await viewer.page.evaluate("Promise.all(document.getAnimations().map(animation => animation.finished))")


async def _lose_the_network(viewer: Viewer) -> None:
    await viewer.page.clock.install()
    await viewer.context.set_offline(True)
    await viewer.sees_state("Offline")
    await viewer.page.clock.fast_forward(_STALE_MS)
    await expect(viewer.page.locator(".age")).to_contain_text("Not refreshed since", timeout=SOON_MS)


async def _find(viewer: Viewer, text: str, names: Sequence[str]) -> None:
    """Types a beginning and walks to the first suggestion."""
    await viewer.page.get_by_label("Find a player").fill(text)
    await expect(viewer.page.get_by_role("option")).to_have_text(list(names), timeout=SOON_MS)
    await viewer.page.keyboard.press("ArrowDown")


async def _take(viewer: Viewer, name: str) -> None:
    _PICTURES.mkdir(exist_ok=True)
    picture = _PICTURES / f"{name}.png"
    await viewer.page.screenshot(path=picture)
    assert picture.stat().st_size < _MOST_BYTES, f"{picture} is too large for the docs"
