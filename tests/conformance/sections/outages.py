"""Outages: what is said when links, farms and gateways fail, and what the client has afterwards."""

from typing import Any

import pytest

from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID
from tests.conformance.bench import running
from tests.conformance.clients import ClientError
from tests.conformance.table import step
from tests.conformance.terms import CALL, SPY, bought, limit

SECTION = "Outages and restarts"


async def streaming(t: Any, client: Any) -> int:
    """Open a line of SPY; return its key when it shows the quote."""
    key = await client.quote_start(contract=SPY)

    async def quoted() -> bool:
        return (await client.quote(key=key)).get("bid") == 650.00

    await t.until(quoted)
    return int(key)


async def bid(client: Any, key: int) -> Any:
    """Return the bid that a line shows."""
    return (await client.quote(key=key)).get("bid")


@step(SECTION, "1100 and 1102: silence, then data goes on, and fills come late")
async def step_outage(t: Any) -> None:
    client = await t.connect()
    key = await streaming(t, client)
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.90))
    await t.status(client, order_id, "Submitted")
    t.inject("server_outage", for_s=0.5)
    await t.code(client, -1, 1100)
    t.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    t.market.set_quote(CALL_CON_ID, 1.85, 1.90, 10)
    await t.code(client, -1, 1102)

    async def again() -> bool:
        return bool(await bid(client, key) == 651.00)

    await t.until(again)
    await t.status(client, order_id, "Filled")


@step(
    SECTION,
    "1100 and 1101: subscriptions are gone, the connection stands",
    deviations={
        "ib_insync": "Its tickers go silent without a word.",
        "ib_async": "Its tickers go silent without a word.",
    },
)
async def step_data_lost(t: Any) -> None:
    client = await t.connect()
    key = await streaming(t, client)
    t.inject("server_outage", for_s=0.15, data_lost=True)
    await t.code(client, -1, 1100)
    await t.code(client, -1, 1101)
    assert await client.connected()
    t.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await t.rounds(8)
    assert await bid(client, key) == 650.00
    await client.quote_stop(key=key)
    fresh = await client.quote_start(contract=SPY)

    async def again() -> bool:
        return bool(await bid(client, fresh) == 651.00)

    await t.until(again)


@step(SECTION, "2103 and 2104, 2105 and 2106, 2157 and 2158, 2107, 2119, 2110: the state of the farms")
async def step_farms(t: Any) -> None:
    client = await t.connect()
    for farm, broken, restored in (("data", 2103, 2104), ("history", 2105, 2106), ("secdef", 2157, 2158)):
        before = len([code for code in await client.codes() if code == restored])
        t.inject("farm_outage", farm=farm, for_s=0.1)
        await t.code(client, -1, broken)

        async def restored_again(before: int = before, restored: int = restored) -> bool:
            return len([code for code in await client.codes() if code == restored]) > before

        await t.until(restored_again)
    t.inject("farm_notice", farm="history", state="inactive")
    await t.code(client, -1, 2107)
    t.inject("farm_notice", farm="data", state="connecting")
    await t.code(client, -1, 2119)
    t.inject("server_outage", for_s=0.1, code=2110)
    await t.code(client, -1, 2110)
    assert await client.connected()


@step(SECTION, "10197: a competing session stops the data, and it comes back")
async def step_competing(t: Any) -> None:
    client = await t.connect()
    key = await streaming(t, client)
    t.inject("competing_session", for_s=0.3)
    await t.code(client, key, 10197)
    t.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)

    async def again() -> bool:
        return bool(await bid(client, key) == 651.00)

    await t.until(again)


@step(SECTION, "the connection drops, new ones are refused for a while; orders survive and come back")
async def step_dropped(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50, tif="GTC"))
    seen = await t.status(client, order_id, "Submitted")
    t.inject("drop_link", refuse_for_s=0.3)

    async def gone() -> bool:
        return not await client.connected()

    await t.until(gone)
    with pytest.raises(ClientError):
        await t.connect(1, wait_s=0.2)
    await t.until(lambda: t.sim.listening)
    again = await t.connect(1)
    assert again.greeting["next_id"] > order_id
    (row,) = await again.open_orders()
    assert row["order"]["permId"] == seen["permId"]
    await again.cancel(order_id=order_id)
    await t.until(lambda: t.live() == [])


@step(SECTION, "a gateway that is not logged in accepts the connection and never answers")
async def step_not_logged_in(t: Any) -> None:
    t.inject("logged_out", door="silent")
    with pytest.raises(ClientError):
        await t.connect(1, wait_s=0.5)
    t.inject("login")
    assert (await t.connect(2)).greeting["accounts"] == ["DUSIM0001"]


@step(SECTION, "half-open: the connection stands and nothing comes, until it thaws")
async def step_frozen(t: Any) -> None:
    client = await t.connect()
    key = await streaming(t, client)
    t.inject("freeze_link", for_s=0.3)
    t.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await t.rounds(4)
    assert await client.connected()
    assert await bid(client, key) == 650.00

    async def thawed() -> bool:
        return bool(await bid(client, key) == 651.00)

    await t.until(thawed)


@step(SECTION, "restart of the client: orders, positions, executions and the next id come back")
async def step_client_restart(t: Any) -> None:
    client = await t.connect()
    filled = await bought(t, client, CALL, 2)
    resting = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.status(client, resting, "Submitted")
    await client.disconnect()
    await t.until(lambda: not t.gateway.sessions)
    again = await t.connect(1)
    assert again.greeting["next_id"] > resting
    assert [row["orderId"] for row in await again.open_orders()] == [resting]
    assert [row["orderId"] for row in await again.executions()] == [filled]
    (position,) = await again.positions()
    assert position["position"] == 2
    await again.cancel(order_id=resting)
    await t.until(lambda: t.live() == [])


@step(SECTION, "restart of the gateway: the same, from its journal")
async def step_server_restart(t: Any) -> None:
    place = t.sim.settings.state_dir / "twice"
    async with running(t.step, t.process, place, {}) as first:
        client = await first.connect(1)
        filled = await bought(first, client, CALL, 2)
        resting = await client.place(contract=CALL, order=limit("BUY", 1, 1.50, tif="GTC", orderRef="kept"))
        perm_id = (await first.status(client, resting, "Submitted"))["permId"]
    async with running(t.step, t.process, place, {}) as second:
        client = await second.connect(1)
        assert client.greeting["next_id"] > resting
        (row,) = await client.open_orders()
        assert (row["orderId"], row["order"]["permId"]) == (resting, perm_id)
        assert row["order"]["orderRef"] == "kept"
        assert [row["orderId"] for row in await client.executions()] == [filled]
        (position,) = await client.positions()
        assert (position["position"], position["contract"]["conId"]) == (2, CALL_CON_ID)
        second.market.set_quote(CALL_CON_ID, 1.45, 1.50, 10)
        await second.until(lambda: second.live() == [])


@step(
    SECTION,
    "a late fill after the cancel was confirmed (10148 or 202 first): the position is there",
    deviations={"ib_insync": "It shows Cancelled, then Filled.", "ib_async": "It shows Cancelled, then Filled."},
)
async def step_fill_after_cancel(t: Any) -> None:
    client = await t.connect()
    t.inject("fill_after_cancel", by_s=0.1)
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.status(client, order_id, "Submitted")
    await client.cancel(order_id=order_id)
    await t.status(client, order_id, "Cancelled", "Filled")
    seen = await t.status(client, order_id, "Filled")
    assert seen["statuses"][-2:] == ["Cancelled", "Filled"]
    (position,) = await client.positions()
    assert position["position"] == 1
