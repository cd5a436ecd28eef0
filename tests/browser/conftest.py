"""A real server and a real browser. Each viewer is a context of its own: own cookies, network and wishes."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from tests.acceptance.serving import Serving, new_api_key
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

_numbers = itertools.count(1)

OpenPage = Callable[..., Awaitable[Viewer]]


@contextmanager
def running() -> Iterator[Server]:
    """`manage.py serve` on data of its own."""
    if _CHROMIUM is None:
        pytest.skip("needs Chromium")
    data = Path(tempfile.mkdtemp(prefix="rankcast-browser-"))
    if os.geteuid() == 0:
        data.chmod(0o711)  # root's servers run as another account, which must pass through
    try:
        serving = Serving.started(data)
        try:
            yield Server(serving, new_api_key(data))
        finally:
            serving.discard()
    finally:
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Started once for all tests of the pages: its board fills up."""
    with running() as server:
        yield server


@pytest.fixture
def new_server() -> Iterator[Server]:
    """A server of one's own, on which nobody has played yet."""
    with running() as server:
        yield server


@pytest.fixture
def alice() -> str:
    """A player whom the server does not know yet; the tests share one."""
    return f"alice {next(_numbers)}"


@pytest.fixture
def bob() -> str:
    return f"bob {next(_numbers)}"


@pytest.fixture
def charlie() -> str:
    return f"charlie {next(_numbers)}"


@pytest.fixture
def winning(server: Server) -> int:
    """A score that leads the board."""
    return max((row["total_score"] for row in server.top()), default=0) + 1000


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A fresh browser: its event loop is the test's, so none outlives the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def open_page(server: Server, chromium: Browser) -> AsyncIterator[OpenPage]:
    """Opens the board, or the page at `path`, for one more viewer; takes Playwright's options of a context."""
    async with AsyncExitStack() as stack:

        async def open_for_viewer(path: str = "", *, at: Server = server, **options: Any) -> Viewer:
            context = await chromium.new_context(**options)
            stack.push_async_callback(context.close)
            return await Viewer.at(f"{at.url}{path}", context)

        yield open_for_viewer
