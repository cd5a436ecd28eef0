"""Somebody at the moderators' desk, in a browser; and how long a board takes to show what they decide."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from playwright.async_api import Page
from typing_extensions import override

from tests.acceptance.serving import manage
from tests.browser.server import Server
from tests.browser.viewer import SOON_MS, Viewer

PASSWORD: Final = "quite a long password"

#: When this player's row had this total, in milliseconds since 1970; a total of null: when there was no such row.
_SHOWN: Final = """([username, total]) => {
  const row = [...document.querySelectorAll("#rows tr")].find(
    row => row.querySelector(".name").textContent.trim() === username);
  const shown = row === undefined ? null : row.querySelector(".total").textContent.trim();
  return shown === total ? Date.now() : false;
}"""


def run(server: Server, code: str) -> str:
    """What Python code prints in a process of the server's own."""
    done = manage(server.serving.data, "shell", "-v", "0", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def hire(server: Server, username: str, role: str) -> None:
    """Make an account of staff with this role, unless there is one."""
    run(
        server,
        "from django.contrib.auth.models import Group; from scores.models import Player\n"
        f"player, new = Player.objects.get_or_create(username={username!r}, defaults={{'is_staff': True}})\n"
        f"player.set_password({PASSWORD!r}); player.save(); player.groups.set([Group.objects.get(name={role!r})])",
    )


@dataclass(frozen=True, slots=True)
class Took:
    """How long a decision took, in milliseconds after the click; `shown` once for each page that watched."""

    decision: str
    answered: float
    shown: Sequence[float]

    @override
    def __str__(self) -> str:
        pages = ", ".join(f"{shown:.0f}" for shown in self.shown)
        return f"{self.decision:>8}: answered after {self.answered:4.0f} ms, on the open pages after {pages} ms"


@dataclass(slots=True)
class Moderator:
    """One page of the desk, logged in."""

    page: Page
    url: str  # of the desk

    @classmethod
    async def at(cls, page: Page, server: Server, username: str) -> Moderator:
        """A moderator who just logged in."""
        moderator = cls(page, f"{server.url}admin/")
        await page.goto(moderator.url)
        await page.fill("#id_username", username)
        await page.fill("#id_password", PASSWORD)
        await page.click("input[type=submit]")
        await page.locator(".places").wait_for()
        return moderator

    async def decide(
        self,
        row: str,
        decision: str,
        answers: dict[str, str],
        watchers: Sequence[Viewer],
        shown: tuple[str, str | None],
    ) -> Took:
        """Decide about a row from its page, while others watch the board.

        Args:
            row: the address of its page below the desk's.
            decision: its name in addresses.
            answers: what to fill in or, where it is a choice, to choose, beside the reason.
            watchers: who sees the board.
            shown: the player, and the total that the board shows then; None: no such player.
        """
        await self.page.goto(f"{self.url}{row}decide/{decision}/")
        for name, answer in answers.items():
            await self._fill(name, answer)
        await self.page.fill("[name=reason]", f"A test of {decision}.")
        watching = [asyncio.create_task(_when_shown(watcher, shown)) for watcher in watchers]
        clicked = time.time() * 1000
        async with self.page.expect_response(lambda response: response.request.method == "POST") as answer_of:
            await self.page.click(".submit-row input[type=submit]")
        response = await answer_of.value
        answered = time.time() * 1000
        assert response.status == 302, await self.page.content()
        moments = await asyncio.gather(*watching)
        return Took(decision, answered - clicked, [moment - clicked for moment in moments])

    async def _fill(self, name: str, answer: str) -> None:
        field = self.page.locator(f"[name={name}]")
        if await field.first.get_attribute("type") == "radio":
            await self.page.check(f"[name={name}][value='{answer}']")
        else:
            await field.fill(answer)


async def _when_shown(viewer: Viewer, shown: tuple[str, str | None]) -> float:
    found = await viewer.page.wait_for_function(_SHOWN, arg=list(shown), timeout=SOON_MS)
    return float(await found.json_value())
