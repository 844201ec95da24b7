"""What an unmodified client receives of a recorded day is what was recorded."""

import asyncio
import csv
import importlib
import io
import logging
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alphatrader import calendar
from alphatrader.sim.market import MarketSpec, build_market
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import open_simulator

IBM = Path(__file__).parents[4] / "shared/data/ibm_ticks_2013-10/20131007_tick_trade.zip"
PRINTS = 400
TIMEOUT_S = 30.0

needs_tape = pytest.mark.skipif(not IBM.exists(), reason="needs ../shared/data/ibm_ticks_2013-10")


async def until(condition: Callable[[], object], what: str) -> None:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            while not condition():
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"never happened: {what}")


@needs_tape
@pytest.mark.data
async def test_prints_that_a_client_receives_are_those_of_the_file(tmp_path: Path) -> None:
    logging.getLogger("ib_async").setLevel(logging.CRITICAL)
    ib_async = importlib.import_module("ib_async")
    market = build_market(MarketSpec(seed=1, tape=IBM, start_fraction=0.02))
    advance, gone_on = market.advance, False

    def held(to_ns: int) -> list[Any]:
        return advance(to_ns) if gone_on else []

    market.advance = held  # type: ignore[method-assign]  # nothing may happen before the client has subscribed
    settings = SimSettings(state_dir=tmp_path, tape=IBM, speed=300, symbols=("IBM",))
    seen: list[tuple[int, float, float]] = []
    volumes: list[str] = []
    async with open_simulator(settings, market) as sim:
        ib = ib_async.IB()
        ib.RequestTimeout = TIMEOUT_S
        await ib.connectAsync("127.0.0.1", sim.port, clientId=1, timeout=TIMEOUT_S)
        try:
            contract = ib_async.Stock("IBM", "SMART", "USD")
            await ib.qualifyContractsAsync(contract)
            details = await ib.reqContractDetailsAsync(contract)
            assert details[0].longName == "IBM (RECORDED 2013-10-07)"
            listen = ib.wrapper.tickString
            ib.wrapper.tickString = lambda number, kind, text: (
                volumes.append(text) if kind == 48 else None,
                listen(number, kind, text),
            )
            ib.reqMktData(contract, "233")
            hear = ib.wrapper.tickByTickAllLast
            ib.wrapper.tickByTickAllLast = lambda number, kind, time, price, size, *rest: (
                seen.append((time, price, size)),  # the library's own ticks carry the time of their arrival
                hear(number, kind, time, price, size, *rest),
            )
            ib.reqTickByTickData(contract, "AllLast")
            await until(lambda: len(sim.gateway.sessions) == 1, "a session")
            await ib.reqCurrentTimeAsync()  # the requests above have been taken in
            start_ns, gone_on = market.now_ns, True
            await until(lambda: len(seen) >= PRINTS and len(volumes) >= PRINTS, f"{PRINTS} prints")
        finally:
            ib.disconnect()
    midnight_ns = calendar.to_ns("2013-10-07", "00:00")
    with zipfile.ZipFile(IBM) as archive:
        rows = list(csv.reader(io.TextIOWrapper(archive.open(archive.namelist()[0]), "ascii")))
    recorded = [row for row in rows if midnight_ns + int(row[0]) * 1_000_000 >= start_ns][:PRINTS]
    assert seen[:PRINTS] == [
        ((midnight_ns + int(row[0]) * 1_000_000) // calendar.NS, int(row[1]) / 10_000, float(row[2]))
        for row in recorded
    ]
    told = [text.split(";") for text in volumes[:PRINTS]]
    assert [(float(price), float(size), int(ms)) for price, size, ms, *_ in told] == [
        (int(row[1]) / 10_000, float(row[2]), midnight_ns // 1_000_000 + int(row[0])) for row in recorded
    ]


@needs_tape
@pytest.mark.data
async def test_orders_trade_against_the_recorded_quote(tmp_path: Path) -> None:
    logging.getLogger("ib_async").setLevel(logging.CRITICAL)
    ib_async = importlib.import_module("ib_async")
    market = build_market(MarketSpec(seed=1, tape=IBM, start_fraction=0.5))
    advance = market.advance
    market.advance = lambda to_ns: []  # type: ignore[method-assign]  # time stands still
    con_id = market.contracts()[0].con_id
    advance(market.now_ns + calendar.NS)
    quote = market.quote(con_id)
    async with open_simulator(SimSettings(state_dir=tmp_path, tape=IBM, symbols=("IBM",)), market) as sim:
        ib = ib_async.IB()
        ib.RequestTimeout = TIMEOUT_S
        await ib.connectAsync("127.0.0.1", sim.port, clientId=1, timeout=TIMEOUT_S)
        try:
            contract = ib_async.Stock("IBM", "SMART", "USD")
            await ib.qualifyContractsAsync(contract)
            trade = ib.placeOrder(contract, ib_async.LimitOrder("BUY", 10, quote.ask, tif="IOC"))
            await until(trade.isDone, "the buy is done")
            assert [(fill.execution.price, fill.execution.shares) for fill in trade.fills] == [(quote.ask, 10.0)]
            assert market.displayed(con_id, "ask")[0] == (quote.ask, quote.ask_size - 10)
            deep = ib.placeOrder(contract, ib_async.LimitOrder("BUY", int(quote.ask_size), quote.ask, tif="IOC"))
            await until(deep.isDone, "the second buy is done")
            assert sum(fill.execution.shares for fill in deep.fills) == quote.ask_size - 10
        finally:
            ib.disconnect()


@needs_tape
@pytest.mark.data
async def test_years_that_the_calendar_lacks_are_no_error(tmp_path: Path) -> None:
    """The past before an old tape is made up back to where the calendar starts, and no further."""
    logging.getLogger("ib_async").setLevel(logging.CRITICAL)
    ib_async = importlib.import_module("ib_async")
    settings = SimSettings(state_dir=tmp_path, tape=IBM, symbols=("IBM",), session_date="2013-10-07")
    async with open_simulator(settings) as sim:
        ib = ib_async.IB()
        ib.RequestTimeout = TIMEOUT_S
        await ib.connectAsync("127.0.0.1", sim.port, clientId=1, timeout=TIMEOUT_S)
        try:
            contract = ib_async.Stock("IBM", "SMART", "USD")
            await ib.qualifyContractsAsync(contract)
            details = await ib.reqContractDetailsAsync(contract)
            assert details[0].stockType == "COMMON"
            bars = await ib.reqHistoricalDataAsync(contract, "", "5 Y", "1 day", "TRADES", True)
            assert 900 < len(bars) < 1000
            url = f"http://127.0.0.1:{sim.alphavantage_port}/query?apikey=x&function=RSI&symbol=IBM&interval=1min"
            with await asyncio.to_thread(urllib.request.urlopen, f"{url}&time_period=14&series_type=close") as answer:
                assert b"Technical Analysis: RSI" in answer.read()
        finally:
            ib.disconnect()
