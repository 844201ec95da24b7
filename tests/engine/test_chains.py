"""What comes from Alpha Vantage: chains become exposures at spot, trouble is told once, the rest is kept."""

import pytest
from tests.doubles.chain_bodies import chain_body
from tests.doubles.engine_bench import EngineBench, armed_settings
from tests.doubles.engine_market import DATE

from alphatrader.domain import events as ev
from alphatrader.engine.commands import Command

PLACEHOLDER = (
    b'{"endpoint":"Realtime Options","message":"artificial","data":[{"contractID":"XXYYZZ","expiration":"2099-99-99"}]}'
)


def chain(bench: EngineBench, body: bytes) -> list[Command]:
    return bench.post(ev.ChainReceived(ts_ns=bench.now_ns, symbol="SPY", source="alphavantage", body=body))


def test_a_chain_waits_for_spot_and_keeps_its_own_time() -> None:
    bench = EngineBench(armed_settings()).ready()
    came_ns = bench.now_ns
    chain(bench, chain_body(DATE))
    spy = bench.engine.state.symbols["SPY"]
    bench.advance(3).decide()
    assert spy.exposure is None
    bench.engine.state.market.quote(bench.now_ns, 1, 649.99, 9, 650.01, 9)
    assert "chain.first" in bench.codes(bench.decide())
    assert spy.exposure is not None
    assert spy.exposure.ts_ns == came_ns
    assert spy.exposure.view.spot == 650.0


def test_only_the_first_chain_is_told() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.look()
    bench.look(30)
    assert bench.codes().count("chain.first") == 1


def test_more_puts_than_calls_leave_dealers_short_gamma() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.look()
    exposure = bench.engine.state.symbols["SPY"].exposure
    assert exposure is not None
    assert exposure.view.gex_usd_per_pct < 0


@pytest.mark.parametrize("body", [PLACEHOLDER, b"<html>busy</html>", b""])
def test_a_body_that_is_no_chain_is_told_once_and_changes_nothing(body: bytes) -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.look()
    spy = bench.engine.state.symbols["SPY"]
    before = spy.exposure
    chain(bench, body)
    assert bench.codes(bench.decide()) == ["chain.trouble"]
    assert spy.exposure is before
    assert spy.chain_error
    chain(bench, body)
    assert bench.codes(bench.decide()) == []
    bench.look()
    assert spy.chain_error == ""


def test_a_chain_that_could_not_be_had_is_told_once() -> None:
    bench = EngineBench(armed_settings())
    failed = ev.ChainFailed(ts_ns=bench.now_ns, symbol="SPY", reason="the key is exhausted")
    assert bench.codes(bench.post(failed)) == ["chain.trouble"]
    assert bench.codes(bench.post(failed)) == []


def test_news_and_indicators_are_kept_with_their_times_for_strategies() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.look()
    bench.post(ev.SentimentReceived(ts_ns=bench.now_ns, symbol="SPY", score=0.4, articles=12))
    bench.post(ev.IndicatorReceived(ts_ns=bench.now_ns, symbol="SPY", name="RSI", values={"RSI": 61.0}))
    bench.advance(5).decide()
    features = bench.engine.features(bench.engine.state.symbols["SPY"])
    assert (features.value("sentiment"), features.value("rsi")) == (0.4, 61.0)
    assert features.age_ns("sentiment") == features.age_ns("rsi") == 5_000_000_000
