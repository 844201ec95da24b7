import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.ibkr.scripted_gateway import Gateway
from tests.adapters.ibkr.simulated_desk import Desk
from tests.doubles.sink import RecordingSink
from tests.sim.both_ways import WAYS

from alphatrader.adapters.ibkr.adapter import IbkrAdapter
from alphatrader.adapters.ibkr.settings import Endpoint, IbkrSettings
from alphatrader.sim.scripted import ScriptedMarket
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import open_simulator


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


MakeAdapter = Callable[..., IbkrAdapter]
CLIENT_ID = 17


@pytest.fixture
def make_adapter(library: str, decoder: str, gateway: Gateway) -> MakeAdapter:
    def make(sink: RecordingSink, *, port: int = gateway.port, account: str = "", **changes: Any) -> IbkrAdapter:
        values: dict[str, Any] = {
            "library": library,
            "decoder": decoder,
            "connect_timeout_s": 2,
            "reconnect_initial_s": 0.02,
            "reconnect_max_s": 0.05,
            "request_timeout_s": 2,
            "snapshot_timeout_s": 0.3,
        }
        endpoint = Endpoint(port=port, client_id=CLIENT_ID, account=account)
        return IbkrAdapter(endpoint, IbkrSettings(**(values | changes)), sink, sink)

    return make


@pytest.fixture
def rig(make_adapter: MakeAdapter, gateway: Gateway) -> Callable[..., AbstractAsyncContextManager[Rig]]:
    @asynccontextmanager
    async def connected(**changes: Any) -> AsyncIterator[Rig]:
        sink = RecordingSink()
        adapter = make_adapter(sink, **changes)
        await adapter.connect()
        async with asyncio.TaskGroup() as group:
            run = group.create_task(adapter.run())
            try:
                yield Rig(gateway, adapter, sink, run)
            finally:
                await adapter.close()

    return connected


@pytest.fixture(params=WAYS.values(), ids=WAYS)
async def desk(library: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """A place at a simulated gateway, in both ways in which real ones may behave."""
    market = ScriptedMarket()
    async with open_simulator(SimSettings(state_dir=tmp_path, behaviours=request.param), market) as sim:
        yield Desk(sim, market, library)
