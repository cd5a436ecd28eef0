"""Somebody who looks at the board: what they can read, and what the page did that they cannot see."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, expect

#: What the page may need after a change: commit, push, one frame of the browser, on a busy machine.
SOON_MS = 10_000

#: Writes down every state that the page names, every length of its table, every animation, every jump
#: of its layout: however short.
_RECORDER = """
  window.said = [];
  window.lengths = [];
  window.animated = [];
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const {value, sources} of list.getEntries()) {
      window.shifts.push([value, ...sources.map(({node}) => node?.parentElement?.outerHTML.slice(0, 120))]);
    }
  }).observe({type: "layout-shift", buffered: true});
  document.addEventListener("DOMContentLoaded", () => {
    const words = document.getElementById("status-words");
    const rows = document.getElementById("rows");
    if (!words || !rows) return;
    new MutationObserver(() => window.said.push(words.textContent))
      .observe(words, {childList: true, characterData: true, subtree: true});
    new MutationObserver(() => window.lengths.push(rows.rows.length)).observe(rows, {childList: true});
  });
  const animate = Element.prototype.animate;
  Element.prototype.animate = function (keyframes, options) {
    window.animated.push(Object.keys(keyframes[0]));
    return animate.call(this, keyframes, options);
  };
"""


@dataclass(slots=True)
class Viewer:
    """One page in one context."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    @classmethod
    async def at(cls, url: str, context: BrowserContext) -> Viewer:
        """A viewer who just opened the page."""
        await context.add_init_script(_RECORDER)
        viewer = cls(await context.new_page(), context)

        # Functions, not methods: Playwright writes an attribute onto the object of a bound method.
        def keep_warning(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                viewer.complaints.append(message.text)

        viewer.page.on("console", keep_warning)
        viewer.page.on("pageerror", lambda error: viewer.complaints.append(str(error)))
        await viewer.page.goto(url)
        return viewer

    async def sees_state(self, words: str | re.Pattern[str]) -> None:
        """Waits until the page says this about its connection."""
        await expect(self.page.locator("#status-words")).to_have_text(words, timeout=SOON_MS)

    async def has_seen_state(self, beginning: str) -> None:
        """Waits until the page has said something that begins so about its connection, however briefly."""
        deadline = time.monotonic() + SOON_MS / 1000
        while not any(words.startswith(beginning) for words in await self.recorded("said")):
            assert time.monotonic() < deadline, f"The page never said: {beginning}"
            await self.page.wait_for_timeout(50)

    async def sees_row(self, place: int, username: str, total: str) -> None:
        """Waits until the row at this place (from 0) holds this player with this score."""
        row = self.page.locator("#rows tr").nth(place)
        await expect(row.locator(".name")).to_have_text(username, timeout=SOON_MS)
        await expect(row.locator(".total")).to_have_text(total, timeout=SOON_MS)

    async def sees_move(self, username: str, sign: str) -> None:
        """Waits until the row of this player tells this about how their place last changed."""
        move = self.row(username).locator(".move")
        await expect(move).to_have_text(sign, timeout=SOON_MS)
        await expect(move).to_be_visible()

    def row(self, username: str) -> Locator:
        """The row of this player."""
        name = self.page.get_by_role("rowheader", name=username, exact=True)
        return self.page.locator("#rows tr").filter(has=name)

    async def rows(self) -> list[tuple[str, str, str]]:
        """Rank, name and score of each row as they stand in the table."""
        rows: list[list[str]] = await self.page.locator("#rows tr").evaluate_all(
            """rows => rows.map(
                 row => [".place", ".name", ".total"].map(part => row.querySelector(part).textContent))"""
        )
        return [(rank, name, total) for rank, name, total in rows]

    async def recorded(self, what: str) -> list[Any]:
        """What the recorder wrote down: `said`, `lengths`, `animated` or `shifts`."""
        recorded: list[Any] = await self.page.evaluate(f"window.{what}")
        return recorded
