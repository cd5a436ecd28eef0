"""The moderators' desk as the people who sit at it meet it: logged in, asked why, told what came of it."""

from __future__ import annotations

import html
import re
from typing import Any, Final

from django.contrib.auth.models import Group
from django.test import Client as Browser

from scores.models import Player
from scores.roles import Role

PLAYERS: Final = "/admin/scores/player/"
SESSIONS: Final = "/admin/scores/gamesession/"
QUEUE: Final = "/admin/scores/suspicion/"
RULES: Final = "/admin/scores/suspicionrule/"
BOARDS: Final = "/admin/scores/board/"
KEYS: Final = "/admin/scores/apikey/"
TRAIL: Final = "/admin/scores/auditentry/"

_SEEN: Final = re.compile(r'name="seen" value="([^"]*)"')


def logged_in(player: Player, **options: Any) -> Browser:
    browser = Browser(**options)
    browser.force_login(player)
    return browser


def staff(username: str, role: Role | None, **fields: Any) -> Player:
    """An account of staff with a role, or a superuser's."""
    player = Player.objects.create(username=username, is_staff=True, is_superuser=role is None, **fields)
    if role is not None:
        player.groups.add(Group.objects.get(name=role.value))
    return player


def text_of(response: Any, status: int = 200) -> str:
    """What somebody reads; the response must have that status."""
    assert response.status_code == status, response
    return html.unescape(response.content.decode())


def seen_at(page: str) -> str:
    """What a page of a decision showed of its row, as its form carries it; the text is unescaped already."""
    found = _SEEN.search(page)
    assert found is not None, page[-3000:]
    return found[1]


def decide(browser: Browser, row: str, decision: str, **answers: Any) -> Any:
    """Go from a row's page to a decision's, fill it in, and follow to where it leads."""
    page = f"{row}decide/{decision}/"
    assert f'href="{page}"' in text_of(browser.get(f"{row}change/")), f"no button {decision}"
    shown = seen_at(text_of(browser.get(page)))
    return browser.post(page, {"reason": "Cheated.", "seen": shown, **answers}, follow=True)


def select(browser: Browser, table: str, action: str, *ids: int, **answers: Any) -> Any:
    """Choose an action for rows of a list, confirm it, and follow to where it leads."""
    asked = browser.post(table, {"action": action, "_selected_action": ids}, follow=True)
    rows = re.search(r'name="rows" value="([\d,]+)"', text_of(asked))
    if rows is None:
        return asked  # nothing can be decided
    return browser.post(f"{table}decide/{action}/", {"rows": rows[1], "reason": "Cheated.", **answers}, follow=True)
