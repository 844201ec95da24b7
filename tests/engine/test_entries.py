"""From an idea to an intent: claims, windows, guardrails, and several strategies on several underlyings."""

import dataclasses
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.doubles.engine_bench import EngineBench, armed_settings
from tests.doubles.engine_market import EXPIRY, NEXT_EXPIRY

from alphatrader.domain import events as ev
from alphatrader.domain.exit_plans import ExitPlan, LatestExit, StopTerms
from alphatrader.domain.orders import Leg
from alphatrader.domain.records import RestoredState, SignalRecord
from alphatrader.domain.signals import Reason, Signal
from alphatrader.domain.state import TradingState
from alphatrader.engine.commands import ClaimSignal, SubmitIntent
from alphatrader.signals.features import FeatureVector
from alphatrader.strategies.base import Assessment

TWO = {"armed": {}, "rival": {"target_delta": 0.3}}
SOUND = StopTerms(loss_fraction=0.25)
ROOM = {"risk": {"max_open_positions": 5, "max_orders_per_minute": 100, "cooldown_s": 60}}


def signals(bench: EngineBench) -> list[Signal]:
    """Every signal that was given, from the outputs of the run."""
    return [msgspec.json.decode(line, type=Signal) for line in bench.engine.state.outputs if b"fingerprint" in line]


def two_on_two() -> EngineBench:
    return EngineBench(armed_settings(("SPY", "QQQ"), changes=ROOM, **TWO)).ready()


def end(bench: EngineBench, intent, price: str) -> None:
    """The target takes the whole position out."""
    bench.fill(intent, Leg.TARGET, intent.tickets[0].quantity, price)
    bench.report(intent, Leg.STOP, "Cancelled")
    bench.snapshot()


# ---------------------------------------------------------------------------------------------- the claim


def test_the_claim_is_asked_once_and_its_refusal_sends_nothing() -> None:
    bench = EngineBench().ready().flow()
    assert len(bench.of(ClaimSignal, bench.decide())) == 1
    assert not bench.of(ClaimSignal, bench.advance(0.1).decide()), "one candidate at a time"
    assert not bench.of(SubmitIntent, bench.claim(granted=False))
    assert bench.blocked("zero_dte") == {"strategy_busy": 1, "claim_refused": 1}


def test_a_refused_claim_is_not_asked_again_at_every_decision() -> None:
    bench = EngineBench(armed_settings()).ready().arm("armed")
    bench.look()
    bench.claim(granted=False)
    assert not bench.of(ClaimSignal, bench.look(5.0))
    assert len(bench.of(ClaimSignal, bench.look(6.0))) == 1, "after the signal's own life"


def test_an_answer_to_another_claim_enters_nothing() -> None:
    bench = EngineBench(armed_settings()).ready().arm("armed")
    bench.look()
    stray = ev.ClaimAnswered(ts_ns=bench.now_ns, fingerprint="f", signal_id="old.s1", granted=True, reason="")
    assert bench.post(stray) == []
    assert len(bench.of(SubmitIntent, bench.claim())) == 1


def test_a_signal_is_not_repeated_within_its_window() -> None:
    bench = EngineBench(armed_settings(changes={"risk": {"cooldown_s": 0}})).ready()
    intent = bench.enter()
    for leg in (Leg.ENTRY, Leg.STOP, Leg.TARGET):
        bench.report(intent, leg, "Cancelled")
    bench.arm("armed").look()
    assert len(signals(bench)) == 1
    assert bench.blocked()["duplicate"] == 1
    bench.look(301)
    assert len(signals(bench)) == 2


def test_a_window_outlives_a_restart() -> None:
    first = EngineBench(armed_settings()).ready().arm("armed")
    first.look()
    first.claim()
    (record,) = first.records(SignalRecord)
    told = RestoredState(fingerprints=((record.signal.fingerprint, record.fingerprint_expires_ns),))
    bench = EngineBench(armed_settings(), told).ready().arm("armed")
    bench.look()
    assert signals(bench) == []
    assert bench.blocked()["duplicate"] == 1


# ---------------------------------------------------------------------------------------------- what is no idea


