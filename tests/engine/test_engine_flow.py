"""From flow to exit through the pure engine, and every reason for which nothing happens."""

from decimal import Decimal

import pytest
from tests.doubles.engine_bench import EngineBench
from tests.doubles.engine_market import EXPIRY

from alphatrader.domain import events as ev
from alphatrader.domain.contracts import Instrument
from alphatrader.domain.orders import Leg, OpenOrder
from alphatrader.domain.records import IntentRecord, IntentStage, OpenIntent, RestoredState
from alphatrader.domain.state import TradingState
from alphatrader.engine.commands import (
    CancelOrder,
    ClaimSignal,
    Reconcile,
    RepriceOrder,
    Resubscribe,
    SubmitIntent,
    WatchOptions,
    WriteRecord,
)
from alphatrader.engine.settings import EngineSettings
from alphatrader.execution.tracking import OrderState


def test_one_sided_flow_becomes_a_protected_position_and_an_exit() -> None:
    bench = EngineBench().ready()
    intent = bench.entered()
    entry, stop, target = intent.tickets
    assert entry.side == "BUY"
    assert entry.limit_price is not None
    assert stop.stop_price is not None
    assert stop.stop_price < entry.limit_price < (target.limit_price or Decimal(0))
    assert intent.contract is not None
    assert intent.contract.right.value == "C"
    bench.report(intent, Leg.ENTRY, "Submitted")
    bench.report(intent, Leg.STOP, "PreSubmitted")
    bench.report(intent, Leg.TARGET, "PreSubmitted")
    bench.fill(intent, Leg.ENTRY, entry.quantity, "1.62")
    assert bench.engine.book.trades[intent.intent_id].stop_resting()
    bench.advance(1).decide()
    bench.advance(200).quotes()
    (reprice,) = [c for c in bench.decide() if isinstance(c, RepriceOrder)]
    assert reprice.order_id == target.order_id
    commands = bench.fill(intent, Leg.TARGET, entry.quantity, "1.70")
    bench.report(intent, Leg.STOP, "Cancelled")
    trade = bench.engine.book.trades[intent.intent_id]
    assert trade.closed_ns
    assert bench.engine.valuation.realised_usd == Decimal("0.08") * 100 * entry.quantity
    closing = [c.record for c in bench.commands if isinstance(c, WriteRecord) and isinstance(c.record, IntentRecord)]
    assert closing[-1].stage is IntentStage.CLOSED
    assert commands


def test_the_claim_is_asked_once_and_its_refusal_sends_nothing() -> None:
    bench = EngineBench().ready().flow()
    assert sum(isinstance(c, ClaimSignal) for c in bench.decide()) == 1
    assert not any(isinstance(c, ClaimSignal) for c in bench.advance(0.1).decide()), "one candidate at a time"
    assert not any(isinstance(c, SubmitIntent) for c in bench.claim(granted=False))
    assert bench.engine.entries.refusals.blocked["claim_refused"] == 1


def test_a_signal_is_not_repeated_within_its_window() -> None:
    bench = EngineBench().ready()
    intent = bench.entered()
    for leg in (Leg.ENTRY, Leg.STOP, Leg.TARGET):
        bench.report(intent, leg, "Cancelled")
    bench.advance(61).flow(60).decide()
    assert bench.engine.entries.refusals.signals == 1 or bench.engine.entries.refusals.blocked["duplicate"] >= 1


@pytest.mark.parametrize(
    ("code", "break_it"),
    [
        ("link_down", lambda b: b.post(ev.LinkChanged(ts_ns=b.now_ns, healthy=False, code=1100, text="lost"))),
        ("store_down", lambda b: b.post(ev.StoreChanged(ts_ns=b.now_ns, up=False, reason="gone"))),
        ("journal_down", lambda b: b.post(ev.JournalChanged(ts_ns=b.now_ns, up=False, reason="disk full"))),
        ("recorder_down", lambda b: b.post(ev.RecorderChanged(ts_ns=b.now_ns, up=False, reason="disk full"))),
        ("loop_lag", lambda b: b.post(ev.RuntimeLag(ts_ns=b.now_ns, lag_ms=250.0))),
        ("not_reconciled", lambda b: b.snapshot(complete=False)),
        (
            "trading_state",
            lambda b: b.post(ev.OperatorCommand(ts_ns=b.now_ns, action="halt", actor="t", reason="r")),
        ),
        ("stopping", lambda b: b.post(ev.StopRequested(ts_ns=b.now_ns, flatten=False, reason="SIGINT"))),
        ("feed_quote_stale", lambda b: b.advance(4)),
        (
            "orphan_order",
            lambda b: b.snapshot(orders=(OpenOrder(7, 1, 1, 5, "BUY", 1, "LMT", "Submitted", "old.1:entry"),)),
        ),
    ],
)
def test_what_is_missing_or_broken_denies_the_entry(code: str, break_it: object) -> None:
    bench = EngineBench().ready().flow()
    break_it(bench)  # type: ignore[operator]
    assert not any(isinstance(c, ClaimSignal) for c in bench.decide())
    assert code in {denial.code for denial in bench.engine.ground.blocks("SPY")}


def test_a_stale_option_quote_prices_nothing() -> None:
    bench = EngineBench().ready().flow().advance(2.9)
    market = bench.engine.state.market
    market.quote(bench.now_ns, 1, bench.price - 0.01, 500, bench.price + 0.01, 200)
    bench.decide()
    assert bench.engine.entries.refusals.blocked["no_contract_quote"] == 1


