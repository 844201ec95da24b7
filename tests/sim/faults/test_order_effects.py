"""Orders: refused, lost, warned about, never answered, with codes and statuses in every order."""

import pytest


def order_messages(seen, order_id):
    """What was said of an order, in order: statuses, codes, executions."""
    said = []
    for fields in seen:
        if fields[0] == "3" and fields[1] == str(order_id):
            said.append(fields[2])
        elif fields[0] == "4" and fields[2] == str(order_id):
            said.append(int(fields[3]))
        elif fields[0] == "11" and fields[2] == str(order_id):
            said.append("execution")
    return said


async def test_201_leaves_an_inactive_order_and_other_codes_leave_nothing(live):
    live.fault("reject_next")
    trade = live.buy()
    await live.code(201, trade.order.orderId)
    assert live.exchange.registry.find(1, trade.order.orderId).status.value == "Inactive"
    live.fault("reject_next", code=110)
    other = live.buy()
    await live.code(110, other.order.orderId)
    assert live.exchange.registry.find(1, other.order.orderId) is None
    await live.status(live.buy(), "Filled")


@pytest.mark.parametrize("code", [110, 201])
async def test_a_refused_modification_leaves_the_order_as_it_was(live, code):
    trade = await live.resting()
    live.fault("reject_next", code=code, when="modify")
    trade.order.lmtPrice = 1.60
    live.ib.placeOrder(live.contract, trade.order)
    await live.code(code, trade.order.orderId)
    (order,) = live.exchange.registry.live()
    assert float(order.limit_price) == 1.50
    assert order.status.value == "Submitted"


async def test_a_rejection_waits_for_the_order_that_it_means(live):
    live.fault("reject_next", role="child", order_type="STP", every=1)
    await live.status(live.buy(), "Filled")
    entry, target, stop = live.ib.bracketOrder("BUY", 1, 1.50, 3.00, 1.00, tif="GTC")
    for order in (entry, target, stop):
        live.ib.placeOrder(live.contract, order)
    await live.code(201, stop.orderId)
    assert [order.order_id for order in live.exchange.registry.live()] == [entry.orderId, target.orderId]


async def test_one_order_in_three_is_lost(live):
    live.fault("swallow_next", every=3, count=0)
    trades = [live.buy(1.50) for _ in range(6)]
    await live.status(trades[4], "Submitted")
    await live.rounds()
    lost = [trade.orderStatus.status == "PendingSubmit" for trade in trades]
    assert lost == [False, False, True, False, False, True]


@pytest.mark.parametrize(("code", "words"), [(10349, ""), (399, ""), (2109, ""), (399, "your own words")])
async def test_a_warning_comes_and_the_order_lives(live, code, words):
    live.fault("warn_next", code=code, text=words)
    trade = live.buy(1.50)
    await live.code(code, trade.order.orderId)
    assert live.exchange.registry.find(1, trade.order.orderId).status.value == "Submitted"


async def test_every_callback_of_one_order_in_two_is_dropped_and_questions_tell_the_truth(live):
    live.fault("mute_orders", every=2, count=0)
    heard, unheard = live.buy(), live.buy()
    await live.status(heard, "Filled")
    await live.rounds()
    assert unheard.orderStatus.status == "PendingSubmit"
    assert unheard.fills == []
    fills = await live.ib.reqExecutionsAsync()
    assert {fill.execution.orderId for fill in fills} == {heard.order.orderId, unheard.order.orderId}
    assert [position.position for position in live.ib.positions()] == [2]


@pytest.mark.parametrize(
    ("place", "expected"),
    [("first", [201, "Inactive"]), ("last", ["Inactive", 201]), ("never", ["Inactive"])],
)
async def test_where_201_stands(live, place, expected):
    seen = live.raw()
    live.fault("notice_order", code=201, place=place)
    live.fault("reject_next")
    trade = live.buy()
    await live.until(lambda: len(order_messages(seen, trade.order.orderId)) >= len(expected))
    assert order_messages(seen, trade.order.orderId) == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [("last", ["Cancelled", 202]), ("first", [202, "PendingCancel", "Cancelled"]), ("never", ["Cancelled"])],
)
async def test_where_202_stands(live, place, expected):
    trade = await live.resting()
    seen = live.raw()
    live.fault("notice_order", code=202, place=place)
    live.ib.cancelOrder(trade.order)
    await live.status(trade, "Cancelled")
    await live.rounds()
    said = order_messages(seen, trade.order.orderId)
    assert [one for one in said if one != "PendingCancel" or place == "first"] == expected
    again = await live.resting()
    seen.clear()
    live.ib.cancelOrder(again.order)
    await live.until(lambda: 202 in order_messages(seen, again.order.orderId))


async def test_a_stale_status_after_filled_brings_the_libraries_back(live):
    live.fault("stale_status")
    trade = live.buy()
    await live.until(lambda: trade.fills)
    await live.rounds()
    statuses = [entry.status for entry in trade.log if entry.status]
    assert "Filled" in statuses
    assert "Submitted" in statuses[statuses.index("Filled") :]
    assert live.exchange.registry.find(1, trade.order.orderId).status.value == "Filled"
