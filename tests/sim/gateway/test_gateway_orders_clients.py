"""Several clients and the hand at the terminal: whose order is it, and who may see and end it."""

from decimal import Decimal

import pytest
from tests.sim.gateway.conftest import running
from tests.sim.gateway.order_client import OrderClient, tell

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID
from alphatrader.sim.wire.order_terms import WireTerms


@pytest.fixture
async def gateway(tmp_path):
    async with running(None, tmp_path) as bench:
        yield bench


def by_hand(gateway, con_id=CALL_CON_ID, **terms):
    """Place an order at the terminal."""
    stated = {"action": "BUY", "quantity": Decimal(1), "order_type": "LMT", "limit_price": Decimal("1.5"), **terms}
    order = gateway.sim.gateway.orders.place_manual(con_id, WireTerms(**stated))
    gateway.sim.gateway.settle()
    return order


async def test_each_client_counts_for_itself(gateway):
    async with OrderClient(gateway) as one, OrderClient(gateway) as two:
        await one.begin(1)
        await two.begin(2)
        one.place(5, one.limit())
        two.place(5, two.limit(price=1.4))
        await one.story(4)
        await two.story(4)
        registry = gateway.sim.gateway.exchange.registry
        assert registry.find(1, 5).perm_id != registry.find(2, 5).perm_id
        two.cancel(5)
        assert await two.story(2) == [("status", "Cancelled"), ("error", 202)]
        assert await one.silence() == []
        one.ask(8, 1, 1)
        assert await one.until(9) == ["9", "1", "6"]


async def test_orders_of_others_are_seen_when_asked_for_all(gateway):
    async with OrderClient(gateway) as one, OrderClient(gateway, version=157) as two:
        await one.begin(1)
        await two.begin(2)
        one.place(5, one.limit(orderRef="mine"))
        await one.story(4)
        two.ask(5, 1)
        assert await two.story(1) == [("end",)]
        two.cancel(5)
        assert await two.story(1) == [("error", 10147)]
        two.ask(16, 1)
        opening = await two.order_message()
        assert opening[1] == "5"
        assert "mine" in opening
        assert await two.story(2) == [("status", "Submitted"), ("end",)]
        two.cancel(5)
        assert await one.story(2) == [("status", "Cancelled"), ("error", 202)]


async def test_orders_come_back_to_their_client(gateway):
    async with OrderClient(gateway) as client:
        await client.begin(3)
        client.place(1, client.limit(tif="GTC", orderRef="later"))
        await client.story(4)
    await gateway.until(lambda: 3 not in gateway.sim.gateway.sessions)
    async with OrderClient(gateway) as client:
        await client.begin(3)
        client.ask(5, 1)
        opening = await client.order_message()
        assert "later" in opening
        assert "GTC" in opening
        client.cancel(1)
        assert (await client.story_until(("error", 202)))[-2] == ("status", "Cancelled")


async def test_a_global_cancel_ends_stops_children_and_manual_orders(gateway):
    async with OrderClient(gateway) as one, OrderClient(gateway) as two:
        await one.begin(1)
        await two.begin(2)
        one.place(1, one.limit(transmit=False))
        one.place(2, one.library.StopOrder("SELL", 1, 1.0, tif="GTC", parentId=1))
        two.place(1, two.limit(tif="GTC"))
        by_hand(gateway)
        await two.story(4)
        two.ask(58, 1)
        await one.story_until(("status", "Cancelled"))
        await two.story_until(("status", "Cancelled"))
        assert gateway.sim.gateway.exchange.registry.live() == []


async def test_a_manual_order_is_client_0s_once_it_is_bound(gateway):
    placed = by_hand(gateway, order_ref="hand")
    async with OrderClient(gateway) as zero, OrderClient(gateway) as other:
        await zero.begin(0)
        await other.begin(9)
        other.ask(16, 1)
        opening = await other.order_message()
        assert (opening[1], tell(opening)) == ("0", ("open", "Submitted"))
        assert await other.story(2) == [("status", "Submitted"), ("end",)]
        zero.cancel(placed.order_id)
        assert await zero.story(1) == [("error", 10147)]
        zero.ask(5, 1)
        bound = await zero.order_message()
        assert bound == ["100", str(placed.perm_id), "0", str(placed.order_id)]
        opening = await zero.order_message()
        assert opening[1] == str(placed.order_id)
        assert placed.order_id < 0
        assert await zero.story(2) == [("status", "Submitted"), ("end",)]
        zero.ask(5, 1)
        assert await zero.story(3) == [("open", "Submitted"), ("status", "Submitted"), ("end",)]
        zero.place(placed.order_id, zero.limit(price=1.7))
        assert await zero.story(2) == [("open", "Submitted"), ("status", "Submitted")]
        zero.cancel(placed.order_id)
        assert await zero.story(2) == [("status", "Cancelled"), ("error", 202)]


