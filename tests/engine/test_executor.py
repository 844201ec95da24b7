"""What is done about orders and trades: exits that never sell twice, stops that stay, books that are closed once."""

from decimal import Decimal

import pytest
from tests.doubles.engine_bench import EngineBench, armed_settings
from tests.doubles.engine_market import S

from alphatrader.domain import events as ev
from alphatrader.domain.exit_plans import ExitPlan, StopTerms, TargetStep, TrailingRule
from alphatrader.domain.orders import Execution, Leg, OrderIntent
from alphatrader.domain.records import IntentRecord, IntentStage, OpenIntent, RestoredState
from alphatrader.domain.state import TradingState
from alphatrader.engine.commands import CancelOrder, Command, MoveStop, RepriceOrder, ResizeOrder, SubmitIntent


def holding(*, stop: str = "PreSubmitted", target: str = "PreSubmitted") -> tuple[EngineBench, OrderIntent, int]:
    """A bench that holds a position bought by a bracket, its exits in the given states."""
    bench = EngineBench(armed_settings()).ready()
    intent = bench.enter()
    bench.report(intent, Leg.ENTRY, "Submitted")
    bench.report(intent, Leg.STOP, stop)
    bench.report(intent, Leg.TARGET, target)
    quantity = intent.tickets[0].quantity
    bench.fill(intent, Leg.ENTRY, quantity, "1.60")
    bench.snapshot(orders=bench.working_orders())
    return bench, intent, quantity


def flatten(bench: EngineBench) -> list[Command]:
    bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action="flatten", actor="t", reason="test"))
    return bench.look()


def submits(commands: list[Command]) -> list[OrderIntent]:
    return [c.approved.value for c in commands if isinstance(c, SubmitIntent)]


def cancelled(commands: list[Command]) -> set[int]:
    return {c.order_id for c in commands if isinstance(c, CancelOrder)}


# ---------------------------------------------------------------------------------------------- leaving


def test_an_exit_moves_the_resting_target_to_the_market() -> None:
    bench, intent, _ = holding()
    (reprice,) = bench.of(RepriceOrder, flatten(bench))
    assert reprice.order_id == intent.tickets[2].order_id
    assert Decimal("1.50") < reprice.limit_price < Decimal("1.60"), "a few ticks under the bid"
    assert not cancelled(bench.look(1)), "the stop stays until the target has sold"


def test_without_a_target_the_stop_makes_room_and_the_close_follows_its_end() -> None:
    bench, intent, quantity = holding(target="Cancelled")
    commands = flatten(bench)
    assert cancelled(commands) == {intent.tickets[1].order_id}
    assert submits(commands) == []
    assert submits(bench.look(1)) == [], "its end is not confirmed"
    bench.report(intent, Leg.STOP, "Cancelled")
    (close,) = submits(bench.look(1))
    assert [(t.leg, t.side, t.quantity) for t in close.tickets] == [(Leg.FLATTEN, "SELL", quantity)]


def test_a_closing_order_that_waits_to_be_sent_is_not_made_twice() -> None:
    bench, _, quantity = holding(stop="Cancelled", target="Cancelled")
    (close,) = submits(flatten(bench))
    assert close.tickets[0].quantity == quantity
    for _ in range(8):
        assert submits(bench.look(4)) == [], "the first is still on its way"


def test_a_closing_order_that_was_not_sent_is_made_again() -> None:
    bench, _, _ = holding(stop="Cancelled", target="Cancelled")
    (close,) = submits(flatten(bench))
    bench.post(ev.IntentRefused(ts_ns=bench.now_ns, intent_id=close.intent_id, reason="the link was down"))
    (again,) = submits(bench.look(4))
    assert again.tickets[0].order_id > close.tickets[0].order_id


def test_an_exit_waits_until_the_rest_of_the_entry_is_gone_and_sells_what_is_held() -> None:
    bench = EngineBench(armed_settings()).ready()
    intent = bench.enter()
    bench.work(intent)
    bench.fill(intent, Leg.ENTRY, 1, "1.60")
    commands = flatten(bench)
    assert intent.tickets[0].order_id in cancelled(bench.commands)
    assert not bench.of(RepriceOrder, commands)
    bench.report(intent, Leg.ENTRY, "Cancelled")
    (resize,) = bench.of(ResizeOrder, bench.look())
    assert (resize.order_id, resize.quantity) == (intent.tickets[2].order_id, 1)


@pytest.mark.parametrize("lost", ["journal", "reconciliation", "contract"])
def test_the_stop_stays_where_no_closing_order_could_follow(lost: str) -> None:
    bench, intent, _ = holding(target="Inactive")
    if lost == "journal":
        bench.post(ev.JournalChanged(ts_ns=bench.now_ns, up=False, reason="disk full"))
    elif lost == "contract":
        bench.trade(intent).instrument = None  # as after a start at which it was not qualified
    else:
        bench.snapshot(complete=False)
    commands = flatten(bench) + bench.look(6)
    assert intent.tickets[1].order_id not in cancelled(commands)


