"""In which order messages about orders come: as captured from real gateways, and as else they were seen."""

from contextlib import asynccontextmanager

import pytest
from tests.sim.gateway.conftest import running
from tests.sim.gateway.order_client import OrderClient, tell

from alphatrader.sim.scripted import CALL_CON_ID

RESTING = [("open", "PreSubmitted"), ("status", "PreSubmitted"), ("open", "Submitted"), ("status", "Submitted")]


@asynccontextmanager
async def connected(path, version=176, **settings):
    async with running(None, path, **settings) as bench, OrderClient(bench, version) as client:
        yield await client.begin()


@pytest.fixture(params=[176, 157])
async def client(request, tmp_path):
    async with connected(tmp_path, request.param) as client:
        yield client


async def test_a_resting_limit(client):
    client.place(1, client.limit())
    assert await client.story(4) == RESTING
    assert await client.silence() == []


async def test_a_market_order(client):
    client.place(1, client.library.MarketOrder("BUY", 2, tif="DAY"))
    told = [*await client.story_until(("commission",)), *await client.silence()]
    assert told == [
        *RESTING,
        ("execution",),
        ("open", "Filled"),
        ("status", "Filled"),
        ("status", "Filled"),
        ("commission",),
    ]


async def test_untransmitted_orders_are_silent_and_unseen(client):
    client.place(1, client.limit(transmit=False))
    assert await client.silence() == []
    client.ask(5, 1)
    assert await client.story(1) == [("end",)]
    client.place(1, client.limit(transmit=True))
    assert await client.story(4) == RESTING


@pytest.mark.parametrize("listed", [False, True])
async def test_untransmitted_orders_are_listed_only_where_that_is_chosen(tmp_path, listed):
    async with connected(tmp_path, behaviours={"untransmitted_listed": listed}) as client:
        client.place(1, client.limit(transmit=False))
        client.ask(5, 1)
        expected = [("open", "PendingSubmit"), ("status", "PendingSubmit"), ("end",)] if listed else [("end",)]
        assert await client.story(len(expected)) == expected


async def test_a_cancelled_order(client):
    client.place(1, client.limit())
    await client.story(4)
    client.cancel(1)
    assert await client.story(2) == [("status", "Cancelled"), ("error", 202)]
    assert await client.silence() == []


async def test_immediate_or_cancel(client):
    client.place(1, client.limit(tif="IOC"))
    assert (await client.story_until(("status", "Cancelled")))[-2:] == [
        ("status", "PendingCancel"),
        ("status", "Cancelled"),
    ]


async def test_fill_or_kill(client):
    client.place(1, client.limit(tif="FOK"))
    told = await client.story_until(("status", "Inactive"))
    assert ("open", "Inactive") in told
    assert not any(kind == "execution" for kind, *_ in told)


async def test_an_invalid_order_leaves_no_trace(client):
    client.place(1, client.limit(price=0.0))
    assert await client.story(1) == [("error", 321)]
    assert await client.silence() == []


async def test_stops_and_children_say_what_holds_them(client):
    client.place(1, client.limit(transmit=False))
    client.place(2, client.library.LimitOrder("SELL", 1, 9.0, tif="DAY", parentId=1, transmit=False))
    client.place(3, client.library.StopOrder("SELL", 1, 1.0, tif="DAY", parentId=1))
    held, groups = {}, {}
    while len(held) < 3 or len(groups) < 3:
        message = await client.order_message()
        if message[0] == "3":
            held[message[1]] = message[10]
        if message[0] == "5":
            groups[message[1]] = message[19]
    perm_id = str(client.bench.sim.gateway.exchange.registry.find(50, 1).perm_id)
    assert held == {"1": "", "2": "child", "3": "child,trigger"}
    assert groups == {"1": "", "2": perm_id, "3": perm_id}


async def test_a_refused_order_by_default(client):
    client.place(1, client.limit(quantity=10_000, price=2.0))
    assert await client.story(3) == [("error", 201), ("open", "Inactive"), ("status", "Inactive")]


