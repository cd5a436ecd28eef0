"""axe-core, let loose on a page: what a screen reader, a keyboard or a weak eye would miss."""

from __future__ import annotations

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page


async def violations(page: Page) -> list[str]:
    """Each rule that the page breaks, with the element that breaks it and why."""
    results = await Axe().run(page)
    return [
        f"{violation['id']}: {node['target']}: {node['failureSummary']}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]
