"""Market data over the wire: L1, greeks, depth, tick-by-tick, bars, history."""

import asyncio
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphatrader.sim.gateway.depth_rows import DELETE, INSERT, row_operations
from alphatrader.sim.market.types import Print
from alphatrader.sim.scripted import CALL_CON_ID, OPEN_NS, SPY_CON_ID

S = 1_000_000_000


@pytest.fixture
async def fed(bench):
    """A connected client with SPY qualified."""
    bench.ib = await bench.connect()
    bench.spy = await bench.stock(bench.ib)
    bench.codes = []
    bench.ib.errorEvent += lambda req_id, code, text, contract: bench.codes.append(code)
    return bench


async def test_quotes_arrive_and_follow(fed):
    ticker = fed.ib.reqMktData(fed.spy, "233", False, False)
    await fed.until(lambda: ticker.bid == 650.00 and ticker.ask == 650.02)
    assert ticker.bidSize == 500
    assert ticker.minTick == 0.01
    assert ticker.marketDataType == 1
    fed.market.set_quote(SPY_CON_ID, 650.05, 650.06, 300)
    await fed.until(lambda: (ticker.bid, ticker.ask, ticker.askSize) == (650.05, 650.06, 300))
    assert fed.market.watched == {SPY_CON_ID}
    fed.ib.cancelMktData(fed.spy)
    await fed.until(lambda: fed.market.watched == frozenset())


async def test_an_absent_side_is_minus_one_with_size_zero(fed):
    ticker = fed.ib.reqMktData(fed.spy, "", False, False)
    await fed.until(lambda: ticker.bid == 650.00)
    fed.market.set_quote(SPY_CON_ID, 0, 650.02, 500)
    await fed.until(lambda: ticker.bid == -1)
    assert ticker.ask == 650.02


async def test_every_print_arrives_as_rt_volume(fed):
    ticker = fed.ib.reqMktData(fed.spy, "233", False, False)
    await fed.until(lambda: ticker.bid == 650.00)
    prints = []
    ticker.updateEvent += lambda t: prints.extend(tick for tick in t.ticks if tick.tickType == 48)
    for size in range(1, 31):
        fed.market.trade(SPY_CON_ID, 650.01, size)
    await fed.until(lambda: len(prints) == 30)
    assert [tick.size for tick in prints] == list(range(1, 31))
    assert ticker.rtVolume == sum(range(1, 31))
    assert ticker.vwap == pytest.approx(650.01)
    assert abs(ticker.rtTime.timestamp() - fed.sim.market.now_ns / S) < 5


async def test_quotes_are_conflated_and_prints_are_not(fed):
    quotes, prints = [], []
    ticker = fed.ib.reqMktData(fed.spy, "233", False, False)
    await fed.until(lambda: ticker.bid == 650.00)
    ticker.updateEvent += lambda t: quotes.extend(tick for tick in t.ticks if tick.tickType == 1)
    ticker.updateEvent += lambda t: prints.extend(tick for tick in t.ticks if tick.tickType == 48)
    for number in range(20):
        fed.market.set_quote(SPY_CON_ID, 649 + number / 100, 650.02, 500)
        fed.market.trade(SPY_CON_ID, 650.02, 1)
        await fed.rounds(1)
    await fed.until(lambda: ticker.bid == 649.19)
    assert len(prints) == 20
    assert len(quotes) <= 10


async def test_greeks_and_open_interest_of_an_option(fed):
    call = await fed.call(fed.ib)
    ticker = fed.ib.reqMktData(call, "101", False, False)
    await fed.until(lambda: ticker.modelGreeks and ticker.bidGreeks and ticker.askGreeks)
    assert ticker.modelGreeks.impliedVol == 0.15
    assert ticker.modelGreeks.delta == 0.5
    assert ticker.bidGreeks.optPrice == 1.98
    assert ticker.bidGreeks.impliedVol < ticker.askGreeks.impliedVol
    assert ticker.callOpenInterest == 1000 + CALL_CON_ID % 10


