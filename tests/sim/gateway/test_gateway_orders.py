"""Orders over the wire: sequences, fills, refusals, families, as both libraries see them."""

import pytest

from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID


@pytest.fixture
async def traded(bench):
    """A connected client with the call qualified, and the raw order messages that it was sent."""
    bench.ib = await bench.connect()
    bench.contract = await bench.call(bench.ib)
    bench.seen = []
    ib = bench.ib
    ib.openOrderEvent += lambda trade: bench.seen.append(("open", trade.order.orderId, trade.orderStatus.status))
    ib.orderStatusEvent += lambda trade: bench.seen.append(("status", trade.order.orderId, trade.orderStatus.status))
    ib.errorEvent += lambda req_id, code, text, contract: bench.seen.append(("error", req_id, code))
    return bench


def limit(bench, side, quantity, price, **fields):
    return bench.library.LimitOrder(side, quantity, price, tif="DAY", **fields)


async def test_a_resting_limit_goes_through_presubmitted_to_submitted(traded):
    trade = traded.ib.placeOrder(traded.contract, limit(traded, "BUY", 2, 1.50, orderRef="x:entry"))
    await traded.until(lambda: trade.orderStatus.status == "Submitted")
    kinds = [(kind, status) for kind, _, status in traded.seen if kind != "error"]
    assert ("status", "PreSubmitted") in kinds
    assert trade.order.permId > 0
    assert trade.orderStatus.remaining == 2
    (row,) = await traded.ib.reqOpenOrdersAsync()
    assert row.order.orderRef == "x:entry"
    assert row.order.lmtPrice == 1.50
    assert row.contract.conId == CALL_CON_ID


async def test_a_market_order_fills_at_the_ask_with_commission_and_position(traded):
    trade = traded.ib.placeOrder(traded.contract, traded.library.MarketOrder("BUY", 3, tif="DAY"))
    await traded.until(lambda: trade.fills and trade.fills[-1].commissionReport.commission)
    assert trade.orderStatus.status == "Filled"
    (fill,) = trade.fills
    assert fill.execution.price == 2.00
    assert fill.execution.shares == 3
    assert fill.execution.side == "BOT"
    assert fill.commissionReport.commission == pytest.approx(3 * (0.65 + 0.025 + 0.012 + 0.0003), abs=1e-4)
    await traded.until(traded.ib.positions)
    (position,) = traded.ib.positions()
    assert position.position == 3
    assert position.avgCost == pytest.approx(200 + 0.6873, abs=1e-4)


async def test_a_marketable_limit_walks_the_book_and_rests_with_the_remainder(traded):
    traded.market.set_levels(CALL_CON_ID, [(1.98, 10)], [(2.00, 2), (2.01, 3), (2.05, 9)])
    trade = traded.ib.placeOrder(traded.contract, limit(traded, "BUY", 8, 2.01))
    await traded.until(lambda: trade.orderStatus.filled == 5)
    assert [(fill.execution.shares, fill.execution.price) for fill in trade.fills] == [(2, 2.00), (3, 2.01)]
    assert trade.orderStatus.status == "Submitted"
    assert trade.orderStatus.avgFillPrice == pytest.approx((2 * 2.00 + 3 * 2.01) / 5)
    traded.market.set_quote(CALL_CON_ID, 1.99, 2.01, 10)
    await traded.until(lambda: trade.orderStatus.status == "Filled")
    assert [fill.execution.cumQty for fill in trade.fills] == [2, 5, 8]


async def test_modify_then_cancel(traded):
    trade = traded.ib.placeOrder(traded.contract, limit(traded, "BUY", 2, 1.50))
    await traded.until(lambda: trade.orderStatus.status == "Submitted")
    perm_id = trade.order.permId
    trade.order.lmtPrice = 1.60
    traded.ib.placeOrder(traded.contract, trade.order)
    await traded.until(lambda: trade.log[-1].message == "Modified")
    (live,) = traded.sim.gateway.exchange.registry.live()
    assert float(live.limit_price) == 1.60
    assert live.perm_id == perm_id
    traded.ib.cancelOrder(trade.order)
    await traded.until(lambda: ("error", trade.order.orderId, 202) in traded.seen)
    assert trade.orderStatus.status == "Cancelled"
    assert traded.sim.gateway.exchange.registry.live() == []


async def test_modify_to_marketable_fills(traded):
    trade = traded.ib.placeOrder(traded.contract, limit(traded, "BUY", 2, 1.50))
    await traded.until(lambda: trade.orderStatus.status == "Submitted")
    trade.order.lmtPrice = 2.10
    traded.ib.placeOrder(traded.contract, trade.order)
    await traded.until(lambda: trade.orderStatus.status == "Filled")
    assert trade.fills[0].execution.price == 2.00


def bracket(bench, quantity=2, entry=2.00, target=2.50, stop=1.50):
    orders = bench.ib.bracketOrder("BUY", quantity, entry, target, stop, tif="GTC")
    return list(orders)