async def test_client_0_may_bind_whatever_comes(gateway):
    async with OrderClient(gateway) as zero:
        await zero.begin(0)
        by_hand(gateway)
        assert await zero.silence() == []
        zero.ask(15, 1, 1)
        assert await zero.silence() == []
        second = by_hand(gateway, limit_price=Decimal(2))
        told = await zero.story_until(("commission",))
        assert told[:3] == [("bound",), ("open", "PreSubmitted"), ("status", "PreSubmitted")]
        assert second.order_id == -2
        zero.ask(7, 3, 4, 0, "", "", "", "", "", "")
        execution = await zero.until(11)
        assert execution[1:3] == ["4", "-2"]


async def test_others_may_not_bind(gateway):
    async with OrderClient(gateway) as client:
        await client.begin(4)
        client.ask(15, 1, 1)
        assert await client.story(1) == [("error", 327)]


async def test_a_manual_order_that_cannot_be_says_why(gateway):
    with pytest.raises(ConfigError, match="con_id 1"):
        by_hand(gateway, con_id=1)
    with pytest.raises(ConfigError, match="blockOrder"):
        by_hand(gateway, block_order=True)
    with pytest.raises(ConfigError, match="refused by the exchange"):
        by_hand(gateway, limit_price=Decimal("1.234"))


async def test_api_only_leaves_manual_orders_out(gateway):
    placed = by_hand(gateway)
    gateway.sim.gateway.exchange.cancel(placed)
    async with OrderClient(gateway) as client:
        await client.begin(1)
        client.ask(99, 1)
        assert await client.story(1) == [("end",)]
        client.ask(99, 0)
        assert await client.story(2) == [("completed", "Cancelled"), ("end",)]


async def test_the_master_client_hears_of_everybody(tmp_path):
    running_gateway = running(None, tmp_path, master_client_id=77)
    async with running_gateway as gateway, OrderClient(gateway) as one, OrderClient(gateway) as master:
        await one.begin(1)
        await master.begin(77)
        one.place(1, one.limit(price=2.0))
        await one.story_until(("commission",))
        told = await master.story_until(("commission",))
        assert ("execution",) in told
        assert ("status", "Filled") in told


async def executions(client, **wanted):
    """The symbols and sides of the executions that pass a filter."""
    names = ("client_id", "account", "time", "symbol", "sec_type", "exchange", "side")
    client.ask(7, 3, 6, *[wanted.get(name, 0 if name == "client_id" else "") for name in names])
    found = []
    while (message := await client.order_message())[0] != "55":
        if message[0] == "11":
            found.append((message[4], message[5], message[18]))
    return found


async def test_executions_by_filter(gateway):
    async with OrderClient(gateway) as client:
        await client.begin(1)
        client.place(1, client.limit(price=2.0))
        await client.story_until(("commission",))
        stock = client.library.Stock("SPY", "SMART", "USD", conId=SPY_CON_ID)
        client.place(2, client.library.MarketOrder("BUY", 10, tif="DAY"), stock)
        await client.story_until(("commission",))
        client.place(3, client.library.MarketOrder("SELL", 10, tif="DAY"), stock)
        await client.story_until(("commission",))
        await client.silence()
        call, bought, sold = ("SPY", "OPT", "BOT"), ("SPY", "STK", "BOT"), ("SPY", "STK", "SLD")
        assert await executions(client) == [call, bought, sold]
        assert await executions(client, client_id=2) == []
        assert await executions(client, sec_type="OPT") == [call]
        assert await executions(client, side="SELL") == [sold]
        assert await executions(client, exchange="ARCA") == [bought, sold]
        assert await executions(client, exchange="SMART", symbol="spy") == [call, bought, sold]
        assert await executions(client, account="DU1") == []
        assert await executions(client, time="20261116 15:59:59") == []
        client.ask(7, 3, 6, 0, "", "yesterday", "", "", "", "")
        assert await client.story(1) == [("error", 321)]


@pytest.mark.parametrize(("today_alone", "count"), [(True, 0), (False, 1)])
async def test_executions_of_earlier_days(tmp_path, today_alone, count):
    running_gateway = running(None, tmp_path, behaviours={"executions_current_day": today_alone})
    async with running_gateway as gateway, OrderClient(gateway) as client:
        await client.begin(1)
        client.place(1, client.limit(price=2.0))
        await client.story_until(("commission",))
        await client.silence()
        gateway.market.session_date = "2026-11-17"
        assert len(await executions(client)) == count
