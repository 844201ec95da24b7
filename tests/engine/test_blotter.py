"""The blotter: everything of ours, found by what the broker names it; rebuilt from the journal without an order."""

import msgspec
from tests.doubles.engine_bench import EngineBench, armed_settings
from tests.doubles.engine_market import NEXT_DATE

from alphatrader.domain import events as ev
from alphatrader.domain.exit_plans import ExitPlan, StopTerms
from alphatrader.domain.orders import Leg, OpenOrder, OrderIntent
from alphatrader.domain.records import IntentStage, OpenIntent, RestoredState
from alphatrader.engine.commands import CancelOrder, Reconcile, RepriceOrder, SubmitIntent
from alphatrader.execution.tracking import OrderState


def held() -> tuple[EngineBench, OrderIntent]:
    bench = EngineBench(armed_settings()).ready()
    return bench, bench.hold()


def told(bench: EngineBench, intent: OrderIntent) -> RestoredState:
    """What a journal would tell of this bench."""
    executions = tuple(bench.engine.book.ledger.executions())
    return RestoredState(
        max_order_id=max(bench.engine.book.orders),
        intents=(OpenIntent(intent, IntentStage.SENT),),
        executions=executions,
        own_exec_ids=tuple(execution.exec_id for execution in executions),
    )


def test_a_restart_emits_no_order_and_asks_the_broker() -> None:
    intent = EngineBench(armed_settings()).ready().enter()
    restored = RestoredState(max_order_id=102, intents=(OpenIntent(intent, IntentStage.INTENDED),))
    bench = EngineBench(armed_settings(), restored).ready()
    bench.look()
    assert not [c for c in bench.commands if isinstance(c, SubmitIntent | RepriceOrder | CancelOrder)]
    assert bench.of(Reconcile)
    assert {order.state for order in bench.engine.book.orders.values()} == {OrderState.UNKNOWN}
    assert "order_unknown" in bench.blocks()


def test_an_order_id_is_never_used_again() -> None:
    bench = EngineBench(armed_settings(), RestoredState(max_order_id=4_000)).ready()
    assert bench.enter().tickets[0].order_id == 4_001
    bench.post(ev.NextOrderId(ts_ns=bench.now_ns, order_id=50))
    assert bench.engine.book.allocate_ids(1).first_order_id == 4_004
    bench.post(ev.NextOrderId(ts_ns=bench.now_ns, order_id=9_000))
    assert bench.engine.book.allocate_ids(1).first_order_id == 9_000


def test_a_wild_id_of_the_broker_does_not_use_up_ours() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.post(ev.NextOrderId(ts_ns=bench.now_ns, order_id=2_147_483_647))
    assert bench.enter().tickets[0].order_id == 100


def test_a_restored_position_is_ours_and_is_worked_once_its_contract_is_known() -> None:
    before, intent = held()
    bench = EngineBench(armed_settings(), told(before, intent), at="12:00")
    trade = bench.trade(intent)
    assert trade.instrument is None
    assert trade.open_quantity == intent.tickets[0].quantity
    bench.ready().snapshot(orders=before.working_orders())
    assert trade.instrument is not None
    assert trade.stop_resting()
    assert bench.engine.book.ledger.foreign_positions() == []


def test_a_fill_found_after_a_restart_counts_its_age_from_the_fill() -> None:
    before, intent = held()
    bench = EngineBench(armed_settings(), told(before, intent), at="12:00")
    assert bench.trade(intent).opened_ns == before.trade(intent).opened_ns


def test_executions_of_a_finished_trade_stay_ours_by_their_ids() -> None:
    before, intent = held()
    state = told(before, intent)
    bench = EngineBench(armed_settings(), msgspec.structs.replace(state, intents=()))
    assert [p.con_id for p in bench.engine.book.ledger.open_positions()] == [intent.con_id]
    stranger = EngineBench(armed_settings(), msgspec.structs.replace(state, intents=(), own_exec_ids=()))
    assert stranger.engine.book.ledger.open_positions() == []
    assert [p.con_id for p in stranger.engine.book.ledger.foreign_positions()] == [intent.con_id]


def test_results_and_fees_count_from_the_trading_day_on() -> None:
    before, intent = held()
    before.fill(intent, Leg.TARGET, intent.tickets[0].quantity, "2.00")
    executions = tuple(before.engine.book.ledger.executions())
    state = RestoredState(executions=executions, own_exec_ids=tuple(e.exec_id for e in executions))
    today = EngineBench(armed_settings(), state, at="15:00")
    assert today.engine.valuation.realised_usd == before.engine.valuation.realised_usd > 0
    tomorrow = EngineBench(armed_settings(), state, date=NEXT_DATE)
    assert tomorrow.engine.valuation.realised_usd == 0


def test_an_order_is_found_by_its_reference_whatever_its_number() -> None:
    bench, intent = held()
    ticket = intent.tickets[1]
    report = OpenOrder(-5, 0, 0, intent.con_id, "SELL", 1, "STP", "Submitted", intent.order_ref(ticket))
    found = bench.engine.book.find(report)
    assert found is not None
    assert found.ticket.order_id == ticket.order_id


