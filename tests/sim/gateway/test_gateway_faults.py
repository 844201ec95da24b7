"""Faults over the control channel, and what clients see of them."""

import asyncio
import json

import pytest

from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID


async def ask(bench, request):
    """Send one line to the control channel; return the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.sim.control.port)
    line = request if isinstance(request, bytes) else json.dumps(request).encode()
    writer.write(line + b"\n")
    answer = json.loads(await reader.readline())
    writer.close()
    return answer


async def inject(bench, kind, **fields):
    """Inject a fault that must be accepted."""
    answer = await ask(bench, {"op": "fault", "kind": kind, **fields})
    assert answer == {"ok": True}


@pytest.fixture
async def live(bench):
    """A connected client, the call qualified, and the codes that arrived."""
    bench.ib = await bench.connect()
    bench.contract = await bench.call(bench.ib)
    bench.codes = []
    bench.ib.errorEvent += lambda req_id, code, text, contract: bench.codes.append((req_id, code))
    return bench


def buy(bench, price=2.00, **fields):
    return bench.ib.placeOrder(bench.contract, bench.library.LimitOrder("BUY", 1, price, tif="DAY", **fields))


async def test_clock_and_status(live):
    clock = await ask(live, {"op": "clock"})
    assert clock["ok"]
    assert clock["session_date"] == "2026-11-16"
    assert clock["speed"] == 1.0
    assert "SIMULATED" in clock["label"]
    trade = buy(live)
    await live.until(lambda: trade.orderStatus.status == "Filled")
    resting = buy(live, 1.00, orderRef="r")
    await live.until(lambda: resting.orderStatus.status == "Submitted")
    status = await ask(live, {"op": "status"})
    assert status["clients"] == [1]
    assert [(row["con_id"], row["quantity"]) for row in status["positions"]] == [(CALL_CON_ID, 1)]
    assert [(row["order_ref"], row["status"]) for row in status["open_orders"]] == [("r", "Submitted")]
    assert float(status["cash"]) == pytest.approx(100_000 - 200 - 1.0)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{nonsense", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "object"),
        (b'{"op": "dance"}', "no op 'dance'"),
        (b'{"op": "clock", "tz": 1}', "tz"),
        (b'{"op": "fault", "kind": "gremlin"}', "gremlin"),
        (b'{"op": "fault", "kind": "mute", "symbol": "SPY", "for": 3}', "for"),
        (b'{"op": "fault", "kind": "mute", "symbol": "XYZ"}', "XYZ"),
        (b'{"op": "fault", "kind": "drop_link", "refuse_for_s": "soon"}', "refuse_for_s"),
        (b'{"op": "fault", "kind": "alphavantage", "what": "rain"}', "rain"),
    ],
)
async def test_bad_requests_get_one_clear_line(live, line, words):
    answer = await ask(live, line)
    assert answer["ok"] is False
    assert words in answer["error"]
    assert "\n" not in answer["error"]
    assert (await ask(live, {"op": "clock"}))["ok"]


async def test_an_overlong_line_is_refused(live):
    assert "longer" in (await ask(live, b"x" * 100_000))["error"]


async def test_drop_link_with_refusal_and_return(live):
    await inject(live, "drop_link", refuse_for_s=0.3)
    await live.until(lambda: not live.ib.isConnected())
    again = live.library.IB()
    with pytest.raises((ConnectionError, OSError)):
        await again.connectAsync("127.0.0.1", live.sim.port, clientId=1, timeout=1)
    await live.until(lambda: live.sim._listener.is_open)
    await live.connect(client_id=1)


async def test_orders_survive_their_clients_link(live):
    trade = buy(live, 1.50)
    await live.until(lambda: trade.orderStatus.status == "Submitted")
    await inject(live, "drop_link")
    await live.until(lambda: not live.ib.isConnected())
    ib = await live.connect(client_id=1)
    (survivor,) = ib.openTrades()
    assert survivor.order.permId == trade.order.permId
    assert ib.client.getReqId() > trade.order.orderId


async def test_mute_and_unmute(live):
    spy = await live.stock(live.ib)
    ticker = live.ib.reqMktData(spy, "233", False, False)
    await live.until(lambda: ticker.bid == 650.00)
    await inject(live, "mute", symbol="SPY", stream="all")
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    live.market.trade(SPY_CON_ID, 651.01, 5)
    await live.rounds(8)
    assert ticker.bid == 650.00
    assert ticker.last != 651.01
    await inject(live, "unmute", symbol="SPY")
    await live.until(lambda: ticker.bid == 651.00)
    await inject(live, "mute", con_id=SPY_CON_ID, stream="quote", for_s=0.2)
    live.market.set_quote(SPY_CON_ID, 652.00, 652.02, 500)
    live.market.trade(SPY_CON_ID, 652.01, 5)
    await live.until(lambda: ticker.last == 652.01)
    assert ticker.bid == 651.00
    await live.until(lambda: ticker.bid == 652.00)


async def test_reject_one_kind_of_order(live):
    await inject(live, "reject_next", code=201, text="Order rejected - reason:no stops today", order_type="STP")
    entry, target, stop = live.ib.bracketOrder("BUY", 1, 2.00, 3.00, 1.00, tif="GTC")
    trades = [live.ib.placeOrder(live.contract, order) for order in (entry, target, stop)]
    await live.until(lambda: (stop.orderId, 201) in live.codes)
    assert trades[0].orderStatus.status == "PendingSubmit"
    assert live.sim.gateway.exchange.registry.find(1, stop.orderId).status.value == "Inactive"


async def test_swallowed_orders_are_never_heard_of(live):
    await inject(live, "swallow_next")
    trade = buy(live)
    await live.rounds(8)
    assert trade.orderStatus.status == "PendingSubmit"
    assert await live.ib.reqOpenOrdersAsync() == []
    live.ib.client.cancelOrder(trade.order.orderId, "")
    await live.until(lambda: (trade.order.orderId, 10147) in live.codes)
    following = buy(live)
    await live.until(lambda: following.orderStatus.status == "Filled")


async def test_a_swallowed_parent_takes_its_family_along(live):
    await inject(live, "swallow_next")
    for order in live.ib.bracketOrder("BUY", 1, 2.00, 3.00, 1.00, tif="GTC"):
        live.ib.placeOrder(live.contract, order)
    await live.rounds(8)
    assert live.sim.gateway.exchange.registry.live() == []
    assert live.codes == []


async def test_a_warning_leaves_the_order_alive(live):
    await inject(live, "warn_next", code=10349, text="Order TIF was set to DAY based on order preset.")
    trade = buy(live, 1.50)
    await live.until(lambda: (trade.order.orderId, 10349) in live.codes)
    await live.until(lambda: len(live.sim.gateway.exchange.registry.live()) == 1)


async def test_delayed_acknowledgements_keep_their_order(live):
    await inject(live, "delay", what="orders", by_s=0.2, for_s=5)
    trade = buy(live)
    await live.until(lambda: live.sim.gateway.exchange.executions)
    await live.rounds()
    assert trade.orderStatus.status == "PendingSubmit"
    await live.until(lambda: trade.orderStatus.status == "Filled")
    assert len(trade.fills) == 1


async def test_a_fill_inside_the_cancel_window(live):
    trade = buy(live, 1.50)
    await live.until(lambda: trade.orderStatus.status == "Submitted")
    await inject(live, "delay", what="cancels", by_s=0.25, for_s=5)
    live.ib.cancelOrder(trade.order)
    await live.until(lambda: live.sim.gateway.exchange.registry.live()[0].status.value == "PendingCancel")
    live.market.set_quote(CALL_CON_ID, 1.45, 1.50, 10)
    await live.until(lambda: trade.orderStatus.status == "Filled")
    await asyncio.sleep(0.3)
    assert live.sim.gateway.exchange.account.quantity(CALL_CON_ID) == 1


async def test_duplicate_statuses_are_folded_by_the_libraries(live):
    await inject(live, "duplicate_statuses", for_s=5)
    trade = buy(live)
    await live.until(lambda: trade.orderStatus.status == "Filled")
    assert len(trade.fills) == 1


async def test_any_code_can_be_sent(live):
    await inject(live, "error", code=10197, text="No market data during competing live session", req_id=-1)
    await live.until(lambda: (-1, 10197) in live.codes)
    trade = buy(live, 1.50)
    await live.until(lambda: trade.orderStatus.status == "Submitted")
    await inject(live, "error", code=399, text="warning", req_id="last_order")
    await live.until(lambda: (trade.order.orderId, 399) in live.codes)


async def test_a_withheld_end_marker(live):
    await inject(live, "withhold_end", what="positions")
    live.ib.client.cancelPositions()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(live.ib.reqPositionsAsync(), 0.2)


async def test_a_lower_next_valid_id(live):
    for _ in range(3):
        trade = buy(live, 1.50)
        await live.until(lambda trade=trade: trade.orderStatus.status == "Submitted")
    live.ib.disconnect()
    await live.until(lambda: not live.sim.gateway.sessions)
    await inject(live, "lower_next_valid_id", by=3)
    announced = []
    ib = live.library.IB()
    original = ib.client.updateReqId
    ib.client.updateReqId = lambda lowest: (announced.append(lowest), original(lowest))
    await ib.connectAsync("127.0.0.1", live.sim.port, clientId=1, timeout=4)
    live.stack.callback(ib.disconnect)
    assert announced[0] == trade.order.orderId - 2


async def test_fills_held_and_lost_with_the_link_come_back_as_executions(live):
    await inject(live, "hold_fills", for_s=30)
    trade = buy(live)
    await live.until(lambda: live.sim.gateway.exchange.executions)
    await live.rounds()
    assert trade.fills == []
    assert live.ib.positions() == []
    assert trade.orderStatus.status == "Submitted"
    await inject(live, "drop_link")
    await live.until(lambda: not live.ib.isConnected())
    ib = await live.connect(client_id=1)
    (fill,) = ib.fills()
    assert fill.execution.permId == trade.order.permId


async def test_an_outage_with_data_lost_ends_all_subscriptions(live):
    spy = await live.stock(live.ib)
    ticker = live.ib.reqMktData(spy, "", False, False)
    await live.until(lambda: ticker.bid == 650.00)
    await inject(live, "server_outage", for_s=0.15, data_lost=True)
    await live.until(lambda: (-1, 1100) in live.codes)
    await live.until(lambda: (-1, 1101) in live.codes)
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await live.rounds(8)
    assert ticker.bid == 650.00


async def test_an_outage_with_data_kept_goes_on(live):
    spy = await live.stock(live.ib)
    ticker = live.ib.reqMktData(spy, "", False, False)
    await live.until(lambda: ticker.bid == 650.00)
    await inject(live, "server_outage", for_s=0.15)
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    trade = buy(live)
    await live.until(lambda: (-1, 1102) in live.codes)
    await live.until(lambda: ticker.bid == 651.00)
    await live.until(lambda: trade.orderStatus.status == "Filled")


async def test_a_depth_reset_voids_the_book_and_sends_it_anew(live):
    spy = await live.stock(live.ib)
    rows = []
    live.ib.wrapper.updateMktDepthL2 = lambda *row: rows.append(row[1:5])
    live.ib.reqMktDepth(spy, isSmartDepth=True)
    live.market.set_depth([("ARCA", 650.00, 100)], [("ARCA", 650.02, 100)])
    await live.until(lambda: len(rows) == 2)
    await inject(live, "reset_depth", symbol="SPY")
    await live.until(lambda: len(rows) == 4)
    assert any(code == 317 for _, code in live.codes)
    assert rows[:2] == rows[2:]


async def test_a_frozen_link_answers_nothing_and_thaws(live):
    spy = await live.stock(live.ib)
    await inject(live, "freeze_link", for_s=0.2)
    ticker = live.ib.reqMktData(spy, "", False, False)
    await live.rounds(6)
    assert ticker.bid != 650.00
    assert live.ib.isConnected()
    await live.until(lambda: ticker.bid == 650.00)


async def test_shutdown(live):
    await ask(live, {"op": "shutdown"})
    await live.until(live.sim.stopped.is_set)
