"""Requests and messages: refused, late, lost, doubled, out of order, incomplete."""

import asyncio
import datetime

import pytest

from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID


def ids(seen, wanted):
    return [fields for fields in seen if fields[0] in wanted]


@pytest.mark.parametrize(
    ("what", "code"),
    [("market_data", 101), ("market_data", 322), ("depth", 309), ("tick_by_tick", 10190), ("contract_details", 200)],
)
async def test_requests_refused_by_a_code(live, what, code):
    stock = await live.stock(live.ib)
    live.fault("refuse_requests", what=what, code=code)
    if what == "market_data":
        live.ib.reqMktData(stock, "", False, False)
    elif what == "depth":
        live.ib.reqMktDepth(stock)
    elif what == "tick_by_tick":
        live.ib.reqTickByTickData(stock, "AllLast")
    else:
        assert await live.ib.reqContractDetailsAsync(live.library.Stock("SPY", "SMART", "USD")) == []
    await live.code(code)


async def test_history_refused_for_one_symbol_a_number_of_times(live):
    stock = await live.stock(live.ib)
    live.market.trade(SPY_CON_ID, 650.01, 5)
    await live.rounds(2)
    live.fault("refuse_requests", what="history", code=162, symbol="SPY", count=2)

    async def bars():
        return await live.ib.reqHistoricalDataAsync(stock, "", "1800 S", "1 min", "TRADES", False, timeout=3)

    assert not list(await bars())
    assert not list(await bars())
    assert [code for _, code in live.codes].count(162) == 2
    assert len(await bars()) >= 1


async def test_historical_ticks_refused(live):
    stock = await live.stock(live.ib)
    live.fault("refuse_requests", what="historical_ticks", code=10187)
    asked = live.ib.reqHistoricalTicksAsync(stock, "", datetime.datetime.now(datetime.UTC), 10, "TRADES", False)
    await asyncio.wait_for(asked, 3)
    await live.code(10187)


async def test_cancels_of_streams_refused(live):
    ticker = await live.ticker()
    live.fault("refuse_requests", what="stream_cancels", code=300)
    live.ib.cancelMktData(ticker.contract)
    await live.code(300)


async def test_contract_details_that_come_after_the_client_gave_up(live):
    live.fault("late_answers", by_s=0.25)
    seen = live.raw()
    asked = live.ib.reqContractDetailsAsync(live.library.Stock("SPY", "SMART", "USD"))
    with pytest.raises((TimeoutError, asyncio.TimeoutError)):
        await asyncio.wait_for(asked, 0.1)
    await live.until(lambda: ids(seen, {"10"}))
    assert live.ib.isConnected()


async def test_requests_that_are_lost(live):
    live.fault("lose_requests", what="current_time")
    with pytest.raises((TimeoutError, asyncio.TimeoutError)):
        await asyncio.wait_for(live.ib.reqCurrentTimeAsync(), 0.1)
    assert await live.ib.reqCurrentTimeAsync()


@pytest.mark.parametrize(
    ("what", "ask"),
    [
        ("positions", lambda live: live.ib.reqPositionsAsync()),
        ("open_orders", lambda live: live.ib.reqOpenOrdersAsync()),
        ("completed_orders", lambda live: live.ib.reqCompletedOrdersAsync(False)),
        ("executions", lambda live: live.ib.reqExecutionsAsync()),
        ("account_updates", lambda live: live.ib.reqAccountUpdatesAsync("DUSIM0001")),
        ("account_updates_multi", lambda live: live.ib.reqAccountUpdatesMultiAsync("DUSIM0001", "")),
        ("account_summary", lambda live: live.ib.reqAccountSummaryAsync()),
        ("contract_details", lambda live: live.ib.reqContractDetailsAsync(live.library.Stock("SPY", "SMART", "USD"))),
        ("option_parameters", lambda live: live.ib.reqSecDefOptParamsAsync("SPY", "", "STK", SPY_CON_ID)),
    ],
)
async def test_end_markers_that_never_come(live, what, ask):
    live.fault("withhold_end", what=what)
    with pytest.raises((TimeoutError, asyncio.TimeoutError)):
        await asyncio.wait_for(ask(live), 0.12)