def test_a_broken_data_farm_does_not_hold_back_a_close() -> None:
    bench, _, _ = holding(stop="Cancelled", target="Cancelled")
    bench.post(ev.LinkChanged(ts_ns=bench.now_ns, healthy=False, code=2103, text="farm down", orders_possible=True))
    assert submits(flatten(bench))
    assert "link_down" in bench.blocks()


def test_over_a_doubtful_link_no_order_is_changed() -> None:
    bench, _, _ = holding()
    bench.post(ev.LinkChanged(ts_ns=bench.now_ns, healthy=False, code=2103, text="farm down", orders_possible=True))
    assert not bench.of(RepriceOrder, flatten(bench))
    bench.link()
    assert len(bench.of(RepriceOrder, bench.look(4))) == 1


def test_a_position_without_a_bid_is_flattened_at_any_price_after_a_while() -> None:
    bench, intent, _ = holding()
    bench.engine.state.market.quote(bench.now_ns, intent.instrument_id, float("nan"), 0, 0.05, 10)
    bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action="flatten", actor="t", reason="test"))
    assert not bench.of(RepriceOrder, bench.decide())
    (reprice,) = bench.of(RepriceOrder, bench.advance(11).decide())
    assert reprice.limit_price == Decimal("0.01")


def test_a_reprice_that_was_lost_is_sent_again() -> None:
    bench, _, _ = holding()
    (first,) = bench.of(RepriceOrder, flatten(bench))
    (again,) = bench.of(RepriceOrder, bench.look(4))
    assert again.limit_price == first.limit_price, "the broker has not confirmed it"


# ---------------------------------------------------------------------------------------------- plans


def test_the_longest_hold_ends_a_trade() -> None:
    bench = EngineBench(armed_settings(armed={"max_hold_s": 180})).ready()
    intent = bench.hold()
    assert not bench.of(RepriceOrder, bench.look(179))
    (reprice,) = bench.of(RepriceOrder, bench.look(2))
    assert reprice.order_id == intent.tickets[2].order_id
    assert "held 180 s" in reprice.reason


def test_a_trailing_stop_follows_the_best_bid_and_never_falls() -> None:
    plan = ExitPlan(
        stop=StopTerms(loss_fraction=0.25),
        targets=(TargetStep(gain_fraction=5.0),),
        trailing=TrailingRule(start_gain_fraction=0.1, distance_fraction=0.2),
    )
    bench = EngineBench(armed_settings()).ready()
    bench.strategies["armed"].exit_plan = plan
    intent = bench.hold()
    option = bench.engine.state.instruments[intent.instrument_id]

    def stop_at(bid: float) -> list[Decimal]:
        bench.advance(4).prints().quote_option(option, bid)
        moves = bench.of(MoveStop, bench.decide())
        for move in moves:
            order = bench.engine.book.orders[move.order_id]
            bench.trade(intent).stops[order.ticket.order_id] = move.stop_price
        return [move.stop_price for move in moves]

    assert stop_at(1.65) == [], "not yet ten per cent up"
    assert stop_at(2.00) == [Decimal("1.60")]
    assert stop_at(1.80) == []
    assert stop_at(2.50) == [Decimal("2.00")]
    assert "stop.trailed" in bench.codes()


def test_steps_end_one_by_one_each_with_its_own_stop() -> None:
    steps = (TargetStep(gain_fraction=0.2, share=0.5), TargetStep(gain_fraction=0.5, share=0.5))
    bench = EngineBench(armed_settings()).ready()
    bench.strategies["armed"].exit_plan = ExitPlan(stop=StopTerms(loss_fraction=0.2), targets=steps)
    intent = bench.hold()
    first, second = (t for t in intent.tickets if t.leg is Leg.TARGET)
    bench.fill_ticket(intent, first, first.quantity, "2.00")
    bench.report_ticket(intent, next(t for t in intent.tickets if t.leg is Leg.STOP), "Cancelled")
    bench.look(3)
    assert bench.trade(intent).open_quantity == second.quantity
    assert bench.trade(intent).stop_resting()
    bench.fill_ticket(intent, second, second.quantity, "2.50")
    bench.report_ticket(intent, [t for t in intent.tickets if t.leg is Leg.STOP][1], "Cancelled")
    assert bench.trade(intent).closed_ns


# ---------------------------------------------------------------------------------------------- the end of a trade


def test_an_entry_that_was_never_filled_is_told() -> None:
    bench = EngineBench(armed_settings()).ready()
    intent = bench.enter()
    bench.work(intent)
    bench.report(intent, Leg.STOP, "Cancelled")
    bench.report(intent, Leg.TARGET, "Cancelled")
    commands = bench.report(intent, Leg.ENTRY, "Cancelled")
    assert "entry.unfilled" in bench.codes(commands)


def test_a_finished_trade_is_told_and_journaled_with_its_result() -> None:
    bench, intent, quantity = holding()
    bench.fill(intent, Leg.TARGET, quantity, "2.00")
    commands = bench.report(intent, Leg.STOP, "Cancelled")
    assert [record.stage for record in bench.records(IntentRecord, commands)] == [IntentStage.CLOSED]
    assert bench.codes(commands) == ["exit.closed"]
    assert f"P&L {Decimal('0.40') * 100 * quantity:+.2f} USD" in bench.notices()[-1]


