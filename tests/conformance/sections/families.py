"""Orders that belong together: brackets, one-cancels-all, combos, untransmitted families."""

from typing import Any

import pytest

from alphatrader.sim.scripted import CALL_CON_ID, NEXT_CALL_CON_ID
from tests.conformance.market import SPY_NEXT_CALL_655
from tests.conformance.table import step
from tests.conformance.terms import CALL, PUT, limit, market, order, vertical

SECTION = "Families and combos"


async def bracket(client: Any, entry: float = 2.00, quantity: int = 2, target: float = 2.50, stop: float = 1.50) -> Any:
    """Place an entry with a target and a stop; return their ids."""
    parent = await client.place(contract=CALL, order=limit("BUY", quantity, entry, tif="GTC", transmit=False))
    family = {"parentId": parent, "tif": "GTC"}
    above = await client.place(contract=CALL, order=limit("SELL", quantity, target, transmit=False, **family))
    below = await client.place(contract=CALL, order=order("SELL", quantity, "STP", auxPrice=stop, **family))
    return parent, above, below


@step(SECTION, "transmit=False: silence until the family is whole")
async def step_untransmitted(t: Any) -> None:
    client = await t.connect()
    parent = await client.place(contract=CALL, order=limit("BUY", 2, 1.50, transmit=False))
    await t.rounds(6)
    seen = await client.order(order_id=parent)
    assert seen["status"] == "PendingSubmit"
    assert not seen["permId"]
    await client.place(contract=CALL, order=limit("SELL", 2, 3.00, parentId=parent))
    await t.status(client, parent, "Submitted")


@step(
    SECTION,
    "bracket: children held for their parent, in a group of its permId, worked after the entry",
    deviations=dict.fromkeys(
        ("ib_insync", "ib_async"),
        "Its order keeps the group it was sent with; what the gateway gives is not taken over.",
    ),
)
async def step_bracket(t: Any) -> None:
    client = await t.connect()
    parent, target, stop = await bracket(client, entry=1.80)
    held = await t.order(client, stop, "held", lambda seen: seen["whyHeld"] == "child,trigger")
    entry = await t.status(client, parent, "Submitted")
    assert (await t.order(client, target, "held", lambda seen: seen["whyHeld"] == "child"))["parentId"] == parent
    group = str(entry["permId"])
    assert held["order"]["ocaGroup"] == t.per_client(group, ib_insync="", ib_async="")
    assert held["order"]["ocaType"] == t.per_client(3, ib_insync=0, ib_async=0)
    t.market.set_quote(CALL_CON_ID, 1.40, 1.80, 10)
    await t.status(client, parent, "Filled")
    await t.order(client, stop, "armed", lambda seen: seen["whyHeld"] == "trigger")
    await t.status(client, target, "Submitted")


@step(SECTION, "bracket: the target cancels the stop; a partial target shrinks it")
async def step_bracket_target(t: Any) -> None:
    client = await t.connect()
    parent, target, stop = await bracket(client, quantity=5)
    await t.status(client, parent, "Filled")
    await t.status(client, target, "Submitted")
    t.market.set_quote(CALL_CON_ID, 2.50, 2.60, 2)
    await t.order(client, stop, "shrunk", lambda seen: seen["order"]["totalQuantity"] == 3)
    t.market.set_quote(CALL_CON_ID, 2.55, 2.60, 50)
    await t.status(client, target, "Filled")
    await t.status(client, stop, "Cancelled")
    assert t.gateway.exchange.account.quantity(CALL_CON_ID) == 0


@step(SECTION, "bracket: a cancelled parent takes its children along")
async def step_bracket_cancelled(t: Any) -> None:
    client = await t.connect()
    parent, target, stop = await bracket(client, entry=1.80)
    await t.order(client, stop, "held", lambda seen: seen["whyHeld"] == "child,trigger")
    await client.cancel(order_id=parent)
    for order_id in (parent, target, stop):
        await t.status(client, order_id, "Cancelled")
    assert t.live() == []


