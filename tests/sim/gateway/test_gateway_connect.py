"""Connecting, contracts, and the questions that clients ask while they connect."""

import asyncio
import logging

import pytest
from tests.sim.gateway.raw_client import HELLO_981, RawClient

from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID


async def test_connect_synchronises_without_a_time_out(bench, caplog):
    caplog.set_level(logging.ERROR, logger=bench.library.__name__)
    codes = []
    ib = bench.library.IB()
    ib.errorEvent += lambda req_id, code, text, contract: codes.append(code)
    await ib.connectAsync("127.0.0.1", bench.sim.port, clientId=1, timeout=4)
    assert not [record for record in caplog.records if "timed out" in record.getMessage()]
    assert ib.client.serverVersion() == 176
    assert ib.managedAccounts() == ["DUSIM0001"]
    assert codes == [2104, 2106, 2158]
    assert ib.positions() == []
    assert {value.tag: value.value for value in ib.accountValues()}["NetLiquidation"] == "100000.00"
    ib.disconnect()


async def test_client_id_0_may_bind_and_others_may_not(bench):
    ib = await bench.connect(client_id=0)
    other = await bench.connect(client_id=5)
    codes = []
    other.errorEvent += lambda req_id, code, text, contract: codes.append(code)
    other.reqAutoOpenOrders(True)
    await bench.until(lambda: codes == [327])
    assert ib.isConnected()


async def test_a_client_id_in_use_is_refused_with_326(bench):
    await bench.connect(client_id=7)
    second = bench.library.IB()
    codes = []
    second.errorEvent += lambda req_id, code, text, contract: codes.append(code)
    with pytest.raises((asyncio.TimeoutError, ConnectionError)):
        await second.connectAsync("127.0.0.1", bench.sim.port, clientId=7, timeout=0.3)
    assert codes == [326]


async def test_contract_details(bench):
    ib = await bench.connect()
    lib = bench.library
    (stock,) = await ib.reqContractDetailsAsync(lib.Stock("SPY", "SMART", "USD"))
    assert stock.contract.conId == SPY_CON_ID
    assert stock.minTick == 0.01
    assert stock.timeZoneId == "US/Eastern"
    assert stock.tradingHours == "20261116:0930-20261116:1600"
    (option,) = await ib.reqContractDetailsAsync(lib.Option("SPY", "20261116", 650, "C", "SMART"))
    assert option.contract.conId == CALL_CON_ID
    assert option.contract.localSymbol == "SPY   261116C00650000"
    assert option.contract.multiplier == "100"
    assert option.underConId == SPY_CON_ID
    assert option.contract.lastTradeDateOrContractMonth.split()[0] == "20261116"
    (same,) = await ib.reqContractDetailsAsync(lib.Contract(conId=CALL_CON_ID))
    assert same.contract == option.contract


async def test_an_open_description_yields_all_that_fit(bench):
    ib = await bench.connect()
    found = await ib.reqContractDetailsAsync(bench.library.Option("SPY", "20261116", exchange="SMART"))
    assert sorted(details.contract.right for details in found) == ["C", "P"]
    month = await ib.reqContractDetailsAsync(bench.library.Option("SPY", "202611", 650, "C", "SMART"))
    assert len(month) == 2


async def test_an_unknown_contract_is_error_200(bench):
    ib = await bench.connect()
    codes = []
    ib.errorEvent += lambda req_id, code, text, contract: codes.append(code)
    assert await ib.reqContractDetailsAsync(bench.library.Stock("NOPE", "SMART", "USD")) == []
    assert codes == [200]


async def test_an_ambiguous_market_data_request_is_error_200(bench):
    ib = await bench.connect()
    errors = []
    ib.errorEvent += lambda req_id, code, text, contract: errors.append((code, text))
    ib.client.reqMktData(999, bench.library.Option("SPY", exchange="SMART"), "", False, False, [])
    await bench.until(lambda: errors)
    assert errors[0][0] == 200
    assert "ambiguous" in errors[0][1]


async def test_option_parameters(bench):
    ib = await bench.connect()
    chains = await ib.reqSecDefOptParamsAsync("SPY", "", "STK", SPY_CON_ID)
    smart = next(chain for chain in chains if chain.exchange == "SMART")
    assert smart.tradingClass == "SPY"
    assert smart.multiplier == "100"
    assert smart.expirations == ["20261116", "20261117"]
    assert smart.strikes == [650.0]


async def test_market_time_rules_and_symbols(bench):
    ib = await bench.connect()
    now = await ib.reqCurrentTimeAsync()
    assert abs(now.timestamp() - bench.sim.clock.now_ns() / 1e9) < 3
    rule = await ib.reqMarketRuleAsync(26)
    assert [(row.lowEdge, row.increment) for row in rule] == [(0.0, 0.01)]
    samples = await ib.reqMatchingSymbolsAsync("SP")
    assert [sample.contract.symbol for sample in samples] == ["SPY"]


async def test_account_summary_and_pnl(bench):
    ib = await bench.connect()
    summary = {row.tag: row.value for row in await ib.accountSummaryAsync()}
    assert summary["TotalCashValue"] == "100000.00"
    pnl = ib.reqPnL("DUSIM0001")
    await bench.until(lambda: pnl.dailyPnL == 0)


async def test_a_client_of_version_157_is_answered_in_its_layouts(bench):
    async with RawClient(bench) as client:
        assert await client.start(hello=HELLO_981) == 157
        client.ask(9, 8, 1, SPY_CON_ID, *[""] * 11, 0, "", "")
        details = await client.until(10)
        assert details[1:5] == ["8", "1", "SPY", "STK"]
        assert details[-9:-6] == ["1", "ISIN", "US78462F1030"]
        assert len(details) == 41
        client.ask(81, 2, "SP")
        assert (await client.until(79))[3:] == [str(SPY_CON_ID), "SPY", "STK", "ARCA", "USD", "1", "OPT"]
        client.ask(2, 2, 99)
        assert len(await client.until(4)) == 5