def wants(bench: EngineBench, name: str, **changes: Any) -> None:
    """Have a strategy answer with something else than it should."""
    strategy = bench.strategies[name]
    assess = strategy.assess

    def answer(features: FeatureVector) -> Assessment:
        answered: Assessment = assess(features)
        if answered.idea is None:
            return answered
        return msgspec.structs.replace(answered, idea=dataclasses.replace(answered.idea, **changes))

    strategy.assess = answer


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("bad_plan", {"exit_plan": ExitPlan(stop=StopTerms(loss_fraction=float("nan")))}),
        ("bad_plan", {"exit_plan": ExitPlan(stop=StopTerms(loss_fraction=0.0))}),
        ("bad_plan", {"exit_plan": ExitPlan(stop=StopTerms(kind="underlying_price", loss_fraction=0.25))}),
        ("bad_plan", {"exit_plan": ExitPlan(stop=SOUND, max_hold_s=float("inf"))}),
        ("bad_plan", {"exit_plan": ExitPlan(stop=SOUND, latest=LatestExit(kind="before_close", date="2025-11-31"))}),
        ("bad_plan", {"exit_plan": ExitPlan(stop=SOUND, latest=LatestExit(kind="before_close", date="2025-11-21"))}),
        ("bad_plan", {"exit_plan": None}),
        ("bad_idea", {"score": float("nan")}),
        ("bad_idea", {"reasons": (Reason("flow", float("inf"), 0.0, "flow"),)}),
        ("bad_idea", {"target_delta": float("nan")}),
        ("bad_idea", {"expiry": "soon"}),
        ("bad_idea", {"direction": "up"}),
        ("bad_idea", {"strategy": "nobody"}),
    ],
)
def test_what_cannot_be_meant_becomes_no_signal_and_costs_nothing_else(code: str, changes: dict[str, Any]) -> None:
    """Neither a halt, nor the claim of another strategy in the same decision, nor the next start's journal."""
    bench = EngineBench(armed_settings(changes=ROOM, **TWO)).ready().arm("armed", "rival")
    wants(bench, "armed", **changes)
    (claim,) = bench.of(ClaimSignal, bench.look())
    assert bench.of(SubmitIntent, bench.claim_of(claim))[0].approved.value.strategy == "rival"
    assert bench.blocked("armed") == {code: 1}
    assert bench.engine.state.trading_state is TradingState.ACTIVE
    assert [signal.strategy for signal in signals(bench)] == ["rival"]


def test_a_shadow_that_answers_as_another_strategy_sends_nothing() -> None:
    bench = EngineBench(armed_settings(armed={}, rival={"mode": "shadow"})).ready().arm("rival")
    wants(bench, "rival", strategy="armed")
    assert not bench.of(ClaimSignal, bench.look())
    assert bench.blocked("rival") == {"bad_idea": 1}


def test_a_score_that_is_no_number_is_none() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.strategies["armed"].assess = lambda features: Assessment(float("nan"), "bullish", None, "ok")
    bench.look()
    assert bench.engine.assessments["armed", "SPY"] == Assessment(0.0, None, None, "bad_score")


def test_no_trade_begins_that_its_expiry_would_end_at_once() -> None:
    """Else it is bought and sold, and bought again, until the close."""
    bench = EngineBench(armed_settings(), at="15:39").ready().arm("armed").at("15:40:30")
    assert not bench.of(ClaimSignal, bench.look())
    assert bench.blocked() == {"bad_plan": 1}


def test_a_plan_that_was_overtaken_while_its_claim_was_asked_is_refused_by_the_gate() -> None:
    bench = EngineBench(armed_settings(), at="15:38").ready().arm("armed").at("15:39:55")
    bench.look()
    bench.advance(6).prints()
    assert not bench.of(SubmitIntent, bench.claim())
    assert bench.blocked() == {"bad_plan": 1}


# ---------------------------------------------------------------------------------------------- quotes that change


def test_a_quote_that_aged_during_the_claim_denies() -> None:
    bench = EngineBench(armed_settings()).ready().arm("armed")
    bench.look()
    bench.advance(3)
    assert not bench.of(SubmitIntent, bench.claim())
    assert bench.blocked()["option_quote_stale"] == 1


def test_a_vanished_bid_prices_no_entry() -> None:
    bench = EngineBench(armed_settings()).ready().arm("armed")
    bench.look()
    (signal,) = signals(bench)
    bench.engine.state.market.quote(bench.now_ns, signal.instrument_id, float("nan"), 40, 1.60, 40)
    assert not bench.of(SubmitIntent, bench.claim())
    assert bench.blocked()["one_sided"] == 1


def test_a_signal_that_outlived_its_claim_is_not_entered() -> None:
    bench = EngineBench(armed_settings()).ready().arm("armed")
    bench.look()
    bench.advance(11).prints()
    assert not bench.of(SubmitIntent, bench.claim())
    assert bench.blocked()["signal_expired"] == 1


# ---------------------------------------------------------------------------------------------- what is counted


@pytest.mark.parametrize(
    ("code", "text", "after_s"),
    [("trading_state", "REDUCING: drill (t)", 1), ("market_closed", "the session is over", 5)],
)
def test_a_standing_refusal_is_told_and_counted_once(code: str, text: str, after_s: float) -> None:
    tomorrows = armed_settings(armed={"expiry_index": 1})
    bench = EngineBench(tomorrows, at="15:58:55", expiries=(EXPIRY, NEXT_EXPIRY)).ready()
    bench.look(0)
    bench.arm("armed").look()
    bench.advance(after_s).prints()
    if code == "trading_state":
        bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action="reduce", actor="t", reason="drill"))
    bench.claim()
    assert bench.blocked() == {code: 1}
    assert [record.text for record in bench.records(SignalRecord)] == [text]


