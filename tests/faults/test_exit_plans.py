"""Exit plans over real sockets: in steps, by the underlying's price, behind a rising stop, on their date."""

from collections import Counter
from decimal import Decimal

from tests.faults.conftest import Scene
from tests.faults.trader import SETTINGS, Trader

from alphatrader.domain.exit_plans import ExitPlan, LatestExit, StopTerms, TargetStep, TrailingRule
from alphatrader.domain.orders import Leg
from alphatrader.execution.settings import ExecutionSettings
from alphatrader.execution.trade import Trade
from alphatrader.sim.scripted import CLOSE_NS, SESSION_DATE, SPY_CON_ID

AS_DELIVERED = SETTINGS.model_copy(update={"execution": ExecutionSettings()})
IN_TWO_STEPS = ExitPlan(
    stop=StopTerms(loss_fraction=0.25),
    targets=(TargetStep(gain_fraction=0.2, share=0.5), TargetStep(gain_fraction=0.4, share=0.5)),
)


async def held(trader: Trader, plan: ExitPlan) -> Trade:
    """Have a position by a plan whose exits all rest at the broker."""
    trader.strategy.exit_plan = plan
    trade = await trader.enter()
    exits = [ticket for ticket in trade.intent.tickets if ticket.leg is not Leg.ENTRY]
    await trader.until(lambda: trade.stop_resting() and trade.entered, "a protected position")
    await trader.until(lambda: sum(o.working for o in trade.exits()) == len(exits), "every exit rests")
    return trade


async def test_a_trade_that_leaves_in_steps_enters_in_steps_and_each_protects_itself(scene: Scene) -> None:
    async with scene.trader(settings=AS_DELIVERED) as trader:
        trade = await held(trader, IN_TWO_STEPS)
        assert Counter(order.leg for order in trade.orders.values()) == {Leg.ENTRY: 2, Leg.STOP: 2, Leg.TARGET: 2}
        assert scene.position == 4
        assert {o.remaining for o in scene.live} == {2}
        scene.show(2.40, 2.44)
        await trader.until(lambda: scene.position == 2, "the first target")
        await trader.until(lambda: trade.open_quantity == 2 and trade.stopped_quantity() == 2, "half is left, stopped")
        scene.check(trader)
        scene.crash(1.40, 1.42)
        await trader.until(lambda: trade.closed_ns, "the second stop, and the end")
        assert not scene.live
        scene.check(trader)


async def test_a_forced_end_takes_both_steps_out_and_sells_each_contract_once(scene: Scene) -> None:
    async with scene.trader(settings=AS_DELIVERED) as trader:
        trade = await held(trader, IN_TWO_STEPS)
        trader.operator("flatten")
        trader.jump(1)
        await trader.until(lambda: trade.closed_ns, "flat")
        assert scene.position == 0
        assert not scene.live
        scene.check(trader)


async def test_a_restart_goes_on_with_the_plan_that_was_journaled(scene: Scene) -> None:
    plan = ExitPlan(stop=IN_TWO_STEPS.stop, targets=IN_TWO_STEPS.targets, max_hold_s=900)
    async with scene.trader(settings=AS_DELIVERED) as trader:
        await held(trader, plan)
    async with scene.trader(settings=AS_DELIVERED) as trader:
        (trade,) = trader.book.open_trades
        assert trade.plan == plan
        await trader.until(trade.stop_resting, "its stops are found")
        scene.check(trader)
        trader.jump(901)
        await trader.until(lambda: trade.closed_ns, "the longest hold is over")
        assert "held 900 s" in trade.exit_reason
        scene.check(trader)


async def test_a_stop_on_the_underlying_rests_at_the_broker_and_sells_where_it_crosses(scene: Scene) -> None:
    terms = StopTerms(kind="underlying_price", loss_fraction=0.25, underlying_price=Decimal(640), trigger_method=2)
    async with scene.trader(settings=AS_DELIVERED) as trader:
        trade = await held(trader, ExitPlan(stop=terms, targets=(TargetStep(gain_fraction=0.4),)))
        (stop,) = scene.live_leg(Leg.STOP)
        assert stop.order_type == "MKT"
        scene.show(1.40, 1.42)
        await trader.settle()
        assert scene.position == 4, "the option's own price is not what it waits for"
        scene.market.trade(SPY_CON_ID, 639.9, 100)
        await trader.until(lambda: trade.closed_ns, "the underlying crossed")
        assert scene.position == 0
        scene.check(trader)


async def test_a_stop_trails_the_best_bid_and_never_falls(scene: Scene) -> None:
    plan = ExitPlan(
        stop=StopTerms(loss_fraction=0.25),
        trailing=TrailingRule(start_gain_fraction=0.1, distance_fraction=0.1),
    )
    async with scene.trader(settings=AS_DELIVERED) as trader:
        trade = await held(trader, plan)
        scene.show(2.60, 2.64)
        await trader.until(lambda: trade.best_bid == 2.60, "the bid")
        trader.jump(4)
        await trader.until(lambda: scene.live_leg(Leg.STOP)[0].stop_price == Decimal("2.34"), "a tenth under the bid")
        scene.show(2.40, 2.44)
        await trader.settle()
        trader.jump(4)
        await trader.settle()
        assert scene.live_leg(Leg.STOP)[0].stop_price == Decimal("2.34")
        scene.crash(2.30, 2.32)
        await trader.until(lambda: trade.closed_ns, "stopped with a gain")
        assert trader.engine.valuation.result_usd(trade) > 0
        scene.check(trader)


async def test_a_contract_settled_in_shares_is_sold_before_its_cut_off_whatever_its_plan_says(scene: Scene) -> None:
    plan = ExitPlan(stop=StopTerms(loss_fraction=0.25), at_expiry="settle")
    async with scene.trader(settings=AS_DELIVERED) as trader:
        trade = await held(trader, plan)
        cut_off_ns = CLOSE_NS - int(AS_DELIVERED.execution.physical_cutoff_s * 1e9)
        trader.jump((cut_off_ns - trader.runner.now_ns()) / 1e9 - 30)
        await trader.settle()
        assert scene.position == 4
        trader.jump(31)
        await trader.until(lambda: trade.closed_ns, "sold")
        assert scene.position == 0
        scene.check(trader)


async def test_the_latest_exit_of_a_plan_ends_the_trade(scene: Scene) -> None:
    latest = LatestExit(kind="before_close", date=SESSION_DATE, lead_s=3_600)
    async with scene.trader(settings=AS_DELIVERED) as trader:
        trade = await held(trader, ExitPlan(stop=StopTerms(loss_fraction=0.25), latest=latest))
        trader.jump((CLOSE_NS - trader.runner.now_ns()) / 1e9 - 3_590)
        await trader.until(lambda: trade.closed_ns, "sold")
        assert scene.position == 0
        scene.check(trader)
