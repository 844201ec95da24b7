"""Partial fills, cancels that cross fills, halts and flattens: never more sold than is held."""

from tests.faults.conftest import Scene

from alphatrader.domain import events as ev
from alphatrader.domain.orders import Leg
from alphatrader.sim.faults import kinds


async def test_a_partial_entry_that_is_cancelled_keeps_exits_of_its_size(scene: Scene) -> None:
    async with scene.trader() as trader:
        scene.show(1.98, 2.00, 2)
        await trader.settle()
        trade = await trader.enter()
        await trader.until(lambda: trade.open_quantity == 2, "a partial fill")
        await trader.until(lambda: trader.leg(trade, Leg.ENTRY).working)
        trader.operator("cancel_entries")
        await trader.until(lambda: trader.leg(trade, Leg.ENTRY).dead, "the rest is cancelled")
        await scene.protected(trader, trade)
        scene.check(trader)


async def test_exits_that_the_gateway_left_too_large_are_resized(scene: Scene) -> None:
    scene.sim.gateway.exchange._desk.families.after_end = lambda order: None  # type: ignore[method-assign]
    async with scene.trader() as trader:
        scene.show(1.98, 2.00, 2)
        await trader.settle()
        trade = await trader.enter()
        await trader.until(lambda: trade.open_quantity == 2, "a partial fill")
        await trader.until(lambda: trader.leg(trade, Leg.ENTRY).working)
        trader.operator("cancel_entries")
        await trader.until(lambda: trader.leg(trade, Leg.ENTRY).dead, "the rest is cancelled")
        await trader.settle()
        trader.jump(3)
        await trader.until(lambda: all(o.remaining == 2 for o in scene.live), "resized exits")
        await scene.protected(trader, trade)
        assert len(scene.live) == 2
        scene.check(trader)


async def test_a_stop_that_fills_inside_its_cancel_is_not_sold_twice(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        (target,) = scene.live_leg(Leg.TARGET)
        scene.sim.gateway.exchange.cancel(target)
        await trader.until(lambda: trader.leg(trade, Leg.TARGET).dead)
        scene.fault(kinds.Delay("cancels", by_s=0.4, for_s=30))
        trader.operator("flatten")
        await trader.until(lambda: trader.leg(trade, Leg.STOP).cancel_requested_ns, "the stop makes room")
        scene.crash(1.20, 1.22)
        await trader.until(lambda: scene.position == 0, "the stop fills first")
        await trader.until(lambda: trade.closed_ns, "the trade ends")
        await trader.settle(0.5)
        assert trade.leg(Leg.FLATTEN) is None, "an unconfirmed cancel counts as live"
        assert len(scene.orders) == 3
        scene.check(trader)


async def test_without_a_target_the_close_waits_for_the_cancel_of_the_stop(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        (target,) = scene.live_leg(Leg.TARGET)
        scene.sim.gateway.exchange.cancel(target)
        await trader.until(lambda: trader.leg(trade, Leg.TARGET).dead)
        trader.operator("flatten")
        await trader.until(lambda: trade.closed_ns, "the position is closed")
        assert trader.leg(trade, Leg.FLATTEN).filled == 4
        assert scene.position == 0
        assert not scene.live
        scene.check(trader)


async def test_a_target_that_fills_while_it_is_repriced_is_counted_once(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        scene.fault(kinds.HoldFills(for_s=0.3))
        scene.show(2.90, 2.92)
        await trader.until(lambda: scene.position == 0, "the target fills, unheard")
        trader.operator("flatten")
        await trader.until(lambda: trade.closed_ns, "the trade ends")
        scene.check(trader)


async def test_halt_cancels_the_entry_and_keeps_the_stop_of_the_part_that_is_held(scene: Scene) -> None:
    async with scene.trader() as trader:
        scene.show(1.98, 2.00, 2)
        await trader.settle()
        trade = await trader.enter()
        await trader.until(lambda: trade.open_quantity == 2 and trader.leg(trade, Leg.ENTRY).working)
        trader.operator("halt")
        await trader.until(lambda: trader.leg(trade, Leg.ENTRY).dead, "the entry is cancelled")
        await scene.protected(trader, trade)
        assert "trading_state" in trader.blocks()
        trader.operator("flatten")
        await trader.until(lambda: trade.closed_ns, "and flatten closes it")
        assert scene.position == 0
        assert not scene.live
        scene.check(trader)


async def test_a_stop_request_with_flatten_leaves_nothing(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        trader.runner.post(ev.StopRequested(ts_ns=trader.runner.now_ns(), flatten=True, reason="the end"))
        await trader.until(lambda: trade.closed_ns, "flat")
        assert scene.position == 0
        assert not scene.live
        trader.strategy.armed = True
        trader.jump(400)
        await trader.settle()
        assert len(trader.intents()) == 1
        scene.check(trader)


async def test_an_entry_that_fills_inside_its_cancel_is_held_and_protected(scene: Scene) -> None:
    async with scene.trader() as trader:
        scene.hide_ask()
        trade = await trader.enter()
        await trader.until(lambda: trader.leg(trade, Leg.ENTRY).working)
        scene.fault(kinds.Delay("cancels", by_s=0.4, for_s=30))
        trader.operator("cancel_entries")
        await trader.until(lambda: scene.live_leg(Leg.ENTRY)[0].status == "PendingCancel")
        scene.show(1.98, 2.00)
        await trader.until(lambda: trade.open_quantity == 4, "filled all the same")
        await scene.protected(trader, trade)
        scene.check(trader)
