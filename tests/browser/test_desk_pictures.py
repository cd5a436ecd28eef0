"""The pictures of the moderators' guide, taken from the real desk; see `test_pictures` for where they go."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, ViewportSize

from tests.acceptance.serving import eventually
from tests.browser.moderator import Moderator, hire, run
from tests.browser.server import Server
from tests.browser.test_pictures import _MOST_BYTES, _PICTURES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

_SCREEN: ViewportSize = {"width": 1280, "height": 800}

#: Who played what, the last of each above the rule's bound.
_PLAYED = {"onyxZoe": (240, 310), "StormyDingo": (180, 2_400), "mika.tanaka": (95, 1_150), "glid3r": (60,)}

_RULE = """
from scores.models import Board, SuspicionRule
SuspicionRule.objects.create(board=Board.objects.get(), kind="score", threshold=1000, action="hold")
"""
_DECIDED = """
from datetime import timedelta
from django.utils import timezone
from scores import ledger
from scores.models import Player, Suspicion
mona = Player.objects.get(username="mona").pk
player = lambda name: Player.objects.get(username=name).pk
ledger.rename(user_id=player("glid3r"), username="A kinder name", by=mona, reason="The old one insulted others.")
ledger.adjust(user_id=player("onyxZoe"), points=50, by=mona, reason="The cup was paid out too low.")
week = timezone.now() + timedelta(days=7)
ledger.ban(user_id=player("StormyDingo"), by=mona, reason="Played against a second account.", until=week)
ledger.unban(user_id=player("StormyDingo"), by=mona, reason="They were siblings.")
print(player("StormyDingo"))
"""


async def test_the_pictures_of_the_moderators_guide(new_server: Server, chromium: Browser) -> None:
    hire(new_server, "mona", "moderator")
    for name, scores in _PLAYED.items():
        new_server.submit(name, scores[0])
    run(new_server, _RULE)
    assert eventually(lambda: _is_held(new_server), within_s=30)  # a process hears of a new rule within a second
    for name, scores in _PLAYED.items():
        for score in scores[1:]:
            new_server.submit(name, score)
    user_id = run(new_server, _DECIDED)
    context = await chromium.new_context(viewport=_SCREEN)
    moderator = await Moderator.at(await context.new_page(), new_server, "mona")

    for picture, address in (
        ("desk", ""),
        ("desk-player", f"scores/player/{user_id}/change/"),
        ("desk-ban", f"scores/player/{user_id}/decide/ban/"),
        ("desk-queue", "scores/suspicion/"),
    ):
        await moderator.page.goto(f"{moderator.url}{address}")
        await _take(moderator, picture)
    await context.close()


def _is_held(server: Server) -> bool:
    """Whether a session above the bound waits by now."""
    receipt = server.submit("glid3r", 1_001)
    held = f"Suspicion.objects.filter(session_id={receipt['session_id']}).count()"
    return run(server, f"from scores.models import Suspicion; print({held})") == "1"


async def _take(moderator: Moderator, name: str) -> None:
    _PICTURES.mkdir(exist_ok=True)
    picture = _PICTURES / f"{name}.png"
    await moderator.page.screenshot(path=picture)
    assert picture.stat().st_size < _MOST_BYTES, f"{picture} is too large for the docs"