def test_a_refusal_that_goes_on_is_counted_once_a_second() -> None:
    bench = EngineBench(armed_settings()).ready().arm("armed")
    bench.post(ev.StoreChanged(ts_ns=bench.now_ns, up=False, reason="gone"))
    for _ in range(11):
        bench.look(0.1)
    assert bench.blocked() == {"store_down": 2}


# ---------------------------------------------------------------------------------------------- several strategies


def test_two_strategies_trade_one_underlying_at_once() -> None:
    bench = EngineBench(armed_settings(changes=ROOM, **TWO)).ready()
    first, second = bench.enter("armed"), bench.enter("rival")
    assert {first.strategy, second.strategy} == {"armed", "rival"}
    assert first.con_id != second.con_id
    assert len(bench.engine.book.open_trades) == 2


def test_a_contract_in_a_trade_is_refused_to_another_strategy() -> None:
    bench = EngineBench(armed_settings(changes=ROOM, armed={}, rival={})).ready()
    bench.enter("armed")
    bench.arm("rival").look()
    assert bench.blocked("rival") == {"contract_busy": 1}
    assert bench.blocked("armed") == {}


def test_two_claims_for_one_contract_make_one_trade() -> None:
    """Both are asked before either is answered; the gate tells the second one."""
    bench = EngineBench(armed_settings(changes=ROOM, armed={}, rival={})).ready().arm("armed", "rival")
    bench.look()
    for asked in bench.of(ClaimSignal):
        bench.claim_of(asked)
    assert len(bench.of(SubmitIntent)) == 1
    assert bench.blocked("rival") == {"contract_busy": 1}


def test_a_trade_on_one_underlying_keeps_its_strategy_from_no_other() -> None:
    bench = two_on_two()
    bench.enter("armed", "SPY")
    bench.arm("armed").look()
    assert bench.blocked("armed", "SPY") == {"strategy_busy": 1}
    assert bench.blocked("armed", "QQQ") == {}
    assert [signal.symbol for signal in signals(bench)] == ["SPY", "QQQ"]


def test_cool_downs_are_of_a_strategy_in_an_underlying() -> None:
    bench = two_on_two()
    end(bench, bench.hold("armed", "SPY"), "2.40")
    for name, symbol in (("armed", "QQQ"), ("rival", "SPY")):
        bench.look(1)
        bench.hold(name, symbol)
    bench.look(1)
    bench.arm("armed", on=("SPY",)).look()
    assert bench.blocked("armed", "SPY") == {"cooldown": 1}
    assert len(bench.engine.book.open_trades) == 2, "the others were not held back"


def test_two_underlyings_keep_both_their_cool_downs() -> None:
    bench = two_on_two()
    for symbol in ("SPY", "QQQ"):
        end(bench, bench.hold("armed", symbol), "2.40")
    bench.arm("armed").look()
    assert bench.blocked("armed", "SPY") == {"cooldown": 1}
    assert bench.blocked("armed", "QQQ") == {"cooldown": 1}


def test_counters_and_last_refusals_are_of_a_strategy_in_an_underlying() -> None:
    bench = two_on_two()
    bench.enter("armed", "SPY")
    bench.arm("rival", on=("QQQ",)).look()
    bench.claim(granted=False)
    tallies = bench.engine.entries.refusals
    assert (tallies.of("armed", "SPY").signals, tallies.of("armed", "SPY").accepted) == (1, 1)
    assert (tallies.of("rival", "QQQ").signals, tallies.of("rival", "QQQ").accepted) == (1, 0)
    last = tallies.of("rival", "QQQ").last
    assert last is not None
    assert last.code == "claim_refused"
    assert tallies.of("rival", "SPY").last is None
    assert tallies.of("armed", "QQQ").last is None


def test_a_share_of_the_budget_halves_the_size() -> None:
    whole = EngineBench(armed_settings()).ready().enter()
    half = EngineBench(armed_settings(armed={"budget_share": 0.5})).ready().enter()
    assert half.con_id == whole.con_id
    assert half.tickets[0].quantity == whole.tickets[0].quantity // 2
    assert half.risk_usd <= Decimal(125)


def test_a_share_that_pays_for_no_contract_is_refused() -> None:
    bench = EngineBench(armed_settings(armed={"budget_share": 0.1})).ready().arm("armed")
    bench.look()
    assert not bench.of(SubmitIntent, bench.claim())
    assert bench.blocked()["size_zero"] == 1
