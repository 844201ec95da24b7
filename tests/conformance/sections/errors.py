"""Errors about orders: each code as the client sees it, and what becomes of the order."""

from typing import Any

from alphatrader.sim.scripted import CALL_CON_ID
from tests.conformance.table import step
from tests.conformance.terms import CALL, PUT, SPY, bought, limit, market, order

SECTION = "Errors"


@step(SECTION, "103: an order id used before")
async def step_duplicate_order_id(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.status(client, order_id, "Submitted")
    await client.cancel(order_id=order_id)
    await t.status(client, order_id, "Cancelled")
    await client.place(contract=CALL, order=limit("BUY", 1, 1.50), order_id=order_id)
    await t.code(client, order_id, 103)
    assert t.live() == []


@step(SECTION, "104: a filled order cannot be modified")
async def step_modify_filled(t: Any) -> None:
    client = await t.connect()
    order_id = await bought(t, client, CALL, 1)
    await client.place(contract=CALL, order=limit("BUY", 2, 1.50), order_id=order_id)
    await t.code(client, order_id, 104)
    assert t.live() == []


@step(SECTION, "105: an order to modify does not match the original")
async def step_modify_mismatch(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.status(client, order_id, "Submitted")
    await client.place(contract=PUT, order=limit("BUY", 1, 1.50), order_id=order_id)
    await t.code(client, order_id, 105)
    assert [row.con_id for row in t.live()] == [CALL_CON_ID]


@step(
    SECTION,
    "110 on a new order: dead, without a status",
    deviations={"ib_insync": "It stays PendingSubmit for ever after 110."},
)
async def step_bad_price(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 2.005))
    await t.code(client, order_id, 110)
    await t.rounds()
    seen = await client.order(order_id=order_id)
    assert seen["status"] == t.per_client("PendingSubmit", ib_async="Cancelled")
    assert seen["done"] == t.per_client(False, ib_async=True)
    assert t.live() == []


@step(
    SECTION,
    "110 on a modification: the order lives on at its old price",
    deviations={
        "ib_insync": "Its order keeps the refused price.",
        "ib_async": "It says ValidationError, which is active; its order keeps the refused price.",
    },
)
async def step_bad_price_modify(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.status(client, order_id, "Submitted")
    await client.modify(order_id=order_id, lmtPrice=1.505)
    await t.code(client, order_id, 110)
    await t.rounds()
    seen = await client.order(order_id=order_id)
    assert seen["status"] == t.per_client("Submitted", ib_async="ValidationError")
    assert not seen["done"]
    assert [float(row.limit_price) for row in t.live()] == [1.50]
    assert seen["order"]["lmtPrice"] == t.per_client(1.50, ib_insync=1.505, ib_async=1.505)


@step(SECTION, "200: an order for a contract that does not exist")
async def step_order_without_contract(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract={**SPY, "symbol": "NOPE"}, order=market("BUY", 1))
    await t.code(client, order_id, 200)
    assert t.live() == []


@step(
    SECTION,
    "201: rejected for its margin: the error, then Inactive",
    deviations={"ib_insync": "Inactive is not done for it: isDone() stays False."},
)
async def step_margin(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 10_000, 2.00))
    await t.code(client, order_id, 201)
    seen = await t.status(client, order_id, "Inactive")
    assert seen["done"] == t.per_client(True, ib_insync=False)
    assert t.live() == []


@step(SECTION, "202: cancelled by the user, with a reason")
async def step_cancelled_notice(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.status(client, order_id, "Submitted")
    await client.cancel(order_id=order_id)
    await t.code(client, order_id, 202)
    (text,) = [row[2] for row in await client.errors() if row[:2] == [order_id, 202]]
    assert text.startswith("Order Canceled - reason:")


@step(SECTION, "321: invalid orders: no price, no side, wrong account; nothing else is said")
async def step_invalid(t: Any) -> None:
    client = await t.connect()
    for wrong in (order("BUY", 1, "STP"), limit("HOLD", 1, 2.00), limit("BUY", 1, 2.00, account="DU0000000")):
        order_id = await client.place(contract=CALL, order=wrong)
        await t.code(client, order_id, 321)
        if t.official:
            assert (await client.order(order_id=order_id))["messages"] == []
    assert t.live() == []


@step(SECTION, "387: an order type that the product does not know")
async def step_order_type(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=order("BUY", 1, "MOC"))
    await t.code(client, order_id, 387)
    assert t.live() == []


@step(SECTION, "399: a warning; the order lives", deviations={"ib_async": "It says ValidationError, which is active."})
async def step_warning(t: Any) -> None:
    client = await t.connect()
    t.inject("warn_next", code=399)
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.code(client, order_id, 399)
    await t.rounds()
    seen = await t.status(client, order_id, "Submitted", "ValidationError")
    assert seen["status"] == t.per_client("Submitted", ib_async="ValidationError")
    assert not seen["done"]
    assert len(t.live()) == 1


@step(SECTION, "434: a size of zero; 10006: a parent that is missing")
async def step_size_and_parent(t: Any) -> None:
    client = await t.connect()
    empty = await client.place(contract=CALL, order=market("BUY", 0))
    await t.code(client, empty, 434)
    orphan = await client.place(contract=CALL, order=limit("BUY", 1, 2.00, parentId=77))
    await t.code(client, orphan, 10006)
    assert t.live() == []


@step(SECTION, "10147: a cancel of an unknown order; 10148: of one that is done")
async def step_late_cancels(t: Any) -> None:
    client = await t.connect()
    order_id = await bought(t, client, CALL, 1)
    await client.cancel(order_id=order_id)
    await t.code(client, order_id, 10148)
    await client.cancel(order_id=9999)
    await t.code(client, 9999, 10147)


@step(
    SECTION,
    "10268: the defaults of ibapi 9.81 (eTradeOnly, firmQuoteOnly) are refused, or only warned of",
    behaviours=({}, {"etrade_only_refused": False}),
    absent=dict.fromkeys(("ib_insync", "ib_async", "latest", "nautilus"), "Its orders have no such defaults."),
)
async def step_etrade_only(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50), untouched=True)
    if t.gateway.behaviours.on("etrade_only_refused"):
        await t.code(client, order_id, 10268)
        assert t.live() == []
    else:
        await t.status(client, order_id, "Submitted")


@step(
    SECTION,
    "10349: no time in force, the preset says DAY; the order lives",
    behaviours=({"tif_preset_reported": True},),
    deviations={
        "ib_insync": "It calls the order Cancelled and done, and the order lives.",
        "ib_async": "It calls the order Cancelled and done, and the order lives.",
    },
)
async def step_preset(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50, tif=""))
    await t.code(client, order_id, 10349)
    if t.official:
        seen = await t.status(client, order_id, "Submitted")
        assert not seen["done"]
    else:
        seen = await t.order(client, order_id, "taken for cancelled", lambda seen: "Cancelled" in seen["statuses"])
    await t.until(lambda: len(t.live()) == 1)
    explicit = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.status(client, explicit, "Submitted")
    assert await client.errors_of(req_id=explicit) == []