def test_a_number_alone_proves_nothing() -> None:
    bench, intent = held()
    ticket = intent.tickets[1]
    assert bench.engine.book.find(OpenOrder(ticket.order_id, 0, 9, 1, "SELL", 1, "STP", "Submitted", "")) is None
    assert (
        bench.engine.book.find(OpenOrder(ticket.order_id, 0, 9, 1, "SELL", 1, "STP", "Submitted", "x.1:stop")) is None
    )


def test_a_permanent_id_proves_an_order_ours_without_a_reference() -> None:
    bench, intent = held()
    ticket = intent.tickets[1]
    found = bench.engine.book.find(OpenOrder(1, 9_000 + ticket.order_id, 0, 1, "SELL", 1, "STP", "Submitted", ""))
    assert found is not None
    assert found.ticket.order_id == ticket.order_id


def test_a_closing_order_belongs_to_the_trade_that_it_closes() -> None:
    bench, intent = held()
    bench.report(intent, Leg.TARGET, "Cancelled")
    bench.report(intent, Leg.STOP, "Cancelled")
    bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action="flatten", actor="t", reason="drill"))
    close = bench.sent(bench.look())
    trade = bench.trade(intent)
    assert close.tickets[0].order_id in trade.orders
    assert bench.engine.book.owner(bench.engine.book.orders[close.tickets[0].order_id]) is trade
    bench.fill(close, Leg.FLATTEN, close.tickets[0].quantity, "1.50")
    assert trade.closed_ns
    assert bench.engine.book.open_trades == []


def two_in_one_contract() -> tuple[EngineBench, OrderIntent, OrderIntent]:
    """Two strategies hold one contract: the entry of the first was cancelled, and filled all the same later on."""
    room = {"risk": {"cooldown_s": 0, "max_orders_per_minute": 100}, "signals": {"dedupe_window_s": 1}}
    bench = EngineBench(armed_settings(armed={}, rival={}, changes=room)).ready()
    for strategy in bench.strategies.values():
        strategy.exit_plan = ExitPlan(stop=StopTerms(loss_fraction=0.5))
    first = bench.enter("armed")
    for ticket in first.tickets:
        bench.report_ticket(first, ticket, "Cancelled")
    assert bench.engine.book.open_trades == []
    bench.look(70)
    second = bench.hold("rival")
    assert second.con_id == first.con_id
    bench.fill(first, Leg.ENTRY, 2, "1.60")
    assert [trade.open_quantity for trade in bench.engine.book.open_trades] == [second.tickets[0].quantity, 2]
    return bench, first, second


def test_of_two_trades_in_one_contract_each_owns_its_closing_order() -> None:
    bench, first, second = two_in_one_contract()
    bench.look()
    (late,) = bench.of(SubmitIntent, bench.look(3))  # what nothing protects goes by itself
    assert (late.approved.value.strategy, late.approved.value.signal_id) == ("armed", first.signal_id)
    closing = bench.sent([late])
    bench.fill(closing, Leg.FLATTEN, 2, "1.50")
    assert bench.trade(first).closed_ns
    assert bench.trade(second).open_quantity == second.tickets[0].quantity
    bench.trade(second).exit_reason = "its plan"
    bench.look()
    bench.report(second, Leg.STOP, "Cancelled")
    closing = bench.sent(bench.look(4))
    assert closing.strategy == "rival"
    for _ in range(5):
        assert not bench.of(SubmitIntent, bench.look(4)), "the closing order is known to be on its way"
    bench.fill(closing, Leg.FLATTEN, second.tickets[0].quantity, "1.50")
    assert bench.trade(second).closed_ns
    assert bench.engine.book.ledger.quantity(first.con_id) == 0


def test_a_restart_gives_each_of_them_its_own_again() -> None:
    before, first, second = two_in_one_contract()
    before.look()
    closing = before.sent(before.look(3))
    executions = tuple(before.engine.book.ledger.executions())
    state = RestoredState(
        intents=tuple(OpenIntent(intent, IntentStage.SENT) for intent in (second, first, closing)),
        executions=executions,
        own_exec_ids=tuple(execution.exec_id for execution in executions),
    )
    bench = EngineBench(before.engine.state.settings, state, run_id="second")
    assert closing.tickets[0].order_id in bench.trade(first).orders
    assert closing.tickets[0].order_id not in bench.trade(second).orders


def test_what_was_sold_by_hand_of_two_trades_in_one_contract_is_missing_once() -> None:
    bench, first, second = two_in_one_contract()
    held = sum(trade.open_quantity for trade in bench.engine.book.open_trades)
    bench.execute(first.con_id, "SELL", held - 1, "1.60")
    assert bench.trade(first).open_quantity + bench.trade(second).open_quantity == 1


def test_what_a_stranger_bought_and_sold_in_our_contract_leaves_us_what_is_ours_and_no_more() -> None:
    bench = EngineBench(armed_settings()).ready()
    intent = bench.hold()
    quantity = intent.tickets[0].quantity
    bench.execute(intent.con_id, "BUY", 3, "1.60")
    assert bench.trade(intent).open_quantity == quantity
    bench.advance(1)
    bench.execute(intent.con_id, "SELL", 1, "1.60")
    ledger = bench.engine.book.ledger
    assert bench.trade(intent).open_quantity == ledger.position(intent.con_id).quantity == quantity - 1
    assert ledger.foreign(intent.con_id).quantity == 3
