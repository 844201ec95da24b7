"""The shipped scenarios from end to end, in virtual time: a client that comes back, and what it was told.

Faults on or off, a run depends on its seed alone.
"""

import asyncio
import importlib
import logging
from pathlib import Path

import pytest

from alphatrader.sim.faults import kinds
from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID, ScriptedMarket
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.virtual import run_virtual

TOLD = {
    "nightly_reset": {1100, 1101},
    "gateway_restart": set(),
    "sunday_login": set(),
    "farm_flap": {2103, 2104, 2105, 2106, 2157, 2158, 10197},
    "feed_stall": set(),
    "demo": set(),
    "fill_races": set(),
    "lost_callbacks": set(),
    "duplicate_statuses": set(),
    "halted": {316},
    "depth_resets": {317},
    "slow_gateway": set(),
    "order_id_rollback": set(),
    "alphavantage_limits": set(),
}
"""Codes that a client must have seen at the end of each scenario, but for chaos."""
SHIPPED = sorted(path.stem for path in Path("config/scenarios").glob("*.yaml"))


def run(tmp_path, scenario, *, for_s=180, seed=7, market_starts_s=3500):
    """Trade through a scenario with a client that reconnects; return the run, with codes and the truth at its end."""
    logging.getLogger("ib_insync").setLevel(logging.CRITICAL)
    library = importlib.import_module("ib_insync")
    market = ScriptedMarket(start_ns=ScriptedMarket().open_ns + market_starts_s * 1_000_000_000)

    async def bot(sim):
        codes, connects = set(), 0
        ib = library.IB()
        ib.RequestTimeout = 5
        ib.errorEvent += lambda req_id, code, text, contract: codes.add(code)
        call = library.Option(conId=CALL_CON_ID, exchange="SMART")
        spy = library.Stock(conId=SPY_CON_ID, symbol="SPY", exchange="SMART", currency="USD")
        for second in range(for_s):
            if scenario == "sunday_login" and second == 60:
                sim.apply_fault(kinds.Login())
            try:
                if not ib.isConnected():
                    await ib.connectAsync("127.0.0.1", sim.port, clientId=1, timeout=2)
                    connects += 1
                    ib.reqMktData(spy, "", False, False)
                    ib.reqMktDepth(spy, isSmartDepth=True)
                if second % 7 == 3:
                    ib.placeOrder(call, library.LimitOrder("BUY", 1, 2.00 if second % 2 else 1.90, tif="DAY"))
                if second % 7 == 6:
                    for trade in ib.openTrades():
                        ib.cancelOrder(trade.order)
            except (ConnectionError, OSError, TimeoutError):
                ib.disconnect()
            market.set_depth([("ARCA", 650.00, 100 + second)], [("ARCA", 650.02, 100)])
            market.set_quote(CALL_CON_ID, 1.98, 2.00 + second % 3 / 100, 10)
            await asyncio.sleep(1)
        ib.disconnect()
        exchange = sim.gateway.exchange
        bought = sum(record.quantity for record in exchange.executions)
        return codes, connects, bought, exchange.account.quantity(CALL_CON_ID), sim.scenarios.left

    settings = SimSettings(state_dir=tmp_path / f"{scenario}-{seed}", seed=seed, scenario=scenario)
    return run_virtual(bot, settings, market=market, libraries=("ib_insync",))


@pytest.mark.parametrize("scenario", [name for name in SHIPPED if name != "chaos"])
def test_a_scenario_from_end_to_end(tmp_path, scenario):
    outcome = run(tmp_path, scenario, for_s=240)
    codes, connects, bought, held, _ = outcome.result
    assert codes >= TOLD[scenario]
    assert held == bought > 0, "the books agree whatever clients were told"
    dropped = {"nightly_reset", "gateway_restart", "sunday_login", "lost_callbacks", "order_id_rollback"}
    assert (connects > 1) == (scenario in dropped)


def test_chaos_depends_on_the_seed_alone(tmp_path):
    first = run(tmp_path / "a", "chaos", for_s=300)
    again = run(tmp_path / "b", "chaos", for_s=300)
    other = run(tmp_path / "c", "chaos", for_s=300, seed=8)
    assert first.event_hash == again.event_hash != other.event_hash
    assert first.result == again.result
    assert first.result[3] == first.result[2]