async def test_a_refused_order_the_other_way(tmp_path):
    async with connected(tmp_path, behaviours={"rejection_before_inactive": False}) as client:
        client.place(1, client.limit(quantity=10_000, price=2.0))
        assert await client.story(3) == [("open", "Inactive"), ("status", "Inactive"), ("error", 201)]


@pytest.mark.parametrize(
    ("behaviours", "expected"),
    [
        ({"cancelled_status_before_202": False}, [("error", 202), ("status", "Cancelled")]),
        (
            {"cancel_is_pending_first": True},
            [("status", "PendingCancel"), ("status", "Cancelled"), ("error", 202)],
        ),
    ],
)
async def test_cancels_the_other_way(tmp_path, behaviours, expected):
    async with connected(tmp_path, behaviours=behaviours) as client:
        client.place(1, client.limit())
        await client.story(4)
        client.cancel(1)
        assert await client.story(len(expected)) == expected


async def filled(client):
    client.place(1, client.limit(price=2.0))
    told = await client.story_until(("commission",))
    return told[4:] + await client.silence()


async def test_a_fill_is_told_before_the_status(client):
    told = await filled(client)
    assert told.index(("execution",)) < told.index(("status", "Filled")) < told.index(("commission",))
    assert told.count(("status", "Filled")) == 2


async def test_a_fill_the_other_way(tmp_path):
    behaviours = {"filled_before_execution": True, "filled_status_twice": False}
    async with connected(tmp_path, behaviours=behaviours) as client:
        told = await filled(client)
        assert told.index(("status", "Filled")) < told.index(("execution",)) < told.index(("commission",))
        assert told.count(("status", "Filled")) == 1


async def test_the_preset_of_the_time_in_force(tmp_path):
    async with connected(tmp_path, behaviours={"tif_preset_reported": True}) as client:
        client.place(1, client.limit(tif=""))
        assert await client.story(5) == [("error", 10349), *RESTING]
        client.place(2, client.limit(tif="DAY"))
        assert await client.story(4) == RESTING
        assert len(client.bench.sim.gateway.exchange.registry.live()) == 2


async def test_completed_orders_say_who_ended_them(client):
    client.place(1, client.limit())
    client.place(2, client.limit(price=2.0))
    await client.story_until(("commission",))
    client.cancel(1)
    await client.story_until(("error", 202))
    client.ask(99, 0)
    done = {}
    while (message := await client.order_message())[0] != "102":
        done[tell(message)[1]] = message
    assert "Cancelled by Trader" in done["Cancelled"]
    assert "Filled Size: 1" in done["Filled"]
    assert "Not an insider or substantial shareholder" in done["Filled"]
    assert done["Filled"][13] == "0"
    assert done["Cancelled"][13] == "1"


async def test_completed_quantities_the_other_way(tmp_path):
    async with connected(tmp_path, behaviours={"completed_filled_quantity_zero": False}) as client:
        client.place(1, client.limit(price=2.0))
        await client.story_until(("commission",))
        client.ask(99, 0)
        assert (await client.order_message())[13] == "1"


async def test_system_cancels_carry_a_line_break(client):
    client.place(1, client.limit())
    await client.story(4)
    market = client.bench.market
    market.advance(market.close_ns)
    await client.story_until(("error", 202))
    client.ask(99, 0)
    message = await client.order_message()
    assert "Cancelled by System:\n" in message


async def test_a_modification_is_answered_with_the_new_terms(client):
    client.place(1, client.limit())
    await client.story(4)
    client.place(1, client.limit(price=1.6, orderRef="again"))
    opening = await client.order_message()
    assert tell(opening) == ("open", "Submitted")
    assert "1.6" in opening
    assert "again" in opening


async def test_the_quantity_left_to_a_second_look(client):
    client.bench.market.set_levels(CALL_CON_ID, [(1.98, 10)], [(2.00, 3)])
    client.place(1, client.limit(quantity=5, price=2.0))
    await client.story_until(("commission",))
    client.ask(5, 1)
    status = await client.until(3)
    assert status[2:5] == ["Submitted", "3", "2"]
