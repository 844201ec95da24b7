"""The whole of the engine: from flow to exit, what people may order, and faults that cost nothing but what broke."""

from decimal import Decimal
from typing import Any

import pytest
from tests.doubles.engine_bench import EngineBench, armed_settings

from alphatrader.domain import events as ev
from alphatrader.domain.orders import Leg, OrderIntent
from alphatrader.domain.records import IntentRecord, IntentStage, OpenIntent, OperatorRecord, RestoredState, StateRecord
from alphatrader.domain.state import TradingState
from alphatrader.engine.commands import (
    CancelOrder,
    ClaimSignal,
    Command,
    Reconcile,
    RepriceOrder,
    SubmitIntent,
    WatchOptions,
)
from alphatrader.execution.keeper import Action, TradeKeeper
from alphatrader.execution.trade import Trade

TWO = {"armed": {}, "rival": {"target_delta": 0.3}}


def operator(bench: EngineBench, action: Any, reason: str = "drill") -> list[Command]:
    return bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action=action, actor="ann", reason=reason))


def holding() -> tuple[EngineBench, OrderIntent]:
    bench = EngineBench(armed_settings(changes={"risk": {"max_open_positions": 5}}, **TWO)).ready()
    return bench, bench.hold()


def boom(*_: object) -> Any:
    raise ZeroDivisionError("a bug")


# ---------------------------------------------------------------------------------------------- the way of a trade


def test_one_sided_flow_becomes_a_protected_position_and_an_exit() -> None:
    bench = EngineBench().ready()
    intent = bench.entered()
    entry, stop, target = intent.tickets
    assert entry.side == "BUY"
    assert stop.stop_price < entry.limit_price < target.limit_price
    assert intent.contract is not None
    assert intent.contract.right.value == "C"
    bench.work(intent)
    bench.fill(intent, Leg.ENTRY, entry.quantity, "1.62")
    assert bench.trade(intent).stop_resting()
    bench.advance(1).decide()
    bench.advance(200).quotes()
    (reprice,) = bench.of(RepriceOrder, bench.decide())
    assert reprice.order_id == target.order_id
    bench.fill(intent, Leg.TARGET, entry.quantity, "1.70")
    assert not bench.trade(intent).closed_ns, "the stop may still be executed"
    commands = bench.report(intent, Leg.STOP, "Cancelled")
    assert bench.trade(intent).closed_ns == bench.now_ns
    assert bench.engine.valuation.realised_usd == Decimal("0.08") * 100 * entry.quantity
    assert [record.stage for record in bench.records(IntentRecord, commands)] == [IntentStage.CLOSED]


def test_the_same_events_give_the_same_outputs_to_the_byte() -> None:
    runs = []
    for _ in range(2):
        bench = EngineBench().ready()
        bench.entered()
        runs.append(bench.engine.state.drain_outputs())
    assert runs[0] == runs[1]
    assert len(runs[0]) == 2, "a signal and its intent"


# ---------------------------------------------------------------------------------------------- people


def test_halt_cancels_the_entry_and_keeps_the_stop() -> None:
    bench = EngineBench(armed_settings()).ready()
    intent = bench.enter()
    bench.work(intent)
    commands = operator(bench, "halt")
    assert [c.order_id for c in bench.of(CancelOrder, commands)] == [intent.tickets[0].order_id]
    assert bench.engine.state.trading_state is TradingState.HALTED
    assert [r.change.state for r in bench.records(StateRecord, commands)] == [TradingState.HALTED]
    assert [(r.action, r.actor) for r in bench.records(OperatorRecord, commands)] == [("halt", "ann")]


def test_reduce_stops_entries_and_cancels_none() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.work(bench.enter())
    commands = operator(bench, "reduce")
    assert not bench.of(CancelOrder, commands)
    assert bench.blocks() == {"trading_state"}
    operator(bench, "resume")
    assert bench.blocks() == set()


def test_cancel_entries_leaves_the_trading_state_as_it_is() -> None:
    bench = EngineBench(armed_settings()).ready()
    intent = bench.enter()
    bench.work(intent)
    commands = operator(bench, "cancel_entries")
    assert [c.order_id for c in bench.of(CancelOrder, commands)] == [intent.tickets[0].order_id]
    assert bench.engine.state.trading_state is TradingState.ACTIVE


def test_flatten_halts_and_works_every_position_out() -> None:
    bench, intent = holding()
    second = bench.hold("rival")
    operator(bench, "flatten")
    assert bench.engine.state.trading_state is TradingState.HALTED
    repriced = {c.order_id for c in bench.of(RepriceOrder, bench.look())}
    assert repriced == {intent.tickets[2].order_id, second.tickets[2].order_id}


@pytest.mark.parametrize("after", ["flatten", "halt", "fault"])
def test_a_flatten_goes_on_after_a_restart_whatever_halt_came_on_top_of_it(after: str) -> None:
    bench, intent = holding()
    operator(bench, "flatten")
    if after == "halt":
        operator(bench, "halt", "and nobody touch it")
    if after == "fault":
        bench.engine.take(ev.ChainReceived(ts_ns=bench.now_ns, symbol="XYZ", source="alphavantage", body=b""))
    change = bench.records(StateRecord)[-1].change
    assert change.state is TradingState.HALTED
    told = RestoredState(change.state, change.reason, *_open(bench, intent))
    again = EngineBench(armed_settings(**TWO), told, at="12:00").ready()
    again.snapshot(orders=bench.working_orders())
    assert [c.order_id for c in again.of(RepriceOrder, again.look())] == [intent.tickets[2].order_id]