def test_an_entry_that_never_filled_starts_no_cool_down() -> None:
    bench = EngineBench(armed_settings()).ready()
    intent = bench.enter()
    for leg in (Leg.ENTRY, Leg.STOP, Leg.TARGET):
        bench.report(intent, leg, "Cancelled")
    assert bench.trade(intent).closed_ns
    assert bench.engine.ground.cooling_down_s("armed", "SPY") == 0


def test_a_sale_by_hand_ends_a_trade_without_a_result_of_ours() -> None:
    bench, intent, quantity = holding()
    bench.execute(intent.con_id, "SELL", quantity, "1.00")
    for leg in (Leg.STOP, Leg.TARGET):
        bench.report(intent, leg, "Cancelled")
    assert bench.trade(intent).closed_ns
    assert "exit.sold_elsewhere" in bench.codes()


def test_the_close_is_journaled_as_ended_before_the_trade_that_it_ended() -> None:
    """A crash between the two leaves a trade that finds itself sold; a closing order alone would be one that sold."""
    bench, _, quantity = holding(stop="Cancelled", target="Cancelled")
    close = bench.sent(flatten(bench))
    commands = bench.fill(close, Leg.FLATTEN, quantity, "1.50")
    ended = [record.intent for record in bench.records(IntentRecord, commands) if record.stage is IntentStage.CLOSED]
    assert [intent.purpose for intent in ended] == ["close", "open"]
    executions = tuple(bench.engine.book.ledger.executions())
    told = RestoredState(
        intents=(OpenIntent(ended[1], IntentStage.SENT),),
        executions=executions,
        own_exec_ids=tuple(execution.exec_id for execution in executions),
    )
    again = EngineBench(armed_settings(), told, run_id="second").ready()
    again.advance(11).snapshot()
    assert again.engine.book.open_trades == []
    assert again.engine.valuation.realised_usd == bench.engine.valuation.realised_usd


# ---------------------------------------------------------------------------------------------- restarts


def test_a_halt_without_a_word_takes_the_entries_of_the_last_start_back_as_well() -> None:
    before = EngineBench(armed_settings()).ready()
    intent = before.enter()
    before.work(intent)
    told = RestoredState(intents=(OpenIntent(intent, IntentStage.SENT),), trading_state=TradingState.HALTED)
    bench = EngineBench(armed_settings(), told, run_id="second")
    bench.now_ns = before.now_ns
    bench.link()
    bench.snapshot(orders=before.working_orders())
    assert cancelled(bench.advance(0.5).decide()) == {intent.tickets[0].order_id}


def losses(bench: EngineBench, *, age_s: int, gap_s: int = 0) -> tuple[Execution, ...]:
    """Six round trips that lost, bought ``gap_s`` before they were sold."""
    fills = []
    for number in range(6):
        for part, (side, price) in enumerate((("BUY", "1.00"), ("SELL", "0.90"))):
            ts_ns = bench.now_ns - (age_s - 10 * number - part + (gap_s if part == 0 else 0)) * S
            exec_id = f"p.{number}{part}.01"
            fills.append(Execution(exec_id, number, number, 7 + number, side, 1, Decimal(price), ts_ns))  # type: ignore[arg-type]
    return tuple(fills)


def streak_after(fills: tuple[Execution, ...], own: bool = True) -> set[str]:
    ids = tuple(fill.exec_id for fill in fills) if own else ()
    bench = EngineBench(armed_settings(), RestoredState(executions=fills, own_exec_ids=ids))
    return {denial.code for denial in bench.engine.executor.breakers.check(bench.now_ns, 3, Decimal(0))}


def test_a_restart_lifts_no_breaker() -> None:
    assert streak_after(losses(EngineBench(), age_s=100)) == {"loss_streak"}


def test_losses_of_positions_held_over_night_count_on_the_day_of_their_end() -> None:
    assert streak_after(losses(EngineBench(), age_s=100, gap_s=86_400)) == {"loss_streak"}


def test_losses_of_yesterday_do_not_count() -> None:
    assert streak_after(losses(EngineBench(), age_s=86_400)) == set()


def test_losses_of_others_do_not_count() -> None:
    assert streak_after(losses(EngineBench(), age_s=100), own=False) == set()


def test_a_restart_gives_no_new_orders_of_the_day_and_ends_no_cool_down() -> None:
    now_ns = EngineBench().now_ns
    told = RestoredState(
        order_times_ns=tuple(now_ns - n * S for n in range(12)), closed_trades=(("armed", "SPY", now_ns - 20 * S),)
    )
    bench = EngineBench(armed_settings(), told)
    codes = {denial.code for denial in bench.engine.executor.breakers.check(bench.now_ns, 3, Decimal(0))}
    assert codes == {"order_rate"}
    assert bench.engine.ground.cooling_down_s("armed", "SPY") == 40
    assert bench.engine.ground.cooling_down_s("rival", "SPY") == 0
