"""A real server and a real browser. Each viewer is a context of its own: own cookies, network and wishes."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.server import Server
from tests.browser.viewer import Viewer

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
#: The first two let it run as root and without a graphics card; the rest keep it from calling home.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

OpenPage = Callable[..., Awaitable[Viewer]]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """`manage.py serve` on data of its own, started once for all tests of the pages."""
    if _CHROMIUM is None:
        pytest.skip("needs Chromium")
    with Server.started() as server:
        yield server


@pytest.fixture
async def chromium(server: Server) -> AsyncIterator[Browser]:
    """A fresh browser: its event loop is the test's, so none outlives the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def open_page(server: Server, chromium: Browser) -> AsyncIterator[OpenPage]:
    """Opens the board for one more viewer; takes Playwright's options of a context."""
    async with AsyncExitStack() as stack:

        async def open_for_viewer(**options: Any) -> Viewer:
            context = await chromium.new_context(**options)
            stack.push_async_callback(context.close)
            return await Viewer.at(server.url, context)

        yield open_for_viewer
