"""The picture of an account, for the viewer's tour; see `test_pictures`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenPage, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

_ROOT = Path(__file__).resolve().parents[2]
_PICTURES = _ROOT / "docs" / "images" if os.environ.get("UPDATE_PICTURES") else _ROOT / "test-results"
_MOST_BYTES = 150_000
_OTHERS = {"onyxZoe": 12_480, "the_nova_weasel": 9_204, "StormyDingo": 8_967, "Uma": 3_120}
_SESSIONS = [("420", "survival", "win"), ("1315", "arena", ""), ("95", "duel", "loss"), ("2240", "survival", "win")]


async def test_an_account(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANKCAST_PLAYERS_MAY_SUBMIT", "1")
    with running() as server:
        for name, total in _OTHERS.items():
            server.submit(name, total)
        viewer = await open_page("account/signup/", at=server, viewport={"width": 1280, "height": 1010})
        page = viewer.page

        await page.get_by_label("Name").fill("mika.tanaka")
        await page.get_by_label("Password", exact=True).fill("quite a long password")
        await page.get_by_role("button", name="Sign up").click()
        for score, mode, outcome in _SESSIONS:
            await page.get_by_label("Score", exact=True).fill(score)
            await page.get_by_label("Game mode").fill(mode)
            await page.get_by_label("Outcome").select_option(outcome)
            await page.get_by_role("button", name="Submit the score").click()

        await expect(page.locator(".notice")).to_contain_text("Your total is 4,070, your rank 4.")
        _PICTURES.mkdir(exist_ok=True)
        picture = _PICTURES / "account.png"
        await page.screenshot(path=picture)
        assert picture.stat().st_size < _MOST_BYTES, f"{picture} is too large for the docs"
