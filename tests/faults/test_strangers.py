"""What others do to our account: sales by hand, a second order under our reference."""

from decimal import Decimal

import pytest
from msgspec import structs
from tests.faults.conftest import Scene
from tests.faults.trader import SETTINGS

from alphatrader.domain.orders import Leg
from alphatrader.execution.settings import ExecutionSettings
from alphatrader.sim.exchange.orders import OrderRequest
from alphatrader.sim.scripted import CALL_CON_ID

AS_DELIVERED = SETTINGS.model_copy(update={"execution": ExecutionSettings()})


def sell_by_hand(scene: Scene, quantity: int) -> None:
    request = OrderRequest(
        client_id=99,
        order_id=1,
        con_id=CALL_CON_ID,
        side="SELL",
        quantity=Decimal(quantity),
        order_type="MKT",
        tif="DAY",
    )
    scene.sim.gateway.exchange.place(request)


async def test_exits_of_a_position_that_was_sold_by_hand_are_cancelled(scene: Scene) -> None:
    async with scene.trader(settings=AS_DELIVERED) as trader:
        trade = await trader.hold()
        sell_by_hand(scene, 4)
        await trader.until(lambda: scene.position == 0, "sold")
        trader.jump(31)
        await trader.until(lambda: trade.closed_ns, "the regular poll finds it")
        assert not scene.live, "an exit left alone would open a short"
        scene.check(trader)


@pytest.mark.parametrize("sold", [1, 3])
async def test_exits_shrink_to_what_a_sale_by_hand_has_left(scene: Scene, sold: int) -> None:
    async with scene.trader(settings=AS_DELIVERED) as trader:
        trade = await trader.hold()
        sell_by_hand(scene, sold)
        await trader.until(lambda: scene.position == 4 - sold, "sold")
        trader.jump(31)
        await trader.until(lambda: trade.open_quantity == 4 - sold, "the regular poll finds it")
        await trader.settle()
        trader.jump(3)
        await trader.until(lambda: {o.remaining for o in scene.live} == {4 - sold}, "resized exits")
        await scene.protected(trader, trade)
        scene.check(trader)


async def test_a_second_order_under_our_reference_stops_entries_and_is_told(scene: Scene) -> None:
    async with scene.trader(settings=AS_DELIVERED) as trader:
        trade = await trader.hold()
        (target,) = scene.live_leg(Leg.TARGET)
        fork = structs.replace(target, perm_id=target.perm_id + 1_000)
        registry = scene.sim.gateway.exchange.registry
        registry.add(fork)
        trader.jump(31)
        await trader.until(lambda: "forked_order" in trader.blocks(), "the fork is seen")
        assert sum("at the broker twice" in text for text in trader.notices) == 1
        assert trader.leg(trade, Leg.TARGET).perm_id == target.perm_id
        registry.add(target)
        scene.sim.gateway.exchange.cancel(fork)
        await trader.until(lambda: "forked_order" not in trader.blocks(), "its end is heard")
        await scene.protected(trader, trade)