@step(SECTION, "321: a read-only login refuses orders and cancels")
async def step_read_only(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.status(client, order_id, "Submitted")
    t.inject("read_only")
    refused = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.code(client, refused, 321)
    await client.cancel(order_id=order_id)
    await t.code(client, order_id, 321)
    assert [row.order_id for row in t.live()] == [order_id]


@step(
    SECTION,
    "383: the precautionary limits of the terminal, where they are on",
    behaviours=({"order_precautions": True},),
)
async def step_precautions(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=SPY, order=limit("BUY", 100_000, 0.01))

    async def held_back() -> bool:
        return bool({383, 451, 163} & set(await client.errors_of(req_id=order_id)))

    await t.until(held_back)
    assert t.live() == []


@step(
    SECTION,
    "329: a limit order cannot become a stop, where kinds are fixed",
    behaviours=({}, {"order_kind_fixed": False}),
)
async def step_kind_changed(t: Any) -> None:
    client = await t.connect()
    await bought(t, client, CALL, 1)
    order_id = await client.place(contract=CALL, order=limit("SELL", 1, 3.00))
    await t.status(client, order_id, "Submitted")
    await client.place(contract=CALL, order=order("SELL", 1, "STP", auxPrice=1.00), order_id=order_id)
    if t.gateway.behaviours.on("order_kind_fixed"):
        await t.code(client, order_id, 329)
        assert [row.order_type for row in t.live()] == ["LMT"]
    else:
        await t.until(lambda: [row.order_type for row in t.live()] == ["STP"])
