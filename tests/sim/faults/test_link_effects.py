"""The link: outages of every kind, logins, ids in use, read-only, pacing."""

import asyncio

import pytest

from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID


async def cannot_connect(live, client_id=7):
    again = live.library.IB()
    with pytest.raises((ConnectionError, OSError, TimeoutError, asyncio.TimeoutError)):
        await again.connectAsync("127.0.0.1", live.sim.port, clientId=client_id, timeout=0.3)
    again.disconnect()


async def test_a_storm_of_1100_then_data_maintained(live):
    ticker = await live.ticker()
    live.fault("server_outage", for_s=0.4, storm_every_s=0.05)
    await live.until(lambda: live.codes.count((-1, 1100)) >= 4)
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await live.code(1102)
    await live.until(lambda: ticker.bid == 651.00)
    storms = live.codes.count((-1, 1100))
    await live.rounds(12)
    assert live.codes.count((-1, 1100)) == storms, "the storm goes on after 1102"


async def test_resting_orders_work_during_an_outage_and_their_fills_come_late(live):
    trade = await live.resting()
    live.fault("server_outage", for_s=0.15, executions_late_s=0.2)
    live.market.set_quote(CALL_CON_ID, 1.45, 1.50, 10)
    await live.until(lambda: live.exchange.executions)
    await live.code(1102)
    assert trade.fills == []
    await live.status(trade, "Filled")


@pytest.mark.parametrize("orders", ["queued", "refused", "lost"])
async def test_orders_placed_during_an_outage(live, orders):
    live.fault("server_outage", for_s=0.2, orders=orders)
    trade = live.buy()
    await live.rounds(4)
    assert not live.exchange.executions
    await live.code(1102)
    if orders == "queued":
        await live.status(trade, "Filled")
        return
    await live.rounds(6)
    assert not live.exchange.executions
    if orders == "refused":
        await live.code(201, trade.order.orderId)
    else:
        assert live.codes.count((trade.order.orderId, 201)) == 0
        assert trade.orderStatus.status == "PendingSubmit"


async def test_what_needs_the_server_waits_for_the_end_of_an_outage(live):
    live.fault("server_outage", for_s=0.2)
    asked = asyncio.ensure_future(live.ib.reqContractDetailsAsync(live.library.Stock("SPY", "SMART", "USD")))
    await live.rounds(4)
    assert not asked.done()
    await live.code(1102)
    assert len(await asked) == 1


async def test_an_outage_that_ends_in_the_loss_of_the_link(live):
    live.fault("server_outage", for_s=0.1, code=2110, drop_link=True)
    await live.code(2110)
    await live.until(lambda: not live.ib.isConnected())
    assert (-1, 1102) not in live.codes


async def test_a_second_outage_is_not_ended_by_the_first(live):
    ticker = await live.ticker()
    live.fault("server_outage", for_s=0.1)
    live.fault("server_outage", for_s=30, data_lost=True)
    await live.code(1102)
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await live.rounds(8)
    assert ticker.bid == 650.00
    live.fault("clear")
    await live.code(1101)


@pytest.mark.parametrize("door", ["silent", "closed"])
async def test_logged_out_until_a_human_comes(live, door):
    live.fault("logged_out", door=door)
    await live.until(lambda: not live.ib.isConnected())
    await live.rounds(2)
    await cannot_connect(live)
    live.fault("login")
    await live.rounds(3)
    assert (await live.connect(client_id=8)).isConnected()


async def test_a_client_id_that_stays_in_use(live):
    live.fault("occupy_client_id", client_id=7, for_s=0.5)
    await cannot_connect(live)
    await live.until(lambda: not live.sim.gateway.faults.occupied(7))
    assert (await live.connect(client_id=7)).isConnected()


async def test_read_only_refuses_orders_and_cancels(live):
    resting = await live.resting()
    live.fault("read_only")
    trade = live.buy()
    await live.code(321, trade.order.orderId)
    live.ib.cancelOrder(resting.order)
    await live.code(321, resting.order.orderId)
    assert [order.order_id for order in live.exchange.registry.live()] == [resting.order.orderId]
    live.fault("clear")
    await live.status(live.buy(), "Filled")


async def test_pacing_violations_and_the_disconnect_after_them(live):
    live.fault("pacing_violation", count=2, disconnect=True)
    live.ib.client.reqIds(1)
    await live.code(100)
    assert live.ib.isConnected()
    live.ib.client.reqIds(1)
    await live.until(lambda: not live.ib.isConnected())