@pytest.mark.parametrize("wait_s", [11.0, 0.0])
async def test_snapshots_end_at_once_or_after_a_while(running_gateway, tmp_path, wait_s):
    async with running_gateway(tmp_path, behaviours={"snapshot_end_s": wait_s}) as bench:
        ib = await bench.connect()
        spy = await bench.stock(ib)
        asked = asyncio.ensure_future(ib.reqTickersAsync(spy))
        if wait_s:
            await bench.rounds()
            assert not asked.done()
            for snapshot in bench.sim.gateway.quotes._snapshots:
                snapshot.end_s -= wait_s
        (ticker,) = await asked
        assert (ticker.bid, ticker.ask) == (650.00, 650.02)
        assert bench.sim.gateway.quotes.watched() == set()


def tap_depth(ib):
    """Fold the rows as they come in: ib_async 2.1.0 folds inserts and deletes wrongly."""
    sides = {0: [], 1: []}

    def row(req_id, position, maker, operation, side, price, size, smart=False):
        rows = sides[side]
        assert smart
        if operation == 0:
            assert position <= len(rows)
            rows.insert(position, (maker, price, size))
        elif operation == 1:
            rows[position] = (maker, price, size)
        else:
            del rows[position]

    ib.wrapper.updateMktDepthL2 = row
    return sides


async def test_depth_rows_keep_the_clients_book_equal_to_the_markets(fed):
    sides = tap_depth(fed.ib)
    fed.ib.reqMktDepth(fed.spy, numRows=3, isSmartDepth=True)
    states = [
        ([("ARCA", 650.00, 100), ("NYSE", 650.00, 200), ("BATS", 649.99, 300)], [("ARCA", 650.02, 100)]),
        ([("NYSE", 650.00, 250), ("BATS", 649.99, 300), ("ARCA", 649.98, 50)], [("BATS", 650.01, 1)]),
        ([("ARCA", 650.01, 10), ("NYSE", 650.00, 250), ("BATS", 649.99, 300), ("IEX", 649.98, 5)], []),
    ]
    for bids, asks in states:
        fed.market.set_depth(bids, asks)
        await fed.until(lambda bids=bids, asks=asks: sides == {0: asks, 1: bids[:3]})


async def test_depth_limits(fed):
    call = await fed.call(fed.ib)
    fed.ib.reqMktDepth(call)
    await fed.until(lambda: 10092 in fed.codes)
    for req_id in range(500, 504):
        fed.ib.client.reqMktDepth(req_id, fed.spy, 5, True, [])
    await fed.until(lambda: 309 in fed.codes)
    fed.ib.client.cancelMktDepth(777, True)
    await fed.until(lambda: 310 in fed.codes)


async def test_tick_by_tick_of_all_kinds(fed):
    seen = {kind: [] for kind in ("Last", "AllLast", "BidAsk", "MidPoint")}
    for kind, ticks in seen.items():
        ib = await fed.connect(client_id=len(kind) + 10)
        contract = await fed.stock(ib)
        ib.reqTickByTickData(contract, kind).updateEvent += lambda t, ticks=ticks: ticks.extend(t.tickByTicks)
    await fed.rounds()
    fed.market.trade(SPY_CON_ID, 650.01, 7, "EDGX", "I")
    fed.market.trade(SPY_CON_ID, 650.30, 9, "NYSE", "4")
    fed.market.trade(SPY_CON_ID, 650.40, 9, "FINRA", "U")
    fed.market.trade(SPY_CON_ID, 650.50, 9, "FINRA", "V")
    fed.market.set_quote(SPY_CON_ID, 650.10, 650.12, 40)
    await fed.until(lambda: all(seen.values()) and len(seen["AllLast"]) == 4)
    assert [(t.price, t.size, t.exchange, t.specialConditions) for t in seen["Last"]] == [(650.01, 7, "EDGX", "I")]
    assert [t.tickAttribLast.unreported for t in seen["AllLast"]] == [False, True, True, True]
    assert (seen["BidAsk"][-1].bidPrice, seen["BidAsk"][-1].askSize) == (650.10, 40)
    assert seen["MidPoint"][-1].midPoint == pytest.approx(650.11)


