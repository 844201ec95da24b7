"""What is lost with a link is found again, once: fills, orders, subscriptions, ids."""

import pytest
from tests.faults.conftest import Scene

from alphatrader.domain import events as ev
from alphatrader.domain.orders import Leg
from alphatrader.sim.faults import kinds


async def test_fills_between_the_trade_and_its_callback_are_adopted_once(scene: Scene) -> None:
    async with scene.trader() as trader:
        scene.fault(kinds.HoldFills(for_s=30))
        trade = await trader.enter()
        await trader.until(lambda: scene.position > 0, "the exchange fills")
        await trader.settle()
        assert trade.open_quantity == 0, "nobody has said so"
        scene.fault(kinds.DropLink())
        scene.fault(kinds.Clear())
        await trader.until(lambda: trade.open_quantity == scene.position, "the fill is found")
        await scene.protected(trader, trade)
        scene.check(trader)
        assert len(scene.orders) == 3


async def test_an_exit_filled_while_the_link_was_down_ends_the_trade(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        scene.fault(kinds.DropLink(refuse_for_s=0.2))
        scene.crash(1.20, 1.22)
        await trader.until(lambda: scene.position == 0, "the stop does its work alone")
        await trader.until(lambda: trade.open_quantity == 0, "which is heard of")
        trader.jump(11)
        await trader.until(lambda: trade.closed_ns, "the target is gone by a second poll")
        assert not scene.live
        scene.check(trader)


async def test_a_link_lost_in_mid_position_changes_nothing(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        before = [(o.order_ref, o.perm_id, o.quantity) for o in scene.orders]
        for _ in range(2):
            snapshots = len(trader.heard(ev.SnapshotReceived))
            scene.fault(kinds.DropLink(refuse_for_s=0.1))
            await trader.until(lambda: "link_down" in trader.blocks(), "the loss")
            await trader.until(lambda: len(trader.heard(ev.SnapshotReceived)) > snapshots, "a new reconciliation")  # noqa: B023
        await scene.protected(trader, trade)
        assert [(o.order_ref, o.perm_id, o.quantity) for o in scene.orders] == before
        scene.check(trader)


@pytest.mark.parametrize("data_lost", [False, True], ids=["1102", "1101"])
async def test_an_outage_of_the_servers_pauses_and_reconciles(scene: Scene, data_lost: bool) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        snapshots = len(trader.heard(ev.SnapshotReceived))
        scene.fault(kinds.ServerOutage(for_s=0.3, data_lost=data_lost))
        await trader.until(lambda: "link_down" in trader.blocks(), "1100")
        trader.operator("flatten")
        await trader.settle(0.1)
        (target,) = scene.live_leg(Leg.TARGET)
        assert target.limit_price == trader.leg(trade, Leg.TARGET).ticket.limit_price, "no change into an outage"
        await trader.until(lambda: len(trader.heard(ev.SnapshotReceived)) > snapshots, "reconciled anew")
        await trader.until(lambda: trade.closed_ns, "the exit follows when the link is healthy")
        assert scene.position == 0
        scene.check(trader)


async def test_a_fill_during_an_outage_is_not_lost(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        scene.fault(kinds.ServerOutage(for_s=0.2, data_lost=True))
        scene.show(2.90, 2.92)
        await trader.until(lambda: scene.position == 0, "the target fills meanwhile")
        await trader.until(lambda: trade.closed_ns, "and is heard of")
        scene.check(trader)


async def test_an_incomplete_snapshot_stops_entries_until_a_complete_one(scene: Scene) -> None:
    async with scene.trader() as trader:
        scene.fault(kinds.WithholdEnd("positions", count=2))
        scene.fault(kinds.DropLink())
        await trader.until(lambda: "positions" in trader.engine.state.link.reconcile_text, "an incomplete answer")
        assert "not_reconciled" in trader.blocks()
        trader.strategy.armed = True
        await trader.settle()
        assert trader.intents() == []
        trader.jump(11)
        await trader.settle(0.5)
        trader.jump(11)
        await trader.until(trader.intents, "asked again, complete at last")
        trader.strategy.armed = False


async def test_an_order_id_is_never_used_again(scene: Scene) -> None:
    async with scene.trader() as trader:
        first = await trader.hold()
        scene.fault(kinds.LowerNextValidId(by=50))
        scene.fault(kinds.DropLink())
        await trader.until(lambda: len(trader.heard(ev.NextOrderId)) == 2, "a lower id")
        assert trader.heard(ev.NextOrderId)[1].order_id <= max(first.orders)
        await trader.until(lambda: trader.engine.state.link.reconciled)
        trader.operator("flatten")
        await trader.until(lambda: first.closed_ns, "the first trade ends")
        trader.operator("resume")
        trader.jump(400)
        scene.show(1.98, 2.00)
        second = await trader.hold()
        assert min(second.orders) > max(first.orders)
        assert not any(event.code == 103 for event in trader.heard(ev.OrderErrored))
        scene.check(trader)


async def test_repeated_reports_change_nothing(scene: Scene) -> None:
    scene.fault(kinds.DuplicateStatuses(for_s=30))
    async with scene.trader() as trader:
        trade = await trader.hold()
        for _ in range(3):
            snapshot = await trader.adapter.snapshot()
            trader.runner.post(ev.SnapshotReceived(ts_ns=trader.runner.now_ns(), snapshot=snapshot))
            for execution in snapshot.executions:
                trader.runner.post(ev.ExecutionReported(ts_ns=trader.runner.now_ns(), execution=execution))
        await scene.protected(trader, trade)
        scene.check(trader)