def test_a_quote_that_aged_during_the_claim_denies() -> None:
    bench = EngineBench().ready().flow()
    bench.decide()
    bench.advance(3)
    assert not any(isinstance(c, SubmitIntent) for c in bench.claim())
    assert bench.engine.entries.refusals.blocked["option_quote_stale"] == 1


def test_a_silent_stream_is_resubscribed_and_recovery_is_told() -> None:
    bench = EngineBench().ready().flow()
    bench.decide()
    commands = bench.advance(4).decide()
    assert {(c.instrument_id, c.stream) for c in commands if isinstance(c, Resubscribe)} >= {(1, "quote"), (1, "depth")}
    assert not any(isinstance(c, Resubscribe) for c in bench.advance(1).decide()), "not at every decision"
    bench.flow(1).decide()
    assert any("are back" in text for text in bench.notices())
    assert {d.code for d in bench.engine.ground.blocks("SPY")} == {"window_filling"}, "the flow windows have a hole"
    bench.flow(60).decide()
    assert bench.engine.ground.blocks("SPY") == []


def test_watched_contracts_surround_spot_and_move_with_it() -> None:
    bench = EngineBench().ready().flow(5)
    first = [c for c in bench.decide() if isinstance(c, WatchOptions)]
    assert len(first) == 1
    assert len(first[0].keys) == 24
    assert not any(isinstance(c, WatchOptions) for c in bench.decide())
    bench.price += 2
    bench.flow(1)
    (moved,) = [c for c in bench.decide() if isinstance(c, WatchOptions)]
    assert set(moved.keys) != set(first[0].keys)


def test_halt_cancels_the_entry_and_keeps_the_stop() -> None:
    bench = EngineBench().ready()
    intent = bench.entered()
    for leg, status in ((Leg.ENTRY, "Submitted"), (Leg.STOP, "PreSubmitted"), (Leg.TARGET, "PreSubmitted")):
        bench.report(intent, leg, status)
    commands = bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action="halt", actor="page", reason="look"))
    assert [c.order_id for c in commands if isinstance(c, CancelOrder)] == [intent.tickets[0].order_id]
    assert bench.engine.state.trading_state is TradingState.HALTED


def test_a_restart_emits_no_order_and_asks_the_broker() -> None:
    before = EngineBench().ready()
    intent = before.entered()
    restored = RestoredState(max_order_id=102, intents=(OpenIntent(intent, IntentStage.INTENDED),))
    bench = EngineBench(restored=restored).ready()
    assert not any(isinstance(c, SubmitIntent) for c in bench.commands)
    assert any(isinstance(c, Reconcile) for c in bench.commands)
    assert all(o.state is OrderState.UNKNOWN for o in bench.engine.book.orders.values())
    bench.flow().decide()
    assert "order_unknown" in {d.code for d in bench.engine.ground.blocks("SPY")}
    first = bench.engine.book.allocate_ids(3).first_order_id
    assert first > 102, "an order id is never used again"


def test_orders_absent_in_two_complete_polls_were_never_sent() -> None:
    intent = EngineBench().ready().entered()
    restored = RestoredState(max_order_id=102, intents=(OpenIntent(intent, IntentStage.INTENDED),))
    bench = EngineBench(restored=restored).ready()
    bench.advance(11).snapshot()
    assert {o.state for o in bench.engine.book.orders.values()} == {OrderState.NOT_SENT}
    assert bench.engine.book.trades[intent.intent_id].closed_ns


def test_an_internal_error_halts_and_goes_on_handling() -> None:
    bench = EngineBench().ready()
    broken = ev.ChainReceived(ts_ns=bench.now_ns, symbol="QQQ", source="alphavantage", body=b"")
    bench.engine.take(broken)
    assert bench.engine.state.trading_state is TradingState.HALTED
    assert "internal error" in bench.engine.state.state_reason
    assert bench.engine.take(ev.DecisionTimer(ts_ns=bench.now_ns)) is not None


def test_a_placeholder_chain_is_refused_by_name() -> None:
    bench = EngineBench().ready().flow(1)
    bench.decide()
    row = b'{"contractID":"XXYYZZ","expiration":"2099-99-99"}'
    body = b'{"endpoint":"Realtime Options","message":"artificial","data":[' + row + b"]}"
    bench.post(ev.ChainReceived(ts_ns=bench.now_ns, symbol="SPY", source="alphavantage", body=body))
    before = bench.engine.state.symbols["SPY"].exposure
    bench.decide()
    assert bench.engine.state.symbols["SPY"].exposure is before
    assert bench.engine.state.symbols["SPY"].chain_error


def test_the_lines_of_one_symbol_do_not_drop_those_of_another() -> None:
    bench = EngineBench(EngineSettings(symbols=("SPY", "QQQ"))).ready()
    qqq = Instrument(2, "QQQ", 320227571, "stock", Decimal("0.01"))
    bench.post(ev.InstrumentAdded(ts_ns=bench.now_ns, instrument=qqq))
    strikes = tuple(Decimal(n) for n in range(590, 611))
    bench.post(
        ev.OptionUniverse(
            ts_ns=bench.now_ns,
            symbol="QQQ",
            trading_class="QQQ",
            multiplier=100,
            expiries=(EXPIRY,),
            strikes=strikes,
        )
    )
    bench.engine.state.market.quote(bench.now_ns, 2, 599.99, 100, 600.01, 100)
    bench.flow(1)
    asked = [c for c in bench.decide() if isinstance(c, WatchOptions)]
    assert {key.symbol for key in asked[-1].keys} == {"SPY", "QQQ"}
    assert len(asked[-1].keys) <= EngineSettings().max_option_lines
