"""Account: values, summaries, positions, portfolio, profit and loss, executions, lists of orders."""

from typing import Any

import pytest

from alphatrader.sim.scripted import CALL_CON_ID, CLOSE_NS
from tests.conformance.market import EXPIRING_CALL_CON_ID
from tests.conformance.table import step
from tests.conformance.terms import CALL, bought, limit, market

SECTION = "Account"
S = 1_000_000_000


@step(SECTION, "account updates and portfolio follow a fill")
async def step_account_updates(t: Any) -> None:
    client = await t.connect()
    await bought(t, client, CALL, 2)

    async def moved() -> bool:
        values = await client.account_values()
        return float(values["TotalCashValue"]) == pytest.approx(100_000 - 400 - 2, abs=2)

    await t.until(moved)

    async def row() -> Any:
        return await client.portfolio()

    (held,) = await t.until(row)
    assert held["position"] == 2
    assert held["contract"]["conId"] == CALL_CON_ID
    assert held["marketPrice"] == pytest.approx(1.99)
    assert held["unrealizedPNL"] < 0
    assert float((await client.account_values())["NetLiquidation"]) == pytest.approx(100_000 - 2 - 2, abs=2)


@step(SECTION, "account summary")
async def step_summary(t: Any) -> None:
    client = await t.connect()
    rows = await client.summary()
    assert float(rows["NetLiquidation"]) == 100_000
    assert float(rows["TotalCashValue"]) == 100_000
    assert float(rows["BuyingPower"]) >= 100_000


@step(SECTION, "positions: all at once, then each change")
async def step_positions(t: Any) -> None:
    client = await t.connect()
    assert await client.positions() == []
    await bought(t, client, CALL, 2)
    (row,) = await client.positions()
    assert row["position"] == 2
    assert row["account"] == "DUSIM0001"
    sell = await client.place(contract=CALL, order=market("SELL", 2))
    seen = await t.order(client, sell, "paid for", lambda seen: seen["fills"] and seen["fills"][0]["commission"])
    assert seen["fills"][0]["realizedPNL"] == pytest.approx(2 * (198 - 200) - 4 * 0.69, abs=0.1)
    assert await client.positions() == []


@step(
    SECTION,
    "positions and values of one account (multi)",
    absent={"ib_insync": "It has no reqPositionsMulti.", "ib_async": "It has no reqPositionsMulti."},
)
async def step_positions_multi(t: Any) -> None:
    client = await t.connect()
    await bought(t, client, CALL, 2)
    (row,) = await client.positions_multi()
    assert row["position"] == 2
    assert row["contract"]["conId"] == CALL_CON_ID


@step(SECTION, "values of one account (multi)")
async def step_account_multi(t: Any) -> None:
    client = await t.connect()
    rows = await client.account_multi()
    assert float(rows["NetLiquidation"]) == 100_000


@step(SECTION, "profit and loss of the account")
async def step_pnl(t: Any) -> None:
    client = await t.connect()
    key = await client.pnl_start()
    assert (await t.until(lambda: client.pnl(key=key)))["dailyPnL"] == 0
    await bought(t, client, CALL, 2)

    async def lost() -> bool:
        row = await client.pnl(key=key)
        return row["unrealizedPnL"] < 0 and row["dailyPnL"] < 0

    await t.until(lost)
    await client.pnl_stop(key=key)


@step(SECTION, "profit and loss of one position")
async def step_pnl_single(t: Any) -> None:
    client = await t.connect()
    await bought(t, client, CALL, 2)
    key = await client.pnl_start(con_id=CALL_CON_ID)
    row = await t.until(lambda: client.pnl(key=key))
    assert row["position"] == 2
    assert row["value"] == pytest.approx(398, abs=3)
    await client.pnl_stop(key=key, con_id=CALL_CON_ID)


@step(SECTION, "executions and commissions on request, filtered; another client sees them too")
async def step_executions(t: Any) -> None:
    client, other = await t.connect(1), await t.connect(2)
    order_id = await bought(t, client, CALL, 2)
    (fill,) = (await client.order(order_id=order_id))["fills"]
    (row,) = await other.executions()
    assert row["execId"] == fill["execId"]
    assert row["clientId"] == 1
    assert row["commission"] is not None
    assert await other.executions(side="SELL") == []
    assert len(await other.executions(symbol="SPY", secType="OPT", clientId=1)) == 1
    assert await other.executions(clientId=9) == []


