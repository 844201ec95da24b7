"""Nasty sequences: what the libraries make of them. The gateway is right; the table of ibkr.md says who is not."""

from typing import Any

import pytest

from alphatrader.sim.scripted import CALL_CON_ID
from tests.conformance.clients import ClientError
from tests.conformance.table import step
from tests.conformance.terms import CALL, limit

SECTION = "Nasty sequences"
BOTH = ("ib_insync", "ib_async")


@step(SECTION, "201, then Inactive", deviations={"ib_insync": "Inactive is not done for it: isDone() stays False."})
async def step_error_then_inactive(t: Any) -> None:
    client = await t.connect()
    t.inject("reject_next", code=201)
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.code(client, order_id, 201)
    seen = await t.status(client, order_id, "Inactive")
    assert seen["done"] == t.per_client(True, ib_insync=False)
    if not t.official:
        assert seen["cancelled_events"] == 1


@step(
    SECTION,
    "Inactive, then 201",
    behaviours=({"rejection_before_inactive": False},),
    deviations={
        "ib_insync": "It ends as Cancelled, which the order never was.",
        "ib_async": "It fires no cancelledEvent.",
    },
)
async def step_inactive_then_error(t: Any) -> None:
    client = await t.connect()
    t.inject("reject_next", code=201)
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.code(client, order_id, 201)
    await t.rounds()
    seen = await t.status(client, order_id, t.per_client("Inactive", ib_insync="Cancelled"))
    assert seen["done"]
    assert t.live() == []
    if not t.official:
        assert seen["cancelled_events"] == t.per_client(0, ib_insync=1)


@step(SECTION, "Cancelled, then 202: one cancellation")
async def step_cancelled_then_202(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.status(client, order_id, "Submitted")
    await client.cancel(order_id=order_id)
    await t.code(client, order_id, 202)
    seen = await t.status(client, order_id, "Cancelled")
    if not t.official:
        assert seen["cancelled_events"] == 1


@step(
    SECTION,
    "202, then PendingCancel and Cancelled",
    behaviours=({"cancel_is_pending_first": True},),
    deviations={"ib_async": "It fires two cancelledEvents, and its status goes back to PendingCancel."},
)
async def step_202_then_cancelled(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.status(client, order_id, "Submitted")
    t.inject("notice_order", code=202, place="first")
    await client.cancel(order_id=order_id)
    await t.code(client, order_id, 202)
    await t.until(lambda: t.live() == [])
    await t.rounds()
    seen = await t.status(client, order_id, "Cancelled")
    assert seen["done"]
    if not t.official:
        assert seen["cancelled_events"] == t.per_client(1, ib_async=2)


@step(
    SECTION,
    "10148, then a fill",
    deviations={"ib_insync": "It shows Cancelled, then Filled.", "ib_async": "It shows Cancelled, then Filled."},
)
async def step_10148_then_fill(t: Any) -> None:
    client = await t.connect()
    t.inject("fill_after_cancel", by_s=0.1, notice=10148)
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
    await t.status(client, order_id, "Submitted")
    await client.cancel(order_id=order_id)
    await t.code(client, order_id, 10148)
    seen = await t.status(client, order_id, "Filled")
    assert ("Cancelled" in seen["statuses"]) == t.per_client(False, ib_insync=True, ib_async=True)


@step(
    SECTION,
    "Filled, then a stale Submitted",
    behaviours=({"filled_status_twice": False},),
    deviations=dict.fromkeys(BOTH, "A stale status takes the order back from Filled to Submitted, active again."),
)
async def step_stale_status(t: Any) -> None:
    client = await t.connect()
    t.inject("stale_status", after="Filled", status="Submitted")
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 2.00))
    seen = await t.order(client, order_id, "back", lambda seen: seen["statuses"][-2:] == ["Filled", "Submitted"])
    assert not seen["done"]
    assert t.live() == []
    assert t.gateway.exchange.account.quantity(CALL_CON_ID) == 1


@step(SECTION, "duplicate statuses and replayed executions: one fill")
async def step_replays(t: Any) -> None:
    client = await t.connect()
    t.inject("duplicate_statuses", for_s=10)
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 2.00))
    await t.status(client, order_id, "Filled")
    t.inject("replay_executions", count=1)
    await t.rounds(6)
    seen = await client.order(order_id=order_id)
    assert len(seen["fills"]) == 1
    assert seen["filled"] == 1


@step(SECTION, "Filled comes before execDetails", behaviours=({"filled_before_execution": True}, {}))
async def step_filled_first(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 2.00))

    def paid(seen: Any) -> bool:
        return seen["status"] == "Filled" and seen["fills"] and seen["fills"][0]["commission"]

    seen = await t.order(client, order_id, "filled and paid for", paid)
    if t.official:
        kinds = [kind for kind, *_ in seen["messages"]]
        first_filled = seen["messages"].index(["orderStatus", "Filled"])
        early = first_filled < kinds.index("execDetails")
        assert early == t.gateway.behaviours.on("filled_before_execution")