async def test_a_bracket_works_its_children_only_after_the_entry(traded):
    orders = bracket(traded, entry=1.80)
    trades = [traded.ib.placeOrder(traded.contract, order) for order in orders]
    entry, target, stop = trades
    await traded.until(lambda: stop.orderStatus.status == "PreSubmitted")
    assert entry.orderStatus.status == "Submitted"
    assert target.orderStatus.whyHeld == "child"
    assert stop.orderStatus.whyHeld == "child,trigger"
    assert target.orderStatus.parentId == entry.order.orderId
    traded.market.set_quote(CALL_CON_ID, 1.78, 1.80, 10)
    await traded.until(lambda: entry.orderStatus.status == "Filled")
    await traded.until(lambda: stop.orderStatus.whyHeld == "trigger")
    assert target.orderStatus.status == "Submitted"


async def test_the_target_cancels_the_stop(traded):
    entry, target, stop = [traded.ib.placeOrder(traded.contract, order) for order in bracket(traded)]
    await traded.until(lambda: target.orderStatus.status == "Submitted")
    traded.market.set_quote(CALL_CON_ID, 2.55, 2.60, 10)
    await traded.until(lambda: stop.orderStatus.status == "Cancelled")
    assert target.orderStatus.status == "Filled"
    assert entry.orderStatus.status == "Filled"
    await traded.until(lambda: not traded.ib.positions())
    realized = target.fills[0].commissionReport.realizedPNL
    assert realized == pytest.approx(2 * (250 - 200) - 2 * 0.6873 * 2, abs=0.05)


async def test_the_stop_triggers_on_two_asks_and_cancels_the_target(traded):
    _, target, stop = [traded.ib.placeOrder(traded.contract, order) for order in bracket(traded)]
    await traded.until(lambda: target.orderStatus.status == "Submitted")
    await traded.rounds()
    traded.market.set_quote(CALL_CON_ID, 1.45, 1.50, 10)
    await traded.rounds()
    assert stop.orderStatus.status == "PreSubmitted"
    traded.market.set_quote(CALL_CON_ID, 1.44, 1.50, 10)
    await traded.until(lambda: stop.orderStatus.status == "Filled")
    assert stop.fills[0].execution.price == 1.44
    await traded.until(lambda: target.orderStatus.status == "Cancelled")


async def test_a_partial_target_shrinks_the_stop(traded):
    orders = bracket(traded, quantity=5)
    _, target, stop = [traded.ib.placeOrder(traded.contract, order) for order in orders]
    await traded.until(lambda: target.orderStatus.status == "Submitted")
    traded.market.set_quote(CALL_CON_ID, 2.50, 2.60, 2)
    await traded.until(lambda: stop.order.totalQuantity == 3)
    traded.market.set_quote(CALL_CON_ID, 1.40, 1.50, 50)
    traded.market.set_quote(CALL_CON_ID, 1.39, 1.50, 50)
    await traded.until(lambda: stop.orderStatus.status == "Filled")
    assert stop.orderStatus.filled == 3
    assert target.orderStatus.filled == 2
    assert traded.sim.gateway.exchange.account.quantity(CALL_CON_ID) == 0


async def test_untransmitted_orders_stay_silent_until_the_family_is_whole(traded):
    orders = bracket(traded)
    first = traded.ib.placeOrder(traded.contract, orders[0])
    await traded.rounds(6)
    assert first.orderStatus.status == "PendingSubmit"
    assert first.order.permId == 0
    for order in orders[1:]:
        traded.ib.placeOrder(traded.contract, order)
    await traded.until(lambda: first.orderStatus.status == "Filled")


async def test_a_stop_for_stock_triggers_on_the_last_trade(traded):
    stock = await traded.stock(traded.ib)
    buy = traded.ib.placeOrder(stock, traded.library.MarketOrder("BUY", 100, tif="DAY"))
    await traded.until(lambda: buy.orderStatus.status == "Filled")
    stop = traded.ib.placeOrder(stock, traded.library.StopOrder("SELL", 100, 649.50, tif="DAY"))
    await traded.until(lambda: stop.orderStatus.whyHeld == "trigger")
    traded.market.set_quote(SPY_CON_ID, 649.40, 649.42, 500)
    await traded.rounds()
    assert stop.orderStatus.status == "PreSubmitted"
    traded.market.trade(SPY_CON_ID, 649.41, 100)
    await traded.until(lambda: stop.orderStatus.status == "Filled")
    assert stop.fills[0].execution.price == 649.40