async def test_a_snapshot_without_an_end(live):
    seen = live.raw()
    live.fault("withhold_end", what="snapshot")
    for behaviour in ("snapshot_end_s",):
        assert behaviour in live.sim.gateway.behaviours
    live.ib.reqMktData(await live.stock(live.ib), "", True, False)
    await live.until(lambda: ids(seen, {"1"}))
    await live.rounds(6)
    assert not ids(seen, {"57"})


async def test_answers_that_lack_rows_and_end_as_if_complete(live):
    first, second = await live.resting(), await live.resting(1.40)
    live.fault("omit_rows", what="open_orders", keep=1)
    seen = live.raw()
    await live.ib.reqOpenOrdersAsync()
    assert [fields[1] for fields in ids(seen, {"5"})] == [str(first.order.orderId)]
    seen.clear()
    await live.ib.reqOpenOrdersAsync()
    assert [int(fields[1]) for fields in ids(seen, {"5"})] == [first.order.orderId, second.order.orderId]


async def test_positions_that_are_missing_from_a_complete_answer(live):
    await live.status(live.buy(), "Filled")
    live.fault("omit_rows", what="positions")
    seen = live.raw()
    await live.ib.reqPositionsAsync()
    assert not ids(seen, {"61"})
    await live.ib.reqPositionsAsync()
    assert len(ids(seen, {"61"})) == 1


async def test_filled_before_its_execution_and_the_commission_long_after(live):
    live.fault("delay", what="executions", by_s=0.1, for_s=5)
    live.fault("delay", what="commissions", by_s=0.25, for_s=5)
    trade = live.buy()
    await live.status(trade, "Filled")
    assert trade.fills == []
    await live.until(lambda: trade.fills)
    assert not trade.fills[0].commissionReport.execId
    await live.until(lambda: trade.fills[0].commissionReport.execId)


async def test_cancels_that_wait_for_the_open(live):
    trade = await live.resting()
    live.fault("delay", what="cancels", until_open=True, for_s=30)
    live.ib.cancelOrder(trade.order)
    await live.until(lambda: live.exchange.registry.live()[0].status.value == "PendingCancel")
    await live.rounds(8)
    live.market.set_quote(CALL_CON_ID, 1.45, 1.50, 10)
    await live.status(trade, "Filled")


async def test_a_slow_gateway_delays_everything_in_its_order(live):
    seen = live.raw()
    live.fault("delay", what="everything", by_s=0.2, for_s=0.4)
    trade = live.buy()
    await live.rounds(4)
    assert seen == []
    await live.status(trade, "Filled")
    kinds = [fields[0] for fields in seen if fields[0] in {"3", "11", "59"}]
    assert kinds.index("11") < kinds.index("59")


async def test_commissions_that_are_lost_on_their_way(live):
    live.fault("lose_messages", what="commissions", count=1)
    trade = live.buy()
    await live.status(trade, "Filled")
    await live.rounds()
    assert not trade.fills[0].commissionReport.execId
    await live.ib.reqExecutionsAsync()
    assert trade.fills[0].commissionReport.execId


async def test_one_execution_in_two_is_lost(live):
    live.fault("lose_messages", what="executions", every=2)
    trades = [live.buy() for _ in range(4)]
    await live.status(trades[-1], "Filled")
    await live.rounds()
    assert sum(len(trade.fills) for trade in trades) == 2
    assert len(live.exchange.executions) == 4


async def test_executions_that_come_twice_are_one_fill(live):
    seen = live.raw()
    live.fault("repeat_messages", what="executions")
    trade = live.buy()
    await live.status(trade, "Filled")
    assert len(ids(seen, {"11"})) == 2
    assert len(trade.fills) == 1


async def test_partial_fills_in_reverse(live):
    live.market.set_levels(CALL_CON_ID, [(1.98, 10)], [(2.00, 1), (2.01, 2)])
    seen = live.raw()
    live.fault("reverse_messages", for_s=0.15)
    trade = live.buy(2.05, quantity=3)
    await live.status(trade, "Filled")
    await live.until(lambda: len(trade.fills) == 2)
    cumulative = [float(fields[20]) for fields in ids(seen, {"11"})]
    assert cumulative == sorted(cumulative, reverse=True)
    assert len(set(cumulative)) == 2


async def test_any_code_with_the_brokers_own_words(live):
    words = []
    live.ib.errorEvent += lambda req_id, code, text, contract: words.append(text)
    live.fault("error", code=2110)
    await live.code(2110, -1)
    assert "broken" in words[-1]
