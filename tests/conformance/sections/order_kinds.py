"""Orders: types and times in force."""

from decimal import Decimal
from typing import Any

import pytest

from alphatrader.sim.market.types import Auction
from alphatrader.sim.scripted import CALL_CON_ID, CLOSE_NS, OPEN_NS, SPY_CON_ID
from tests.conformance.sections.orders import SECTION, S
from tests.conformance.table import step
from tests.conformance.terms import CALL, SPY, bought, limit, order


@step(SECTION, "STP of a stock: held for its trigger, then at the market")
async def step_stop(t: Any) -> None:
    client = await t.connect()
    await bought(t, client, SPY, 100)
    order_id = await client.place(contract=SPY, order=order("SELL", 100, "STP", auxPrice=649.50))
    seen = await t.order(client, order_id, "held", lambda seen: seen["whyHeld"] == "trigger")
    assert seen["status"] == "PreSubmitted"
    t.market.set_quote(SPY_CON_ID, 649.40, 649.42, 500)
    await t.rounds()
    t.market.trade(SPY_CON_ID, 649.41, 100)
    seen = await t.status(client, order_id, "Filled")
    assert seen["fills"][0]["price"] == 649.40


@step(SECTION, "STP LMT: after its trigger it rests at its limit")
async def step_stop_limit(t: Any) -> None:
    client = await t.connect()
    await bought(t, client, SPY, 100)
    order_id = await client.place(contract=SPY, order=order("SELL", 100, "STP LMT", auxPrice=649.50, lmtPrice=649.45))
    await t.order(client, order_id, "held", lambda seen: seen["whyHeld"] == "trigger")
    t.market.set_quote(SPY_CON_ID, 649.40, 649.42, 500)
    t.market.trade(SPY_CON_ID, 649.41, 100)
    seen = await t.status(client, order_id, "Submitted")
    assert seen["fills"] == []
    t.market.set_quote(SPY_CON_ID, 649.46, 649.48, 500)
    seen = await t.status(client, order_id, "Filled")
    assert seen["fills"][0]["price"] == 649.45


@step(SECTION, "TRAIL by an amount: the stop follows the price up and is told as it moves")
async def step_trail(t: Any) -> None:
    client = await t.connect()
    await bought(t, client, SPY, 100)
    order_id = await client.place(contract=SPY, order=order("SELL", 100, "TRAIL", auxPrice=0.50, trailStopPrice=649.50))
    await t.order(client, order_id, "held", lambda seen: seen["whyHeld"] == "trigger")
    t.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    t.market.trade(SPY_CON_ID, 651.00, 100)
    await t.rounds(6)
    t.market.set_quote(SPY_CON_ID, 650.60, 650.62, 500)
    t.market.trade(SPY_CON_ID, 650.60, 100)
    await t.rounds(6)
    seen = await client.order(order_id=order_id)
    assert seen["status"] == "PreSubmitted"
    t.market.set_quote(SPY_CON_ID, 650.45, 650.47, 500)
    t.market.trade(SPY_CON_ID, 650.45, 100)
    seen = await t.status(client, order_id, "Filled")
    assert seen["fills"][0]["price"] == 650.45


@step(SECTION, "TRAIL by per cent")
async def step_trail_percent(t: Any) -> None:
    client = await t.connect()
    await bought(t, client, SPY, 100)
    order_id = await client.place(contract=SPY, order=order("SELL", 100, "TRAIL", trailingPercent=1.0))
    await t.order(client, order_id, "held", lambda seen: seen["whyHeld"] == "trigger")
    await t.until(lambda: t.live()[0].trail_stop_price == Decimal("643.50"))
    t.market.set_quote(SPY_CON_ID, 640.00, 640.02, 500)
    t.market.trade(SPY_CON_ID, 640.00, 100)
    await t.status(client, order_id, "Filled")


@step(SECTION, "TRAIL LIMIT")
async def step_trail_limit(t: Any) -> None:
    client = await t.connect()
    await bought(t, client, SPY, 100)
    fields = {"auxPrice": 0.50, "trailStopPrice": 649.50, "lmtPriceOffset": 0.10}
    order_id = await client.place(contract=SPY, order=order("SELL", 100, "TRAIL LIMIT", **fields))
    await t.order(client, order_id, "held", lambda seen: seen["whyHeld"] == "trigger")
    t.market.set_quote(SPY_CON_ID, 649.30, 649.32, 500)
    t.market.trade(SPY_CON_ID, 649.45, 100)
    await t.status(client, order_id, "Submitted")
    t.market.set_quote(SPY_CON_ID, 649.42, 649.44, 500)
    seen = await t.status(client, order_id, "Filled")
    assert seen["fills"][0]["price"] == 649.40


@step(SECTION, "MIT and LIT: touched, then at the market or at a limit")
async def step_if_touched(t: Any) -> None:
    client = await t.connect()
    touched = await client.place(contract=SPY, order=order("BUY", 10, "MIT", auxPrice=649.00))
    limited = await client.place(contract=SPY, order=order("BUY", 10, "LIT", auxPrice=649.00, lmtPrice=648.00))
    for order_id in (touched, limited):
        await t.order(client, order_id, "held", lambda seen: seen["whyHeld"] == "trigger")
    t.market.set_quote(SPY_CON_ID, 648.90, 648.92, 500)
    t.market.trade(SPY_CON_ID, 648.91, 100)
    seen = await t.status(client, touched, "Filled")
    assert seen["fills"][0]["price"] == 648.92
    seen = await t.status(client, limited, "Submitted")
    assert seen["filled"] == 0


