"""A gateway over a scripted market, and unmodified clients of both libraries on real sockets."""

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from alphatrader.sim.scripted import ScriptedMarket
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import Simulator, open_simulator

TIMEOUT_S = 5.0


@pytest.fixture(params=["ib_insync", "ib_async"])
def library(request: pytest.FixtureRequest) -> ModuleType:
    """Each of the two client libraries, unmodified."""
    logging.getLogger(request.param).setLevel(logging.CRITICAL)
    return importlib.import_module(request.param)


class Bench(SimpleNamespace):
    """A running gateway and what a test does with it."""

    sim: Simulator
    market: ScriptedMarket
    library: ModuleType
    stack: AsyncExitStack

    async def connect(self, client_id: int = 1, **options: Any) -> Any:
        """Connect a client; it is disconnected when the test ends."""
        ib = self.library.IB()
        ib.RequestTimeout = TIMEOUT_S
        await ib.connectAsync("127.0.0.1", self.sim.port, clientId=client_id, timeout=TIMEOUT_S, **options)
        self.stack.callback(ib.disconnect)
        return ib

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait until a condition holds; fail if it never does."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                while not condition():
                    await asyncio.sleep(0.004)
        except TimeoutError:
            pytest.fail(f"never happened: {what or condition}")

    async def rounds(self, count: int = 4) -> None:
        """Let the gateway make some rounds and the client read what came."""
        await asyncio.sleep(0.012 * count)

    async def qualified(self, ib: Any, contract: Any) -> Any:
        """Qualify one contract."""
        await ib.qualifyContractsAsync(contract)
        assert contract.conId
        return contract

    async def call(self, ib: Any) -> Any:
        """The 650 call that expires today, qualified."""
        return await self.qualified(ib, self.library.Option("SPY", "20261116", 650, "C", "SMART"))

    async def stock(self, ib: Any) -> Any:
        """SPY, qualified."""
        return await self.qualified(ib, self.library.Stock("SPY", "SMART", "USD"))


@asynccontextmanager
async def running(
    library: ModuleType, state_dir: Path, market: ScriptedMarket | None = None, **settings: Any
) -> AsyncIterator[Bench]:
    """Run a gateway over a scripted market."""
    market = market or ScriptedMarket()
    async with AsyncExitStack() as stack:
        sim = await stack.enter_async_context(open_simulator(SimSettings(state_dir=state_dir, **settings), market))
        async with AsyncExitStack() as clients:
            yield Bench(sim=sim, market=market, library=library, stack=clients)


@pytest.fixture
async def bench(library: ModuleType, tmp_path: Path) -> AsyncIterator[Bench]:
    """A running gateway."""
    async with running(library, tmp_path) as running_bench:
        yield running_bench


@pytest.fixture
def running_gateway(library: ModuleType) -> Callable[..., Any]:
    """Run a gateway on a state directory, as often as a test likes."""
    return lambda state_dir, **settings: running(library, state_dir, **settings)
