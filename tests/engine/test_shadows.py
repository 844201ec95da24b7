"""Shadow trades: an outcome for every signal, never an order, over restarts and over nights."""

from decimal import Decimal

import pytest
from tests.doubles.engine_bench import EngineBench, armed_settings
from tests.doubles.engine_market import EXPIRY, NEXT_DATE, NEXT_EXPIRY

from alphatrader.domain import events as ev
from alphatrader.domain.contracts import Instrument
from alphatrader.domain.exit_plans import ExitPlan, LatestExit, StopTerms, TargetStep
from alphatrader.domain.records import RestoredState, ShadowRecord, SignalRecord
from alphatrader.domain.state import TradingState
from alphatrader.engine.commands import (
    CancelOrder,
    ClaimSignal,
    MoveStop,
    RepriceOrder,
    ResizeOrder,
    SubmitIntent,
    WatchOptions,
)

ORDERS = (CancelOrder, ClaimSignal, MoveStop, RepriceOrder, ResizeOrder, SubmitIntent)
SHADOW = {"armed": {"mode": "shadow", "max_hold_s": 180}}


def opened(**block: object) -> tuple[EngineBench, SignalRecord]:
    """A bench with one shadow trade, and the record of its signal."""
    bench = EngineBench(armed_settings(armed=SHADOW["armed"] | block)).ready().arm("armed")
    (record,) = bench.records(SignalRecord, bench.look())
    bench.arm()
    return bench, record


def price(bench: EngineBench, record: SignalRecord, bid: float | None) -> list[ShadowRecord]:
    """Move the option alone and decide; return the outcomes."""
    bench.advance(1).prints()
    instrument = bench.engine.state.instruments[record.signal.instrument_id]
    if bid is None:
        bench.engine.state.market.quote(bench.now_ns, instrument.instrument_id, float("nan"), 0, 0.05, 10)
    else:
        bench.quote_option(instrument, bid)
    return bench.records(ShadowRecord, bench.decide())


def test_the_target_is_taken_at_its_limit() -> None:
    bench, record = opened()
    target = record.signal.target_price
    assert target is not None
    assert price(bench, record, float(target) - 0.01) == []
    (outcome,) = price(bench, record, float(target) + 0.30)
    assert (outcome.signal_id, outcome.strategy, outcome.symbol) == (record.signal.signal_id, "armed", "SPY")
    assert (outcome.entry_price, outcome.exit_price, outcome.reason) == (record.signal.ask, target, "target")
    assert outcome.quantity == record.quantity
    assert outcome.result_usd == (target - record.signal.ask) * 100 * record.quantity


def test_the_stop_is_taken_at_the_bid_that_reached_it() -> None:
    bench, record = opened()
    (outcome,) = price(bench, record, 0.90)
    assert (outcome.exit_price, outcome.reason) == (Decimal("0.9"), "stop")
    assert outcome.result_usd < 0


def test_the_longest_hold_ends_it() -> None:
    bench, record = opened()
    assert not bench.records(ShadowRecord, bench.look(179))
    (outcome,) = bench.records(ShadowRecord, bench.look(2))
    assert outcome.reason.startswith("held 180 s")
    assert outcome.closed_ns - outcome.opened_ns == bench.now_ns - record.ts_ns


def test_without_a_bid_it_waits() -> None:
    bench, record = opened()
    assert price(bench, record, None) == []
    bench.advance(300)
    assert price(bench, record, None) == []
    assert len(price(bench, record, 1.50)) == 1


def test_no_command_to_the_broker_or_to_the_store_ever_comes_of_it() -> None:
    bench, record = opened()
    for bid in (1.60, 1.20, None, 2.00, 3.00):
        price(bench, record, bid)
    assert len(bench.records(ShadowRecord)) == 1
    assert not [command for command in bench.commands if isinstance(command, ORDERS)]
    assert bench.engine.book.orders == {}
    assert bench.engine.book.open_trades == []


def test_its_result_enters_no_figure_of_ours() -> None:
    bench, record = opened()
    price(bench, record, 0.90)
    assert bench.engine.valuation.day_result_usd() == 0
    assert bench.engine.executor.breakers.check(bench.now_ns, 3, Decimal(0)) == []


def test_the_next_signal_comes_after_its_end() -> None:
    bench, record = opened()
    bench.arm("armed").look(1)
    assert bench.blocked() == {"strategy_busy": 1}
    price(bench, record, 3.00)
    bench.look(301)
    assert len(bench.records(SignalRecord)) == 2