@step(SECTION, "open orders: own ones; all clients' by reqAllOpenOrders; another's is cancelled after that")
async def step_open_orders(t: Any) -> None:
    client, other = await t.connect(1), await t.connect(2)
    await client.new_id()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.status(client, order_id, "Submitted")
    assert await other.open_orders() == []
    (row,) = await other.all_open_orders()
    assert row["order"]["clientId"] == 1
    assert row["orderId"] == order_id
    await other.cancel(order_id=order_id)
    await t.status(client, order_id, "Cancelled")


@step(SECTION, "completed orders: filled and cancelled ones")
async def step_completed_orders(t: Any) -> None:
    client = await t.connect()
    await bought(t, client, CALL, 2)
    resting = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.status(client, resting, "Submitted")
    await client.cancel(order_id=resting)
    await t.status(client, resting, "Cancelled")
    rows = await client.completed_orders()
    states = {row["state"]["status"]: row for row in rows}
    assert {"Filled", "Cancelled"} <= set(states)
    assert states["Filled"]["contract"]["conId"] == CALL_CON_ID
    assert states["Filled"]["order"]["filledQuantity"] == 2


@step(SECTION, "global cancel ends the orders of every client")
async def step_global_cancel(t: Any) -> None:
    client, other = await t.connect(1), await t.connect(2)
    first = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    second = await other.place(contract=CALL, order=limit("BUY", 1, 1.40, tif="GTC"))
    await t.status(client, first, "Submitted")
    await t.status(other, second, "Submitted")
    await client.global_cancel()
    await t.status(client, first, "Cancelled")
    await t.status(other, second, "Cancelled")
    assert t.live() == []


@step(SECTION, "client 0 may bind manual orders; for others it is 327")
async def step_auto_bind(t: Any) -> None:
    client, other = await t.connect(0), await t.connect(5)
    await client.auto_bind()
    await other.auto_bind()
    await t.code(other, None, 327)
    assert 327 not in await client.codes()


@step(
    SECTION,
    "exercise of an option: at the end of the day the option goes and the stock comes",
    start_ns=CLOSE_NS - 60 * S,
)
async def step_exercise(t: Any) -> None:
    client = await t.connect()
    call = {**CALL, "lastTradeDateOrContractMonth": "20261117"}
    await bought(t, client, call, 1)
    await client.exercise(contract=call, action=1, quantity=1)
    await t.until(lambda: t.gateway.exchange.account.instructions)
    await t.sim.advance(61 * S)
    t.market.next_day()
    await t.until(lambda: t.gateway.exchange.account.session_date == "2026-11-17")
    (row,) = await client.positions()
    assert (row["contract"]["secType"], row["position"]) == ("STK", 100)


@step(SECTION, "exercise refused: more than is held (321)")
async def step_exercise_refused(t: Any) -> None:
    client = await t.connect()
    req_id = await client.exercise(contract=CALL, action=1, quantity=1)
    await t.code(client, req_id, 321)


@step(
    SECTION,
    "executions of an earlier day are gone on the next, or still there",
    start_ns=CLOSE_NS - 60 * S,
    behaviours=({}, {"executions_current_day": False}),
)
async def step_executions_next_day(t: Any) -> None:
    client = await t.connect()
    await bought(t, client, CALL, 1)
    assert len(await client.executions()) == 1
    await t.sim.advance(61 * S)
    t.market.next_day()
    await t.until(lambda: t.gateway.exchange.account.session_date == "2026-11-17")
    left = 0 if t.gateway.behaviours.on("executions_current_day") else 1
    if t.official:
        assert len(await client.executions()) == left
    else:
        # Its lists only grow; a fresh connection tells.
        fresh = await t.connect(2)
        assert len(await fresh.executions()) == left


@step(
    SECTION,
    "expiry in the money: the option leaves with an execution of no order, or silently; the stock comes",
    start_ns=CLOSE_NS - 60 * S,
    behaviours=({}, {"settlement_executions": False}),
)
async def step_expiry(t: Any) -> None:
    client = await t.connect(0)  # who is told of what nobody ordered
    await bought(t, client, {"conId": EXPIRING_CALL_CON_ID, "exchange": "SMART"}, 1)
    await t.sim.advance(61 * S)
    t.market.settlements[EXPIRING_CALL_CON_ID] = 650.00
    t.market.next_day()

    async def stock() -> Any:
        return [row for row in await client.positions() if row["contract"]["secType"] == "STK"]

    (row,) = await t.until(stock)
    assert row["position"] == 100
    assert len(await client.positions()) == 1
    told = (await client.order(order_id=0))["fills"]
    assert len(told) == (2 if t.gateway.behaviours.on("settlement_executions") else 0)