@step(
    SECTION,
    "an order that the gateway swallows: nothing is ever said; a cancel is 10147",
    deviations={
        "ib_insync": "It shows PendingSubmit for ever; after 10147 it says Cancelled.",
        "ib_async": "It shows PendingSubmit for ever; after 10147 it says Cancelled.",
    },
)
async def step_swallowed(t: Any) -> None:
    client = await t.connect()
    t.inject("swallow_next")
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 2.00))
    await t.rounds(8)
    assert (await client.order(order_id=order_id))["status"] == "PendingSubmit"
    assert await client.open_orders() == []
    await client.cancel(order_id=order_id)
    await t.code(client, order_id, 10147)
    await t.rounds()
    seen = await client.order(order_id=order_id)
    assert seen["status"] == t.per_client("PendingSubmit", ib_insync="Cancelled", ib_async="Cancelled")
    following = await client.place(contract=CALL, order=limit("BUY", 1, 2.00))
    await t.status(client, following, "Filled")


@step(
    SECTION,
    "the end of executions (55) never comes",
    deviations={
        "ib_insync": "connect() raises TimeoutError.",
        "ib_async": "connect() waits for its time-out, logs, and goes on.",
    },
)
async def step_no_end_of_executions(t: Any) -> None:
    t.inject("withhold_end", what="executions", count=2)
    if t.process.name.startswith("ib_insync"):
        with pytest.raises(ClientError, match="TimeoutError"):
            await t.connect(wait_s=1.0)
        return
    if t.process.name.startswith("ib_async"):
        client = await t.connect(wait_s=1.0)
        assert await client.connected()
        return
    client = await t.connect()
    assert await client.connected()


@step(SECTION, "a fill inside the cancel: PendingCancel, an execution, then the end")
async def step_fill_in_cancel(t: Any) -> None:
    client = await t.connect()
    t.inject("fill_in_cancel", quantity=1)
    order_id = await client.place(contract=CALL, order=limit("BUY", 2, 1.50))
    await t.status(client, order_id, "Submitted")
    await client.cancel(order_id=order_id)
    seen = await t.order(client, order_id, "ended", lambda seen: seen["done"] and seen["fills"])
    assert seen["status"] == "Cancelled"
    assert seen["filled"] == 1
    assert t.gateway.exchange.account.quantity(CALL_CON_ID) == 1


@step(
    SECTION,
    "a disconnect by the bot",
    deviations={"ib_async": "Its trades and fills are gone after disconnect()."},
    absent=dict.fromkeys(("latest", "nautilus", "ibapi_9_81"), "It keeps no lists of its own."),
)
async def step_own_disconnect(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 2.00))
    await t.status(client, order_id, "Filled")
    await client.disconnect()
    assert await client.kept() == t.per_client(1, ib_async=0)


@step(SECTION, "nextValidId below ids that were used: 103")
async def step_lower_id(t: Any) -> None:
    client = await t.connect()
    for _ in range(3):
        order_id = await client.place(contract=CALL, order=limit("BUY", 1, 1.50))
        await t.status(client, order_id, "Submitted")
    await client.disconnect()
    await t.until(lambda: not t.gateway.sessions)
    t.inject("lower_next_valid_id", by=3)
    again = await t.connect(1)
    assert again.greeting["next_id"] == order_id - 2


@step(
    SECTION,
    "a correction of an execution: the same id but for its last part, .02",
    deviations={
        "ib_insync": "It shows two fills, and counts both.",
        "ib_async": "It shows two fills, and counts both.",
    },
)
async def step_correction(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 2.00))
    seen = await t.status(client, order_id, "Filled")
    t.inject("correct_execution", price="1.95")
    seen = await t.order(client, order_id, "corrected", lambda seen: len(seen["fills"]) == 2)
    first, second = (fill["execId"] for fill in seen["fills"])
    assert first.endswith(".01")
    assert second == first[:-1] + "2"
    assert seen["fills"][1]["price"] == 1.95


@step(
    SECTION,
    "an execution is taken back: told as a correction of quantity 0, or only by the position",
    behaviours=({}, {"bust_reported": False}),
    deviations=dict.fromkeys(BOTH, "It keeps the fill that was taken back, beside the correction."),
)
async def step_bust(t: Any) -> None:
    client = await t.connect()
    order_id = await client.place(contract=CALL, order=limit("BUY", 1, 2.00))
    await t.order(client, order_id, "filled", lambda seen: seen["status"] == "Filled" and seen["fills"])
    t.inject("bust_execution")
    await t.until(lambda: t.gateway.exchange.account.quantity(CALL_CON_ID) == 0)
    told = t.gateway.behaviours.on("bust_reported")
    seen = await t.order(client, order_id, "taken back", lambda seen: len(seen["fills"]) == 1 + told)
    if told:
        assert seen["fills"][1]["shares"] == 0
    assert await client.positions() == []