@pytest.mark.parametrize("expiry_index", [0, 1])
def test_a_restart_goes_on_with_it(expiry_index: int) -> None:
    settings = armed_settings(armed=SHADOW["armed"] | {"expiry_index": expiry_index})
    before = EngineBench(settings, expiries=(EXPIRY, NEXT_EXPIRY)).ready()
    before.look()
    before.arm("armed")
    (record,) = before.records(SignalRecord, before.look())
    bench = EngineBench(settings, RestoredState(shadows=(record,)), expiries=(EXPIRY, NEXT_EXPIRY)).ready()
    bench.arm("armed").look(1)
    assert bench.blocked() == {"strategy_busy": 1}, "its strategy is busy with it"
    target = record.signal.target_price
    (instrument,) = (i for i in bench.engine.state.instruments.values() if i.option == record.signal.contract)
    bench.advance(1).prints().quote_option(instrument, float(target or 0) + 0.1)
    (outcome,) = bench.records(ShadowRecord, bench.decide())
    assert (outcome.signal_id, outcome.quantity) == (record.signal.signal_id, record.quantity)
    assert outcome.opened_ns == record.ts_ns
    assert outcome.exit_price == target


def test_a_restored_one_is_quoted_before_its_contract_is_known() -> None:
    _, record = opened()
    bench = EngineBench(armed_settings(**SHADOW), RestoredState(shadows=(record,)))
    (asked,) = bench.of(WatchOptions, bench.link())
    assert asked.keys == (record.signal.contract,)


def test_one_that_is_held_over_night_ends_on_its_day() -> None:
    plan = ExitPlan(
        stop=StopTerms(loss_fraction=0.5),
        targets=(TargetStep(gain_fraction=2.0),),
        latest=LatestExit(kind="overnight_until", date=NEXT_DATE, clock="10:00"),
    )
    settings = armed_settings(armed={"mode": "shadow", "expiry_index": 1})
    first = EngineBench(settings, expiries=(EXPIRY, NEXT_EXPIRY), at="15:00").ready()
    first.strategies["armed"].exit_plan = plan
    first.look()
    first.arm("armed")
    (record,) = first.records(SignalRecord, first.look())
    assert record.signal.contract.expiry == NEXT_EXPIRY
    for clock in ("15:59:59", "16:00:30"):
        assert not first.records(ShadowRecord, first.at(clock).prints().decide())
    second = EngineBench(
        settings, RestoredState(shadows=(record,)), date=NEXT_DATE, expiries=(NEXT_EXPIRY,), at="09:31"
    ).ready()
    assert not second.records(ShadowRecord, second.look())
    assert not second.records(ShadowRecord, second.at("09:59:59").prints().decide())
    (outcome,) = second.records(ShadowRecord, second.at("10:00").prints().decide())
    assert outcome.reason.startswith(f"held until {NEXT_DATE} 10:00")
    assert outcome.opened_ns == record.ts_ns


def test_what_has_no_bid_at_its_last_trade_is_worth_nothing() -> None:
    settings = armed_settings(armed={"mode": "shadow"})
    bench = EngineBench(settings, at="15:30").ready().arm("armed")
    bench.strategies["armed"].exit_plan = ExitPlan(stop=StopTerms(loss_fraction=0.99))
    (record,) = bench.records(SignalRecord, bench.look())
    bench.at("16:14:58")
    assert price(bench, record, None) == [], "SPY's options trade until a quarter past the close"
    (outcome,) = price(bench, record, None)
    assert outcome.exit_price == 0
    assert outcome.result_usd == -record.signal.ask * 100 * record.quantity


def test_one_whose_underlying_was_taken_out_of_the_configuration_goes_on_and_halts_nothing() -> None:
    before = EngineBench(armed_settings(("SPY", "QQQ"), armed=SHADOW["armed"])).ready().arm("armed", on=("QQQ",))
    (record,) = before.records(SignalRecord, before.look())
    bench = EngineBench(armed_settings(("SPY",)), RestoredState(shadows=(record,)), run_id="second").ready()
    contract = record.signal.contract
    assert contract in bench.of(WatchOptions)[-1].keys
    option = Instrument(2_000, "QQQ", 12_345, "option", Decimal("0.01"), 100, contract)
    bench.post(ev.InstrumentAdded(ts_ns=bench.now_ns, instrument=option))
    bench.engine.state.market.quote(bench.now_ns, 2_000, 0.50, 40, 0.52, 40)
    (outcome,) = bench.records(ShadowRecord, bench.decide())
    assert (outcome.symbol, outcome.reason) == ("QQQ", "stop")
    assert bench.engine.state.trading_state is TradingState.ACTIVE