async def test_five_second_bars(fed):
    bars = fed.ib.reqRealTimeBars(fed.spy, 5, "TRADES", False)
    await fed.rounds()
    for price in (650.0, 650.4, 649.9, 650.2):
        fed.market.trade(SPY_CON_ID, price, 10)
    fed.sim.clock._start_ns += 10 * S
    await fed.until(lambda: len(bars) >= 2)
    first = bars[0]
    assert (first.open_, first.high, first.low, first.close) == (650.0, 650.4, 649.9, 650.2)
    assert first.volume == 40
    assert first.count == 4
    assert bars[1].volume == 0
    assert bars[1].close == 650.2


def put_history(bench, count=2500):
    """Five prints a second from the open on."""
    bench.market.add_history(
        [
            Print(OPEN_NS + i * S // 5, SPY_CON_ID, round(650 + (i % 50) / 100, 2), 10 + i % 3, "ARCA", "")
            for i in range(count)
        ]
    )


async def test_historical_ticks_page_without_gap_or_repetition(fed):
    put_history(fed)
    found = []
    start = dt.datetime.fromtimestamp(OPEN_NS / S, dt.UTC)
    while True:
        ticks = await fed.ib.reqHistoricalTicksAsync(fed.spy, start, "", 1000, "TRADES", False)
        if not ticks:
            break
        found += ticks
        start = ticks[-1].time + dt.timedelta(seconds=1)
    assert len(found) == 2500
    assert found[0].price == 650.00
    assert found[0].exchange == "ARCA"
    newest = await fed.ib.reqHistoricalTicksAsync(fed.spy, "", start, 100, "TRADES", False)
    assert len(newest) == 100
    assert newest[-1].price == found[-1].price


async def test_historical_bars(fed):
    put_history(fed)
    end = dt.datetime.fromtimestamp(OPEN_NS / S + 500, dt.UTC)
    bars = await fed.ib.reqHistoricalDataAsync(fed.spy, end, "600 S", "1 min", "TRADES", True)
    assert len(bars) == 9
    assert bars[0].date.timestamp() == OPEN_NS / S
    assert (bars[0].open, bars[0].high, bars[0].low) == (650.00, 650.49, 650.00)
    assert bars[0].barCount == 300
    assert sum(bar.volume for bar in bars) == sum(10 + i % 3 for i in range(2500))


async def test_history_that_does_not_exist_is_error_162(fed):
    assert not await fed.ib.reqHistoricalDataAsync(fed.spy, "", "600 S", "1 min", "FEE_RATE", True)
    assert fed.codes == [162]
    # ib_async takes 321 for a warning and goes on waiting; the time-out is its own.
    await fed.ib.reqHistoricalDataAsync(fed.spy, "", "lots", "1 min", "TRADES", True, timeout=0.2)
    assert fed.codes[:2] == [162, 321]


ROWS = st.lists(
    st.tuples(st.sampled_from("ABC"), st.sampled_from([1.0, 2.0, 3.0]), st.sampled_from([1.0, 2.0])), max_size=8
)


@settings(deadline=None)
@given(ROWS, ROWS)
def test_row_operations_turn_any_book_into_any_other(old, new):
    rows = list(old)
    for operation, position, row in row_operations(old, new):
        if operation == INSERT:
            assert position <= len(rows)
            rows.insert(position, row)
        elif operation == DELETE:
            assert rows[position][:2] == row[:2]
            del rows[position]
        else:
            rows[position] = row
    assert rows == new
