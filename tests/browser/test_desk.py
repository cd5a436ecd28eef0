"""A moderator decides, and everybody who looks at the board sees it; the desk itself is for everybody too."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import OpenPage
from tests.browser.moderator import Moderator, Took, hire, run
from tests.browser.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

_PICTURES = Path(__file__).resolve().parents[2] / "test-results"
#: Between the click's answer and the row on the page. It takes some milliseconds; the machine may do other things too.
_AT_ONCE_MS = 5_000


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context()
    yield await context.new_page()
    await context.close()


async def test_what_a_moderator_decides_is_on_both_open_pages_and_in_the_trail(
    server: Server, open_page: OpenPage, page: Page, alice: str, winning: int
) -> None:
    hire(server, "mona", "moderator")
    receipt = server.submit(alice, winning)
    extra = server.submit(alice, 500)
    player, session = f"scores/player/{receipt['user_id']}/", f"scores/gamesession/{extra['session_id']}/"
    whole, less, more = f"{winning + 500:,}", f"{winning:,}", f"{winning + 507:,}"
    watchers = [await open_page(), await open_page()]
    for watcher in watchers:
        await watcher.sees_state("Live")
        await watcher.sees_row(0, alice, whole)
    moderator = await Moderator.at(page, server, "mona")

    took: list[Took] = []
    for row, decision, answers, shown in (
        (player, "ban", {"term": "7"}, (alice, None)),
        (player, "unban", {}, (alice, whole)),
        (session, "void", {}, (alice, less)),
        (session, "unvoid", {}, (alice, whole)),
        (player, "adjust", {"points": "7"}, (alice, more)),
        (player, "rename", {"username": f"{alice} the new"}, (f"{alice} the new", more)),
    ):
        took.append(await moderator.decide(row, decision, answers, watchers, shown))

    print("", *took, sep="\n")  # noqa: T201  the figures, with -s
    assert all(shown - one.answered < _AT_ONCE_MS for one in took for shown in one.shown)
    await page.goto(f"{moderator.url}scores/auditentry/?player={receipt['user_id']}")
    actions = page.locator("#result_list .field-action")
    await expect(actions).to_have_text(
        ["renamed", "score adjusted", "voiding undone", "voided", "unbanned", "banned"],
    )
    await expect(page.locator("#result_list .field-actor_link")).to_have_text(["mona"] * 6)
    await expect(page.locator("#result_list .field-reason").first).to_have_text("A test of rename.")
    assert [complaint for watcher in watchers for complaint in watcher.complaints] == []


@pytest.fixture
def busy_desk(server: Server, alice: str, bob: str) -> dict[str, str]:
    """Addresses of pages below the desk's, each with something on it."""
    hire(server, "olga", "operator")
    receipt = server.submit(alice, 50)
    user_id, session_id = receipt["user_id"], receipt["session_id"]
    banned = server.submit(bob, 60)["user_id"]
    run(
        server,
        "from scores import ledger; from scores.models import Board, Player, Suspicion\n"
        f"Suspicion.objects.create(session_id={session_id}, player_id={user_id}, board=Board.objects.get(),"
        " kind='score', threshold=40, observed=50, held=False)\n"
        "by = Player.objects.get(username='olga').pk\n"
        f"ledger.adjust(user_id={user_id}, points=5, by=by, reason='A prize.')\n"
        f"ledger.ban(user_id={banned}, by=by, reason='Two accounts.')",
    )
    return {
        "index": "",
        "players": "scores/player/",
        "player": f"scores/player/{user_id}/change/",
        "banned": f"scores/player/{banned}/change/",
        "ban": f"scores/player/{user_id}/decide/ban/",
        "erase": f"scores/player/{user_id}/decide/erase/",
        "sessions": "scores/gamesession/",
        "session": f"scores/gamesession/{session_id}/change/",
        "queue": "scores/suspicion/",
        "trail": "scores/auditentry/",
        "rule": "scores/suspicionrule/add/",
        "key": "scores/apikey/add/",
        "board": "scores/board/1/change/",
    }


async def test_an_operator_downloads_a_players_data(
    server: Server, page: Page, busy_desk: dict[str, str], alice: str
) -> None:
    operator = await Moderator.at(page, server, "olga")
    await page.goto(f"{operator.url}{busy_desk['player'].removesuffix('change/')}decide/export/")
    await page.fill("[name=reason]", "The player asked for it.")

    async with page.expect_download() as downloading:
        await page.click(".submit-row input[type=submit]")

    document = json.loads((await (await downloading.value).path()).read_bytes())
    assert document["player"]["username"] == alice
    assert [session["score"] for session in document["sessions"]] == [50, 5]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_the_desk_breaks_no_rule_and_fits(
    server: Server, chromium: Browser, busy_desk: dict[str, str], scheme: Any, width: int
) -> None:
    context = await chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    moderator = await Moderator.at(await context.new_page(), server, "olga")

    broken = []
    for name, address in busy_desk.items():
        await moderator.page.goto(f"{moderator.url}{address}")
        await moderator.page.screenshot(path=_PICTURES / f"desk-{name}-{width}-{scheme}.png", full_page=True)
        broken += [f"{name}: {violation}" for violation in await violations(moderator.page)]
        if await moderator.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            broken.append(f"{name}: wider than the screen")

    assert broken == []
    await context.close()
