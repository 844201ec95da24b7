"""A gateway that dies and comes back: the same orders, positions, ids and market time."""

import asyncio
import json
import signal
import sys

import pytest

from alphatrader.domain.errors import ConfigError, JournalError, LinkError
from alphatrader.sim.main import main
from alphatrader.sim.scripted import ScriptedMarket
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import open_simulator


async def test_orders_positions_and_executions_survive_a_restart(library, tmp_path, running_gateway):
    async with running_gateway(tmp_path) as bench:
        ib = await bench.connect()
        contract = await bench.call(ib)
        filled = ib.placeOrder(contract, library.MarketOrder("BUY", 2, tif="DAY"))
        await bench.until(lambda: filled.orderStatus.status == "Filled")
        stop = ib.placeOrder(contract, library.StopOrder("SELL", 2, 1.00, tif="GTC", orderRef="i:stop"))
        await bench.until(lambda: stop.orderStatus.whyHeld == "trigger")
        perm_id, exec_id = stop.order.permId, filled.fills[0].execution.execId
    async with running_gateway(tmp_path) as bench:
        ib = await bench.connect()
        (trade,) = ib.openTrades()
        assert trade.order.permId == perm_id
        assert trade.order.orderRef == "i:stop"
        assert [fill.execution.execId for fill in ib.fills()] == [exec_id]
        assert [position.position for position in ib.positions()] == [2]
        assert ib.client.getReqId() > trade.order.orderId
        ib.cancelOrder(trade.order)
        await bench.until(lambda: trade.orderStatus.status == "Cancelled")


async def test_market_time_goes_on_where_it_stopped(tmp_path):
    async with open_simulator(SimSettings(state_dir=tmp_path, speed=100), ScriptedMarket()) as sim:
        await asyncio.sleep(0.05)
    reached_ns = sim.market.now_ns
    assert reached_ns > ScriptedMarket().now_ns
    async with open_simulator(SimSettings(state_dir=tmp_path), ScriptedMarket()) as sim:
        assert sim.market.now_ns >= reached_ns
        assert sim.clock.now_ns() - reached_ns < 2_000_000_000


async def test_the_state_of_another_market_is_refused(tmp_path):
    async with open_simulator(SimSettings(state_dir=tmp_path, seed=1), ScriptedMarket()):
        pass
    with pytest.raises(ConfigError, match="seed was 1, is now 2"):
        async with open_simulator(SimSettings(state_dir=tmp_path, seed=2), ScriptedMarket()):
            pass


async def test_a_second_gateway_on_one_state_is_refused(tmp_path):
    async with open_simulator(SimSettings(state_dir=tmp_path), ScriptedMarket()):
        with pytest.raises(ConfigError, match="another SIMULATED gateway"):
            async with open_simulator(SimSettings(state_dir=tmp_path), ScriptedMarket()):
                pass


async def test_a_busy_port_is_one_clear_line(tmp_path):
    async with open_simulator(SimSettings(state_dir=tmp_path / "a"), ScriptedMarket()) as sim:
        with pytest.raises(LinkError, match="in use"):
            async with open_simulator(SimSettings(state_dir=tmp_path / "b", port=sim.port), ScriptedMarket()):
                pass


async def test_a_state_disk_that_fails_ends_the_run(tmp_path, library, running_gateway):
    async def trade_on_a_failing_disk():
        async with running_gateway(tmp_path) as bench:
            ib = await bench.connect()
            contract = await bench.call(ib)
            bench.sim._journal._database.execute("PRAGMA query_only = ON")
            ib.placeOrder(contract, library.LimitOrder("BUY", 1, 1.00, tif="DAY"))
            await bench.until(bench.sim.stopped.is_set)
            assert ib.openTrades()[0].orderStatus.status == "PendingSubmit"

    with pytest.raises(JournalError, match="cannot be written"):
        await trade_on_a_failing_disk()


def test_a_busy_port_ends_the_process_with_its_exit_code(tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert main(SimSettings(state_dir=blocked / "state")) == 5
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "choose another --state-dir" in error


async def test_the_process_writes_sim_json_and_stops_on_sigterm(tmp_path):
    command = (sys.executable, "-m", "alphatrader.sim", "--state-dir", str(tmp_path), "--seed", "5", "--speed", "10")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    try:
        async with asyncio.timeout(30):
            while not (tmp_path / "sim.json").exists():
                assert process.returncode is None
                await asyncio.sleep(0.05)
            facts = json.loads((tmp_path / "sim.json").read_bytes())
            assert facts["pid"] == process.pid
            assert all(facts[name] > 0 for name in ("port", "control_port", "alphavantage_port"))
            assert "SIMULATED" in facts["label"]
            reader, writer = await asyncio.open_connection("127.0.0.1", facts["control_port"])
            writer.write(b'{"op": "clock"}\n')
            clock = json.loads(await reader.readline())
            assert clock["session_date"] == facts["session_date"]
            writer.close()
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
            assert not (tmp_path / "sim.json").exists()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_bad_arguments_are_one_line():
    command = (sys.executable, "-m", "alphatrader.sim", "--state-dir", "x", "--speed", "0")
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, error = await process.communicate()
    assert process.returncode == 2
    assert error.decode().startswith("alphatrader sim: the simulator refuses --speed")
    assert error.count(b"\n") == 1
