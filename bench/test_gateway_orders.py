"""Order placed to acknowledged: an unmodified ib_insync, a real socket, the simulated gateway as a process of its own.

Target: under 50 ms at the median. The client sends at most 40 messages a second, as the broker demands; the pause is
not timed.
"""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import ib_insync
import pytest

ROUNDS = 60
PAUSE_S = 0.06
"""Two messages a round: placing and cancelling."""


@pytest.fixture
def gateway_port(tmp_path):
    """Port of a gateway at speed 1."""
    command = (sys.executable, "-m", "alphatrader.sim", "--state-dir", str(tmp_path), "--seed", "7")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    facts = Path(tmp_path / "sim.json")
    deadline_s = time.monotonic() + 60
    while not facts.exists():
        assert process.poll() is None, "the gateway did not start"
        assert time.monotonic() < deadline_s, "the gateway did not start in time"
        time.sleep(0.05)
    yield json.loads(facts.read_bytes())["port"]
    process.terminate()
    process.wait()


@pytest.fixture
def client(gateway_port):
    """A connected ib_insync with market data flowing, and SPY."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    ib = ib_insync.IB()
    loop.run_until_complete(ib.connectAsync("127.0.0.1", gateway_port, clientId=1, timeout=10))
    spy = ib_insync.Stock("SPY", "SMART", "USD")
    loop.run_until_complete(ib.qualifyContractsAsync(spy))
    ib.reqMktData(spy, "233", False, False)
    ib.reqMktDepth(spy, 20, isSmartDepth=True)
    yield loop, ib, spy
    ib.disconnect()
    loop.run_until_complete(asyncio.sleep(0.05))
    loop.close()


def test_order_to_acknowledgement(benchmark, client):
    """A limit far below the market: placed, until its first status arrives."""
    loop, ib, spy = client
    placed = []

    async def acknowledged():
        trade = ib.placeOrder(spy, ib_insync.LimitOrder("BUY", 1, 100, tif="DAY"))
        placed.append(trade)
        while trade.orderStatus.status == "PendingSubmit":
            await trade.statusEvent

    def pause():
        if placed:
            ib.cancelOrder(placed[-1].order)
        loop.run_until_complete(asyncio.sleep(PAUSE_S))

    benchmark.pedantic(lambda: loop.run_until_complete(acknowledged()), setup=pause, rounds=ROUNDS, warmup_rounds=3)
    assert all(trade.orderStatus.status in {"Submitted", "PreSubmitted", "Cancelled"} for trade in placed)
