"""Orders: the life of one order."""

from typing import Any

import pytest

from alphatrader.sim.scripted import CALL_CON_ID, OPEN_NS, SPY_CON_ID
from tests.conformance.table import step
from tests.conformance.terms import CALL, limit, market

SECTION = "Orders"
S = 1_000_000_000


@step(SECTION, "LMT rests: PreSubmitted, then Submitted; its permId stays")
async def step_limit_rests(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 2, 1.50, orderRef="x:entry"))
    seen = await t.status(client, order_id, "Submitted")
    assert [status for status in seen["statuses"] if status != "PendingSubmit"] == ["PreSubmitted", "Submitted"]
    assert seen["remaining"] == 2
    assert not seen["done"]
    assert seen["order"]["orderRef"] == "x:entry"
    assert seen["order"]["lmtPrice"] == 1.50
    if t.official:
        assert seen["messages"][:4] == [
            ["openOrder", "PreSubmitted"],
            ["orderStatus", "PreSubmitted"],
            ["openOrder", "Submitted"],
            ["orderStatus", "Submitted"],
        ]
    (row,) = await client.open_orders()
    assert row["order"]["permId"] == seen["permId"] > 0


@step(SECTION, "MKT fills at the ask: execution, commission, position")
async def step_market_fills(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=market("BUY", 3))

    def paid(seen: Any) -> bool:
        return seen["status"] == "Filled" and seen["fills"] and seen["fills"][0]["commission"]

    seen = await t.order(client, order_id, "paid for", paid)
    (fill,) = seen["fills"]
    assert (fill["price"], fill["shares"], fill["side"], fill["cumQty"]) == (2.00, 3, "BOT", 3)
    assert fill["permId"] == seen["permId"]
    assert fill["commission"] == pytest.approx(3 * 0.6873, abs=0.05)
    # 1.797E308 when it opens a position, which the libraries show as unset or as 0.
    assert not fill["realizedPNL"]
    (position,) = await client.positions()
    assert position["position"] == 3
    assert position["contract"]["conId"] == CALL_CON_ID
    assert position["avgCost"] == pytest.approx(200 + fill["commission"] / 3, abs=0.01)


@step(SECTION, "a marketable LMT walks the book: partial fills, one execution each, the rest rests")
async def step_partial_fills(t: Any) -> None:
    client = await t.connect()
    t.market.set_levels(CALL_CON_ID, [(1.98, 10)], [(2.00, 2), (2.01, 3), (2.05, 9)])
    order_id = await client.place(contract=CALL, order=limit("BUY", 8, 2.01))
    seen = await t.order(client, order_id, "filled by 5", lambda seen: seen["filled"] == 5 and len(seen["fills"]) == 2)
    assert [(fill["shares"], fill["price"]) for fill in seen["fills"]] == [(2, 2.00), (3, 2.01)]
    assert seen["status"] == "Submitted"
    assert seen["remaining"] == 3
    assert seen["avg"] == pytest.approx((2 * 2.00 + 3 * 2.01) / 5)
    t.market.set_quote(CALL_CON_ID, 1.99, 2.01, 10)
    seen = await t.status(client, order_id, "Filled")
    assert [fill["cumQty"] for fill in seen["fills"]] == [2, 5, 8]
    assert len({fill["execId"] for fill in seen["fills"]}) == 3


@step(SECTION, "modify: price and size, permId kept; modify to the market fills")
async def step_modify(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 2, 1.50))
    first = await t.status(client, order_id, "Submitted")
    await client.modify(order_id=order_id, lmtPrice=1.60, totalQuantity=3)
    await t.until(lambda: [(float(row.limit_price), row.quantity) for row in t.live()] == [(1.60, 3)])
    assert t.live()[0].perm_id == first["permId"]
    await client.modify(order_id=order_id, lmtPrice=2.10)
    seen = await t.status(client, order_id, "Filled")
    assert seen["filled"] == 3
    assert seen["permId"] == first["permId"]
    assert seen["fills"][0]["price"] == 2.00


@step(SECTION, "cancel: Cancelled and 202")
async def step_cancel(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 2, 1.50))
    await t.status(client, order_id, "Submitted")
    await client.cancel(order_id=order_id)
    seen = await t.status(client, order_id, "Cancelled")
    assert seen["done"]
    await t.code(client, order_id, 202)
    assert t.live() == []


@step(SECTION, "what-if: margins and commission, nothing placed")
async def step_what_if(t: Any) -> None:
    client = await t.connect()
    state = await client.what_if(contract=CALL, order=limit("BUY", 2, 2.00))
    # A long option ties up no margin: it is paid, and lends nothing.
    assert float(state["initMarginChange"]) == 0
    assert float(state["equityWithLoanChange"]) == pytest.approx(-400, abs=5)
    assert float(state["equityWithLoanAfter"]) == pytest.approx(99_600, abs=5)
    assert state["commissionCurrency" if "commissionCurrency" in state else "commissionAndFeesCurrency"] == "USD"
    assert t.live() == []
    assert await client.open_orders() == []


@step(SECTION, "outside regular hours: 2109 where it means nothing")
async def step_outside_rth(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50, outsideRth=True))
    await t.status(client, order_id, "Submitted")
    await t.code(client, order_id, 2109)


@step(
    SECTION,
    "399: an order outside hours is held until the open",
    start_ns=OPEN_NS - 600 * S,
    deviations={"ib_async": "It says ValidationError, which is active."},
)
async def step_held_until_open(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 2.00))
    await t.code(client, order_id, 399)
    await t.until(lambda: len(t.live()) == 1)
    seen = await t.status(client, order_id, "PreSubmitted", "ValidationError")
    assert seen["status"] == t.per_client("PreSubmitted", ib_async="ValidationError")
    assert not seen["done"]
    await t.sim.advance(601 * S)
    t.market.set_quote(CALL_CON_ID, 1.98, 2.00, 20)
    await t.status(client, order_id, "Filled")


@step(SECTION, "conditions: price, time, volume, execution and per cent come back as sent; price releases the order")
async def step_conditions(t: Any) -> None:
    client = await t.connect()
    price = {
        "kind": "Price",
        "conId": SPY_CON_ID,
        "exchange": "SMART",
        "isMore": True,
        "price": 651.0,
        "triggerMethod": 0,
    }
    rest = [
        {"kind": "Time", "isMore": True, "time": "20261117 10:00:00 US/Eastern", "conjunction": "o"},
        {"kind": "Volume", "conId": SPY_CON_ID, "exchange": "SMART", "isMore": True, "volume": 100_000_000},
        {"kind": "Execution", "secType": "STK", "exchange": "SMART", "symbol": "QQQ"},
        {"kind": "PercentChange", "conId": SPY_CON_ID, "exchange": "SMART", "isMore": True, "changePercent": 50.0},
    ]
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 2.00, conditions=[price]))
    await t.status(client, order_id, "PreSubmitted")
    many = await client.place(contract=CALL, order=limit("BUY", 1, 2.00, conditions=[price, *rest]))
    await t.status(client, many, "PreSubmitted")
    rows = {row["orderId"]: row["order"]["conditions"] for row in await client.open_orders()}
    assert len(rows[order_id]) == 1
    assert rows[order_id][0]["price"] == 651.0
    assert len(rows[many]) == 5
    t.market.set_quote(SPY_CON_ID, 651.10, 651.12, 500)
    t.market.trade(SPY_CON_ID, 651.12, 100)
    await t.status(client, order_id, "Filled")
