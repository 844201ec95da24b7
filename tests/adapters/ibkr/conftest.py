import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from tests.adapters.ibkr.recording_sink import RecordingSink
from tests.adapters.ibkr.scripted_gateway import Gateway

from alphatrader.adapters.ibkr import IbkrAdapter, IbkrSettings


@dataclass
class Rig:
    """An adapter connected to a scripted gateway, with its ``run`` under way."""

    gateway: Gateway
    adapter: IbkrAdapter
    sink: RecordingSink
    run: "asyncio.Task[None]"


@pytest.fixture(params=["ib_insync", "ib_async"])
def library(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["rust", "library"])
def decoder(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway() as running:
        yield running


MakeSettings = Callable[..., IbkrSettings]


@pytest.fixture
def make_settings(library: str, decoder: str, gateway: Gateway) -> MakeSettings:
    def make(**changes: Any) -> IbkrSettings:
        values: dict[str, Any] = {
            "port": gateway.port,
            "library": library,
            "decoder": decoder,
            "connect_timeout_s": 2,
            "reconnect_initial_s": 0.02,
            "reconnect_max_s": 0.05,
            "request_timeout_s": 2,
            "snapshot_timeout_s": 0.3,
        }
        return IbkrSettings(**(values | changes))

    return make


@pytest.fixture
def rig(make_settings: MakeSettings, gateway: Gateway) -> Callable[..., AbstractAsyncContextManager[Rig]]:
    @asynccontextmanager
    async def connected(**changes: Any) -> AsyncIterator[Rig]:
        sink = RecordingSink()
        adapter = IbkrAdapter(make_settings(**changes), sink, sink)
        await adapter.connect()
        async with asyncio.TaskGroup() as group:
            run = group.create_task(adapter.run())
            try:
                yield Rig(gateway, adapter, sink, run)
            finally:
                await adapter.close()

    return connected