@step(SECTION, "MTL: what does not fill at the market rests as a limit")
async def step_market_to_limit(t: Any) -> None:
    client = await t.connect()
    t.market.set_levels(CALL_CON_ID, [(1.98, 10)], [(2.00, 2), (2.10, 9)])
    order_id = await client.place(contract=CALL, order=order("BUY", 5, "MTL"))
    seen = await t.order(client, order_id, "partly filled", lambda seen: seen["filled"] == 2 and seen["fills"])
    assert seen["status"] == "Submitted"
    assert seen["fills"][0]["price"] == 2.00
    assert [row.effective_limit for row in t.live()] == [pytest.approx(2)]


@step(SECTION, "REL and PEG MID are taken for a stock")
async def step_pegged(t: Any) -> None:
    client = await t.connect()
    relative = await client.place(contract=SPY, order=order("BUY", 10, "REL", auxPrice=0.01, lmtPrice=649.00))
    await t.status(client, relative, "Submitted")
    midpoint = await client.place(
        contract={**SPY, "exchange": "IBKRATS"}, order=order("BUY", 10, "PEG MID", lmtPrice=649.00, auxPrice=0.01)
    )
    await t.status(client, midpoint, "Submitted", "PreSubmitted")


@step(SECTION, "MOC and LOC of a stock trade in the closing auction", start_ns=CLOSE_NS - 600 * S)
async def step_on_close(t: Any) -> None:
    client = await t.connect()
    at_market = await client.place(contract=SPY, order=order("BUY", 10, "MOC"))
    at_limit = await client.place(contract=SPY, order=order("BUY", 10, "LOC", lmtPrice=655.00))
    too_low = await client.place(contract=SPY, order=order("BUY", 10, "LOC", lmtPrice=640.00))
    for order_id in (at_market, at_limit, too_low):
        seen = await t.status(client, order_id, "PreSubmitted", "Submitted")
        assert seen["filled"] == 0
    await t.sim.advance(599 * S)
    t.market.announce(Auction(CLOSE_NS, SPY_CON_ID, "close", 650.50, 100_000))
    await t.sim.advance(2 * S)
    for order_id in (at_market, at_limit):
        seen = await t.status(client, order_id, "Filled")
        assert seen["fills"][0]["price"] == 650.50
    await t.sim.advance(120 * S)
    await t.status(client, too_low, "Cancelled")


@step(SECTION, "TIF DAY, GTC, GTD are kept as sent")
async def step_lasting_tifs(t: Any) -> None:
    client = await t.connect()
    until = {"tif": "GTD", "goodTillDate": "20261116 15:30:00 US/Eastern"}
    for fields in ({"tif": "DAY"}, {"tif": "GTC"}, until):
        order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50, **fields))
        await t.status(client, order_id, "Submitted")
    rows = {row["order"]["tif"]: row["order"] for row in await client.open_orders()}
    assert set(rows) == {"DAY", "GTC", "GTD"}
    assert rows["GTD"]["goodTillDate"].startswith("20261116")


@step(SECTION, "a DAY order ends at the close, a GTC order lives on", start_ns=CLOSE_NS - 60 * S)
async def step_expiry_of_day_orders(t: Any) -> None:
    client = await t.connect()
    day = await client.place(contract=SPY, order=limit("BUY", 1, 600.00))
    lasting = await client.place(contract=SPY, order=limit("BUY", 1, 600.00, tif="GTC"))
    await t.status(client, day, "Submitted")
    await t.status(client, lasting, "Submitted")
    await t.sim.advance(61 * S)
    await t.status(client, day, "Cancelled")
    assert [row.order_id for row in t.live()] == [lasting]


@step(SECTION, "TIF GTD ends at its time", start_ns=CLOSE_NS - 3700 * S)
async def step_good_till_date(t: Any) -> None:
    client = await t.connect()
    until = {"tif": "GTD", "goodTillDate": "20261116 15:00:00 US/Eastern"}
    order_id = await client.place(contract=SPY, order=limit("BUY", 1, 600.00, **until))
    await t.status(client, order_id, "Submitted")
    await t.sim.advance(101 * S)
    await t.status(client, order_id, "Cancelled")


@step(SECTION, "TIF IOC: what cannot fill at once is cancelled, without an error")
async def step_ioc(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 20, 2.00, tif="IOC"))
    seen = await t.status(client, order_id, "Cancelled")
    assert seen["filled"] == 10
    assert seen["done"]
    assert await client.errors_of(req_id=order_id) == []


@step(
    SECTION,
    "TIF FOK that cannot fill whole: Inactive",
    deviations={"ib_insync": "Inactive is not done for it: isDone() stays False."},
)
async def step_fok(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 20, 2.00, tif="FOK"))
    seen = await t.status(client, order_id, "Inactive")
    assert seen["filled"] == 0
    assert seen["done"] == t.per_client(True, ib_insync=False)
    assert t.live() == []
    whole = await client.place(contract=CALL, order=limit("BUY", 10, 2.00, tif="FOK"))
    await t.status(client, whole, "Filled")


@step(SECTION, "TIF OPG waits for the opening auction and trades in it", start_ns=OPEN_NS - 600 * S)
async def step_opg(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=SPY, order=limit("BUY", 1, 655.00, tif="OPG"))
    seen = await t.status(client, order_id, "PreSubmitted", "Submitted")
    assert seen["filled"] == 0
    await t.sim.advance(599 * S)
    t.market.announce(Auction(OPEN_NS, SPY_CON_ID, "open", 650.50, 100_000))
    await t.sim.advance(2 * S)
    seen = await t.status(client, order_id, "Filled")
    assert seen["fills"][0]["price"] == 650.50
