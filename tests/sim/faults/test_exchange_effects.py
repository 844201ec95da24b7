"""What the exchange is made to do: races, forks, corrections, busts, liquidations. Its books stay right throughout."""

from decimal import Decimal

import pytest

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.behaviours import TABLE, Behaviours
from alphatrader.sim.scripted import CALL_CON_ID


def statuses(trade):
    return [entry.status for entry in trade.log if entry.status]


def held(live):
    return live.exchange.account.quantity(CALL_CON_ID)


async def test_an_order_turns_inactive_without_a_code(live):
    trade = await live.resting()
    live.fault("deactivate")
    await live.status(trade, "Inactive")
    assert live.codes == []
    assert live.exchange.registry.live() == []
    with pytest.raises(ConfigError, match="no order works"):
        live.fault("deactivate")


async def test_an_execution_after_cancelled(live):
    trade = await live.resting()
    live.fault("fill_after_cancel", by_s=0.1)
    live.ib.cancelOrder(trade.order)
    await live.status(trade, "Cancelled")
    await live.code(202, trade.order.orderId)
    assert held(live) == 0
    await live.status(trade, "Filled")
    assert len(trade.fills) == 1
    assert held(live) == 1


async def test_a_refused_cancel_and_then_the_fill(live):
    trade = await live.resting()
    live.fault("fill_after_cancel", by_s=0.1, notice=10148)
    live.ib.cancelOrder(trade.order)
    await live.code(10148, trade.order.orderId)
    await live.status(trade, "Filled")
    assert held(live) == 1


@pytest.mark.parametrize(("quantity", "end"), [(0, "Filled"), (1, "Cancelled")])
async def test_a_fill_inside_the_cancel_window(live, quantity, end):
    trade = live.buy(1.50, quantity=3)
    await live.status(trade, "Submitted")
    live.fault("fill_in_cancel", quantity=quantity)
    live.ib.cancelOrder(trade.order)
    await live.status(trade, end)
    await live.until(lambda: trade.fills)
    assert "PendingCancel" in statuses(trade)
    assert held(live) == (quantity or 3) == sum(fill.execution.shares for fill in trade.fills)


async def test_a_modification_leaves_two_live_orders(live):
    trade = await live.resting()
    first = trade.order.permId
    live.fault("fork_on_modify")
    trade.order.lmtPrice = 1.60
    live.ib.placeOrder(live.contract, trade.order)
    await live.until(lambda: len(live.exchange.registry.live()) == 2)
    orphan, second = live.exchange.registry.live()
    assert orphan.perm_id == first != second.perm_id
    assert orphan.order_id == second.order_id == trade.order.orderId
    assert (float(orphan.limit_price), float(second.limit_price)) == (1.50, 1.60)
    live.ib.cancelOrder(trade.order)
    await live.until(lambda: live.exchange.registry.live() == [orphan])
    live.market.set_quote(CALL_CON_ID, 1.45, 1.50, 10)
    await live.until(lambda: held(live) == 1)


async def test_a_forked_id_means_the_newer_order_when_the_state_is_read_again(live):
    trade = await live.resting()
    live.fault("fork_on_modify")
    trade.order.lmtPrice = 1.60
    live.ib.placeOrder(live.contract, trade.order)
    await live.until(lambda: len(live.exchange.registry.live()) == 2)
    new = live.exchange.registry.live()[1].perm_id
    registry = type(live.exchange.registry)()
    for order in live.exchange.registry.live():
        registry.add(order)
    assert registry.find(1, trade.order.orderId).perm_id == new


async def test_a_fill_comes_in_parts(live):
    live.fault("split_fills", lot=2, for_s=30)
    trade = live.buy(quantity=5)
    await live.status(trade, "Filled")
    await live.until(lambda: len(trade.fills) == 3)
    assert [fill.execution.shares for fill in trade.fills] == [2, 2, 1]
    assert [fill.execution.cumQty for fill in trade.fills] == [2, 4, 5]
    assert len({fill.execution.execId for fill in trade.fills}) == 3
    live.fault("clear")
    whole = live.buy(quantity=3)
    await live.status(whole, "Filled")
    assert len(whole.fills) == 1


async def test_executions_are_replayed_and_counted_once(live):
    trade = live.buy()
    await live.status(trade, "Filled")
    seen = live.raw()
    live.fault("replay_executions", count=3)
    await live.until(lambda: [fields for fields in seen if fields[0] == "59"])
    assert len([fields for fields in seen if fields[0] == "11"]) == 1
    assert len(trade.fills) == 1
    assert len(live.exchange.executions) == 1


async def test_a_corrected_execution_replaces_the_first(live):
    trade = live.buy()
    await live.status(trade, "Filled")
    cash = live.exchange.account.cash
    seen = live.raw()
    live.fault("correct_execution", price="1.90")
    await live.until(lambda: [fields for fields in seen if fields[0] == "11"])
    (correction,) = [fields for fields in seen if fields[0] == "11"]
    first = trade.fills[0].execution.execId
    assert first.endswith(".01")
    assert correction[14] == first[:-1] + "2"
    assert live.exchange.account.cash - cash == Decimal(10)
    assert held(live) == 1


@pytest.mark.parametrize("told", [True, False])
async def test_a_bust_gives_position_and_cash_back(live, told):
    live.sim.gateway.behaviours = Behaviours(TABLE, {"bust_reported": told})
    before = live.exchange.account.cash
    trade = live.buy()
    await live.status(trade, "Filled")
    seen = live.raw()
    live.fault("bust_execution")
    await live.until(lambda: [fields for fields in seen if fields[0] == "61"])
    assert bool([fields for fields in seen if fields[0] == "11"]) == told
    assert held(live) == 0
    assert live.exchange.account.cash == before
    assert live.ib.positions() == []


async def test_the_broker_liquidates_unasked(live):
    trade = live.buy(quantity=3)
    await live.status(trade, "Filled")
    seen = live.raw()
    live.fault("liquidate", con_id=CALL_CON_ID, quantity=2)
    await live.until(lambda: held(live) == 1)
    await live.until(lambda: [position.position for position in live.ib.positions()] == [1])
    fills = await live.ib.reqExecutionsAsync()
    (unasked,) = [fill.execution for fill in fills if fill.execution.side == "SLD"]
    assert unasked.liquidation == 1
    assert unasked.orderId == 0
    assert seen
    with pytest.raises(ConfigError, match="nothing is held"):
        live.fault("liquidate", con_id=900002)


async def test_a_fill_that_the_market_does_not_explain(live):
    trade = await live.resting()
    live.fault("force_fill")
    await live.status(trade, "Filled")
    assert float(trade.fills[0].execution.price) == 1.50
