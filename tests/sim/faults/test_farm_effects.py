"""Farms: streams that stay dead or return, history and definitions without their farm, competing sessions."""

import asyncio

import pytest

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.faults.injector import read_fault
from alphatrader.sim.scripted import SPY_CON_ID


async def test_a_broken_farm_whose_streams_return(live):
    ticker = await live.ticker()
    live.fault("farm_outage", for_s=0.15)
    await live.code(2103)
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await live.rounds(4)
    assert ticker.bid == 650.00
    await live.code(2104)
    await live.until(lambda: ticker.bid == 651.00)


async def test_a_broken_farm_whose_streams_stay_dead_until_asked_for_anew(live):
    ticker = await live.ticker()
    contract = ticker.contract
    live.fault("farm_outage", for_s=0.1, streams="stay_dead")
    await live.code(2104)
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await live.rounds(8)
    assert ticker.bid == 650.00
    live.ib.cancelMktData(contract)
    again = live.ib.reqMktData(contract, "", False, False)
    await live.until(lambda: again.bid == 651.00)


@pytest.mark.parametrize(
    ("state", "farm", "code"),
    [
        ("broken", "data", 2103),
        ("ok", "data", 2104),
        ("broken", "history", 2105),
        ("ok", "history", 2106),
        ("inactive", "history", 2107),
        ("inactive", "data", 2108),
        ("connecting", "data", 2119),
        ("broken", "secdef", 2157),
        ("ok", "secdef", 2158),
    ],
)
async def test_notices_of_farms(live, state, farm, code):
    live.fault("farm_notice", state=state, farm=farm)
    await live.code(code, -1)


async def test_definitions_wait_for_their_farm(live):
    live.fault("farm_outage", for_s=0.15, farm="secdef")
    await live.code(2157)
    asked = asyncio.ensure_future(live.ib.reqContractDetailsAsync(live.library.Stock("SPY", "SMART", "USD")))
    await live.rounds(4)
    assert not asked.done()
    assert len(await asked) == 1
    await live.code(2158)


@pytest.mark.parametrize("manner", ["refused", "late", "never"])
async def test_history_without_its_farm(live, manner):
    live.sim.gateway.behaviours = type(live.sim.gateway.behaviours)(
        live.sim.gateway.behaviours._table, {"history_farm_broken": manner}
    )
    live.fault("farm_outage", for_s=0.15, farm="history")
    await live.code(2105)
    stock = await live.stock(live.ib)
    live.market.trade(SPY_CON_ID, 650.01, 5)
    asked = asyncio.ensure_future(
        live.ib.reqHistoricalDataAsync(stock, "", "1800 S", "1 min", "TRADES", True, timeout=2)
    )
    await live.rounds(4)
    assert any(code == 162 for _, code in live.codes) == (manner == "refused")
    assert asked.done() == (manner == "refused")
    await live.code(2106)
    if manner == "late":
        assert len(await asked) == 1
    else:
        asked.cancel()


async def test_a_competing_session_takes_the_data_away(live):
    ticker = await live.ticker()
    live.fault("competing_session", for_s=0.15)
    await live.code(10197)
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await live.rounds(4)
    assert ticker.bid == 650.00
    await live.until(lambda: ticker.bid == 651.00)


def test_a_farm_that_does_not_exist_is_refused():
    with pytest.raises(ConfigError, match="farm"):
        read_fault({"kind": "farm_notice", "state": "ok", "farm": "chicken"})
