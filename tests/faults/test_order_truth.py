"""What is said of orders is late, doubled, wrong or missing: the trader's own state only follows proofs."""

import pytest
from tests.faults.conftest import Scene
from tests.faults.trader import SETTINGS

from alphatrader.domain import events as ev
from alphatrader.domain.orders import Leg
from alphatrader.execution.settings import ExecutionSettings
from alphatrader.execution.tracking import OrderState
from alphatrader.sim.faults import kinds
from alphatrader.sim.scripted import CALL_CON_ID

AS_DELIVERED = SETTINGS.model_copy(update={"execution": ExecutionSettings()})


async def test_an_order_without_any_callback_is_unknown_then_adopted_as_it_is(scene: Scene) -> None:
    async with scene.trader(settings=AS_DELIVERED) as trader:
        scene.fault(kinds.MuteOrders(role="parent"))
        scene.hide_ask()
        trade = await trader.enter()
        entry = trader.leg(trade, Leg.ENTRY)
        await trader.until(lambda: entry.state is OrderState.SENT and scene.live_leg(Leg.ENTRY))
        polls = len(trader.heard(ev.SnapshotReceived))
        trader.jump(6)
        await trader.until(lambda: len(trader.heard(ev.SnapshotReceived)) > polls, "a poll")
        await trader.until(lambda: entry.working, "adopted")
        scene.show(1.98, 2.00)
        await trader.until(lambda: scene.position > 0, "filled, and nobody says so")
        trader.jump(31)
        await trader.until(lambda: trade.open_quantity == scene.position, "the next poll tells of it")
        await scene.protected(trader, trade)
        assert len(scene.orders) == 3
        scene.check(trader)


@pytest.mark.parametrize("place", ["first", "last", "never"])
async def test_a_refusal_is_one_wherever_its_code_stands(scene: Scene, place: str) -> None:
    scene.fault(kinds.NoticeOrder(201, place, count=3))  # type: ignore[arg-type]
    scene.fault(kinds.RejectNext(code=201, count=3))
    async with scene.trader() as trader:
        trade = await trader.enter()
        await trader.until(lambda: len(scene.orders) == 3, "all three are sent and refused")
        await trader.until(lambda: trade.closed_ns, "which is heard")
        assert {order.state for order in trade.orders.values()} == {OrderState.REJECTED}
        assert not scene.live
        scene.check(trader)


async def test_an_older_status_after_filled_changes_nothing(scene: Scene) -> None:
    scene.fault(kinds.StaleStatus(count=6))
    async with scene.trader() as trader:
        trade = await trader.hold()
        await trader.settle()
        assert trader.leg(trade, Leg.ENTRY).state is OrderState.FILLED
        await scene.protected(trader, trade)
        scene.check(trader)


@pytest.mark.parametrize("notice", [202, 10148])
async def test_an_entry_filled_after_its_cancel_was_settled_is_held_and_protected(scene: Scene, notice: int) -> None:
    async with scene.trader() as trader:
        scene.hide_ask()
        trade = await trader.enter()
        await trader.until(lambda: trader.leg(trade, Leg.ENTRY).working)
        scene.fault(kinds.FillAfterCancel(by_s=0.2, notice=notice))  # type: ignore[arg-type]
        trader.operator("cancel_entries")
        await trader.until(lambda: scene.position == 4, "filled all the same")
        await trader.until(lambda: trade.open_quantity == 4 or trade.closed_ns, "which is heard of")
        for _ in range(3):
            trader.jump(11)
            await trader.settle()
        if scene.position:
            await scene.protected(trader, trade)
        scene.check(trader)


async def test_a_cancel_that_crosses_a_partial_fill_leaves_exits_of_its_size(scene: Scene) -> None:
    async with scene.trader() as trader:
        scene.hide_ask()
        trade = await trader.enter()
        await trader.until(lambda: trader.leg(trade, Leg.ENTRY).working)
        scene.fault(kinds.FillInCancel(quantity=1))
        trader.operator("cancel_entries")
        await trader.until(lambda: trade.open_quantity == 1, "one was filled")
        await trader.until(lambda: trader.leg(trade, Leg.ENTRY).dead)
        await scene.protected(trader, trade)
        scene.check(trader)


# One way alone: a fork takes an id twice, which a gateway whose ids must grow refuses with 103.
@pytest.mark.parametrize("scene", [{}], indirect=True)
async def test_a_modification_that_forks_leaves_nothing_that_could_sell_twice(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        scene.fault(kinds.ForkOnModify())
        trader.operator("flatten")
        await trader.until(lambda: scene.position == 0, "sold")
        await trader.until(lambda: trade.closed_ns, "the trade ends")
        assert not scene.live, "an orphan would fill hours later"
        assert len({order.perm_id for order in scene.orders}) == 4, "there was a fork"
        assert trader.book.ledger.position(CALL_CON_ID).quantity == scene.position == 0


async def test_partial_fills_split_reversed_and_repeated_are_counted_once(scene: Scene) -> None:
    scene.fault(kinds.SplitFills(lot=1, for_s=60))
    scene.fault(kinds.RepeatMessages("executions", for_s=60))
    scene.fault(kinds.ReverseMessages("executions", for_s=0.4))
    async with scene.trader() as trader:
        trade = await trader.hold()
        await trader.until(lambda: trade.open_quantity == scene.position == 4, "each once")
        assert scene.executions == 4
        await scene.protected(trader, trade)
        scene.check(trader)


async def test_executions_long_after_their_status_and_commissions_later_still(scene: Scene) -> None:
    scene.fault(kinds.Delay("executions", by_s=0.3, for_s=60))
    scene.fault(kinds.Delay("commissions", by_s=0.6, for_s=60))
    async with scene.trader() as trader:
        trade = await trader.enter()
        await trader.until(lambda: trade.open_quantity == scene.position == 4, "the execution")
        await scene.protected(trader, trade)
        await trader.settle(0.7)
        scene.check(trader)


async def test_replayed_executions_of_the_day_are_known(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        scene.fault(kinds.ReplayExecutions(count=5))
        await trader.settle()
        assert trade.open_quantity == scene.position == 4
        scene.check(trader)


async def test_open_orders_missing_from_a_complete_answer_are_asked_for_again(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        snapshots = len(trader.heard(ev.SnapshotReceived))
        scene.fault(kinds.OmitRows("open_orders"))
        scene.fault(kinds.DropLink())
        await trader.until(lambda: len(trader.heard(ev.SnapshotReceived)) > snapshots, "an answer without them")
        await trader.settle()
        trader.jump(11)
        await trader.settle()
        await scene.protected(trader, trade)
        assert len(scene.orders) == 3
        scene.check(trader)


async def test_a_read_only_gateway_refuses_and_nothing_is_sent_again(scene: Scene) -> None:
    async with scene.trader() as trader:
        scene.fault(kinds.ReadOnly())
        trade = await trader.enter()
        await trader.until(lambda: trade.closed_ns, "the refusal")
        assert {order.state for order in trade.orders.values()} == {OrderState.REJECTED}
        assert scene.orders == []
        scene.check(trader)


async def test_a_liquidation_takes_the_exits_along(scene: Scene) -> None:
    async with scene.trader(settings=AS_DELIVERED) as trader:
        trade = await trader.hold()
        scene.fault(kinds.Liquidate(con_id=CALL_CON_ID))
        await trader.until(lambda: scene.position == 0, "sold by the broker")
        trader.jump(31)
        await trader.until(lambda: trade.closed_ns, "the regular poll finds it")
        assert not scene.live, "no naked exit is left"
        assert trader.book.ledger.position(CALL_CON_ID).quantity == 0