def test_a_halt_alone_flattens_nothing_after_a_restart() -> None:
    bench, intent = holding()
    operator(bench, "halt")
    change = bench.records(StateRecord)[-1].change
    told = RestoredState(change.state, change.reason, *_open(bench, intent))
    again = EngineBench(armed_settings(**TWO), told, at="12:00").ready()
    again.snapshot(orders=bench.working_orders())
    assert not again.of(RepriceOrder, again.look())
    assert again.engine.state.trading_state is TradingState.HALTED
    assert again.trade(intent).stop_resting()


def _open(bench: EngineBench, intent: OrderIntent) -> tuple[Any, ...]:
    """Highest order id, open intents and executions, as a journal would tell them."""
    return 500, (OpenIntent(intent, IntentStage.SENT),), tuple(bench.engine.book.ledger.executions())


def test_a_stop_request_cancels_entries_and_closes_only_where_it_is_wanted() -> None:
    bench, intent = holding()
    entry = bench.enter("rival")
    bench.work(entry)
    stop = ev.StopRequested(ts_ns=bench.now_ns, flatten=False, reason="SIGTERM")
    assert [c.order_id for c in bench.of(CancelOrder, bench.post(stop))] == [entry.tickets[0].order_id]
    assert not bench.of(RepriceOrder, bench.look())
    assert "stopping" in bench.blocks()
    bench.post(ev.StopRequested(ts_ns=bench.now_ns, flatten=True, reason="the end"))
    assert [c.order_id for c in bench.of(RepriceOrder, bench.look())] == [intent.tickets[2].order_id]


# ---------------------------------------------------------------------------------------------- faults


def test_an_internal_error_halts_and_goes_on_handling() -> None:
    bench = EngineBench(armed_settings()).ready()
    broken = ev.ChainReceived(ts_ns=bench.now_ns, symbol="QQQ", source="alphavantage", body=b"")
    bench.engine.take(broken)
    assert bench.engine.state.trading_state is TradingState.HALTED
    assert "internal error at ChainReceived" in bench.engine.state.state_reason
    assert bench.of(Reconcile, bench.engine.take(ev.LinkChanged(ts_ns=bench.now_ns, healthy=True, code=0, text="up")))


def test_an_error_that_repeats_is_told_once() -> None:
    bench = EngineBench(armed_settings()).ready()
    broken = ev.ChainReceived(ts_ns=bench.now_ns, symbol="QQQ", source="alphavantage", body=b"")
    assert bench.engine.take(broken)
    assert bench.engine.take(broken) == []


def test_an_error_in_a_strategy_costs_no_exit() -> None:
    bench, intent = holding()
    bench.strategies["armed"].assess = boom
    operator(bench, "flatten")
    assert [c.order_id for c in bench.of(RepriceOrder, bench.look())] == [intent.tickets[2].order_id]
    assert "internal error at armed on SPY" in bench.engine.state.state_reason


def test_an_error_in_one_trade_costs_no_other_its_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = armed_settings(changes={"risk": {"max_orders_per_minute": 100}}, armed={}, rival={"target_delta": 0.3})
    bench = EngineBench(settings).ready()
    first, second = bench.hold("armed"), bench.hold("rival")
    sound = TradeKeeper.step

    def step(keeper: TradeKeeper, trade: Trade, *rest: Any) -> list[Action]:
        if trade.intent is first:
            raise ZeroDivisionError("a tick of nothing")
        return sound(keeper, trade, *rest)

    monkeypatch.setattr(TradeKeeper, "step", step)
    bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action="flatten", actor="t", reason="drill"))
    (reprice,) = bench.of(RepriceOrder, bench.look())
    assert reprice.order_id == second.tickets[2].order_id
    assert "the trade " + first.intent_id in bench.engine.state.state_reason


def test_an_error_in_a_watch_plan_costs_no_exit_and_no_line_of_what_is_held() -> None:
    bench, intent = holding()
    bench.strategies["rival"].watch = boom
    operator(bench, "flatten")
    bench.price += 2
    assert [c.order_id for c in bench.of(RepriceOrder, bench.look())] == [intent.tickets[2].order_id]
    assert "internal error" in bench.engine.state.state_reason
    assert intent.contract in bench.of(WatchOptions)[-1].keys


def test_an_error_in_one_strategy_leaves_another_with_its_claim() -> None:
    """Its signal was counted and its claim waits for an answer: lost, it would keep the strategy busy for ever."""
    bench = EngineBench(armed_settings(**TWO)).ready().arm("armed")
    bench.strategies["rival"].assess = boom
    assert len(bench.of(ClaimSignal, bench.look())) == 1
    assert bench.engine.state.trading_state is TradingState.HALTED
    assert not bench.of(SubmitIntent, bench.claim())
    assert bench.blocked("armed") == {"trading_state": 1}


def test_an_error_in_one_underlying_leaves_another_with_its_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = EngineBench(armed_settings(("SPY", "QQQ"))).ready().arm("armed", on=("SPY",))
    bench.look()
    bench.claim(granted=False)
    take = bench.engine.features
    monkeypatch.setattr(bench.engine, "features", lambda symbol: boom() if symbol.symbol == "QQQ" else take(symbol))
    assert len(bench.of(ClaimSignal, bench.look(11))) == 1


def test_events_never_move_time_back() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.decide()
    now_ns = bench.engine.state.now_ns
    bench.post(ev.StoreChanged(ts_ns=now_ns - 5_000_000_000, up=True, reason="late"))
    assert bench.engine.state.now_ns == now_ns
