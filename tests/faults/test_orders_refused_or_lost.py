"""Orders that the gateway swallows, refuses or loses in part. Silence is no refusal, and nothing is sent twice."""

import pytest
from tests.faults.conftest import Scene
from tests.faults.trader import SETTINGS

from alphatrader.domain import events as ev
from alphatrader.domain.orders import Leg
from alphatrader.execution.settings import ExecutionSettings
from alphatrader.execution.tracking import OrderState
from alphatrader.sim.exchange.orders import OrderStatus
from alphatrader.sim.faults import kinds

BRIEF = SETTINGS.model_copy(update={"execution": ExecutionSettings()})
"""As it is delivered: entries are given up after 20 s, and open trades are audited every 30 s."""


async def test_a_position_is_bought_protected_and_sold(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        await scene.protected(trader, trade)
        scene.check(trader)
        scene.show(2.90, 2.92)
        await trader.until(lambda: trade.closed_ns, "the target")
        scene.check(trader)
        assert scene.position == 0
        assert not scene.live


async def test_a_swallowed_bracket_is_unknown_until_two_complete_polls_and_never_sent_again(scene: Scene) -> None:
    scene.fault(kinds.SwallowNext())
    async with scene.trader() as trader:
        trade = await trader.enter()
        entry = trader.leg(trade, Leg.ENTRY)
        await trader.until(lambda: entry.state is OrderState.SENT, "the bytes are out")
        polls = len(trader.heard(ev.SnapshotReceived))
        trader.jump(6)
        await trader.until(lambda: len(trader.heard(ev.SnapshotReceived)) > polls, "a poll")
        assert {o.state for o in trade.orders.values()} == {OrderState.UNKNOWN}
        assert "order_unknown" in trader.blocks()
        trader.strategy.armed = True
        await trader.settle()
        assert not trade.closed, "one poll proves nothing"
        assert len(trader.intents()) == 1, "no new risk in this underlying meanwhile"
        trader.strategy.armed = False
        trader.jump(11)
        await trader.until(lambda: trade.closed_ns, "the second poll settles it")
        assert {o.state for o in trade.orders.values()} == {OrderState.NOT_SENT}
        assert "order_unknown" not in trader.blocks()
        assert scene.orders == []
        scene.check(trader)


@pytest.mark.parametrize("code", [201, 110])
async def test_a_refused_bracket_leaves_nothing_and_blocks_nothing(scene: Scene, code: int) -> None:
    scene.fault(kinds.RejectNext(code=code, count=3))
    async with scene.trader() as trader:
        trade = await trader.enter()
        await trader.until(lambda: trade.closed_ns, "the refusal")
        assert {o.state for o in trade.orders.values()} == {OrderState.REJECTED}
        assert not scene.live
        assert "order_unknown" not in trader.blocks()
        scene.check(trader)


async def test_a_refused_entry_takes_its_children_with_it(scene: Scene) -> None:
    scene.fault(kinds.RejectNext(code=201, count=1))
    async with scene.trader() as trader:
        trade = await trader.enter()
        await trader.until(lambda: trader.leg(trade, Leg.ENTRY).state is OrderState.REJECTED, "the refusal")
        for _ in range(3):
            trader.jump(11)
            await trader.settle()
        await trader.until(lambda: trade.closed_ns, "the children are settled too")
        assert not scene.live
        scene.check(trader)


async def test_a_position_whose_stop_was_refused_is_closed(scene: Scene) -> None:
    scene.fault(kinds.RejectNext(code=201, order_type="STP"))
    async with scene.trader() as trader:
        trade = await trader.enter()
        await trader.until(lambda: trade.open_quantity == scene.position > 0, "the fill")
        await trader.until(lambda: trader.leg(trade, Leg.STOP).state is OrderState.REJECTED)
        assert not trade.exit_reason, "the time of the stop check is not over"
        trader.jump(3)
        await trader.until(lambda: trade.closed_ns, "the position is closed")
        assert scene.position == 0
        assert not scene.live
        scene.check(trader)


async def test_a_family_without_its_last_child_rests_untransmitted_and_is_cancelled(scene: Scene) -> None:
    scene.fault(kinds.RejectNext(role="child", order_type="LMT"))
    async with scene.trader(settings=BRIEF) as trader:
        trade = await trader.enter()
        await trader.until(lambda: trader.leg(trade, Leg.TARGET).state is OrderState.REJECTED)
        assert [o.status for o in scene.live] == [OrderStatus.STAGED] * 2
        for _ in range(4):
            trader.jump(11)
            await trader.settle()
        await trader.until(lambda: trade.closed_ns, "the rest of the family is cancelled")
        await trader.until(lambda: not scene.live, "the gateway has let go of it")
        assert scene.executions == 0
        scene.check(trader)


async def test_a_family_whose_children_never_arrived_is_cancelled(scene: Scene) -> None:
    scene.fault(kinds.SwallowNext(role="child", count=2))
    async with scene.trader(settings=BRIEF) as trader:
        trade = await trader.enter()
        await trader.until(lambda: len(scene.live) == 1, "the entry alone")
        for _ in range(4):
            trader.jump(11)
            await trader.settle()
        await trader.until(lambda: trade.closed_ns, "the entry is cancelled, the children count as never sent")
        assert trader.leg(trade, Leg.STOP).state is OrderState.NOT_SENT
        assert not scene.live
        scene.check(trader)


async def test_a_stop_that_was_cancelled_by_others_closes_the_position(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        (stop,) = scene.live_leg(Leg.STOP)
        scene.sim.gateway.exchange.cancel(stop)
        await trader.until(lambda: trader.leg(trade, Leg.STOP).dead, "the cancel is heard")
        trader.jump(1)
        trader.jump(3)
        await trader.until(lambda: trade.closed_ns, "the position is closed")
        assert scene.position == 0
        scene.check(trader)


async def test_children_that_vanish_without_a_word_are_missed_by_the_regular_poll(scene: Scene) -> None:
    async with scene.trader(settings=BRIEF) as trader:
        trade = await trader.hold()
        for order in (*scene.live_leg(Leg.STOP), *scene.live_leg(Leg.TARGET)):
            order.status = OrderStatus.CANCELLED
            scene.sim.gateway.exchange.registry.close(order)
        for seconds in (31, 11, 3):
            trader.jump(seconds)
            await trader.settle()
        await trader.until(lambda: trade.closed_ns, "the naked position is closed")
        assert scene.position == 0
        scene.check(trader)


async def test_a_warning_about_a_live_order_does_not_kill_it(scene: Scene) -> None:
    scene.fault(kinds.WarnNext(10349, "Order TIF was set to DAY based on order preset.", count=3))
    async with scene.trader() as trader:
        scene.hide_ask()
        trade = await trader.enter()
        entry = trader.leg(trade, Leg.ENTRY)
        await trader.until(lambda: entry.last_error.startswith("10349"), "the warning")
        await trader.until(lambda: entry.working, "the entry works")
        trader.strategy.armed = True
        await trader.settle()
        assert len(trader.intents()) == 1
        assert len(scene.orders) == 3
        scene.fault(kinds.Clear())
        scene.show(1.98, 2.00)
        await scene.protected(trader, trade)
        scene.check(trader)
