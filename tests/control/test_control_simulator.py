"""The line to the simulated gateway, against the gateway's own control channel."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alphatrader.control.simulator import SimulatedGateway
from alphatrader.domain.errors import LinkError, PeerRefusedError
from alphatrader.sim.scripted import ScriptedMarket
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import Simulator, open_simulator


@pytest.fixture
async def simulator(tmp_path: Path) -> AsyncIterator[Simulator]:
    async with open_simulator(SimSettings(state_dir=tmp_path), ScriptedMarket()) as running:
        yield running


async def test_it_is_found_by_its_announcement_and_tells_its_clock(simulator: Simulator, tmp_path: Path) -> None:
    gateway = SimulatedGateway.announced(tmp_path / "sim.json")
    assert gateway.port == simulator.port
    clock, took_s = await gateway.timed_clock()
    assert clock.session_date == simulator.market.session_date
    assert clock.label == simulator.market.label
    assert clock.speed == 1.0
    assert took_s < 5


async def test_it_runs_ahead_changes_its_speed_and_ends(simulator: Simulator, tmp_path: Path) -> None:
    gateway = SimulatedGateway.announced(tmp_path / "sim.json")
    before = await gateway.clock()
    ahead = await gateway.advance(before.session_date, "15:00")
    assert ahead.market_ns > before.market_ns
    with pytest.raises(PeerRefusedError, match=r"passing the night: 15:00 of .* has passed"):
        await gateway.advance(before.session_date, "15:00")
    assert (await gateway.set_speed(60)).speed == 60
    await gateway.shut_down()
    async with asyncio.timeout(5):
        await simulator.stopped.wait()


async def test_without_an_announcement_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="no simulated gateway runs"):
        SimulatedGateway.announced(tmp_path / "sim.json")


async def test_a_gateway_that_is_gone_is_not_told_to_be_tws() -> None:
    with pytest.raises(LinkError, match="the simulated gateway is not there") as gone:
        await SimulatedGateway(1, 1, 1).clock()
    assert "TWS" not in str(gone.value)
