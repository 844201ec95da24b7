"""Market data: permission, halts, absent values, streams that die or linger."""

import asyncio
import math

import pytest

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.scripted import SPY_CON_ID


@pytest.mark.parametrize("code", [354, 10089, 10168, 10186])
async def test_market_data_that_is_not_subscribed(live, code):
    live.fault("permission", code=code, symbol="SPY")
    ticker = live.ib.reqMktData(await live.stock(live.ib), "", False, False)
    await live.code(code)
    await live.rounds(6)
    assert not ticker.bid > 0
    option = live.ib.reqMktData(live.contract, "", False, False)
    await live.until(lambda: option.bid == 1.98)


@pytest.mark.parametrize("code", [10090, 10091])
async def test_market_data_that_is_subscribed_in_part(live, code):
    live.fault("permission", code=code, symbol="SPY", options=True)
    seen = live.raw()
    live.ib.reqMktData(live.contract, "", False, False)
    await live.code(code)
    await live.until(lambda: any(fields[0] == "21" for fields in seen))
    assert not [fields for fields in seen if fields[0] in {"1", "2"} and fields[3] in {"0", "1", "2", "3"}]


async def test_delayed_data_instead_of_live(live):
    live.fault("permission", code=10167, symbol="SPY")
    seen = live.raw()
    ticker = live.ib.reqMktData(await live.stock(live.ib), "", False, False)
    await live.code(10167)
    await live.until(lambda: any(fields[0] == "58" and fields[3] == "3" for fields in seen))
    await live.until(lambda: {fields[3] for fields in seen if fields[0] == "1"} >= {"66", "67"})
    assert not {fields[3] for fields in seen if fields[0] == "1"} & {"1", "2", "4"}
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await live.until(lambda: any(fields[0] == "1" and fields[3:5] == ["66", "651"] for fields in seen))
    assert ticker.marketDataType == 3


@pytest.mark.parametrize(("code", "opens"), [(10092, False), (2152, True)])
async def test_depth_without_permission(live, code, opens):
    live.fault("permission", code=code)
    stock = await live.stock(live.ib)
    live.market.set_depth([("ARCA", 650.00, 100)], [("ARCA", 650.02, 100)])
    seen = live.raw()
    live.ib.reqMktDepth(stock, isSmartDepth=True)
    await live.code(code)
    await live.rounds(8)
    assert any(fields[0] == "13" for fields in seen) == opens


async def test_tick_by_tick_without_permission(live):
    live.fault("permission", code=10189)
    live.ib.reqTickByTickData(await live.stock(live.ib), "AllLast")
    await live.code(10189)


@pytest.mark.parametrize("sides", ["bid", "both"])
async def test_quotes_that_are_not_there_come_as_minus_one_with_size_zero(live, sides):
    await live.ticker()
    seen = live.raw()
    live.fault("empty_quotes", symbol="SPY", sides=sides, for_s=0.3)
    await live.until(lambda: any(fields[0] == "1" and fields[3:6] == ["1", "-1", "0"] for fields in seen))
    asks = [fields[4] for fields in seen if fields[0] == "1" and fields[3] == "2"]
    assert asks == (["650.02"] if sides == "bid" else ["-1"])
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await live.until(lambda: any(fields[0] == "1" and fields[3:5] == ["1", "651"] for fields in seen))


@pytest.mark.parametrize("what", ["greeks", "volatility", "all"])
async def test_greeks_that_were_not_computed(live, what):
    live.fault("missing_greeks", symbol="SPY", options=True, what=what)
    ticker = live.ib.reqMktData(live.contract, "", False, False)
    await live.until(lambda: ticker.modelGreeks)

    def absent(value):
        return value is None or math.isnan(value)

    assert absent(ticker.modelGreeks.delta) == (what != "volatility")
    assert absent(ticker.modelGreeks.impliedVol) == (what != "greeks")


async def test_frozen_data_and_its_thaw(live):
    ticker = await live.ticker()
    seen = live.raw()
    live.fault("frozen_data", symbol="SPY", for_s=0.15)
    await live.until(lambda: any(fields[0] == "58" and fields[3] == "2" for fields in seen))
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await live.rounds(3)
    assert ticker.bid == 650.00
    await live.until(lambda: ticker.bid == 651.00)
    assert any(fields[0] == "58" and fields[3] == "1" for fields in seen)


@pytest.mark.parametrize(("reason", "value"), [("regulatory", 1.0), ("volatility", 2.0)])
async def test_a_halt_and_its_end(live, reason, value):
    ticker = await live.ticker()
    live.market.set_depth([("ARCA", 650.00, 100)], [("ARCA", 650.02, 100)])
    live.ib.reqMktDepth(ticker.contract, isSmartDepth=True)
    await live.rounds(4)
    live.fault("halt", symbol="SPY", reason=reason, for_s=0.2)
    await live.until(lambda: ticker.halted == value)
    await live.code(316)
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await live.rounds(4)
    assert ticker.bid == 650.00
    await live.until(lambda: ticker.halted == 0)
    await live.until(lambda: ticker.bid == 651.00)
    seen = live.raw()
    live.market.set_depth([("ARCA", 651.00, 100)], [("ARCA", 651.02, 100)])
    await live.rounds(6)
    assert not [fields for fields in seen if fields[0] == "13"], "a halted book must be asked for anew"


async def test_whoever_subscribes_during_a_halt_is_told(live):
    live.fault("halt", symbol="SPY")
    ticker = live.ib.reqMktData(await live.stock(live.ib), "", False, False)
    await live.until(lambda: ticker.halted == 2)
    assert not ticker.bid > 0


async def test_streams_that_die_without_a_word(live):
    ticker = await live.ticker()
    option = await live.ticker(live.contract)
    live.fault("kill_streams", symbol="SPY")
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    live.market.set_quote(option.contract.conId, 2.10, 2.12, 10)
    await live.until(lambda: option.bid == 2.10)
    assert ticker.bid == 650.00
    assert [code for _, code in live.codes if code < 2000] == []


async def test_ticks_after_the_cancel(live):
    ticker = await live.ticker()
    seen = live.raw()
    live.fault("ticks_after_cancel", by_s=0.3)
    live.ib.cancelMktData(ticker.contract)
    await live.rounds(2)
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await live.until(lambda: any(fields[0] == "1" and fields[4] == "651" for fields in seen))
    await asyncio.sleep(0.35)
    seen.clear()
    live.market.set_quote(SPY_CON_ID, 652.00, 652.02, 500)
    await live.rounds(8)
    assert not [fields for fields in seen if fields[0] in {"1", "2"}]


async def test_a_tick_of_an_unknown_type_harms_nothing(live):
    ticker = await live.ticker()
    seen = live.raw()
    live.fault("unknown_tick", symbol="SPY")
    await live.until(lambda: any(fields[0] == "45" and fields[3] == "199" for fields in seen))
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await live.until(lambda: ticker.bid == 651.00)


async def test_an_unlisted_symbol_is_refused(live):
    for kind in ("permission", "empty_quotes", "halt", "kill_streams"):
        with pytest.raises(ConfigError, match="XYZ"):
            live.fault(kind, symbol="XYZ")