@step(SECTION, "OCA group: one fills, the others are cancelled; type 3 reduces them")
async def step_oca(t: Any) -> None:
    client = await t.connect()
    group = {"ocaGroup": "either", "ocaType": 1}
    first = await client.place(contract=CALL, order=limit("BUY", 2, 1.50, **group))
    second = await client.place(contract=PUT, order=limit("BUY", 2, 1.50, **group))
    await t.status(client, first, "Submitted")
    await t.status(client, second, "Submitted")
    t.market.set_quote(CALL_CON_ID, 1.45, 1.50, 10)
    await t.status(client, first, "Filled")
    await t.status(client, second, "Cancelled")
    await t.code(client, second, 202)
    reducing = {"ocaGroup": "less", "ocaType": 3}
    first = await client.place(contract=CALL, order=limit("BUY", 5, 1.40, **reducing))
    second = await client.place(contract=PUT, order=limit("BUY", 5, 1.40, **reducing))
    await t.status(client, second, "Submitted")
    t.market.set_quote(CALL_CON_ID, 1.38, 1.40, 2)
    await t.order(client, first, "partly filled", lambda seen: seen["filled"] == 2)
    await t.until(lambda: [row.remaining for row in t.live()] == [3, 3])


@step(
    SECTION,
    "vertical combo: one order, executions of the combo and of both legs, both positions",
    behaviours=({}, {"combo_execution_of_the_whole": False}),
)
async def step_combo(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=vertical(), order=limit("BUY", 2, 2.20))
    seen = await t.status(client, order_id, "Filled")
    assert seen["filled"] == 2
    whole = t.gateway.behaviours.on("combo_execution_of_the_whole")
    seen = await t.order(client, order_id, "told leg by leg", lambda seen: len(seen["fills"]) == 2 + whole)
    by_type = {(fill["secType"], fill["side"]): fill for fill in seen["fills"]}
    assert set(by_type) - {("BAG", "BOT")} == {("OPT", "BOT"), ("OPT", "SLD")}
    assert by_type["OPT", "BOT"]["price"] - by_type["OPT", "SLD"]["price"] == pytest.approx(3.16 - 1.00)
    if whole:
        assert by_type["BAG", "BOT"]["price"] == pytest.approx(3.16 - 1.00)
    positions = {row["contract"]["conId"]: row["position"] for row in await client.positions()}
    assert positions == {NEXT_CALL_CON_ID: 2, SPY_NEXT_CALL_655: -2}


@step(SECTION, "combo below the market rests, comes back with its legs, is modified and cancelled")
async def step_combo_rests(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=vertical(), order=limit("BUY", 1, 1.00))
    await t.status(client, order_id, "Submitted")
    (row,) = await client.open_orders()
    assert row["contract"]["secType"] == "BAG"
    legs = sorted((leg["conId"], leg["action"], leg["ratio"]) for leg in row["contract"]["comboLegs"])
    assert legs == sorted([(NEXT_CALL_CON_ID, "BUY", 1), (SPY_NEXT_CALL_655, "SELL", 1)])
    await client.modify(order_id=order_id, lmtPrice=1.10)
    await t.until(lambda: [float(live.limit_price) for live in t.live()] == [1.10])
    await client.cancel(order_id=order_id)
    await t.status(client, order_id, "Cancelled")


@step(SECTION, "a short option alone is refused for its margin (201); as a leg of a vertical it is taken")
async def step_short_option(t: Any) -> None:
    client = await t.connect()
    naked = await client.place(contract=CALL, order=market("SELL", 500))
    await t.code(client, naked, 201)
    await t.status(client, naked, "Inactive", "Cancelled")
    credit = await client.place(
        contract=vertical(buy=SPY_NEXT_CALL_655, sell=NEXT_CALL_CON_ID), order=limit("BUY", 1, -2.00)
    )
    await t.status(client, credit, "Filled")
