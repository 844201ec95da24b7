"""What the browser tests share."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser
from tests.dashboard.desk import Desk
from tests.e2e.browser_pages import desk_of_its_own, started_browser


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with desk_of_its_own() as opened:
        yield opened


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with started_browser() as started:
        yield started
