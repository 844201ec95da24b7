"""Orders that are changed: everything that is not changed is sent again as it was."""

from decimal import Decimal

import pytest
from tests.adapters.ibkr.scripted_gateway import (
    ALL_OPEN,
    PLACE_ORDER,
    error,
    open_order,
)
from tests.adapters.ibkr.tickets import CON_ID, CONDITION, conditional_bracket, holds, ready, sent

from alphatrader.domain.errors import LinkError, OrderRefusedError


async def test_reprice_keeps_everything_else(rig) -> None:
    async with rig() as r:
        await sent(r)
        await r.adapter.reprice(102, Decimal("1.60"))
        await r.adapter.resize(101, 1)
        await r.sink.until(lambda: len(r.gateway.seen(PLACE_ORDER)) == 5)
        target, stop = r.gateway.seen(PLACE_ORDER)[3:]
        first = r.gateway.seen(PLACE_ORDER)[2]
        assert target[19] == "1.6"
        assert target[:19] + target[20:] == first[:19] + first[20:]
        assert stop[17] == "1.0"
        assert stop[27] == "1"
        with pytest.raises(OrderRefusedError, match="no limit"):
            await r.adapter.reprice(101, Decimal(1))
        with pytest.raises(OrderRefusedError, match="not known"):
            await r.adapter.reprice(999, Decimal(1))


async def test_a_moved_stop_keeps_everything_else(rig) -> None:
    async with rig() as r:
        await ready(r)
        await r.adapter.submit(conditional_bracket())
        await r.adapter.move_stop(102, Decimal("0.75"))
        await r.adapter.resize(101, 1)
        sent = await r.sink.until(lambda: found if len(found := r.gateway.seen(PLACE_ORDER)) == 5 else None)
        stop, backstop, moved, resized = sent[1:]
        assert moved[20] == "0.75"
        assert moved[:20] + moved[21:] == backstop[:20] + backstop[21:]
        assert (resized[17], resized[27]) == ("1.0", "1")
        assert resized[:17] + resized[18:27] + resized[28:] == stop[:17] + stop[18:27] + stop[28:]
        for order_id, words in (
            (100, "LMT order and has no stop"),
            (101, "only stops on the option's price"),
            (7, "not known"),
        ):
            with pytest.raises(OrderRefusedError, match=words):
                await r.adapter.move_stop(order_id, Decimal(1))
        r.gateway.push(error(-1, 2103, "Market data farm connection is broken:usopt"))
        await r.sink.until(lambda: not r.adapter.healthy)
        with pytest.raises(LinkError, match="two live orders"):
            await r.adapter.move_stop(102, Decimal("0.80"))


async def test_stops_of_an_earlier_start_are_changed_as_they_were(rig) -> None:
    async with rig() as r:
        own = {"action": "SELL", "oca": "x", "tif": "GTC", "limit": "0.0", "parent": 54}
        conditions = (2, *CONDITION[1:8], 3, "o", 1, "20251121-20:00:00", 1, 0)
        r.gateway.answers[ALL_OPEN] = lambda g, _: g.push(
            open_order(55, CON_ID, "PreSubmitted", ref="I3:stop", kind="MKT", oca_type=1,
                       conditions=(1, *CONDITION[1:8], 0, 0), **own),
            open_order(56, CON_ID, "PreSubmitted", ref="I3:stop2", kind="STP", aux="0.9", oca_type=2, trigger=8, **own),
            open_order(57, CON_ID, "PreSubmitted", ref="I3:x", kind="MKT", conditions=conditions, **own),
            [53, 1],
        )  # fmt: skip
        orders = {order.order_id: order for order in (await r.adapter.snapshot()).open_orders}
        said = {number: (order.order_type, order.stop_price, order.condition_price) for number, order in orders.items()}
        assert said == {
            55: ("MKT", None, Decimal("645.5")),
            56: ("STP", Decimal("0.9"), None),
            57: ("MKT", None, None),
        }
        await r.adapter.resize(55, 1)
        await r.adapter.move_stop(56, Decimal("1.05"))
        await r.adapter.resize(57, 1)
        first, second, third = await r.sink.until(
            lambda: found if len(found := r.gateway.seen(PLACE_ORDER)) == 3 else None
        )
        assert first[16:23] == ["SELL", "1.0", "MKT", "", "", "GTC", "x"]
        assert (first[28], first[47]) == ("54", "1")
        assert holds(first, CONDITION)
        assert second[16:23] == ["SELL", "2.0", "STP", "", "1.05", "GTC", "x"]
        assert (second[28], second[32], second[47]) == ("54", "8", "2")
        assert holds(third, ["2", *CONDITION[1:8], "3", "o", "1", "20251121-20:00:00", "1", "0"])


async def test_order_of_an_earlier_start_can_be_repriced(rig) -> None:
    async with rig() as r:
        r.gateway.answers[ALL_OPEN] = lambda g, _: g.push(
            open_order(55, CON_ID, "Submitted", ref="I3:target", action="SELL", limit="1.75", oca="x", tif="GTC"),
            [53, 1],
        )
        snapshot = await r.adapter.snapshot()
        assert [order.order_ref for order in snapshot.open_orders] == ["I3:target"]
        await r.adapter.reprice(55, Decimal("1.70"))
        (message,) = await r.sink.until(lambda: r.gateway.seen(PLACE_ORDER))
        assert message[16:23] == ["SELL", "2.0", "LMT", "1.7", "", "GTC", "x"]
        assert message[26:28] == ["I3:target", "1"]
