"""From an idea to a contract and its prices: by the broker's own quotes of it, none of them old."""

from decimal import Decimal

import msgspec
import pytest
from tests.doubles.engine_bench import EngineBench, armed_settings
from tests.doubles.engine_market import EXPIRY, NEXT_EXPIRY

from alphatrader.domain.contracts import OptionKey, Right
from alphatrader.domain.exit_plans import ExitPlan, StopTerms, TargetStep
from alphatrader.domain.signals import Signal


def signal_of(bench: EngineBench) -> Signal:
    """The signal that an armed strategy gives now."""
    bench.arm("armed").look()
    return msgspec.json.decode(bench.engine.state.outputs[-1], type=Signal)


def test_the_contract_is_that_whose_delta_is_nearest_the_ideas() -> None:
    strikes = []
    for delta in (0.3, 0.5, 0.7):
        signal = signal_of(EngineBench(armed_settings(armed={"target_delta": delta})).ready())
        assert signal.contract.right is Right.CALL
        strikes.append(signal.contract.strike)
    assert strikes == sorted(strikes, reverse=True)
    assert len(set(strikes)) == 3


def test_it_is_priced_at_its_own_ask_by_the_ideas_plan() -> None:
    bench = EngineBench(armed_settings(armed={"stop_loss_fraction": 0.25, "take_profit_fraction": 0.4})).ready()
    signal = signal_of(bench)
    assert signal.ask == Decimal("1.62")
    assert signal.entry_limit == Decimal("1.63"), "a tick over the ask"
    assert signal.stop_price == Decimal("1.21"), "rounded down to a tick"
    assert signal.target_price == Decimal("2.27"), "rounded up to a tick"
    assert signal.signal_id == "t.s1"
    assert signal.spot == 650.0


def test_a_stop_on_the_underlying_has_no_price_of_the_option() -> None:
    bench = EngineBench(armed_settings()).ready()
    stop = StopTerms(kind="underlying_price", loss_fraction=0.3, underlying_price=Decimal("648.50"))
    bench.strategies["armed"].exit_plan = ExitPlan(stop=stop)
    signal = signal_of(bench)
    assert (signal.stop_price, signal.target_price) == (None, None)


def test_the_expiry_is_the_ideas() -> None:
    bench = EngineBench(armed_settings(armed={"expiry_index": 1}), expiries=(EXPIRY, NEXT_EXPIRY)).ready()
    bench.look()
    assert signal_of(bench).contract.expiry == NEXT_EXPIRY


def test_of_two_classes_on_one_expiry_the_one_that_still_trades_is_chosen() -> None:
    bench = EngineBench(armed_settings(("SPX",))).ready()
    bench.universe("SPX", "SPXW")
    bench.add_options("SPX", EXPIRY, "SPXW")
    assert signal_of(bench).contract.trading_class == "SPXW"


def test_stale_quotes_price_nothing() -> None:
    bench = EngineBench(armed_settings()).ready().arm("armed")
    bench.advance(0.2).prints()
    bench.advance(2.8)
    bench.engine.state.market.quote(bench.now_ns, 1, 649.99, 500, 650.01, 200)
    bench.decide()
    assert bench.blocked() == {"no_contract_quote": 1}


@pytest.mark.parametrize(
    ("bid", "ask", "size", "code"),
    [
        (1.40, 1.90, 40, "spread_wide"),
        (1.60, 1.62, 4, "quote_thin"),
        (0.05, 0.06, 40, "option_too_cheap"),
        (0.0, 1.62, 40, "no_contract_quote"),
    ],
)
def test_a_poor_quote_prices_nothing(bid: float, ask: float, size: float, code: str) -> None:
    bench = EngineBench(armed_settings()).ready().arm("armed")
    bench.advance(0.2).prints()
    for instrument in bench.engine.state.instruments.values():
        if instrument.option is not None:
            bench.engine.state.market.quote(bench.now_ns, instrument.instrument_id, bid, size, ask, size)
    bench.decide()
    assert bench.blocked() == {code: 1}


def test_without_a_quote_of_the_underlying_there_is_no_contract() -> None:
    bench = EngineBench(armed_settings(changes={"feeds": {"quote_max_age_ms": 1e12}})).ready()
    bench.look()
    bench.engine.state.market.quote(bench.now_ns, 1, float("nan"), 0, 650.01, 200)
    bench.arm("armed").decide()
    assert bench.blocked() == {"no_spot": 1}


def test_signals_are_numbered_and_told_apart_by_what_they_mean() -> None:
    bench = EngineBench(armed_settings(("SPY", "QQQ"))).ready().arm("armed")
    bench.look()
    first, second = (msgspec.json.decode(line, type=Signal) for line in bench.engine.state.outputs)
    assert (first.signal_id, second.signal_id) == ("t.s1", "t.s2")
    assert first.fingerprint != second.fingerprint
    again = EngineBench(armed_settings(("SPY", "QQQ"))).ready()
    assert signal_of(again).fingerprint == second.fingerprint, "the same at every start"


def test_a_plan_of_steps_is_told_by_its_first_target() -> None:
    steps = (TargetStep(gain_fraction=0.2, share=0.5), TargetStep(gain_fraction=0.5, share=0.5))
    bench = EngineBench(armed_settings()).ready()
    bench.strategies["armed"].exit_plan = ExitPlan(stop=StopTerms(loss_fraction=0.2), targets=steps)
    signal = signal_of(bench)
    assert signal.target_price == Decimal("1.95")
    assert signal.exit_plan.targets == steps


def test_contracts_of_another_underlying_are_never_chosen() -> None:
    bench = EngineBench(armed_settings(("SPY", "QQQ"))).ready()
    bench.arm("armed", on=("QQQ",)).look()
    signal = msgspec.json.decode(bench.engine.state.outputs[-1], type=Signal)
    assert signal.contract.symbol == "QQQ"
    assert isinstance(signal.contract, OptionKey)
