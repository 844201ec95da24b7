"""What the client libraries make of nasty sequences: the table of ibkr.md, row by row, with faults as the cause.

They are why a bot must keep its own state: where the libraries are wrong, the exchange's truth stands beside them.
"""

import asyncio

import pytest

from alphatrader.sim.scripted import SPY_CON_ID


def by_library(live, insync, asynchronous):
    """The two libraries differ."""
    return insync if live.library.__name__ == "ib_insync" else asynchronous


def truth(live, trade):
    """The order's status at the exchange."""
    return live.exchange.registry.by_perm_id(trade.order.permId).status.value


def endings(trade):
    """What cancelledEvent of an order brings from now on."""
    events = []
    trade.cancelledEvent += events.append
    return events


async def ended(live, trade, status, done):
    """Wait for a status and whether the library calls it done."""
    await live.status(trade, status)
    await live.rounds()
    assert (trade.orderStatus.status, trade.isDone()) == (status, done)


async def test_10349_is_taken_for_a_cancellation_of_an_order_that_lives(live):
    live.fault("warn_next", code=10349)
    trade = live.buy(1.50)
    await live.code(10349)
    await ended(live, trade, "Cancelled", done=True)
    assert truth(live, trade) == "Submitted"


async def test_399_is_a_warning(live):
    live.fault("warn_next", code=399)
    trade = live.buy(1.50)
    await live.code(399)
    await ended(live, trade, by_library(live, "Submitted", "ValidationError"), done=False)
    assert truth(live, trade) == "Submitted"


async def test_110_on_a_new_order(live):
    live.fault("reject_next", code=110)
    trade = live.buy(1.50)
    await live.code(110)
    await ended(live, trade, by_library(live, "PendingSubmit", "Cancelled"), done=by_library(live, False, True))
    assert live.exchange.registry.live() == []


async def test_110_on_a_modification_leaves_the_refused_price_in_the_library(live):
    trade = await live.resting()
    live.fault("reject_next", code=110, when="modify")
    trade.order.lmtPrice = 1.60
    live.ib.placeOrder(live.contract, trade.order)
    await live.code(110)
    await live.rounds()
    assert trade.isActive()
    assert trade.order.lmtPrice == 1.60
    assert float(live.exchange.registry.live()[0].limit_price) == 1.50


async def test_201_then_inactive(live):
    live.fault("reject_next")
    trade = live.buy()
    cancelled = endings(trade)
    await live.code(201)
    await ended(live, trade, "Inactive", done=by_library(live, False, True))
    assert len(cancelled) == 1


async def test_inactive_then_201(live):
    live.fault("notice_order", code=201, place="last")
    live.fault("reject_next")
    trade = live.buy()
    cancelled = endings(trade)
    await live.code(201)
    await ended(live, trade, by_library(live, "Cancelled", "Inactive"), done=True)
    assert len(cancelled) == by_library(live, 1, 0)


async def test_cancelled_then_202(live):
    trade = await live.resting()
    cancelled = endings(trade)
    live.ib.cancelOrder(trade.order)
    await live.code(202)
    await ended(live, trade, "Cancelled", done=True)
    assert len(cancelled) == 1


async def test_202_then_pending_cancel_then_cancelled(live):
    trade = await live.resting()
    events = endings(trade)
    live.fault("notice_order", code=202, place="first")
    live.ib.cancelOrder(trade.order)
    await live.code(202)
    await ended(live, trade, "Cancelled", done=True)
    assert len(events) == by_library(live, 1, 2)


@pytest.mark.parametrize("notice", [202, 10148])
async def test_an_execution_after_the_end(live, notice):
    trade = await live.resting()
    live.fault("fill_after_cancel", by_s=0.15, notice=notice)
    live.ib.cancelOrder(trade.order)
    await live.code(notice)
    await live.status(trade, "Cancelled")
    await ended(live, trade, "Filled", done=True)
    assert truth(live, trade) == "Filled"


async def test_a_stale_submitted_after_filled_makes_the_order_active_again(live):
    live.fault("stale_status", count=5)
    trade = live.buy()
    await live.until(lambda: trade.fills)
    await ended(live, trade, "Submitted", done=False)
    assert truth(live, trade) == "Filled"


async def test_an_acknowledgement_that_crosses_a_cancel(live):
    trade = await live.resting()
    live.fault("delay", what="cancels", by_s=0.2, for_s=5)
    live.fault("stale_status", after="PendingCancel", status="Submitted")
    live.ib.cancelOrder(trade.order)
    await live.until(lambda: [entry.status for entry in trade.log][-2:] == ["PendingCancel", "Submitted"])
    await ended(live, trade, "Cancelled", done=True)


async def test_a_fok_order_that_cannot_be_filled(live):
    order = live.library.LimitOrder("BUY", 1, 1.50, tif="FOK")
    trade = live.ib.placeOrder(live.contract, order)
    await ended(live, trade, "Inactive", done=by_library(live, False, True))


async def test_message_55_that_never_comes(live):
    live.fault("withhold_end", what="executions", count=1)
    other = live.library.IB()
    connecting = other.connectAsync("127.0.0.1", live.sim.port, clientId=5, timeout=1)
    if live.library.__name__ == "ib_insync":
        with pytest.raises((TimeoutError, asyncio.TimeoutError)):
            await connecting
    else:
        await connecting
        assert other.isConnected()
    other.disconnect()


async def test_1101_leaves_tickers_silently_dead(live):
    ticker = await live.ticker()
    live.fault("server_outage", for_s=0.1, data_lost=True)
    await live.code(1101)
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await live.rounds(8)
    assert live.ib.isConnected()
    assert ticker.bid == 650.00
    assert ticker in live.ib.tickers()


async def test_a_client_id_in_use_is_a_time_out(live):
    other = live.library.IB()
    codes = []
    other.errorEvent += lambda req_id, code, text, contract: codes.append(code)
    with pytest.raises((TimeoutError, asyncio.TimeoutError)):
        await other.connectAsync("127.0.0.1", live.sim.port, clientId=1, timeout=0.5)
    assert 326 in codes
    assert live.ib.isConnected()


async def test_a_swallowed_order_is_pending_for_ever_and_its_cancel_unknown(live):
    live.fault("swallow_next")
    trade = live.buy(1.50)
    await live.rounds(8)
    assert trade.orderStatus.status == "PendingSubmit"
    assert await live.ib.reqOpenOrdersAsync() == []
    live.ib.cancelOrder(trade.order)
    await live.code(10147)
    await ended(live, trade, "Cancelled", done=True)


async def test_a_depth_reset_clears_the_book(live):
    stock = await live.stock(live.ib)
    ticker = live.ib.reqMktDepth(stock, isSmartDepth=True)
    live.market.set_depth([("ARCA", 650.00, 100)], [("ARCA", 650.02, 100)])
    await live.until(lambda: ticker.domBids)
    before = [level.price for level in ticker.domBids]
    live.fault("reset_depth", symbol="SPY")
    await live.code(317)
    await live.until(lambda: ticker.domBids)
    assert [level.price for level in ticker.domBids] == before == [650.00]