async def test_ioc_cancels_what_cannot_fill(traded):
    order = traded.library.LimitOrder("BUY", 20, 2.00, tif="IOC")
    trade = traded.ib.placeOrder(traded.contract, order)
    await traded.until(lambda: trade.orderStatus.status == "Cancelled")
    assert trade.orderStatus.filled == 10
    assert not any(entry[0] == "error" for entry in traded.seen)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"action": "BUY", "totalQuantity": 1, "orderType": "LMT", "lmtPrice": 2.005}, 110),
        ({"action": "SELL", "totalQuantity": 1000, "orderType": "LMT", "lmtPrice": 2.00}, 201),
        ({"action": "BUY", "totalQuantity": 1000, "orderType": "LMT", "lmtPrice": 2.00}, 201),
        ({"action": "BUY", "totalQuantity": 1, "orderType": "MOC"}, 387),
        ({"action": "BUY", "totalQuantity": 0, "orderType": "MKT"}, 434),
        ({"action": "BUY", "totalQuantity": 1, "orderType": "LMT", "lmtPrice": 2.00, "parentId": 77}, 10006),
        ({"action": "BUY", "totalQuantity": 1, "orderType": "STP"}, 321),
    ],
)
async def test_refusals(traded, order, code):
    fields = {"tif": "DAY", **order}
    trade = traded.ib.placeOrder(traded.contract, traded.library.Order(**fields))
    await traded.until(lambda: ("error", trade.order.orderId, code) in traded.seen)
    assert traded.sim.gateway.exchange.registry.live() == []
    if code == 201:
        await traded.until(lambda: trade.orderStatus.status in {"Inactive", "Cancelled"})


async def test_ids_are_used_once(traded):
    first = traded.ib.placeOrder(traded.contract, limit(traded, "BUY", 1, 2.00))
    await traded.until(lambda: first.orderStatus.status == "Filled")
    traded.ib.client.placeOrder(first.order.orderId, traded.contract, limit(traded, "BUY", 1, 1.50))
    await traded.until(lambda: ("error", first.order.orderId, 104) in traded.seen)
    second = traded.ib.placeOrder(traded.contract, limit(traded, "BUY", 1, 1.50))
    await traded.until(lambda: second.orderStatus.status == "Submitted")
    traded.ib.cancelOrder(second.order)
    await traded.until(lambda: ("error", second.order.orderId, 202) in traded.seen)
    traded.ib.client.placeOrder(second.order.orderId, traded.contract, limit(traded, "BUY", 1, 1.50))
    await traded.until(lambda: ("error", second.order.orderId, 103) in traded.seen)


async def test_cancels_that_come_too_late_or_name_nothing(traded):
    trade = traded.ib.placeOrder(traded.contract, limit(traded, "BUY", 1, 2.00))
    await traded.until(lambda: trade.orderStatus.status == "Filled")
    traded.ib.client.cancelOrder(trade.order.orderId, "")
    traded.ib.client.cancelOrder(9999, "")
    await traded.until(lambda: ("error", 9999, 10147) in traded.seen)
    assert ("error", trade.order.orderId, 10148) in traded.seen


async def test_executions_and_completed_orders_come_back(traded):
    trade = traded.ib.placeOrder(traded.contract, limit(traded, "BUY", 2, 2.00))
    await traded.until(lambda: trade.orderStatus.status == "Filled")
    other = await traded.connect(client_id=2)
    (fill,) = await other.reqExecutionsAsync()
    assert fill.execution.execId == trade.fills[0].execution.execId
    assert fill.execution.clientId == 1
    none = await other.reqExecutionsAsync(traded.library.ExecutionFilter(symbol="QQQ"))
    assert none == []
    (completed,) = await other.reqCompletedOrdersAsync(False)
    assert completed.orderStatus.status == "Filled"
    assert completed.order.permId == trade.order.permId
    assert completed.order.filledQuantity == 2


async def test_each_client_has_its_own_ids_and_another_may_cancel_what_it_was_shown(traded):
    trade = traded.ib.placeOrder(traded.contract, limit(traded, "BUY", 1, 1.50))
    await traded.until(lambda: trade.orderStatus.status == "Submitted")
    other = await traded.connect(client_id=2)
    assert await other.reqOpenOrdersAsync() == []
    (seen,) = await other.reqAllOpenOrdersAsync()
    assert seen.order.permId == trade.order.permId
    other.client.cancelOrder(seen.order.orderId, "")
    await traded.until(lambda: trade.orderStatus.status == "Cancelled")


async def test_global_cancel_takes_all_clients_orders(traded):
    mine = traded.ib.placeOrder(traded.contract, limit(traded, "BUY", 1, 1.50))
    other = await traded.connect(client_id=2)
    contract = await traded.call(other)
    theirs = other.placeOrder(contract, limit(traded, "BUY", 1, 1.40))
    await traded.until(lambda: theirs.orderStatus.status == "Submitted")
    other.reqGlobalCancel()
    await traded.until(lambda: mine.orderStatus.status == "Cancelled")
    await traded.until(lambda: theirs.orderStatus.status == "Cancelled")


async def test_what_if_places_nothing(traded):
    state = await traded.ib.whatIfOrderAsync(traded.contract, limit(traded, "BUY", 3, 2.00))
    assert float(state.initMarginChange) == 0
    assert float(state.equityWithLoanChange) == pytest.approx(-600, abs=5)
    assert traded.sim.gateway.exchange.registry.live() == []


async def test_a_print_through_a_resting_limit_fills_it(traded):
    trade = traded.ib.placeOrder(traded.contract, limit(traded, "BUY", 3, 1.99))
    await traded.until(lambda: trade.orderStatus.status == "Submitted")
    await traded.rounds()
    traded.market.trade(CALL_CON_ID, 1.98, 2)
    await traded.until(lambda: trade.orderStatus.filled == 2)
    assert trade.fills[0].execution.price == 1.99
